// Blobs, trees, commits and refs by REST: https://docs.github.com/rest/git
import { isObjectName } from '@mainloop/models/flow/machine/operands';
import { spawn } from 'node:child_process';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import type { Answer, Ask, Ctx } from './ctx.ts';
import { created, invalid, notFound, ok, type Desk, type Route } from './desk.ts';

/** A ref below its first folder, whole: no part of it leaves the folder of refs, or is an option. */
const REF =
  /^(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)))[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/;
/** What lies at the top of a tree; a path with folders is not made here. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** What GitHub lists of a tree at once. */
const TREE_ENTRIES = 100_000;

interface Entry {
  readonly path: string;
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
}
interface Who {
  readonly name: string;
  readonly email: string;
  readonly date?: string;
}

/**
 * Objects and references: https://docs.github.com/rest/git
 * @returns the routes
 */
export function gitDataRoutes(context: Ctx, { R }: Pick<Desk, 'R'>): Route[] {
  return [
    ['POST', R('/git/blobs'), (request) => makeBlob(context, request)],
    ['POST', R('/git/trees'), (request) => makeTree(context, request)],
    [
      'GET',
      R('/git/trees/([^/]+)'),
      async (request) => {
        const sha = await treeAt(context, request, decodeURIComponent(request.m[2]!));
        // Any value of it asks for what lies below, also "false".
        const below = request.query.has('recursive');
        return sha === null ? notFound : ok(await showTree(context, request, sha, below));
      },
    ],
    ['POST', R('/git/commits'), (request) => makeCommit(context, request)],
    [
      'GET',
      R('/git/commits/([0-9a-f]+)'),
      async (request) => {
        const sha = request.m[2]!;
        const isHere = await isObject(context, request, sha, 'commit');
        return isHere ? ok(await showCommit(context, request, sha)) : notFound;
      },
    ],
    [
      'GET',
      R('/git/ref/(.+)'),
      async (request) => {
        const name = refName(request);
        const sha = REF.test(name) ? await shaOf(context, request, name) : null;
        return sha === null ? notFound : ok(showRef(context, request, name, sha));
      },
    ],
    ['POST', R('/git/refs'), (request) => makeRef(context, request)],
    ['PATCH', R('/git/refs/(.+)'), (request) => moveRef(context, request)],
    ['DELETE', R('/git/refs/(?!heads(?:/|%2F))(.+)'), (request) => deleteRef(context, request)],
  ];
}

const at = ({ base }: Ctx, request: Ask, what: string): string =>
  `${base}/repos/${request.repo.full}/git/${what}`;

const refName = (request: Ask): string => decodeURIComponent(request.m[2]!);

async function isObject({ bare }: Ctx, request: Ask, sha: string, type: string): Promise<boolean> {
  if (!isObjectName(sha)) return false;
  // There is no such object.
  const found = await bare.git(request.repo.full, ['cat-file', '-t', sha]).catch(() => '');
  return found.trim() === type;
}

/** @param ref without its `refs/` */
async function shaOf({ bare }: Ctx, request: Ask, ref: string): Promise<string | null> {
  const found = bare.git(request.repo.full, ['rev-parse', '-q', '--verify', `refs/${ref}`]);
  // There is no such ref.
  return (await found.catch(() => '')).trim() || null;
}

/** @param name of a tree, a commit or a branch */
async function treeAt(context: Ctx, request: Ask, name: string): Promise<string | null> {
  if (await isObject(context, request, name, 'tree')) return name;
  const commit = isObjectName(name) ? name : await context.bare.sha(request.repo.full, name);
  return commit !== null && (await isObject(context, request, commit, 'commit')) ? commit : null;
}

async function entriesOf(context: Ctx, request: Ask, sha: string, below = false): Promise<Entry[]> {
  const listing = ['ls-tree', '-z', '-l', ...(below ? ['-r', '-t'] : []), sha];
  const lines = (await context.bare.git(request.repo.full, listing)).split('\0').filter(Boolean);
  return lines.flatMap((line) => {
    const match = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t([^]*)$/.exec(line);
    if (!match) return [];
    const [, mode = '', type = '', id = '', size, path = ''] = match;
    return [
      {
        path,
        mode,
        type,
        sha: id,
        ...(size === '-' ? {} : { size: Number(size) }),
        url: at(context, request, `${type}s/${id}`),
      },
    ];
  });
}

const showRef = (context: Ctx, request: Ask, ref: string, sha: string) => ({
  ref: `refs/${ref}`,
  node_id: Buffer.from(`ref ${ref}`).toString('base64'),
  url: at(context, request, `refs/${ref}`),
  object: { type: 'commit', sha, url: at(context, request, `commits/${sha}`) },
});

async function showTree(context: Ctx, request: Ask, sha: string, below = false) {
  const entries = await entriesOf(context, request, sha, below);
  return {
    sha,
    url: at(context, request, `trees/${sha}`),
    truncated: entries.length > TREE_ENTRIES,
    tree: entries.slice(0, TREE_ENTRIES),
  };
}

async function showCommit(context: Ctx, request: Ask, sha: string) {
  const format = '--format=%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B';
  const said = await context.bare.git(request.repo.full, ['show', '-s', format, sha]);
  const [
    tree,
    parents,
    authorName,
    authorEmail,
    authorDate,
    committerName,
    committerEmail,
    committerDate,
    ...message
  ] = said.split('\n') as [string, string, string, string, string, string, string, string];
  const page = (id: string): string => `${context.base}/${request.repo.full}/commit/${id}`;
  return {
    sha,
    node_id: Buffer.from(`commit ${sha}`).toString('base64'),
    url: at(context, request, `commits/${sha}`),
    html_url: page(sha),
    author: { name: authorName, email: authorEmail, date: new Date(authorDate).toISOString() },
    committer: { name: committerName, email: committerEmail, date: new Date(committerDate).toISOString() },
    message: (message as string[]).join('\n').trim(),
    tree: { sha: tree, url: at(context, request, `trees/${tree}`) },
    parents: parents
      .split(' ')
      .filter(Boolean)
      .map((parent) => ({
        sha: parent,
        url: at(context, request, `commits/${parent}`),
        html_url: page(parent),
      })),
    verification: {
      verified: false,
      reason: 'unsigned',
      signature: null,
      payload: null,
      verified_at: null,
    },
  };
}

async function makeBlob(context: Ctx, request: Ask): Promise<Answer> {
  const encoding = request.body.encoding === 'base64' ? 'base64' : 'utf8';
  const content = Buffer.from(String(request.body.content ?? ''), encoding);
  const sha = await fed(context.bare.dir(request.repo.full), ['hash-object', '-w', '--stdin'], content);
  return created({ sha, url: at(context, request, `blobs/${sha}`) });
}

/** Plain files at the top, over those of `base_tree`. */
async function makeTree(context: Ctx, request: Ask): Promise<Answer> {
  const asked = Array.isArray(request.body.tree) ? (request.body.tree as Entry[]) : [];
  for (const entry of asked)
    if (
      !NAME.test(entry.path) ||
      entry.mode !== '100644' ||
      !(await isObject(context, request, entry.sha, 'blob'))
    )
      return invalid('tree.path contains a malformed path component or tree.sha is not a blob here');
  const baseTree = request.body.base_tree;
  const under = baseTree === undefined ? [] : await entriesOf(context, request, String(baseTree));
  const all = new Map([...under, ...asked].map((entry) => [entry.path, entry]));
  const lines = [...all.values()].map(
    (entry) => `${entry.mode} ${entry.type ?? 'blob'} ${entry.sha}\t${entry.path}\n`,
  );
  const sha = await fed(context.bare.dir(request.repo.full), ['mktree'], Buffer.from(lines.join('')));
  return created(await showTree(context, request, sha));
}

async function makeCommit(context: Ctx, request: Ask): Promise<Answer> {
  const {
    tree,
    parents = [],
    message,
    author,
    committer,
  } = request.body as Record<string, unknown> & { parents?: string[] };
  if (!(await isObject(context, request, String(tree), 'tree'))) return invalid('Tree SHA does not exist');
  for (const parent of parents)
    if (!(await isObject(context, request, parent, 'commit')))
      return invalid('Parent SHA does not exist or is not a commit object');
  const who = (author ?? { name: request.user, email: `${request.user}@localhost` }) as Who;
  const by = (committer ?? who) as Who;
  const env = {
    GIT_AUTHOR_NAME: who.name,
    GIT_AUTHOR_EMAIL: who.email,
    GIT_AUTHOR_DATE: who.date ?? new Date().toISOString(),
    GIT_COMMITTER_NAME: by.name,
    GIT_COMMITTER_EMAIL: by.email,
    GIT_COMMITTER_DATE: by.date ?? new Date().toISOString(),
  };
  const args = ['commit-tree', String(tree), ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
  const words = Buffer.from(String(message ?? ''));
  const sha = await fed(context.bare.dir(request.repo.full), args, words, env);
  return created(await showCommit(context, request, sha));
}

async function makeRef(context: Ctx, request: Ask): Promise<Answer> {
  const { bare } = context;
  const ref = String(request.body.ref ?? '');
  const name = ref.replace(/^refs\//, '');
  const sha = String(request.body.sha);
  if (!ref.startsWith('refs/') || !REF.test(name))
    return invalid('Reference name must start with "refs/" and have at least two slashes.');
  if (!(await isObject(context, request, sha, 'commit'))) return invalid('Object does not exist');
  return bare.serial(request.repo.full, async () => {
    if ((await shaOf(context, request, name)) !== null) return invalid('Reference already exists');
    await bare.git(request.repo.full, ['update-ref', ref, sha]);
    return created(showRef(context, request, name, sha));
  });
}

/** Forward, unless `force` is said. A branch is moved by a push here. */
async function moveRef(context: Ctx, request: Ask): Promise<Answer> {
  const { bare } = context;
  const name = refName(request);
  const sha = String(request.body.sha);
  if (!REF.test(name) || name.startsWith('heads/')) return notFound;
  if (!(await isObject(context, request, sha, 'commit'))) return invalid('Object does not exist');
  return bare.serial(request.repo.full, async () => {
    const was = await shaOf(context, request, name);
    if (was === null) return invalid('Reference does not exist');
    const follows = await bare.git(request.repo.full, ['merge-base', '--is-ancestor', was, sha]).then(
      () => true,
      // Exit 1: it does not follow.
      () => false,
    );
    if (!follows && request.body.force !== true) return invalid('Update is not a fast forward');
    await bare.git(request.repo.full, ['update-ref', `refs/${name}`, sha]);
    return ok(showRef(context, request, name, sha));
  });
}

async function deleteRef(context: Ctx, request: Ask): Promise<Answer> {
  const name = refName(request);
  if (!REF.test(name) || (await shaOf(context, request, name)) === null)
    return invalid('Reference does not exist');
  await context.bare.git(request.repo.full, ['update-ref', '-d', `refs/${name}`]);
  return { status: 204 };
}

/** What git says to something that it is given to read. */
function fed(
  dir: string,
  args: readonly string[],
  input: Buffer,
  more: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const git = spawn('git', ['--git-dir', dir, ...args], {
      env: gitEnvironment({ path: process.env.PATH, reach: 'files', more }),
    });
    let out = '';
    let err = '';
    git.stdout.on('data', (d: Buffer) => (out += d.toString()));
    git.stderr.on('data', (d: Buffer) => (err += d.toString()));
    git.on('error', reject);
    git.on('close', (code) => (code === 0 ? resolve(out.trim()) : reject(new Error(err.trim()))));
    git.stdin.on('error', () => undefined);
    git.stdin.end(input);
  });
}

const SHOWN: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
};

/**
 * A picture in a repository, as the address below a commit's page with `?raw=true` leads to it.
 * @returns null for anything else
 */
export async function rawPicture(
  { bare, store }: Ctx,
  full: string,
  commit: string,
  path: string,
): Promise<{ mime: string; data: Buffer } | null> {
  const mime = NAME.test(path)
    ? Object.entries(SHOWN).find(([ending]) => path.endsWith(`.${ending}`))?.[1]
    : undefined;
  const repo = store.one('repo', (r) => r.full.toLowerCase() === full.toLowerCase());
  if (repo === undefined || mime === undefined || !isObjectName(commit)) return null;
  return new Promise((resolve) => {
    const git = spawn('git', ['--git-dir', bare.dir(repo.full), 'cat-file', 'blob', `${commit}:${path}`], {
      env: gitEnvironment({ path: process.env.PATH, reach: 'files' }),
    });
    const parts: Buffer[] = [];
    git.stdout.on('data', (d: Buffer) => parts.push(d));
    git.on('error', () => resolve(null));
    git.on('close', (code) => resolve(code === 0 ? { mime, data: Buffer.concat(parts) } : null));
  });
}
