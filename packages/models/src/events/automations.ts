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

export const automationFileRead = defineEvent({
  type: 'automation.file_read',
  version: 1,
  says: 'A file of a repository asks to be a rule, or it changed. It does nothing before it is approved.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    projectId: z.string(),
    path: z.string().describe('in the repository'),
    digest: z.string().describe('of what would be approved'),
    rule: z.string().nullable().describe('as JSON; null where it is none'),
    problem: z.string().describe('why it is none; empty otherwise'),
  }),
  keys: { new: null },
});

export const automationFileGone = defineEvent({
  type: 'automation.file_gone',
  version: 1,
  says: 'A file that asked to be a rule is gone from its repository. The rule that it was approved as is paused.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({ projectId: z.string(), path: z.string() }),
  keys: { new: null },
});

export const automationApproved = defineEvent({
  type: 'automation.approved',
  version: 1,
  says: 'The person approved a file of a repository as a rule, as it was then.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({
    projectId: z.string(),
    path: z.string(),
    digest: z.string(),
    id: z.string().describe('of the rule'),
  }),
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
