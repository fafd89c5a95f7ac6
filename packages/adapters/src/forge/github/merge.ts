// Merging: at once, by which ways, or through the queue.
import { MERGE_METHODS } from '@mainloop/models/flow/workflow';
import type { Forge, Outcome } from '../port.ts';
import { isStatus, refusedMerge, refusedUpdate } from './errors.ts';
import type { GitHub } from './kit.ts';

/** @returns the part of the forge that merges */
export function merge({
  kit,
  split,
  call,
  getPull,
}: GitHub): Pick<
  Forge,
  'ensureMerged' | 'mergeMethods' | 'ensureQueued' | 'hasQueue' | 'isQueued' | 'ensureUpdated' | 'countBehind'
> {
  const isQueued = async (id: string): Promise<boolean> =>
    (
      await kit.graphql<{ node: { isInMergeQueue?: boolean } | null }>(
        'query($id: ID!) { node(id: $id) { ... on PullRequest { isInMergeQueue } } }',
        { id },
      )
    ).node?.isInMergeQueue === true;
  return {
    ensureMerged: (repo, number, headSha, method, message) =>
      call(`pull request #${number}`, async () => {
        const pull = (await getPull(repo, number)).data;
        if (pull.merged) return { sha: pull.merge_commit_sha, outcome: 'unchanged' as const };
        const ask = { ...split(repo), pull_number: number, sha: headSha, merge_method: method };
        const words =
          method === 'rebase' ? {} : { commit_title: message.title, commit_message: message.body };
        const merged = (await kit.pulls.merge({ ...ask, ...words }).catch(refusedMerge)).data;
        return { sha: merged.sha, outcome: 'updated' as const };
      }),

    mergeMethods: (repo) =>
      call(repo, async () => {
        const merged = (await kit.repos.get(split(repo))).data;
        const told = {
          squash: merged.allow_squash_merge,
          rebase: merged.allow_rebase_merge,
          merge: merged.allow_merge_commit,
        };
        // Only who may push is told.
        return told.squash === undefined ? null : MERGE_METHODS.filter((m) => told[m] === true);
      }),

    hasQueue: (repo, base) =>
      call(`the rules of ${base}`, async () => {
        try {
          const rules = await kit.repos.getBranchRules({ ...split(repo), branch: base, per_page: 100 });
          return rules.data.some((r) => r.type === 'merge_queue');
        } catch (err) {
          if (isStatus(err, 403, 404)) return false;
          throw err;
        }
      }),

    isQueued: (repo, number) =>
      call(`pull request #${number}`, async () => isQueued((await getPull(repo, number)).data.node_id)),

    countBehind: (repo, base, sha) =>
      call(`how far ${sha.slice(0, 7)} is behind ${base}`, async () => {
        const ask = { ...split(repo), basehead: `${base}...${sha}`, per_page: 1 };
        return (await kit.repos.compareCommitsWithBasehead(ask)).data.behind_by;
      }),

    ensureUpdated: (repo, number, headSha) =>
      call(`the branch of pull request #${number}`, async (): Promise<Outcome> => {
        try {
          await kit.pulls.updateBranch({ ...split(repo), pull_number: number, expected_head_sha: headSha });
          return 'updated';
        } catch (err) {
          refusedUpdate(err);
          return 'unchanged';
        }
      }),

    ensureQueued: (repo, number, headSha) =>
      call(`pull request #${number}`, async (): Promise<Outcome> => {
        const pull = (await getPull(repo, number)).data;
        if (pull.merged) return 'unchanged';
        try {
          await kit.graphql(
            'mutation($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) { mergeQueueEntry { id } } }',
            {
              input: { pullRequestId: pull.node_id, expectedHeadOid: headSha },
            },
          );
        } catch (err) {
          // What is in the queue already, where that is told, by a try that was not answered, is refused.
          if (
            (err as Error).name !== 'GraphqlResponseError' ||
            !(await isQueued(pull.node_id).catch(() => false))
          )
            throw err;
          return 'unchanged';
        }
        return 'updated';
      }),
  };
}
