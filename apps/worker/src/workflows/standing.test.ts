// What a task's workflow answers when it is asked where it stands.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { taskIdOfWorkflow } from '@mainloop/models/flow/ids';
import type { HumanSignal, ResumeBefore2, TaskStanding } from '@mainloop/models/flow/workflow';
import type { WorkflowHandle } from '@temporalio/client';
import { isDeepStrictEqual } from 'node:util';
import { openRehearsal, type Rehearsal } from '../replay/rehearsal.ts';

const MINUTE = 60_000;
/** More looks than a test waits for. */
const PENDING = () => Array.from({ length: 50 }, () => ({ verdict: 'pending' }));

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

/**
 * Its steps take the time of this machine, which the test's clock knows nothing of; so it is asked until it
 * stands there.
 */
async function comesTo(handle: WorkflowHandle, expected: TaskStanding): Promise<void> {
  for (let asked = 0; asked < 500 && !isDeepStrictEqual(await rehearsal.standing(handle), expected); asked++)
    await new Promise((go) => setTimeout(go, 50));
  expect(await rehearsal.standing(handle)).toEqual(expected);
}

const idOf = (handle: WorkflowHandle): string => taskIdOfWorkflow(handle.workflowId)!;

test('a task says its stage, what it waits for, what is open, and how many runs there were, from its start until after its end', async () => {
  const handle = await rehearsal.start({
    ends: [{ kind: 'asked', itemId: 'q1', itemIds: ['q1', 'q2'] }],
    cis: PENDING(),
    instead: new Map([
      ['takeSlot', [() => ({ got: false, ahead: 1 })]],
      ['checkRun', [() => ({ at: 'running' })]],
    ]),
  });
  const id = idOf(handle);
  await comesTo(handle, { stage: 'plan', waitsFor: { what: 'slot', runId: 'r1' }, openItems: [], runs: 1 });
  await handle.signal('poke');
  await comesTo(handle, { stage: 'plan', waitsFor: { what: 'run', runId: 'r1' }, openItems: [], runs: 1 });
  await rehearsal.passes(MINUTE);
  await comesTo(handle, {
    stage: 'plan',
    waitsFor: { what: 'decision', itemId: 'q1' },
    openItems: ['q1', 'q2'],
    runs: 1,
  });
  await handle.signal('human', { id: 'q1', kind: 'answer' } satisfies HumanSignal);
  await comesTo(handle, {
    stage: 'plan',
    waitsFor: { what: 'decision', itemId: 'q2' },
    openItems: ['q2'],
    runs: 1,
  });
  await handle.signal('human', { id: 'q2', kind: 'answer' } satisfies HumanSignal);
  await rehearsal.passes(MINUTE);
  const plan = `${id}-plan-1`;
  await comesTo(handle, {
    stage: 'await_plan',
    waitsFor: { what: 'decision', itemId: plan },
    openItems: [plan],
    runs: 2,
  });
  await rehearsal.say(handle, '-plan-1', 'approve');
  await rehearsal.passes(2 * MINUTE);
  await comesTo(handle, { stage: 'ci', waitsFor: { what: 'checks', sha: 'a' }, openItems: [], runs: 3 });
  rehearsal.script().cis = [];
  await rehearsal.passes(60 * MINUTE);
  const review = `${id}-review-3`;
  await comesTo(handle, {
    stage: 'review',
    waitsFor: { what: 'decision', itemId: review },
    openItems: [review],
    runs: 3,
  });
  rehearsal.script().gone = true;
  await handle.signal('poke');
  await rehearsal.end(handle);
  expect(await rehearsal.standing(handle)).toEqual({ stage: 'end', waitsFor: null, openItems: [], runs: 3 });
});

test('a task that waits for a limit says until when', async () => {
  const untilMs = (await rehearsal.env.currentTimeMs()) + 60 * MINUTE;
  const handle = await rehearsal.start({ ends: [{ kind: 'wait', reason: 'five_hour', untilMs }] });
  await rehearsal.passes(MINUTE);
  const { stage, waitsFor } = await rehearsal.standing(handle);
  expect(stage).toBe('plan');
  expect(
    waitsFor?.what === 'time' ? Math.abs(Date.parse(waitsFor.untilIso) - untilMs) : waitsFor,
  ).toBeLessThan(5 * MINUTE);
});

test('an item that nobody has to answer any more is not open', async () => {
  const at = {
    stage: 'review',
    round: 0,
    reviewedUntil: '',
    seenRuns: 2,
    items: 0,
    pending: [],
  } satisfies ResumeBefore2;
  const handle = await rehearsal.start({ asked: [1], cis: PENDING() }, at);
  await rehearsal.passes(2 * MINUTE);
  await comesTo(handle, { stage: 'ci', waitsFor: { what: 'checks', sha: 'a' }, openItems: [], runs: 3 });
});
