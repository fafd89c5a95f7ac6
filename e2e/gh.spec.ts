// The real GitHub CLI, a client that nobody here wrote, against the local GitHub and nothing else.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listenerSettings } from '@mainloop/network/listener';
import { startLocalGitHub, type LocalGitHub } from '@mainloop/demo/github/server';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';
import type { Job } from '../apps/demo/src/github/store.ts';

const run = promisify(execFile);
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');

/** @returns the program, or why there is none on this machine */
function findGh(): { gh: string; why: null } | { gh: null; why: string } {
  try {
    return { gh: ensureTool('gh', cache, () => undefined), why: null };
  } catch (err) {
    return { gh: null, why: (err as Error).message };
  }
}
const { gh, why } = findGh();

const R = 'demo/thing';
/**
 * As odd as GitHub allows them:
 * https://docs.github.com/rest/repos/repos#create-a-repository-for-the-authenticated-user
 */
const ODD = 'demo/a..b-';
const OLD = 'demo/old';
const EMOJI = '🦊 "Quoted" & <b>bold</b> ünïcode';
const WORDS = 'first line\n\n- [ ] one\n\ttab, 🎉\n';

let dir: string;
let hub: LocalGitHub;
let around: Record<string, string>;

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
/** Never the blocking kind: the server it talks to lives in this process. */
async function says(...args: string[]): Promise<Said> {
  try {
    const { stdout, stderr } = await run(gh!, args, {
      cwd: path.join(dir, 'clone'),
      env: around,
      timeout: 60_000,
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (err) {
    const thrown = err as { code?: number; stdout?: string; stderr?: string };
    return {
      code: typeof thrown.code === 'number' ? thrown.code : -1,
      out: thrown.stdout ?? '',
      err: thrown.stderr ?? String(err),
    };
  }
}
/** @returns what it printed, of a command that has to go well */
async function good(...args: string[]): Promise<string> {
  const r = await says(...args);
  expect([
    args.join(' '),
    r.code,
    r.err.split('\n').filter((l) => /error|graphql|HTTP|panic/i.test(l)),
  ]).toEqual([args.join(' '), 0, []]);
  return r.out;
}
const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await good(...args)) as T;
const git = async (...args: string[]): Promise<string> =>
  (
    await run('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
      cwd: path.join(dir, 'clone'),
      env: around,
    })
  ).stdout.trim();
/** Pushes a branch with one more file, and goes back to main. */
async function branch(name: string, file: string, text = name): Promise<void> {
  await git('checkout', '-q', '-B', name, 'origin/main');
  writeFileSync(path.join(dir, 'clone', file), text);
  await git('add', '-A');
  await git('commit', '-qm', `Add ${file}`);
  await git('push', '-q', 'origin', name);
  await git('checkout', '-q', 'main');
}

const CI =
  'name: CI\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm test\n';
const LOG = [
  'Set up',
  '##[group]Run npm test',
  'ok 1 - adds',
  'not ok 2 - 🦊 the telling line',
  '##[error]exit status 1',
  'tidied',
];

/** A run as `act` would have left it: a job that failed in its second step, and one that passed. */
function makeRun(sha: string): { run: number; failed: number } {
  const { store } = hub;
  const at = '2026-01-01T00:00:00Z';
  const seed = {
    repo: R,
    name: 'CI',
    path: '.github/workflows/ci.yml',
    branch: 'main',
    sha,
    status: 'completed',
    createdAt: at,
    updatedAt: at,
  };
  const made = store.insert('run', { ...seed, conclusion: 'failure' });
  const log = `\ufeff${LOG.map((l) => `${at.replace('Z', '.0000000Z')} ${l}`).join('\n')}\n`;
  const step = (name: string, conclusion: 'success' | 'failure', lines: number) => ({
    name,
    conclusion,
    lines,
    startedAt: at,
    completedAt: at,
  });
  const common = { repo: R, runId: made.id, sha, status: 'completed', startedAt: at, completedAt: at };
  const failed: Job = store.insert('job', {
    ...common,
    name: 'test / unit: linux',
    conclusion: 'failure',
    log,
    steps: [
      step('Set up job', 'success', 1),
      step('Run npm test', 'failure', 4),
      step('Complete job', 'success', 1),
    ],
  });
  store.insert('job', {
    ...common,
    name: 'lint',
    conclusion: 'success',
    log: '\ufeffall good\n',
    steps: [step('Set up job', 'success', 1)],
  });
  return { run: made.id, failed: failed.id };
}

async function start(): Promise<void> {
  dir = mkdtempSync('/tmp/gh-spec-');
  hub = await startLocalGitHub({
    root: path.join(dir, 'hub'),
    port: 0,
    listener: listenerSettings({}),
    url: 'http://github.localhost',
    tokens: new Map([
      ['tok', 'mainloop'],
      ['other', 'colleague'],
    ]),
    operatorSecret: 'operator-secret-for-tests',
    webhook: null,
    ci: null,
    reviewers: [],
  });
  around = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: dir,
    GH_CONFIG_DIR: path.join(dir, 'config'),
    GH_HOST: 'github.localhost',
    GH_TOKEN: 'tok',
    GH_PROMPT_DISABLED: '1',
    GH_NO_UPDATE_NOTIFIER: '1',
    GH_TELEMETRY: 'false',
    NO_COLOR: '1',
    // gh speaks plain HTTP to github.localhost and to no port but 80: to it the local GitHub is a proxy, and
    // the names stay.
    http_proxy: `http://127.0.0.1:${hub.port}`,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from('x:tok').toString('base64')}`,
    GIT_TERMINAL_PROMPT: '0',
  };
  mkdirSync(path.join(dir, 'clone/.github/workflows'), { recursive: true });
  await git('init', '-q', '-b', 'main');
  writeFileSync(path.join(dir, 'clone/README.md'), '# Thing\n\nIt does *things*. 🦊\n');
  writeFileSync(path.join(dir, 'clone/.github/workflows/ci.yml'), CI);
  await git('add', '-A');
  await git('commit', '-qm', 'first');
  for (const full of [R, ODD, OLD, 'demo/many']) await hub.importRepo(full, path.join(dir, 'clone'), 'main');
  await git('remote', 'add', 'origin', `http://github.localhost/${R}.git`);
  await git('fetch', '-q', 'origin');
}

