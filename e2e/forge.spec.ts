// The forge's contract: GitHub's adapter against the local GitHub, and the local GitHub against GitHub's own description.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { github } from '@mainloop/adapters/forge/github';
import { freshMemory, type Forge } from '@mainloop/adapters/forge/port';
import { ciVerdict } from '@mainloop/models/flow/ci';
import { personsWords } from '@mainloop/models/flow/forge-text';
import { isOurComment } from '@mainloop/models/flow/ids';
import { doorSettings } from '@mainloop/doors/door';
import { startLocalGitHub, type LocalGitHub } from '@mainloop/demo/github/server';
import { nowIso } from '@mainloop/demo/github/store';
import { newsOf } from '@mainloop/models/flow/news';
import { until } from '@mainloop/testkit/stack';
import { validate } from '@octokit/graphql-schema';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../tools/free-port.ts';

const require = createRequire(import.meta.url);
const SECRET = 'a webhook secret';
let hub: LocalGitHub;
let forge: Forge;
let dir: string;
const heard: { event: string; payload: { action?: string }; good: boolean }[] = [];
const listener = http.createServer(async (req, res) => {
  let raw = '';
  for await (const c of req) raw += c;
  heard.push({
    event: String(req.headers['x-github-event']),
    payload: JSON.parse(raw) as { action?: string },
    good: req.headers['x-hub-signature-256'] === `sha256=${createHmac('sha256', SECRET).update(raw).digest('hex')}`,
  });
  res.end();
});
const R = 'demo/thing';
const run = promisify(execFile);
// Never the blocking kind: the server it talks to lives in this process.
const git = async (...a: string[]): Promise<string> =>
  (
    await run(
      'git',
      ['-c', 'user.name=x', '-c', 'user.email=x@x', '-c', `http.extraHeader=Authorization: Basic ${Buffer.from('x:tok').toString('base64')}`, ...a],
      { cwd: dir },
    )
  ).stdout.trim();

beforeAll(async () => {
  await new Promise<void>((r) => listener.listen(0, '127.0.0.1', r));
  hub = await startLocalGitHub({
    root: mkdtempSync('/tmp/forge-'),
    port: 0,
    door: doorSettings({}),
    tokens: new Map([
      ['tok', 'mainloop'],
      ['other', 'stranger'],
    ]),
    operatorSecret: 'operator-secret-for-tests',
    webhook: { url: `http://127.0.0.1:${(listener.address() as { port: number }).port}`, secret: SECRET },
    ci: null,
    reviewers: [],
  });
  dir = mkdtempSync('/tmp/forge-src-');
  await git('init', '-q', '-b', 'main');
  writeFileSync(path.join(dir, 'a.txt'), 'a\n');
  await git('add', '-A');
  await git('commit', '-qm', 'first');
  await hub.importRepo(R, dir, 'main');
  await git('remote', 'add', 'origin', `${hub.url}/${R}.git`);
  for (const b of ['one', 'two']) {
    await git('checkout', '-q', '-B', b, 'main');
    writeFileSync(path.join(dir, `${b}.txt`), b);
    await git('add', '-A');
    await git('commit', '-qm', b);
    await git('push', '-q', 'origin', b);
  }
  forge = github({ token: 'tok', baseUrl: hub.url });
});
afterAll(async () => {
  await hub.close();
  listener.close();
});

const say = personsWords;
const MESSAGE = { title: say('One thing (#7)'), body: say('Asked for in a test.') };

