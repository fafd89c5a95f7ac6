import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { broken, openRehearsal, standingAt, type Rehearsal, type Script } from '../../replay/rehearsal.ts';

const MINUTE = 60_000;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

const REVIEW = standingAt({ stage: 'review', reviewedUntil: '' });

describe('end', () => {
  test.each<
    [string, Partial<Script>, (handle: WorkflowHandle) => Promise<unknown>, 'done' | 'cancelled', string]
  >([
    ['merged elsewhere', { gone: true }, () => Promise.resolve(), 'done', 'merged'],
    ['cancelled by the person', {}, (h) => rehearsal.say(h, '-cancel', 'cancel'), 'cancelled', 'cancelled'],
    ['cancelled in Temporal', {}, (h) => h.cancel(), 'cancelled', 'cancelled_in_temporal'],
  ])(
    '%s: its agent, what is open on the forge and its sandbox go, then it is written down',
    async (_, script, act, state, how) => {
      const handle = await rehearsal.start(script, REVIEW);
      if (script.gone === undefined && script.instead === undefined) await rehearsal.passes(MINUTE);
      await act(handle);
      expect(await handle.result()).toEqual({ state });
      expect(
        rehearsal
          .script()
          .calls.slice(-4)
          .map((c) => c.name),
      ).toEqual(['stopRun', 'cleanForge', 'releaseSandbox', 'endTask']);
      expect(rehearsal.inputs('cleanForge')).toMatchObject([{ merged: state === 'done' }]);
      expect(rehearsal.script().ended).toMatchObject({ state, how, left: '' });
    },
  );

  test('what stays behind is said, and is no reason to stay', async () => {
    const handle = await rehearsal.start(
      { gone: true, instead: new Map([['cleanForge', [broken('The token may not close issues.')]]]) },
      REVIEW,
    );
    expect(await handle.result()).toEqual({ state: 'done' });
    expect(rehearsal.script().ended?.left).toBe(
      'Something on GitHub could not be cleaned up: The token may not close issues.',
    );
  });

  test('it has not ended before that is written down', async () => {
    const handle = await rehearsal.start(
      { gone: true, instead: new Map([['endTask', [broken('no connection'), broken('no connection')]]]) },
      REVIEW,
    );
    await rehearsal.passes(MINUTE / 2);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(await rehearsal.standing(handle)).toMatchObject({ stage: 'end', waitsFor: null, openItems: [] });
    expect(await handle.result()).toEqual({ state: 'done' });
    expect([rehearsal.count('endTask'), rehearsal.count('cleanForge')]).toEqual([3, 1]);
  });
});
