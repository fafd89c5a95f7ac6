// Tasks beside each other, in the gateway's real process, between real git and a real forge: who is told of what, and when
// it is over.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listCollisions } from '@mainloop/models/db/awareness/collisions';
import { many, one } from '@mainloop/models/db/pool';
import { appendOnce } from '@mainloop/models/db/log';
import { pullRequestMerged } from '@mainloop/models/events/forge';
import { taskEnded } from '@mainloop/models/events/tasks';
import type { Collision } from '@mainloop/models/flow/awareness/collisions';
import { OWNER, taskBranch } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { CLEAN_GIT, gitIn, seedRepository, startHub } from '@mainloop/testkit/hub';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LocalGitHub } from '../../demo/src/github/server.ts';

let database: TestDatabase;
let model: Awaited<ReturnType<typeof startModel>>;
let gateway: TestGateway;
let hub: LocalGitHub;
const home = mkdtempSync('/tmp/mainloop-awareness-');
/** The forge stands in this process: whoever talks to it must not block it. */
const far = promisify(execFile);
const LINES = Array.from({ length: 20 }, (_, n) => `${n + 1}\n`);
const withLine = (n: number, text: string): string => LINES.with(n - 1, `${text}\n`).join('');

const at = (iso: string, name: string, email: string): NodeJS.ProcessEnv => ({
  ...CLEAN_GIT,
  GIT_AUTHOR_NAME: name,
  GIT_AUTHOR_EMAIL: email,
  GIT_COMMITTER_NAME: name,
  GIT_COMMITTER_EMAIL: email,
  GIT_AUTHOR_DATE: iso,
  GIT_COMMITTER_DATE: iso,
});

