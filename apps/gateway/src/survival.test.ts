// One request must never end the gateway for everybody: the real process over a real Postgres, and what an
// attacker may send it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SANDBOX_GID } from '@mainloop/models/contracts/runner';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { statSync } from 'node:fs';
import path from 'node:path';

let database: TestDatabase;
let model: Awaited<ReturnType<typeof startModel>>;
let gateway: TestGateway;
let mine: string;
let other: string;

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  mine = (await seedRun(database.db, await seedTask(database.db, 'aaaa'))).token;
  other = (await seedRun(database.db, await seedTask(database.db, 'bbbb'))).token;
  model = await startModel((_, res) => void res.end('{}'));
  gateway = await startGateway(database.url, model.url);
});
afterAll(async () => {
  await gateway.kill('SIGKILL');
  model.close();
  await database.drop();
});

/** The process lives and answers another run what it asked. */
async function answersOthers(): Promise<void> {
  expect(gateway.exit()).toBeNull();
  const response = await fetch(`${gateway.url}/run/asked`, { headers: { authorization: `Bearer ${other}` } });
  expect(await response.json()).toEqual({ asked: false });
}

describe('what is not what it says it is', () => {
  test.each([
    ['junk that says it is gzip', 'gzip', Buffer.from('certainly not gzip'), 400],
    ['an encoding that git does not use', 'br', Buffer.from('x'), 415],
  ])('%s', async (_, encoding, body, status) => {
    const response = await fetch(`${gateway.url}/git/repo.git/git-upload-pack`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mine}`, 'content-encoding': encoding },
      body,
    });
    expect(response.status).toBe(status);
    await answersOthers();
  });
});

test('a machine without git answers in words', async () => {
  const lame = await startGateway(database.url, model.url, { PATH: '/nowhere' });
  try {
    const response = await fetch(`${lame.url}/git/repo.git/git-upload-pack`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mine}` },
      body: '0000',
    });
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('ENOENT');
    expect(lame.exit()).toBeNull();
  } finally {
    await lame.kill('SIGKILL');
  }
});

test('what was refused stands in the log as one line, with the ids of its run', async () => {
  const ask = (token: string): Promise<Response> =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'another', max_tokens: 10, messages: [] }),
    });
  const answers = await Promise.all([ask(mine), ask(other)]);
  expect(answers.map((a) => a.status)).toEqual([403, 403]);
  const inLog = (): Record<string, unknown>[] =>
    gateway
      .log()
      .split('\n')
      // Its last line may be half written.
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.msg === 'a model request was refused');
  const refused = await until('both lines', async () => (inLog().length === 2 ? inLog() : null));
  expect(refused.map((l) => [l.name, l.level, l.ownerId, l.taskId, l.runId]).toSorted()).toEqual([
    ['gateway', 'warn', 'owner', 'aaaa', expect.stringMatching(/^aaaa-r/)],
    ['gateway', 'warn', 'owner', 'bbbb', expect.stringMatching(/^bbbb-r/)],
  ]);
});

test('its socket is open to sandboxes and to nobody else of this machine', () => {
  const socket = path.join(gateway.home, 'run/gateway/gateway.sock');
  const { mode, uid, gid } = statSync(socket);
  const byRoot = process.getuid!() === 0;
  expect([(mode & 0o777).toString(8), uid, gid]).toEqual(
    byRoot ? ['660', 0, SANDBOX_GID] : ['600', process.getuid!(), process.getgid!()],
  );
});
