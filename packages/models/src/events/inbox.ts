// What waits for the person, and what they did about it.
import { z } from 'zod';
import { ERROR_CODES } from '../flow/runs/outcomes.ts';
import { withHeld, withItemCodes } from './before-codes.ts';
import { defineEvent } from './define.ts';
import { held, itemKind, option, permissionAsk, via } from './shapes.ts';

export const inboxOpened = defineEvent({
  type: 'inbox.opened',
  version: 3,
  upcasts: [withItemCodes, withHeld],
  says: 'Something waits for the person.',
  about: 'either',
  writtenBy: ['gateway', 'worker'],
  payload: z.object({
    id: z.string(),
    kind: itemKind.describe('what it asks of the person'),
    title: z.string(),
    body: z.string(),
    options: z.array(option).describe('answers to choose from'),
    multiple: z.boolean().optional().describe('more than one of them may be chosen'),
    runId: z.string().optional().describe('the run whose agent asks; left out by what mainloop itself asks'),
    questionNo: z.number().optional().describe('of a question: how many its run had asked before'),
    errorCode: z
      .enum(ERROR_CODES)
      .optional()
      .describe('of a failure or a gate: why the task stopped, where more is known than the sentence'),
    titleIsWhole: z
      .boolean()
      .optional()
      .describe(
        'of a permission: the title says all that is asked, so that it can be decided where nothing else is seen',
      ),
    about: z
      .string()
      .optional()
      .describe('of an item without a task: the day of a campfire, the id of what comes by itself'),
    learnings: z
      .array(z.string())
      .optional()
      .describe('of a campfire: the ids of the rules that it asks about'),
    held: held.optional().describe('of a held change to CI files'),
    permission: permissionAsk.optional().describe('the request of the running agent that it is about'),
  }),
  keys: { new: 'inbox/{id}' },
});

export const inboxAnswered = defineEvent({
  type: 'inbox.answered',
  version: 1,
  says: 'The person decided. Only the first decision is appended.',
  about: 'either',
  writtenBy: ['api', 'worker'],
  payload: z.object({
    id: z.string(),
    decision: z.string(),
    text: z.string(),
    via,
    by: z.string(),
    answerId: z.string().optional().describe('made by the sender, so that the same answer twice counts once'),
    taps: z.number().optional(),
    ms: z.number().optional().describe('how long the item was looked at'),
  }),
  keys: { new: null },
});

export const inboxSeen = defineEvent({
  type: 'inbox.seen',
  version: 1,
  says: 'The first time the person saw an item, or did something with it.',
  about: 'either',
  writtenBy: ['api'],
  payload: z.object({ id: z.string(), what: z.enum(['shown', 'opened']), via }),
  keys: { new: 'seen/{id}/{what}' },
});

export const inboxSnoozed = defineEvent({
  type: 'inbox.snoozed',
  version: 1,
  says: 'The person looks at it later.',
  about: 'either',
  writtenBy: ['api'],
  payload: z.object({
    id: z.string(),
    until: z.string().describe('ISO time'),
    untilCi: z
      .boolean()
      .optional()
      .describe('it comes back when CI of its task is done, at that time at the latest'),
  }),
  keys: { new: null },
});

export const inboxNotNeeded = defineEvent({
  type: 'inbox.not_needed',
  version: 1,
  says: 'The person says that this item did not need them.',
  about: 'either',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: 'not_needed/{id}' },
});

export const inboxClosed = defineEvent({
  type: 'inbox.closed',
  version: 1,
  says: 'An item waits for nobody any more.',
  about: 'either',
  writtenBy: ['api', 'gateway', 'worker'],
  payload: z.object({ id: z.string(), why: z.string() }),
  keys: { new: 'closed/{id}' },
});
