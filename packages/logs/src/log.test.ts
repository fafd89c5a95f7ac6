import { expect, test } from '@jest/globals';
import { addIds, openLog, withIds, type Logger } from './log.ts';

/** @returns a logger, and the lines that it wrote */
function read(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return {
    log: openLog('tried', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    lines,
  };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a line says which process wrote it, when, how bad it is, and why', () => {
  const { log, lines } = read();
  log.error({ err: new Error('no', { cause: new Error('deep') }) }, 'a thing failed');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    name: 'tried',
    pid: process.pid,
    level: 'error',
    msg: 'a thing failed',
    err: { type: 'Error', message: 'no: deep' },
  });
  expect(new Date(lines[0]!.time as string).getTime()).toBeGreaterThan(0);
});

test('lines of work that goes on side by side carry the ids of their own work, after every pause', async () => {
  const { log, lines } = read();
  const one = async (taskId: string): Promise<void> => {
    await turn();
    log.info('early');
    await turn();
    addIds({ runId: `${taskId}-r1` });
    await turn();
    log.info('late');
  };
  await Promise.all(
    ['t-1', 't-2', 't-3'].map((taskId) => withIds({ taskId, ownerId: 'owner' }, () => one(taskId))),
  );
  log.info('of nobody');
  for (const taskId of ['t-1', 't-2', 't-3']) {
    const own = lines.filter((l) => l.taskId === taskId);
    expect(own.map((l) => [l.msg, l.ownerId, l.runId])).toEqual([
      ['early', 'owner', undefined],
      ['late', 'owner', `${taskId}-r1`],
    ]);
  }
  expect(lines.filter((l) => l.taskId === undefined).map((l) => l.msg)).toEqual(['of nobody']);
});

test('work within work keeps what is known, and leaves nothing behind', () => {
  const { log, lines } = read();
  withIds({ taskId: 't-1' }, () => {
    withIds({ runId: 't-1-r1' }, () => log.info('inner'));
    log.info('outer');
    log.info({ taskId: 't-2' }, 'about another');
  });
  addIds({ taskId: 't-3' });
  log.info('after');
  expect(lines.map((l) => [l.msg, l.taskId, l.runId])).toEqual([
    ['inner', 't-1', 't-1-r1'],
    ['outer', 't-1', undefined],
    ['about another', 't-2', undefined],
    ['after', undefined, undefined],
  ]);
});

test('an id that comes out on the way is on the lines of whoever waits for the work too', async () => {
  const { log, lines } = read();
  await withIds({}, () =>
    (async () => {
      await turn();
      addIds({ runId: 't-1-r1' });
      throw new Error('then it failed');
    })().catch((err: unknown) => log.error({ err }, 'request failed')),
  );
  expect(lines[0]).toMatchObject({ runId: 't-1-r1', msg: 'request failed' });
});
