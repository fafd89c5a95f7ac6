// The forge's contract: GitHub's adapter against the local GitHub.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { github } from '@mainloop/adapters/forge/github';
import { freshMemory, type Forge } from '@mainloop/adapters/forge/port';
import { personsWords } from '@mainloop/models/flow/forge/text';
import { ciVerdict } from '@mainloop/models/flow/ci/verdict';
import { isOurComment } from '@mainloop/models/flow/ids';
import { startLocalGitHub } from '@mainloop/demo/github/server';
import type { WorkflowRun } from '@mainloop/demo/github/store';
import { validate } from '@octokit/graphql-schema';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { R, startForge, type ForgeStage } from './forge.fixture.ts';

const require = createRequire(import.meta.url);
let stage: ForgeStage;
let hub: ForgeStage['hub'];
let forge: Forge;
let dir: string;
let git: ForgeStage['git'];
const say = personsWords;
const MESSAGE = { title: say('One thing (#7)'), body: say('Asked for in a test.') };

beforeAll(async () => {
  stage = await startForge();
  ({ hub, forge, dir, git } = stage);
});
afterAll(() => stage.close());

describe('every "ensure" may be asked again', () => {
  test('issue: created, unchanged, updated', async () => {
    const i = { repo: R, marker: '<!-- m:1 -->', title: say('T'), body: say('B'), known: null };
    const a = await forge.ensureIssue(i);
    expect(a.outcome).toBe('created');
    expect(await forge.ensureIssue(i)).toEqual({ ...a, outcome: 'unchanged' });
    expect(await forge.ensureIssue({ ...i, body: say('B2') })).toEqual({
      ...a,
      at: expect.any(String),
      outcome: 'updated',
    });
    expect((await forge.ensureIssue({ ...i, body: say('B2'), known: a.number })).outcome).toBe('unchanged');
  });
  test('pull request, comment, ready, merge, close, branch', async () => {
    const pull = {
      repo: R,
      marker: '<!-- m:pr -->',
      title: say('One'),
      body: say('x'),
      head: 'one',
      base: 'main',
    };
    const p = await forge.ensureDraftPr(pull);
    expect([p.outcome, (await forge.ensureDraftPr(pull)).outcome]).toEqual(['created', 'unchanged']);
    expect(await forge.getPull(R, p.number)).toMatchObject({
      draft: true,
      state: 'open',
      merged: false,
      headSha: await git('rev-parse', 'one'),
    });
    const c = { repo: R, number: p.number, marker: '<!-- m:c -->', body: say('hello') };
    expect([
      (await forge.ensureComment(c)).outcome,
      (await forge.ensureComment(c)).outcome,
      (await forge.ensureComment({ ...c, body: say('hi') })).outcome,
    ]).toEqual(['created', 'unchanged', 'updated']);
    const at = {
      repo: R,
      number: p.number,
      sha: await git('rev-parse', 'one'),
      side: 'new' as const,
      startLine: null,
    };
    const line = { ...at, marker: '<!-- m:l -->', body: say('why?'), path: 'one.txt', line: 1 };
    const l = await forge.ensureLineComment(line);
    expect([l.outcome, (await forge.ensureLineComment(line)).outcome]).toEqual(['created', 'unchanged']);
    await expect(
      forge.ensureLineComment({ ...line, marker: '<!-- m:l2 -->', path: 'a.txt' }),
    ).rejects.toMatchObject({ kind: 'rejected' });
    const reply = {
      repo: R,
      number: p.number,
      inReplyTo: l.id,
      marker: '<!-- m:r -->',
      body: say('because'),
    };
    expect([(await forge.ensureReply(reply)).outcome, (await forge.ensureReply(reply)).outcome]).toEqual([
      'created',
      'unchanged',
    ]);
    expect((await forge.listReviewComments(R, p.number)).map((x) => [x.path, x.line, x.inReplyTo])).toEqual([
      ['one.txt', 1, null],
      ['one.txt', 1, l.id],
    ]);
    const newest = await forge.listNewestLineComments(R, 2);
    expect(newest.map((x) => [x.pull, x.inReplyTo, x.url.includes(`/pull/${p.number}#`)])).toEqual([
      [p.number, l.id, true],
      [p.number, null, true],
    ]);
    expect((await forge.listNewestLineComments(R, 1)).map((x) => x.inReplyTo)).toEqual([l.id]);
    const [thread] = await forge.listThreads(R, p.number);
    expect(thread).toMatchObject({ commentId: l.id, resolved: false });
    expect([
      await forge.ensureThread(R, thread!, true),
      await forge.ensureThread(R, { ...thread!, resolved: true }, true),
    ]).toEqual(['updated', 'unchanged']);
    expect((await forge.listThreads(R, p.number))[0]!.resolved).toBe(true);
    await expect(
      forge.ensureMerged(R, p.number, await git('rev-parse', 'one'), 'squash', MESSAGE),
    ).rejects.toMatchObject({ kind: 'rejected' });
    expect([await forge.ensureReady(R, p.number), await forge.ensureReady(R, p.number)]).toEqual([
      'updated',
      'unchanged',
    ]);
    expect([await forge.ensureDraft(R, p.number), await forge.ensureDraft(R, p.number)]).toEqual([
      'updated',
      'unchanged',
    ]);
    await forge.ensureReady(R, p.number);
    expect((await forge.listCommits(R, p.number)).map((x) => [x.sha, x.title])).toEqual([
      [await git('rev-parse', 'one'), 'one'],
    ]);
    const two = await forge.ensureDraftPr({
      ...pull,
      marker: '<!-- m:pr2 -->',
      title: say('Two'),
      head: 'two',
    });
    await forge.ensureReady(R, two.number);
    const merge = async (branch: string) =>
      forge.ensureMerged(R, p.number, await git('rev-parse', branch), 'squash', MESSAGE);
    // Bound to the commit, by a way that the repository allows, and through its queue where it has one.
    await expect(merge('two')).rejects.toMatchObject({ kind: 'rejected', why: 'head_moved' });
    const thing = hub.store.one('repo', (r) => r.full === R)!;
    for (const [rules, why] of [
      [{ methods: ['merge'] }, 'method'],
      [{ mergeQueue: true }, 'queue'],
    ] as const) {
      hub.store.update('repo', thing, { rules });
      await expect(merge('one')).rejects.toMatchObject({ kind: 'rejected', why });
      expect(await forge.mergeMethods(R)).toEqual(
        why === 'method' ? ['merge'] : ['squash', 'rebase', 'merge'],
      );
    }
    hub.store.update('repo', thing, { rules: {} });
    expect(
      (await forge.ensureMerged(R, p.number, await git('rev-parse', 'one'), 'squash', MESSAGE)).outcome,
    ).toBe('updated');
    expect(
      (await forge.ensureMerged(R, p.number, await git('rev-parse', 'one'), 'squash', MESSAGE)).outcome,
    ).toBe('unchanged');
    await forge.ensureMerged(R, two.number, await git('rev-parse', 'two'), 'merge', MESSAGE);
    await git('fetch', '-q', 'origin');
    // Both commits on main carry our words and none of the agent's.
    expect(await git('log', '-2', '--first-parent', '--format=%B', 'origin/main')).toBe(
      'One thing (#7)\n\nAsked for in a test.\n\nOne thing (#7)\n\nAsked for in a test.',
    );
    expect((await git('ls-tree', '--name-only', 'origin/main')).split('\n')).toEqual([
      'a.txt',
      'one.txt',
      'two.txt',
    ]);
    expect([await forge.ensureBranchGone(R, 'one'), await forge.ensureBranchGone(R, 'one')]).toEqual([
      'updated',
      'unchanged',
    ]);
    expect([await forge.ensureClosed(R, 1), await forge.ensureClosed(R, 1)]).toEqual([
      'updated',
      'unchanged',
    ]);
  });
});

