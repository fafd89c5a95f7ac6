import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRehearsal, standingAt, CI_REPORT, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const REVIEWED = { reviewedUntil: '2026-11-20T10:00:00Z' };
const inCi = (repairs: number, acceptedSha: string | null = null) =>
  standingAt({ stage: 'ci', repairs, acceptedSha, ...REVIEWED });
const weakened = ['a.test.ts: deleted'];

describe('ci', () => {
  test.each([
    ['green', [{ verdict: 'green' }]],
    ['nothing to check it but the verify command, which passes', nothing(9, 'passed')],
    ['weakened tests that were let through', [{ verdict: 'green', weakened, sha: 'seen' }]],
  ])('%s: goes to review, and takes along until when it was reviewed', async (_, cis) => {
    const handle = await rehearsal.start({ cis }, inCi(1, 'seen'));
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.inputs('readReview')[0]).toMatchObject({ sinceIso: REVIEWED.reviewedUntil });
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'review', runs: 2 });
    expect([rehearsal.script().states[0], rehearsal.script().failures]).toEqual(['ci', []]);
  });

  test.each([
    ['red', { verdict: 'red', sha: 'bad' }],
    ['green, and the verify command fails', { verdict: 'green', verified: 'failed', sha: 'bad' }],
  ])('%s: is repaired, and counts', async (_, look) => {
    await rehearsal.start({ cis: [look] }, inCi(1));
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.inputs('readCi')).toMatchObject([{ round: 1 }, { round: 2 }]);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { n: 3, phase: 'fix_ci', context: { round: 2, ciSha: 'bad' } },
    ]);
  });

  test('red after three repairs: the person is asked, and Retry gives it another set', async () => {
    const handle = await rehearsal.start(
      { cis: [{ verdict: 'red' }, { verdict: 'red', sha: 'b' }] },
      inCi(3),
    );
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual(['CI is still red after 3 repairs.']);
    expect(rehearsal.count('prepareRun')).toBe(0);
    await rehearsal.say(handle, '-f2-1', 'retry');
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { phase: 'fix_ci', context: { round: 1, ciSha: 'b' } },
    ]);
  });

  test('weakened tests: the person is asked once for each commit', async () => {
    const handle = await rehearsal.start(
      {
        cis: [
          { verdict: 'green', weakened, sha: 'b' },
          { verdict: 'green', weakened, sha: 'c' },
        ],
      },
      inCi(0, 'seen'),
    );
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.script().failures).toMatchObject([{ body: weakened[0] }]);
    await rehearsal.say(handle, '-f2-1', 'allow');
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.script().failures).toHaveLength(2);
    rehearsal.script().cis = [{ verdict: 'green', weakened, sha: 'c' }];
    await rehearsal.say(handle, '-f2-2', 'allow');
    await rehearsal.passes(10 * MINUTE);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'review' });
  });

  test('a linter of the repository that is red: the agent is told once for each commit, then the person is asked', async () => {
    const red = [{ what: 'lint', command: 'npm run lint', tail: 'a.ts: error no-var' }] as const;
    const still = { verdict: 'green', sha: 'a', red, told: { ...CI_REPORT, pushedNothing: true } };
    const handle = await rehearsal.start(
      {
        cis: [
          { verdict: 'green', sha: 'a', red, told: CI_REPORT },
          still,
          still,
          { ...still, told: CI_REPORT },
        ],
      },
      inCi(0),
    );
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { phase: 'fix_ci', context: { round: 1, ciSha: 'a' } },
    ]);
    expect(rehearsal.script().failures).toMatchObject([
      {
        kind: 'gate',
        title: expect.stringMatching(/^Lint is red/),
        body: expect.stringContaining('a.ts: error no-var'),
      },
    ]);
    expect(rehearsal.count('ensureReady')).toBe(0);
    // Once more at the person's word, and then let through.
    await rehearsal.say(handle, '-f3-1', 'deny');
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.count('prepareRun')).toBe(2);
    const gate = rehearsal.script().failures.at(-1)!.id;
    rehearsal.script().cis = [{ verdict: 'green', sha: 'a', red, told: CI_REPORT }];
    await handle.signal('human', { id: gate, kind: 'allow' });
    await rehearsal.passes(10 * MINUTE);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'review' });
  });

  test('red before the change: no repair is paid, the person decides, and what is let through goes to review', async () => {
    const before = '"test" was red before this change.';
    const red = { verdict: 'red', sha: 'a', told: { ...CI_REPORT, before } };
    const handle = await rehearsal.start({ cis: [red] }, inCi(3));
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.count('prepareRun')).toBe(0);
    expect(rehearsal.script().failures).toMatchObject([
      { kind: 'gate', errorCode: 'red_before', title: before },
    ]);
    // At the person's word it is.
    rehearsal.script().cis = [{ ...red, sha: 'b' }];
    await rehearsal.say(handle, '-f2-1', 'deny');
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { phase: 'fix_ci', context: { round: 1, ciSha: 'a' } },
    ]);
    const gate = rehearsal.script().failures.at(-1)!.id;
    await handle.signal('human', { id: gate, kind: 'allow' });
    await rehearsal.passes(10 * MINUTE);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'review' });
    expect(rehearsal.count('prepareRun')).toBe(1);
  });

  test('nothing that checks it: waits for its grace, then asks, and what is allowed goes on to review', async () => {
    const handle = await rehearsal.start({ cis: nothing(9) }, inCi(0));
    await rehearsal.passes(10 * MINUTE);
    // A minute of grace, looked at in quarters.
    expect(rehearsal.count('readCi')).toBe(5);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual([
      expect.stringMatching(/^This repository has no CI/),
    ]);
    await rehearsal.say(handle, '-f2-1', 'allow');
    await rehearsal.passes(MINUTE);
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'review' });
  });
});

