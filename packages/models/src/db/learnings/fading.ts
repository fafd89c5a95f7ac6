// What rules stand on, to be looked for on the forge, and what became of it.
import { learningLooked } from '../../events/learnings.ts';
import type { Change, Presence } from '../../flow/learnings/fading.ts';
import { append, decideAndAppend } from '../log.ts';
import type { Db, Queryable } from '../pool.ts';
import { anyOf, rows, tables } from '../rows.ts';

interface RulesOfProject {
  readonly repo: string;
  readonly folder: string;
  readonly defaultBranch: string;
  readonly rules: readonly {
    readonly id: string;
    readonly path: string;
    readonly files: Presence | null;
  }[];
}

/** @returns projects with approved rules about some of their files; a rule about all projects never fades with files */
export async function listRulesOfFiles(database: Queryable, ownerId: string): Promise<RulesOfProject[]> {
  const found = await rows(
    database,
    tables
      .selectFrom('learnings as l')
      .innerJoin('projects as p', 'p.id', 'l.project_id')
      .select(['l.id', 'l.path', 'l.files', 'p.id as projectId', 'p.repo', 'p.folder'])
      .select('p.default_branch as defaultBranch')
      .where('l.owner_id', '=', ownerId)
      .where('l.state', '=', 'approved')
      .where('l.path', 'is not', null)
      .where('p.removed_at', 'is', null)
      .orderBy('l.id'),
  );
  return [...Map.groupBy(found, (rule) => rule.projectId).values()].map((all) => ({
    repo: all[0]!.repo,
    folder: all[0]!.folder,
    defaultBranch: all[0]!.defaultBranch,
    rules: all.map(({ id, path, files }) => ({ id, path: path!, files })),
  }));
}

/** A pull request whose comments said rules. */
export interface PullOfRules {
  readonly repo: string;
  readonly prNumber: number;
  /** By their ids here. */
  readonly comments: readonly { readonly id: string; readonly forgeId: number }[];
}
interface RuleSaid {
  readonly id: string;
  readonly saidIn: readonly (string | null)[];
}

/** @returns approved rules that stand on comments of the forge alone, and the pull requests that these are on */
export async function listRulesOfComments(
  database: Queryable,
  ownerId: string,
): Promise<{ readonly rules: RuleSaid[]; readonly pulls: PullOfRules[] }> {
  const approved = await rows(
    database,
    tables
      .selectFrom('learnings')
      .select(['id', 'said_in as saidIn'])
      .where('owner_id', '=', ownerId)
      .where('state', '=', 'approved')
      .where('comments', 'is distinct from', 'gone')
      .orderBy('id'),
  );
  const rules = approved.filter(({ saidIn }) => saidIn.length > 0 && !saidIn.includes(null));
  const ids = rules.flatMap(({ saidIn }) => saidIn.filter((id) => id !== null));
  const found = await rows(
    database,
    tables
      .selectFrom('review_comments as c')
      .innerJoin('tasks as t', 't.id', 'c.task_id')
      .innerJoin('projects as p', 'p.id', 't.project_id')
      .select(['c.id', 'c.forge_id as forgeId', 't.id as taskId', 't.pr_number as prNumber', 'p.repo'])
      .where('c.owner_id', '=', ownerId)
      .where('c.id', '=', anyOf(ids))
      .where('c.forge_id', 'is not', null)
      .where('t.pr_number', 'is not', null)
      .where('p.removed_at', 'is', null)
      .orderBy('t.id')
      .orderBy('c.id'),
  );
  const pulls = [...Map.groupBy(found, (comment) => comment.taskId).values()].map((all) => ({
    repo: all[0]!.repo,
    prNumber: all[0]!.prNumber!,
    comments: all.map(({ id, forgeId }) => ({ id, forgeId: Number(forgeId) })),
  }));
  return { rules, pulls };
}

/** Notes what was found and what is gone. What is known already is not said again. */
export const saveLooks = (db: Db, ownerId: string, changes: readonly Change[]): Promise<void> =>
  decideAndAppend(db, async (tx) => {
    const there = await rows(
      tx,
      tables
        .selectFrom('learnings')
        .select(['id', 'files', 'comments'])
        .where('owner_id', '=', ownerId)
        .where('state', '=', 'approved')
        .where('id', '=', anyOf(changes.map(({ id }) => id))),
    );
    const news = changes.filter(({ id, of, are }) => there.some((l) => l.id === id && l[of] !== are));
    await append(
      tx,
      news.map((payload) => learningLooked.new({ actor: 'mainloop', payload })),
      ownerId,
    );
  });