test('pictures lie beside the code: on no branch, once, at an address that shows them, and gone when they are to go', async () => {
  const file = (name: string) => ({
    path: `${name}.png`,
    read: async () => Buffer.from(`\x89PNG of ${name}`, 'latin1'),
  });
  const i = {
    repo: R,
    ref: 'mainloop/pictures/t-1',
    message: say('Pictures'),
    files: [file('a'), file('b')],
  };
  const before = await git('ls-remote', 'origin', 'refs/heads/*');
  const first = await forge.ensureFiles(i);
  expect(first).toEqual({
    urls: [
      expect.stringMatching(/\/demo\/thing\/blob\/[0-9a-f]{40}\/a\.png\?raw=true$/),
      expect.stringContaining('/b.png'),
    ],
    outcome: 'created',
  });
  expect(await forge.ensureFiles(i)).toEqual({ ...first, outcome: 'unchanged' });
  const shown = await fetch(first.urls[0]!);
  expect([shown.status, shown.headers.get('content-type'), await shown.text()]).toEqual([
    200,
    'image/png',
    expect.stringContaining('of a'),
  ]);
  // What is there is not read again; what was shown before stays where it is.
  const more = await forge.ensureFiles({
    ...i,
    files: [{ path: 'a.png', read: () => Promise.reject(new Error('read')) }, file('c')],
  });
  expect(more.outcome).toBe('updated');
  for (const url of [...first.urls, ...more.urls]) expect((await fetch(url)).status).toBe(200);
  expect(await git('ls-remote', 'origin', 'refs/heads/*')).toBe(before);
  expect((await fetch(first.urls[0]!.replace('a.png', '..%2fa.png'))).status).not.toBe(200);
  expect((await fetch(first.urls[0]!.replace('a.png', 'none.png'))).status).not.toBe(200);
  expect([await forge.ensureRefGone(R, i.ref), await forge.ensureRefGone(R, i.ref)]).toEqual([
    'updated',
    'unchanged',
  ]);
  expect(await git('ls-remote', 'origin', 'refs/mainloop/*')).toBe('');
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
    const { number } = await f.ensureIssue({
      repo: R,
      marker: '<!-- m:i -->',
      title: say('T'),
      body: say('B'),
      known: null,
    });
    const c = { repo: R, number, marker: '<!-- m:q -->', body: say('Which?') };
    const { id } = await f.ensureComment(c);
    expect(await f.ensureComment({ ...c, body: say('Which? That one.'), known: id })).toEqual({
      id,
      outcome: 'updated',
    });
    expect(lagging.store.find('comment').map((x) => x.body.split('\n')[0])).toEqual(['Which? That one.']);
  } finally {
    await lagging.close();
  }
});

