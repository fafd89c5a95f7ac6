// What lies in a repository and what is open in it, for a look at it as a whole: few requests, however large it is.
import type { Forge } from '../port.ts';
import { isStatus } from './errors.ts';
import type { GitHub } from './kit.ts';

const MARKER = '<!-- mainloop:';

/** @returns what is read of a repository's files and open issues */
export const contents = ({
  kit,
  split,
  call,
  isOurs,
}: GitHub): Pick<Forge, 'listFiles' | 'readText' | 'listOpenIssues'> => ({
  listFiles: (repo, sha) =>
    call(`the files of ${repo}`, async () => {
      const tree = (await kit.git.getTree({ ...split(repo), tree_sha: sha, recursive: '1' })).data;
      return {
        files: tree.tree.flatMap((entry) =>
          entry.type === 'blob' ? [{ path: entry.path, sizeBytes: entry.size ?? 0 }] : [],
        ),
        isWhole: !tree.truncated,
      };
    }),

  readText: (repo, sha, path) =>
    call(`${path} of ${repo}`, async () => {
      try {
        const file = (await kit.repos.getContent({ ...split(repo), path, ref: sha })).data;
        // A folder, a link, a submodule, or too large to be told: then its content is empty.
        if (!('content' in file) || file.content === '') return null;
        const text = Buffer.from(file.content, 'base64').toString();
        return text.includes('\0') ? null : text;
      } catch (err) {
        if ((err as { status?: number }).status === 404) return null;
        throw err;
      }
    }),

  listOpenIssues: (repo) =>
    call(`the issues of ${repo}`, async () => {
      const asked = { ...split(repo), state: 'open', sort: 'created', per_page: 100 } as const;
      const ours = await isOurs();
      const listed = await kit.issues.listForRepo(asked).then(
        (answer) => answer.data,
        (err: unknown) => {
          // It has none, or the token may not read them.
          if (isStatus(err, 403, 404, 410)) return [];
          throw err;
        },
      );
      return listed
        .filter((issue) => !issue.pull_request && !ours(issue, MARKER))
        .map((issue) => ({
          number: issue.number,
          title: issue.title,
          labels: issue.labels.flatMap((label) => (typeof label === 'string' ? label : (label.name ?? []))),
        }));
    }),
});
