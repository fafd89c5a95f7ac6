// Automations: rules, and what came of them.
import { z } from 'zod';
import { defineEvent } from './define.ts';

const firing = {
  id: z.string(),
  version: z.number().describe('of the rule'),
  seq: z.number().describe('of the event that it came of'),
};

export const automationSaved = defineEvent({
  type: 'automation.saved',
  version: 1,
  says: 'The person made a rule, or changed one. It is about what happens from now on.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({
    id: z.string(),
    name: z.string(),
    version: z.number().describe('one more with each change'),
    rule: z.string().describe('as JSON'),
  }),
  keys: { new: null },
});

export const automationPaused = defineEvent({
  type: 'automation.paused',
  version: 1,
  says: 'The person paused a rule, or let it go on. What happened meanwhile is none of its business.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string(), paused: z.boolean() }),
  keys: { new: null },
});

export const automationRemoved = defineEvent({
  type: 'automation.removed',
  version: 1,
  says: 'The person removed a rule. What it did stays.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});

export const automationFired = defineEvent({
  type: 'automation.fired',
  version: 1,
  says: 'A rule came of an event.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    ...firing,
    due: z.string().describe('ISO 8601; later than the event where that many came in a day already'),
  }),
  keys: { new: 'automation/{id}/{version}/{seq}' },
});

export const automationActed = defineEvent({
  type: 'automation.acted',
  version: 1,
  says: 'What a rule does was done, or left out because the rule was paused, changed or removed before.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({ ...firing, outcome: z.enum(['done', 'left_out']) }),
  keys: { new: 'acted/{id}/{version}/{seq}' },
});

export const automationFailed = defineEvent({
  type: 'automation.failed',
  version: 1,
  says: 'What a rule does did not work, so the rule is paused.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({ ...firing, sentence: z.string() }),
  keys: { new: 'failed/{id}/{version}/{seq}' },
});
