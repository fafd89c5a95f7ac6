// Merging a pull request on the bare repository, so that two merges of different files both survive.
import type { Answer, Ctx } from './ctx.ts';
import { moved } from './git-http.ts';
import { mayMerge } from './shapes.ts';
import { nowIso, type Issue, type Merging, type Repo } from './store.ts';

const CLOSES = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s+#(\d+)/gi;
const refuse = (status: number, message: string): Answer => ({
  status,
  body: {
    message,
    documentation_url: 'https://docs.github.com/rest/pulls/pulls#merge-a-pull-request',
    status: String(status),
  },
});

const NOT_ALLOWED: ReadonlyMap<string, string> = new Map([
  ['squash', 'Squash merges are not allowed on this repository.'],
  ['rebase', 'Rebase merges are not allowed on this repository.'],
  ['merge', 'Merge commits are not allowed on this repository.'],
]);

/** @param body of the request; `queued` is a word of our own, for what the merge queue does */
export function mergePull(
  c: Ctx,
  repo: Repo,
  i: Issue,
  user: string,
  body: Record<string, unknown>,
): Promise<Answer> {
  return c.bare.serial(repo.full, async () => {
    const pr = i.pr!;
    if (pr.merged || i.state !== 'open') return refuse(405, 'Pull Request is not mergeable');
    if (pr.draft) return refuse(405, 'Pull Request is still a draft');
    const method = String(body.merge_method ?? 'merge');
    if (!mayMerge(repo, method))
      return refuse(405, NOT_ALLOWED.get(method) ?? 'This way of merging is not allowed on this repository.');
    if (repo.rules?.mergeQueue === true && body.queued !== true)
      return refuse(405, 'Repository rule violations found\n\nChanges must be made through the merge queue');
    if (typeof body.sha === 'string' && body.sha !== pr.headSha)
      return refuse(409, 'Head branch was modified. Review and try the merge again.');
    const base = await c.bare.sha(repo.full, pr.base);
    if (base === null) return refuse(405, 'Base branch is gone');
    const tree = await c.bare.mergedTree(repo.full, base, pr.headSha);
    if (tree === null) return refuse(405, 'Pull Request is not mergeable');
    const squash = body.merge_method === 'squash' || body.merge_method === 'rebase';
    // What GitHub writes by itself: https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/configuring-commit-squashing-for-pull-requests
    const own = squash
      ? await c.bare.git(repo.full, ['log', '--reverse', '--format=* %B', `${base}..${pr.headSha}`, '--'])
      : i.title;
    const message = String(body.commit_message ?? own);
    const title = String(
      body.commit_title ?? (squash ? `${i.title} (#${i.number})` : `Merge pull request #${i.number}`),
    );
    const sha = (
      await c.bare.git(
        repo.full,
        ['commit-tree', tree, '-p', base, ...(squash ? [] : ['-p', pr.headSha]), '-m', title, '-m', message],
        whoMerges(user),
      )
    ).trim();
    await finish(c, i, { sha, from: base, message });
    await moved(c, repo, pr.base, base, sha, user);
    return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
  });
}

const UPDATES = 'https://docs.github.com/rest/pulls/pulls#update-a-pull-request-branch';

/** Merges the base into the branch of a pull request. GitHub answers first and does it then; here both is one. */
export function updateBranch(
  c: Ctx,
  repo: Repo,
  i: Issue,
  user: string,
  body: Record<string, unknown>,
): Promise<Answer> {
  const cannot = (message: string): Answer => ({
    status: 422,
    body: { message, documentation_url: UPDATES, status: '422' },
  });
  return c.bare.serial(repo.full, async () => {
    const pr = i.pr!;
    const base = await c.bare.sha(repo.full, pr.base);
    if (pr.merged || i.state !== 'open' || base === null) return cannot('Pull request is closed.');
    if (typeof body.expected_head_sha === 'string' && body.expected_head_sha !== pr.headSha)
      return cannot('expected head sha didn’t match current head ref.');
    const has = await c.bare.git(repo.full, ['merge-base', base, pr.headSha]);
    if (has.trim() === base) return cannot('There are no new commits on the base branch.');
    const tree = await c.bare.mergedTree(repo.full, pr.headSha, base);
    if (tree === null) return cannot('merge conflict between base and head');
    const parents = ['-p', pr.headSha, '-p', base];
    const sha = (
      await c.bare.git(
        repo.full,
        ['commit-tree', tree, ...parents, '-m', `Merge branch '${pr.base}' into ${pr.head}`],
        whoMerges(user),
      )
    ).trim();
    await c.bare.git(repo.full, ['update-ref', `refs/heads/${pr.head}`, sha, pr.headSha]);
    await moved(c, repo, pr.head, pr.headSha, sha, user);
    return {
      status: 202,
      body: {
        message: 'Updating pull request branch.',
        url: `${c.base}/repos/${repo.full}/pulls/${i.number}`,
      },
    };
  });
}

const whoMerges = (user: string): Record<string, string> => ({
  GIT_AUTHOR_NAME: user,
  GIT_AUTHOR_EMAIL: `${user}@users.noreply.github.com`,
  GIT_COMMITTER_NAME: 'GitHub',
  GIT_COMMITTER_EMAIL: 'noreply@github.com',
});

/** Written down first, then done: branch and pull request are of one mind, whenever we are ended. */
async function finish(c: Ctx, i: Issue, merging: Merging): Promise<void> {
  const { merging: _, ...pr } = i.pr!;
  const { sha, from, message } = merging;
  c.store.update('issue', i, { pr: { ...pr, merging } });
  if ((await c.bare.sha(i.repo, pr.base)) !== sha)
    await c.bare.git(i.repo, ['update-ref', `refs/heads/${pr.base}`, sha, from]);
  c.store.update('issue', i, {
    state: 'closed',
    closedAt: nowIso(),
    updatedAt: nowIso(),
    pr: { ...pr, merged: true, mergedAt: nowIso(), mergeSha: sha },
  });
  for (const k of `${i.body ?? ''}\n${message}`.matchAll(CLOSES)) {
    const linked = c.store.one('issue', (x) => x.repo === i.repo && x.number === Number(k[1]));
    if (linked?.state === 'open')
      c.store.update('issue', linked, { state: 'closed', closedAt: nowIso(), updatedAt: nowIso() });
  }
}

/** Merges that a kill left half done. */
export async function finishMerges(c: Ctx): Promise<void> {
  for (const i of c.store.find('issue', (x) => x.pr?.merging !== undefined))
    await finish(c, i, i.pr!.merging!);
}