describe('every "ensure" may be asked again', () => {
  test('issue: created, unchanged, updated', async () => {
    const i = { repo: R, marker: '<!-- m:1 -->', title: say('T'), body: say('B'), known: null };
    const a = await forge.ensureIssue(i);
    expect(a.outcome).toBe('created');
    expect(await forge.ensureIssue(i)).toEqual({ ...a, outcome: 'unchanged' });
    expect(await forge.ensureIssue({ ...i, body: say('B2') })).toEqual({ ...a, outcome: 'updated' });
    expect((await forge.ensureIssue({ ...i, body: say('B2'), known: a.number })).outcome).toBe('unchanged');
  });
  test('pull request, comment, ready, merge, close, branch', async () => {
    const pr = { repo: R, marker: '<!-- m:pr -->', title: say('One'), body: say('x'), head: 'one', base: 'main' };
    const p = await forge.ensureDraftPr(pr);
    expect([p.outcome, (await forge.ensureDraftPr(pr)).outcome]).toEqual(['created', 'unchanged']);
    expect(await forge.getPull(R, p.number)).toMatchObject({ draft: true, state: 'open', merged: false, headSha: await git('rev-parse', 'one') });
    const c = { repo: R, number: p.number, marker: '<!-- m:c -->', body: say('hello') };
    expect([
      (await forge.ensureComment(c)).outcome,
      (await forge.ensureComment(c)).outcome,
      (await forge.ensureComment({ ...c, body: say('hi') })).outcome,
    ]).toEqual(['created', 'unchanged', 'updated']);
    const at = { repo: R, number: p.number, sha: await git('rev-parse', 'one'), side: 'new' as const, startLine: null };
    const line = { ...at, marker: '<!-- m:l -->', body: say('why?'), path: 'one.txt', line: 1 };
    const l = await forge.ensureLineComment(line);
    expect([l.outcome, (await forge.ensureLineComment(line)).outcome]).toEqual(['created', 'unchanged']);
    await expect(forge.ensureLineComment({ ...line, marker: '<!-- m:l2 -->', path: 'a.txt' })).rejects.toMatchObject({ kind: 'rejected' });
    const reply = { repo: R, number: p.number, inReplyTo: l.id, marker: '<!-- m:r -->', body: say('because') };
    expect([(await forge.ensureReply(reply)).outcome, (await forge.ensureReply(reply)).outcome]).toEqual(['created', 'unchanged']);
    expect((await forge.listReviewComments(R, p.number)).map((x) => [x.path, x.line, x.inReplyTo])).toEqual([
      ['one.txt', 1, null],
      ['one.txt', 1, l.id],
    ]);
    const [thread] = await forge.listThreads(R, p.number);
    expect(thread).toMatchObject({ commentId: l.id, resolved: false });
    expect([await forge.ensureThread(R, thread!, true), await forge.ensureThread(R, { ...thread!, resolved: true }, true)]).toEqual([
      'updated',
      'unchanged',
    ]);
    expect((await forge.listThreads(R, p.number))[0]!.resolved).toBe(true);
    await expect(forge.ensureMerged(R, p.number, await git('rev-parse', 'one'), 'squash', MESSAGE)).rejects.toMatchObject({ kind: 'rejected' });
    expect([await forge.ensureReady(R, p.number), await forge.ensureReady(R, p.number)]).toEqual(['updated', 'unchanged']);
    expect([await forge.ensureDraft(R, p.number), await forge.ensureDraft(R, p.number)]).toEqual(['updated', 'unchanged']);
    await forge.ensureReady(R, p.number);
    expect((await forge.listCommits(R, p.number)).map((x) => [x.sha, x.title])).toEqual([[await git('rev-parse', 'one'), 'one']]);
    const two = await forge.ensureDraftPr({ ...pr, marker: '<!-- m:pr2 -->', title: say('Two'), head: 'two' });
    await forge.ensureReady(R, two.number);
    const merge = async (branch: string) => forge.ensureMerged(R, p.number, await git('rev-parse', branch), 'squash', MESSAGE);
    // Bound to the commit, by a way that the repository allows, and through its queue where it has one.
    await expect(merge('two')).rejects.toMatchObject({ kind: 'rejected', why: 'head_moved' });
    const thing = hub.store.one('repo', (r) => r.full === R)!;
    for (const [rules, why] of [
      [{ methods: ['merge'] }, 'method'],
      [{ mergeQueue: true }, 'queue'],
    ] as const) {
      hub.store.update('repo', thing, { rules });
      await expect(merge('one')).rejects.toMatchObject({ kind: 'rejected', why });
      expect(await forge.mergeMethods(R)).toEqual(why === 'method' ? ['merge'] : ['squash', 'rebase', 'merge']);
    }
    hub.store.update('repo', thing, { rules: {} });
    expect((await forge.ensureMerged(R, p.number, await git('rev-parse', 'one'), 'squash', MESSAGE)).outcome).toBe('updated');
    expect((await forge.ensureMerged(R, p.number, await git('rev-parse', 'one'), 'squash', MESSAGE)).outcome).toBe('unchanged');
    await forge.ensureMerged(R, two.number, await git('rev-parse', 'two'), 'merge', MESSAGE);
    await git('fetch', '-q', 'origin');
    // Both commits on main carry our words and none of the agent's.
    expect(await git('log', '-2', '--first-parent', '--format=%B', 'origin/main')).toBe(
      'One thing (#7)\n\nAsked for in a test.\n\nOne thing (#7)\n\nAsked for in a test.',
    );
    expect((await git('ls-tree', '--name-only', 'origin/main')).split('\n')).toEqual(['a.txt', 'one.txt', 'two.txt']);
    expect([await forge.ensureBranchGone(R, 'one'), await forge.ensureBranchGone(R, 'one')]).toEqual(['updated', 'unchanged']);
    expect([await forge.ensureClosed(R, 1), await forge.ensureClosed(R, 1)]).toEqual(['updated', 'unchanged']);
  });
});

test('a comment that the list does not show yet is changed, not made again', async () => {
  const lagging = await startLocalGitHub({
    root: mkdtempSync('/tmp/forge-lagging-'),
    port: 0,
    tokens: new Map([['tok', 'mainloop']]),
    operatorSecret: 'operator',
    webhook: null,
    ci: null,
    reviewers: [],
    staleMs: 60_000,
  });
  try {
    await lagging.importRepo(R, dir, 'main');
    const f = github({ token: 'tok', baseUrl: lagging.url });
    const { number } = await f.ensureIssue({ repo: R, marker: '<!-- m:i -->', title: say('T'), body: say('B'), known: null });
    const c = { repo: R, number, marker: '<!-- m:q -->', body: say('Which?') };
    const { id } = await f.ensureComment(c);
    expect(await f.ensureComment({ ...c, body: say('Which? That one.'), known: id })).toEqual({ id, outcome: 'updated' });
    expect(lagging.store.find('comment').map((x) => x.body.split('\n')[0])).toEqual(['Which? That one.']);
  } finally {
    await lagging.close();
  }
});

