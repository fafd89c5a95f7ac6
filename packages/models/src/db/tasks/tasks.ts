// Tasks as they are now: a projection of the log, so nothing here writes.
import type { Task, TaskDetail } from '../../contracts/tasks.ts';
import type { AttachmentRef } from '../../flow/events.ts';
import type { KeptWorkflow } from '../../flow/projects/workflow-file.ts';
import type { Priority } from '../../flow/runs/dispatch.ts';
import type { Standing, TaskState } from '../../flow/states.ts';
import { payloadField } from '../payload.ts';
import type { Queryable } from '../pool.ts';
import { hasRow, row, rows, tables } from '../rows.ts';

/** A task with its project, as the worker needs it. */
export interface TaskRow {
  readonly id: string;
  readonly ownerId: string;
  readonly projectId: string;
  readonly title: string;
  readonly prompt: string;
  readonly model: string;
  readonly skipPlan: boolean;
  readonly state: string;
  readonly phase: string;
  readonly statusLine: string;
  readonly issueNumber: number | null;
  readonly prNumber: number | null;
  readonly branch: string;
  readonly headSha: string | null;
  readonly ci: { readonly verdict?: string; readonly passed?: number } | null;
  readonly plan: string | null;
  readonly planRevision: number;
  /** Millionths of a dollar. */
  readonly costMicrousd: number;
  readonly repo: string;
  readonly defaultBranch: string;
  readonly remoteUrl: string;
  /** The folder of this machine that the project is; null when it is none. */
  readonly localPath: string | null;
  /** Of the project, as they are stored: `resolveProjectSettings` reads them. */
  readonly settings: unknown;
  readonly attachments: readonly AttachmentRef[];
  readonly priority: Priority;
  readonly createdAt: Date;
  /** Of the project: what is kept of its WORKFLOW.md; null where it has none. */
  readonly workflow: KeptWorkflow | null;
}

const withProjects = tables.selectFrom('tasks as t').innerJoin('projects as p', 'p.id', 't.project_id');

/** @throws Error when there is no such task */
export async function getTask(database: Queryable, taskId: string): Promise<TaskRow> {
  const task = await row(
    database,
    withProjects
      .select([
        't.id',
        't.owner_id as ownerId',
        't.project_id as projectId',
        't.title',
        't.prompt',
        't.model',
        't.skip_plan as skipPlan',
      ])
      .select([
        't.state',
        't.phase',
        't.status_line as statusLine',
        't.issue_number as issueNumber',
        't.pr_number as prNumber',
        't.branch',
      ])
      .select([
        't.head_sha as headSha',
        't.ci',
        't.plan',
        't.plan_revision as planRevision',
        't.cost_microusd as costMicrousd',
        't.attachments',
        't.priority',
        't.created_at as createdAt',
      ])
      .select([
        'p.repo',
        'p.default_branch as defaultBranch',
        'p.remote_url as remoteUrl',
        'p.local_path as localPath',
        'p.settings',
        'p.workflow',
      ])
      .where('t.id', '=', taskId),
  );
  if (!task) throw new Error(`there is no task ${taskId}`);
  return task;
}

/**
 * Whether there is such a task and it has not ended.
 * @param taskId of whichever user
 */
export const isLive = (database: Queryable, taskId: string): Promise<boolean> =>
  hasRow(
    database,
    tables.selectFrom('tasks').select('id').where('id', '=', taskId).where('ended_at', 'is', null),
  );

/** @returns the state of a task, one of flow/states; null when there is no such task */
export const findState = async (database: Queryable, taskId: string): Promise<string | null> =>
  (await row(database, tables.selectFrom('tasks').select('state').where('id', '=', taskId)))?.state ?? null;

/** @returns whose task it is; null when there is no such task */
export const findOwner = async (database: Queryable, taskId: string): Promise<string | null> =>
  (await row(database, tables.selectFrom('tasks').select('owner_id as ownerId').where('id', '=', taskId)))
    ?.ownerId ?? null;

/** @returns the newest fifty things that the agents of a task said, newest first; `seq` is the place in the log */
export const listSaid = (
  database: Queryable,
  taskId: string,
): Promise<{ readonly seq: number; readonly text: string }[]> =>
  rows(
    database,
    tables
      .selectFrom('events')
      .select(['seq', payloadField('agent.said', 'text').as('text')])
      .where('task_id', '=', taskId)
      .where('type', '=', 'agent.said')
      .orderBy('seq', 'desc')
      .limit(50),
  );

