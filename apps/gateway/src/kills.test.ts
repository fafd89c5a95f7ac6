// The gateway ended in the middle, at each place that is named for it: what it had done is done, is written
// down, and is done once.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { many, one } from '@mainloop/models/db/pool';
import { taskBranch } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, type TestGateway } from '@mainloop/testkit/gateway';
import { seedRepository, startHub } from '@mainloop/testkit/hub';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { execFile, execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../tools/free-port.ts';
import type { LocalGitHub } from '../../demo/src/github/server.ts';

const home = mkdtempSync('/tmp/gateway-kills-');
const failpoints = path.join(home, 'failpoints');
const CLEAN = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
const AS = ['-c', 'user.name=x', '-c', 'user.email=x@x'];
const git = (dir: string, ...a: string[]): string =>
  execFileSync('git', [...AS, ...a], { cwd: dir, env: CLEAN, encoding: 'utf8' });
/** Where our own forge answers, which is in this process. */
const far = async (dir: string, ...a: string[]): Promise<string> =>
  (await promisify(execFile)('git', a, { cwd: dir, env: CLEAN })).stdout;
let database: TestDatabase;
let hub: LocalGitHub;
let gateway: TestGateway;
const start = async (): Promise<void> => {
  gateway = await startGateway(database.url, 'http://127.0.0.1:9', {
    MAINLOOP_FAILPOINTS: failpoints,
    MAINLOOP_HOME: path.join(home, 'gateway'),
  });
};

/** @param port one that the kernel gives to nobody meanwhile; for the one that comes back, its own */
const openHub = async (port: number): Promise<void> => {
  hub = await startHub(path.join(home, 'github'), { port });
};

beforeAll(async () => {
  const folder = path.join(home, 'repo');
  for (const d of [failpoints, path.join(home, 'gateway')]) mkdirSync(d);
  await openHub(await freePort());
  await seedRepository(hub, 'local/repo', folder, { 'README.md': '# Notes\n' });
  database = await freshDatabase();
  await seedProject(database.db, 'pr-1', 'local/repo', `${hub.url}/local/repo.git`);
  await start();
});
afterAll(async () => {
  await gateway?.kill('SIGKILL');
  await hub?.close();
  await database?.drop();
  rmSync(home, { recursive: true, force: true });
});

/** Arms a point, does what runs into it, and starts the next gateway. */
async function killedAt(point: string, act: () => Promise<unknown>): Promise<void> {
  const file = path.join(failpoints, point);
  writeFileSync(file, '');
  await act();
  // Whoever runs into it takes it away and ends.
  expect([point, existsSync(file)]).toEqual([point, false]);
  await gateway.kill('SIGKILL');
  await start();
}
const tell = async (token: string, to: string, body: object, again: boolean): Promise<number | null> => {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...(again ? { 'x-mainloop-again': 'yes' } : {}),
  };
  // It ends in the middle of this.
  return (
    (
      await fetch(`${gateway.url}${to}`, { method: 'POST', headers, body: JSON.stringify(body) }).catch(
        () => null,
      )
    )?.status ?? null
  );
};
const count = async (taskId: string, type: string): Promise<number> =>
  (await one<{ n: number }>(
    database.db,
    'select count(*)::int as n from events where task_id = $1 and type = $2',
    [taskId, type],
  ))!.n;

interface Work {
  readonly dir: string;
  /** 'pushed', or what git said */
  push(): Promise<string>;
}
async function work(id: string): Promise<Work> {
  const { token } = await seedRun(database.db, await seedTask(database.db, id));
  const dir = path.join(home, id);
  const header = `http.extraHeader=Authorization: Bearer ${token}`;
  await far(home, '-c', header, 'clone', '-q', `${gateway.url}/git/repo.git`, dir);
  git(dir, 'checkout', '-q', '-b', 'work', 'origin/main');
  git(dir, 'commit', '-q', '--allow-empty', '-m', 'work');
  return {
    dir,
    push: () =>
      new Promise((done) => {
        const to = [`${gateway.url}/git/repo.git`, `HEAD:refs/heads/${taskBranch(id, 'x')}`];
        execFile('git', ['-c', header, 'push', '-q', ...to], { cwd: dir, env: CLEAN }, (err, _, said) =>
          done(err === null ? 'pushed' : said),
        );
      }),
  };
}

