import type { Status } from '@mainloop/models/flow/status';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  broken,
  openRehearsal,
  standingAt,
  TOLD,
  unavailable,
  type Rehearsal,
} from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: '', sha: 'seen', repairs: 1 });
const waits = (head: string, place: number) => () => ({ did: 'wait', head, place, base: 'main' });
const ends =
  (did: string, sentence = 'So it is.') =>
  () => ({ did, sentence });
const steps = (...answers: (() => unknown)[]) => ({ instead: new Map([['stepTrain', answers]]) });
const told = (): Status[] =>
  (r.inputs('setState') as { status: Status }[]).map((s) => s.status).filter((s) => s.is !== 'plain');

describe('an approved change', () => {
  test('joins the train with the commit that was looked at, waits for its turn in sight of the person, and is merged', async () => {
    const h = await r.start(
      steps(waits('seen', 2), waits('seen', 2), waits('with-base', 1), ends('merged', '')),
      REVIEW,
    );
    await r.say(h, '-review-2', 'merge', 'rebase');
    expect(await r.end(h)).toEqual({ state: 'done' });
    const itemId = expect.stringMatching(/-review-2$/);
    expect(r.inputs('joinTrain')).toEqual([{ taskId: expect.any(String), itemId, shown: 'seen' }]);
    expect(r.inputs('stepTrain')).toMatchObject([
      { method: 'rebase', shown: 'seen', head: 'seen', isChecked: true, updates: 0, itemId },
      { head: 'seen', updates: 0 },
      { head: 'seen', updates: 0 },
      { shown: 'seen', head: 'with-base', updates: 1 },
    ]);
    expect(told()).toEqual([2, 1].map((place) => ({ is: 'turn', place, base: 'main' })));
    expect(r.count('merge')).toBe(0);
  }, 60_000);

  test('is looked at again as soon as one before it is out of the way', async () => {
    const h = await r.start(
      steps(...Array.from({ length: 9 }, () => waits('seen', 2)), ends('merged')),
      REVIEW,
    );
    await r.say(h, '-review-2', 'merge');
    await r.env.sleep(2 * MINUTE);
    const before = r.count('stepTrain');
    expect((await r.standing(h)).waitsFor).toMatchObject({ what: 'turn' });
    await h.signal('poke');
    await r.env.sleep(1_000);
    expect(r.count('stepTrain')).toBe(before + 1);
  }, 60_000);

  test.each(['moved', 'red', 'conflicts', 'stuck'])(
    'that is found %s makes way: its ready is taken back, and it is looked at anew',
    async (did) => {
      const cis = Array.from({ length: 9 }, () => ({ verdict: 'pending', sha: 'with-base', told: TOLD }));
      const script = { ...steps(waits('with-base', 1), ends(did, 'It is not good.')), cis };
      const h = await r.start(script, REVIEW);
      await r.say(h, '-review-2', 'merge');
      await r.env.sleep(10_000);
      expect(r.inputs('ensureDraft')).toMatchObject([{ why: 'It is not good.' }]);
      expect(await r.standing(h)).toMatchObject({ stage: 'ci', openItems: [] });
    },
    60_000,
  );

  test.each(['asked', 'refused', 'out', 'closed'])(
    'that is %s is offered again, bound to where its branch stands now; merged once more it joins anew',
    async (did) => {
      const h = await r.start(steps(waits('with-base', 1), ends(did, 'Read this.')), REVIEW);
      await r.say(h, '-review-2', 'merge');
      await r.env.sleep(10_000);
      expect(r.inputs('openItem').at(-1)).toMatchObject({
        id: expect.stringMatching(/-review-2-\d$/),
        kind: 'review',
        body: 'Read this.',
      });
      expect(r.inputs('readReview').at(-1)).toMatchObject({ shown: 'with-base' });
      await h.signal('human', { id: (await r.standing(h)).openItems[0]!, kind: 'merge' });
      expect(await r.end(h)).toEqual({ state: 'done' });
      expect(r.inputs('joinTrain')).toMatchObject([{ shown: 'seen' }, { shown: 'with-base' }]);
    },
    60_000,
  );

  test('that the repository queues waits there without an item; one that leaves the queue unmerged is offered again', async () => {
    const look = (more: object) => () => ({ state: 'open', comments: 0, newestIso: '', author: '', ...more });
    const script = steps(ends('queued', ''));
    script.instead.set('readReview', [look({}), look({}), look({ leftQueue: true })]);
    const h = await r.start(script, REVIEW);
    await r.env.sleep(1_000);
    await r.say(h, '-review-2', 'merge');
    await r.env.sleep(2_000);
    expect([r.count('openItem'), r.count('stepTrain'), (await r.standing(h)).openItems]).toEqual([1, 1, []]);
    expect(told()).toEqual([{ is: 'queue' }]);
    expect(r.inputs('readReview').at(-1)).toMatchObject({ queued: true });
    await h.signal('poke');
    await r.env.sleep(1_000);
    expect(r.inputs('openItem').at(-1)).toMatchObject({
      kind: 'review',
      body: expect.stringMatching(/^It left the merge queue/),
    });
    await h.signal('human', { id: (await r.standing(h)).openItems[0]!, kind: 'merge' });
    expect(await r.end(h)).toEqual({ state: 'done' });
  }, 60_000);

  test('that can not be looked at makes way with the reason; a forge that is away is waited for', async () => {
    const h = await r.start(
      steps(unavailable('GitHub is away.'), broken('The token was taken back.')),
      REVIEW,
    );
    await r.say(h, '-review-2', 'merge');
    await r.env.sleep(MINUTE);
    expect(r.inputs('leaveTrain')).toMatchObject([
      { itemId: expect.stringMatching(/-review-2$/), why: 'The token was taken back.' },
    ]);
    expect(r.inputs('openItem').at(-1)).toMatchObject({ kind: 'review', body: 'The token was taken back.' });
    expect(r.script().failures).toEqual([]);
    expect(h.workflowId).not.toBe('');
  }, 60_000);

  test('that is cancelled ends, wherever it waits', async () => {
    const h = await r.start(steps(...Array.from({ length: 9 }, () => waits('seen', 2))), REVIEW);
    await r.say(h, '-review-2', 'merge');
    await r.env.sleep(10_000);
    await r.say(h, '-cancel', 'cancel');
    expect(await r.end(h)).toEqual({ state: 'cancelled' });
  }, 60_000);
});
