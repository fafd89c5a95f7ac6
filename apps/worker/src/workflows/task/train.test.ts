import type { Status } from '@mainloop/models/flow/status';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  broken,
  openRehearsal,
  standingAt,
  CI_REPORT,
  unavailable,
  type Rehearsal,
} from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: '', sha: 'seen', repairs: 1 });
const waits = (head: string, place: number) => () => ({ did: 'wait', head, place, base: 'main' });
const ends =
  (did: string, sentence = 'So it is.') =>
  () => ({ did, sentence });
const steps = (...answers: (() => unknown)[]) => ({ instead: new Map([['stepTrain', answers]]) });
const told = (): Status[] =>
  (rehearsal.inputs('setState') as { status: Status }[]).map((s) => s.status).filter((s) => s.is !== 'plain');

describe('an approved change', () => {
  test('joins the train with the commit that was looked at, waits for its turn in sight of the person, and is merged', async () => {
    const handle = await rehearsal.start(
      steps(waits('seen', 2), waits('seen', 2), waits('with-base', 1), ends('merged', '')),
      REVIEW,
    );
    await rehearsal.say(handle, '-review-2', 'merge', 'rebase');
    expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
    const itemId = expect.stringMatching(/-review-2$/);
    expect(rehearsal.inputs('joinTrain')).toEqual([{ taskId: expect.any(String), itemId, shown: 'seen' }]);
    expect(rehearsal.inputs('stepTrain')).toMatchObject([
      { method: 'rebase', shown: 'seen', head: 'seen', isChecked: true, updates: 0, itemId },
      { head: 'seen', updates: 0 },
      { head: 'seen', updates: 0 },
      { shown: 'seen', head: 'with-base', updates: 1 },
    ]);
    expect(told()).toEqual([2, 1].map((place) => ({ is: 'turn', place, base: 'main' })));
    expect(rehearsal.count('merge')).toBe(0);
  });

  test('is looked at again as soon as one before it is out of the way', async () => {
    const handle = await rehearsal.start(
      steps(...Array.from({ length: 9 }, () => waits('seen', 2)), ends('merged')),
      REVIEW,
    );
    await rehearsal.say(handle, '-review-2', 'merge');
    await rehearsal.passes(2 * MINUTE);
    const before = rehearsal.count('stepTrain');
    expect((await rehearsal.standing(handle)).waitsFor).toMatchObject({ what: 'turn' });
    await handle.signal('poke');
    await rehearsal.passes(1_000);
    expect(rehearsal.count('stepTrain')).toBe(before + 1);
  });

  const KEEPS = () => ({ did: 'conflicts', sentence: 'It conflicts.', keeps: true });
  const JOINED = [
    { verdict: 'green', sha: 'seen', told: CI_REPORT, fits: false },
    { verdict: 'green', sha: 'both', told: CI_REPORT, fits: true },
  ];
  test('that conflicts keeps its place, is joined with its base by the agent, and is merged by the same approval', async () => {
    const handle = await rehearsal.start({ ...steps(KEEPS, ends('merged', '')), cis: [...JOINED] }, REVIEW);
    await rehearsal.say(handle, '-review-2', 'merge', 'rebase');
    expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
    const itemId = expect.stringMatching(/-review-2$/);
    expect(rehearsal.inputs('prepareRun')).toMatchObject([{ phase: 'fix_ci' }]);
    expect(rehearsal.inputs('isAsApproved')).toMatchObject([{ itemId, shown: 'seen' }]);
    expect(rehearsal.inputs('stepTrain')).toMatchObject([
      { itemId, shown: 'seen', method: 'rebase', keepsPlace: true },
      { itemId, shown: 'seen', method: 'rebase', keepsPlace: true },
    ]);
    // One approval is enough.
    expect(rehearsal.inputs('openItem')).toHaveLength(1);
    expect([rehearsal.count('leaveTrain'), rehearsal.count('ensureDraft')]).toEqual([0, 1]);
  });

  test('whose change is another one after that is offered again, with the reason', async () => {
    const script = { ...steps(KEEPS, ends('merged', '')), cis: [...JOINED] };
    script.instead.set('isAsApproved', [() => false]);
    const handle = await rehearsal.start(script, REVIEW);
    await rehearsal.say(handle, '-review-2', 'merge');
    await rehearsal.say(handle, '-review-3-1', 'merge');
    expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
    expect(rehearsal.inputs('openItem')).toMatchObject([
      {},
      { body: expect.stringMatching(/not the one any more that you approved/) },
    ]);
    expect(rehearsal.inputs('stepTrain').at(-1)).toMatchObject({ shown: 'both' });
  });

  test('that is red once it is joined gives up its place before it is repaired', async () => {
    const look = { told: CI_REPORT, fits: true };
    const cis = [
      JOINED[0]!,
      { verdict: 'red', sha: 'both', ...look },
      { verdict: 'green', sha: 'fixed', ...look },
    ];
    const handle = await rehearsal.start({ ...steps(KEEPS), cis }, REVIEW);
    await rehearsal.say(handle, '-review-2', 'merge');
    await rehearsal.say(handle, '-review-4-1', 'merge');
    expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
    expect(rehearsal.count('leaveTrain')).toBe(1);
    expect(rehearsal.inputs('prepareRun')).toHaveLength(2);
    expect(rehearsal.count('isAsApproved')).toBe(0);
  });

  test.each(['moved', 'red', 'conflicts', 'stuck'])(
    'that is found %s makes way: its ready is taken back, and it is looked at anew',
    async (did) => {
      const cis = Array.from({ length: 9 }, () => ({
        verdict: 'pending',
        sha: 'with-base',
        told: CI_REPORT,
      }));
      const script = { ...steps(waits('with-base', 1), ends(did, 'It is not good.')), cis };
      const handle = await rehearsal.start(script, REVIEW);
      await rehearsal.say(handle, '-review-2', 'merge');
      await rehearsal.passes(10_000);
      expect(rehearsal.inputs('ensureDraft')).toMatchObject([{ why: 'It is not good.' }]);
      expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'ci', openItems: [] });
    },
  );

  test.each(['asked', 'refused', 'out', 'closed'])(
    'that is %s is offered again, bound to where its branch stands now; merged once more it joins anew',
    async (did) => {
      const handle = await rehearsal.start(steps(waits('with-base', 1), ends(did, 'Read this.')), REVIEW);
      await rehearsal.say(handle, '-review-2', 'merge');
      await rehearsal.passes(10_000);
      expect(rehearsal.inputs('openItem').at(-1)).toMatchObject({
        id: expect.stringMatching(/-review-2-\d$/),
        kind: 'review',
        body: 'Read this.',
      });
      expect(rehearsal.inputs('readReview').at(-1)).toMatchObject({ shown: 'with-base' });
      await handle.signal('human', { id: (await rehearsal.standing(handle)).openItems[0]!, kind: 'merge' });
      expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
      expect(rehearsal.inputs('joinTrain')).toMatchObject([{ shown: 'seen' }, { shown: 'with-base' }]);
    },
  );

  test('that the repository queues waits there without an item; one that leaves the queue unmerged is offered again', async () => {
    const look = (more: object) => () => ({ state: 'open', comments: 0, newestIso: '', author: '', ...more });
    const script = steps(ends('queued', ''));
    let leaves = 0;
    const looks = Array.from({ length: 20 }, () => () => look(leaves-- > 0 ? { leftQueue: true } : {})());
    script.instead.set('readReview', looks);
    const handle = await rehearsal.start(script, REVIEW);
    await rehearsal.passes(1_000);
    await rehearsal.say(handle, '-review-2', 'merge');
    await rehearsal.passes(2_000);
    expect([
      rehearsal.count('openItem'),
      rehearsal.count('stepTrain'),
      (await rehearsal.standing(handle)).openItems,
    ]).toEqual([1, 1, []]);
    expect(told()).toEqual([{ is: 'queue' }]);
    expect(rehearsal.inputs('readReview').at(-1)).toMatchObject({ queued: true });
    leaves = 1;
    await handle.signal('poke');
    await rehearsal.passes(1_000);
    expect(rehearsal.inputs('openItem').at(-1)).toMatchObject({
      kind: 'review',
      body: expect.stringMatching(/^It left the merge queue/),
    });
    await handle.signal('human', { id: (await rehearsal.standing(handle)).openItems[0]!, kind: 'merge' });
    expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
  });

  test('that can not be looked at makes way with the reason; a forge that is away is waited for', async () => {
    const handle = await rehearsal.start(
      steps(unavailable('GitHub is away.'), broken('The token was taken back.')),
      REVIEW,
    );
    await rehearsal.say(handle, '-review-2', 'merge');
    await rehearsal.passes(MINUTE);
    expect(rehearsal.inputs('leaveTrain')).toMatchObject([
      { itemId: expect.stringMatching(/-review-2$/), why: 'The token was taken back.' },
    ]);
    expect(rehearsal.inputs('openItem').at(-1)).toMatchObject({
      kind: 'review',
      body: 'The token was taken back.',
    });
    expect(rehearsal.script().failures).toEqual([]);
    expect(handle.workflowId).not.toBe('');
  });

  test('that is cancelled ends, wherever it waits', async () => {
    const handle = await rehearsal.start(steps(...Array.from({ length: 9 }, () => waits('seen', 2))), REVIEW);
    await rehearsal.say(handle, '-review-2', 'merge');
    await rehearsal.passes(10_000);
    await rehearsal.say(handle, '-cancel', 'cancel');
    expect(await rehearsal.end(handle)).toEqual({ state: 'cancelled' });
  });
});
