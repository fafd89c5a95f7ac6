import { describe, expect, test } from '@jest/globals';
import { openLog, type Logger } from '@mainloop/logs/log';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { idsOf, translated } from './activities/errors.ts';
import { temporalLines } from './log.ts';

function read(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return {
    log: openLog('worker', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    lines,
  };
}

describe("Temporal's lines", () => {
  test('keep their level, and name the task of their workflow', () => {
    const { log, lines } = read();
    const write = temporalLines(log);
    write({
      level: 'WARN',
      message: 'slow',
      timestampNanos: 0n,
      meta: { workflowId: 'task/t-1', runId: 'of Temporal' },
    });
    write({ level: 'ERROR', message: 'broken', timestampNanos: 0n, meta: { error: new Error('why') } });
    write({
      level: 'WARN',
      message: 'of a project',
      timestampNanos: 0n,
      meta: { workflowId: 'project/p-1' },
    });
    expect(
      lines.map((l) => [l.level, l.msg, l.taskId, (l.err as { message: string } | undefined)?.message]),
    ).toEqual([
      ['warn', 'slow', 't-1', undefined],
      ['error', 'broken', undefined, 'why'],
      ['warn', 'of a project', undefined, undefined],
    ]);
    // Its runs are not ours.
    expect(lines[0]!.runId).toBeUndefined();
  });
});

describe('an activity that fails', () => {
  const run = async (err: unknown, workflowId = 'task/t-1'): Promise<Record<string, unknown>[]> => {
    const { log, lines } = read();
    const { startRun } = translated(
      {
        startRun: async (input: { runId: string }): Promise<unknown> => {
          await new Promise((r) => setImmediate(r));
          throw typeof input.runId === 'string' ? err : new Error('no run');
        },
      },
      log,
      async (taskId) => `the owner of ${taskId}`,
    );
    const env = new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'of Temporal' } });
    await expect(env.run(startRun, { runId: 't-1-r2' })).rejects.toThrow();
    return lines;
  };

  test('is one line that names task, run and owner, and says why', async () => {
    expect(await run(new Error('the disk is full'))).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'an activity failed',
        activity: 'startRun',
        taskId: 't-1',
        runId: 't-1-r2',
        ownerId: 'the owner of t-1',
        err: expect.objectContaining({ message: 'the disk is full' }) as unknown,
      }),
    ]);
  });
  test('also when the failure is one of a port', async () => {
    expect(await run(Object.assign(new Error('slow down'), { kind: 'rate_limited' }))).toHaveLength(1);
    expect(await run(ApplicationFailure.nonRetryable('no'))).toHaveLength(1);
  });
  test('but one that was cancelled is no failure', async () =>
    expect(await run(new CancelledFailure('over'))).toEqual([]));
});

test.each([
  ['task/t-1', { runId: 't-1-r1' }, { taskId: 't-1', runId: 't-1-r1' }],
  ['task/t-1', { taskId: 't-1', itemId: 'i', secret: 'token' }, { taskId: 't-1', itemId: 'i' }],
  ['project/p-1', { projectId: 'p-1', ownerId: 'owner' }, { projectId: 'p-1', ownerId: 'owner' }],
  ['', null, {}],
  ['other', 'words', {}],
  ['task/t-1', { runId: 7 }, { taskId: 't-1' }],
])('an activity of %s with %j is about %j', (workflowId, input, ids) =>
  expect(idsOf(workflowId, input)).toEqual(ids),
);