describe('a forge that is ended while it does what it was asked, and comes back', () => {
  const place = mkdtempSync('/tmp/forge-ended-');
  const armed = path.join(place, 'failpoints');
  const OPERATOR = 'the operator of this test';
  let url: string;
  let child: ChildProcess;
  let ended = false;
  let ends = 0;
  let f: Forge;
  let pull: number;
  /** Ended once, it is started again at once, as the supervisor does. */
  const start = (): void => {
    child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '../apps/demo/src/github-main.ts')], {
      env: {
        PATH: process.env.PATH,
        HOME: place,
        MAINLOOP_HOME: place,
        LOCAL_GITHUB_PORT: new URL(url).port,
        GITHUB_TOKEN: 'tok',
        LOCAL_GITHUB_OPERATOR_SECRET: OPERATOR,
        GITHUB_WEBHOOK_SECRET: SECRET,
        WEBHOOK_URL: 'http://127.0.0.1:9/',
        MAINLOOP_ACT: '/bin/false',
        MAINLOOP_NODE: process.execPath,
        LOCAL_GITHUB_SEED: 'no',
        MAINLOOP_FAILPOINTS: armed,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('exit', () => {
      ends++;
      if (!ended) start();
    });
  };
  const answers = (): Promise<unknown> => until('the forge', () => fetch(url).then(() => true));
  const calls = async (): Promise<{ method: string; path: string; status: number; body: { title?: string; body?: string } | null }[]> =>
    (await (await fetch(`${url}/_local/calls`, { headers: { authorization: `token ${OPERATOR}` } })).json()) as never;
  beforeAll(async () => {
    mkdirSync(armed);
    url = `http://127.0.0.1:${await freePort()}`;
    start();
    await answers();
    await fetch(`${url}/_local/import`, {
      method: 'POST',
      headers: { authorization: `token ${OPERATOR}`, 'content-type': 'application/json' },
      body: JSON.stringify({ full: R, folder: dir, branch: 'main' }),
    });
    for (const b of ['one', 'two']) await git('push', '-q', `${url}/${R}.git`, `${b}:${b}`, `${b}:${b}-merge`, `${b}:${b}-again`);
    f = github({ token: 'tok', baseUrl: url });
    pull = (await f.ensureDraftPr({ repo: R, marker: '<!-- m:p -->', title: say('One'), body: say('x'), head: 'one', base: 'main' })).number;
    await f.ensureReady(R, pull);
  });
  afterAll(() => {
    ended = true;
    child.kill('SIGKILL');
  });
  const at = async () => ({
    repo: R,
    number: pull,
    sha: await git('rev-parse', 'one'),
    side: 'new' as const,
    startLine: null,
    path: 'one.txt',
    line: 1,
  });
  const firstLine = async (): Promise<number> => (await f.ensureLineComment({ ...(await at()), marker: '<!-- m:first -->', body: say('why?') })).id;

  /** A branch has one open pull request. */
  const headOf = (marker: string): string => (marker.includes('after') ? 'two' : 'two-again');

  test.each<[point: string, verb: (marker: string) => Promise<unknown>]>([
    ['github.issue', (marker) => f.ensureIssue({ repo: R, marker, title: say('T'), body: say('B'), known: null })],
    ['github.pull', (marker) => f.ensureDraftPr({ repo: R, marker, title: say('T'), body: say('x'), head: headOf(marker), base: 'main' })],
    ['github.comment', (marker) => f.ensureComment({ repo: R, number: pull, marker, body: say('hello') })],
    ['github.line', async (marker) => f.ensureLineComment({ ...(await at()), marker, body: say('why?') })],
    ['github.reply', async (marker) => f.ensureReply({ repo: R, number: pull, inReplyTo: await firstLine(), marker, body: say('because') })],
  ])('%s: what was asked and not answered is there once, and is not asked again without a look', async (point, verb) => {
    if (point === 'github.reply') await firstLine();
    for (const moment of ['after', 'before']) {
      const marker = `<!-- m:${point}-${moment} -->`;
      writeFileSync(path.join(armed, `${point}.${moment}`), '');
      const deaths = ends;
      // Whether it was done nobody knows: that goes up, to who looks before the next try.
      const told = await verb(marker).then(
        () => 'done',
        (err: { kind?: string }) => err.kind,
      );
      await until('the end of it', async () => ends > deaths);
      await answers();
      const made = async (): Promise<number> => (await calls()).filter((c) => c.method === 'POST' && c.body?.body?.includes(marker)).length;
      expect([point, moment, told, await made()]).toEqual([point, moment, 'unavailable', moment === 'after' ? 1 : 0]);
      await verb(marker);
      expect([point, moment, await made()]).toEqual([point, moment, 1]);
    }
  });

  test('a merge that was done and not answered is no refusal', async () => {
    for (const [moment, head] of [
      ['after', 'one-merge'],
      ['before', 'two-merge'],
    ] as const) {
      const { number } = await f.ensureDraftPr({ repo: R, marker: `<!-- m:${head} -->`, title: say(head), body: say('x'), head, base: 'main' });
      await f.ensureReady(R, number);
      const { headSha } = await f.getPull(R, number);
      writeFileSync(path.join(armed, `github.merge.${moment}`), '');
      const deaths = ends;
      await expect(f.ensureMerged(R, number, headSha, 'squash', MESSAGE)).rejects.toMatchObject({ kind: 'unavailable' });
      await until('the end of it', async () => ends > deaths);
      await answers();
      expect((await f.ensureMerged(R, number, headSha, 'squash', MESSAGE)).outcome).toBe(moment === 'after' ? 'unchanged' : 'updated');
    }
    const log = (await git('ls-remote', `${url}/${R}.git`, 'refs/heads/main')).split('\t')[0]!;
    await git('fetch', '-q', `${url}/${R}.git`, 'main');
    expect([(await git('log', '--format=%s', log)).split('\n').filter((l) => l.startsWith('One thing')).length]).toEqual([2]);
  });

  test('what was put into the merge queue and not answered is not refused, nor put there twice', async () => {
    for (const [moment, head] of [
      ['after', 'one-again'],
      ['before', 'two-again'],
    ] as const) {
      await git(
        'push',
        '-q',
        '--force',
        `${url}/${R}.git`,
        `${await git('commit-tree', `${head.split('-')[0]}^{tree}`, '-p', 'one', '-m', head)}:refs/heads/q-${head}`,
      );
      const { number } = await f.ensureDraftPr({
        repo: R,
        marker: `<!-- m:q-${head} -->`,
        title: say(head),
        body: say('x'),
        head: `q-${head}`,
        base: 'main',
      });
      await f.ensureReady(R, number);
      const { headSha } = await f.getPull(R, number);
      writeFileSync(path.join(armed, `github.mutation.${moment}`), '');
      const deaths = ends;
      await expect(f.ensureQueued(R, number, headSha)).rejects.toMatchObject({ kind: 'unavailable' });
      await until('the end of it', async () => ends > deaths);
      await answers();
      expect([moment, await f.ensureQueued(R, number, headSha)]).toEqual([moment, moment === 'after' ? 'unchanged' : 'updated']);
      expect((await f.getPull(R, number)).merged).toBe(true);
    }
  });

  test('a push that was taken and not answered is in the list of calls, and its pull request is in step', async () => {
    writeFileSync(path.join(armed, 'github.push.after'), '');
    const deaths = ends;
    const sha = await git('commit-tree', 'one^{tree}', '-p', 'one', '-m', 'more');
    await expect(git('push', '-q', `${url}/${R}.git`, `${sha}:refs/heads/one`)).rejects.toThrow(/RPC failed|hung up|unexpected disconnect/);
    await until('the end of it', async () => ends > deaths);
    await answers();
    await git('push', '-q', `${url}/${R}.git`, `${sha}:refs/heads/one`);
    expect((await calls()).filter((c) => c.method === 'PUSH' && JSON.stringify(c.body).includes('"more"')).map((c) => c.path)).toEqual([`/${R}/one`]);
    expect((await f.getPull(R, pull)).headSha).toBe(sha);
  });
});

