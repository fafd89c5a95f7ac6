import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broken, openRehearsal, standingAt, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close());

const IMPLEMENT = standingAt({ stage: 'implement' });
/** So that it stays in CI, where the next stage begins. */
const cis = Array.from({ length: 20 }, () => ({ verdict: 'pending' }));

describe('implement', () => {
  test('what was pushed becomes a draft pull request that tells what was said, and goes to CI', async () => {
    const h = await r.start({ cis }, IMPLEMENT);
    await r.env.sleep(MINUTE);
    expect(r.inputs('prepareRun')).toMatchObject([
      { n: 3, phase: 'implement', context: { answered: [], resumed: false } },
    ]);
    const onForge = r
      .script()
      .calls.map((c) => c.name)
      .filter((n) => ['hasPushed', 'ensureDraftPr', 'narrate', 'readCi'].includes(n));
    expect(onForge.slice(0, 5)).toEqual(['narrate', 'hasPushed', 'ensureDraftPr', 'narrate', 'readCi']);
    expect(r.script().states).toEqual(['queued', 'drafting', 'ci']);
    expect(await r.standing(h)).toMatchObject({ stage: 'ci', runs: 3 });
  });

  test('without a push there is no pull request; Retry lets the agent go on', async () => {
    const h = await r.start({ cis, instead: new Map([['hasPushed', [() => false]]]) }, IMPLEMENT);
    await r.env.sleep(MINUTE);
    expect(r.script().failures.map((f) => f.title)).toEqual([
      'Claude ended without pushing anything. Look at its output, then retry.',
    ]);
    expect(r.count('ensureDraftPr')).toBe(0);
    expect(await r.standing(h)).toMatchObject({ stage: 'implement' });
    await r.say(h, '-f3-1', 'retry');
    await r.env.sleep(MINUTE);
    expect([r.count('prepareRun'), r.count('ensureDraftPr')]).toEqual([2, 1]);
  });

  test('a pull request that is refused is asked for again by Retry, without another run', async () => {
    const h = await r.start(
      { cis, instead: new Map([['ensureDraftPr', [broken('Drafts are not allowed here.')]]]) },
      IMPLEMENT,
    );
    await r.env.sleep(MINUTE);
    expect(r.script().failures.map((f) => f.title)).toEqual(['Drafts are not allowed here.']);
    await r.say(h, '-f3-1', 'retry');
    await r.env.sleep(MINUTE);
    expect([r.count('prepareRun'), r.count('ensureDraftPr')]).toEqual([1, 2]);
    expect(await r.standing(h)).toMatchObject({ stage: 'ci' });
  });
});
