// What the chat proposes, and what became of it.
import { z } from 'zod';
import { PRIORITIES } from '../flow/runs/dispatch.ts';
import { defineEvent } from './define.ts';
import { attachments } from './shapes.ts';

export const proposalMade = defineEvent({
  type: 'proposal.made',
  version: 1,
  says: 'The chat proposed a task, or words for one. Nothing runs before the person says yes.',
  about: 'owner',
  writtenBy: ['api', 'worker'],
  payload: z.object({
    id: z.string(),
    turnId: z.string().nullable(),
    projectId: z.string(),
    title: z.string(),
    prompt: z.string(),
    model: z.string(),
    budgetCents: z.number(),
    skipPlan: z.boolean(),
    digest: z.string().describe('of what the card shows; a yes carries it'),
    attachments,
    toTaskId: z.string().optional().describe('words for this task, not a new one'),
    priority: z.enum(PRIORITIES).optional().describe('left out: normal'),
    blockedBy: z.array(z.string()).optional().describe('tasks that have to end before it begins'),
    expiresAt: z.string().describe('ISO time'),
  }),
  keys: { new: 'proposal/{id}' },
});

export const proposalTold = defineEvent({
  type: 'proposal.told',
  version: 1,
  says: 'What was proposed as words for a task was told to it.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ id: z.string(), taskId: z.string() }),
  keys: { new: 'confirmed/{id}' },
});

export const proposalDeclined = defineEvent({
  type: 'proposal.declined',
  version: 1,
  says: 'The person said no.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});

export const proposalExpired = defineEvent({
  type: 'proposal.expired',
  version: 1,
  says: 'Nobody said yes in time.',
  about: 'owner',
  writtenBy: ['api', 'worker'],
  payload: z.object({ id: z.string() }),
  keys: { new: 'expired/{id}' },
});
