// The clone of a run, and what a checkpoint may bring into it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunSpec } from '@mainloop/models/contracts/runner';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { RunnerConfig } from './config.ts';
import type { GatewayLink } from './gateway-link.ts';
import { loadConfig } from './config.ts';
import { checkpointNames, ensureWorkspace, gitEnv, unpackCheckpoint } from './workspace.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync('/tmp/mainloop-workspace-');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a git that does not end is ended, and the run says so', async () => {
  const bin = path.join(dir, 'bin');
  mkdirSync(bin);
  writeFileSync(
    path.join(bin, 'git'),
    '#!/bin/sh\ncase "$1" in fetch) exec sleep 1000;; *) exec /usr/bin/git "$@";; esac\n',
  );
  chmodSync(path.join(bin, 'git'), 0o755);
  const config = {
    repo: path.join(dir, 'repo'),
    mirror: path.join(dir, 'none'),
    gatewayUrl: 'http://127.0.0.1:9',
  } as RunnerConfig;
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: dir };
  await expect(
    ensureWorkspace(
      config,
      { branch: 'b', base: 'main' } as RunSpec,
      null as unknown as GatewayLink,
      env,
      2_000,
    ),
  ).rejects.toThrow('git took too long, and was ended');
});

test.each([
  ["fatal: unable to access 'http://127.0.0.1:8700/git/repo.git/': Empty reply from server", 2, 3, null],
  [
    "fatal: unable to access 'http://127.0.0.1:8700/git/repo.git/': The requested URL returned error: 502",
    1,
    2,
    null,
  ],
  ['fatal: early EOF', 9, 4, 'early EOF'],
  ["fatal: repository 'http://127.0.0.1:8700/git/repo.git/' not found", 1, 1, 'not found'],
])('a fetch that ends with "%s" %d times is tried %d times', async (words, failing, tries, error) => {
  const at = mkdtempSync(path.join(dir, 'fetch-'));
  const [source, bin, count] = [path.join(at, 'source'), path.join(at, 'bin'), path.join(at, 'count')];
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: source,
      stdio: 'ignore',
    });
  mkdirSync(source);
  mkdirSync(bin);
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  writeFileSync(count, '0');
  const fetch = `n=$(cat ${count}); echo $((n+1)) > ${count}; [ $n -ge ${failing} ] || { echo "${words}" >&2; exit 128; }; exec /usr/bin/git fetch -q ${source} "+refs/heads/*:refs/remotes/origin/*"`;
  writeFileSync(
    path.join(bin, 'git'),
    `#!/bin/sh\ncase "$1" in fetch) ${fetch};; *) exec /usr/bin/git "$@";; esac\n`,
  );
  chmodSync(path.join(bin, 'git'), 0o755);
  const config = {
    repo: path.join(at, 'repo'),
    home: at,
    mirror: path.join(at, 'none'),
    gatewayUrl: 'http://127.0.0.1:9',
  } as RunnerConfig;
  const link = {
    getCheckpoint: () => Promise.resolve(null),
    checkpoint: () => Promise.resolve(null),
  } as unknown as GatewayLink;
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: at };
  const made = ensureWorkspace(
    config,
    { branch: 'b', base: 'main', attachments: [] } as unknown as RunSpec,
    link,
    env,
    120_000,
    [1, 1, 1],
  ).then(
    () => null,
    (err: Error) => err.message,
  );
  const said = await made;
  expect(readFileSync(count, 'utf8').trim()).toBe(String(tries));
  if (error !== null) expect(said).toContain(error);
  else expect(said ?? '').not.toContain(words.slice(-12));
});