const summaries = withProjects
  .select([
    't.id',
    't.title',
    't.state',
    't.phase',
    't.status_line as statusLine',
    't.model',
    't.budget_cents as budgetCents',
  ])
  .select([
    't.cost_microusd as costMicrousd',
    't.branch',
    't.head_sha as headSha',
    't.issue_number as issueNumber',
    't.issue_url as issueUrl',
  ])
  .select([
    't.pr_number as prNumber',
    't.pr_url as prUrl',
    't.plan_revision as planRevision',
    't.failure',
    't.ci',
    't.active_run_id as activeRunId',
  ])
  .select(['t.waiting_for as waitingFor', 't.ended_how as endedHow'])
  .select(['t.priority', 't.blocked_by as blockedBy'])
  .select([
    't.created_at as createdAt',
    't.updated_at as updatedAt',
    't.ended_at as endedAt',
    't.project_id as projectId',
    'p.repo as project',
  ]);

/** Tasks of a user, open ones first, newest 200. @param state only those in this one; null for all */
export const listTasks = (database: Queryable, ownerId: string, state: TaskState | null): Promise<Task[]> =>
  rows(
    database,
    summaries
      .where('t.owner_id', '=', ownerId)
      .$if(state !== null, (s) => s.where('t.state', '=', state!))
      .orderBy((eb) => eb('t.ended_at', 'is not', null))
      .orderBy('t.updated_at', 'desc')
      .limit(200),
  );

/** @returns null when the user has no such task */
export const findTask = (
  database: Queryable,
  ownerId: string,
  id: string,
): Promise<Omit<TaskDetail, 'items' | 'runs' | 'collisions' | 'knows'> | null> =>
  row(
    database,
    summaries.select(['t.prompt', 't.plan']).where('t.id', '=', id).where('t.owner_id', '=', ownerId),
  );

export interface TaskToTell {
  readonly id: string;
  readonly title: string;
  readonly projectId: string;
  readonly model: string;
  readonly budgetCents: number;
  readonly endedAt: Date | null;
}

/** What a proposal to tell a task something is made from. @returns null when the user has no such task */
export const findTaskToTell = (
  database: Queryable,
  ownerId: string,
  id: string,
): Promise<TaskToTell | null> =>
  row(
    database,
    tables
      .selectFrom('tasks')
      .select([
        'id',
        'title',
        'project_id as projectId',
        'model',
        'budget_cents as budgetCents',
        'ended_at as endedAt',
      ])
      .where('id', '=', id)
      .where('owner_id', '=', ownerId),
  );

/** A task as the chat model is told of it. */
export interface TaskFact extends Standing {
  readonly id: string;
  readonly projectId: string;
  readonly title: string;
  readonly repo: string;
}

const facts = withProjects
  .select(['t.id', 't.project_id as projectId', 't.title', 'p.repo', 't.state'])
  .select(['t.status_line as statusLine', 't.ci'])
  .select(['t.waiting_for as waitingFor', 't.ended_how as endedHow']);

/**
 * The thirty open tasks of a user that changed last.
 * @returns what the chat model is told of them
 */
export const listOpenFacts = (database: Queryable, ownerId: string): Promise<TaskFact[]> =>
  rows(
    database,
    facts
      .where('t.owner_id', '=', ownerId)
      .where('t.ended_at', 'is', null)
      .orderBy('t.updated_at', 'desc')
      .limit(30),
  );

/**
 * Thirty tasks of a user, open ones first, then the newest that ended. `costMicrousd` is in millionths of
 * a dollar.
 * @returns what the chat model is told of them, and their cost
 */
export const listFacts = (
  database: Queryable,
  ownerId: string,
): Promise<(TaskFact & { readonly costMicrousd: number })[]> =>
  rows(
    database,
    facts
      .select('t.cost_microusd as costMicrousd')
      .where('t.owner_id', '=', ownerId)
      .orderBy('t.ended_at', (o) => o.asc().nullsFirst())
      .orderBy('t.updated_at', 'desc')
      .limit(30),
  );