/** A run of the workflow a.yml on a commit. @returns with what its jobs have in common, which stand as it does */
function ranOn(sha: string, at: string, stands: Pick<WorkflowRun, 'status' | 'conclusion'>) {
  const { id: runId } = hub.store.insert('run', {
    repo: R,
    sha,
    branch: 'held',
    name: 'a',
    path: '.github/workflows/a.yml',
    event: 'pull_request',
    ...stands,
    createdAt: at,
    updatedAt: at,
  });
  const completedAt = stands.status === 'completed' ? at : null;
  return { runId, job: { repo: R, sha, runId, startedAt: at, completedAt, log: '', ...stands } };
}

test('a failed job that GitHub ended itself is told apart by what stands beside it, which is asked for once', async () => {
  const [sha, at] = ['d'.repeat(40), '2026-11-20T10:00:00Z'];
  const { job } = ranOn(sha, at, { status: 'completed', conclusion: 'failure' });
  const rejected = "The deployment was rejected or didn't satisfy other protection rules.";
  hub.store.insert('job', { ...job, name: 'deploy', annotations: [rejected] });
  hub.store.insert('job', { ...job, name: 'test', annotations: ['Process completed with exit code 1.'] });
  hub.store.insert('job', { ...job, name: 'silent' });
  const reader = github({ token: 'tok', baseUrl: hub.url });
  const asked = (): number => hub.reads.filter((read) => read.path.includes('/annotations')).length;
  const before = asked();
  for (let look = 0; look < 2; look++) {
    const { checks } = await reader.listChecks(R, sha, 'main');
    expect(checks.map((check) => [check.name, check.fault])).toEqual([
      ['deploy', { is: 'refused', words: rejected }],
      ['test', undefined],
      ['silent', undefined],
    ]);
  }
  expect(asked() - before).toBe(2);
});

