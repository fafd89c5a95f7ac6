// A folder of this machine as a repository: real folders, real git, the real server.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { listenerSettings } from '@mainloop/network/listener';
import type { FolderLook } from '@mainloop/models/flow/projects/folders';
import { localImporter } from '../../../worker/src/importer.ts';
import { startLocalGitHub, type LocalGitHub } from './server.ts';

const OPERATOR = 'operator-secret-of-this-test';
let hub: LocalGitHub;
let dir: string;
beforeEach(async () => {
  dir = mkdtempSync('/tmp/mainloop-folders-');
  hub = await start();
});
afterEach(async () => {
  await hub.close();
  rmSync(dir, { recursive: true, force: true });
});
const start = (): Promise<LocalGitHub> =>
  startLocalGitHub({
    root: path.join(dir, 'hub'),
    port: 0,
    listener: listenerSettings({}),
    tokens: new Map([['tok', 'you']]),
    operatorSecret: OPERATOR,
    webhook: null,
    ci: null,
    reviewers: [],
  });

const run = promisify(execFile);
// The server answers in this process, so nothing here may block it.
const git = async (folder: string, ...a: string[]): Promise<string> =>
  (await run('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', '-C', folder, ...a])).stdout.trim();
const commit = async (folder: string, subject: string): Promise<string> => {
  await git(folder, 'commit', '-q', '--allow-empty', '-m', subject);
  return git(folder, 'rev-parse', 'HEAD');
};
async function make(name: string, branch = 'main'): Promise<string> {
  const folder = path.join(dir, name);
  mkdirSync(folder, { recursive: true });
  await git(folder, 'init', '-q', '-b', branch);
  await commit(folder, `first of ${name}`);
  return folder;
}
async function look(
  folder: string,
  branch = 'main',
  wanted = `local/${path.basename(folder)}`,
): Promise<FolderLook> {
  const response = await fetch(`${hub.url}/_local/import`, {
    method: 'POST',
    headers: { authorization: `token ${OPERATOR}` },
    body: JSON.stringify({ full: wanted, folder, branch }),
  });
  const said = (await response.json()) as { look: FolderLook; message: string; default_branch: string };
  if (!response.ok) throw new Error(said.message);
  expect([said.look.branch, response.status]).toEqual([
    said.default_branch,
    said.look.outcome === 'added' ? 201 : 200,
  ]);
  return said.look;
}
const tipOf = async (full: string, ref: string): Promise<string> =>
  (await git(dir, 'ls-remote', `${hub.url}/${full}.git`, ref)).split('\t')[0]!;
/** As a merge here: a commit on the default branch that the folder does not have. */
async function mergeHere(full: string, branch = 'main'): Promise<string> {
  const clone = mkdtempSync(path.join(dir, 'clone-'));
  await git(clone, 'clone', '-q', `${hub.url}/${full}.git`, '.');
  const sha = await commit(clone, 'merged here');
  await git(
    clone,
    '-c',
    'http.extraHeader=Authorization: token tok',
    'push',
    '-q',
    'origin',
    `HEAD:${branch}`,
  );
  return sha;
}

test('two folders of one name are two repositories; one that is added twice, also by a link to it, is one', async () => {
  const [a, b] = [await make('a/api'), await make('b/api')];
  expect(await look(a)).toMatchObject({ full: 'local/api', outcome: 'added' });
  expect(await look(b)).toMatchObject({ full: 'local/api-2', outcome: 'added' });
  symlinkSync(a, path.join(dir, 'elsewhere'));
  expect(await look(path.join(dir, 'elsewhere'))).toMatchObject({ full: 'local/api', outcome: 'unchanged' });
  expect(await look(b)).toMatchObject({ full: 'local/api-2', outcome: 'unchanged' });
  expect(await tipOf('local/api', 'refs/heads/main')).toBe(await git(a, 'rev-parse', 'HEAD'));
  expect(await tipOf('local/api-2', 'refs/heads/main')).toBe(await git(b, 'rev-parse', 'HEAD'));
});

test('what comes in with a folder that is new lies there as one pack', async () => {
  await look(await make('packed'));
  const objects = path.join(dir, 'hub/repos/local/packed.git/objects');
  expect(readdirSync(objects).toSorted()).toEqual(['info', 'pack']);
  expect(
    readdirSync(path.join(objects, 'pack'))
      .map((n) => path.extname(n))
      .toSorted(),
  ).toEqual(['.idx', '.pack']);
});

