// "Look again" for the tasks that some news of the forge may be about, and for nobody else: a thousand may be waiting.
import { taskWorkflowId } from '../../flow/ids.ts';
import type { News } from '../../flow/forge/news.ts';
import type { TaskState } from '../../flow/states.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { toOutbox } from '../log.ts';
import { sql } from 'kysely';
import type { Queryable, Tx } from '../pool.ts';
import { anyOf, rows, tables } from '../rows.ts';

/** `blocked`: a question may be answered there. */
const WAITS_FOR_FORGE: readonly TaskState[] = ['awaiting_plan', 'ci', 'in_review', 'blocked'];

const waitingTasks = tables
  .selectFrom('tasks as t')
  .innerJoin('projects as p', 'p.id', 't.project_id')
  .where('t.state', '=', anyOf(WAITS_FOR_FORGE));

export interface WaitingRepo {
  /** "owner/name" */
  readonly repo: string;
  readonly base: string;
}

/** @returns each repository with tasks that wait for news of it, and the branch that they are to be merged into */
export const listWaitingRepos = (database: Queryable): Promise<WaitingRepo[]> =>
  rows(
    database,
    waitingTasks.select((eb) => ['p.repo', eb.fn.min('p.default_branch').as('base')]).groupBy('p.repo'),
  );

/** @returns how many tasks were told to look again */
export async function lookAgainAbout(tx: Tx, repo: string, news: News): Promise<number> {
  if (news.numbers.length + news.branches.length + news.shas.length === 0 && !news.baseMoved) return 0;
  const about = await rows(
    tx,
    waitingTasks
      .select('t.id')
      .where((eb) => eb(eb.fn<string>('lower', ['p.repo']), '=', sql<string>`lower(${repo})`))
      .where((eb) =>
        eb.or([
          eb('t.issue_number', '=', anyOf(news.numbers)),
          eb('t.pr_number', '=', anyOf(news.numbers)),
          eb('t.branch', '=', anyOf(news.branches)),
          eb('t.head_sha', '=', anyOf(news.shas)),
          ...(news.baseMoved ? [eb('t.pr_number', 'is not', null)] : []),
        ]),
      ),
  );
  for (const task of about)
    await toOutbox(tx, {
      kind: 'signal',
      workflowId: taskWorkflowId(task.id),
      name: SIGNALS.lookAgain,
      payload: {},
    });
  return about.length;
}
