// The task's clone inside the sandbox: made or found again, on the task's branch, with our notes kept out of git.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { withNotesOf } from '@mainloop/adapters/agent/claude-code';
import type { RunSpec } from '@mainloop/models/contracts/runner';
import { gitReason } from '@mainloop/models/flow/machine/git';
import { cloneNotes } from '@mainloop/models/flow/runs/clone-notes';
import { commitRules, commitWords, type CommitRules } from '@mainloop/models/flow/forge/commit-rules';
import { SETUP_LEAVES } from '@mainloop/models/flow/runs/setup';
import type { RunnerConfig } from './config.ts';
import { ensureFolder, putFile, readPlain, workFolder } from './folders.ts';
import type { GatewayLink } from './gateway-link.ts';
import { say } from './log.ts';

const run = promisify(execFile);

/** The longest that any program here may take. A first fetch of a large repository over a slow line is the longest. */
const LONGEST_MS = 15 * 60_000;
const within = (ms: number) => ({ timeout: ms, killSignal: 'SIGKILL' }) as const;

export class WorkspaceError extends Error {}

/**
 * Environment for git and the agent: who commits, and how the gateway is reached. No credential but the run's token.
 * @param asks whether the agent asks before it runs something: then git starts no program that a configuration names
 */
export function gitEnv(config: RunnerConfig, asks: boolean): Record<string, string> {
  const settings: [string, string][] = [
    ['http.extraHeader', `Authorization: Bearer ${config.token}`],
    ['user.name', config.author.name],
    ['user.email', config.author.email],
    ['push.default', 'current'],
    ['push.autoSetupRemote', 'true'],
    ['advice.detachedHead', 'false'],
    ['gc.auto', '0'],
    ['core.hooksPath', '/dev/null'],
    ['safe.directory', '*'],
    ...(asks ? NOTHING_TO_RUN : []),
  ];
  const env: Record<string, string> = {
    GIT_CONFIG_COUNT: String(settings.length),
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    ...(asks
      ? { GIT_CONFIG_GLOBAL: '/dev/null', GIT_PAGER: 'cat', GIT_EDITOR: 'true', GIT_ASKPASS: '/bin/false' }
      : {}),
  };
  settings.forEach(([key, value], i) => {
    env[`GIT_CONFIG_KEY_${i}`] = key;
    env[`GIT_CONFIG_VALUE_${i}`] = value;
  });
  return env;
}

/**
 * Overrides what a clone's configuration may say. Filters, textconv and aliases have no such switch: see
 * isPlainGitConfig.
 */
