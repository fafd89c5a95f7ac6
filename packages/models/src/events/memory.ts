// What becomes of the long memory of the conversation. No words stand in these events: they are in tables of
// their own, so that deleting them is real.
import { z } from 'zod';
import { LEVELS } from '../flow/memory/levels.ts';
import { defineEvent } from './define.ts';

export const memorySummarised = defineEvent({
  type: 'memory.summarised',
  version: 1,
  says: 'A stretch of the conversation was summarised.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    level: z.enum(LEVELS),
    label: z
      .string()
      .describe('2026-11-26 for a day and its parts, the Monday for a week, 2026-11 for a month'),
    by: z
      .enum(['model', 'extract'])
      .describe('`extract`: no model wrote one that passed, so sentences of the source stand in'),
    tokens: z.number(),
  }),
  keys: { new: 'summarised/{id}' },
});

export const memoryEdited = defineEvent({
  type: 'memory.edited',
  version: 1,
  says: 'The person wrote a summary anew.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string().describe('of the new copy'), insteadOf: z.string() }),
  keys: { new: 'summarised/{id}' },
});

export const memoryPinned = defineEvent({
  type: 'memory.pinned',
  version: 1,
  says: 'Something is to be remembered word for word, or its words were changed.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});

export const memoryUnpinned = defineEvent({
  type: 'memory.unpinned',
  version: 1,
  says: 'Something need not be remembered word for word any more.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});
