// "Look again" for the tasks that some news of the forge may be about, and for nobody else: a thousand may be waiting.
import { taskWorkflowId } from '../../flow/ids.ts';
import type { News } from '../../flow/news.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { toOutbox } from '../log.ts';
import { many, type Queryable, type Tx } from '../pool.ts';

/** `blocked`: a question may be answered there. */
const WAITS_FOR_FORGE = ['awaiting_plan', 'ci', 'in_review', 'blocked'];

/** @returns "owner/name" of each repository with tasks that wait for news of it */
export async function listWaitingRepos(q: Queryable): Promise<string[]> {
  const waiting = await many<{ repo: string }>(
    q,
    `select distinct p.repo from tasks t join projects p on p.id = t.project_id where t.state = any($1)`,
    [WAITS_FOR_FORGE],
  );
  return waiting.map((w) => w.repo);
}

/** @returns how many tasks were poked */
export async function pokeAbout(tx: Tx, repo: string, news: News): Promise<number> {
  if (news.numbers.length + news.branches.length + news.shas.length === 0) return 0;
  const about = await many<{ id: string }>(
    tx,
    `select t.id from tasks t join projects p on p.id = t.project_id
      where lower(p.repo) = lower($1) and t.state = any($2)
        and (t.issue_number = any($3) or t.pr_number = any($3) or t.branch = any($4) or t.head_sha = any($5))`,
    [repo, WAITS_FOR_FORGE, news.numbers, news.branches, news.shas],
  );
  for (const t of about) await toOutbox(tx, { kind: 'signal', workflowId: taskWorkflowId(t.id), name: SIGNALS.poke, payload: {} });
  return about.length;
}
