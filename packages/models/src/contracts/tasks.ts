// Tasks and their story.
import { z } from 'zod';
import { MEETINGS } from '../flow/awareness/merge-tree.ts';
import { CI_OUTCOMES } from '../flow/ci/verdict.ts';
import { ERROR_CODES } from '../flow/runs/outcomes.ts';
import { ENDINGS, TASK_STATES, WAITING_FOR } from '../flow/states.ts';
import { Blockers, Cents, Id, Microusd, Repo, TaskPriority, Time } from './fields.ts';
import { Item } from './inbox.ts';
import { Run } from './runs.ts';
import { TypedModel } from './settings.ts';

const Count = z.int().describe('Checks');

export const Task = z
  .object({
    id: Id,
    title: z.string(),
    state: z.enum(TASK_STATES),
    phase: z.string().describe('What is done in that state, or what the agent runs for'),
    statusLine: z
      .string()
      .describe(
        'For a person: what it does or waits for; of a task that has ended, what could not be tidied up',
      ),
    waitingFor: z
      .enum(WAITING_FOR)
      .nullable()
      .describe('What it stands still for, where that is more than its state says'),
    endedHow: z.enum(ENDINGS).nullable(),
    model: z.string(),
    priority: TaskPriority,
    blockedBy: Blockers.describe('Tasks that have to end before an agent works on it; some may have ended'),
    budgetCents: Cents,
    costMicrousd: Microusd,
    branch: z.string(),
    headSha: z.string().nullable().describe('The newest commit that was pushed'),
    issueNumber: z.int().nullable(),
    issueUrl: z.string().nullable(),
    prNumber: z.int().nullable(),
    prUrl: z.string().nullable(),
    planRevision: z.int().describe('0 before there is a plan'),
    failure: z
      .object({
        itemId: Id,
        sentence: z.string(),
        detail: z.string(),
        code: z
          .enum(ERROR_CODES)
          .optional()
          .describe('Why it stopped, where more is known than the sentence'),
      })
      .nullable()
      .describe('What it stopped at; its item takes the decision to go on'),
    ci: z
      .object({
        passed: Count,
        failed: Count,
        pending: Count,
        verdict: z.string(),
        outcome: z
          .enum(CI_OUTCOMES)
          .optional()
          .describe('What the verdict comes from; not told of what was judged before there were outcomes'),
      })
      .nullable()
      .describe('Of the newest commit'),
    activeRunId: Id.nullable(),
    createdAt: Time,
    updatedAt: Time,
    endedAt: Time.nullable(),
    projectId: Id,
    project: Repo,
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof Task>;

const Lines = z.array(z.tuple([z.int(), z.int()]).readonly()).readonly();
const Collision = z
  .object({
    otherId: Id.describe('The other task'),
    title: z.string().describe('Of the other task'),
    files: z
      .array(
        z.object({
          path: z.string(),
          how: z.enum(MEETINGS).describe('How the two meet in it; here is the task, there the other'),
          lines: Lines.describe('Of the task, the first and the last of each stretch'),
          theirs: Lines.describe('Of the other task'),
        }),
      )
      .readonly(),
    more: z.int().describe('Files that are not listed'),
  })
  .meta({ id: 'Collision' });

export const TaskDetail = z
  .object({
    ...Task.shape,
    prompt: z.string(),
    plan: z.string().nullable().describe('Markdown'),
    items: z.array(Item),
    runs: z.array(Run),
    collisions: z
      .array(Collision)
      .describe('Other tasks at work that it will conflict with, as both stand now; that stops neither'),
    knows: z
      .object({
        people: z
          .array(z.string())
          .readonly()
          .describe('Names as commits have them, who knows it best first'),
        tasks: z.array(z.object({ id: Id, title: z.string() })).readonly(),
      })
      .describe('Who changed the files of its change before'),
  })
  .meta({ id: 'TaskDetail' });
export type TaskDetail = z.infer<typeof TaskDetail>;

export const Event = z
  .object({
    seq: z.int().describe('Its place in the log'),
    ownerId: z.string(),
    taskId: Id.nullable(),
    actor: z.string().describe('Who did it: you, mainloop, an agent, an account of the forge'),
    at: z.iso.datetime().describe('ISO 8601 in UTC'),
    type: z.string().describe('packages/models/src/flow/events.ts lists them'),
    payload: z.record(z.string(), z.unknown()).describe('What its type says'),
  })
  .meta({ id: 'Event' });

export const Steer = z
  .object({ text: z.string().trim().min(1, 'Write something first.').max(20_000) })
  .meta({ id: 'Steer' });
export const Steered = z
  .object({
    heard: z.enum(['now', 'next_run']).describe('`now`: a running agent hears it before its next model call'),
  })
  .meta({ id: 'Steered' });
export const RaiseBudget = z
  .object({ budgetCents: Cents.min(1).max(100_000, 'A task may cost at most $1,000.') })
  .meta({ id: 'RaiseBudget' });
export const ChangeModel = z.object({ model: TypedModel }).meta({ id: 'ChangeModel' });

export const ChangePriority = z.object({ priority: TaskPriority }).meta({ id: 'ChangePriority' });
export const ChangeBlockers = z
  .object({ blockedBy: Blockers.describe('They take the place of those before; none: it waits for no task') })
  .meta({ id: 'ChangeBlockers' });

const WAIT = z.discriminatedUnion('is', [
  z.object({ is: z.literal('next') }).describe('It starts as soon as it looks'),
  z
    .object({ is: z.literal('blocked'), by: z.array(Id).readonly() })
    .describe('Those tasks have to end first'),
  z
    .object({ is: z.literal('serial'), taskId: Id })
    .describe('Its project works on one task at a time, and that is this one'),
  z
    .object({
      is: z.literal('full'),
      of: z.enum(['project', 'person', 'all']),
      agents: z.int().describe('So many may work at once'),
    })
    .describe('As many agents work as may'),
]);
export const QueuedTask = z
  .object({
    taskId: Id,
    wait: WAIT,
    sentence: z.string().describe('The same for a person'),
  })
  .meta({ id: 'QueuedTask' });
export type QueuedTask = z.infer<typeof QueuedTask>;
