import { expect, test } from '@jest/globals';
import { FORGE_PATIENCE_MS, whileForgeIsAway, type Clock } from './forge-patience.ts';

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
  await expect(whileForgeIsAway(act, 0, clock())).resolves.toBe('done');
  expect(act.tries).toBe(4);
});

test('a refusal is none of its business, also after it was away', async () => {
  const act = failing(AWAY, REFUSED);
  await expect(whileForgeIsAway(act, 0, clock())).rejects.toBe(REFUSED);
  expect(act.tries).toBe(2);
});

test('it gives up in time, having asked until then', async () => {
  const act = failing(...Array.from({ length: 1_000 }, () => AWAY));
  const c = clock();
  await expect(whileForgeIsAway(act, 0, c)).rejects.toBe(AWAY);
  expect(c.atMs).toBeGreaterThan(FORGE_PATIENCE_MS / 2);
  expect(c.atMs).toBeLessThanOrEqual(FORGE_PATIENCE_MS);
  expect(act.tries).toBeGreaterThan(8);
});

test('who stood in a row for all that time asks once', async () => {
  const act = failing(AWAY, AWAY);
  const c = clock();
  c.atMs = FORGE_PATIENCE_MS;
  await expect(whileForgeIsAway(act, 0, c)).rejects.toBe(AWAY);
  expect(act.tries).toBe(1);
});