(gh === null ? describe.skip : describe)(`the GitHub CLI${gh === null ? `: ${why}` : ''}`, () => {
  beforeAll(start);
  afterAll(async () => {
    await hub?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('repo view', async () => {
    const seen = await good('repo', 'view', R);
    expect(seen).toContain(`name:\t${R}`);
    expect(seen).toContain('It does *things*. 🦊');
    // In the clone it finds out by itself which repository is meant.
    expect(
      await json(
        'repo',
        'view',
        '--json',
        'nameWithOwner,defaultBranchRef,isPrivate,viewerPermission,squashMergeAllowed,issues,isEmpty',
      ),
    ).toEqual({
      nameWithOwner: R,
      defaultBranchRef: { name: 'main' },
      isPrivate: false,
      viewerPermission: 'ADMIN',
      squashMergeAllowed: true,
      issues: { totalCount: 0 },
      isEmpty: false,
    });
    expect((await good('repo', 'view', ODD)).split('\n')[0]).toBe(`name:\t${ODD}`);
    const gone = await says('repo', 'view', 'demo/nobody');
    expect([gone.code, gone.err]).toEqual([
      1,
      expect.stringContaining("Could not resolve to a Repository with the name 'demo/nobody'."),
    ]);
  });

  test('api, over REST and GraphQL', async () => {
    expect(await json('api', 'user')).toMatchObject({ login: 'mainloop' });
    expect(await json('api', 'graphql', '-f', 'query={ viewer { login } }')).toEqual({
      data: { viewer: { login: 'mainloop' } },
    });
    expect(await good('auth', 'status', '--hostname', 'github.localhost')).toContain(
      'Logged in to github.localhost account mainloop',
    );
    expect((await good('api', `repos/{owner}/{repo}`, '--jq', '.full_name')).trim()).toBe(R);
    const gone = await says('api', 'repos/demo/nobody');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('Not Found (HTTP 404)')]);
  });

  test('label create, list, edit of an issue', async () => {
    await good('label', 'create', 'bug 🐛', '--color', 'd73a4a', '--description', 'It does not work');
    await good('label', 'create', 'later');
    expect(await json('label', 'list', '--json', 'name,color,description')).toEqual([
      { name: 'bug 🐛', color: 'd73a4a', description: 'It does not work' },
      expect.objectContaining({ name: 'later' }),
    ]);
    const twice = await says('label', 'create', 'Later');
    expect([twice.code, twice.err]).toEqual([1, expect.stringContaining('already exists')]);
    await good('label', 'create', 'for a moment');
    await good('label', 'edit', 'for a moment', '--name', 'for less', '--color', '00ff00');
    await good('label', 'delete', 'for less', '--yes');
    expect(await good('label', 'list', '--search', 'work')).toContain('bug 🐛\tIt does not work\t#d73a4a');
  });

  test('issue create, list, view, comment, edit, close, reopen', async () => {
    const url = (
      await good('issue', 'create', '--title', EMOJI, '--body', WORDS, '--label', 'bug 🐛')
    ).trim();
    expect(url).toBe(`http://github.localhost/${R}/issues/1`);
    await good('issue', 'create', '--title', 'Second', '--body', '');
    const odd = await says('issue', 'create', '--title', 'x', '--body', 'x', '--label', 'nobody has this');
    expect([odd.code, odd.err]).toEqual([1, expect.stringContaining("'nobody has this' not found")]);
    const list = await good('issue', 'list');
    expect(list.split('\n').map((l) => l.split('\t').slice(0, 4))).toEqual([
      ['2', 'OPEN', 'Second', ''],
      ['1', 'OPEN', EMOJI, 'bug 🐛'],
      [''],
    ]);
    expect(await json('issue', 'list', '--label', 'bug 🐛', '--json', 'number')).toEqual([{ number: 1 }]);
    expect(await json('issue', 'list', '--search', 'second in:title', '--json', 'number')).toEqual([
      { number: 2 },
    ]);
    expect(await json('issue', 'list', '--author', 'colleague', '--json', 'number')).toEqual([]);
    expect(await good('issue', 'comment', '1', '--body', WORDS)).toContain(`/${R}/issues/1#issuecomment-`);
    const seen = await good('issue', 'view', '1', '--comments');
    expect(seen).toContain('- [ ] one');
    expect(
      await json('issue', 'view', '1', '--json', 'title,body,state,labels,comments,author'),
    ).toMatchObject({
      title: EMOJI,
      body: WORDS,
      state: 'OPEN',
      author: { login: 'mainloop' },
      labels: [{ name: 'bug 🐛' }],
      comments: [{ author: { login: 'mainloop' }, body: WORDS }],
    });
    await good('issue', 'edit', '2', '--title', 'Second, edited', '--add-label', 'later');
    expect(await json('issue', 'view', '2', '--json', 'title,labels')).toMatchObject({
      title: 'Second, edited',
      labels: [{ name: 'later' }],
    });
    await good('issue', 'edit', '2', '--remove-label', 'later', '--add-assignee', '@me');
    expect(
      await json('issue', 'list', '--assignee', 'mainloop', '--json', 'number,assignees,labels'),
    ).toMatchObject([{ number: 2, assignees: [{ login: 'mainloop' }], labels: [] }]);
    await good('issue', 'close', '1', '--reason', 'not planned', '--comment', 'Not now.');
    expect(await json('issue', 'list', '--state', 'closed', '--json', 'number,stateReason')).toEqual([
      { number: 1, stateReason: 'NOT_PLANNED' },
    ]);
    await good('issue', 'reopen', '1');
    expect(await json('issue', 'view', '1', '--json', 'state,labels')).toMatchObject({
      state: 'OPEN',
      labels: [{ name: 'bug 🐛' }],
    });
    const gone = await says('issue', 'view', '99');
    expect([gone.code, gone.err]).toEqual([
      1,
      expect.stringContaining('Could not resolve to an issue or pull request with the number of 99.'),
    ]);
    expect(await good('issue', 'status')).toContain('2\tOPEN\tSecond, edited');
  });

  test('120 issues come page by page, each once', async () => {
    for (let n = 1; n <= 120; n++)
      await hub.store.insert('issue', {
        repo: 'demo/many',
        number: n,
        title: `Number ${n}`,
        body: null,
        state: 'open',
        user: n % 2 === 0 ? 'colleague' : 'mainloop',
        createdAt: `2026-01-01T00:${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}Z`,
        updatedAt: '2026-01-02T00:00:00Z',
        closedAt: null,
        pr: null,
      });
    const all = await json<{ number: number }[]>(
      'issue',
      'list',
      '-R',
      'demo/many',
      '--limit',
      '500',
      '--json',
      'number',
    );
    expect(all.map((i) => i.number)).toEqual(Array.from({ length: 120 }, (_, n) => 120 - n));
    expect(
      await json<unknown[]>(
        'issue',
        'list',
        '-R',
        'demo/many',
        '--limit',
        '500',
        '--author',
        'colleague',
        '--json',
        'number',
      ),
    ).toHaveLength(60);
    expect(await json<unknown[]>('issue', 'list', '-R', 'demo/many', '--json', 'number')).toHaveLength(30);
    const pages = await good('api', '--paginate', 'repos/demo/many/issues?per_page=50', '--jq', '.[].number');
    expect(pages.trim().split('\n')).toHaveLength(120);
  });

  test('pr create, list, view, diff, checks, review, ready, comment, merge', async () => {
    await branch('feature/with/slashes', 'one file.txt', 'one\n');
    await git('checkout', '-q', 'feature/with/slashes');
    const url = (
      await good(
        'pr',
        'create',
        '--draft',
        '--title',
        EMOJI,
        '--body',
        `${WORDS}\nCloses #2`,
        '--head',
        'feature/with/slashes',
      )
    ).trim();
    await git('checkout', '-q', 'main');
    const number = url.split('/').at(-1)!;
    expect(url).toBe(`http://github.localhost/${R}/pull/${number}`);
    expect((await good('pr', 'list')).split('\n')[0]!.split('\t').slice(0, 4)).toEqual([
      number,
      EMOJI,
      'feature/with/slashes',
      'DRAFT',
    ]);
    expect(await json('pr', 'list', '--head', 'feature/with/slashes', '--json', 'number')).toEqual([
      { number: Number(number) },
    ]);
    expect(await json('pr', 'list', '--search', 'draft:true author:@me', '--json', 'number')).toEqual([
      { number: Number(number) },
    ]);
    expect(await good('pr', 'view', number)).toContain('state:\tDRAFT');
    const fields =
      'title,body,isDraft,headRefName,additions,deletions,changedFiles,files,commits,mergeable,closingIssuesReferences';
    expect(await json('pr', 'view', number, '--json', fields)).toMatchObject({
      title: EMOJI,
      body: `${WORDS}\nCloses #2`,
      isDraft: true,
      headRefName: 'feature/with/slashes',
      additions: 1,
      deletions: 0,
      changedFiles: 1,
      files: [{ path: 'one file.txt', additions: 1, deletions: 0 }],
      commits: [{ messageHeadline: 'Add one file.txt', authors: [{ name: 'x' }] }],
      mergeable: 'MERGEABLE',
      closingIssuesReferences: [{ number: 2 }],
    });
    expect(await good('pr', 'diff', number)).toContain('+++ b/one file.txt');
    expect((await good('pr', 'diff', number, '--name-only')).trim()).toBe('one file.txt');
    const none = await says('pr', 'checks', number);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('no checks reported')]);
    const sha = await git('rev-parse', 'feature/with/slashes');
    makeRun(sha);
    await good('api', `repos/${R}/statuses/${sha}`, '-f', 'state=success', '-f', 'context=deploy/preview');
    const checks = await says('pr', 'checks', number);
    expect([
      checks.code,
      checks.out
        .trim()
        .split('\n')
        .map((l) => l.split('\t').slice(0, 2)),
    ]).toEqual([
      1,
      [
        ['test / unit: linux', 'fail'],
        ['deploy/preview', 'pass'],
        ['lint', 'pass'],
      ],
    ]);
    const repo = hub.store.one('repo', (r) => r.full === R)!;
    hub.store.update('repo', repo, { rules: { required: ['deploy/preview'] } });
    expect((await good('pr', 'checks', number, '--required')).split('\t').slice(0, 2)).toEqual([
      'deploy/preview',
      'pass',
    ]);
    hub.store.update('repo', repo, { rules: {} });
    await good('pr', 'comment', number, '--body', 'Look at this.');
    await good('pr', 'review', number, '--comment', '--body', 'Hm.');
    around.GH_TOKEN = 'other';
    await good('pr', 'review', number, '--approve', '--body', 'Good.');
    around.GH_TOKEN = 'tok';
    expect(
      await json('pr', 'view', number, '--json', 'reviews,reviewDecision,comments,statusCheckRollup'),
    ).toMatchObject({
      reviews: [
        { author: { login: 'mainloop' }, state: 'COMMENTED', body: 'Hm.' },
        { author: { login: 'colleague' }, state: 'APPROVED', body: 'Good.' },
      ],
      reviewDecision: 'APPROVED',
      comments: [{ body: 'Look at this.' }],
      statusCheckRollup: [
        { name: 'test / unit: linux', conclusion: 'FAILURE' },
        { name: 'lint', conclusion: 'SUCCESS' },
        { context: 'deploy/preview' },
      ],
    });
    expect(await good('pr', 'status')).toContain(`#${number}`);
    // A review that is not sent yet is its writer's alone.
    await good('api', `repos/${R}/pulls/${number}/reviews`, '-f', 'body=Not sent yet.');
    const bodies = async (): Promise<string[]> =>
      (await good('pr', 'view', number, '--json', 'reviews', '--jq', '.reviews[].body')).trim().split('\n');
    expect(await bodies()).toEqual(['Hm.', 'Good.', 'Not sent yet.']);
    around.GH_TOKEN = 'other';
    expect(await bodies()).toEqual(['Hm.', 'Good.']);
    around.GH_TOKEN = 'tok';
    const early = await says('pr', 'merge', number, '--squash');
    expect([early.code, early.err]).toEqual([1, expect.stringMatching(/draft/i)]);
    await good('pr', 'ready', number);
    await good('pr', 'ready', number, '--undo');
    await good('pr', 'ready', number);
    await good(
      'pr',
      'merge',
      number,
      '--squash',
      '--subject',
      'One thing',
      '--body',
      'Because.',
      '--delete-branch',
    );
    expect(await json('pr', 'view', number, '--json', 'state,mergeCommit')).toMatchObject({
      state: 'MERGED',
      mergeCommit: { oid: expect.any(String) },
    });
    expect(await json('issue', 'view', '2', '--json', 'state')).toEqual({ state: 'CLOSED' });
    await git('fetch', '-q', '--prune', 'origin');
    expect([
      await git('log', '-1', '--format=%B', 'origin/main'),
      await git('branch', '-r', '--list', 'origin/feature/*'),
    ]).toEqual(['One thing\n\nBecause.', '']);
  });

  test('a pull request that cannot be made or merged is refused in words', async () => {
    await branch('same', 'same.txt');
    await good('pr', 'create', '--title', 'Same', '--body', '', '--head', 'same');
    const twice = await says('pr', 'create', '--title', 'Same', '--body', '', '--head', 'same');
    expect([twice.code, twice.err]).toEqual([1, expect.stringContaining('already exists')]);
    const nothing = await says(
      'pr',
      'create',
      '--title',
      'Nothing',
      '--body',
      '',
      '--head',
      'nobody-made-this',
    );
    expect(nothing.code).toBe(1);
    const [{ number }] = (await json('pr', 'list', '--head', 'same', '--json', 'number')) as [
      { number: number },
    ];
    await good('pr', 'edit', String(number), '--title', 'Same again', '--add-label', 'later');
    expect(await json('pr', 'view', String(number), '--json', 'title,labels')).toMatchObject({
      title: 'Same again',
      labels: [{ name: 'later' }],
    });
    await good('pr', 'checkout', String(number));
    expect(await git('branch', '--show-current')).toBe('same');
    await git('checkout', '-q', 'main');
    await good('pr', 'close', String(number), '--comment', 'Not this.');
    await good('pr', 'reopen', String(number));
    const moved = await says(
      'pr',
      'merge',
      String(number),
      '--merge',
      '--match-head-commit',
      await git('rev-parse', 'main'),
    );
    expect([moved.code, moved.err]).toEqual([1, expect.stringContaining('Head branch was modified')]);
    await good('pr', 'merge', String(number), '--merge');
    expect(await json('pr', 'view', String(number), '--json', 'state')).toEqual({ state: 'MERGED' });
  });

  test('a repository that is archived, or has no issues, says so', async () => {
    const repo = hub.store.one('repo', (r) => r.full === OLD)!;
    await git('push', '-q', `http://github.localhost/${OLD}.git`, 'same');
    const url = await good(
      'pr',
      'create',
      '-R',
      OLD,
      '--title',
      'Old',
      '--body',
      '',
      '--head',
      'same',
      '--base',
      'main',
      '--draft',
    );
    hub.store.update('repo', repo, { rules: { archived: true } });
    const number = url.trim().split('/').at(-1)!;
    for (const args of [
      ['issue', 'create', '--title', 'x', '--body', 'x'],
      ['pr', 'comment', number, '--body', 'x'],
      ['pr', 'ready', number],
    ]) {
      const r = await says(...args, '-R', OLD);
      expect([args[0], args[1], r.code, r.err]).toEqual([
        args[0],
        args[1],
        1,
        expect.stringContaining('archived'),
      ]);
    }
    expect(await json('repo', 'view', OLD, '--json', 'isArchived')).toEqual({ isArchived: true });
    hub.store.update('repo', repo, { rules: { without: ['issues'] } });
    const none = await says('issue', 'list', '-R', OLD);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('disabled issues')]);
  });

  test('run list, view, --log, --log-failed, rerun; workflow list', async () => {
    const made = makeRun(await git('rev-parse', 'origin/main'));
    expect((await good('run', 'list', '--branch', 'main')).split('\n')[0]!.split('\t').slice(0, 7)).toEqual([
      'completed',
      'failure',
      'CI',
      'CI',
      'main',
      'push',
      String(made.run),
    ]);
    expect(await json<unknown[]>('run', 'list', '--status', 'success', '--json', 'databaseId')).toEqual([]);
    expect(await good('workflow', 'list')).toMatch(/^CI\tactive\t\d+\n$/);
    expect(await good('workflow', 'view', 'ci.yml')).toContain('CI - ci.yml');
    const seen = await good('run', 'view', String(made.run));
    expect(seen).toContain('X test / unit: linux');
    expect(seen).toContain('✓ lint');
    const failed = await good('run', 'view', String(made.run), '--log-failed');
    // The failed step of the failed job and nothing else, each line with the job and the step in front.
    expect(
      failed
        .trim()
        .split('\n')
        .map((l) => [l.split('\t').slice(0, 2).join('|'), l.split('Z ').at(-1)]),
    ).toEqual(LOG.slice(1, 5).map((l) => ['test / unit: linux|Run npm test', l]));
    expect(await good('run', 'view', String(made.run), '--log')).toContain('all good');
    expect(await good('run', 'view', '--job', String(made.failed), '--log')).toContain('tidied');
    await good('run', 'rerun', String(made.run), '--failed');
    await good('run', 'rerun', String(made.run));
    const gone = await says('run', 'view', '999999');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('404')]);
  });

  test("what the local GitHub does not have is told by its name, and what is not in GitHub's schema as GitHub tells it", async () => {
    const ask = async (
      query: string,
    ): Promise<{ data?: unknown; errors?: { message: string; type?: string; path?: unknown }[] }> => {
      const r = await says('api', 'graphql', '-f', `query=${query}`);
      return JSON.parse(r.out) as never;
    };
    const of = `repository(owner: "demo", name: "thing")`;
    expect(await ask(`{ ${of} { name dependencyGraphManifests(first: 1) { totalCount } } }`)).toMatchObject({
      data: { repository: { name: 'thing', dependencyGraphManifests: null } },
      errors: [
        {
          type: 'NOT_IMPLEMENTED',
          path: ['repository', 'dependencyGraphManifests'],
          message: 'The local GitHub has no field "Repository.dependencyGraphManifests".',
        },
      ],
    });
    // Where GitHub never says null, neither do we: the error goes up to what may be null.
    expect(
      await ask(
        `{ ${of} { isSecurityPolicyEnabled collaborators(first: 1) { totalCount } webCommitSignoffRequired } }`,
      ),
    ).toMatchObject({
      data: { repository: null },
      errors: [
        { message: expect.stringContaining('"Repository.') },
        { message: expect.stringContaining('"Repository.') },
      ],
    });
    expect((await ask(`{ ${of} { nope } }`)).errors![0]!.message).toContain(
      'Cannot query field "nope" on type "Repository".',
    );
    expect((await ask(`{ ${of} { issues { nodes { number } } } }`)).errors).toMatchObject([
      { type: 'MISSING_PAGINATION_BOUNDARIES' },
    ]);
    expect((await ask(`{ ${of} { issues(first: 101) { nodes { number } } } }`)).errors).toMatchObject([
      { type: 'EXCESSIVE_PAGINATION' },
    ]);
    expect(
      (await ask(`mutation { addStar(input: { starrableId: "x" }) { clientMutationId } }`)).errors,
    ).toMatchObject([{ message: 'The local GitHub has no field "Mutation.addStar".' }]);
    expect((await ask('{ nope')).errors![0]!.message).toContain('Syntax Error');
  });
});
