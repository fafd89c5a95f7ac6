import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openRehearsal, standingAt, type Rehearsal } from './rehearsal.ts';
import { whenClear } from './rest.ts';

const review = standingAt({ stage: 'review', reviewedUntil: '2026-11-20T10:00:00Z' });

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

test('a task that was terminated with an activity under way does not stop the time of the next', async () => {
  let free!: () => void;
  const freed = new Promise<void>((resolve) => {
    free = resolve;
  });
  await rehearsal.start({ instead: new Map([['readReview', [() => freed]]]) }, review);
  while (rehearsal.count('readReview') === 0) await new Promise((done) => setTimeout(done, 5));
  await rehearsal.start({}, review);
  free();
  const before = await rehearsal.env.currentTimeMs();
  await rehearsal.passes('1 day');
  expect((await rehearsal.env.currentTimeMs()) - before).toBeGreaterThanOrEqual(24 * 3600 * 1000);
});

test('a signal waits until no timer goes off while the workflow thinks about it', async () => {
  const handle = await rehearsal.start({}, review);
  const kinds = async (): Promise<string[]> =>
    ((await handle.fetchHistory()).events ?? []).flatMap((event) => {
      if (event.workflowExecutionSignaledEventAttributes) return ['signaled'];
      if (event.timerStartedEventAttributes) return ['started'];
      return event.timerFiredEventAttributes ? ['fired'] : [];
    });
  // At its first look, four seconds before another.
  do await rehearsal.passes(1);
  while (!(await kinds()).includes('started'));
  await handle.signal('poke');
  const seen = await kinds();
  expect(seen.slice(0, seen.indexOf('signaled'))).toEqual(expect.arrayContaining(['started', 'fired']));
});

test('a signal that meets a workflow which saw it by itself, and ended, says nothing; one for nobody is refused', async () => {
  const merged = () => ({ state: 'merged', comments: 0, newestIso: '', author: '', closedAtIso: '' });
  const handle = await rehearsal.start({ instead: new Map([['readReview', [merged]]]) }, review);
  expect(await rehearsal.end(handle)).toEqual({ state: 'done' });
  await expect(handle.signal('poke')).resolves.toBeUndefined();
  const nobody = rehearsal.env.client.workflow.getHandle('task/nobody');
  await expect(whenClear(rehearsal.env, nobody, new Set()).signal('poke')).rejects.toThrow();
});
