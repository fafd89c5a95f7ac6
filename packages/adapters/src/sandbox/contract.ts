// What every Sandbox must do. Both adapters pass this suite; it knows nothing of either.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Sandbox, SandboxRun } from './port.ts';

export interface Subject {
  readonly sandbox: Sandbox;
  /** Ends the runner of a task from outside, as a crash would. */
  kill(taskId: string): Promise<void>;
  /** How many runners of a task live now, whoever started them. */
  living(taskId: string): Promise<number>;
  close(): Promise<void>;
}

/**
 * Registers the tests. The subject's gateway is away the whole time, so a runner that has started waits
 * for it.
 * @param make a sandbox of the kind that is tested
 * @param patienceMs milliseconds that a run may take to start
 */
export function sandboxContract(make: () => Promise<Subject>, patienceMs: number): void {
  let subject: Subject;
  beforeAll(async () => {
    subject = await make();
  }, 900_000);
  afterAll(() => subject?.close(), 120_000);

  let count = 0;
  const fresh = (): SandboxRun => {
    const taskId = `1contract${(count += 1)}x`;
    return { taskId, runId: `${taskId}-r1`, epoch: 1, token: 'mlr_not-a-token', repo: 'demo/nothing' };
  };
  const eventually = async <T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> => {
    for (const deadline = Date.now() + patienceMs; ;) {
      const seen = await look();
      if (wanted(seen) || Date.now() > deadline) return seen;
      await new Promise((r) => setTimeout(r, 100));
    }
  };
  const oneLives = async (id: string): Promise<void> =>
    expect(
      await eventually(
        () => subject.living(id),
        (k) => k === 1,
      ),
    ).toBe(1);

  test('a task that nobody knows is not there, and stopping or releasing it is no error', async () => {
    expect(await subject.sandbox.status('1nobody')).toEqual({ kind: 'none' });
    await subject.sandbox.stop('1nobody');
    await subject.sandbox.release('1nobody');
  });

  test('provisioning twice is provisioning once, and it is listed', async () => {
    const { taskId } = fresh();
    await subject.sandbox.provision(taskId);
    await subject.sandbox.provision(taskId);
    expect((await subject.sandbox.list()).filter((t) => t === taskId)).toHaveLength(1);
    expect(await subject.sandbox.status(taskId)).toEqual({ kind: 'none' });
    await subject.sandbox.release(taskId);
  });

  test('a run starts once, however often it is asked for', async () => {
    const run = fresh();
    await subject.sandbox.start(run);
    await oneLives(run.taskId);
    await subject.sandbox.start(run);
    await subject.sandbox.start(run);
    expect(await subject.sandbox.status(run.taskId)).toEqual({ kind: 'running', runId: run.runId, epoch: 1 });
    await oneLives(run.taskId);
    await subject.sandbox.release(run.taskId);
  });

  test('a newer epoch replaces the older one', async () => {
    const run = fresh();
    await subject.sandbox.start(run);
    await oneLives(run.taskId);
    await subject.sandbox.start({ ...run, epoch: 2 });
    expect(await subject.sandbox.status(run.taskId)).toEqual({ kind: 'running', runId: run.runId, epoch: 2 });
    await oneLives(run.taskId);
    await subject.sandbox.release(run.taskId);
  });

  test('a runner that was killed is found to be gone, and its successor starts', async () => {
    const run = fresh();
    await subject.sandbox.start(run);
    await oneLives(run.taskId);
    await subject.kill(run.taskId);
    const after = await eventually(
      () => subject.sandbox.status(run.taskId),
      (st) => st.kind !== 'running',
    );
    expect(['exited', 'none']).toContain(after.kind);
    await subject.sandbox.start({ ...run, epoch: 2 });
    await oneLives(run.taskId);
    expect(await subject.sandbox.status(run.taskId)).toEqual({ kind: 'running', runId: run.runId, epoch: 2 });
    await subject.sandbox.release(run.taskId);
  });

  test('stopping ends what runs and leaves the place', async () => {
    const run = fresh();
    await subject.sandbox.start(run);
    await oneLives(run.taskId);
    await subject.sandbox.stop(run.taskId);
    expect(await subject.living(run.taskId)).toBe(0);
    expect((await subject.sandbox.status(run.taskId)).kind).not.toBe('running');
    expect(await subject.sandbox.list()).toContain(run.taskId);
    await subject.sandbox.release(run.taskId);
  });

  test('releasing removes the place with whatever runs in it, and it can be made again', async () => {
    const run = fresh();
    await subject.sandbox.start(run);
    await oneLives(run.taskId);
    await subject.sandbox.release(run.taskId);
    expect(await subject.sandbox.list()).not.toContain(run.taskId);
    expect(
      await eventually(
        () => subject.living(run.taskId),
        (k) => k === 0,
      ),
    ).toBe(0);
    await subject.sandbox.start({ ...run, epoch: 2 });
    await oneLives(run.taskId);
    await subject.sandbox.release(run.taskId);
  });

  test('nothing is wrong with a place that works', async () => {
    expect((await subject.sandbox.checkup()).filter((c) => !c.ok)).toEqual([]);
  });

  test('two tasks do not know each other', async () => {
    const [a, b] = [fresh(), fresh()];
    await Promise.all([subject.sandbox.start(a), subject.sandbox.start(b)]);
    await oneLives(a.taskId);
    await oneLives(b.taskId);
    await subject.sandbox.release(a.taskId);
    await oneLives(b.taskId);
    expect(await subject.sandbox.list()).toContain(b.taskId);
    await subject.sandbox.release(b.taskId);
  });
}