test('a job that its environment holds waits for an approval; one that is rejected is no failure of the code', async () => {
  const [sha, at] = ['e'.repeat(40), '2026-11-20T10:00:00Z'];
  const thing = hub.store.one('repo', (r) => r.full === R)!;
  hub.store.update('repo', thing, { rules: { held: ['staging', 'production'] } });
  const { runId, job } = ranOn(sha, at, { status: 'waiting', conclusion: null });
  hub.store.insert('job', { ...job, name: 'deploy', environment: 'production' });
  const outcome = async () =>
    ciVerdict(await forge.listChecks(R, sha, 'main'), Date.parse(at) + 60_000).outcome;
  const review = async (token: string, body: object): Promise<number> =>
    (
      await fetch(`${hub.url}/repos/${R}/actions/runs/${runId}/pending_deployments`, {
        method: 'POST',
        headers: { authorization: `token ${token}` },
        body: JSON.stringify({ comment: '', ...body }),
      })
    ).status;
  try {
    expect(await outcome()).toMatchObject({
      is: 'pending',
      awaited: [{ name: 'deploy (a.yml)', isHeld: true }],
    });
    const rejected = { environment_ids: [2], state: 'rejected' };
    expect([
      await review('other', rejected),
      await review('tok', { environment_ids: [1], state: 'rejected' }),
      await review('tok', rejected),
    ]).toEqual([422, 422, 200]);
    expect(await outcome()).toMatchObject({
      is: 'infrastructure',
      troubled: [{ name: 'deploy (a.yml)', isRefused: true }],
    });
  } finally {
    hub.store.update('repo', thing, { rules: {} });
  }
});

