import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broken, openRehearsal, standingAt, type Rehearsal } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: '' });

describe('merge', () => {
  test.each(['rebase', undefined])('as the person chose it: %s', async (method) => {
    const handle = await rehearsal.start({}, REVIEW);
    await rehearsal.say(handle, '-review-2', 'merge', method);
    expect(await handle.result()).toEqual({ state: 'done' });
    expect(rehearsal.inputs('merge')).toEqual([
      { taskId: expect.any(String), ...(method === undefined ? {} : { method }) },
    ]);
    expect(rehearsal.script().ended).toMatchObject({ state: 'done', how: 'merged', left: '' });
  });

  test('one that the forge refuses is told, and Retry merges as it was chosen', async () => {
    const handle = await rehearsal.start(
      { instead: new Map([['merge', [broken('Somebody else has pushed.')]]]) },
      REVIEW,
    );
    await rehearsal.say(handle, '-review-2', 'merge', 'rebase');
    await rehearsal.passes(MINUTE);
    expect(rehearsal.script().failures.map((f) => f.title)).toEqual(['Somebody else has pushed.']);
    expect([rehearsal.script().states.at(-1), rehearsal.script().ended]).toEqual(['blocked', null]);
    expect(await rehearsal.standing(handle)).toMatchObject({
      stage: 'review',
      waitsFor: { what: 'decision', itemId: expect.stringMatching(/-f2-1$/) },
    });
    await rehearsal.say(handle, '-f2-1', 'retry');
    expect(await handle.result()).toEqual({ state: 'done' });
    expect(rehearsal.inputs('merge')).toMatchObject([{ method: 'rebase' }, { method: 'rebase' }]);
  });
});
