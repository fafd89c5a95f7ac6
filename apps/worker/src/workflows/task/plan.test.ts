import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broken, openRehearsal, standingAt, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const REVISED = standingAt({ stage: 'plan', revises: 'w-plan-1' });

describe('plan', () => {
  test('the first one is queued, written and told on its issue; then it waits for the person', async () => {
    const handle = await rehearsal.start();
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { n: 1, phase: 'plan', context: { answered: [], resumed: false } },
    ]);
    expect(rehearsal.inputs('prepareRun')).not.toMatchObject([{ context: { about: expect.anything() } }]);
    expect(rehearsal.inputs('writePlan')).toMatchObject([{ runId: 'r1' }]);
    expect(rehearsal.count('ensureIssue')).toBe(1);
    expect(rehearsal.script().states).toEqual(['queued', 'queued', 'planning', 'awaiting_plan']);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'await_plan', runs: 1 });
  });

  test('a later one takes up what was said to the one before', async () => {
    await rehearsal.start({}, REVISED);
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { n: 3, phase: 'plan', context: { about: 'w-plan-1' } },
    ]);
    expect(rehearsal.script().states).toEqual(['queued', 'planning', 'awaiting_plan']);
  });

  test('one without a word is not told anywhere; Retry has it written again', async () => {
    const handle = await rehearsal.start({
      instead: new Map([['writePlan', [() => ({ revision: 0, empty: true })]]]),
    });
    await rehearsal.passes(MINUTE);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual([
      'Claude ended without a plan. Retry, or cancel and say it in other words.',
    ]);
    expect([rehearsal.count('ensureIssue'), rehearsal.script().states.at(-1)]).toEqual([0, 'blocked']);
    await rehearsal.say(handle, '-f1-1', 'retry');
    await rehearsal.passes(MINUTE);
    expect([rehearsal.count('prepareRun'), rehearsal.count('ensureIssue')]).toEqual([2, 1]);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'await_plan' });
  });

  test('one whose issue the forge refuses is not written again by Retry', async () => {
    const handle = await rehearsal.start({
      instead: new Map([['ensureIssue', [broken('Issues are switched off.')]]]),
    });
    await rehearsal.passes(MINUTE);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual(['Issues are switched off.']);
    await rehearsal.say(handle, '-f1-1', 'retry');
    await rehearsal.passes(MINUTE);
    expect([rehearsal.count('prepareRun'), rehearsal.count('ensureIssue')]).toEqual([1, 2]);
  });
});

describe('await_plan', () => {
  const WAITS = standingAt({ stage: 'await_plan', revision: 4 });

  test('asks about that revision, and looks on the forge for an answer to it', async () => {
    const handle = await rehearsal.start({}, WAITS);
    await rehearsal.passes(MINUTE);
    const { openItems } = await rehearsal.standing(handle);
    expect(openItems).toEqual([expect.stringMatching(/^w\d+-plan-4$/)]);
    expect(rehearsal.inputs('openItem')).toMatchObject([
      { id: openItems[0], kind: 'plan', title: 'Plan, revision 4' },
    ]);
    expect(rehearsal.inputs('readPlanAnswer')[0]).toMatchObject({
      itemId: openItems[0],
      sinceIso: expect.stringMatching(/^[-\d]+T[\d:]+Z$/),
    });
  });

  test.each([
    ['approve', 'implement', undefined],
    ['revise', 'plan', /^w\d+-plan-4$/],
  ] as const)('%s leads to %s', async (decision, phase, about) => {
    const handle = await rehearsal.start({}, WAITS);
    await rehearsal.say(handle, '-plan-4', decision);
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('prepareRun')[0]).toMatchObject({
      phase,
      context: about === undefined ? {} : { about: expect.stringMatching(about) },
    });
  });

  test('a forge that cannot be read is told, and Retry looks again', async () => {
    const handle = await rehearsal.start(
      { instead: new Map([['readPlanAnswer', [broken('The token may not read issues.')]]]) },
      WAITS,
    );
    await rehearsal.passes(MINUTE);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual(['The token may not read issues.']);
    await rehearsal.say(handle, '-f2-1', 'retry');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('readPlanAnswer')).toBeGreaterThan(1);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'await_plan' });
  });
});
