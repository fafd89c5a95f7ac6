// Who is next among tasks that wait: the decision alone among ten thousand, and what it costs each of a thousand that
// look by their timers, next to the bare statement, on a Postgres of its own.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { endProcess } from '../apps/cli/src/up/pids.ts';
import { startPostgres } from '../apps/cli/src/up/postgres.ts';
import { migrate } from '../packages/models/src/db/migrate.ts';
import { openPool, type Db } from '../packages/models/src/db/pool.ts';
import { findQueued, Slots, takeSlot } from '../packages/models/src/db/runs/slots.ts';
import { dispatch, PRIORITIES, type DispatchRun } from '../packages/models/src/flow/runs/dispatch.ts';
import { seedProject, seedRun, seedTask } from '../packages/testkit/src/seed.ts';
import { until } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const QUEUED = 10_000;
const ROUNDS = 100;
const BAR_MS = 10;
const WAITING = 1_000;
/** Its own statement, and now and then a look at all. */
const BAR_RATIO = 3;

/** The decision alone, and the looks of a thousand tasks that wait. */
export const benchDispatch = async (): Promise<Result[]> => [decide(), ...(await look())];

/** Fifty projects, every priority, every tenth waiting for another task, every tenth project one at a time. */
function decide(): Result {
  const nowMs = Date.now();
  const runs: DispatchRun[] = Array.from({ length: QUEUED + 3 }, (_, n) => ({
    id: `r-${n}`,
    taskId: `t-${n}`,
    projectId: `pr-${n % 50}`,
    ownerId: 'owner',
    isActive: n < 3,
    waits: false,
    priority: PRIORITIES[n % PRIORITIES.length]!,
    queuedAtMs: nowMs - (QUEUED - n) * 1_000,
    blockedBy: n % 10 === 9 ? [`t-${n - 1}`] : [],
  }));
  const caps = {
    all: 4,
    ofPerson: () => 4,
    ofProject: () => 4,
    underWay: (projectId: string) => (projectId.endsWith('0') ? [] : null),
  };
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    dispatch(runs, caps, nowMs);
    return performance.now() - began;
  });
  const p95 = quantile(times, 0.95);
  return result(
    'who is next of 10,000 queued tasks, p95',
    p95,
    'ms',
    null,
    `at most ${BAR_MS} ms`,
    p95 <= BAR_MS,
  );
}

async function look(): Promise<Result[]> {
  const home = mkdtempSync('/tmp/mainloop-bench-dispatch-');
  mkdirSync(path.join(home, 's'), { mode: 0o711 });
  chmodSync(home, 0o711);
  const postgres = await startPostgres(
    path.join(home, 'postgres'),
    path.join(home, 's'),
    'bench',
    path.join(home, 'log'),
  );
  const db = openPool(postgres.url, 'bench', 10);
  try {
    await until('the database answers', async () => (await db.query('select 1')).rowCount === 1);
    await migrate(postgres.url);
    return await looksAmong(db);
  } finally {
    await db.end();
    await endProcess(postgres.process, 10_000, 'SIGINT');
    rmSync(home, { recursive: true, force: true });
  }
}

/** Every task looks once, as within 15 s; the bare statement in turn with it. */
async function looksAmong(db: Db): Promise<Result[]> {
  await seedProject(db);
  const ids: string[] = [];
  for (let n = 0; n < WAITING; n++) ids.push(await seedRun(db, await seedTask(db, `t-${n}`)));
  await db.query('analyze');
  const caps = { all: 4, ofProject: () => 4 };
  for (const id of ids.slice(0, 4)) await takeSlot(db, id, caps);
  const slots = new Slots(db);
  const [bare, shared, alone]: [number[], number[], number[]] = [[], [], []];
  const timed = async (times: number[], work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  };
  for (const [n, id] of ids.slice(4).entries()) {
    await timed(bare, () => findQueued(db, id));
    await timed(shared, () => slots.take(id, async () => caps, true));
    if (n % 10 === 0) await timed(alone, () => takeSlot(db, id, caps));
  }
  const p95 = (times: readonly number[]): number => quantile(times, 0.95);
  const ofBare = p95(shared) / p95(bare);
  return [
    result(
      'a look of one of 1,000 queued tasks, p95',
      p95(shared),
      'ms',
      p95(bare),
      `at most ${BAR_RATIO} times the bare statement`,
      ofBare <= BAR_RATIO,
    ),
    result('of them a look at all, p95', p95(alone), 'ms', p95(bare), 'reported', true),
  ];
}
