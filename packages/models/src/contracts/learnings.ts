// What agents learn, for the page that a person decides on.
import { z } from 'zod';
import { STANDS_ON } from '../flow/learnings/fading.ts';
import { LEARNING_DECISIONS, LEARNING_SOURCES, LEARNING_STATES } from '../flow/learnings/learnings.ts';
import { Id, Time } from './fields.ts';

const Rule = z.string().trim().min(1, 'Write the rule first.').max(500, 'A rule has at most 500 characters.');
const Why = z.string().max(1_000, 'A reason has at most 1,000 characters.');
const Path = z.string().max(300, 'A pattern has at most 300 characters.').nullable();

export const Learning = z
  .object({
    id: Id.describe('Agents are given it with the rule, and name it'),
    rule: z.string(),
    why: z.string(),
    path: z.string().nullable().describe('A pattern of the files that it is about; null: all'),
    projectId: z.string().nullable().describe('null: it is about all projects'),
    project: z.string().nullable(),
    source: z.enum(LEARNING_SOURCES),
    author: z.string().describe('`agent`, or who wrote it'),
    taskId: z.string().nullable().describe('The task whose agent said it'),
    state: z.enum(LEARNING_STATES).describe('Agents are given what is `approved`, and nothing else'),
    against: z
      .array(z.string())
      .describe('Ids of rules that say the opposite; agents should be given one of them'),
    url: z.string().nullable().describe('Where on the forge it was said, of one from before mainloop'),
    always: z.boolean().describe('Every agent is told it, whatever it is about to do'),
    sameAs: z
      .string()
      .nullable()
      .describe('The rule that it may say again in other words, while nobody decided whether it does'),
    times: z.int().describe('How often the like was said'),
    faded: z
      .enum(STANDS_ON)
      .nullable()
      .describe('What it stood on and is gone; agents are not given it while it is. null: nothing is'),
    given: z.int().describe('How many runs were given it since a person decided on it last'),
    cited: z.int().describe('How many of them named it in what they said'),
    campfire: z.string().nullable().describe('The inbox item that asked about it last'),
    quietUntil: Time.nullable().describe('Of one that was put off: when it is asked about again'),
    versions: z
      .array(
        z.object({
          rule: z.string(),
          why: z.string(),
          path: z.string().nullable(),
          state: z.enum(LEARNING_STATES),
          until: Time,
        }),
      )
      .describe('What it was before each decision, oldest first'),
    updatedAt: Time,
  })
  .meta({ id: 'Learning' });

export const NewLearning = z
  .object({
    rule: Rule,
    why: Why.default(''),
    path: Path.default(null),
    projectId: z.string().nullable().default(null),
  })
  .meta({ id: 'NewLearning' });
export type NewLearning = z.infer<typeof NewLearning>;

const EditedLearning = z.object({ rule: Rule.optional(), why: Why.optional(), path: Path.optional() });
export type EditedLearning = z.infer<typeof EditedLearning>;
export const DecideLearning = EditedLearning.extend({
  decision: z.enum(LEARNING_DECISIONS),
  version: z
    .int()
    .min(0)
    .optional()
    .describe('Of `restore`: which of its versions it becomes again, counted from 0, the oldest'),
  to: Id.optional().describe(
    'Of `same` and `apart`: the other rule; left out, the one that it may say again',
  ),
}).meta({
  id: 'DecideLearning',
});