beforeAll(async () => {
  database = await freshDatabase();
  hub = await startHub(path.join(home, 'hub'));
  const files = { a: LINES.join(''), b: LINES.join(''), c: LINES.join('') };
  await seedRepository(hub, 'demo/tally', path.join(home, 'tally'), files);
  await seedProject(database.db, 'pr-1', 'demo/tally', `${hub.url}/demo/tally.git`);
  model = await startModel((_, res) => void res.end('{}'));
  gateway = await startGateway(database.url, model.url);
});
afterAll(async () => {
  await gateway.kill('SIGKILL');
  model.close();
  await hub.close();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

interface Work {
  put(file: string, text: string): void;
  /** @returns the commit that was pushed */
  push(): Promise<string>;
}
async function work(id: string): Promise<Work> {
  const { token } = await seedRun(database.db, await seedTask(database.db, id));
  const dir = path.join(home, `work-${id}`);
  const header = ['-c', `http.extraHeader=Authorization: Bearer ${token}`];
  await far('git', [...header, 'clone', '-q', `${gateway.url}/git/repo.git`, dir], { env: CLEAN_GIT });
  await gitIn(dir, 'checkout', '-q', '-b', taskBranch(id, 'x'), 'origin/main');
  return {
    put(file, text) {
      mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      writeFileSync(path.join(dir, file), text);
    },
    async push() {
      await gitIn(dir, 'add', '-A');
      await gitIn(dir, 'commit', '-qm', 'x', '--allow-empty');
      const to = `HEAD:refs/heads/${taskBranch(id, 'x')}`;
      await far('git', [...header, 'push', '-q', '-f', 'origin', to], { cwd: dir, env: CLEAN_GIT });
      return gitIn(dir, 'rev-parse', 'HEAD');
    },
  };
}

const collisionsOf = (id: string): Promise<{ otherId: string; files: Collision[] }[]> =>
  many(
    database.db,
    'select other_id as "otherId", files from collisions where task_id = $1 order by other_id',
    [id],
  );
/** The look behind a push ends with who knows its files. */
const looked = (id: string, sha: string): Promise<unknown> =>
  until(`a look at ${id}`, () =>
    one(
      database.db,
      "select 1 from events where type = 'area.known' and task_id = $1 and payload->>'sha' = $2",
      [id, sha],
    ),
  );
const toldTo = async (id: string): Promise<{ heard: boolean; text: string }[]> =>
  many(
    database.db,
    `select delivered_at is not null as heard, payload->>'text' as text from run_commands where task_id = $1 order by id`,
    [id],
  );
const end = (taskId: string): Promise<unknown> =>
  appendOnce(
    database.db,
    [taskEnded.new({ taskId, actor: 'mainloop', payload: { state: 'done', how: 'merged', left: '' } })],
    OWNER,
  );

test('two tasks that will collide are told it once, with their own files and lines, until they fit', async () => {
  const [one_, other] = [await work('one'), await work('two')];
  one_.put('a', withLine(5, 'of one'));
  other.put('a', withLine(5, 'of two'));
  await looked('one', await one_.push());
  expect(await collisionsOf('one')).toEqual([]);
  await looked('two', await other.push());
  const files = [{ path: 'a', how: 'changed', lines: [[5, 5]], theirs: [[5, 5]] }];
  expect(await collisionsOf('one')).toEqual([{ otherId: 'two', files }]);
  const shown = (of: ReadonlyMap<string, unknown>): string[] => [...of.keys()].toSorted();
  expect(shown(await listCollisions(database.db, OWNER))).toEqual(['one', 'two']);
  expect(shown(await listCollisions(database.db, OWNER, 'two'))).toEqual(['two']);
  expect(await collisionsOf('two')).toEqual([{ otherId: 'one', files }]);
  for (const [id, title] of [
    ['one', 'Task two'],
    ['two', 'Task one'],
  ] as const) {
    const told = await toldTo(id);
    expect(told).toHaveLength(1);
    expect(told[0]!.text).toContain(`Task: ${title}\na: line 5 (line 5 there)`);
  }
  // Its lines move, and another file is changed that only one of them changes: nothing is said anew.
  one_.put('a', `new\n${withLine(5, 'of one')}`);
  one_.put('b', withLine(1, 'of one'));
  await looked('one', await one_.push());
  expect((await collisionsOf('two'))[0]?.files).toEqual([{ ...files[0], theirs: [[6, 6]] }]);
  expect([await toldTo('one'), await toldTo('two')].map((told) => told.length)).toEqual([1, 1]);
  // A second file is news.
  other.put('b', withLine(1, 'of two'));
  await looked('two', await other.push());
  expect((await collisionsOf('two'))[0]?.files.map((file) => file.path)).toEqual(['a', 'b']);
  expect((await toldTo('one')).map(({ heard, text }) => [heard, text.includes('\nb: line 1')])).toEqual([
    [true, false],
    [false, true],
  ]);
  other.put('a', LINES.join(''));
  other.put('b', LINES.join(''));
  await looked('two', await other.push());
  expect([await collisionsOf('one'), await collisionsOf('two')]).toEqual([[], []]);
  // Nobody had heard it, and nobody hears it now.
  expect((await toldTo('one')).every(({ heard }) => heard)).toBe(true);
  const types = await many<{ type: string; n: number }>(
    database.db,
    "select type, count(*)::int as n from events where type like 'collision.%' group by 1 order by 1",
  );
  expect(types).toEqual([
    { type: 'collision.cleared', n: 2 },
    { type: 'collision.found', n: 6 },
  ]);
  await Promise.all([end('one'), end('two')]);
});

test('of a task that has ended nothing is told, and what was told of it is over', async () => {
  const [first, second] = [await work('first'), await work('second')];
  first.put('c', withLine(9, 'x'));
  await looked('first', await first.push());
  second.put('c', withLine(9, 'y'));
  await looked('second', await second.push());
  expect(await collisionsOf('second')).toHaveLength(1);
  await end('first');
  const third = await work('third');
  third.put('c', withLine(9, 'z'));
  await looked('third', await third.push());
  expect((await collisionsOf('third')).map(({ otherId }) => otherId)).toEqual(['second']);
  expect(await collisionsOf('second')).toMatchObject([{ otherId: 'third' }]);
  expect(await collisionsOf('first')).toEqual([]);
  await Promise.all([end('second'), end('third')]);
});

test('what collides with the default branch is not told a second time as a collision with a task', async () => {
  const late = await work('late');
  late.put('b', withLine(3, 'of late'));
  await looked('late', await late.push());
  const tally = path.join(home, 'tally');
  const remote = `${hub.url}/demo/tally.git`;
  const signed = ['-c', `http.extraHeader=Authorization: Basic ${btoa('x:the-forge-token')}`];
  writeFileSync(path.join(tally, 'b'), withLine(3, 'of main'));
  await gitIn(tally, 'commit', '-qam', 'main moves');
  await far('git', [...signed, 'push', '-q', remote, 'HEAD:refs/heads/main'], { cwd: tally, env: CLEAN_GIT });
  // It begins from the newer main, so merging the two conflicts all the same.
  const newer = await work('newer');
  newer.put('a', withLine(1, 'of newer'));
  await looked('newer', await newer.push());
  expect([await collisionsOf('late'), await collisionsOf('newer')]).toEqual([[], []]);
  expect(await toldTo('late')).toEqual([]);
  await Promise.all([end('late'), end('newer')]);
});

test('who changed the files of a change before is known by people and tasks, without machines', async () => {
  const tally = path.join(home, 'tally');
  mkdirSync(path.join(tally, 'area'), { recursive: true });
  const commit = async (env: NodeJS.ProcessEnv, text: string): Promise<void> => {
    writeFileSync(path.join(tally, 'area/x'), text);
    await far('git', ['add', '-A'], { cwd: tally, env });
    await far('git', ['commit', '-qm', 'x'], { cwd: tally, env });
  };
  await commit(at('2026-01-02T00:00:00Z', 'Ada\u202e @everyone', 'ada@x.org'), '1\n');
  await commit(at('2026-02-02T00:00:00Z', 'renovate[bot]', 'bot@x.org'), '2\n');
  await commit(at('2026-03-02T00:00:00Z', 'An agent', 'agent@x.org'), '3\n');
  const merged = await gitIn(tally, 'rev-parse', 'HEAD');
  const earlier = await seedTask(database.db, 'earlier');
  const payload = { number: 7, sha: merged };
  await appendOnce(
    database.db,
    [pullRequestMerged.new({ taskId: earlier, actor: 'mainloop', payload })],
    OWNER,
  );
  const signed = ['-c', `http.extraHeader=Authorization: Basic ${btoa('x:the-forge-token')}`];
  const remote = `${hub.url}/demo/tally.git`;
  await far('git', [...signed, 'push', '-q', remote, 'HEAD:refs/heads/main'], { cwd: tally, env: CLEAN_GIT });
  const asking = await work('asking');
  asking.put('area/x', '4\n');
  await looked('asking', await asking.push());
  const known = await one<{ payload: unknown }>(
    database.db,
    "select payload - 'sha' as payload from events where type = 'area.known' and task_id = 'asking'",
  );
  expect(known?.payload).toEqual({ people: ['Ada[U+202E] @everyone'], tasks: ['earlier'] });
});