test('checks: over 300 of them, each with its workflow, what is required, and what the token may not see', async () => {
  const sha = 'c'.repeat(40);
  const at = { repo: R, sha, branch: 'many', createdAt: '2026-11-20T10:00:00Z', updatedAt: '2026-11-20T10:00:00Z' };
  const suite = hub.store.insert('run', {
    ...at,
    name: 'a',
    path: '.github/workflows/a.yml',
    event: 'pull_request',
    status: 'completed',
    conclusion: null,
  });
  const job = { repo: R, sha, runId: suite.id, startedAt: at.createdAt, completedAt: at.createdAt, status: 'completed', log: '' };
  for (let n = 0; n < 320; n++) hub.store.insert('job', { ...job, name: `job ${n}`, conclusion: n === 319 ? 'failure' : 'success' });
  for (let n = 0; n < 120; n++) hub.store.insert('status', { repo: R, sha, context: `s${n}`, state: 'success', createdAt: at.createdAt });
  const thing = hub.store.one('repo', (r) => r.full === R)!;
  hub.store.update('repo', thing, { rules: { required: ['e2e'] } });
  try {
    const seen = await github({ token: 'tok', baseUrl: hub.url }).listChecks(R, sha, 'main');
    expect([seen.checks.length, seen.statuses.length, seen.suites.length, seen.unreadable]).toEqual([320, 120, 1, []]);
    expect(seen.checks[0]).toMatchObject({
      app: 'github-actions',
      suite: suite.id,
      workflow: '.github/workflows/a.yml on pull_request',
      name: 'job 0',
    });
    expect(seen.suites[0]).toMatchObject({ id: suite.id, attempt: 1, workflow: '.github/workflows/a.yml on pull_request' });
    expect(seen.required).toEqual([{ name: 'e2e', appId: null }]);
    expect(ciVerdict(seen, Date.now())).toMatchObject({
      outcome: { is: 'red', failed: [{ name: 'job 319 (a.yml)' }] },
      passed: 439,
      failed: 1,
      pending: 1,
    });
  } finally {
    hub.store.update('repo', thing, { rules: {} });
  }
});

