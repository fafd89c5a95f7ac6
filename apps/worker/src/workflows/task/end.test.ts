import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { broken, openRehearsal, standingAt, type Rehearsal, type Script } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: '' });

describe('end', () => {
  test.each<[string, Partial<Script>, (h: WorkflowHandle) => Promise<unknown>, 'done' | 'cancelled', string]>(
    [
      ['merged elsewhere', { gone: true }, () => Promise.resolve(), 'done', 'merged'],
      ['cancelled by the person', {}, (h) => r.say(h, '-cancel', 'cancel'), 'cancelled', 'cancelled'],
      ['cancelled in Temporal', {}, (h) => h.cancel(), 'cancelled', 'cancelled_in_temporal'],
    ],
  )(
    '%s: its agent, what is open on the forge and its sandbox go, then it is written down',
    async (_, script, act, state, how) => {
      const h = await r.start(script, REVIEW);
      if (script.gone === undefined && script.instead === undefined) await r.env.sleep(MINUTE);
      await act(h);
      expect(await h.result()).toEqual({ state });
      expect(
        r
          .script()
          .calls.slice(-4)
          .map((c) => c.name),
      ).toEqual(['stopRun', 'cleanForge', 'releaseSandbox', 'endTask']);
      expect(r.inputs('cleanForge')).toMatchObject([{ merged: state === 'done' }]);
      expect(r.script().ended).toMatchObject({ state, how, left: '' });
    },
    60_000,
  );

  test('what stays behind is said, and is no reason to stay', async () => {
    const h = await r.start(
      { gone: true, instead: new Map([['cleanForge', [broken('The token may not close issues.')]]]) },
      REVIEW,
    );
    expect(await h.result()).toEqual({ state: 'done' });
    expect(r.script().ended?.left).toBe(
      'Something on GitHub could not be cleaned up: The token may not close issues.',
    );
  });

  test('it has not ended before that is written down', async () => {
    const h = await r.start(
      { gone: true, instead: new Map([['endTask', [broken('no connection'), broken('no connection')]]]) },
      REVIEW,
    );
    await r.env.sleep(MINUTE / 2);
    expect((await h.describe()).status.name).toBe('RUNNING');
    expect(await r.standing(h)).toMatchObject({ stage: 'end', waitsFor: null, openItems: [] });
    expect(await h.result()).toEqual({ state: 'done' });
    expect([r.count('endTask'), r.count('cleanForge')]).toEqual([3, 1]);
  });
});