test('added ten times at once it is one', async () => {
  const a = await make('once');
  const looks = await Promise.all(Array.from({ length: 10 }, () => look(a)));
  expect(new Set(looks.map((l) => l.full))).toEqual(new Set(['local/once']));
  expect(looks.filter((l) => l.outcome === 'added')).toHaveLength(1);
});

test('commits made in the folder come in with its tags, whatever is checked out; the webhook hears of them', async () => {
  const a = await make('api');
  await git(a, 'tag', 'v1.2.0');
  await look(a);
  expect(await tipOf('local/api', 'refs/tags/v1.2.0')).toBe(await git(a, 'rev-parse', 'v1.2.0'));
  await commit(a, 'second');
  const third = await commit(a, 'third');
  await git(a, 'tag', '-a', 'v1.3.0', '-m', 'released');
  await git(a, 'switch', '-q', '-c', 'try-something');
  await commit(a, 'not for anybody');
  expect(await look(a, 'try-something')).toEqual({
    full: 'local/api',
    branch: 'main',
    outcome: 'refreshed',
    commits: 2,
  });
  expect(await tipOf('local/api', 'refs/heads/main')).toBe(third);
  expect(await tipOf('local/api', 'refs/tags/v1.3.0')).toBe(await git(a, 'rev-parse', 'v1.3.0'));
  expect(await git(dir, 'ls-remote', `${hub.url}/local/api.git`)).not.toContain('incoming');
});

test('what was merged here stays: a folder that lacks it is behind, one with commits of its own has diverged', async () => {
  const a = await make('api');
  await look(a);
  const merged = await mergeHere('local/api');
  expect(await look(a)).toMatchObject({ outcome: 'behind', commits: 0 });
  await commit(a, 'mine');
  expect(await look(a)).toMatchObject({ outcome: 'diverged', commits: 0 });
  expect(await tipOf('local/api', 'refs/heads/main')).toBe(merged);
  await git(a, 'pull', '-q', '--no-rebase', '--no-edit', '--', `${hub.url}/local/api.git`, 'main');
  expect(await look(a)).toMatchObject({ outcome: 'refreshed', commits: 2 });
});

test('a history that was written anew changes nothing here', async () => {
  const a = await make('api');
  await look(a);
  const before = await tipOf('local/api', 'refs/heads/main');
  await git(a, 'commit', '-q', '--amend', '--allow-empty', '-m', 'first, said better');
  expect(await look(a)).toMatchObject({ full: 'local/api', outcome: 'diverged' });
  expect(await tipOf('local/api', 'refs/heads/main')).toBe(before);
});

test('a default branch that was renamed is followed', async () => {
  const a = await make('api', 'master');
  await look(a, 'master');
  await git(a, 'branch', '-m', 'master', 'main');
  const second = await commit(a, 'second');
  expect(await look(a)).toEqual({ full: 'local/api', branch: 'main', outcome: 'refreshed', commits: 1 });
  expect(await tipOf('local/api', 'HEAD')).toBe(second);
  expect(await look(a)).toMatchObject({ branch: 'main', outcome: 'unchanged' });
});

test('one that was brought in before its folder was noted is known by its history, and another of its name is not taken for it', async () => {
  const [a, b] = [await make('a/api'), await make('b/api')];
  await look(a);
  const repo = hub.store.one('repo', (r) => r.full === 'local/api')!;
  hub.store.update('repo', repo, { folder: undefined });
  expect(await look(b)).toMatchObject({ full: 'local/api-2', outcome: 'added' });
  await commit(a, 'second');
  expect(await look(a)).toMatchObject({ full: 'local/api', outcome: 'refreshed' });
});

