// Tasks of one repository that are at work beside each other, and which of them collide.
import { collisionCleared, collisionFound } from '../../events/awareness.ts';
import {
  afterLook,
  collisionWords,
  MOST_FILES,
  otherSide,
  type Collision,
} from '../../flow/awareness/collisions.ts';
import { append, decideAndAppend } from '../log.ts';
import type { Db, Queryable, Tx } from '../pool.ts';
import type { CollisionView } from '../read-views.ts';
import { anyOf, rows, tables } from '../rows.ts';
import { informAgent, withdraw } from '../runs/commands.ts';

/** A task that is at work, and has pushed. */
export interface AtWork {
  readonly taskId: string;
  readonly title: string;
  readonly branch: string;
  /** The branch that it goes to. */
  readonly base: string;
}

/** So many of one repository are looked at, the newest pushes first. */
const MOST_AT_WORK = 100;

/** @returns the tasks of a user at work on one repository that have pushed, the last that changed first */
export const listAtWork = (database: Queryable, ownerId: string, repo: string): Promise<AtWork[]> =>
  rows(
    database,
    tables
      .selectFrom('tasks as t')
      .innerJoin('projects as p', 'p.id', 't.project_id')
      .select(['t.id as taskId', 't.title', 't.branch', 'p.default_branch as base'])
      .where('t.owner_id', '=', ownerId)
      .where((is) => is(is.fn('lower', ['p.repo']), '=', repo.toLowerCase()))
      .where('t.head_sha', 'is not', null)
      .where('t.ended_at', 'is', null)
      .orderBy('t.updated_at', 'desc')
      .orderBy('t.id')
      .limit(MOST_AT_WORK),
  );

/** Of each user and repository with several tasks at work, one of them. */
export async function listShared(database: Queryable): Promise<{ readonly taskId: string }[]> {
  const shared = await rows(
    database,
    tables
      .selectFrom('tasks as t')
      .innerJoin('projects as p', 'p.id', 't.project_id')
      .select((eb) => [eb.fn.min('t.id').as('taskId')])
      .where('t.head_sha', 'is not', null)
      .where('t.ended_at', 'is', null)
      .groupBy((eb) => ['t.owner_id', eb.fn('lower', ['p.repo'])])
      .having((eb) => eb.fn.countAll(), '>', 1),
  );
  return shared.map(({ taskId }) => ({ taskId: String(taskId) }));
}

/** What a look at two branches found. */
export interface Looked {
  readonly one: AtWork;
  readonly other: AtWork;
  readonly sha: string;
  readonly otherSha: string;
  /** From the side of `one`; empty: they fit together. */
  readonly files: readonly Collision[];
}

/** What a task is told of another, by which that is withdrawn when it is over. */
const aboutOf = (otherId: string): string => `collision/${otherId}`;

/**
 * Writes down what looks found, and lets the agents of both know, each pair once for what they collide in.
 * @param looks pairs of which it is known whether they collide
 */
export const noteLooks = (db: Db, ownerId: string, looks: readonly Looked[]): Promise<void> =>
  decideAndAppend(db, async (tx) => {
    const live = await liveOf(
      tx,
      ownerId,
      looks.flatMap(({ one, other }) => [one.taskId, other.taskId]),
    );
    for (const look of looks) {
      if (!live.has(look.one.taskId) || !live.has(look.other.taskId)) continue;
      await noteLook(tx, ownerId, look);
    }
  });

async function liveOf(tx: Tx, ownerId: string, taskIds: readonly string[]): Promise<ReadonlySet<string>> {
  const live = tables
    .selectFrom('tasks')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('id', '=', anyOf([...new Set(taskIds)]))
    .where('ended_at', 'is', null);
  return new Set((await rows(tx, live)).map(({ id }) => id));
}

async function noteLook(tx: Tx, ownerId: string, look: Looked): Promise<void> {
  const { one, other } = look;
  const shown = look.files.slice(0, MOST_FILES);
  const [before] = await rows(
    tx,
    tables
      .selectFrom('collisions')
      .select('files')
      .where('task_id', '=', one.taskId)
      .where('other_id', '=', other.taskId),
  );
  const next = afterLook(before?.files ?? null, shown);
  switch (next.do) {
    case 'nothing':
      return;
    case 'clear':
      return clear(tx, ownerId, [one.taskId, other.taskId], 'apart');
    case 'note': {
      const more = look.files.length - shown.length;
      const sides = [
        { of: one, to: other, sha: look.sha, otherSha: look.otherSha, files: shown },
        { of: other, to: one, sha: look.otherSha, otherSha: look.sha, files: otherSide(shown) },
      ];
      for (const { of, to, sha, otherSha, files } of sides) {
        const payload = { otherId: to.taskId, sha, otherSha, files, more, isNews: next.isNews };
        await append(tx, [collisionFound.new({ taskId: of.taskId, actor: 'mainloop', payload })], ownerId);
        if (!next.isNews) continue;
        const text = collisionWords(to, of.base, files);
        await informAgent(tx, { taskId: of.taskId, about: aboutOf(to.taskId), text });
      }
    }
  }
}

async function clear(
  tx: Tx,
  ownerId: string,
  [one, other]: readonly [string, string],
  why: 'apart' | 'ended',
): Promise<void> {
  for (const [taskId, otherId] of [
    [one, other],
    [other, one],
  ] as const) {
    const cleared = collisionCleared.new({ taskId, actor: 'mainloop', payload: { otherId, why } });
    await append(tx, [cleared], ownerId);
    await withdraw(tx, taskId, aboutOf(otherId));
  }
}

/**
 * @param taskId of one task alone
 * @returns what tasks of a user collide with, while both are at work, by task; one that collides with none is not there
 */
export async function listCollisions(
  database: Queryable,
  ownerId: string,
  taskId?: string,
): Promise<ReadonlyMap<string, readonly CollisionView[]>> {
  const found = await rows(
    database,
    tables
      .selectFrom('collisions as c')
      .innerJoin('tasks as t', 't.id', 'c.task_id')
      .innerJoin('tasks as o', 'o.id', 'c.other_id')
      .select(['c.task_id as taskId', 'c.other_id as otherId', 'o.title', 'c.files', 'c.more'])
      .where('c.owner_id', '=', ownerId)
      .$if(taskId !== undefined, (all) => all.where('c.task_id', '=', taskId!))
      .where('t.ended_at', 'is', null)
      .where('o.ended_at', 'is', null)
      .orderBy('c.since')
      .orderBy('c.other_id'),
  );
  const byTask = new Map<string, CollisionView[]>();
  for (const { taskId: of, ...view } of found) byTask.set(of, [...(byTask.get(of) ?? []), view]);
  return byTask;
}

/** Clears what tasks collided in of which one has ended. */
export const clearEnded = (db: Db): Promise<void> =>
  decideAndAppend(db, async (tx) => {
    const over = await rows(
      tx,
      tables
        .selectFrom('collisions as c')
        .innerJoin('tasks as t', 't.id', 'c.task_id')
        .innerJoin('tasks as o', 'o.id', 'c.other_id')
        .select(['c.task_id as one', 'c.other_id as other', 'c.owner_id as ownerId'])
        .whereRef('c.task_id', '<', 'c.other_id')
        .where((is) => is.or([is('t.ended_at', 'is not', null), is('o.ended_at', 'is not', null)])),
    );
    for (const { one, other, ownerId } of over) await clear(tx, ownerId, [one, other], 'ended');
  });
