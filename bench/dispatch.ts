// Who is next, among ten thousand tasks that wait: the decision alone, as each look of a queued task makes it.
import { dispatch, PRIORITIES, type DispatchRun } from '../packages/models/src/flow/dispatch.ts';
import { quantile, result, type Result } from './lib.ts';

const QUEUED = 10_000;
const ROUNDS = 100;
const BAR_MS = 10;

/** Fifty projects, every priority, every tenth waiting for another task, every tenth project one at a time. */
export function benchDispatch(): Result[] {
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
  return [
    result('who is next of 10,000 queued tasks, p95', p95, 'ms', null, `at most ${BAR_MS} ms`, p95 <= BAR_MS),
  ];
}
