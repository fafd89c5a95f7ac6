// Pull requests: made, ready, a draft again, what is in them.
import type { Forge, Outcome, PullInfo } from '../port.ts';
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
  ensureDraftPr: (input) =>
    call(`the pull request in ${input.repo}`, async () => {
      const ours = await isOurs();
      const list = async () =>
        (
          await kit.pulls.list({
            ...split(input.repo),
            state: 'all',
            head: `${split(input.repo).owner}:${input.head}`,
            per_page: 100,
          })
        ).data.find((p) => ours(p, input.marker));
      const there = await list();
      if (there) return ensured(there, 'unchanged');
      const wanted = {
        ...split(input.repo),
        title: input.title,
        body: `${input.body}\n\n${input.marker}`,
        head: input.head,
        base: input.base,
      };
      const made = await kit.pulls.create({ ...wanted, draft: true }).catch((err: unknown) => {
        if (!refusesDrafts(err)) throw err;
        return kit.pulls.create(wanted);
      });
      return ensured(made.data, 'created');
    }),

  ensureReady: (repo, number) =>
    call(`pull request #${number}`, async (): Promise<Outcome> => {
      const pull = (await getPull(repo, number)).data;
      if (!pull.draft) return 'unchanged';
      await kit.graphql(
        'mutation($input: MarkPullRequestReadyForReviewInput!) { markPullRequestReadyForReview(input: $input) { pullRequest { id isDraft } } }',
        { input: { pullRequestId: pull.node_id } },
      );
      return 'updated';
    }),

  ensureDraft: (repo, number) =>
    call(`pull request #${number}`, async (): Promise<Outcome> => {
      const pull = (await getPull(repo, number)).data;
      if (pull.draft || pull.state === 'closed') return 'unchanged';
      await kit.graphql(
        'mutation($input: ConvertPullRequestToDraftInput!) { convertPullRequestToDraft(input: $input) { pullRequest { id isDraft } } }',
        {
          input: { pullRequestId: pull.node_id },
        },
      );
      return 'updated';
    }),

  ensureReopened: (repo, number) =>
    call(`pull request #${number}`, async (): Promise<Outcome> => {
      const pull = (await getPull(repo, number)).data;
      if (pull.state === 'open' || pull.merged) return 'unchanged';
      await kit.pulls.update({ ...split(repo), pull_number: number, state: 'open' });
      return 'updated';
    }),

  getPull: (repo, number) =>
    call(`pull request #${number}`, async () => seenAs((await getPull(repo, number)).data)),

  listCommits: (repo, number) =>
    call(`the commits of #${number}`, async () =>
      (await kit.paginate(kit.pulls.listCommits, { ...split(repo), pull_number: number, per_page: 100 })).map(
        (commit) => ({
          sha: commit.sha,
          title: commit.commit.message.split('\n')[0]!,
          author: commit.author?.login ?? commit.commit.author?.name ?? '',
          isMerge: commit.parents.length > 1,
        }),
      ),
    ),

  readDiff: (repo, from, to) =>
    call(`the change from ${from.slice(0, 7)} to ${to.slice(0, 7)}`, async () => {
      try {
        const ask = { ...split(repo), basehead: `${from}...${to}`, mediaType: { format: 'diff' } };
        // As a diff it is text, of which octokit's types know nothing.
        return String((await kit.request('GET /repos/{owner}/{repo}/compare/{basehead}', ask)).data);
      } catch (err) {
        const { status } = err as { status?: number };
        if (status === 404) return '';
        // Over 20,000 lines or 300 files it is refused:
        // https://docs.github.com/repositories/creating-and-managing-repositories/repository-limits
        if (status === 406 || status === 422) return null;
        throw err;
      }
    }),
});

const seenAs = (pull: Awaited<ReturnType<GitHub['getPull']>>['data']): PullInfo => ({
  number: pull.number,
  url: pull.html_url,
  state: pull.state === 'closed' ? 'closed' : 'open',
  merged: pull.merged,
  draft: pull.draft ?? false,
  base: pull.base.ref,
  baseSha: pull.base.sha,
  headSha: pull.head.sha,
  mergeSha: pull.merge_commit_sha,
  fits: pull.state === 'open' ? (pull.mergeable ?? null) : null,
});
