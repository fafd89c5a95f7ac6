import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRehearsal, standingAt, TOLD, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close());

const REVIEWED = { reviewedUntil: '2026-11-20T10:00:00Z' };
const inCi = (repairs: number, acceptedSha: string | null = null) =>
  standingAt({ stage: 'ci', repairs, acceptedSha, ...REVIEWED });
const weakened = ['a.test.ts: deleted'];

describe('ci', () => {
  test.each([
    ['green', [{ verdict: 'green' }]],
    ['nothing to check it but the verify command, which passes', nothing(9, 'passed')],
    ['weakened tests that were let through', [{ verdict: 'green', weakened, sha: 'seen' }]],
  ])(
    '%s: goes to review, and takes along until when it was reviewed',
    async (_, cis) => {
      const h = await r.start({ cis }, inCi(1, 'seen'));
      await r.env.sleep(10 * MINUTE);
      expect(r.inputs('readReview')[0]).toMatchObject({ sinceIso: REVIEWED.reviewedUntil });
      expect(await r.standing(h)).toMatchObject({ stage: 'review', runs: 2 });
      expect([r.script().states[0], r.script().failures]).toEqual(['ci', []]);
    },
    60_000,
  );

  test.each([
    ['red', { verdict: 'red', sha: 'bad' }],
    ['green, and the verify command fails', { verdict: 'green', verified: 'failed', sha: 'bad' }],
  ])(
    '%s: is repaired, and counts',
    async (_, look) => {
      await r.start({ cis: [look] }, inCi(1));
      await r.env.sleep(10 * MINUTE);
      expect(r.inputs('readCi')).toMatchObject([{ round: 1 }, { round: 2 }]);
      expect(r.inputs('prepareRun')).toMatchObject([
        { n: 3, phase: 'fix_ci', context: { round: 2, ciSha: 'bad' } },
      ]);
    },
    60_000,
  );

  test('red after three repairs: the person is asked, and Retry gives it another set', async () => {
    const h = await r.start({ cis: [{ verdict: 'red' }, { verdict: 'red', sha: 'b' }] }, inCi(3));
    await r.env.sleep(10 * MINUTE);
    expect(r.script().failures.map((f) => f.title)).toEqual(['CI is still red after 3 repairs.']);
    expect(r.count('prepareRun')).toBe(0);
    await r.say(h, '-f2-1', 'retry');
    await r.env.sleep(10 * MINUTE);
    expect(r.inputs('prepareRun')).toMatchObject([{ phase: 'fix_ci', context: { round: 1, ciSha: 'b' } }]);
  });

  test('weakened tests: the person is asked once for each commit', async () => {
    const h = await r.start(
      {
        cis: [
          { verdict: 'green', weakened, sha: 'b' },
          { verdict: 'green', weakened, sha: 'c' },
        ],
      },
      inCi(0, 'seen'),
    );
    await r.env.sleep(10 * MINUTE);
    expect(r.script().failures).toMatchObject([{ body: weakened[0] }]);
    await r.say(h, '-f2-1', 'allow');
    await r.env.sleep(10 * MINUTE);
    expect(r.script().failures).toHaveLength(2);
    r.script().cis = [{ verdict: 'green', weakened, sha: 'c' }];
    await r.say(h, '-f2-2', 'allow');
    await r.env.sleep(10 * MINUTE);
    expect(await r.standing(h)).toMatchObject({ stage: 'review' });
  });

  test('a linter of the repository that is red: the agent is told once for each commit, then the person is asked', async () => {
    const red = [{ what: 'lint', command: 'npm run lint', tail: 'a.ts: error no-var' }] as const;
    const still = { verdict: 'green', sha: 'a', red, told: { ...TOLD, pushedNothing: true } };
    const h = await r.start(
      { cis: [{ verdict: 'green', sha: 'a', red, told: TOLD }, still, still, { ...still, told: TOLD }] },
      inCi(0),
    );
    await r.env.sleep(10 * MINUTE);
    expect(r.inputs('prepareRun')).toMatchObject([{ phase: 'fix_ci', context: { round: 1, ciSha: 'a' } }]);
    expect(r.script().failures).toMatchObject([
      {
        kind: 'gate',
        title: expect.stringMatching(/^Lint is red/),
        body: expect.stringContaining('a.ts: error no-var'),
      },
    ]);
    expect(r.count('ensureReady')).toBe(0);
    // Once more at the person's word, and then let through.
    await r.say(h, '-f3-1', 'deny');
    await r.env.sleep(10 * MINUTE);
    expect(r.count('prepareRun')).toBe(2);
    const gate = r.script().failures.at(-1)!.id;
    r.script().cis = [{ verdict: 'green', sha: 'a', red, told: TOLD }];
    await h.signal('human', { id: gate, kind: 'allow' });
    await r.env.sleep(10 * MINUTE);
    expect(await r.standing(h)).toMatchObject({ stage: 'review' });
  }, 60_000);

  test('nothing that checks it: waits for its grace, then asks, and what is allowed goes on to review', async () => {
    const h = await r.start({ cis: nothing(9) }, inCi(0));
    await r.env.sleep(10 * MINUTE);
    // A minute of grace, looked at in quarters.
    expect(r.count('readCi')).toBe(5);
    expect(r.script().failures.map((f) => f.title)).toEqual([
      expect.stringMatching(/^This repository has no CI/),
    ]);
    await r.say(h, '-f2-1', 'allow');
    await r.env.sleep(MINUTE);
    expect(await r.standing(h)).toMatchObject({ stage: 'review' });
  });
});

