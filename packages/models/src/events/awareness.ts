// What mainloop notices of tasks beside each other, and of who was at work on the same files before.
import { z } from 'zod';
import { MEETINGS } from '../flow/awareness/merge-tree.ts';
import { defineEvent } from './define.ts';

const lines = z.array(z.tuple([z.number(), z.number()]).readonly()).readonly();
/** A file in which a task collides with another. */
export const collision = z.object({
  path: z.string(),
  how: z.enum(MEETINGS).describe('how the two meet in it; here is the task, there the other'),
  lines: lines.describe('of the task, the first and the last of each stretch'),
  theirs: lines.describe('of the other task'),
});

export const collisionFound = defineEvent({
  type: 'collision.found',
  version: 1,
  says: 'The change of the task will conflict with that of another task, as both stand now. The other task has an event of its own.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    otherId: z.string().describe('the other task'),
    sha: z.string().describe('the commit of the task'),
    otherSha: z.string(),
    files: z.array(collision).readonly(),
    more: z.number().describe('files that are not listed'),
    isNews: z
      .boolean()
      .describe('they collide in a file that they did not collide in before, so their agents are told'),
  }),
  keys: { new: null },
});

export const collisionCleared = defineEvent({
  type: 'collision.cleared',
  version: 1,
  says: 'The change of the task no longer conflicts with that of the other task, or one of the two has ended.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    otherId: z.string(),
    why: z.enum(['apart', 'ended']).describe('`apart`: both are at work, and fit together'),
  }),
  keys: { new: null },
});

export const areaKnown = defineEvent({
  type: 'area.known',
  version: 1,
  says: 'Who changed the files of the change before, as the history of the default branch tells it.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    sha: z.string().describe('the commit whose files were looked at'),
    people: z
      .array(z.string())
      .readonly()
      .describe('who knows them best first; names as their commits have them'),
    tasks: z.array(z.string()).readonly().describe('earlier tasks that changed them, the newest first'),
  }),
  keys: { new: 'area/{taskId}/{sha}' },
});