test('who may steer: writers only', async () => {
  expect([await forge.mayWrite(R, 'mainloop'), await forge.mayWrite(R, 'stranger')]).toEqual([true, false]);
});

test('a branch called mainloop is in the way of ours; one below it is not', async () => {
  const push = (what: string): Promise<unknown> => git('push', '-q', 'origin', what);
  await push('main:refs/heads/mainloop/x');
  expect((await forge.getRepo(R)).isInOurWay).toBe(false);
  await push(':refs/heads/mainloop/x');
  await push('main:refs/heads/mainloop');
  expect((await forge.getRepo(R)).isInOurWay).toBe(true);
  await push(':refs/heads/mainloop');
});

test('errors are a closed union with a sentence', async () => {
  await expect(github({ token: 'wrong', baseUrl: hub.url }).whoAmI()).rejects.toMatchObject({
    kind: 'auth',
    message: expect.stringContaining('GITHUB_TOKEN'),
  });
  await expect(forge.getRepo('no/such')).rejects.toMatchObject({ kind: 'not_found' });
  await expect(github({ token: 'tok', baseUrl: 'http://127.0.0.1:9' }).getRepo(R)).rejects.toMatchObject({ kind: 'unavailable' });
});

describe('what GitHub may refuse, as one sentence and one kind', () => {
  let answer: { status: number; headers?: Record<string, string>; body: unknown } = { status: 200, body: {} };
  const faulty = http.createServer((req, res) => {
    if (req.url === '/log') return stream(res);
    if (req.url?.endsWith('/logs')) return void res.writeHead(302, { location: `${url()}/log` }).end();
    res.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    res.end(JSON.stringify(answer.body));
  });
  const url = (): string => `http://127.0.0.1:${(faulty.address() as { port: number }).port}`;
  /** 300 MB of log, the telling line last. */
  const stream = (res: http.ServerResponse): void => {
    const chunk = Buffer.alloc(1024 * 1024, 'noise \n');
    let left = 300;
    const more = (): void => {
      while (left > 0) {
        left--;
        if (!res.write(chunk)) return void res.once('drain', more);
      }
      res.end('##[error] the telling line');
    };
    res.writeHead(200, { 'content-type': 'text/plain' });
    more();
  };
  beforeAll(() => new Promise<void>((r) => faulty.listen(0, '127.0.0.1', r)));
  afterAll(() => void faulty.close());

  /** Counted from the answer: what comes before this in the file may take minutes. */
  const in20min = 'in 20 min';
  test.each([
    [
      'a token without the scope',
      403,
      {},
      { message: 'Resource not accessible by personal access token' },
      'forbidden',
      'It needs the scopes "repo" and "workflow".',
    ],
    ['an expired token', 401, {}, { message: 'Bad credentials' }, 'auth', 'it may be wrong or expired'],
    ['a private repository', 404, {}, { message: 'Not Found' }, 'not_found', 'It may not exist, or the token may not see it.'],
    [
      'the rate limit',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': in20min },
      { message: 'API rate limit exceeded' },
      'rate_limited',
      'going on in 20 min',
    ],
    [
      'the secondary rate limit',
      403,
      { 'retry-after': '300' },
      { message: 'You have exceeded a secondary rate limit.' },
      'rate_limited',
      'going on in 5 min',
    ],
    [
      'a protected branch',
      405,
      {},
      { message: 'At least 1 approving review is required by reviewers with write access.' },
      'rejected',
      'At least 1 approving review is required',
    ],
    ['a server error', 502, {}, { message: 'Bad Gateway' }, 'unavailable', "can't be reached"],
  ])('%s', async (_, status, headers, body, kind, sentence) => {
    const at = String(Math.floor(Date.now() / 1_000) + 1_200);
    answer = { status, headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v === in20min ? at : v])), body };
    await expect(github({ token: 'tok', baseUrl: url() }).getPull(R, 1)).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(sentence),
    });
  });

  test('a log of 300 MB is read to its end and never held', async () => {
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 20);
    const log = await github({ token: 'tok', baseUrl: url() }).jobLog(R, 1, 200_000);
    clearInterval(watch);
    expect(log.length).toBeLessThanOrEqual(200_000);
    expect(log.endsWith('##[error] the telling line')).toBe(true);
    // Below the log's own size; how far below is the garbage collector's mood, and the server is in this process too.
    expect(most).toBeLessThan(260 * 1024 * 1024);
  });
});

