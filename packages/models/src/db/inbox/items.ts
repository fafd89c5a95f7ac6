// Items of the inbox as they are now: a projection of the log, so nothing here writes. What decides them is
// in decide.ts.
import type { Item } from '../../contracts/inbox.ts';
import type { Question } from '../../flow/forge/answers.ts';
import type { ItemKind, Option, Via } from '../../flow/events.ts';
import type { Decision } from '../../flow/workflow.ts';
import type { Queryable } from '../pool.ts';
import { anyOf, hasRow, row, rows, tables } from '../rows.ts';
import { attemptsOf } from '../runs/runs.ts';

/** @returns what the user said to an item; null while nobody has, and for an item that is not there */
export async function findDecision(database: Queryable, itemId: string): Promise<Decision | null> {
  const item = await row(
    database,
    tables.selectFrom('inbox_items').select('answer').where('id', '=', itemId),
  );
  return item?.answer?.decision ?? null;
}

/**
 * Whether a question of this run, or of an attempt that it took the work up from, waits for its answer.
 * @param runId the newest attempt; those before it are found from it
 */
export const hasOpenQuestion = async (database: Queryable, runId: string): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('inbox_items')
      .select('id')
      .where('run_id', '=', anyOf(await attemptsOf(database, runId)))
      .where('kind', '=', 'question')
      .where('state', '=', 'open')
      .limit(1),
  );

export interface AnsweredItem {
  readonly title: string;
  readonly kind: ItemKind;
  /** null while it is not answered. */
  readonly answer: { readonly decision: Decision; readonly text: string } | null;
}

/** @returns its title, kind and answer; null where there is none */
export const findItem = (database: Queryable, itemId: string): Promise<AnsweredItem | null> =>
  row(
    database,
    tables.selectFrom('inbox_items').select(['title', 'kind', 'answer']).where('id', '=', itemId),
  );

export interface QuestionRow extends Question {
  readonly id: string;
  readonly state: string;
  readonly answer: { readonly text: string } | null;
  readonly answeredBy: string | null;
  readonly answeredVia: Via | null;
}

/** A question of an agent. @returns null when there is no such item, or it is of another kind */
export const findQuestion = (database: Queryable, itemId: string): Promise<QuestionRow | null> =>
  row(
    database,
    tables
      .selectFrom('inbox_items')
      .select([
        'id',
        'state',
        'title',
        'body',
        'options',
        'multiple',
        'answer',
        'answered_by as answeredBy',
        'answered_via as answeredVia',
      ])
      .where('id', '=', itemId)
      .where('kind', '=', 'question'),
  );

/**
 * The answer ids of a task's questions and plans that were answered on the forge; null for an answer that
 * has none.
 * @returns one entry an answered item
 */
export async function listForgeAnswers(database: Queryable, taskId: string): Promise<(string | null)[]> {
  const answered = await rows(
    database,
    tables
      .selectFrom('inbox_items')
      .select('answer')
      .where('task_id', '=', taskId)
      .where('kind', 'in', ['question', 'plan'])
      .where('answered_via', '=', 'github'),
  );
  return answered.map((r) => r.answer?.answerId ?? null);
}

const summaries = tables
  .selectFrom('inbox_items as i')
  .leftJoin('tasks as t', 't.id', 'i.task_id')
  .leftJoin('projects as p', 'p.id', 't.project_id')
  .select([
    'i.id',
    'i.kind',
    'i.title',
    'i.body',
    'i.options',
    'i.state',
    'i.answer',
    'i.answered_via as answeredVia',
    'i.created_at as createdAt',
  ])
  .select(['i.task_id as taskId', 'i.about', 't.title as taskTitle', 'p.repo as project', 't.plan', 'i.held'])
  .orderBy('i.created_at')
  .limit(500);

/**
 * What waits for a user, oldest first, 500 at most.
 * @returns each with the title and the plan of its task
 */
export const listOpenItems = (database: Queryable, ownerId: string): Promise<Item[]> =>
  rows(database, summaries.where('i.owner_id', '=', ownerId).where('i.state', '=', 'open'));

/**
 * Items of one task, whether they are open or not, oldest first, 500 at most.
 * @returns each with the title and the plan of its task
 */
export const listItemsOfTask = (database: Queryable, ownerId: string, taskId: string): Promise<Item[]> =>
  rows(database, summaries.where('i.owner_id', '=', ownerId).where('i.task_id', '=', taskId));

export interface OpenItem {
  readonly id: string;
  readonly kind: ItemKind;
  readonly title: string;
  readonly options: readonly Option[];
}

/**
 * What waits for the user in one task.
 * @returns in no order
 */
export const listOpenOfTask = (database: Queryable, taskId: string): Promise<OpenItem[]> =>
  rows(
    database,
    tables
      .selectFrom('inbox_items')
      .select(['id', 'kind', 'title', 'options'])
      .where('task_id', '=', taskId)
      .where('state', '=', 'open'),
  );

/** @returns the id of the open item that says what failed in a task of this user; null when nothing did */
export const findFailure = async (
  database: Queryable,
  ownerId: string,
  taskId: string,
): Promise<string | null> =>
  (
    await row(
      database,
      tables
        .selectFrom('inbox_items')
        .select('id')
        .where('task_id', '=', taskId)
        .where('owner_id', '=', ownerId)
        .where('kind', '=', 'failure')
        .where('state', '=', 'open')
        .limit(1),
    )
  )?.id ?? null;
