import { expect, test } from '@jest/globals';
import { FORGE_PATIENCE_MS, forgePatience, type Clock } from './forge-patience.ts';

const AWAY = Object.assign(new Error('x'), { stderr: 'fatal: the remote end hung up unexpectedly' });
const REFUSED = Object.assign(new Error('x'), { stderr: ' ! [rejected] a -> b (stale info)' });
function clock(): Clock & { atMs: number } {
  const c = { atMs: 0, now: () => c.atMs, sleep: async (ms: number) => void (c.atMs += ms) };
  return c;
}
/** Fails with each of these in turn, then goes well. */
function failing(...errors: Error[]) {
  const left = [...errors];
  const act = async (): Promise<string> => {
    act.tries++;
    const next = left.shift();
    if (next) throw next;
    return 'done';
  };
  act.tries = 0;
  return act;
}

test('what was away is asked again', async () => {
  const act = failing(AWAY, AWAY, AWAY);
  await expect(forgePatience(clock())('r', act)).resolves.toBe('done');
  expect(act.tries).toBe(4);
});

test('a refusal is none of its business, also after it was away', async () => {
  const act = failing(AWAY, REFUSED);
  await expect(forgePatience(clock())('r', act)).rejects.toBe(REFUSED);
  expect(act.tries).toBe(2);
});

test('it gives up in time, having asked until then', async () => {
  const act = failing(...Array.from({ length: 1_000 }, () => AWAY));
  const c = clock();
  await expect(forgePatience(c)('r', act)).rejects.toBe(AWAY);
  expect(c.atMs).toBeGreaterThan(FORGE_PATIENCE_MS / 2);
  expect(c.atMs).toBeLessThanOrEqual(FORGE_PATIENCE_MS);
  expect(act.tries).toBeGreaterThan(8);
});

test('whoever comes when it has been away for long is told at once; nobody having asked for a while, it is waited for again', async () => {
  const c = clock();
  const ask = forgePatience(c);
  await expect(ask('r', failing(...Array.from({ length: 1_000 }, () => AWAY)))).rejects.toBe(AWAY);
  c.atMs = FORGE_PATIENCE_MS;
  const late = failing(AWAY);
  await expect(ask('r', late)).rejects.toBe(AWAY);
  expect(late.tries).toBe(1);
  // Of another repository nothing is known yet.
  await expect(ask('other', failing(AWAY))).resolves.toBe('done');
  c.atMs += FORGE_PATIENCE_MS + 1;
  await expect(ask('r', failing(AWAY, AWAY))).resolves.toBe('done');
});
