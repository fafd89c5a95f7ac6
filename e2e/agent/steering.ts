// What reaches an agent that works: words, a pause, the end of its time, what is wrong in a file that it has
// just edited.
import { expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { detail, dir, events, inDatabase, items, output, printed, s, settings, spawn } from './stage.ts';

test('what is said in mid-run reaches the agent before its next model call', async () => {
  const id = await spawn('steer');
  await printed(id, 'the long command runs');
  expect(await s.call('steerTask', { id, body: { text: 'Make it blue.' } })).toEqual({ heard: 'now' });
  await inDatabase((db) =>
    until('the agent to have it', async () => {
      const told = await db.query(
        'select 1 from run_commands where task_id = $1 and delivered_at is not null',
        [id],
      );
      return told.rowCount === 1;
    }),
  );
  writeFileSync(path.join(s.home, 'sandboxes', id, 'work/go-on'), '');
  await until('the run to end', async () => (await detail(id)).runs.some((r) => r.state === 'ended'));
  expect((await detail(id)).runs.filter((r) => r.phase === 'implement')).toHaveLength(1);
  expect(await output(id)).toContain('painted blue');
  expect((await events(id)).filter((e) => e.type === 'task.steered')).toHaveLength(1);
});

test('what is said when nobody listens starts the next run, once', async () => {
  const id = await spawn('nopush');
  const failure = await until('the failure', async () => (await items(id)).find((i) => i.kind === 'failure'));
  expect(await s.call('steerTask', { id, body: { text: 'Make it green.' } })).toEqual({ heard: 'next_run' });
  await s.call('decide', { id: failure.id, body: { decision: 'retry' } });
  await printed(id, 'painted green');
  await until('the next failure', async () =>
    (await items(id)).find((i) => i.kind === 'failure' && i.id !== failure.id),
  );
  expect((await output(id)).split('"content":"painted green"')).toHaveLength(2);
});

test('pause stops the agent where it stands, and Retry goes on in its session', async () => {
  const id = await spawn('pause');
  await printed(id, 'the long command runs');
  await inDatabase(async (db) => {
    await db.query(`insert into run_commands (run_id, payload) values ($1, '{"type":"checkpoint"}')`, [
      (await detail(id)).activeRunId,
    ]);
    await until(
      'a checkpoint in mid-run',
      async () => (await db.query('select 1 from checkpoints where task_id = $1', [id])).rowCount === 1,
    );
  });
  expect((await detail(id)).activeRunId).not.toBeNull();
  await s.call('pauseTask', { id });
  const f = await until('the pause', async () => (await items(id)).find((i) => i.kind === 'failure'));
  expect(f.title).toBe('Paused by you. Resume continues from here.');
  expect((await detail(id)).runs[0]!.outcome).toEqual({ kind: 'interrupted', reason: 'stopped' });
  await s.call('decide', { id: f.id, body: { decision: 'retry' } });
  await printed(id, 'gone on');
});

test('one switch stops every agent within ten seconds and lets none start, through a restart too; then all goes on by itself', async () => {
  const id = await spawn('pause');
  await printed(id, 'the long command runs');
  const from = Date.now();
  expect(await s.call('pauseAll', { body: { via: 'cli' } })).toMatchObject({ via: 'cli', agents: 1 });
  await until('all to stand still', async () => (await s.call('getPause')).agents === 0);
  const tookMs = Date.now() - from;
  expect(tookMs).toBeLessThan(10_000);
  expect((await detail(id)).runs.map((r) => r.outcome)).toContainEqual({
    kind: 'interrupted',
    reason: 'all_paused',
  });
  const later = await spawn('pause');
  await until('both to wait', async () => (await s.call('getPause')).queued === 2);
  for (const name of ['worker', 'gateway']) {
    const pid = s.pidOf(name);
    process.kill(pid, 'SIGKILL');
    await until(`another ${name}`, async () => s.pidOf(name) !== pid);
  }
  const up = new Date();
  await inDatabase((db) =>
    until('the worker to have looked around', async () => {
      const after = "select 1 from settings where key = 'checkup' and (value->>'at')::timestamptz > $1";
      return (await db.query(after, [up])).rowCount === 1;
    }),
  );
  expect(await s.call('getPause')).toMatchObject({ via: 'cli', agents: 0, queued: 2 });
  expect(await items(id)).toEqual([]);
  expect(await s.call('resumeAll', { body: {} })).toMatchObject({ since: null });
  await printed(id, 'gone on');
  await printed(later, 'the long command runs');
  await s.call('cancelTask', { id: later });
});

test('an agent that never ends is ended when its time is up', async () => {
  await settings({ maxMinutes: 0.1 });
  try {
    const id = await spawn('endless');
    const f = await until('the end of its time', async () =>
      (await items(id)).find((i) => i.kind === 'failure'),
    );
    expect(f.title).toBe('The agent ran out of time. Retry goes on from where it stopped.');
  } finally {
    await settings({ maxMinutes: 60 });
  }
});

test('what is wrong in a file it has just edited reaches the agent by itself; one that has to ask first has no language server', async () => {
  const typed = path.join(path.dirname(dir), 'typed');
  const put = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(typed, file)), { recursive: true });
    writeFileSync(path.join(typed, file), text);
  };
  put('node_modules/typescript/lib/tsc.js', '// A compiler without tsserver, as TypeScript 7 is.\n');
  put('tsconfig.json', '{"compilerOptions":{"strict":true}}\n');
  put('a.ts', 'export const add = (a: number, b: number): number => a + b;\n');
  put('b.ts', "import { add } from './a';\nexport const three = add(1, 2);\n");
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: typed,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A', '-f');
  git('commit', '-q', '-m', 'first');
  const project = (await s.call('addProject', { body: { source: typed } })).id;
  const id = await spawn('typed');
  await printed(id, 'heard: not assignable to parameter');
  await until('the run to end', async () => (await detail(id)).runs.some((r) => r.state === 'ended'));
  await s.call('changeProject', { id: project, body: { permissions: 'ask' } });
  const asks = await spawn('typed');
  await until('permission to be asked', async () => (await items(asks)).some((i) => i.kind === 'permission'));
  expect(await output(asks)).not.toContain('"LSP"');
  expect(await output(id)).toContain('"LSP"');
  for (const t of [id, asks]) await s.call('cancelTask', { id: t });
});
