// What lies in a repository, as GitHub tells it: https://docs.github.com/rest/repos/contents
import { isFolderBelow } from '@mainloop/models/flow/projects/folders';
import { isObjectName } from '@mainloop/models/flow/machine/operands';
import type { Ctx } from './ctx.ts';
import type { Repo } from './store.ts';

interface Entry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  /** Whole, in bytes. */
  readonly path: string;
}

const README = /^readme(?:\.(?:md|markdown|rst|txt))?$/i;
/** As the modes of a tree say. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['040000', 'dir'],
  ['120000', 'symlink'],
  ['160000', 'submodule'],
]);

/**
 * The README at the top of the default branch; null when there is none.
 * @returns as https://docs.github.com/rest/repos/contents#get-a-repository-readme has it
 */
export async function readmeOf(context: Ctx, repo: Repo): Promise<object | null> {
  const found = (await list(context, repo, `refs/heads/${repo.defaultBranch}`, '')).find(
    (e) => e.type === 'blob' && README.test(e.path),
  );
  return found === undefined ? null : fileOf(context, repo, repo.defaultBranch, found);
}

/**
 * @param ref a branch or a commit
 * @returns the list of a folder, a file with its content, or null when there is neither
 */
export async function contentsOf(
  context: Ctx,
  repo: Repo,
  ref: string,
  path: string,
): Promise<object | null> {
  const at = isObjectName(ref) ? ref : await context.bare.sha(repo.full, ref);
  if (at === null || !isFolderBelow(path)) return null;
  const itself = path === '' ? undefined : (await list(context, repo, at, path))[0];
  if (path !== '' && itself === undefined) return null;
  if (itself?.type === 'blob') return fileOf(context, repo, ref, itself);
  return (await list(context, repo, at, path === '' ? '' : `${path}/`)).map((entry) => ({
    ...about(context, repo, ref, entry),
    size: 0,
  }));
}

/** @param below empty for the top, a path, or one with `/` behind it for what lies in it */
async function list({ bare }: Ctx, repo: Repo, at: string, below: string): Promise<Entry[]> {
  const listing = [
    '--literal-pathspecs',
    'ls-tree',
    '-z',
    '--full-tree',
    at,
    ...(below === '' ? [] : ['--', below]),
  ];
  // There is no such commit.
  const text = await bare.git(repo.full, listing).catch(() => '');
  return text.split('\0').flatMap((line) => {
    const match = /^(\d+) (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(line);
    return match ? [{ mode: match[1]!, type: match[2]!, sha: match[3]!, path: match[4]! }] : [];
  });
}

async function fileOf(context: Ctx, repo: Repo, ref: string, entry: Entry): Promise<object> {
  const text = await context.bare.git(repo.full, ['cat-file', 'blob', entry.sha]);
  return {
    ...about(context, repo, ref, entry),
    encoding: 'base64',
    size: Buffer.byteLength(text),
    content: Buffer.from(text).toString('base64'),
  };
}

function about({ base }: Ctx, repo: Repo, ref: string, entry: Entry): Record<string, unknown> {
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const url = `${base}/repos/${repo.full}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const isTree = entry.type === 'tree';
  const page = `${base}/${repo.full}/${isTree ? 'tree' : 'blob'}/${ref}/${path}`;
  const object = `${base}/repos/${repo.full}/git/${isTree ? 'trees' : 'blobs'}/${entry.sha}`;
  return {
    type: TYPES.get(entry.mode) ?? 'file',
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    url,
    git_url: object,
    html_url: page,
    download_url: null,
    _links: { git: object, self: url, html: page },
  };
}
