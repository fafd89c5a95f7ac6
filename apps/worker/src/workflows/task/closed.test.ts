import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRehearsal, standingAt, CI_REPORT, type Rehearsal } from '../../replay/rehearsal.ts';

const SINCE = '2026-11-20T10:00:00Z';

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: SINCE, sha: 'seen', repairs: 1 });
const CI = standingAt({ stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil: '' });

/** A pull request that is as it stands here whenever it is looked at. */
function world(state: 'open' | 'closed' | 'merged', verdict = 'green') {
  const is = { state, verdict, refuses: '' };
  const always = (see: () => object): (() => object)[] => Array.from({ length: 500 }, () => see);
  const told = () => ({
    ...CI_REPORT,
    pull: is.state,
    ask: is.state === 'closed' ? 'The pull request was closed.' : null,
  });
  const instead = new Map<string, (() => object)[]>([
    [
      'readReview',
      always(() => ({ state: is.state, comments: 0, newestIso: SINCE, author: '', closedAtIso: SINCE })),
    ],
    ['readPull', always(() => ({ state: is.state, by: 'mona', atIso: SINCE }))],
    [
      'readCi',
      always(() => ({
        verdict: is.verdict,
        sha: 'seen',
        weakened: [],
        verified: 'unknown',
        base: 'main',
        fits: true,
        told: told(),
      })),
    ],
    [
      'ensureReopened',
      always(() =>
        is.refuses === ''
          ? ((is.state = 'open'), { did: 'reopened' })
          : { did: 'refused', sentence: is.refuses },
      ),
    ],
  ]);
  return { is, instead };
}
const eventually = async (is: () => boolean): Promise<void> => {
  for (let n = 0; !is(); n++) {
    if (n > 400) throw new Error(`never: ${JSON.stringify(rehearsal.script().calls.slice(-8))}`);
    await rehearsal.passes(3_000);
  }
};
const asked = (): { id: string; title: string; body: string }[] =>
  (rehearsal.inputs('openItem') as { id: string; kind: string; title: string; body: string }[]).filter(
    (i) => i.kind === 'pr_closed',
  );

