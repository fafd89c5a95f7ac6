// Skills that come by themselves.
import { z } from 'zod';
import { OUTCOMES } from '../flow/conversation/recurring.ts';
import { defineEvent } from './define.ts';

export const recurringSaved = defineEvent({
  type: 'recurring.saved',
  version: 1,
  says: 'The person planned a skill, or changed a plan. It counts from this moment.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({
    id: z.string(),
    skill: z.string().describe('its name'),
    given: z.record(z.string(), z.string()),
    projectId: z.string().nullable().describe("null: the skill's own"),
    cron: z.string(),
    zone: z.string().describe('of IANA'),
    startCents: z
      .number()
      .nullable()
      .describe('it starts without a tap, and may cost so much each time; null: it is proposed'),
  }),
  keys: { new: null },
});

export const recurringPaused = defineEvent({
  type: 'recurring.paused',
  version: 1,
  says: 'The person paused a plan, or let it go on. What was due meanwhile is not made up.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string(), paused: z.boolean() }),
  keys: { new: null },
});

export const recurringRemoved = defineEvent({
  type: 'recurring.removed',
  version: 1,
  says: 'The person removed a plan. What it proposed stays.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});

export const recurringCame = defineEvent({
  type: 'recurring.came',
  version: 1,
  says: 'A time of a plan had come: what became of it. It stands for those that were missed before it.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    due: z.string().describe('ISO 8601; a time of the plan, not when it was handled'),
    outcome: z.enum(OUTCOMES),
    proposalId: z.string().nullable(),
    sentence: z.string().describe('why it was refused; otherwise empty'),
    missed: z.number(),
    alarm: z.string().describe('what the person is told; empty when all is as it should be'),
  }),
  keys: { new: 'recurring/{id}/{due}' },
});

export const recurringSeen = defineEvent({
  type: 'recurring.seen',
  version: 1,
  says: 'The person has read that a plan did not happen.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});
