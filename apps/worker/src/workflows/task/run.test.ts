import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openRehearsal, standingAt, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;
const IMPLEMENT = standingAt({ stage: 'implement' });

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close());

/** What each run was told, and whether it goes on with one that was cut off. */
const contexts = (): unknown[] => r.inputs('prepareRun').map((i) => (i as { context: unknown }).context);

test('what was answered in one run is known to all that follow in this phase', async () => {
  const h = await r.start(
    {
      ends: [
        { kind: 'asked', itemId: 'q1' },
        { kind: 'asked', itemId: 'q2' },
      ],
    },
    IMPLEMENT,
  );
  await r.env.sleep(MINUTE);
  await h.signal('human', { id: 'q1', kind: 'answer' });
  await r.env.sleep(MINUTE);
  await h.signal('human', { id: 'q2', kind: 'answer' });
  await r.env.sleep(MINUTE);
  expect(contexts()).toEqual([
    { answered: [], resumed: false },
    { answered: ['q1'], resumed: true },
    { answered: ['q1', 'q2'], resumed: true },
  ]);
});

test('a run that is lost is done by another, four times; Retry begins to count anew', async () => {
  const h = await r.start({ ends: Array.from({ length: 5 }, () => ({ kind: 'interrupted', reason: 'lost' })) }, IMPLEMENT);
  await r.env.sleep(10 * MINUTE);
  expect(r.script().failures.map((f) => f.title)).toEqual(['The agent was lost four times in a row. Look at its output, then retry.']);
  expect(r.count('prepareRun')).toBe(4);
  await r.say(h, '-f6-1', 'retry');
  await r.env.sleep(10 * MINUTE);
  expect(r.count('prepareRun')).toBe(6);
  expect(r.count('ensureDraftPr')).toBe(1);
});

test('a sandbox that is gone is started again, five times, and then the run is given up', async () => {
  const gone = () => ({ at: 'gone' });
  await r.start({ instead: new Map([['checkRun', Array.from({ length: 5 }, () => gone)]]) }, IMPLEMENT);
  await r.env.sleep(10 * MINUTE);
  expect(r.inputs('startRun').map((i) => (i as { runId: string }).runId)).toEqual(['r3', 'r3', 'r3', 'r3', 'r3', 'r4']);
  expect(r.inputs('giveUpRun')).toEqual([{ runId: 'r3' }]);
});

test('a run that has no slot waits for one, and looks at once when one may be free', async () => {
  const h = await r.start({ instead: new Map([['takeSlot', Array.from({ length: 3 }, () => () => ({ got: false, ahead: 1 }))]]) }, IMPLEMENT);
  await r.env.sleep(1_000);
  expect([r.count('takeSlot'), r.count('startRun')]).toEqual([1, 0]);
  await h.signal('poke');
  await r.env.sleep(1_000);
  expect(r.count('takeSlot')).toBe(2);
  await r.env.sleep(MINUTE);
  expect([r.count('takeSlot'), r.count('startRun')]).toEqual([4, 1]);
});
