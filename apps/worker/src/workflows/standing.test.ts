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

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close(), 60_000);

/** Its steps take the time of this machine, which the test's clock knows nothing of; so it is asked until it stands there. */
async function comesTo(h: WorkflowHandle, expected: TaskStanding): Promise<void> {
  for (let asked = 0; asked < 500 && !isDeepStrictEqual(await r.standing(h), expected); asked++)
    await new Promise((go) => setTimeout(go, 50));
  expect(await r.standing(h)).toEqual(expected);
}

const idOf = (h: WorkflowHandle): string => taskIdOfWorkflow(h.workflowId)!;

test('a task says its stage, what it waits for, what is open, and how many runs there were, from its start until after its end', async () => {
  const h = await r.start({
    ends: [{ kind: 'asked', itemId: 'q1', itemIds: ['q1', 'q2'] }],
    cis: PENDING(),
    instead: new Map([
      ['takeSlot', [() => ({ got: false, ahead: 1 })]],
      ['checkRun', [() => ({ at: 'running' })]],
    ]),
  });
  const id = idOf(h);
  await comesTo(h, { stage: 'plan', waitsFor: { what: 'slot', runId: 'r1' }, openItems: [], runs: 1 });
  await h.signal('poke');
  await comesTo(h, { stage: 'plan', waitsFor: { what: 'run', runId: 'r1' }, openItems: [], runs: 1 });
  await r.env.sleep(MINUTE);
  await comesTo(h, {
    stage: 'plan',
    waitsFor: { what: 'decision', itemId: 'q1' },
    openItems: ['q1', 'q2'],
    runs: 1,
  });
  await h.signal('human', { id: 'q1', kind: 'answer' } satisfies HumanSignal);
  await comesTo(h, {
    stage: 'plan',
    waitsFor: { what: 'decision', itemId: 'q2' },
    openItems: ['q2'],
    runs: 1,
  });
  await h.signal('human', { id: 'q2', kind: 'answer' } satisfies HumanSignal);
  await r.env.sleep(MINUTE);
  const plan = `${id}-plan-1`;
  await comesTo(h, {
    stage: 'await_plan',
    waitsFor: { what: 'decision', itemId: plan },
    openItems: [plan],
    runs: 2,
  });
  await r.say(h, '-plan-1', 'approve');
  await r.env.sleep(2 * MINUTE);
  await comesTo(h, { stage: 'ci', waitsFor: { what: 'checks', sha: 'a' }, openItems: [], runs: 3 });
  r.script().cis = [];
  await r.env.sleep(60 * MINUTE);
  const review = `${id}-review-3`;
  await comesTo(h, {
    stage: 'review',
    waitsFor: { what: 'decision', itemId: review },
    openItems: [review],
    runs: 3,
  });
  r.script().gone = true;
  await h.signal('poke');
  await r.end(h);
  expect(await r.standing(h)).toEqual({ stage: 'end', waitsFor: null, openItems: [], runs: 3 });
});

test('a task that waits for a limit says until when', async () => {
  const untilMs = (await r.env.currentTimeMs()) + 60 * MINUTE;
  const h = await r.start({ ends: [{ kind: 'wait', reason: 'five_hour', untilMs }] });
  await r.env.sleep(MINUTE);
  const { stage, waitsFor } = await r.standing(h);
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
  const h = await r.start({ asked: [1], cis: PENDING() }, at);
  await r.env.sleep(2 * MINUTE);
  await comesTo(h, { stage: 'ci', waitsFor: { what: 'checks', sha: 'a' }, openItems: [], runs: 3 });
});
