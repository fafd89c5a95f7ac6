import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broken, openRehearsal, standingAt, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: '' });

describe('merge', () => {
  test.each(['rebase', undefined])(
    'as the person chose it: %s',
    async (method) => {
      const h = await r.start({}, REVIEW);
      await r.say(h, '-review-2', 'merge', method);
      expect(await h.result()).toEqual({ state: 'done' });
      expect(r.inputs('merge')).toEqual([
        { taskId: expect.any(String), ...(method === undefined ? {} : { method }) },
      ]);
      expect(r.script().ended).toMatchObject({ state: 'done', how: 'merged', left: '' });
    },
    60_000,
  );

  test('one that the forge refuses is told, and Retry merges as it was chosen', async () => {
    const h = await r.start({ instead: new Map([['merge', [broken('Somebody else has pushed.')]]]) }, REVIEW);
    await r.say(h, '-review-2', 'merge', 'rebase');
    await r.env.sleep(MINUTE);
    expect(r.script().failures.map((f) => f.title)).toEqual(['Somebody else has pushed.']);
    expect([r.script().states.at(-1), r.script().ended]).toEqual(['blocked', null]);
    expect(await r.standing(h)).toMatchObject({
      stage: 'review',
      waitsFor: { what: 'decision', itemId: expect.stringMatching(/-f2-1$/) },
    });
    await r.say(h, '-f2-1', 'retry');
    expect(await h.result()).toEqual({ state: 'done' });
    expect(r.inputs('merge')).toMatchObject([{ method: 'rebase' }, { method: 'rebase' }]);
  });
});
