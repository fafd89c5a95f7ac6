// The life of a task, and what the person said to it.
import { z } from 'zod';
import { defineEvent } from './define.ts';
import { PRIORITIES } from '../flow/runs/dispatch.ts';
import { ENDINGS, WAITING_FOR } from '../flow/states.ts';
import { withEnding, withStatus, withWaitingFor } from './before-codes.ts';
import { attachments, status, taskState } from './shapes.ts';

export const taskConfirmed = defineEvent({
  type: 'task.confirmed',
  version: 1,
  says: 'The person said yes to a proposal: the task is there.',
  about: 'task',
  writtenBy: ['api', 'worker'],
  payload: z.object({
    proposalId: z.string().nullable(),
    projectId: z.string(),
    title: z.string(),
    prompt: z.string(),
    model: z.string(),
    budgetCents: z.number(),
    skipPlan: z.boolean(),
    attachments,
    priority: z.enum(PRIORITIES).optional().describe('left out: normal'),
    blockedBy: z.array(z.string()).optional().describe('tasks that have to end before an agent works on it'),
    branch: z.string().describe('the one branch that it may push to'),
  }),
  keys: { new: 'confirmed/{proposalId}', unproposed: null },
});

export const taskStateChanged = defineEvent({
  type: 'task.state',
  version: 3,
  upcasts: [withWaitingFor, withStatus],
  says: 'A task goes on to its next state, or says something else of itself.',
  about: 'task',
  writtenBy: ['api', 'worker'],
  payload: z.object({
    state: taskState,
    phase: z.string(),
    status: status.describe('what it does or waits for, as a code with what belongs to it'),
    waitingFor: z
      .enum(WAITING_FOR)
      .optional()
      .describe('what it stands still for, where that is more than the state says'),
  }),
  keys: { new: null, cancelling: 'cancel/{taskId}' },
});

export const taskRetried = defineEvent({
  type: 'task.retried',
  version: 1,
  says: 'The person said go on after a failure.',
  about: 'task',
  writtenBy: ['api', 'worker'],
  payload: z.object({ itemId: z.string().describe('the item that told of the failure') }),
  keys: { new: null },
});

export const taskEnded = defineEvent({
  type: 'task.ended',
  version: 2,
  upcasts: [withEnding],
  says: 'Nothing leads on from here. What still waited for the person is closed.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({
    state: z.enum(['done', 'cancelled', 'failed']),
    how: z
      .enum(ENDINGS)
      .nullable()
      .describe('null: in words that nobody knows any more, which are in `left`'),
    left: z.string().describe('what of it could not be tidied up, in sentences; empty when nothing is left'),
  }),
  keys: { new: 'ended/{taskId}' },
});

export const taskSteered = defineEvent({
  type: 'task.steered',
  version: 1,
  says: 'The person said something to the task.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ text: z.string() }),
  keys: { new: null },
});

export const taskPaused = defineEvent({
  type: 'task.paused',
  version: 1,
  says: 'The person told the agent of the task to stop where it stands. The item that asks whether to go on follows.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ runId: z.string() }),
  keys: { new: null },
});

export const taskAllowed = defineEvent({
  type: 'task.allowed',
  version: 1,
  says: 'From here on the agent of this task may do this without asking.',
  about: 'task',
  writtenBy: ['api', 'worker'],
  payload: z.object({ rule: z.string() }),
  keys: { new: null },
});

export const taskAllowedOnce = defineEvent({
  type: 'task.allowed_once',
  version: 1,
  says: 'The agent makes use of what it was allowed once, in the session that was taken up again with the answer.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({ itemId: z.string().describe('the item in which it was allowed') }),
  keys: { new: 'allowed-once/{itemId}' },
});

export const taskBudgetRaised = defineEvent({
  type: 'task.budget_raised',
  version: 1,
  says: 'The person changed what the task may cost.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ budgetCents: z.number() }),
  keys: { new: null },
});

export const taskModelChanged = defineEvent({
  type: 'task.model_changed',
  version: 1,
  says: 'The person said with which model the next run goes on.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ model: z.string() }),
  keys: { new: null },
});

export const taskPriorityChanged = defineEvent({
  type: 'task.priority_changed',
  version: 1,
  says: 'The person said how urgent the task is: the next slot goes by that.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ priority: z.enum(PRIORITIES) }),
  keys: { new: null },
});

export const taskBlockersChanged = defineEvent({
  type: 'task.blockers_changed',
  version: 1,
  says: 'The person said which tasks have to end before an agent works on this one.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ blockedBy: z.array(z.string()).describe('their ids; empty: none') }),
  keys: { new: null },
});

export const taskLooked = defineEvent({
  type: 'task.looked',
  version: 1,
  says: 'The person had the page of the task before them, as it stood at a time.',
  about: 'task',
  writtenBy: ['api'],
  payload: z.object({ seen: z.string().describe('when what they saw last had happened, ISO time') }),
  keys: { new: null },
});

export const planWritten = defineEvent({
  type: 'plan.written',
  version: 1,
  says: 'A planning run ended with a plan.',
  about: 'task',
  writtenBy: ['worker'],
  payload: z.object({ revision: z.number().describe('1 for the first'), markdown: z.string() }),
  keys: { new: 'plan/{runId}' },
});