test('a clone without a mirror is kept as the pack that it came as, few large files are not written one by one, and it is of the branch, whatever tag is called so', async () => {
  const at = mkdtempSync(path.join(dir, 'pack-'));
  const source = path.join(at, 'source');
  mkdirSync(source);
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: source,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  git('tag', 'origin/main');
  git('commit', '-q', '--allow-empty', '-m', 'second');
  const config = {
    repo: path.join(at, 'repo'),
    home: at,
    mirror: path.join(at, 'none'),
    gatewayUrl: 'http://127.0.0.1:9',
  } as RunnerConfig;
  const none = {
    patiently: () => Promise.resolve({ status: 404, body: Buffer.alloc(0) }),
  } as unknown as GatewayLink;
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: at,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${source}.insteadOf`,
    GIT_CONFIG_VALUE_0: 'http://127.0.0.1:9/git/repo.git',
  };
  await ensureWorkspace(
    config,
    { branch: 'b', base: 'main', attachments: [], taskMd: 'x', claudeMd: '' } as unknown as RunSpec,
    none,
    env,
  );
  expect(execFileSync('git', ['log', '-1', '--format=%s'], { cwd: config.repo, encoding: 'utf8' })).toBe(
    'second\n',
  );
  const objects = path.join(config.repo, '.git/objects');
  expect(readdirSync(objects).filter((n) => n.length === 2)).toEqual([]);
  expect(
    readdirSync(path.join(objects, 'pack'))
      .map((n) => path.extname(n))
      .toSorted(),
  ).toEqual(['.idx', '.pack']);
});

test.each<[string, string | null]>([
  ['', null],
  ['packages/a', null],
  ['packages/none', 'There is no folder packages/none'],
  ['packages/file', 'There is no folder packages/file'],
  ['packages/link', 'There is no folder packages/link'],
])('a project in the folder "%s" has its task there: %s', async (folder, error) => {
  const at = mkdtempSync(path.join(dir, 'folder-'));
  const [source, bin] = [path.join(at, 'source'), path.join(at, 'bin')];
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: source,
      stdio: 'ignore',
    });
  for (const d of [source, bin, path.join(source, 'packages/a'), path.join(source, '.github')])
    mkdirSync(d, { recursive: true });
  git('init', '-q', '-b', 'main');
  for (const f of ['packages/a/x', 'packages/file', '.github/dco.yml'])
    writeFileSync(path.join(source, f), f);
  symlinkSync('/tmp', path.join(source, 'packages/link'));
  git('add', '-A');
  git('commit', '-qm', 'first');
  const fetch = `exec /usr/bin/git fetch -q ${source} "+refs/heads/*:refs/remotes/origin/*"`;
  writeFileSync(
    path.join(bin, 'git'),
    `#!/bin/sh\ncase "$1" in fetch) ${fetch};; *) exec /usr/bin/git "$@";; esac\n`,
  );
  chmodSync(path.join(bin, 'git'), 0o755);
  const config = {
    repo: path.join(at, 'repo'),
    home: at,
    spool: at,
    mirror: path.join(at, 'none'),
    gatewayUrl: 'http://127.0.0.1:9',
  } as RunnerConfig;
  const link = {
    patiently: () => Promise.resolve({ status: 404, body: Buffer.alloc(0) }),
  } as unknown as GatewayLink;
  const spec = {
    branch: 'b',
    base: 'main',
    attachments: [],
    folder,
    taskMd: 'the task',
    claudeMd: '',
    findSetup: true,
    setupCommand: null,
  };
  const made = ensureWorkspace(
    config,
    spec as unknown as RunSpec,
    link,
    { PATH: `${bin}:/usr/bin:/bin`, HOME: at },
    120_000,
    [],
  );
  if (error !== null) return expect(made).rejects.toThrow(error);
  await made;
  expect(readFileSync(path.join(config.repo, folder, 'TASK.md'), 'utf8')).toBe('the task');
  expect(readFileSync(path.join(config.repo, '.git/info/exclude'), 'utf8')).toContain(
    `\n${path.join('/', folder, 'node_modules/')}\n`,
  );
  // The repository checks that commits are signed off, and uses no Conventional Commits.
  const told = readFileSync(path.join(at, '.claude/CLAUDE.md'), 'utf8');
  expect([told.includes('`git commit -s`'), told.includes('Conventional')]).toEqual([true, false]);
});

