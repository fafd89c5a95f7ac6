// Pull requests: made, ready, a draft again, what is in them.
import type { Forge, Outcome } from '../port.ts';
import { refusesDrafts } from './errors.ts';
import { ensured, type GitHub } from './kit.ts';

/** @returns the part of the forge that is about pull requests */
export const pulls = ({
  kit,
  split,
  call,
  isOurs,
  getPull,
}: GitHub): Pick<
  Forge,
  'ensureDraftPr' | 'ensureReady' | 'ensureDraft' | 'ensureReopened' | 'getPull' | 'listCommits' | 'readDiff'
> => ({
  ensureDraftPr: (i) =>
    call(`the pull request in ${i.repo}`, async () => {
      const ours = await isOurs();
      const list = async () =>
        (
          await kit.pulls.list({
            ...split(i.repo),
            state: 'all',
            head: `${split(i.repo).owner}:${i.head}`,
            per_page: 100,
          })
        ).data.find((p) => ours(p, i.marker));
      const there = await list();
      if (there) return ensured(there, 'unchanged');
      const wanted = {
        ...split(i.repo),
        title: i.title,
        body: `${i.body}\n\n${i.marker}`,
        head: i.head,
        base: i.base,
      };
      const made = await kit.pulls.create({ ...wanted, draft: true }).catch((err: unknown) => {
        if (!refusesDrafts(err)) throw err;
        return kit.pulls.create(wanted);
      });
      return ensured(made.data, 'created');
    }),

  ensureReady: (repo, number) =>
    call(`pull request #${number}`, async (): Promise<Outcome> => {
      const pr = (await getPull(repo, number)).data;
      if (!pr.draft) return 'unchanged';
      await kit.graphql(
        'mutation($input: MarkPullRequestReadyForReviewInput!) { markPullRequestReadyForReview(input: $input) { pullRequest { id isDraft } } }',
        { input: { pullRequestId: pr.node_id } },
      );
      return 'updated';
    }),

  ensureDraft: (repo, number) =>
    call(`pull request #${number}`, async (): Promise<Outcome> => {
      const pr = (await getPull(repo, number)).data;
      if (pr.draft || pr.state === 'closed') return 'unchanged';
      await kit.graphql(
        'mutation($input: ConvertPullRequestToDraftInput!) { convertPullRequestToDraft(input: $input) { pullRequest { id isDraft } } }',
        {
          input: { pullRequestId: pr.node_id },
        },
      );
      return 'updated';
    }),

  ensureReopened: (repo, number) =>
    call(`pull request #${number}`, async (): Promise<Outcome> => {
      const pr = (await getPull(repo, number)).data;
      if (pr.state === 'open' || pr.merged) return 'unchanged';
      await kit.pulls.update({ ...split(repo), pull_number: number, state: 'open' });
      return 'updated';
    }),

  getPull: (repo, number) =>
    call(`pull request #${number}`, async () => {
      const p = (await getPull(repo, number)).data;
      return {
        number: p.number,
        url: p.html_url,
        state: p.state === 'closed' ? 'closed' : 'open',
        merged: p.merged,
        draft: p.draft ?? false,
        headSha: p.head.sha,
        mergeSha: p.merge_commit_sha,
        fits: p.state === 'open' ? (p.mergeable ?? null) : null,
      };
    }),

  listCommits: (repo, number) =>
    call(`the commits of #${number}`, async () =>
      (await kit.paginate(kit.pulls.listCommits, { ...split(repo), pull_number: number, per_page: 100 })).map(
        (c) => ({
          sha: c.sha,
          title: c.commit.message.split('\n')[0]!,
          author: c.author?.login ?? c.commit.author?.name ?? '',
          isMerge: c.parents.length > 1,
        }),
      ),
    ),

  readDiff: (repo, from, to) =>
    call(`the change from ${from.slice(0, 7)} to ${to.slice(0, 7)}`, async () => {
      try {
        const ask = { ...split(repo), basehead: `${from}...${to}`, mediaType: { format: 'diff' } };
        return (await kit.request('GET /repos/{owner}/{repo}/compare/{basehead}', ask))
          .data as unknown as string;
      } catch (err) {
        const { status } = err as { status?: number };
        if (status === 404) return '';
        // Over 20,000 lines or 300 files it is refused: https://docs.github.com/repositories/creating-and-managing-repositories/repository-limits
        if (status === 406 || status === 422) return null;
        throw err;
      }
    }),
});