test('checks: over 300 of them, each with its workflow, what is required, and what the token may not see', async () => {
  const [sha, at] = ['c'.repeat(40), '2026-11-20T10:00:00Z'];
  const { runId, job } = ranOn(sha, at, { status: 'completed', conclusion: null });
  for (let n = 0; n < 320; n++)
    hub.store.insert('job', { ...job, name: `job ${n}`, conclusion: n === 319 ? 'failure' : 'success' });
  hub.store.insert('job', {
    ...job,
    name: 'on a mac',
    conclusion: 'neutral',
    note: 'Not run here: there is no such machine',
  });
  for (let n = 0; n < 120; n++)
    hub.store.insert('status', { repo: R, sha, context: `s${n}`, state: 'success', createdAt: at });
  const thing = hub.store.one('repo', (r) => r.full === R)!;
  hub.store.update('repo', thing, { rules: { required: ['e2e'] } });
  try {
    const seen = await github({ token: 'tok', baseUrl: hub.url }).listChecks(R, sha, 'main');
    expect([seen.checks.length, seen.statuses.length, seen.suites.length, seen.unreadable]).toEqual([
      321,
      120,
      1,
      [],
    ]);
    expect(seen.checks.filter((c) => c.notHere).map((c) => c.name)).toEqual(['on a mac']);
    expect(seen.checks[0]).toMatchObject({
      app: 'github-actions',
      suite: runId,
      workflow: '.github/workflows/a.yml on pull_request',
      name: 'job 0',
    });
    expect(seen.suites[0]).toMatchObject({
      id: runId,
      attempt: 1,
      workflow: '.github/workflows/a.yml on pull_request',
    });
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

test('a poller pays only for news: what did not change is a 304 without a body, by the count of the one who answers', async () => {
  const memory = freshMemory();
  /**
   * What the local GitHub answered while `act` ran: the part of the address that tells them apart, the
   * status, whether a body went out.
   */
  const answered = async (act: () => Promise<unknown>): Promise<[string, number, boolean][]> => {
    const from = hub.reads.length;
    await act();
    return hub.reads
      .slice(from)
      .map((read) => [
        read.path.replace(/^.*?(issues|actions\/runs|branches\/main).*$/, '$1'),
        read.status,
        read.bytes > 0,
      ]);
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
  await forge.ensureIssue({
    repo: R,
    marker: '<!-- news -->',
    title: say('News'),
    body: say(''),
    known: null,
  });
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
  const headers = {
    authorization: 'token tok',
    'if-none-match': memory.etags.get('/repos/{owner}/{repo}/actions/runs?per_page=50')!,
  };
  const raw = await fetch(`${hub.url}/repos/${R}/actions/runs?per_page=50`, { headers });
  expect([raw.status, (await raw.arrayBuffer()).byteLength]).toEqual([304, 0]);
});

test('webhooks are signed and say what happened', async () => {
  expect(stage.heard.length).toBeGreaterThan(5);
  expect(stage.heard.every((h) => h.good)).toBe(true);
  const examples = require('@octokit/webhooks-examples') as { name: string; examples: object[] }[];
  for (const heard of stage.heard) {
    const known = (
      Array.isArray(examples) ? examples : (examples as { default: typeof examples }).default
    ).find((e) => e.name === heard.event);
    expect(known).toBeDefined();
    const keys = new Set(known!.examples.flatMap((e) => Object.keys(e)));
    for (const key of Object.keys(heard.payload))
      expect([heard.event, key, keys.has(key)]).toEqual([heard.event, key, true]);
  }
});

test("what we ask over GraphQL fits GitHub's own schema", async () => {
  const calls = (await (
    await fetch(`${hub.url}/_local/calls`, { headers: { authorization: 'token operator-secret-for-tests' } })
  ).json()) as {
    path: string;
    body: { query: string; variables: Record<string, unknown> };
  }[];
  const asked = [...new Set(calls.filter((c) => c.path === '/graphql').map((c) => c.body.query))];
  // Ready for review and a draft again, the threads of a pull request, resolve one: each was asked above.
  expect(asked).toHaveLength(4);
  for (const q of asked) expect([q, validate(q)]).toEqual([q, []]);
});

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
  expect(
    (await forge.listIssueComments(R, own.number)).map((x) => [x.author, x.mine, isOurComment(x)]),
  ).toEqual([
    ['stranger', false, false],
    ['mainloop', true, true],
  ]);
});

describe('a look at a repository as a whole', () => {
  test('all files of a commit with their sizes, the text of one, and open issues that are not ours', async () => {
    await git('checkout', '-q', '-B', 'deep', 'main');
    mkdirSync(path.join(dir, 'lib/very/deep'), { recursive: true });
    writeFileSync(path.join(dir, 'lib/very/deep/ünder the sea.rb'), '# TODO: come up again\n');
    writeFileSync(path.join(dir, 'raw.bin'), Buffer.from([1, 0, 2]));
    await git('add', '-A');
    await git('commit', '-qm', 'deep');
    await git('push', '-q', 'origin', 'deep');
    const sha = await git('rev-parse', 'deep');
    const { files, isWhole } = await forge.listFiles(R, sha);
    expect(isWhole).toBe(true);
    expect(files).toContainEqual({ path: 'lib/very/deep/ünder the sea.rb', sizeBytes: 22 });
    expect(files.map((file) => file.path)).toEqual(
      (await git('ls-tree', '-r', '-z', '--name-only', 'deep')).split('\0').filter(Boolean),
    );
    expect((await forge.listFiles(R, 'deep')).files).toEqual(files);
    expect(await forge.readText(R, sha, 'lib/very/deep/ünder the sea.rb')).toBe('# TODO: come up again\n');
    expect(await forge.readText(R, sha, 'raw.bin')).toBeNull();
    expect(await forge.readText(R, sha, 'lib/very')).toBeNull();
    expect(await forge.readText(R, sha, 'a.txt')).toBe('a\n');
    expect(await forge.readText(R, sha, 'nothing/here.txt')).toBeNull();
    await forge.ensureIssue({ repo: R, marker: '<!-- mainloop:t-9:plan -->', title: say('Ours'), body: say('B'), known: null }); // prettier-ignore
    await fetch(`${hub.url}/repos/${R}/issues`, {
      method: 'POST',
      headers: { authorization: 'token other', 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Says it is ours', body: 'Look away. <!-- mainloop:t-9:plan -->' }),
    });
    const theirs = (await forge.listOpenIssues(R)).map((issue) => issue.title);
    expect(theirs).not.toContain('Ours');
    expect(theirs).toContain('Says it is ours');
    await expect(forge.listFiles('nobody/nothing', sha)).rejects.toMatchObject({ kind: 'not_found' });
  });
});
