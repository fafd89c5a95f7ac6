import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRehearsal, standingAt, CI_REPORT, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const SINCE = '2026-11-20T10:00:00Z';
const LATER = '2026-11-20T11:00:00Z';
const REVIEW = standingAt({ stage: 'review', reviewedUntil: SINCE });
const asks = (comments: number) => () => ({ state: 'open', comments, newestIso: LATER, author: 'mona' });

describe('review', () => {
  test('what is ready is told in a summary, offered to the person, and looked at on the forge', async () => {
    const handle = await rehearsal.start({}, REVIEW);
    await rehearsal.passes(3_000);
    const order = ['loadTask', 'ensureSummary', 'ensureReady', 'openItem', 'setState', 'readReview'];
    expect(rehearsal.script().calls.map((c) => c.name)).toEqual(order);
    const { openItems } = await rehearsal.standing(handle);
    expect(openItems).toEqual([expect.stringMatching(/^w\d+-review-2$/)]);
    expect(rehearsal.inputs('openItem')).toMatchObject([
      { id: openItems[0], kind: 'review', options: [{ label: 'Merge' }, { label: 'Ask for changes' }] },
    ]);
    expect(rehearsal.inputs('readReview')).toMatchObject([{ sinceIso: SINCE }]);
    expect(rehearsal.script().states).toEqual(['in_review']);
  });

  test('changes asked for in the app go to the agent with their item, and the forge is read from where it was', async () => {
    const handle = await rehearsal.start({}, REVIEW);
    await rehearsal.say(handle, '-review-2', 'changes');
    await rehearsal.passes(5 * MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      {
        phase: 'address_review',
        context: { reviewSince: SINCE, about: expect.stringMatching(/^w\d+-review-2$/) },
      },
    ]);
    expect(rehearsal.count('closeItem')).toBe(0);
    expect(rehearsal.inputs('readReview').at(-1)).toMatchObject({ sinceIso: SINCE });
  });

  test('comments on GitHub close the item, go to the agent, and are not read again', async () => {
    const handle = await rehearsal.start({ instead: new Map([['readReview', [asks(0), asks(2)]]]) }, REVIEW);
    await rehearsal.passes(5 * MINUTE);
    expect(rehearsal.inputs('closeItem')).toMatchObject([
      { id: expect.stringMatching(/-review-2$/), why: 'mona asked for changes on GitHub' },
    ]);
    expect(rehearsal.inputs('prepareRun')).toEqual([
      expect.objectContaining({
        phase: 'address_review',
        context: { reviewSince: SINCE, answered: [], resumed: false },
      }),
    ]);
    expect(rehearsal.inputs('readReview').slice(0, 3)).toMatchObject([
      { sinceIso: SINCE },
      { sinceIso: SINCE },
      { sinceIso: LATER },
    ]);
    expect((await rehearsal.standing(handle)).openItems).toEqual([expect.stringMatching(/-review-3$/)]);
  });

  test('merged elsewhere: it is done, and merges nothing', async () => {
    const merged = () => ({ state: 'merged', comments: 0, newestIso: SINCE, author: '' });
    const handle = await rehearsal.start({ instead: new Map([['readReview', [merged]]]) }, REVIEW);
    expect(await handle.result()).toEqual({ state: 'done' });
    expect(rehearsal.count('merge')).toBe(0);
  });
});

