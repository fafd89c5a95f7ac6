// What waits for a person, and what they say to it.
import { z } from 'zod';
import { ITEM_KINDS, VIAS } from '../flow/events.ts';
import { MOST_LATER_MINUTES } from '../flow/inbox/later.ts';
import { DECISIONS, MERGE_METHODS } from '../flow/workflow.ts';
import { Id, Repo, Time } from './fields.ts';

export const Item = z
  .object({
    id: Id,
    kind: z.enum(ITEM_KINDS),
    title: z.string(),
    body: z.string().describe('Markdown'),
    options: z
      .array(
        z.object({
          label: z.string(),
          description: z.string().optional(),
          recommended: z
            .boolean()
            .optional()
            .describe('Whoever asks would choose it; nothing is chosen by it'),
        }),
      )
      .describe('What a question offers; other words are an answer too'),
    state: z.enum(['open', 'answered', 'closed']).describe('`closed`: nobody can answer it any more'),
    answer: z.object({ decision: z.enum(DECISIONS), text: z.string(), answerId: Id.optional() }).nullable(),
    answeredVia: z.enum(VIAS).nullable().describe('Where it was answered'),
    createdAt: Time,
    taskId: Id.nullable().describe('Null for what is about no task'),
    about: z
      .string()
      .nullable()
      .describe(
        'Of what is about no task: the day of a campfire (YYYY-MM-DD), the id of what comes by itself',
      ),
    taskTitle: z.string().nullable(),
    project: Repo.nullable(),
    plan: z.string().nullable().describe('Of its task, Markdown'),
    held: z
      .object({
        diff: z.string().describe('As git prints it'),
        mayAllow: z.boolean().describe('No where it could not be shown whole'),
      })
      .nullable()
      .describe('Of a held change to CI files'),
  })
  .meta({ id: 'Item' });
export type Item = z.infer<typeof Item>;

export const Decided = z
  .object({ taskId: Id.nullable().describe('Null where the item was about no task') })
  .meta({ id: 'Decided' });

export const Waiting = z
  .object({ waiting: z.int().describe('How many things are stopped on the person') })
  .meta({ id: 'Waiting' });

export const Decide = z
  .object({
    decision: z.enum(DECISIONS),
    text: z.string().max(50_000).default(''),
    via: z.enum(['app', 'push', 'cli', 'chat']).default('app'),
    method: z
      .enum(MERGE_METHODS)
      .optional()
      .describe('How `merge` puts the change onto the base branch. The repository may allow fewer ways'),
    answerId: Id.optional().describe(
      'Made by the sender. The same answer sent again is taken for the one that counted',
    ),
    taps: z.int().min(0).max(1_000).optional().describe('How many taps it took'),
    ms: z
      .int()
      .min(0)
      .max(3_600_000)
      .optional()
      .describe('How long it was in front of the person, in milliseconds'),
  })
  .meta({ id: 'Decide' });

export const Seen = z
  .object({ what: z.enum(['shown', 'opened']), via: z.enum(['app', 'push']).default('app') })
  .meta({ id: 'Seen' });
export const TaskSeen = z
  .object({ seen: z.iso.datetime().describe('When what was seen of it last had happened: its `updatedAt`') })
  .meta({ id: 'TaskSeen' });
export const Snooze = z
  .object({
    minutes: z
      .int()
      .min(0)
      .max(MOST_LATER_MINUTES)
      .describe('From now, at most three months; 0 brings it back'),
    untilCi: z
      .boolean()
      .optional()
      .describe('It comes back when CI of its task is done, after that time at the latest'),
  })
  .meta({ id: 'Snooze' });