test('a poller pays only for news: what did not change is a 304 without a body, by the count of the one who answers', async () => {
  const memory = freshMemory();
  /** What the local GitHub answered while `act` ran: the part of the address that tells them apart, the status, whether a body went out. */
  const answered = async (act: () => Promise<unknown>): Promise<[string, number, boolean][]> => {
    const from = hub.reads.length;
    await act();
    return hub.reads.slice(from).map((r) => [r.path.replace(/^.*?(issues|actions\/runs|branches\/main).*$/, '$1'), r.status, r.bytes > 0]);
  };
  let found = await forge.changed(R, 'main', freshMemory());
  expect(
    await answered(async () => {
      found = await forge.changed(R, 'main', memory);
    }),
  ).toEqual([
    ['issues', 200, true],
    ['actions/runs', 200, true],
    ['branches/main', 200, true],
  ]);
  expect(found.numbers.length).toBeGreaterThan(0);
  for (let again = 0; again < 3; again++)
    expect(
      await answered(async () => {
        found = await forge.changed(R, 'main', memory);
      }),
    ).toEqual([
      ['issues', 304, false],
      ['actions/runs', 304, false],
      ['branches/main', 304, false],
    ]);
  expect(found).toEqual({ numbers: [], branches: [], shas: [], baseMoved: false });
  await forge.ensureIssue({ repo: R, marker: '<!-- news -->', title: say('News'), body: say(''), known: null });
  expect(
    await answered(async () => {
      found = await forge.changed(R, 'main', memory);
    }),
  ).toEqual([
    ['issues', 200, true],
    ['actions/runs', 304, false],
    ['branches/main', 304, false],
  ]);
  expect(found.numbers).toHaveLength(1);
  // On the wire as well: a body after a 304 would be read as the start of the next answer.
  const headers = { authorization: 'token tok', 'if-none-match': memory.etags.get('/repos/{owner}/{repo}/actions/runs?per_page=50')! };
  const raw = await fetch(`${hub.url}/repos/${R}/actions/runs?per_page=50`, { headers });
  expect([raw.status, (await raw.arrayBuffer()).byteLength]).toEqual([304, 0]);
});

test('webhooks are signed and say what happened', async () => {
  expect(heard.length).toBeGreaterThan(5);
  expect(heard.every((h) => h.good)).toBe(true);
  const examples = require('@octokit/webhooks-examples') as { name: string; examples: object[] }[];
  for (const h of heard) {
    const known = (Array.isArray(examples) ? examples : (examples as { default: typeof examples }).default).find((e) => e.name === h.event);
    expect(known).toBeDefined();
    const keys = new Set(known!.examples.flatMap((e) => Object.keys(e)));
    for (const k of Object.keys(h.payload)) expect([h.event, k, keys.has(k)]).toEqual([h.event, k, true]);
  }
});

test("every example of GitHub's own webhooks names what it is about, or nothing", () => {
  const examples = require('@octokit/webhooks-examples') as { name: string; examples: object[] }[];
  const of = (name: string) => newsOf(examples.find((e) => e.name === name)!.examples[0]);
  expect(of('issues').numbers).toEqual([1]);
  expect(of('issue_comment').numbers).toEqual([1]);
  expect(of('pull_request').numbers).toEqual([2]);
  expect(of('pull_request').branches).toEqual(['changes']);
  expect(of('pull_request_review').numbers.length).toBe(1);
  expect(of('check_run').shas.length).toBe(1);
  expect(of('check_suite').branches.length).toBe(1);
  expect(of('workflow_run').branches.length).toBe(1);
  expect(of('status').shas.length).toBe(1);
  for (const e of examples) for (const x of e.examples) expect(() => newsOf(x)).not.toThrow();
  for (const odd of [null, 7, 'x', [], { issue: null }, { issue: { number: '1' } }, { branches: 'no' }, { check_run: { pull_requests: [null] } }])
    expect(newsOf(odd)).toEqual({ numbers: [], branches: [], shas: [], baseMoved: false });
});

let described: ReturnType<typeof openApi> | undefined;
/** Asks the local GitHub, and holds what it answers against GitHub's description of that answer. */
async function ask(method: string, template: string, values: Record<string, string | number>, body?: unknown, status?: number): Promise<void> {
  const check = (described ??= openApi());
  const url = template.replace(/\{(\w+)\}/g, (_, k: string) => String(values[k] ?? { owner: 'demo', repo: 'thing' }[k]));
  const r = await fetch(hub.url + url, { method, headers: { authorization: 'token tok' }, ...(body ? { body: JSON.stringify(body) } : {}) });
  expect([method, template, r.status, check(method, template, r.status, await r.json())]).toEqual([method, template, status ?? r.status, []]);
}