test('a file with a strange name, in two cases, with CRLF, and a branch of a strange name come in as they are', async () => {
  const a = await make('odd');
  for (const [name, text] of [
    ['tab\there "quoted".txt', 'a\r\nb\r\n'],
    ['README', '1'],
    ['readme', '2'],
    ['naïve-\u202e.md', '3'],
    [Buffer.from([0x6c, 0x61, 0x74, 0xe9]).toString('latin1'), '4'],
  ] as const)
    writeFileSync(path.join(a, name), text);
  await git(a, 'add', '-A');
  const sha = await commit(a, 'odd ones');
  await git(a, 'branch', '-m', 'main', "it's/a-$(branch)");
  expect(await look(a, "it's/a-$(branch)")).toMatchObject({ outcome: 'added', branch: "it's/a-$(branch)" });
  expect(await tipOf('local/odd', 'HEAD')).toBe(sha);
});

test('after a restart a folder is still itself', async () => {
  const [a, b] = [await make('a/api'), await make('b/api')];
  await look(a);
  await hub.close();
  hub = await start();
  expect(await look(b)).toMatchObject({ full: 'local/api-2' });
  expect(await look(a)).toMatchObject({ full: 'local/api', outcome: 'unchanged' });
});

/**
 * As it comes out of an archive: everything that a repository's own configuration can have started, and where
 * git may be led to fetch from.
 */
async function hostile(name: string, proof: string): Promise<string> {
  const folder = await make(name);
  writeFileSync(path.join(folder, 'a.txt'), 'a\n');
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-qm', 'with a file');
  const runs = `sh -c 'echo ran >> ${proof}; exit 1'`;
  const hooks = path.join(folder, 'hooks');
  mkdirSync(hooks);
  for (const hook of [
    'reference-transaction',
    'post-checkout',
    'pre-push',
    'proc-receive',
    'update',
    'post-index-change',
  ])
    writeFileSync(path.join(hooks, hook), `#!/bin/sh\necho ${hook} >> ${proof}\n`, { mode: 0o755 });
  for (const [key, value] of [
    ['core.repositoryformatversion', '1'],
    ['extensions.partialClone', 'evil'],
    ['remote.evil.url', folder],
    ['remote.evil.promisor', 'true'],
    ['remote.evil.uploadpack', runs],
    ['core.hooksPath', hooks],
    ['core.fsmonitor', runs],
    ['core.sshCommand', runs],
    ['core.gitProxy', runs],
    ['core.alternateRefsCommand', runs],
    ['core.pager', runs],
    ['uploadpack.packObjectsHook', runs],
    ['credential.helper', `!${runs}`],
    ['gpg.program', runs],
    ['protocol.ext.allow', 'always'],
  ] as const)
    await git(folder, 'config', key, value);
  return folder;
}