describe('a pull request that somebody closes', () => {
  test('and opens again three seconds later: nobody is asked, nothing is cleaned, and the offer stands as it stood', async () => {
    const { is, instead } = world('closed');
    const handle = await rehearsal.start({ instead }, REVIEW);
    await eventually(() => rehearsal.count('readPull') > 0);
    is.state = 'open';
    await handle.signal('poke');
    await eventually(() => rehearsal.count('readReview') > 1);
    await rehearsal.passes(5 * 60_000);
    expect([
      asked(),
      rehearsal.count('cleanForge'),
      rehearsal.count('closeItem'),
      rehearsal.count('ensureSummary'),
    ]).toEqual([[], 0, 0, 1]);
    // The first look after it was told knows since when, so that it can tell the opening.
    expect(rehearsal.inputs('readPull')[0]).toMatchObject({ closedAtIso: SINCE });
    expect(await rehearsal.standing(handle)).toMatchObject({
      stage: 'review',
      openItems: [expect.stringMatching(/-review-2$/)],
    });
    await rehearsal.say(handle, '-review-2', 'merge');
    expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
  });

  test.each([
    ['reopen', null],
    ['stop', { merged: false }],
    ['keep', { merged: false, keepBranch: true }],
  ] as const)(
    'is asked about after a minute and never before, and "%s" does what it says',
    async (decision, cleaned) => {
      const { instead } = world('closed');
      const handle = await rehearsal.start({ instead }, REVIEW);
      await eventually(() => rehearsal.count('readPull') > 0);
      await rehearsal.passes(40_000);
      expect(asked()).toEqual([]);
      await eventually(() => asked().length > 0);
      expect(asked()).toMatchObject([
        {
          title: 'mona closed the pull request.',
          options: [{ label: 'Reopen' }, { label: 'Stop the task' }, { label: 'Keep the branch' }],
        },
      ]);
      expect(rehearsal.inputs('closeItem')).toMatchObject([{ id: expect.stringMatching(/-review-2$/) }]);
      expect(rehearsal.count('cleanForge')).toBe(0);
      await handle.signal('human', { id: asked()[0]!.id, kind: decision });
      if (cleaned === null) {
        await eventually(() => rehearsal.count('ensureReady') > 1);
        // CI is looked at again, and it is offered in an item of its own.
        expect(rehearsal.inputs('readCi').length).toBeGreaterThan(0);
        return expect(await rehearsal.standing(handle)).toMatchObject({
          stage: 'review',
          openItems: [expect.stringMatching(/-review-2-\d$/)],
        });
      }
      expect(await rehearsal.end(handle)).toEqual({ state: 'cancelled' });
      expect(rehearsal.script().ended?.how).toBe(decision === 'keep' ? 'kept' : 'closed');
      expect(rehearsal.inputs('cleanForge')).toMatchObject([cleaned]);
      expect((rehearsal.inputs('cleanForge')[0] as { keepBranch?: boolean }).keepBranch).toBe(
        decision === 'keep' ? true : undefined,
      );
    },
  );

  test('and opens again days later: the question goes by itself', async () => {
    const { is, instead } = world('closed');
    const handle = await rehearsal.start({ instead }, REVIEW);
    await eventually(() => asked().length > 0);
    await rehearsal.passes('2 days');
    is.state = 'open';
    await handle.signal('poke');
    await eventually(() => rehearsal.count('ensureReady') > 1);
    expect(rehearsal.inputs('closeItem')).toContainEqual(
      expect.objectContaining({ id: asked()[0]!.id, why: 'it was opened again' }),
    );
    expect(rehearsal.count('cleanForge')).toBe(0);
  });

  test('and that is merged instead: done', async () => {
    const { is, instead } = world('closed');
    const handle = await rehearsal.start({ instead }, REVIEW);
    await eventually(() => asked().length > 0);
    is.state = 'merged';
    await handle.signal('poke');
    expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
  });

  test('which the forge does not open again: its words are said, and the question stays', async () => {
    const { is, instead } = world('closed');
    is.refuses = 'The branch has been deleted.';
    const handle = await rehearsal.start({ instead }, REVIEW);
    await eventually(() => asked().length > 0);
    await handle.signal('human', { id: asked()[0]!.id, kind: 'reopen' });
    await eventually(() => asked().length > 1);
    expect(asked()[1]!.body).toMatch(/^The branch has been deleted\./);
    expect(asked()[1]!.id).not.toBe(asked()[0]!.id);
  });

  test('while CI runs and then fails: no repair is paid while it is closed; open again, CI is looked at again and repaired', async () => {
    const { is, instead } = world('closed', 'pending');
    const handle = await rehearsal.start({ instead }, CI);
    await eventually(() => asked().length > 0);
    is.verdict = 'red';
    await rehearsal.passes('1 hour');
    expect([rehearsal.count('prepareRun'), rehearsal.script().failures]).toEqual([0, []]);
    is.state = 'open';
    await handle.signal('poke');
    await eventually(() => rehearsal.count('prepareRun') > 0);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([{ phase: 'fix_ci' }]);
  });

  test('while the person is asked about red checks: that question goes, and this one comes', async () => {
    const { is, instead } = world('open', 'red');
    await rehearsal.start(
      { instead },
      standingAt({ stage: 'ci', repairs: 3, acceptedSha: null, reviewedUntil: '' }),
    );
    await eventually(() => rehearsal.script().failures.length > 0);
    is.state = 'closed';
    await eventually(() => asked().length > 0);
    expect(rehearsal.inputs('closeItem')).toMatchObject([{ id: rehearsal.script().failures[0]!.id }]);
    expect(rehearsal.count('prepareRun')).toBe(0);
  });
});
