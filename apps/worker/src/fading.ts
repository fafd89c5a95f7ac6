// Looks now and then whether there still is what rules stand on: files on the default branch, comments on the forge.
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import {
  listRulesOfComments,
  listRulesOfFiles,
  saveLooks,
  type PullOfRules,
} from '@mainloop/models/db/learnings/fading';
import type { Db } from '@mainloop/models/db/pool';
import { filesOf, turnOf, withoutComments } from '@mainloop/models/flow/learnings/fading';

type Read = Pick<Forge, 'listFiles' | 'listReviews' | 'listReviewComments' | 'listIssueComments'>;
/** A pull request costs three requests, of five thousand an hour that the forge answers. */
const PULLS_AT_ONCE = 20;

/**
 * What can not be read now is taken for there, and looked at the next time.
 * @param round counted on by one each time: of many pull requests each has its turn
 */
export async function fadeRules(db: Db, forge: Read, ownerId: string, round: number): Promise<void> {
  for (const { repo, folder, defaultBranch, rules } of await listRulesOfFiles(db, ownerId)) {
    const tree = await ifReadable(() => forge.listFiles(repo, defaultBranch));
    if (tree === null) continue;
    const files = tree.files.map(({ path }) => path);
    const changes = filesOf(rules, { files, isWhole: tree.isWhole, folder });
    if (changes.length > 0) await saveLooks(db, ownerId, changes);
  }
  const { rules, pulls } = await listRulesOfComments(db, ownerId);
  const left = new Set(rules.flatMap(({ saidIn }) => saidIn.filter((id) => id !== null)));
  for (const pull of turnOf(pulls, PULLS_AT_ONCE, round))
    for (const id of await deletedOf(forge, pull)) left.delete(id);
  const changes = withoutComments(rules, left);
  if (changes.length > 0) await saveLooks(db, ownerId, changes);
}

/** @returns ids of those comments that are on the page no more */
async function deletedOf(forge: Read, { repo, prNumber, comments }: PullOfRules): Promise<string[]> {
  const page = await ifReadable(() =>
    Promise.all([
      forge.listReviews(repo, prNumber),
      forge.listReviewComments(repo, prNumber),
      forge.listIssueComments(repo, prNumber),
    ]),
  );
  if (page === null) return [];
  const there = new Set(page.flat().map(({ id }) => id));
  return comments.filter(({ forgeId }) => !there.has(forgeId)).map(({ id }) => id);
}

async function ifReadable<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (err) {
    if (!(err instanceof ForgeError)) throw err;
    return null;
  }
}