test("the local GitHub's answers fit GitHub's own OpenAPI description", async () => {
  const REPO = '/repos/{owner}/{repo}';
  await ask('GET', '/', {});
  await ask('GET', '/user', {});
  await ask('GET', REPO, {});
  await ask('GET', `${REPO}/issues`, {});
  await ask('POST', `${REPO}/issues`, {}, { title: 'x' });
  await ask('GET', `${REPO}/issues/{issue_number}`, { issue_number: 1 });
  await ask('POST', `${REPO}/issues/{issue_number}/comments`, { issue_number: 1 }, { body: 'x' });
  await ask('GET', `${REPO}/issues/{issue_number}/comments`, { issue_number: 1 });
  await ask('POST', `${REPO}/issues/{issue_number}/reactions`, { issue_number: 1 }, { content: '+1' });
  await ask('GET', `${REPO}/issues/{issue_number}/reactions`, { issue_number: 1 });
  await ask('GET', `${REPO}/pulls`, {});
  await ask('GET', `${REPO}/pulls/{pull_number}`, { pull_number: 2 });
  await ask(
    'POST',
    `${REPO}/pulls/{pull_number}/reviews`,
    { pull_number: 2 },
    { event: 'COMMENT', body: 'x', comments: [{ path: 'one.txt', line: 1, body: 'y' }] },
  );
  await ask('GET', `${REPO}/pulls/{pull_number}/reviews`, { pull_number: 2 });
  await ask(
    'POST',
    `${REPO}/pulls/{pull_number}/comments`,
    { pull_number: 2 },
    { body: 'z', path: 'one.txt', line: 1, side: 'RIGHT', commit_id: await git('rev-parse', 'one') },
  );
  const [first] = await forge.listReviewComments(R, 2);
  await ask('POST', `${REPO}/pulls/{pull_number}/comments/{comment_id}/replies`, { pull_number: 2, comment_id: first!.id }, { body: 'yes' });
  await ask('GET', `${REPO}/pulls/{pull_number}/comments`, { pull_number: 2 });
  await ask('GET', `${REPO}/commits/{ref}/check-runs`, { ref: 'main' });
  await ask('POST', `${REPO}/statuses/{sha}`, { sha: await git('rev-parse', 'main') }, { state: 'success' });
  await ask('GET', `${REPO}/commits/{ref}/status`, { ref: await git('rev-parse', 'main') });
  await ask('GET', `${REPO}/actions/runs`, {});
  await ask('GET', `${REPO}/commits/{ref}/check-suites`, { ref: 'c'.repeat(40) });
  await ask('GET', `${REPO}/pulls/{pull_number}/commits`, { pull_number: 2 });
  const thing = hub.store.one('repo', (r) => r.full === R)!;
  hub.store.update('repo', thing, { rules: { required: ['e2e'], mergeQueue: true } });
  await ask('GET', `${REPO}/rules/branches/{branch}`, { branch: 'main' });
  hub.store.update('repo', thing, { rules: {} });
  await ask('GET', `${REPO}/collaborators/{username}/permission`, { username: 'mainloop' });
  await ask('POST', `${REPO}/labels`, {}, { name: 'odd / name 🐛', color: 'd73a4a', description: 'It is odd' });
  await ask('POST', `${REPO}/labels`, {}, { name: 'Odd / Name 🐛' }, 422);
  await ask('POST', `${REPO}/labels`, {}, { name: 'red', color: '#d73a4a' }, 422);
  await ask('GET', `${REPO}/labels`, {});
  await ask('GET', `${REPO}/labels/{name}`, { name: encodeURIComponent('odd / name 🐛') });
  await ask('POST', `${REPO}/issues/{issue_number}/labels`, { issue_number: 1 }, { labels: ['odd / name 🐛', 'made by the way'] });
  await ask('GET', `${REPO}/issues/{issue_number}/labels`, { issue_number: 1 });
  await ask('GET', `${REPO}/issues/{issue_number}`, { issue_number: 1 });
  await ask('POST', `${REPO}/issues/{issue_number}/assignees`, { issue_number: 1 }, { assignees: ['mainloop', 'other'] });
  await ask('DELETE', `${REPO}/issues/{issue_number}/assignees`, { issue_number: 1 }, { assignees: ['other'] });
  await ask('PATCH', `${REPO}/labels/{name}`, { name: encodeURIComponent('odd / name 🐛') }, { new_name: 'even' });
  await ask('DELETE', `${REPO}/issues/{issue_number}/labels/{name}`, { issue_number: 1, name: 'even' });
  await ask('DELETE', `${REPO}/issues/{issue_number}/labels/{name}`, { issue_number: 1, name: 'even' }, undefined, 404);
});

test("GitHub Actions: runs, jobs, steps and workflows fit GitHub's own description, and the logs are a zip that others can read", async () => {
  const at = nowIso();
  const path = '.github/workflows/ci.yml';
  const common = { repo: R, sha: await git('rev-parse', 'main'), status: 'completed' };
  const r = hub.store.insert('run', { ...common, name: 'CI', path, branch: 'main', conclusion: 'failure', createdAt: at, updatedAt: at });
  const step = { name: 'Run npm test', conclusion: 'failure', startedAt: at, completedAt: at, lines: 2 } as const;
  const of = { ...common, runId: r.id, conclusion: 'failure', startedAt: at, completedAt: at };
  const j = hub.store.insert('job', { ...of, name: 'a / b: c', log: '\ufeffone\ntwo 🦊\nthree\n', steps: [step] });
  const REPO = '/repos/{owner}/{repo}';
  const run = { run_id: r.id };
  await ask('GET', `${REPO}/actions/runs`, {});
  await ask('GET', `${REPO}/actions/runs/{run_id}`, run);
  await ask('GET', `${REPO}/actions/runs/{run_id}/jobs`, run);
  await ask('GET', `${REPO}/actions/runs/{run_id}/artifacts`, run);
  await ask('GET', `${REPO}/actions/runs/{run_id}/attempts/{attempt_number}`, { ...run, attempt_number: 1 });
  await ask('GET', `${REPO}/actions/runs/{run_id}/attempts/{attempt_number}/jobs`, { ...run, attempt_number: 1 });
  await ask('GET', `${REPO}/actions/jobs/{job_id}`, { job_id: j.id });
  await ask('GET', `${REPO}/actions/workflows`, {});
  await ask('GET', `${REPO}/actions/workflows/{workflow_id}`, { workflow_id: 'ci.yml' });
  await ask('GET', `${REPO}/actions/workflows/{workflow_id}/runs`, { workflow_id: 'ci.yml' });
  await ask('GET', `${REPO}/check-runs/{check_run_id}`, { check_run_id: j.id });
  await ask('GET', `${REPO}/check-runs/{check_run_id}/annotations`, { check_run_id: j.id });
  await ask('POST', `${REPO}/actions/jobs/{job_id}/rerun`, { job_id: j.id }, {}, 201);
  const zip = `${dir}.zip`;
  const got = await fetch(`${hub.url}/repos/${R}/actions/runs/${r.id}/logs`, { headers: { authorization: 'token tok' } });
  writeFileSync(zip, Buffer.from(await got.arrayBuffer()));
  const python = `import zipfile,json; z=zipfile.ZipFile(${JSON.stringify(zip)}); print(json.dumps([z.testzip(), {n: z.read(n).decode('utf-8-sig') for n in z.namelist()}]))`;
  expect(JSON.parse((await promisify(execFile)('python3', ['-c', python])).stdout)).toEqual([
    null,
    { '0_a  b c.txt': 'one\ntwo 🦊\nthree\n', 'a  b c/1_Run npm test.txt': 'one\ntwo 🦊\n' },
  ]);
});

