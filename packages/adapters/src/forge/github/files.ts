// Files of ours on the forge that are no part of the code: a commit without parents, on a ref that is neither
// a branch nor a tag. GitHub has no way to upload a picture for a comment, but shows one that lies in the
// repository to whoever may see that.
import type { Forge } from '../port.ts';
import { isStatus } from './errors.ts';
import type { GitHub } from './kit.ts';

/** The same files always are the same commit, whenever they are asked for: its address stands in comments. */
const BY = { name: 'mainloop', email: 'mainloop@localhost', date: '2026-01-01T00:00:00Z' };

/** @returns the part of the forge that writes files on a ref of ours */
export function files({ kit, split, call }: GitHub): Pick<Forge, 'ensureFiles' | 'ensureRefGone'> {
  /** @returns the commit that the ref is at, and what it holds; null when there is no such ref */
  async function there(
    repo: string,
    ref: string,
  ): Promise<{ sha: string; page: string; tree: string; paths: ReadonlySet<string> } | null> {
    const found = await kit.git.getRef({ ...split(repo), ref }).catch((err: unknown) => {
      if (isStatus(err, 404)) return null;
      throw err;
    });
    if (found === null) return null;
    const { sha } = found.data.object;
    const commit = (await kit.git.getCommit({ ...split(repo), commit_sha: sha })).data;
    const tree = (await kit.git.getTree({ ...split(repo), tree_sha: commit.tree.sha })).data;
    return {
      sha,
      page: commit.html_url,
      tree: commit.tree.sha,
      paths: new Set(tree.tree.map((e) => e.path)),
    };
  }

  return {
    ensureFiles: (input) =>
      call(`the pictures in ${input.repo}`, async () => {
        const old = await there(input.repo, input.ref);
        const missing = input.files.filter((f) => old?.paths.has(f.path) !== true);
        if (old !== null && missing.length === 0)
          return { ...addresses(old.page, input.files), outcome: 'unchanged' };
        const entries = [];
        for (const file of missing) {
          const content = Buffer.from(await file.read()).toString('base64');
          const blob = await kit.git.createBlob({ ...split(input.repo), content, encoding: 'base64' });
          entries.push({ path: file.path, mode: '100644', type: 'blob', sha: blob.data.sha } as const);
        }
        const tree = (
          await kit.git.createTree({
            ...split(input.repo),
            tree: entries,
            ...(old === null ? {} : { base_tree: old.tree }),
          })
        ).data.sha;
        const made = {
          ...split(input.repo),
          message: input.message,
          tree,
          parents: [],
          author: BY,
          committer: BY,
        };
        const commit = (await kit.git.createCommit(made)).data;
        if (old === null) {
          await kit.git
            .createRef({ ...split(input.repo), ref: `refs/${input.ref}`, sha: commit.sha })
            .catch((err: unknown) => {
              // "Reference already exists": by a try before this one that was not answered.
              if (!isStatus(err, 422) || !/already exists/i.test(String((err as Error).message))) throw err;
            });
        } else
          await kit.git.updateRef({ ...split(input.repo), ref: input.ref, sha: commit.sha, force: true });
        return { ...addresses(commit.html_url, input.files), outcome: old === null ? 'created' : 'updated' };
      }),

    ensureRefGone: (repo, ref) =>
      call(`the pictures in ${repo}`, async () => {
        try {
          await kit.git.deleteRef({ ...split(repo), ref });
          return 'updated';
        } catch (err) {
          // 422 "Reference does not exist" is how GitHub says it is gone already.
          if (isStatus(err, 404, 422)) return 'unchanged';
          throw err;
        }
      }),
  };
}

/**
 * @param page of the commit. Below it a picture is shown to everybody who may see the repository, also where
 * it is private.
 */
const addresses = (page: string, of: readonly { readonly path: string }[]): { urls: string[] } => ({
  urls: of.map(({ path }) => `${page.replace(/\/commit\/([0-9a-f]+)$/, '/blob/$1')}/${path}?raw=true`),
});
