// The thread, and the proposals that come of it.
import { z } from 'zod';
import { TASK_STATES } from '../flow/states.ts';
import { Blockers, Cents, Id, Repo, TaskPriority, Time } from './fields.ts';
import { TypedModel } from './settings.ts';

export const SendMessage = z
  .object({
    text: z
      .string()
      .trim()
      .max(
        200_000,
        'That message is over 200,000 characters. Put the long part into a file in the repository.',
      ),
    clientId: Id.optional().describe('Made by the sender, so that a retried request says the thing once'),
    attachments: z
      .array(Id)
      .max(10, 'Ten files at most with one message.')
      .default([])
      .describe('Files that were sent before it'),
  })
  .refine((m) => m.text !== '' || m.attachments.length > 0, 'Write something first.')
  .meta({ id: 'SendMessage' });

export const Sent = z
  .object({ messageId: Id, turnId: Id.describe('The turn that answers it; the reply carries it too') })
  .meta({ id: 'Sent' });

export const Message = z
  .object({
    id: Id,
    role: z.enum(['user', 'assistant', 'note']).describe('`note`: said by mainloop itself'),
    text: z.string().describe('Markdown'),
    turnId: Id.nullable().describe('The turn that it began or that it ends; null for a note'),
    seq: z.int().describe('Its place in the event log'),
    at: Time,
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof Message>;

export const Search = z
  .object({
    messages: z
      .array(
        z.object({
          id: Id,
          role: Message.shape.role,
          seq: z.int().describe('Its place in the event log; `/?at=` shows it'),
          at: Time,
          excerpt: z.string().describe('The piece of it that shows the words, in one line'),
          marks: z
            .array(z.tuple([z.int(), z.int()]))
            .describe('Where the words stand in the excerpt: from and to, in characters'),
        }),
      )
      .describe('Those that hold all the words come first'),
    tasks: z
      .array(z.object({ id: Id, title: z.string(), project: Repo, state: z.enum(TASK_STATES) }))
      .describe('Of any age, the newest first'),
  })
  .meta({ id: 'Search' });
export type Search = z.infer<typeof Search>;

export const Attachment = z
  .object({
    id: Id,
    name: z.string(),
    mime: z.string().describe('Told from its bytes'),
    size: z.int().describe('Bytes'),
  })
  .meta({ id: 'Attachment' });

export const Proposal = z
  .object({
    id: Id,
    title: z.string(),
    prompt: z.string(),
    model: z.string(),
    budgetCents: Cents,
    skipPlan: z.boolean(),
    priority: TaskPriority,
    blockedBy: Blockers,
    digest: z.string().describe('What the card shows, as a fingerprint; a confirmation repeats it'),
    state: z.literal('open'),
    expiresAt: Time,
    project: Repo,
    forecast: z
      .object({ tasks: z.int(), medianMicrousd: z.int() })
      .nullable()
      .describe(
        'What the tasks merged in its project came to, in millionths of a dollar. null: none was merged',
      ),
  })
  .meta({ id: 'Proposal' });
export type Proposal = z.infer<typeof Proposal>;

export const ConfirmProposal = z
  .object({
    digest: z.string().min(8).max(128).describe('What the card showed. A card that changed since is refused'),
    edits: z
      .object({
        projectId: Id.optional().describe('Another project than the proposed one'),
        title: z.string().min(1).max(200).optional(),
        prompt: z.string().min(1).max(100_000).optional(),
        model: TypedModel.optional(),
        budgetCents: Cents.min(1).max(100_000).optional(),
        skipPlan: z.boolean().optional(),
        priority: TaskPriority.optional(),
        blockedBy: Blockers.optional(),
      })
      .optional(),
  })
  .meta({ id: 'ConfirmProposal' });
export type ConfirmProposal = z.infer<typeof ConfirmProposal>;

export const ProposeTask = z
  .object({
    projectId: Id,
    prompt: z.string().trim().min(1, 'Say what should be done.').max(20_000),
    title: z.string().trim().min(1).max(200).optional().describe('Without one, how the prompt begins'),
    model: TypedModel.optional().describe('Instead of the one that the project has'),
    budgetCents: Cents.min(1).max(100_000).optional().describe('Instead of what the project has'),
    skipPlan: z.boolean().optional().describe('Instead of what the project has'),
    priority: TaskPriority.optional(),
    blockedBy: Blockers.optional(),
    requestId: Id.optional().describe('Made by the sender, so that a retried request proposes once'),
  })
  .meta({ id: 'ProposeTask' });

export const OfTask = z.object({ taskId: Id }).meta({ id: 'OfTask' });
export const CaughtUp = z
  .object({ seq: z.int().min(0).describe('A place in the event log') })
  .meta({ id: 'CaughtUp' });