describe('a review that is bound to a commit', () => {
  const BOUND = standingAt({ stage: 'review', reviewedUntil: SINCE, sha: 'seen', repairs: 2 });
  const again = (why: string) => () => ({
    state: 'open',
    comments: 0,
    newestIso: SINCE,
    author: '',
    again: why,
  });
  const red = { ...CI_REPORT, red: '"late" is red.' };

  test('red after ready: the ready is taken back, its item closed, and the agent woken once, in the count of before', async () => {
    const script = {
      cis: [{ verdict: 'red', sha: 'seen', told: red }],
      instead: new Map([['readReview', [again('CI failed after all.')]]]),
    };
    await rehearsal.start(script, BOUND);
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('readReview')[0]).toMatchObject({ shown: 'seen' });
    expect(rehearsal.inputs('ensureDraft')).toMatchObject([{ why: 'CI failed after all.' }]);
    expect(rehearsal.inputs('closeItem')).toMatchObject([
      { id: expect.stringMatching(/-review-2$/), why: 'CI failed after all.' },
    ]);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { phase: 'fix_ci', context: { round: 3, ciSha: 'seen' } },
    ]);
  });

  test('what was repaired three times is not repaired again after a ready', async () => {
    const script = {
      cis: [{ verdict: 'red', sha: 'seen', told: red }],
      instead: new Map([['readReview', [again('CI failed after all.')]]]),
    };
    await rehearsal.start(
      script,
      standingAt({ stage: 'review', reviewedUntil: SINCE, sha: 'seen', repairs: 3 }),
    );
    await rehearsal.passes(3_000);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual([
      'CI is still red after 3 repairs. "late" is red. Look at it, then Retry.',
    ]);
    expect(rehearsal.count('prepareRun')).toBe(0);
  });

  test('a re-run that turned green meanwhile: it is offered anew, in an item of its own', async () => {
    const green = { verdict: 'green', sha: 'seen', told: CI_REPORT };
    const handle = await rehearsal.start(
      { cis: [green], instead: new Map([['readReview', [again('mona pushed evil.ts.')]]]) },
      BOUND,
    );
    await rehearsal.passes(MINUTE);
    expect(await rehearsal.standing(handle)).toMatchObject({
      stage: 'review',
      openItems: [expect.stringMatching(/-review-2-1$/)],
    });
    expect(rehearsal.count('prepareRun')).toBe(0);
  });

  test.each(['moved', 'red'])(
    'Merge of what is not as it was shown (%s) merges nothing, and it is looked at anew',
    async (did) => {
      const merge = [() => ({ did, sentence: 'Not as it was.' })];
      const handle = await rehearsal.start(
        {
          cis: [{ verdict: 'pending', sha: 'new', told: CI_REPORT }],
          instead: new Map([['stepTrain', merge]]),
        },
        BOUND,
      );
      await rehearsal.say(handle, '-review-2', 'merge', 'squash');
      await rehearsal.passes(3_000);
      expect(rehearsal.inputs('stepTrain')).toMatchObject([{ method: 'squash', shown: 'seen' }]);
      expect(rehearsal.inputs('ensureDraft')).toMatchObject([{ why: 'Not as it was.' }]);
      expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'ci' });
    },
  );

  test.each([['refused', { did: 'refused', sentence: 'It wants reviews.' }, 'It wants reviews.']])(
    'a merge that is %s: that is said where it is offered, and the decision can be taken again',
    async (_, answer, body) => {
      const handle = await rehearsal.start({ instead: new Map([['stepTrain', [() => answer]]]) }, BOUND);
      await rehearsal.say(handle, '-review-2', 'merge');
      await rehearsal.passes(3_000);
      expect(rehearsal.inputs('openItem').at(-1)).toMatchObject({
        id: expect.stringMatching(/-review-2-1$/),
        kind: 'review',
        body,
      });
      expect((await rehearsal.standing(handle)).openItems).toEqual([expect.stringMatching(/-review-2-1$/)]);
      await rehearsal.say(handle, '-review-2-1', 'merge');
      expect(await handle.result()).toEqual({ state: 'done' });
    },
  );

  test('what others have pushed stands in the item', async () => {
    await rehearsal.start({ instead: new Map([['readOthers', [() => ({ body: '- `abc` evil' })]]]) }, BOUND);
    await rehearsal.passes(3_000);
    expect(rehearsal.inputs('openItem')).toMatchObject([{ body: '- `abc` evil' }]);
  });
});