test('nothing that a folder names in its own configuration is started by a look at it', async () => {
  const proof = path.join(dir, 'proof');
  for (const missing of [false, true]) {
    const folder = await hostile(missing ? 'lacks' : 'whole', proof);
    if (missing) {
      const blob = (await run('git', ['-C', folder, 'rev-parse', 'HEAD:a.txt'])).stdout.trim();
      rmSync(path.join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    }
    // A folder that lacks something is refused; what it says to fetch it by is not asked.
    const came = await look(folder).then(
      (l) => l.outcome,
      () => 'refused',
    );
    expect([missing, came, existsSync(proof)]).toEqual([missing, missing ? 'refused' : 'added', false]);
    // The same as the worker looks at it, before it asks for that.
    const importer = localImporter({ githubApiUrl: hub.url, localGitHubSecret: OPERATOR });
    const again = await importer.look(folder).then(
      (l) => l.outcome,
      () => 'refused',
    );
    expect([missing, again, existsSync(proof)]).toEqual([missing, missing ? 'refused' : 'unchanged', false]);
  }
});

test('folders inside of a repository are projects of their own, each with the whole of its history; commits of the one reach the other', async () => {
  const mono = await make('mono');
  for (const f of ['packages/a', 'packages/b', 'new']) mkdirSync(path.join(mono, f), { recursive: true });
  for (const f of ['packages/a', 'packages/b']) writeFileSync(path.join(mono, f, 'x'), f);
  await git(mono, 'add', '-A');
  await commit(mono, 'two packages');
  const importer = localImporter({ githubApiUrl: hub.url, localGitHubSecret: OPERATOR });
  const [a, b] = [
    await importer.look(path.join(mono, 'packages/a')),
    await importer.look(path.join(mono, 'packages/b')),
  ];
  expect(a).toMatchObject({
    full: 'local/mono-packages-a',
    outcome: 'added',
    below: 'packages/a',
    localPath: path.join(mono, 'packages/a'),
  });
  expect(b).toMatchObject({ full: 'local/mono-packages-b', outcome: 'added', below: 'packages/b' });
  expect(await tipOf(a.full, 'refs/heads/main')).toBe(await git(mono, 'rev-parse', 'HEAD'));
  // Merged work of the one comes into the folder, and from there to the other.
  const merged = await mergeHere(a.full);
  await git(mono, 'pull', '-q', '--no-rebase', '--no-edit', '--', `${hub.url}/${a.full}.git`, 'main');
  expect(await importer.look(path.join(mono, 'packages/b'))).toMatchObject({
    full: b.full,
    outcome: 'refreshed',
  });
  expect(await tipOf(b.full, 'refs/heads/main')).toBe(merged);
  expect(await importer.look(mono)).toMatchObject({ full: 'local/mono', below: '', outcome: 'added' });
  await expect(importer.look(path.join(mono, 'new'))).rejects.toThrow('is in no commit of');
});

const lookAt = (folder: string): Promise<unknown> =>
  localImporter({ githubApiUrl: hub.url, localGitHubSecret: OPERATOR }).look(folder);
const refusalOf = (folder: string): Promise<string> =>
  lookAt(folder).then(
    () => 'taken',
    (err: Error) => err.message,
  );

test.each<[string, string, (place: string) => Promise<string>]>([
  [
    'no git folder',
    ' is not a git folder. Run git init in it, commit something, then add it again.',
    (place) => Promise.resolve((mkdirSync(place), place)),
  ],
  [
    'one without a commit',
    ' has no commit yet. Commit something, then add it again.',
    async (place) => (await run('git', ['init', '-q', place]), place),
  ],
  [
    'a bare repository',
    ' is what git keeps, without files to work on. Add a folder in which its files are checked out.',
    async (place) => (
      await run('git', ['clone', '-q', '--bare', await make(`${path.basename(place)}-of`), place]),
      place
    ),
  ],
  [
    'what git keeps of one',
    '/.git is what git keeps, without files to work on. Add a folder in which its files are checked out.',
    async (place) => `${await make(path.basename(place))}/.git`,
  ],
  [
    'one with a cut history',
    ' is a shallow clone: the beginning of its history is missing. Run git fetch --unshallow in it, then add it again.',
    async (place) => {
      const source = await make(`${path.basename(place)}-of`);
      await commit(source, 'second');
      await run('git', ['clone', '-q', '--depth', '1', `file://${source}`, place]);
      return place;
    },
  ],
  [
    'one with other names for its commits',
    ' names its commits by SHA256. mainloop, like GitHub, works with SHA1 only.',
    async (place) => {
      await run('git', ['init', '-q', '--object-format=sha256', place]);
      await commit(place, 'first');
      return place;
    },
  ],
  [
    'one at a commit and no branch',
    ' is on no branch just now. Finish the rebase or run git switch, then add it again.',
    async (place) => {
      const folder = await make(path.basename(place));
      await git(folder, 'checkout', '-q', '--detach');
      return folder;
    },
  ],
])('%s says what it is and what to do', async (_, words, made) => {
  const folder = await made(path.join(dir, 'odd'));
  expect(await refusalOf(folder)).toBe(
    words.startsWith('/.git') ? folder.replace(/\/\.git$/, words) : `${folder}${words}`,
  );
});

test('a folder of another account is a project, whoever we are, and is looked at again', async () => {
  const folder = await make('theirs');
  if (process.getuid?.() === 0) await run('chown', ['-R', '12345:12345', folder]);
  expect(await lookAt(folder)).toMatchObject({ outcome: 'added' });
  expect(await lookAt(folder)).toMatchObject({ outcome: 'unchanged' });
});

test('a history with a hole in it is refused with the reason that git has', async () => {
  const folder = await make('hole');
  writeFileSync(path.join(folder, 'a.txt'), 'gone');
  await git(folder, 'add', 'a.txt');
  await commit(folder, 'second');
  const blob = await git(folder, 'rev-parse', 'HEAD:a.txt');
  rmSync(path.join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
  expect(await refusalOf(folder)).toMatch(
    new RegExp(`^${folder} could not be read: .*(${blob}|missing|bad object|pack-objects)`),
  );
});
