// Whose token it is, what a repository is, and what has changed in it.
import { authorOf } from '@mainloop/models/flow/forge/author';
import { BRANCH_FOLDER } from '@mainloop/models/flow/ids';
import { ForgeError, type Forge, type Outcome } from '../port.ts';
import { isStatus, translate } from './errors.ts';
import type { GitHub, GitHubOptions } from './kit.ts';

/** @returns the part of the forge that is about the repository itself and whoever we are there */
export const repository = (
  { kit, split, call, me, login }: GitHub,
  options: GitHubOptions,
): Pick<
  Forge,
  'whoAmI' | 'whoCommits' | 'getRepo' | 'hasFolder' | 'findNow' | 'mayWrite' | 'ensureBranchGone' | 'changed'
> => ({
  whoAmI: () => call('the token', login),

  whoCommits: () =>
    call('the token', async () => {
      try {
        return authorOf(await me(), options.baseUrl);
      } catch (err) {
        // "Resource not accessible by integration": it is an app's.
        if (isStatus(err, 403)) return null;
        throw err;
      }
    }),

  getRepo: (full) =>
    call(full, async () => {
      const repos = (await kit.repos.get(split(full))).data;
      // One that was renamed is answered by its new name.
      const tipOf = (branch: string): Promise<string | null> =>
        kit.repos.getBranch({ ...split(full), branch }).then(
          (found) => (found.data.name === branch ? found.data.commit.sha : null),
          (thrown: { status?: number }) => {
            if (thrown.status === 404) return null;
            throw thrown;
          },
        );
      const tip = await tipOf(repos.default_branch);
      return {
        full: repos.full_name,
        defaultBranch: repos.default_branch,
        cloneUrl: repos.clone_url,
        empty: tip === null,
        tip,
        // GitHub tells an App of no right here; without that of writing it had got no token.
        canPush: typeof options.token !== 'string' || (repos.permissions?.push ?? false),
        isInOurWay: tip !== null && (await tipOf(BRANCH_FOLDER)) !== null,
      };
    }),

  hasFolder: (full, branch, folder) =>
    call(full, async () => {
      try {
        // A list is a folder; a file, a link and a submodule are told as themselves.
        return Array.isArray(
          (await kit.repos.getContent({ ...split(full), path: folder, ref: branch })).data,
        );
      } catch (err) {
        if ((err as { status?: number }).status === 404) return false;
        throw err;
      }
    }),

  findNow: (full) =>
    call(full, async () => {
      const repos = (await kit.repos.get(split(full))).data;
      return {
        full: repos.full_name,
        defaultBranch: repos.default_branch,
        cloneUrl: repos.clone_url,
        isArchived: repos.archived,
      };
    }),

  mayWrite: (repo, who) =>
    call(`the rights of ${who}`, async () => {
      try {
        const permission = (await kit.repos.getCollaboratorPermissionLevel({ ...split(repo), username: who }))
          .data.permission;
        return permission === 'admin' || permission === 'write';
      } catch (err) {
        if ((err as { status?: number }).status === 404) return false;
        throw err;
      }
    }),

  ensureBranchGone: (repo, branch) =>
    call(`the branch ${branch}`, async (): Promise<Outcome> => {
      try {
        await kit.git.deleteRef({ ...split(repo), ref: `heads/${branch}` });
        return 'updated';
      } catch (err) {
        // 422 "Reference does not exist" is how GitHub says it is gone already.
        if ([404, 422].includes((err as { status?: number }).status ?? 0)) return 'unchanged';
        throw err;
      }
    }),

  async changed(repo, base, { etags, seen }) {
    const fresh = (key: string, fingerprint: string): boolean => {
      if (seen.get(key) === fingerprint) return false;
      seen.set(key, fingerprint);
      return true;
    };
    const ask = async <T>(path: string): Promise<T | null> => {
      try {
        const known = etags.get(path);
        const response = await kit.request(`GET ${path}`, {
          ...split(repo),
          headers: known ? { 'if-none-match': known } : {},
        });
        if (response.headers.etag) etags.set(path, response.headers.etag);
        return response.data as T;
      } catch (err) {
        if ((err as { status?: number }).status === 304) return null;
        throw translate(repo, err);
      }
    };
    const updated = 'state=all&sort=updated&direction=desc&per_page=100';
    const issues = await ask<IssueLine[]>(`/repos/{owner}/{repo}/issues?${updated}`).catch((err: unknown) => {
      // Without issues its pull requests are not listed there.
      if (!(err instanceof ForgeError) || err.kind !== 'disabled') throw err;
      return ask<IssueLine[]>(`/repos/{owner}/{repo}/pulls?${updated}`);
    });
    const runs = await ask<{ workflow_runs: RunLine[] }>('/repos/{owner}/{repo}/actions/runs?per_page=50');
    // One that is gone or hidden is said where it is needed.
    const tip = await ask<{ commit: { sha: string } }>(
      `/repos/{owner}/{repo}/branches/${encodeURIComponent(base)}`,
    ).catch((err: unknown) => {
      if (err instanceof ForgeError && err.kind === 'not_found') return null;
      throw err;
    });
    return {
      baseMoved: tip !== null && fresh('base', tip.commit.sha),
      numbers: (issues ?? [])
        .filter((x) => fresh(`#${x.number}`, `${x.updated_at}/${x.reactions?.total_count ?? 0}`))
        .map((x) => x.number),
      branches: (runs?.workflow_runs ?? [])
        .filter((x) => fresh(`run ${x.id}`, `${x.status}/${x.updated_at}`))
        .map((x) => x.head_branch ?? ''),
      shas: [],
    };
  },
});

interface IssueLine {
  readonly number: number;
  readonly updated_at: string;
  readonly reactions?: { readonly total_count: number };
}
interface RunLine {
  readonly id: number;
  readonly status: string | null;
  readonly updated_at: string;
  readonly head_branch: string | null;
}
