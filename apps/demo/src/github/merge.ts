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
  context: Ctx,
  repo: Repo,
  issue: Issue,
  user: string,
  body: Record<string, unknown>,
): Promise<Answer> {
  return context.bare.serial(repo.full, async () => {
    const pull = issue.pr!;
    if (pull.merged || issue.state !== 'open') return refuse(405, 'Pull Request is not mergeable');
    if (pull.draft) return refuse(405, 'Pull Request is still a draft');
    const method = String(body.merge_method ?? 'merge');
    if (!mayMerge(repo, method))
      return refuse(405, NOT_ALLOWED.get(method) ?? 'This way of merging is not allowed on this repository.');
    if (repo.rules?.mergeQueue === true && body.queued !== true)
      return refuse(405, 'Repository rule violations found\n\nChanges must be made through the merge queue');
    if (typeof body.sha === 'string' && body.sha !== pull.headSha)
      return refuse(409, 'Head branch was modified. Review and try the merge again.');
    const base = await context.bare.sha(repo.full, pull.base);
    if (base === null) return refuse(405, 'Base branch is gone');
    const tree = await context.bare.mergedTree(repo.full, base, pull.headSha);
    if (tree === null) return refuse(405, 'Pull Request is not mergeable');
    const squash = body.merge_method === 'squash' || body.merge_method === 'rebase';
    // What GitHub writes by itself:
    // https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/configuring-commit-squashing-for-pull-requests
    const own = squash
      ? await context.bare.git(repo.full, [
          'log',
          '--reverse',
          '--format=* %B',
          `${base}..${pull.headSha}`,
          '--',
        ])
      : issue.title;
    const message = String(body.commit_message ?? own);
    const title = String(
      body.commit_title ??
        (squash ? `${issue.title} (#${issue.number})` : `Merge pull request #${issue.number}`),
    );
    const sha = (
      await context.bare.git(
        repo.full,
        [
          'commit-tree',
          tree,
          '-p',
          base,
          ...(squash ? [] : ['-p', pull.headSha]),
          '-m',
          title,
          '-m',
          message,
        ],
        whoMerges(user),
      )
    ).trim();
    await finish(context, issue, { sha, from: base, message });
    await moved(context, repo, pull.base, base, sha, user);
    return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
  });
}

const UPDATES = 'https://docs.github.com/rest/pulls/pulls#update-a-pull-request-branch';

/**
 * Merges the base into the branch of a pull request. GitHub answers first and does it then; here both is
 * one.
 * @param body as https://docs.github.com/rest/pulls/pulls#update-a-pull-request-branch takes it
 * @returns 202, or 422 with why not
 */
export function updateBranch(
  context: Ctx,
  repo: Repo,
  issue: Issue,
  user: string,
  body: Record<string, unknown>,
): Promise<Answer> {
  const cannot = (message: string): Answer => ({
    status: 422,
    body: { message, documentation_url: UPDATES, status: '422' },
  });
  return context.bare.serial(repo.full, async () => {
    const pull = issue.pr!;
    const base = await context.bare.sha(repo.full, pull.base);
    if (pull.merged || issue.state !== 'open' || base === null) return cannot('Pull request is closed.');
    if (typeof body.expected_head_sha === 'string' && body.expected_head_sha !== pull.headSha)
      return cannot('expected head sha didn’t match current head ref.');
    const has = await context.bare.git(repo.full, ['merge-base', base, pull.headSha]);
    if (has.trim() === base) return cannot('There are no new commits on the base branch.');
    const tree = await context.bare.mergedTree(repo.full, pull.headSha, base);
    if (tree === null) return cannot('merge conflict between base and head');
    const parents = ['-p', pull.headSha, '-p', base];
    const sha = (
      await context.bare.git(
        repo.full,
        ['commit-tree', tree, ...parents, '-m', `Merge branch '${pull.base}' into ${pull.head}`],
        whoMerges(user),
      )
    ).trim();
    await context.bare.git(repo.full, ['update-ref', `refs/heads/${pull.head}`, sha, pull.headSha]);
    await moved(context, repo, pull.head, pull.headSha, sha, user);
    return {
      status: 202,
      body: {
        message: 'Updating pull request branch.',
        url: `${context.base}/repos/${repo.full}/pulls/${issue.number}`,
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
async function finish(context: Ctx, issue: Issue, merging: Merging): Promise<void> {
  const { merging: _, ...pr } = issue.pr!;
  const { sha, from, message } = merging;
  context.store.update('issue', issue, { pr: { ...pr, merging } });
  if ((await context.bare.sha(issue.repo, pr.base)) !== sha)
    await context.bare.git(issue.repo, ['update-ref', `refs/heads/${pr.base}`, sha, from]);
  context.store.update('issue', issue, {
    state: 'closed',
    closedAt: nowIso(),
    updatedAt: nowIso(),
    pr: { ...pr, merged: true, mergedAt: nowIso(), mergeSha: sha },
  });
  for (const closed of `${issue.body ?? ''}\n${message}`.matchAll(CLOSES)) {
    const linked = context.store.one('issue', (x) => x.repo === issue.repo && x.number === Number(closed[1]));
    if (linked?.state === 'open')
      context.store.update('issue', linked, { state: 'closed', closedAt: nowIso(), updatedAt: nowIso() });
  }
}

/**
 * Merges that a kill left half done.
 * @returns when none is left
 */
export async function finishMerges(context: Ctx): Promise<void> {
  for (const issue of context.store.find('issue', (x) => x.pr?.merging !== undefined))
    await finish(context, issue, issue.pr!.merging!);
}