describe('a base that moved', () => {
  const BOUND = standingAt({ stage: 'review', reviewedUntil: SINCE, sha: 'seen', repairs: 2 });
  const conflicting = { state: 'open', comments: 0, newestIso: SINCE, author: '', conflictsWith: 'main' };
  const dirty = (sha: string) => ({ verdict: 'green', sha, told: CI_REPORT, fits: false });
  const clean = (sha: string) => ({ verdict: 'green', sha, told: CI_REPORT, fits: true });

  test('a conflict is told, not offered for merging, repaired once, checked and offered again, and nobody is asked', async () => {
    const handle = await rehearsal.start(
      { cis: [dirty('seen'), clean('joined')], instead: new Map([['readReview', [() => conflicting]]]) },
      BOUND,
    );
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('closeItem')).toMatchObject([
      { id: expect.stringMatching(/-review-2$/), why: 'It conflicts with main now.' },
    ]);
    expect(rehearsal.inputs('ensureDraft')).toMatchObject([{ why: 'It conflicts with main now.' }]);
    expect(rehearsal.inputs('prepareRun')).toEqual([
      expect.objectContaining({
        phase: 'fix_ci',
        context: { conflictsWith: 'main', round: 2, answered: [], resumed: false },
      }),
    ]);
    expect(rehearsal.inputs('setState')).toContainEqual(
      expect.objectContaining({ state: 'drafting', status: { is: 'conflict', base: 'main' } }),
    );
    expect(rehearsal.script().failures).toEqual([]);
    expect(await rehearsal.standing(handle)).toMatchObject({
      stage: 'review',
      openItems: [expect.stringMatching(/-review-3-1$/)],
    });
  });

  test('Merge that the forge refuses because of a conflict does the same', async () => {
    const merge = [() => ({ did: 'conflicts', sentence: 'It conflicts with main now.' })];
    const handle = await rehearsal.start(
      { cis: [dirty('seen'), clean('joined')], instead: new Map([['stepTrain', merge]]) },
      BOUND,
    );
    await rehearsal.say(handle, '-review-2', 'merge');
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { phase: 'fix_ci', context: { conflictsWith: 'main' } },
    ]);
    expect(await rehearsal.standing(handle)).toMatchObject({
      stage: 'review',
      openItems: [expect.stringMatching(/-review-3-1$/)],
    });
  });

  const CI = standingAt({ stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil: '' });
  /** What CI is seen as is what stands here, however often it is looked at. */
  const world = (first: object) => {
    const is = { now: first };
    const see = (): object => ({ weakened: [], verified: 'unknown', base: 'main', ...is.now });
    return {
      is,
      instead: new Map<string, (() => object)[]>([['readCi', Array.from({ length: 500 }, () => see)]]),
    };
  };
  const eventually = async (is: () => boolean): Promise<void> => {
    while (!is()) await rehearsal.passes(5_000);
  };

  test('one head is repaired once: a repair that left it as it was is told, and Retry lets the agent try again', async () => {
    const { is, instead } = world(dirty('a'));
    const handle = await rehearsal.start({ instead }, CI);
    await eventually(() => rehearsal.script().failures.length > 0);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual([
      'It still conflicts with main: the repair left the branch as it was. Look at it, then Retry.',
    ]);
    expect(rehearsal.count('prepareRun')).toBe(1);
    await handle.signal('human', { id: rehearsal.script().failures[0]!.id, kind: 'retry', onlyRetry: true });
    await eventually(() => rehearsal.count('prepareRun') === 2);
    is.now = clean('b');
    await eventually(() => rehearsal.count('ensureReady') === 1);
    expect(rehearsal.script().failures).toHaveLength(1);
  });

  test('new heads that conflict again are repaired three times in a row', async () => {
    const { is, instead } = world(dirty('0'));
    instead.set(
      'prepareRun',
      Array.from({ length: 9 }, (_, n) => () => ((is.now = dirty(`${n + 1}`)), { runId: `r${n}` })),
    );
    await rehearsal.start({ instead }, CI);
    await eventually(() => rehearsal.script().failures.length > 0);
    expect(rehearsal.count('prepareRun')).toBe(3);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual([
      'It conflicts with main again after 3 repairs. Look at it, then Retry.',
    ]);
  });

  test('a head that fitted begins the count anew', async () => {
    const looks = [
      dirty('a'),
      dirty('b'),
      { ...clean('c'), verdict: 'pending' },
      dirty('c'),
      dirty('d'),
      clean('e'),
    ];
    await rehearsal.start({ cis: looks }, CI);
    await eventually(() => rehearsal.count('ensureReady') === 1);
    expect([rehearsal.count('prepareRun'), rehearsal.script().failures]).toEqual([4, []]);
  });

  test('a conflict that went away by itself is not asked about any more', async () => {
    const { is, instead } = world(dirty('a'));
    await rehearsal.start({ instead }, CI);
    await eventually(() => rehearsal.script().failures.length > 0);
    is.now = clean('a');
    await eventually(() => rehearsal.count('ensureReady') === 1);
    expect(rehearsal.inputs('closeItem')).toMatchObject([{ id: rehearsal.script().failures[0]!.id }]);
  });
});

