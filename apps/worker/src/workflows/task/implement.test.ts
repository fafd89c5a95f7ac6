import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broken, openRehearsal, standingAt, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const IMPLEMENT = standingAt({ stage: 'implement' });
/** So that it stays in CI, where the next stage begins. */
const cis = Array.from({ length: 20 }, () => ({ verdict: 'pending' }));

describe('implement', () => {
  test('what was pushed becomes a draft pull request that tells what was said, and goes to CI', async () => {
    const handle = await rehearsal.start({ cis }, IMPLEMENT);
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { n: 3, phase: 'implement', context: { answered: [], resumed: false } },
    ]);
    const onForge = rehearsal
      .script()
      .calls.map((c) => c.name)
      .filter((n) => ['hasPushed', 'ensureDraftPr', 'narrate', 'readCi'].includes(n));
    expect(onForge.slice(0, 5)).toEqual(['narrate', 'hasPushed', 'ensureDraftPr', 'narrate', 'readCi']);
    expect(rehearsal.script().states).toEqual(['queued', 'drafting', 'ci']);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'ci', runs: 3 });
  });

  test('without a push there is no pull request; Retry lets the agent go on', async () => {
    const handle = await rehearsal.start(
      { cis, instead: new Map([['hasPushed', [() => false]]]) },
      IMPLEMENT,
    );
    await rehearsal.passes(MINUTE);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual([
      'Claude ended without pushing anything. Look at its output, then retry.',
    ]);
    expect(rehearsal.count('ensureDraftPr')).toBe(0);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'implement' });
    await rehearsal.say(handle, '-f3-1', 'retry');
    await rehearsal.passes(MINUTE);
    expect([rehearsal.count('prepareRun'), rehearsal.count('ensureDraftPr')]).toEqual([2, 1]);
  });

  test('a pull request that is refused is asked for again by Retry, without another run', async () => {
    const handle = await rehearsal.start(
      { cis, instead: new Map([['ensureDraftPr', [broken('Drafts are not allowed here.')]]]) },
      IMPLEMENT,
    );
    await rehearsal.passes(MINUTE);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual(['Drafts are not allowed here.']);
    await rehearsal.say(handle, '-f3-1', 'retry');
    await rehearsal.passes(MINUTE);
    expect([rehearsal.count('prepareRun'), rehearsal.count('ensureDraftPr')]).toEqual([1, 2]);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'ci' });
  });
});
