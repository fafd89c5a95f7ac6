// Blobs, trees, commits and refs by REST: https://docs.github.com/rest/git
import { isObjectName } from '@mainloop/models/flow/operands';
import { spawn } from 'node:child_process';
import { gitEnvironment } from '@mainloop/models/flow/git';
import type { Ask, Ctx } from './ctx.ts';
import { created, invalid, notFound, ok, type openDesk, type Route } from './desk.ts';

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
export function gitDataRoutes(context: Ctx, { R }: ReturnType<typeof openDesk>): Route[] {
  const { bare, base } = context;
  const at = (request: Ask, what: string): string => `${base}/repos/${request.repo.full}/git/${what}`;
  const object = async (request: Ask, sha: string, type: string): Promise<boolean> => {
    if (!isObjectName(sha)) return false;
    // There is no such object.
    const found = await bare.git(request.repo.full, ['cat-file', '-t', sha]).catch(() => '');
    return found.trim() === type;
  };
  const shaOf = async (request: Ask, ref: string): Promise<string | null> => {
    const found = bare.git(request.repo.full, ['rev-parse', '-q', '--verify', `refs/${ref}`]);
    // There is no such ref.
    return (await found.catch(() => '')).trim() || null;
  };
  /** @param name of a tree, a commit or a branch */
  async function treeAt(request: Ask, name: string): Promise<string | null> {
    if (await object(request, name, 'tree')) return name;
    const commit = isObjectName(name) ? name : await bare.sha(request.repo.full, name);
    return commit !== null && (await object(request, commit, 'commit')) ? commit : null;
  }
  const refName = (request: Ask, group = 2): string => decodeURIComponent(request.m[group]!);
  const showRef = (request: Ask, ref: string, sha: string) => ({
    ref: `refs/${ref}`,
    node_id: Buffer.from(`ref ${ref}`).toString('base64'),
    url: at(request, `refs/${ref}`),
    object: { type: 'commit', sha, url: at(request, `commits/${sha}`) },
  });
  const showTree = async (request: Ask, sha: string, below = false) => {
    const entries = await entriesOf(request, sha, below);
    return {
      sha,
      url: at(request, `trees/${sha}`),
      truncated: entries.length > TREE_ENTRIES,
      tree: entries.slice(0, TREE_ENTRIES),
    };
  };
  async function entriesOf(request: Ask, sha: string, below = false): Promise<Entry[]> {
    const listing = ['ls-tree', '-z', '-l', ...(below ? ['-r', '-t'] : []), sha];
    const lines = (await bare.git(request.repo.full, listing)).split('\0').filter(Boolean);
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
          url: at(request, `${type}s/${id}`),
        },
      ];
    });
  }
  async function showCommit(request: Ask, sha: string) {
    const said = await bare.git(request.repo.full, [
      'show',
      '-s',
      '--format=%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B',
      sha,
    ]);
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
    return {
      sha,
      node_id: Buffer.from(`commit ${sha}`).toString('base64'),
      url: at(request, `commits/${sha}`),
      html_url: `${base}/${request.repo.full}/commit/${sha}`,
      author: { name: authorName, email: authorEmail, date: new Date(authorDate).toISOString() },
      committer: { name: committerName, email: committerEmail, date: new Date(committerDate).toISOString() },
      message: (message as string[]).join('\n').trim(),
      tree: { sha: tree, url: at(request, `trees/${tree}`) },
      parents: parents
        .split(' ')
        .filter(Boolean)
        .map((p) => ({
          sha: p,
          url: at(request, `commits/${p}`),
          html_url: `${base}/${request.repo.full}/commit/${p}`,
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

  return [
    [
      'POST',
      R('/git/blobs'),
      async (request) => {
        const encoding = request.body.encoding === 'base64' ? 'base64' : 'utf8';
        const sha = await fed(
          bare.dir(request.repo.full),
          ['hash-object', '-w', '--stdin'],
          Buffer.from(String(request.body.content ?? ''), encoding),
        );
        return created({ sha, url: at(request, `blobs/${sha}`) });
      },
    ],
    [
      'POST',
      R('/git/trees'),
      async (request) => {
        const asked = Array.isArray(request.body.tree) ? (request.body.tree as Entry[]) : [];
        for (const entry of asked)
          if (
            !NAME.test(entry.path) ||
            entry.mode !== '100644' ||
            !(await object(request, entry.sha, 'blob'))
          )
            return invalid('tree.path contains a malformed path component or tree.sha is not a blob here');
        const under =
          request.body.base_tree === undefined
            ? []
            : await entriesOf(request, String(request.body.base_tree));
        const all = new Map([...under, ...asked].map((e) => [e.path, e]));
        const lines = [...all.values()].map((e) => `${e.mode} ${e.type ?? 'blob'} ${e.sha}\t${e.path}`);
        const sha = await fed(
          bare.dir(request.repo.full),
          ['mktree'],
          Buffer.from(lines.map((l) => `${l}\n`).join('')),
        );
        return created(await showTree(request, sha));
      },
    ],
    [
      'GET',
      R('/git/trees/([^/]+)'),
      async (request) => {
        const sha = await treeAt(request, decodeURIComponent(request.m[2]!));
        // Any value of it asks for what lies below, also "false".
        return sha === null ? notFound : ok(await showTree(request, sha, request.query.has('recursive')));
      },
    ],
    [
      'POST',
      R('/git/commits'),
      async (request) => {
        const {
          tree,
          parents = [],
          message,
          author,
          committer,
        } = request.body as Record<string, unknown> & { parents?: string[] };
        if (!(await object(request, String(tree), 'tree'))) return invalid('Tree SHA does not exist');
        for (const parent of parents)
          if (!(await object(request, parent, 'commit')))
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
        const args = ['commit-tree', String(tree), ...parents.flatMap((p) => ['-p', p]), '-F', '-'];
        return created(
          await showCommit(
            request,
            await fed(bare.dir(request.repo.full), args, Buffer.from(String(message ?? '')), env),
          ),
        );
      },
    ],
    [
      'GET',
      R('/git/commits/([0-9a-f]+)'),
      async (a) => ((await object(a, a.m[2]!, 'commit')) ? ok(await showCommit(a, a.m[2]!)) : notFound),
    ],
    [
      'GET',
      R('/git/ref/(.+)'),
      async (request) => {
        const sha = REF.test(refName(request)) ? await shaOf(request, refName(request)) : null;
        return sha === null ? notFound : ok(showRef(request, refName(request), sha));
      },
    ],
    [
      'POST',
      R('/git/refs'),
      async (request) => {
        const ref = String(request.body.ref ?? '');
        const name = ref.replace(/^refs\//, '');
        if (!ref.startsWith('refs/') || !REF.test(name))
          return invalid('Reference name must start with "refs/" and have at least two slashes.');
        if (!(await object(request, String(request.body.sha), 'commit')))
          return invalid('Object does not exist');
        return bare.serial(request.repo.full, async () => {
          if ((await shaOf(request, name)) !== null) return invalid('Reference already exists');
          await bare.git(request.repo.full, ['update-ref', ref, String(request.body.sha)]);
          return created(showRef(request, name, String(request.body.sha)));
        });
      },
    ],
    [
      'PATCH',
      R('/git/refs/(.+)'),
      async (request) => {
        const name = refName(request);
        // A branch is moved by a push here.
        if (!REF.test(name) || name.startsWith('heads/')) return notFound;
        if (!(await object(request, String(request.body.sha), 'commit')))
          return invalid('Object does not exist');
        return bare.serial(request.repo.full, async () => {
          const was = await shaOf(request, name);
          if (was === null) return invalid('Reference does not exist');
          const follows = await bare
            .git(request.repo.full, ['merge-base', '--is-ancestor', was, String(request.body.sha)])
            .then(
              () => true,
              // Exit 1: it does not follow.
              () => false,
            );
          if (!follows && request.body.force !== true) return invalid('Update is not a fast forward');
          await bare.git(request.repo.full, ['update-ref', `refs/${name}`, String(request.body.sha)]);
          return ok(showRef(request, name, String(request.body.sha)));
        });
      },
    ],
    [
      'DELETE',
      R('/git/refs/(?!heads(?:/|%2F))(.+)'),
      async (request) => {
        const name = refName(request);
        if (!REF.test(name) || (await shaOf(request, name)) === null)
          return invalid('Reference does not exist');
        await bare.git(request.repo.full, ['update-ref', '-d', `refs/${name}`]);
        return { status: 204 };
      },
    ],
  ];
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