test.each([
  ['there is none', false, false],
  ['it is still empty', true, true],
])(
  'the mirror of the machine, when %s: the gateway is asked to fill it before anything comes: %s',
  async (_, isBound, isAsked) => {
    const at = mkdtempSync(path.join(dir, 'mirror-'));
    const [bin, mirror, repo] = [path.join(at, 'bin'), path.join(at, 'mirror.git'), path.join(at, 'repo')];
    mkdirSync(bin);
    if (isBound) mkdirSync(mirror);
    const fill = `echo asked > ${at}/asked; mkdir -p ${mirror}/objects`;
    const fetch = `cp .git/objects/info/alternates ${at}/borrowed 2>/dev/null; exit 1`;
    writeFileSync(
      path.join(bin, 'git'),
      `#!/bin/sh\ncase "$1" in ls-remote) ${fill};; fetch) ${fetch};; *) exec /usr/bin/git "$@";; esac\n`,
    );
    chmodSync(path.join(bin, 'git'), 0o755);
    const config = { repo, home: at, mirror, gatewayUrl: 'http://127.0.0.1:9' } as RunnerConfig;
    const spec = { branch: 'b', base: 'main' } as RunSpec;
    const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: at };
    await expect(
      ensureWorkspace(config, spec, null as unknown as GatewayLink, env, 10_000, []),
    ).rejects.toThrow();
    expect(readdirSync(at).includes('asked')).toBe(isAsked);
    if (isAsked) expect(readFileSync(path.join(at, 'borrowed'), 'utf8')).toBe(`${mirror}/objects\n`);
  },
);

/** @returns what lies there after it was unpacked, but folders */
async function restored(make: (from: string) => string[]): Promise<string[]> {
  const [from, into] = [mkdtempSync(path.join(dir, 'from-')), mkdtempSync(path.join(dir, 'into-'))];
  execFileSync('tar', ['-czf', path.join(dir, 'c.tgz'), '-C', from, ...make(from)]);
  await unpackCheckpoint(path.join(dir, 'c.tgz'), into);
  return readdirSync(into, { recursive: true, withFileTypes: true })
    .filter((f) => !f.isDirectory())
    .map((f) => path.relative(into, path.join(f.parentPath, f.name)))
    .sort();
}

test('of a checkpoint only what we put in is unpacked: no other name, no link', async () => {
  const home = mkdtempSync(path.join(dir, 'home-'));
  mkdirSync(path.join(home, '.claude/projects/-work-repo'), { recursive: true });
  writeFileSync(path.join(home, '.claude/projects/-work-repo/a b.jsonl'), 'x');
  symlinkSync('/etc', path.join(home, '.claude/projects/link'));
  const found = await restored((from) => {
    mkdirSync(path.join(from, '.git/hooks'), { recursive: true });
    for (const f of ['head', 'uncommitted.patch', '.git/hooks/pre-push', '.bashrc', 'x'])
      writeFileSync(path.join(from, f), 'x');
    symlinkSync('/etc/passwd', path.join(from, 'commits.bundle'));
    return ['.', '-C', home, '.claude/projects'];
  });
  expect(found).toEqual(['.claude/projects/-work-repo/a b.jsonl', 'head', 'uncommitted.patch']);
});

test('a checkpoint that unpacks to more than it may is left packed', async () => {
  const big = (bytes: number) => (from: string) => {
    writeFileSync(path.join(from, 'head'), '');
    truncateSync(path.join(from, 'head'), bytes);
    return ['.'];
  };
  expect(await restored(big(1024))).toEqual(['head']);
  expect(await restored(big(513 * 1024 * 1024))).toEqual([]);
});

test('names that lead out, and very many, are none of ours', () => {
  const line = (name: string): string => `-rw-r--r-- a/b 1 2026-01-01 00:00 ${name}`;
  expect(
    checkpointNames(
      ['./head', '/head', '../head', '.claude/projects/../../x', '.claude/projects/a\\nb']
        .map(line)
        .join('\n'),
    ),
  ).toEqual(['./head']);
  expect(
    checkpointNames(Array.from({ length: 20_001 }, (_, i) => line(`.claude/projects/${i}`)).join('\n')),
  ).toBeNull();
});

test("commits are the token's own user's, and where there is none, nobody's account", () => {
  const whoCommits = (author: string | undefined): string => {
    const config = loadConfig({ MAINLOOP_TOKEN: 't', MAINLOOP_AUTHOR: author });
    return execFileSync('git', ['var', 'GIT_AUTHOR_IDENT'], {
      env: { PATH: process.env.PATH, HOME: dir, ...gitEnv(config, true) },
      encoding: 'utf8',
    });
  };
  const mona = JSON.stringify({ name: 'Mona Lisa', email: '7+mona@users.noreply.github.com' });
  expect(whoCommits(mona)).toMatch(/^Mona Lisa <7\+mona@users\.noreply\.github\.com> /);
  expect(whoCommits(undefined)).toMatch(/^mainloop <agent@mainloop\.invalid> /);
});