test.each(['gateway.push.before', 'gateway.push.after'])(
  '%s: a push that is pushed again is on the forge and in the log, once',
  async (point) => {
    const id = point.replaceAll('.', '-');
    const { dir, push } = await work(id);
    const sha = git(dir, 'rev-parse', 'HEAD').trim();
    await killedAt(point, async () =>
      expect(await push()).toMatch(/RPC failed|hung up|unexpected disconnect/),
    );
    expect(await push()).toBe('pushed');
    expect(
      await far(dir, 'ls-remote', `${hub.url}/local/repo.git`, `refs/heads/${taskBranch(id, 'x')}`),
    ).toContain(sha);
    expect(
      await many(
        database.db,
        "select payload->>'sha' as sha from events where task_id = $1 and type = 'branch.pushed'",
        [id],
      ),
    ).toEqual([{ sha }]);
  },
);

test.each(['gateway.talk.before', 'gateway.talk.after'])(
  '%s: what is said again is heard once',
  async (point) => {
    const id = point.replaceAll('.', '-');
    const { token } = await seedRun(database.db, await seedTask(database.db, id));
    const ask = { question: 'Which?', options: [], multiple: false };
    await killedAt(point, async () =>
      expect(await tell(token, '/talk/say', { text: 'Half is done.' }, false)).toBeNull(),
    );
    expect(await tell(token, '/talk/say', { text: 'Half is done.' }, true)).toBe(200);
    await killedAt(point, async () => expect(await tell(token, '/talk/ask', ask, false)).toBeNull());
    expect(await tell(token, '/talk/ask', ask, true)).toBe(200);
    expect([await count(id, 'agent.said'), await count(id, 'inbox.opened')]).toEqual([1, 1]);
  },
);

test.each([
  ['gateway.result.before', 200],
  // It has ended: whoever says so again is told that this run is none any more.
  ['gateway.result.after', 401],
] as const)('%s: a run ends once', async (point, status) => {
  const id = point.replaceAll('.', '-');
  const { token } = await seedRun(database.db, await seedTask(database.db, id));
  const result = { outcome: { kind: 'completed', summary: 'Done.' }, outputEnd: 0 };
  await killedAt(point, async () => expect(await tell(token, '/run/result', result, false)).toBeNull());
  expect(await tell(token, '/run/result', result, false)).toBe(status);
  expect(await count(id, 'run.ended')).toBe(1);
});

test('a second push that was forwarded and not written down is told with its own commits, not with those of the first', async () => {
  const { dir, push } = await work('second');
  expect(await push()).toBe('pushed');
  git(dir, 'commit', '-q', '--allow-empty', '-m', 'more');
  await killedAt('gateway.push.after', async () => expect(await push()).not.toBe('pushed'));
  expect(await push()).toBe('pushed');
  const told = await many<{ titles: string }>(
    database.db,
    `select jsonb_path_query_array(payload, '$.commits[*].title')::text as titles from events where task_id = $1 and type = 'branch.pushed' order by seq`,
    ['second'],
  );
  expect(told.map((push) => push.titles)).toEqual(['["work"]', '["more"]']);
});

test('what was forwarded is written down by the next gateway, also when its agent never pushes again', async () => {
  const { dir, push } = await work('once');
  await killedAt('gateway.push.after', async () => expect(await push()).not.toBe('pushed'));
  const sha = git(dir, 'rev-parse', 'HEAD').trim();
  const told = () =>
    many(
      database.db,
      "select payload->>'sha' as sha from events where task_id = 'once' and type = 'branch.pushed'",
    );
  await until('it to be written down', async () => (await told()).length > 0);
  expect(await told()).toEqual([{ sha }]);
  // Pushed again all the same, it is no second one.
  expect(await push()).toBe('pushed');
  expect(await told()).toEqual([{ sha }]);
});

test('a forge that goes away under a push and comes back: the push waits for it, and nobody hears of a refusal', async () => {
  const { dir, push } = await work('away');
  const port = Number(new URL(hub.url).port);
  await hub.close();
  // What stands there meanwhile hangs up on everybody.
  let calls = 0;
  const dead = createServer((socket) => void (calls++, socket.destroy())).listen(port, '127.0.0.1');
  const pushed = push();
  let ended = false;
  // Either is an end of the wait below; what came of it is looked at after it.
  void pushed.finally(() => (ended = true));
  while (calls < 4 && !ended) await sleep(50);
  await new Promise((closed) => dead.close(closed));
  await openHub(port);
  expect(await pushed).toBe('pushed');
  expect(
    await far(dir, 'ls-remote', `${hub.url}/local/repo.git`, `refs/heads/${taskBranch('away', 'x')}`),
  ).toContain(git(dir, 'rev-parse', 'HEAD').trim());
  expect([await count('away', 'branch.pushed'), await count('away', 'push.refused')]).toEqual([1, 0]);
});
