import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { openRehearsal, standingAt, unavailable, type Rehearsal } from '../../replay/rehearsal.ts';

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

const asked = () => ({ ends: [{ kind: 'asked' as const, itemId: 'q1' }] });

test('a question that the forge could not hear for an hour is asked there afterwards; until then nothing there answers it', async () => {
  let isAway = true;
  const away = Array.from(
    { length: 500 },
    () => () => (isAway ? unavailable('the forge is away')() : undefined),
  );
  const h = await r.start({ ...asked(), instead: new Map([['ensureQuestion', away]]) }, IMPLEMENT);
  await r.env.sleep(60 * MINUTE);
  expect([r.count('ensureQuestion') > 50, r.count('readAnswer')]).toEqual([true, 0]);
  isAway = false;
  const tries = r.count('ensureQuestion');
  await r.env.sleep(30 * MINUTE);
  expect(r.count('ensureQuestion') - tries).toBe(1);
  expect(r.count('readAnswer')).toBeGreaterThan(0);
  await h.signal('human', { id: 'q1', kind: 'answer' });
  await r.env.sleep(MINUTE);
  expect(contexts()).toHaveLength(2);
});

test('an answer in the app does not wait for a forge that is away, which hears of it when it is back', async () => {
  let isAway = true;
  const away = Array.from(
    { length: 500 },
    () => () => (isAway ? unavailable('the forge is away')() : undefined),
  );
  const h = await r.start({ ...asked(), instead: new Map([['ensureQuestion', away]]) }, IMPLEMENT);
  await r.env.sleep(10 * MINUTE);
  await h.signal('human', { id: 'q1', kind: 'answer' });
  // In no time of the workflow's.
  await until('the next run', async () => (await r.standing(h)).waitsFor?.what === 'run');
  expect(contexts()).toHaveLength(2);
  isAway = false;
  const tries = r.count('ensureQuestion');
  await r.env.sleep(60 * MINUTE);
  // The question, which had not come there yet, and who answered it.
  expect(r.count('ensureQuestion') - tries).toBe(2);
  await r.say(h, '-cancel', 'cancel');
  expect(await h.result()).toMatchObject({ state: 'cancelled' });
});

test('a run that is lost is done by another, four times; Retry begins to count anew', async () => {
  const h = await r.start(
    { ends: Array.from({ length: 5 }, () => ({ kind: 'interrupted', reason: 'lost' })) },
    IMPLEMENT,
  );
  await r.env.sleep(10 * MINUTE);
  expect(r.script().failures.map((f) => f.title)).toEqual([
    'The agent was lost four times in a row. Look at its output, then retry.',
  ]);
  expect(r.inputs('openItem')).toMatchObject([{ kind: 'failure', errorCode: 'lost', body: '' }]);
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
  expect(r.inputs('startRun').map((i) => (i as { runId: string }).runId)).toEqual([
    'r3',
    'r3',
    'r3',
    'r3',
    'r3',
    'r4',
  ]);
  expect(r.inputs('giveUpRun')).toEqual([{ runId: 'r3' }]);
});

test('a pause of everything is no failed try: it goes on as often as everything is resumed, and asks nobody', async () => {
  const ends = Array.from({ length: 6 }, () => ({
    kind: 'interrupted' as const,
    reason: 'all_paused' as const,
  }));
  await r.start({ ends: [...ends, { kind: 'interrupted', reason: 'lost' }] }, IMPLEMENT);
  await r.env.sleep(10 * MINUTE);
  expect(r.script().failures).toEqual([]);
  expect([r.count('prepareRun'), r.count('ensureDraftPr')]).toEqual([8, 1]);
});

test('a run that has no slot waits for one, and looks at once when one may be free', async () => {
  const h = await r.start(
    { instead: new Map([['takeSlot', Array.from({ length: 3 }, () => () => ({ got: false, ahead: 1 }))]]) },
    IMPLEMENT,
  );
  await r.env.sleep(1_000);
  expect([r.count('takeSlot'), r.count('startRun')]).toEqual([1, 0]);
  await h.signal('poke');
  await r.env.sleep(1_000);
  expect(r.count('takeSlot')).toBe(2);
  await r.env.sleep(MINUTE);
  expect([r.count('takeSlot'), r.count('startRun')]).toEqual([4, 1]);
});