describe('ci, as it is told', () => {
  const ask = 'Look at it, then Retry.';
  test.each([
    ['a repair that changed nothing', { verdict: 'red', told: { ...TOLD, red: '"test" is red.', ask } }],
    ['what has been pending for too long', { verdict: 'pending', told: { ...TOLD, ask } }],
  ] as const)(
    '%s: the person is asked, nothing more is spent, and what turns meanwhile goes on by itself',
    async (_, look) => {
      const h = await r.start(
        {
          cis: [
            look,
            look,
            look,
            { verdict: 'green', sha: 'a', told: TOLD },
            { verdict: 'green', sha: 'a', told: TOLD },
          ],
        },
        inCi(1),
      );
      await r.env.sleep(3_000);
      expect(r.script().failures.map((f) => f.title)).toEqual([ask]);
      await r.env.sleep(20 * MINUTE);
      expect(r.inputs('closeItem')).toMatchObject([{ id: expect.stringMatching(/-f2-1$/) }]);
      expect(r.count('prepareRun')).toBe(0);
      expect(await r.standing(h)).toMatchObject({
        stage: 'review',
        openItems: [expect.stringMatching(/-review-2$/)],
      });
    },
    60_000,
  );

  test('Retry gives it another set of repairs, and tells nobody any more of the one before', async () => {
    const red = { ...TOLD, red: '"test" is red.' };
    const looks = [
      { verdict: 'red', sha: 'b', told: { ...red, ask } },
      { verdict: 'red', sha: 'b', told: red },
      { verdict: 'pending', sha: 'c', told: TOLD },
    ];
    const h = await r.start(
      { cis: looks },
      standingAt({ stage: 'ci', repairs: 1, acceptedSha: null, repairedSha: 'a', ...REVIEWED }),
    );
    await r.env.sleep(3_000);
    await r.say(h, '-f2-1', 'retry', undefined, { onlyRetry: true });
    await r.env.sleep(10 * MINUTE);
    expect(r.inputs('readCi').slice(0, 3)).toEqual([
      expect.objectContaining({ redSha: 'a' }),
      expect.not.objectContaining({ redSha: 'a' }),
      expect.objectContaining({ redSha: 'b', round: 1 }),
    ]);
    expect(r.inputs('prepareRun')).toMatchObject([{ phase: 'fix_ci', context: { round: 1, ciSha: 'b' } }]);
  }, 60_000);

  test('merged elsewhere while CI ran: it is done', async () => {
    const h = await r.start({ cis: [{ verdict: 'red', told: { ...TOLD, pull: 'merged' } }] }, inCi(0));
    expect(await h.result()).toEqual({ state: 'done' });
    expect(r.count('prepareRun')).toBe(0);
  }, 60_000);

  test('why nothing has checked the change is said at the gate', async () => {
    const unchecked = 'CI ran nothing, every check was skipped (test).';
    const look = { verdict: 'none', told: { ...TOLD, unchecked } };
    await r.start({ cis: Array.from({ length: 9 }, () => look) }, inCi(0));
    await r.env.sleep(10 * MINUTE);
    expect(r.script().failures).toMatchObject([{ kind: 'gate', title: unchecked }]);
  }, 60_000);
});

describe('fix_ci', () => {
  test.each([
    ['the commit that failed', 'bad', { round: 2, ciSha: 'bad' }],
    ['whatever is newest', null, { round: 2 }],
  ])(
    'repairs %s, and goes back to CI with its count',
    async (_, redSha, context) => {
      await r.start(
        { cis: [{ verdict: 'pending' }] },
        standingAt({ stage: 'fix_ci', repairs: 2, redSha, ...REVIEWED }),
      );
      await r.env.sleep(10 * MINUTE);
      expect(r.inputs('prepareRun')).toEqual([
        expect.objectContaining({ phase: 'fix_ci', context: { ...context, answered: [], resumed: false } }),
      ]);
      expect(r.script().states).toEqual(['queued', 'drafting', 'ci', 'in_review']);
      expect(r.inputs('readCi')[0]).toMatchObject({ round: 2 });
      expect(r.inputs('readReview')[0]).toMatchObject({ sinceIso: REVIEWED.reviewedUntil });
    },
    60_000,
  );
});

function nothing(looks: number, verified = 'unknown') {
  return Array.from({ length: looks }, () => ({ verdict: 'none', verified }));
}
