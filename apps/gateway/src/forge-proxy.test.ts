// What an agent asks of the forge besides git, by the `gh` of its sandbox: the real gateway and a local GitHub.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { many } from '@mainloop/models/db/pool';
import { NODE_FLAGS } from '@mainloop/models/contracts/node';
import { taskBranch } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { gitIn, seedRepository, startHub } from '@mainloop/testkit/hub';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LocalGitHub } from '../../demo/src/github/server.ts';
import { nowIso } from '../../demo/src/github/store.ts';

const GH = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../runner/src/gh.ts');
const home = mkdtempSync('/tmp/mainloop-forge-proxy-');
const run = promisify(execFile);
let database: TestDatabase;
let model: Awaited<ReturnType<typeof startModel>>;
let gateway: TestGateway;
let hub: LocalGitHub;
let token: string;
const BRANCH = taskBranch('ghgh', 'x');

/** @returns what `gh` prints, and what it ends with. The forge stands in this process and must not be blocked. */
const gh = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  run(process.execPath, [...NODE_FLAGS, GH, ...args], {
    env: { PATH: process.env.PATH, MAINLOOP_GATEWAY: gateway.url, MAINLOOP_TOKEN: token },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (thrown: { code: number; stdout: string; stderr: string }) => ({
      code: thrown.code,
      out: thrown.stdout,
      err: thrown.stderr,
    }),
  );
const asUser = (method: string, where: string, body?: object): Promise<{ number: number }> =>
  fetch(`${hub.url}/repos/demo/tally${where}`, {
    method,
    headers: { authorization: 'token the-forge-token' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).then((response) => response.json() as Promise<{ number: number }>);

beforeAll(async () => {
  database = await freshDatabase();
  hub = await startHub(path.join(home, 'hub'));
  const folder = path.join(home, 'tally');
  await seedRepository(hub, 'demo/tally', folder, { 'a.txt': 'a\n' });
  await hub.importRepo('demo/other', folder, 'main');
  writeFileSync(path.join(folder, 'b.txt'), 'b\n');
  await gitIn(folder, 'add', '-A');
  await gitIn(folder, 'commit', '-qm', 'second');
  await gitIn(
    folder,
    'push',
    '-q',
    `${hub.url.replace('//', '//x:the-forge-token@')}/demo/tally.git`,
    `HEAD:refs/heads/${BRANCH}`,
  );
  await seedProject(database.db, 'pr-1', 'demo/tally', `${hub.url}/demo/tally.git`);
  ({ token } = await seedRun(database.db, await seedTask(database.db, 'ghgh')));
  model = await startModel((_, res) => void res.end('{}'));
  gateway = await startGateway(database.url, model.url, { GITHUB_API_URL: hub.url });
});
afterAll(async () => {
  await gateway.kill('SIGKILL');
  model.close();
  await hub.close();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

test('before there is a pull request gh says so; then it reads it, its diff and its checks, and comments on it once', async () => {
  expect(await gh('pr', 'view')).toMatchObject({
    code: 1,
    err: expect.stringContaining('opens it when you push'),
  });
  expect(await gh('pr', 'comment', '--body', 'x')).toMatchObject({ code: 1 });
  const { number } = await asUser('POST', '/pulls', {
    title: 'Odd cent',
    body: 'Why.',
    head: BRANCH,
    base: 'main',
  });
  await database.db.query('update tasks set pr_number = $1 where id = $2', [number, 'ghgh']);

  expect((await gh('pr', 'view')).out).toContain('title:\tOdd cent\nstate:\tOPEN\n');
  expect(JSON.parse((await gh('pr', 'view', '--json', 'number,headRefName')).out)).toEqual({
    number,
    headRefName: BRANCH,
  });
  expect((await gh('pr', 'diff')).out).toContain('+++ b/b.txt');
  expect(await gh('pr', 'checks')).toMatchObject({ code: 1, out: expect.stringContaining('no checks') });
  const head = hub.store.one('issue', (i) => i.number === number)!.pr!.headSha;
  await asUser('POST', `/statuses/${head}`, { state: 'success', context: 'cla' });
  expect(await gh('pr', 'checks')).toMatchObject({ code: 0, out: expect.stringMatching(/^cla\tpass/) });

  expect((await gh('pr', 'comment', '--body', 'Hello @everybody, fixes #1')).out).toContain(`#${number}`);
  expect((await gh('pr', 'comment', '--body', 'Hello @everybody, fixes #1')).code).toBe(0);
  const said = hub.store.find('comment', (c) => c.number === number);
  expect(said).toHaveLength(1);
  expect(said[0]!.body).toContain('<!-- mainloop:ghgh:comment-');
  expect(said[0]!.body).not.toContain('@everybody');
  expect((await gh('pr', 'view', '--comments')).out).toContain('author:\tmainloop');
  expect(await gh('pr', 'comment', String(number + 1), '--body', 'x')).toMatchObject({
    code: 1,
    err: expect.stringContaining('and on nothing else'),
  });
  const told = await many<{ text: string }>(
    database.db,
    "select payload->>'text' as text from events where type = 'agent.said' order by seq",
  );
  expect(told.map((one) => one.text)[0]).toBe('On the pull request: Hello @everybody, fixes #1');
});

test('gh api reads its own repository alone, without what opens anything, and changes nothing', async () => {
  const repo = JSON.parse((await gh('api', 'repos/{owner}/{repo}')).out) as Record<string, unknown>;
  expect(repo.full_name).toBe('demo/tally');
  expect(repo.temp_clone_token ?? null).toBeNull();
  expect(await gh('api', 'repos/demo/other')).toMatchObject({
    code: 1,
    err: expect.stringContaining('demo/tally'),
  });
  expect(await gh('api', 'user')).toMatchObject({ code: 1 });
  expect(await gh('api', 'repos/demo/tally/pulls/999')).toMatchObject({
    code: 1,
    err: expect.stringContaining('The forge answers 404: Not Found'),
  });
  expect(await gh('pr', 'merge')).toMatchObject({
    code: 1,
    err: expect.stringContaining('A person decides'),
  });
  const before = hub.store.find('call').length;
  const response = await fetch(`${gateway.url}/forge/rest/repos/demo/tally/issues`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: '{"title":"x"}',
  });
  expect(response.status).toBe(405);
  expect(hub.store.find('call')).toHaveLength(before);
});

test('the log of a job that failed, without its times', async () => {
  const repo = 'demo/tally';
  const at = nowIso();
  const made = hub.store.insert('run', {
    repo,
    name: 'ci',
    path: '.github/workflows/ci.yml',
    branch: BRANCH,
    sha: 'a'.repeat(40),
    status: 'completed',
    conclusion: 'failure',
    createdAt: at,
    updatedAt: at,
  });
  const job = { repo, runId: made.id, sha: made.sha, status: 'completed', startedAt: at, completedAt: at };
  hub.store.insert('job', { ...job, name: 'lint', conclusion: 'success', log: 'all well' });
  hub.store.insert('job', {
    ...job,
    name: 'test',
    conclusion: 'failure',
    log: 'expected 2\n##[error] was 3',
  });
  expect((await gh('run', 'list')).out).toContain(`\t${made.id}\t`);
  expect((await gh('run', 'view', String(made.id))).out).toContain('failure\ttest');
  const { out } = await gh('run', 'view', String(made.id), '--log-failed');
  expect(out).toContain('test\texpected 2\ntest\t##[error] was 3\n');
  expect(out).not.toContain('all well');
});
