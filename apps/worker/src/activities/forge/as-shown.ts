// Whether what was offered for review is still what would be merged.
import type { Forge, PullInfo } from '@mainloop/adapters/forge/port';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { cleanTitle } from '@mainloop/models/flow/text';
import { lookAtChecks } from '../../checks.ts';
import { ensureShown, headOf } from '../../heads.ts';
import type { ForgeContext } from './context.ts';

export interface NotAsShown {
  readonly did: 'moved' | 'red';
  readonly sentence: string;
}

/** @returns why what was offered for review is not what would be merged; null when it is */
export async function notAsShown(
  { db, forge, checks }: Pick<ForgeContext, 'db' | 'forge' | 'checks'>,
  task: TaskRow,
  pull: PullInfo,
  shown: string,
): Promise<NotAsShown | null> {
  const head = await headOf(db, pull, task);
  await ensureShown({ db, forge }, task, head);
  if (head !== shown) return { did: 'moved', sentence: await whoPushed(forge, task, pull, head) };
  const { verdict, told } = await lookAtChecks(checks, task, { sha: head, pull, round: 0, redSha: null });
  // What was red before the change was let through by the person, and is no news.
  const isNews = verdict.outcome.is === 'red' && told.before === undefined;
  return isNews ? { did: 'red', sentence: `CI failed after all: ${told.red}` } : null;
}

/** @returns who brought a commit to the branch, as a sentence */
export async function whoPushed(forge: Forge, task: TaskRow, pull: PullInfo, head: string): Promise<string> {
  const commit = (await forge.listCommits(task.repo, pull.number)).find((c) => c.sha === head);
  const what =
    commit === undefined ? head.slice(0, 7) : `${head.slice(0, 7)} "${cleanTitle(commit.title, 80)}"`;
  return `${cleanTitle(commit?.author ?? '', 60) || 'Somebody'} pushed ${what} to the pull request after it was offered, so it is not merged. It is looked at anew.`;
}