test("what we ask over GraphQL fits GitHub's own schema", async () => {
  const calls = (await (await fetch(`${hub.url}/_local/calls`, { headers: { authorization: 'token operator-secret-for-tests' } })).json()) as {
    path: string;
    body: { query: string; variables: Record<string, unknown> };
  }[];
  const asked = [...new Set(calls.filter((c) => c.path === '/graphql').map((c) => c.body.query))];
  // Ready for review and a draft again, the threads of a pull request, resolve one: each was asked above.
  expect(asked).toHaveLength(4);
  for (const q of asked) expect([q, validate(q)]).toEqual([q, []]);
});

/** A validator over GitHub's description. OpenAPI 3.0 says `nullable`, JSON Schema says `null`. */
function openApi(): (method: string, path: string, status: number, body: unknown) => string[] {
  const file = path.join(path.dirname(require.resolve('@octokit/openapi/package.json')), 'generated/api.github.com.json');
  const spec = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, Record<string, { responses: Record<string, { $ref?: string; content?: Record<string, { schema?: object }> }> }>>;
    components: Record<string, unknown>;
  };
  const convert = (n: unknown): void => {
    if (Array.isArray(n)) return n.forEach(convert);
    if (n === null || typeof n !== 'object') return;
    const o = n as Record<string, unknown>;
    for (const [k, v] of Object.entries(o)) if (!['example', 'examples', 'enum', 'default'].includes(k)) convert(v);
    delete o.discriminator;
    if (o.nullable === true) {
      delete o.nullable;
      const copy = { ...o };
      for (const k of Object.keys(o)) delete o[k];
      o.anyOf = [copy, { type: 'null' }];
    }
  };
  convert(spec.components);
  convert(spec.paths);
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  (addFormats as unknown as (a: Ajv) => void)(ajv);
  ajv.addSchema({ $id: 'gh', components: spec.components });
  const cache = new Map<string, ValidateFunction>();
  return (method, template, status, body) => {
    let r = spec.paths[template]?.[method.toLowerCase()]?.responses[String(status)];
    if (r?.$ref)
      r = r.$ref
        .split('/')
        .slice(1)
        .reduce((a: never, k) => a[k], spec as never);
    const schema = r?.content?.['application/json']?.schema;
    if (!schema) return [`${status} is not described`];
    const key = `${method} ${template} ${status}`;
    if (!cache.has(key)) cache.set(key, ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"gh#/components')) as object));
    const v = cache.get(key)!;
    return v(body) ? [] : [...new Set(v.errors!.map((e) => `${e.instancePath.replace(/\/\d+/g, '/*')} ${e.message}`))];
  };
}

test('a marker in what somebody else wrote is not ours', async () => {
  const m = '<!-- mainloop:t-1:plan -->';
  const as = async (token: string, path: string, body: object): Promise<{ number: number; id: number }> =>
    (await (
      await fetch(`${hub.url}/repos/${R}${path}`, {
        method: 'POST',
        headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    ).json()) as { number: number; id: number };
  const planted = await as('other', '/issues', { title: 'T', body: `steered ${m}` });
  const own = await forge.ensureIssue({ repo: R, marker: m, title: say('T'), body: say('B'), known: null });
  expect([own.outcome, own.number === planted.number]).toEqual(['created', false]);
  const c = `<!-- mainloop:t-1:summary -->`;
  const copied = await as('other', `/issues/${own.number}/comments`, { body: `Approved. ${c}` });
  const said = await forge.ensureComment({ repo: R, number: own.number, marker: c, body: say('Ready.') });
  expect([said.outcome, said.id === copied.id]).toEqual(['created', false]);
  expect((await forge.listIssueComments(R, own.number)).map((x) => [x.author, x.mine, isOurComment(x)])).toEqual([
    ['stranger', false, false],
    ['mainloop', true, true],
  ]);
});
