import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRehearsal, standingAt, TOLD, type Rehearsal } from '../../replay/rehearsal.ts';

const SINCE = '2026-11-20T10:00:00Z';

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: SINCE, sha: 'seen', repairs: 1 });
const CI = standingAt({ stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil: '' });

/** A pull request that is as it stands here whenever it is looked at. */
function world(state: 'open' | 'closed' | 'merged', verdict = 'green') {
  const is = { state, verdict, refuses: '' };
  const always = (see: () => object): (() => object)[] => Array.from({ length: 500 }, () => see);
  const told = () => ({
    ...TOLD,
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
    if (n > 400) throw new Error(`never: ${JSON.stringify(r.script().calls.slice(-8))}`);
    await r.env.sleep(3_000);
  }
};
const asked = (): { id: string; title: string; body: string }[] =>
  (r.inputs('openItem') as { id: string; kind: string; title: string; body: string }[]).filter(
    (i) => i.kind === 'pr_closed',
  );

describe('a pull request that somebody closes', () => {
  test('and opens again three seconds later: nobody is asked, nothing is cleaned, and the offer stands as it stood', async () => {
    const { is, instead } = world('closed');
    const h = await r.start({ instead }, REVIEW);
    await eventually(() => r.count('readPull') > 0);
    is.state = 'open';
    await h.signal('poke');
    await eventually(() => r.count('readReview') > 1);
    await r.env.sleep(5 * 60_000);
    expect([asked(), r.count('cleanForge'), r.count('closeItem'), r.count('ensureSummary')]).toEqual([
      [],
      0,
      0,
      1,
    ]);
    // The first look after it was told knows since when, so that it can tell the opening.
    expect(r.inputs('readPull')[0]).toMatchObject({ closedAtIso: SINCE });
    expect(await r.standing(h)).toMatchObject({
      stage: 'review',
      openItems: [expect.stringMatching(/-review-2$/)],
    });
    await r.say(h, '-review-2', 'merge');
    expect(await r.end(h)).toEqual({ state: 'done' });
  }, 60_000);

  test.each([
    ['reopen', null],
    ['stop', { merged: false }],
    ['keep', { merged: false, keepBranch: true }],
  ] as const)(
    'is asked about after a minute and never before, and "%s" does what it says',
    async (decision, cleaned) => {
      const { instead } = world('closed');
      const h = await r.start({ instead }, REVIEW);
      await eventually(() => r.count('readPull') > 0);
      await r.env.sleep(40_000);
      expect(asked()).toEqual([]);
      await eventually(() => asked().length > 0);
      expect(asked()).toMatchObject([
        {
          title: 'mona closed the pull request.',
          options: [{ label: 'Reopen' }, { label: 'Stop the task' }, { label: 'Keep the branch' }],
        },
      ]);
      expect(r.inputs('closeItem')).toMatchObject([{ id: expect.stringMatching(/-review-2$/) }]);
      expect(r.count('cleanForge')).toBe(0);
      await h.signal('human', { id: asked()[0]!.id, kind: decision });
      if (cleaned === null) {
        await eventually(() => r.count('ensureReady') > 1);
        // CI is looked at again, and it is offered in an item of its own.
        expect(r.inputs('readCi').length).toBeGreaterThan(0);
        return expect(await r.standing(h)).toMatchObject({
          stage: 'review',
          openItems: [expect.stringMatching(/-review-2-\d$/)],
        });
      }
      expect(await r.end(h)).toEqual({ state: 'cancelled' });
      expect(r.script().ended?.how).toBe(decision === 'keep' ? 'kept' : 'closed');
      expect(r.inputs('cleanForge')).toMatchObject([cleaned]);
      expect((r.inputs('cleanForge')[0] as { keepBranch?: boolean }).keepBranch).toBe(
        decision === 'keep' ? true : undefined,
      );
    },
    60_000,
  );

  test('and opens again days later: the question goes by itself', async () => {
    const { is, instead } = world('closed');
    const h = await r.start({ instead }, REVIEW);
    await eventually(() => asked().length > 0);
    await r.env.sleep('2 days');
    is.state = 'open';
    await h.signal('poke');
    await eventually(() => r.count('ensureReady') > 1);
    expect(r.inputs('closeItem')).toContainEqual(
      expect.objectContaining({ id: asked()[0]!.id, why: 'it was opened again' }),
    );
    expect(r.count('cleanForge')).toBe(0);
  }, 60_000);

  test('and that is merged instead: done', async () => {
    const { is, instead } = world('closed');
    const h = await r.start({ instead }, REVIEW);
    await eventually(() => asked().length > 0);
    is.state = 'merged';
    await h.signal('poke');
    expect(await r.end(h)).toEqual({ state: 'done' });
  }, 60_000);

  test('which the forge does not open again: its words are said, and the question stays', async () => {
    const { is, instead } = world('closed');
    is.refuses = 'The branch has been deleted.';
    const h = await r.start({ instead }, REVIEW);
    await eventually(() => asked().length > 0);
    await h.signal('human', { id: asked()[0]!.id, kind: 'reopen' });
    await eventually(() => asked().length > 1);
    expect(asked()[1]!.body).toMatch(/^The branch has been deleted\./);
    expect(asked()[1]!.id).not.toBe(asked()[0]!.id);
  }, 60_000);

  test('while CI runs and then fails: no repair is paid while it is closed; open again, CI is looked at again and repaired', async () => {
    const { is, instead } = world('closed', 'pending');
    const h = await r.start({ instead }, CI);
    await eventually(() => asked().length > 0);
    is.verdict = 'red';
    await r.env.sleep('1 hour');
    expect([r.count('prepareRun'), r.script().failures]).toEqual([0, []]);
    is.state = 'open';
    await h.signal('poke');
    await eventually(() => r.count('prepareRun') > 0);
    expect(r.inputs('prepareRun')).toMatchObject([{ phase: 'fix_ci' }]);
  }, 60_000);

  test('while the person is asked about red checks: that question goes, and this one comes', async () => {
    const { is, instead } = world('open', 'red');
    await r.start({ instead }, standingAt({ stage: 'ci', repairs: 3, acceptedSha: null, reviewedUntil: '' }));
    await eventually(() => r.script().failures.length > 0);
    is.state = 'closed';
    await eventually(() => asked().length > 0);
    expect(r.inputs('closeItem')).toMatchObject([{ id: r.script().failures[0]!.id }]);
    expect(r.count('prepareRun')).toBe(0);
  }, 60_000);
});