const NOTHING_TO_RUN: readonly [string, string][] = [
  ['core.fsmonitor', 'false'],
  ['core.pager', 'cat'],
  ['core.sshCommand', '/bin/false'],
  ['core.attributesFile', '/dev/null'],
  ['commit.gpgSign', 'false'],
  ['credential.helper', ''],
  ['diff.ignoreSubmodules', 'all'],
  ['submodule.recurse', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['protocol.ext.allow', 'never'],
  ['safe.bareRepository', 'explicit'],
];

/** How long is waited before a fetch is tried again: about a minute in all. */
const FETCH_AGAIN_MS: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** What git says when the gateway is just being replaced, or a line is cut: it is there again in a moment. */
const PASSES =
  /Empty reply|Connection (refused|reset|timed out)|Could ?n.t connect|Failed to connect|Recv failure|early EOF|hung up|unexpected disconnect|RPC failed|returned error: 50[234]/i;

/**
 * @param longestMs of each git
 * @returns what the clone does not have, a sentence each
 * @param againMs before each further try of a fetch that a passing trouble ended
 */
export async function ensureWorkspace(
  runner: RunnerConfig,
  spec: RunSpec,
  link: GatewayLink,
  env: Record<string, string>,
  longestMs = LONGEST_MS,
  againMs = FETCH_AGAIN_MS,
): Promise<readonly string[]> {
  const git = async (...args: string[]): Promise<string> =>
    (
      await run('git', args, { ...within(longestMs), cwd: runner.repo, env, maxBuffer: 64 * 1024 * 1024 })
    ).stdout.trim();
  const whole =
    existsSync(path.join(runner.repo, '.git')) &&
    (await git('rev-parse', '--verify', 'HEAD').then(
      () => true,
      // No commit in it: it is cloned anew.
      () => false,
    ));
  if (!whole) {
    rmSync(path.join(runner.repo, '.git'), { recursive: true, force: true });
    ensureFolder(runner.repo);
    try {
      await git('init', '-q', '-b', 'mainloop-empty');
      await git('remote', 'add', 'origin', `${runner.gatewayUrl}/git/repo.git`);
      // The first task of a repository: the gateway fills the mirror before it answers, and nothing has to
      // come a second time.
      if (existsSync(runner.mirror) && !existsSync(path.join(runner.mirror, 'objects')))
        await patiently(() => git('ls-remote', '-q', 'origin', 'HEAD'), againMs);
      if (existsSync(path.join(runner.mirror, 'objects')))
        writeFileSync(
          path.join(runner.repo, '.git/objects/info/alternates'),
          path.join(runner.mirror, 'objects') + '\n',
        );
      const fetch = (): Promise<string> =>
        // As a clone does: fewer than a hundred files are else written one by one, packed anew, however large they are.
        git(
          'fetch',
          '-q',
          '--keep',
          '--no-tags',
          'origin',
          '+refs/heads/*:refs/remotes/origin/*',
          '+refs/tags/*:refs/tags/*',
        );
      await patiently(fetch, againMs);
    } catch (err) {
      throw new WorkspaceError(reasonOf(err));
    }
    // The branch is not on the forge yet. In whole names: a tag "origin/main" would come before the branch.
    const remote = await git('rev-parse', '--verify', '-q', remoteOf(spec.branch)).catch(() => '');
    const from = remoteOf(remote !== '' ? spec.branch : spec.base);
    try {
      await git('checkout', '-q', '-f', '--no-track', '-B', spec.branch, from);
    } catch (err) {
      throw new WorkspaceError(reasonOf(err));
    }
    await restore(runner, link, git);
  } else {
    // A detached head is on no branch.
    const on = await git('symbolic-ref', '-q', '--short', 'HEAD').catch(() => '');
    if (on !== spec.branch)
      await git('checkout', '-q', spec.branch)
        .catch(() => git('checkout', '-q', '-B', spec.branch))
        // The agent finds the tree as it left it, and git says the same to it.
        .catch(() => undefined);
  }
  await git('remote', 'set-url', 'origin', `${runner.gatewayUrl}/git/repo.git`).catch(() =>
    git('remote', 'add', 'origin', `${runner.gatewayUrl}/git/repo.git`),
  );
  const exclude = path.join(runner.repo, '.git/info/exclude');
  ensureFolder(path.dirname(exclude));
  // One that the repository has is the repository's: it stays as it is, and in the change.
  const work = await projectFolder(runner, spec);
  const own = (await git('ls-files', '--', path.join(spec.folder ?? '', 'TASK.md'))) !== '';
  putFile(exclude, [...(own ? [] : ['TASK.md']), ...setupLeaves(spec), ''].join('\n'));
  putFile(own ? path.join(runner.repo, '.git/TASK.md') : path.join(work, 'TASK.md'), spec.taskMd);
  await ensureAttachments(runner, spec, link);
  const config = path.join(runner.home, '.claude');
  ensureFolder(config);
  // Settings there are nobody's but an agent's.
  if (spec.askPermissions)
    for (const file of ['settings.json', 'settings.local.json'])
      rmSync(path.join(config, file), { force: true, recursive: true });
  const [gitmodules, gitattributes] = [
    readPlain(path.join(runner.repo, '.gitmodules')),
    readPlain(path.join(runner.repo, '.gitattributes')),
  ];
  const notes = cloneNotes({ gitmodules, gitattributes });
  const claudeMd = [spec.claudeMd, ...notes, ...commitWords(await commitRulesOf(runner.repo, git))].join(
    '\n',
  );
  putFile(
    path.join(config, 'CLAUDE.md'),
    spec.askPermissions ? withNotesOf(runner.repo, claudeMd) : claudeMd,
  );
  return notes;
}

const remoteOf = (branch: string): string => `refs/remotes/origin/${branch}`;

const setupLeaves = (spec: RunSpec): string[] =>
  spec.findSetup && spec.setupCommand === null
    ? SETUP_LEAVES.map((p) => path.join('/', spec.folder ?? '', p))
    : [];

/**
 * Files of ours in the clone that belong in no commit, as patterns from its root.
 * @returns patterns as `.gitignore` has them
 */
export const ownFiles = (spec: RunSpec): string[] => [
  path.join('/', spec.folder ?? '', 'TASK.md'),
  ...setupLeaves(spec),
];

const GUIDES = [
  'CONTRIBUTING.md',
  '.github/CONTRIBUTING.md',
  'docs/CONTRIBUTING.md',
  'CONTRIBUTING.rst',
  'CONTRIBUTING',
];
/** How many of the newest commits are looked at. */
const COMMITS = 30;

/**
 * What the repository's own files and history say of how a commit has to be. A help: nothing of it keeps a
 * run from starting.
 */
async function commitRulesOf(
  repo: string,
  git: (...args: string[]) => Promise<string>,
): Promise<CommitRules> {
  const read = (file: string): string => readPlain(path.join(repo, file)) ?? '';
  const [listed, messages] = await Promise.all([
    // A repository without a commit has neither.
    git('ls-tree', '--name-only', '-z', 'HEAD', '.', '.github/').catch(() => ''),
    // As above.
    git('log', '--no-merges', '-z', '-n', String(COMMITS), '--format=%B').catch(() => ''),
  ]);
  return commitRules({
    files: listed.split('\0'),
    contributing: GUIDES.map(read).join('\n'),
    packageJson: read('package.json'),
    messages: messages.split('\0').filter((m) => m.trim() !== ''),
  });
}

/** @throws WorkspaceError when the branch has no such folder, or a link in its place */
async function projectFolder(config: RunnerConfig, spec: RunSpec): Promise<string> {
  const work = workFolder(config, spec);
  // Not there, which is the answer.
  const real = await realpath(work).catch(() => null);
  if (
    real !== (await realpath(config.repo)) + (spec.folder ? `/${spec.folder}` : '') ||
    !(await stat(work)).isDirectory()
  )
    throw new WorkspaceError(
      `There is no folder ${spec.folder} on ${spec.branch}. The project's settings name it.`,
    );
  return work;
}

/** What a checkpoint may take: it is made once a minute, and once more when a node is drained. */
const SAVING = within(5 * 60_000);

/**
 * What is not pushed, what is not committed, and the Claude session: enough to go on anywhere.
 * @param maxBytes packed
 * @returns `too_big`: it was not sent; `nothing`: it could not be made
 */
export async function checkpoint(
  config: RunnerConfig,
  spec: RunSpec,
  link: GatewayLink,
  env: Record<string, string>,
  maxBytes: number,
): Promise<'kept' | 'too_big' | 'nothing'> {
  const dir = path.join(config.spool, 'checkpoint');
  rmSync(dir, { recursive: true, force: true });
  ensureFolder(dir);
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { ...SAVING, cwd: config.repo, env, maxBuffer: 256 * 1024 * 1024 })).stdout;
  try {
    // git makes no empty bundle: there is no new commit.
    await git(
      'bundle',
      'create',
      '-q',
      path.join(dir, 'commits.bundle'),
      'HEAD',
      '--not',
      '--remotes=origin',
    ).catch(() => undefined);
    // A commit object of the tree as it is, made beside the index so that the agent's own staging is not touched.
    const index = path.join(dir, 'index');
    const side = { ...env, GIT_INDEX_FILE: index };
    // Its copy knows which files are unchanged. An empty one would hash the whole tree, and write every
    // object again that git can't touch in the read-only mirror: 500 MB of them in a repository of that size
    // (measured).
    if (existsSync(path.join(config.repo, '.git/index')))
      copyFileSync(path.join(config.repo, '.git/index'), index);
    else await run('git', ['read-tree', 'HEAD'], { ...SAVING, cwd: config.repo, env: side });
    await run('git', ['add', '-A'], { ...SAVING, cwd: config.repo, env: side, maxBuffer: 64 * 1024 * 1024 });
    const diff = await run('git', ['diff', '--cached', '--binary', 'HEAD'], {
      ...SAVING,
      cwd: config.repo,
      env: side,
      maxBuffer: 256 * 1024 * 1024,
      encoding: 'buffer',
    });
    writeFileSync(path.join(dir, 'uncommitted.patch'), diff.stdout);
    rmSync(index, { force: true });
    writeFileSync(path.join(dir, 'head'), (await git('rev-parse', 'HEAD')).trim());
    const tar = path.join(config.spool, 'checkpoint.tgz');
    await run(
      'tar',
      [
        '-czf',
        tar,
        '-C',
        dir,
        '.',
        ...(existsSync(path.join(config.home, '.claude/projects'))
          ? ['-C', config.home, '.claude/projects']
          : []),
      ],
      { ...SAVING, maxBuffer: 1024 * 1024 },
    );
    const data = readFileSync(tar);
    rmSync(tar, { force: true });
    if (data.length > maxBytes) return 'too_big';
    await link.patiently('PUT', `/run/checkpoint?run=${encodeURIComponent(spec.runId)}`, data);
    return 'kept';
  } catch {
    // The agent may be in the middle of changing the tree; the next one comes soon.
    return 'nothing';
  }
}