describe('ci, as it is told', () => {
  const ask = 'Look at it, then Retry.';
  test.each([
    ['a repair that changed nothing', { verdict: 'red', told: { ...CI_REPORT, red: '"test" is red.', ask } }],
    ['what has been pending for too long', { verdict: 'pending', told: { ...CI_REPORT, ask } }],
  ] as const)(
    '%s: the person is asked, nothing more is spent, and what turns meanwhile goes on by itself',
    async (_, look) => {
      const handle = await rehearsal.start(
        {
          cis: [
            look,
            look,
            look,
            { verdict: 'green', sha: 'a', told: CI_REPORT },
            { verdict: 'green', sha: 'a', told: CI_REPORT },
          ],
        },
        inCi(1),
      );
      await rehearsal.passes(3_000);
      expect(rehearsal.script().failures.map((f) => f.title)).toEqual([ask]);
      await rehearsal.passes(20 * MINUTE);
      expect(rehearsal.inputs('closeItem')).toMatchObject([{ id: expect.stringMatching(/-f2-1$/) }]);
      expect(rehearsal.count('prepareRun')).toBe(0);
      expect(await rehearsal.standing(handle)).toMatchObject({
        stage: 'review',
        openItems: [expect.stringMatching(/-review-2$/)],
      });
    },
  );

  test('Retry gives it another set of repairs, and tells nobody any more of the one before', async () => {
    const red = { ...CI_REPORT, red: '"test" is red.' };
    const seen = { weakened: [], verified: 'unknown', base: 'main', verdict: 'red', sha: 'b' };
    const answer = (): object => {
      const { redSha } = rehearsal.inputs('readCi').at(-1) as { redSha?: string };
      if (redSha === 'a') return { ...seen, told: { ...red, ask } };
      return redSha === undefined
        ? { ...seen, told: red }
        : { ...seen, verdict: 'pending', sha: 'c', told: CI_REPORT };
    };
    const handle = await rehearsal.start(
      { instead: new Map([['readCi', Array.from({ length: 200 }, () => answer)]]) },
      standingAt({ stage: 'ci', repairs: 1, acceptedSha: null, repairedSha: 'a', ...REVIEWED }),
    );
    await rehearsal.passes(3_000);
    await rehearsal.say(handle, '-f2-1', 'retry', undefined, { onlyRetry: true });
    await rehearsal.passes(10 * MINUTE);
    const looks = rehearsal.inputs('readCi') as { redSha?: string; round: number }[];
    const [retried, ...then] = looks.slice(looks.findIndex(({ redSha }) => redSha !== 'a'));
    expect(looks[0]).toMatchObject({ redSha: 'a' });
    expect(retried).not.toHaveProperty('redSha');
    expect(then[0]).toMatchObject({ redSha: 'b', round: 1 });
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { phase: 'fix_ci', context: { round: 1, ciSha: 'b' } },
    ]);
  });

  test('merged elsewhere while CI ran: it is done', async () => {
    const handle = await rehearsal.start(
      { cis: [{ verdict: 'red', told: { ...CI_REPORT, pull: 'merged' } }] },
      inCi(0),
    );
    expect(await handle.result()).toEqual({ state: 'done' });
    expect(rehearsal.count('prepareRun')).toBe(0);
  });

  test('why nothing has checked the change is said at the gate', async () => {
    const unchecked = 'CI ran nothing, every check was skipped (test).';
    const look = { verdict: 'none', told: { ...CI_REPORT, unchecked } };
    await rehearsal.start({ cis: Array.from({ length: 9 }, () => look) }, inCi(0));
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.script().failures).toMatchObject([{ kind: 'gate', title: unchecked }]);
  });
});

describe('fix_ci', () => {
  test.each([
    ['the commit that failed', 'bad', { round: 2, ciSha: 'bad' }],
    ['whatever is newest', null, { round: 2 }],
  ])('repairs %s, and goes back to CI with its count', async (_, redSha, context) => {
    await rehearsal.start(
      { cis: [{ verdict: 'pending' }] },
      standingAt({ stage: 'fix_ci', repairs: 2, redSha, ...REVIEWED }),
    );
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.inputs('prepareRun')).toEqual([
      expect.objectContaining({ phase: 'fix_ci', context: { ...context, answered: [], resumed: false } }),
    ]);
    expect(rehearsal.script().states).toEqual(['queued', 'drafting', 'ci', 'in_review']);
    expect(rehearsal.inputs('readCi')[0]).toMatchObject({ round: 2 });
    expect(rehearsal.inputs('readReview')[0]).toMatchObject({ sinceIso: REVIEWED.reviewedUntil });
  });
});

function nothing(looks: number, verified = 'unknown') {
  return Array.from({ length: looks }, () => ({ verdict: 'none', verified }));
}
