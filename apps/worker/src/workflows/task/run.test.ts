import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { openRehearsal, standingAt, unavailable, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;
const IMPLEMENT = standingAt({ stage: 'implement' });

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

/** What each run was told, and whether it goes on with one that was cut off. */
const contexts = (): unknown[] =>
  rehearsal.inputs('prepareRun').map((i) => (i as { context: unknown }).context);

test('what was answered in one run is known to all that follow in this phase', async () => {
  const handle = await rehearsal.start(
    {
      ends: [
        { kind: 'asked', itemId: 'q1' },
        { kind: 'asked', itemId: 'q2' },
      ],
    },
    IMPLEMENT,
  );
  await rehearsal.passes(MINUTE);
  await handle.signal('human', { id: 'q1', kind: 'answer' });
  await rehearsal.passes(MINUTE);
  await handle.signal('human', { id: 'q2', kind: 'answer' });
  await rehearsal.passes(MINUTE);
  expect(contexts()).toEqual([
    { answered: [], resumed: false },
    { answered: ['q1'], resumed: true },
    { answered: ['q1', 'q2'], resumed: true },
  ]);
});

test('a run that waited for permission until its session was ended: nobody is asked on the forge, and the next one goes on with the answers', async () => {
  const handle = await rehearsal.start(
    {
      ends: [
        { kind: 'asked', itemId: 'p1', itemIds: ['p1', 'p2'], permission: true },
        { kind: 'asked', itemId: 'p3', itemIds: ['p3'], permission: true },
      ],
    },
    IMPLEMENT,
  );
  await rehearsal.passes(60 * MINUTE);
  expect(rehearsal.inputs('setState')).toContainEqual(
    expect.objectContaining({ state: 'blocked', status: { is: 'item', itemId: 'p1' } }),
  );
  expect(contexts()).toHaveLength(1);
  await handle.signal('human', { id: 'p1', kind: 'allow' });
  await handle.signal('human', { id: 'p2', kind: 'deny' });
  await handle.signal('human', { id: 'p3', kind: 'allow' });
  await rehearsal.passes(MINUTE);
  // What was allowed counts once, so it is told once.
  expect(contexts()).toEqual([
    { answered: [], resumed: false },
    { answered: ['p1', 'p2'], resumed: true },
    { answered: ['p3'], resumed: true },
  ]);
  expect(rehearsal.count('ensureQuestion')).toBe(0);
});

const asked = () => ({ ends: [{ kind: 'asked' as const, itemId: 'q1' }] });

test('a question that the forge could not hear for an hour is asked there afterwards; until then nothing there answers it', async () => {
  let isAway = true;
  const away = Array.from(
    { length: 500 },
    () => () => (isAway ? unavailable('the forge is away')() : undefined),
  );
  const handle = await rehearsal.start(
    { ...asked(), instead: new Map([['ensureQuestion', away]]) },
    IMPLEMENT,
  );
  await rehearsal.passes(60 * MINUTE);
  expect([rehearsal.count('ensureQuestion') > 50, rehearsal.count('readAnswer')]).toEqual([true, 0]);
  isAway = false;
  const tries = rehearsal.count('ensureQuestion');
  await rehearsal.passes(30 * MINUTE);
  expect(rehearsal.count('ensureQuestion') - tries).toBe(1);
  expect(rehearsal.count('readAnswer')).toBeGreaterThan(0);
  await handle.signal('human', { id: 'q1', kind: 'answer' });
  await rehearsal.passes(MINUTE);
  expect(contexts()).toHaveLength(2);
});

test('an answer in the app does not wait for a forge that is away, which hears of it when it is back', async () => {
  let isAway = true;
  const away = Array.from(
    { length: 500 },
    () => () => (isAway ? unavailable('the forge is away')() : undefined),
  );
  const handle = await rehearsal.start(
    { ...asked(), instead: new Map([['ensureQuestion', away]]) },
    IMPLEMENT,
  );
  await rehearsal.passes(10 * MINUTE);
  await handle.signal('human', { id: 'q1', kind: 'answer' });
  // In no time of the workflow's.
  await until('the next run', async () => (await rehearsal.standing(handle)).waitsFor?.what === 'run');
  expect(contexts()).toHaveLength(2);
  isAway = false;
  const tries = rehearsal.count('ensureQuestion');
  await rehearsal.passes(60 * MINUTE);
  // The question, which had not come there yet, and who answered it.
  expect(rehearsal.count('ensureQuestion') - tries).toBe(2);
  await rehearsal.say(handle, '-cancel', 'cancel');
  expect(await handle.result()).toMatchObject({ state: 'cancelled' });
});

test('a run that is lost is done by another, four times; Retry begins to count anew', async () => {
  const handle = await rehearsal.start(
    { ends: Array.from({ length: 5 }, () => ({ kind: 'interrupted', reason: 'lost' })) },
    IMPLEMENT,
  );
  await rehearsal.passes(10 * MINUTE);
  expect(rehearsal.script().failures.map((f) => f.title)).toEqual([
    'The agent was lost four times in a row. Look at its output, then retry.',
  ]);
  expect(rehearsal.inputs('openItem')).toMatchObject([{ kind: 'failure', errorCode: 'lost', body: '' }]);
  expect(rehearsal.count('prepareRun')).toBe(4);
  await rehearsal.say(handle, '-f6-1', 'retry');
  await rehearsal.passes(10 * MINUTE);
  expect(rehearsal.count('prepareRun')).toBe(6);
  expect(rehearsal.count('ensureDraftPr')).toBe(1);
});

test('a sandbox that is gone is started again, five times, and then the run is given up', async () => {
  const gone = () => ({ at: 'gone' });
  await rehearsal.start(
    { instead: new Map([['checkRun', Array.from({ length: 5 }, () => gone)]]) },
    IMPLEMENT,
  );
  await rehearsal.passes(10 * MINUTE);
  expect(rehearsal.inputs('startRun').map((i) => (i as { runId: string }).runId)).toEqual([
    'r3',
    'r3',
    'r3',
    'r3',
    'r3',
    'r4',
  ]);
  expect(rehearsal.inputs('giveUpRun')).toEqual([{ runId: 'r3' }]);
});

test('a pause of everything is no failed try: it goes on as often as everything is resumed, and asks nobody', async () => {
  const ends = Array.from({ length: 6 }, () => ({
    kind: 'interrupted' as const,
    reason: 'all_paused' as const,
  }));
  await rehearsal.start({ ends: [...ends, { kind: 'interrupted', reason: 'lost' }] }, IMPLEMENT);
  await rehearsal.passes(10 * MINUTE);
  expect(rehearsal.script().failures).toEqual([]);
  expect([rehearsal.count('prepareRun'), rehearsal.count('ensureDraftPr')]).toEqual([8, 1]);
});

test('a run that has no slot waits for one, and looks at once when one may be free', async () => {
  const handle = await rehearsal.start(
    { instead: new Map([['takeSlot', Array.from({ length: 3 }, () => () => ({ got: false, ahead: 1 }))]]) },
    IMPLEMENT,
  );
  await rehearsal.passes(1_000);
  expect([rehearsal.count('takeSlot'), rehearsal.count('startRun')]).toEqual([1, 0]);
  await handle.signal('poke');
  await rehearsal.passes(1_000);
  expect(rehearsal.count('takeSlot')).toBe(2);
  await rehearsal.passes(MINUTE);
  expect([rehearsal.count('takeSlot'), rehearsal.count('startRun')]).toEqual([4, 1]);
});