async function restore(
  config: RunnerConfig,
  link: GatewayLink,
  git: (...a: string[]) => Promise<string>,
): Promise<void> {
  const answer = await link.patiently('GET', '/run/checkpoint');
  if (answer.status !== 200 || answer.body.length === 0) return;
  const dir = path.join(config.spool, 'restore');
  rmSync(dir, { recursive: true, force: true });
  ensureFolder(dir);
  writeFileSync(path.join(config.spool, 'restore.tgz'), answer.body);
  await unpackCheckpoint(path.join(config.spool, 'restore.tgz'), dir);
  const head = existsSync(path.join(dir, 'head')) ? readFileSync(path.join(dir, 'head'), 'utf8').trim() : '';
  if (existsSync(path.join(dir, 'commits.bundle')))
    await git('fetch', '-q', path.join(dir, 'commits.bundle'), 'HEAD').catch(
      notKept('commits of the checkpoint'),
    );
  if (/^[0-9a-f]{40,64}$/.test(head))
    await git('reset', '-q', '--hard', head).catch(notKept('the commit of the checkpoint'));
  const patch = path.join(dir, 'uncommitted.patch');
  if (existsSync(patch) && readFileSync(patch).length > 0)
    await git('apply', '--whitespace=nowarn', patch).catch(notKept('uncommitted changes of the checkpoint'));
  if (existsSync(path.join(dir, '.claude/projects'))) {
    ensureFolder(path.join(config.home, '.claude'));
    await run(
      'cp',
      ['-a', path.join(dir, '.claude/projects'), path.join(config.home, '.claude/')],
      RESTORING,
    ).catch(notKept('the session of the checkpoint'));
  }
  rmSync(dir, { recursive: true, force: true });
}

