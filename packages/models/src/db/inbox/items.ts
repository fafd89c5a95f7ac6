// Items of the inbox as they are now: a projection of the log, so nothing here writes. What decides them is in decide.ts.
import type { Item } from '../../contracts/inbox.ts';
import type { Question } from '../../flow/answers.ts';
import type { ItemKind, Option, Via } from '../../flow/events.ts';
import type { Decision } from '../../flow/workflow.ts';
import { many, one, type Queryable } from '../pool.ts';
import { attemptsOf, questionsOf } from '../runs/runs.ts';

/** @returns what the user said to an item; null while nobody has, and for an item that is not there */
export async function findDecision(q: Queryable, itemId: string): Promise<Decision | null> {
  const item = await one<{ answer: { decision: Decision } | null }>(q, 'select answer from inbox_items where id = $1', [itemId]);
  return item?.answer?.decision ?? null;
}

/** Whether a question of this run, or of an attempt that it took the work up from, waits for its answer. */
export const hasOpenQuestion = async (q: Queryable, runId: string): Promise<boolean> =>
  (await one(q, `select 1 from inbox_items where id like any($1) and state = 'open' limit 1`, [(await attemptsOf(q, runId)).map(questionsOf)])) !==
  null;

export interface AnsweredItem {
  readonly title: string;
  readonly kind: ItemKind;
  /** null while it is not answered. */
  readonly answer: { readonly decision: Decision; readonly text: string } | null;
}

export const findItem = (q: Queryable, itemId: string): Promise<AnsweredItem | null> =>
  one(q, 'select title, kind, answer from inbox_items where id = $1', [itemId]);

export interface QuestionRow extends Question {
  readonly id: string;
  readonly state: string;
  readonly answer: { readonly text: string } | null;
  readonly answeredBy: string | null;
  readonly answeredVia: Via | null;
}

/** A question of an agent. @returns null when there is no such item, or it is of another kind */
export const findQuestion = (q: Queryable, itemId: string): Promise<QuestionRow | null> =>
  one(
    q,
    `select id, state, title, body, options, multiple, answer, answered_by as "answeredBy", answered_via as "answeredVia"
       from inbox_items where id = $1 and kind = 'question'`,
    [itemId],
  );

/** The answer ids of a task's questions that were answered on the forge; null for an answer that has none. */
export async function listForgeAnswers(q: Queryable, taskId: string): Promise<(string | null)[]> {
  const rows = await many<{ id: string | null }>(
    q,
    "select answer->>'answerId' as id from inbox_items where task_id = $1 and kind = 'question' and answered_via = 'github'",
    [taskId],
  );
  return rows.map((r) => r.id);
}

const SUMMARY = `select i.id, i.kind, i.title, i.body, i.options, i.state, i.answer, i.answered_via as "answeredVia", i.created_at as "createdAt", i.task_id as "taskId", t.title as "taskTitle", p.repo as project, t.plan
      from inbox_items i join tasks t on t.id = i.task_id join projects p on p.id = t.project_id where i.owner_id = $1`;

/** What waits for a user, oldest first, 500 at most. */
export const listOpenItems = (q: Queryable, ownerId: string): Promise<Item[]> =>
  many(q, `${SUMMARY} and i.state = 'open' order by i.created_at limit 500`, [ownerId]);

/** Items of one task, whether they are open or not, oldest first, 500 at most. */
export const listItemsOfTask = (q: Queryable, ownerId: string, taskId: string): Promise<Item[]> =>
  many(q, `${SUMMARY} and i.task_id = $2 order by i.created_at limit 500`, [ownerId, taskId]);

export interface OpenItem {
  readonly id: string;
  readonly kind: ItemKind;
  readonly title: string;
  readonly options: readonly Option[];
}

/** What waits for the user in one task. */
export const listOpenOfTask = (q: Queryable, taskId: string): Promise<OpenItem[]> =>
  many(q, "select id, kind, title, options from inbox_items where task_id = $1 and state = 'open'", [taskId]);

/** @returns the id of the open item that says what failed in a task of this user; null when nothing did */
export const findFailure = async (q: Queryable, ownerId: string, taskId: string): Promise<string | null> =>
  (
    await one<{ id: string }>(q, "select id from inbox_items where task_id = $1 and owner_id = $2 and kind = 'failure' and state = 'open' limit 1", [
      taskId,
      ownerId,
    ])
  )?.id ?? null;