describe('comments are gathered', () => {
  const BOUND = standingAt({ stage: 'review', reviewedUntil: SINCE, sha: 'seen', repairs: 0 });
  const quiet = { state: 'open', comments: 0, newestIso: LATER, author: '' };
  const waits =
    (words: string, atOnce = false) =>
    () => ({
      ...quiet,
      waiting: { comments: 2, author: 'mona', words, atOnce, quietMs: MINUTE },
    });
  const taken = (most: number) => () => ({
    ...quiet,
    comments: 2,
    author: 'mona',
    rounds: { most, open: '- **back again** (mona): Off by one' },
  });
  /** A page on which the named comments wait until they are taken up by that name. */
  const pageOf = (page: { words: string; most?: number }): Map<string, (() => unknown)[]> => {
    const answer = (): object => {
      const { take } = rehearsal.inputs('readReview').at(-1) as { take: { words: string } | null };
      if (page.words === '') return quiet;
      if (take?.words !== page.words) return waits(page.words)();
      page.words = '';
      return taken(page.most ?? 3)();
    };
    return new Map([['readReview', Array.from({ length: 300 }, () => answer)]]);
  };
  const takes = (): unknown[] => rehearsal.inputs('readReview').map((i) => (i as { take: unknown }).take);

  test('one run after a quiet minute, and the task says meanwhile what it waits for', async () => {
    const page = { words: '1' };
    const handle = await rehearsal.start({ instead: pageOf(page) }, BOUND);
    await rehearsal.passes(20_000);
    page.words = '12';
    await handle.signal('poke');
    await rehearsal.passes(45_000);
    expect(rehearsal.count('prepareRun')).toBe(0);
    expect(rehearsal.inputs('setState').at(-1)).toMatchObject({
      state: 'in_review',
      status: { is: 'gathering', author: 'mona', comments: 2, quietMs: MINUTE },
    });
    await rehearsal.passes(5 * MINUTE);
    expect(rehearsal.count('prepareRun')).toBe(1);
    expect(takes().filter((t) => t !== null)).toEqual([{ words: '12', whatever: false }]);
  });

  test('another comment every time: after five minutes it is taken up whatever is said', async () => {
    let n = 0;
    const more = () => waits(String(++n))();
    // Before it is started: it looks at once, and on a busy machine long before this is answered.
    const began = await rehearsal.env.currentTimeMs();
    const handle = await rehearsal.start(
      { instead: new Map([['readReview', Array.from({ length: 200 }, () => more)]]) },
      BOUND,
    );
    const isTaken = (): boolean =>
      takes().some((t) => (t as { whatever?: boolean } | null)?.whatever === true);
    for (let pokes = 0; pokes < 40 && !isTaken(); pokes++) {
      await handle.signal('poke');
      await rehearsal.passes(30_000);
    }
    expect(isTaken()).toBe(true);
    expect(await rehearsal.env.currentTimeMs()).toBeGreaterThanOrEqual(began + 5 * MINUTE);
  });

  test('changes asked for in a review are taken up at once', async () => {
    await rehearsal.start({ instead: new Map([['readReview', [waits('1', true), taken(3)]]]) }, BOUND);
    await rehearsal.passes(3_000);
    expect(takes().slice(0, 2)).toEqual([null, { words: '1', whatever: false }]);
    expect(rehearsal.count('prepareRun')).toBe(1);
  });

  test('a comment that was taken back wakes nobody, and the task does not wait for it any more', async () => {
    await rehearsal.start({ instead: new Map([['readReview', [waits('1'), () => quiet]]]) }, BOUND);
    await rehearsal.passes(10 * MINUTE);
    expect(rehearsal.count('prepareRun')).toBe(0);
    expect(rehearsal.inputs('setState').at(-1)).toMatchObject({
      state: 'in_review',
      status: { is: 'plain' },
    });
  });

  test('a decision of the person goes before what is gathered', async () => {
    const handle = await rehearsal.start(
      { instead: new Map([['readReview', Array.from({ length: 20 }, () => waits('1'))]]) },
      BOUND,
    );
    await rehearsal.passes(10_000);
    await rehearsal.say(handle, '-review-2', 'merge');
    expect(await handle.result()).toEqual({ state: 'done' });
    expect(rehearsal.count('prepareRun')).toBe(0);
  });

  test('when the rounds are used up the person decides, with what is open; their word begins the count anew', async () => {
    const handle = await rehearsal.start(
      { instead: new Map([['readReview', [waits('1', true), taken(1)]]]) },
      { ...BOUND, rounds: 1 },
    );
    await rehearsal.passes(MINUTE);
    expect(rehearsal.count('prepareRun')).toBe(0);
    const [item] = (await rehearsal.standing(handle)).openItems;
    expect(rehearsal.inputs('openItem').at(-1)).toMatchObject({
      id: item,
      kind: 'review',
      body: expect.stringMatching(/mona asks for changes again[^]*back again/),
    });
    await handle.signal('human', { id: item!, kind: 'changes', text: '' });
    await rehearsal.passes(3 * MINUTE);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([
      { phase: 'address_review', context: { about: item } },
    ]);
    rehearsal.script().instead.set('readReview', [waits('2', true), taken(1)]);
    await handle.signal('poke');
    await rehearsal.passes(3 * MINUTE);
    expect(rehearsal.count('prepareRun')).toBe(2);
  });
});

describe('address_review', () => {
  test.each([
    ['inbox', { where: 'inbox', itemId: 'w-review-2' }, { reviewSince: LATER, about: 'w-review-2' }],
    ['github', { where: 'github', sinceIso: SINCE }, { reviewSince: SINCE }],
  ] as const)(
    'asked for in %s: goes to the agent, then to CI with a new count of repairs',
    async (_, asked, context) => {
      await rehearsal.start({}, standingAt({ stage: 'address_review', asked, reviewedUntil: LATER }));
      await rehearsal.passes(5 * MINUTE);
      expect(rehearsal.inputs('prepareRun')).toEqual([
        expect.objectContaining({
          n: 3,
          phase: 'address_review',
          context: { ...context, answered: [], resumed: false },
        }),
      ]);
      expect(rehearsal.inputs('readCi')).toMatchObject([{ round: 0 }]);
      expect(rehearsal.inputs('readReview')[0]).toMatchObject({ sinceIso: LATER });
      expect(rehearsal.script().states).toEqual(['queued', 'drafting', 'ci', 'in_review']);
    },
  );
});