const RESTORING = { ...within(60_000), maxBuffer: 16 * 1024 * 1024 };
/** A few kilobytes can claim to be gigabytes, or a million files. */
const MAX_RESTORED = { bytes: 512 * 1024 * 1024, files: 20_000 } as const;

/**
 * Unpacks what a checkpoint is made of and nothing else: an agent's sandbox wrote it. What is too large or
 * can't be read is left packed.
 * @param file a tar, packed with gzip
 */
export async function unpackCheckpoint(file: string, into: string): Promise<void> {
  const listing = await run('tar', ['-tvzf', file], {
    ...RESTORING,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  }).catch(notKept('the list of the checkpoint'));
  const names = listing === undefined ? null : checkpointNames(listing.stdout);
  if (names === null || names.length === 0) return;
  const list = path.join(into, '.names');
  writeFileSync(list, names.join('\0'));
  await run(
    'tar',
    [
      '-xzf',
      file,
      '-C',
      into,
      '--no-same-owner',
      '--no-same-permissions',
      '--no-recursion',
      '--null',
      '-T',
      list,
    ],
    RESTORING,
  ).catch(notKept('files of the checkpoint'));
  rmSync(list);
}

/**
 * Chooses what is unpacked.
 * @param listing as `tar -tv` prints it: mode owner/group size date time name
 * @returns plain files that we put into a checkpoint; null: more than one holds
 */
export function checkpointNames(listing: string): string[] | null {
  const names: string[] = [];
  let bytes = 0;
  for (const line of listing.split('\n')) {
    const match = /^-\S* +\S+ +(\d+) \S+ \S+ (.+)$/.exec(line);
    if (!match || !isOfCheckpoint(match[2]!)) continue;
    names.push(match[2]!);
    bytes += Number(match[1]);
    if (bytes > MAX_RESTORED.bytes || names.length > MAX_RESTORED.files) return null;
  }
  return names;
}
const isOfCheckpoint = (name: string): boolean =>
  ['./head', './commits.bundle', './uncommitted.patch'].includes(name) ||
  (name.startsWith('.claude/projects/') && !name.split('/').includes('..') && !name.includes('\\'));

async function patiently<T>(act: () => Promise<T>, againMs: readonly number[]): Promise<T> {
  for (const ms of againMs) {
    try {
      return await act();
    } catch (err) {
      if (!PASSES.test((err as { stderr?: string }).stderr ?? '')) throw err;
      await new Promise((r) => setTimeout(r, ms));
    }
  }
  return act();
}

/** A run goes on with what could be had of its checkpoint; its log says what was not. */
const notKept =
  (what: string) =>
  (err: unknown): undefined =>
    void say('warn', `not restored: ${what}: ${reasonOf(err)}`);

const reasonOf = (err: unknown): string => {
  const thrown = err as { stderr?: string; message: string; killed?: boolean };
  if (thrown.killed === true) return 'git took too long, and was ended';
  return (gitReason(thrown.stderr ?? '') || thrown.message).slice(0, 500);
};

/**
 * Files of the reader, beside the clone and never in it. One that can't be had is left out; the prompt names
 * them all.
 */
async function ensureAttachments(config: RunnerConfig, spec: RunSpec, link: GatewayLink): Promise<void> {
  if (spec.attachments.length === 0) return;
  const folder = path.join(config.home, 'attachments');
  ensureFolder(folder);
  for (const attachment of spec.attachments) {
    const file = path.join(folder, path.basename(attachment.name));
    if (existsSync(file)) continue;
    const answer = await link.patiently('GET', `/run/attachment?id=${encodeURIComponent(attachment.id)}`);
    if (answer.status === 200) putFile(file, answer.body);
  }
}
