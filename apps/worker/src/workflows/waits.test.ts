// Waits of days, on Temporal's time-skipping server: a task that waits does nothing at all, and goes on when it may.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { taskIdOfWorkflow } from '@mainloop/models/flow/ids';
import { broken, openRehearsal, type Rehearsal } from '../replay/rehearsal.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal();
});
afterAll(() => rehearsal?.close());

describe('a task that waits', () => {
  test('for a plan answer and a review, four days each: a handful of looks, and it goes on', async () => {
    const handle = await rehearsal.start();
    await rehearsal.passes(4 * DAY);
    expect(rehearsal.count('openItem')).toBe(1);
    expect(rehearsal.count('prepareRun')).toBe(1);
    // The answer comes as a signal; the forge is looked at now and then for a reaction, ever less often.
    const looked = rehearsal.count('readPlanAnswer');
    expect(looked).toBeLessThanOrEqual(25);
    await rehearsal.passes(DAY);
    expect(rehearsal.count('readPlanAnswer') - looked).toBeLessThanOrEqual(4);
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('ensureReady')).toBe(1);
    const looks = rehearsal.count('readReview');
    await rehearsal.passes(4 * DAY);
    // Every six hours at last: of a resolved thread nobody else tells.
    expect(rehearsal.count('readReview') - looks).toBeLessThanOrEqual(25);
    rehearsal.script().gone = true;
    await handle.signal('poke');
    expect(await handle.result()).toEqual({ state: 'done' });
  });

  test('for a review whose list lags behind the webhook: what the first look does not find, one soon after it does', async () => {
    const handle = await rehearsal.start();
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('prepareRun')).toBe(2);
    rehearsal.script().asked = [0, 1];
    await handle.signal('poke');
    await rehearsal.passes(60_000);
    expect(rehearsal.count('prepareRun')).toBe(3);
  });

  test('for CI whose last word was told before it could be read', async () => {
    const handle = await rehearsal.start({ cis: Array.from({ length: 6 }, () => ({ verdict: 'pending' })) });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR / 2);
    expect(rehearsal.count('ensureReady')).toBe(0);
    rehearsal.script().cis = [{ verdict: 'pending' }];
    await handle.signal('poke');
    await rehearsal.passes(60_000);
    expect(rehearsal.count('ensureReady')).toBe(1);
  });

  test('for a plan answer, and hears a word that comes while it looks', async () => {
    const handle = await rehearsal.start();
    await rehearsal.passes(HOUR);
    const looked = rehearsal.count('readPlanAnswer');
    rehearsal.script().duringLook = [() => handle.signal('poke')];
    await handle.signal('poke');
    await rehearsal.passes(HOUR);
    // At the word, at the one that came meanwhile, 4 s and 30 s later, and after 10 and 20 minutes.
    expect(rehearsal.count('readPlanAnswer') - looked).toBe(6);
  });

  test("for a model's usage limit until its reset, days away, once", async () => {
    const now = await rehearsal.env.currentTimeMs();
    await rehearsal.start({ ends: [{ kind: 'wait', reason: 'five_hour', untilMs: now + 2 * DAY }] });
    await rehearsal.passes(47 * HOUR);
    expect(rehearsal.count('startRun')).toBe(1);
    expect(rehearsal.inputs('setState').at(-1)).toMatchObject({
      state: 'blocked',
      status: { is: 'account_limit', untilMs: now + 2 * DAY },
    });
    await rehearsal.passes(2 * HOUR);
    expect(rehearsal.count('startRun')).toBe(2);
  });

  test('for that reset, and goes on at once when the person says with which model', async () => {
    const now = await rehearsal.env.currentTimeMs();
    const handle = await rehearsal.start({
      ends: [{ kind: 'wait', reason: 'five_hour', untilMs: now + 2 * DAY }],
    });
    await rehearsal.passes(HOUR);
    await handle.signal('poke');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('startRun')).toBe(1);
    await rehearsal.say(handle, '-go-on', 'go_on');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('startRun')).toBe(2);
  });

  test('for CI that takes a day: it looks now and then, and never takes silence for green', async () => {
    const handle = await rehearsal.start({ cis: Array.from({ length: 50 }, () => ({ verdict: 'pending' })) });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(6 * HOUR);
    expect(rehearsal.count('ensureReady')).toBe(0);
    expect(rehearsal.count('readCi')).toBeLessThanOrEqual(40);
    await rehearsal.passes(12 * HOUR);
    expect(rehearsal.count('ensureReady')).toBe(1);
  });

  test('after a cancel: nothing is left open', async () => {
    const handle = await rehearsal.start();
    await rehearsal.passes(DAY);
    await rehearsal.say(handle, '-cancel', 'cancel');
    expect(await handle.result()).toEqual({ state: 'cancelled' });
    expect([
      rehearsal.count('cleanForge'),
      rehearsal.count('releaseSandbox'),
      rehearsal.count('endTask'),
    ]).toEqual([1, 1, 1]);
  });

  test('in a repair loop: three repairs, then the person, however long that takes', async () => {
    const handle = await rehearsal.start({ cis: Array.from({ length: 4 }, () => ({ verdict: 'red' })) });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(5 * DAY);
    expect(rehearsal.count('prepareRun')).toBe(2 + 3);
    expect(rehearsal.count('ensureReady')).toBe(0);
    const waiting = rehearsal.count('openItem');
    await rehearsal.passes(5 * DAY);
    expect(rehearsal.count('openItem')).toBe(waiting);
    await rehearsal.say(handle, '-f5-1', 'retry');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('ensureReady')).toBe(1);
  });
});

describe('at a gate', () => {
  const gone = { verdict: 'green', weakened: ['a.test.ts: deleted'], verified: 'passed' };
  const opened = (): string[][] => rehearsal.script().failures.map((f) => [f.kind, f.body]);

  test('what weakens tests is held: "Put it back" starts a run that is about it, "Allow" goes on to review', async () => {
    const handle = await rehearsal.start({ cis: [gone, gone, gone] });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR);
    expect([opened(), rehearsal.count('ensureReady')]).toEqual([[['gate', 'a.test.ts: deleted']], 0]);
    expect(rehearsal.inputs('openItem').at(-1)).toMatchObject({ kind: 'gate', errorCode: 'weakened' });
    await rehearsal.say(handle, '-f2-1', 'deny');
    await rehearsal.passes(HOUR);
    expect([rehearsal.script().abouts.at(-1), opened().length, rehearsal.count('ensureReady')]).toEqual([
      `${taskIdOfWorkflow(handle.workflowId)}-f2-1`,
      2,
      0,
    ]);
    await rehearsal.say(handle, '-f3-2', 'allow');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('ensureReady')).toBe(1);
    await rehearsal.say(handle, '-cancel', 'cancel');
    await handle.result();
  });

  test('a repository without CI is looked at again, or let through', async () => {
    const none = { verdict: 'none' };
    const handle = await rehearsal.start({ cis: Array.from({ length: 40 }, () => none) });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR);
    expect(opened()).toEqual([['gate', '']]);
    const looks = rehearsal.count('readCi');
    await rehearsal.say(handle, '-f2-1', 'deny');
    await rehearsal.passes(HOUR);
    expect([opened().length, rehearsal.count('readCi') > looks, rehearsal.count('ensureReady')]).toEqual([
      2,
      true,
      0,
    ]);
    await rehearsal.say(handle, '-f2-2', 'allow');
    await rehearsal.passes(HOUR);
    expect(rehearsal.count('ensureReady')).toBe(1);
    await rehearsal.say(handle, '-cancel', 'cancel');
    await handle.result();
  });

  test('the Retry of a red CI lets nothing through that weakens tests', async () => {
    const red = { verdict: 'red', weakened: gone.weakened };
    const handle = await rehearsal.start({ cis: [red, red, red, red, gone] });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR);
    expect(opened().map(([kind]) => kind)).toEqual(['failure']);
    await rehearsal.say(handle, '-f5-1', 'retry', undefined, { onlyRetry: true });
    await rehearsal.passes(HOUR);
    expect([opened().map(([kind]) => kind), rehearsal.count('ensureReady')]).toEqual([
      ['failure', 'gate'],
      0,
    ]);
    await rehearsal.say(handle, '-cancel', 'cancel');
    await handle.result();
  });
});

describe('a task that something unexpected happens to', () => {
  test('says so in the inbox, is failed, hears what is said meanwhile, and goes on at Retry', async () => {
    const handle = await rehearsal.start({
      instead: new Map([['hasPushed', [broken('the table pushes is gone')]]]),
    });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR);
    expect(rehearsal.script().failures.map((f) => [f.id, f.title, f.body])).toEqual([
      [
        `${taskIdOfWorkflow(handle.workflowId)}-f2-1`,
        'mainloop ran into something it did not expect (implement). Retry goes on from there.',
        'the table pushes is gone',
      ],
    ]);
    expect(rehearsal.script().states.at(-1)).toBe('failed');
    // Said while it stands still: nothing is dropped.
    await rehearsal.say(handle, '-review-3', 'merge');
    await rehearsal.say(handle, '-f2-1', 'retry');
    expect(await handle.result()).toEqual({ state: 'done' });
    expect(rehearsal.count('merge')).toBe(1);
  });

  test('can be cancelled there', async () => {
    const handle = await rehearsal.start({ instead: new Map([['hasPushed', [broken('gone')]]]) });
    await rehearsal.say(handle, '-plan-1', 'approve');
    await rehearsal.passes(HOUR);
    await rehearsal.say(handle, '-cancel', 'cancel');
    expect(await handle.result()).toEqual({ state: 'cancelled' });
  });

  test('while it ends: what stays behind is said, and it has ended all the same', async () => {
    const handle = await rehearsal.start({
      instead: new Map([
        ['stopRun', [broken('no such process')]],
        ['releaseSandbox', [broken('the folder is busy')]],
      ]),
    });
    await rehearsal.passes(HOUR);
    await rehearsal.say(handle, '-cancel', 'cancel');
    expect(await handle.result()).toEqual({ state: 'cancelled' });
    expect(rehearsal.script().ended).toMatchObject({
      how: 'cancelled',
      left: 'Its agent could not be stopped: no such process. Its sandbox could not be removed yet: the folder is busy.',
    });
  });

  test('somebody cancels its workflow in Temporal: it ends as a cancelled task does', async () => {
    const handle = await rehearsal.start();
    await rehearsal.passes(HOUR);
    await handle.cancel();
    expect(await handle.result()).toEqual({ state: 'cancelled' });
    expect([
      rehearsal.count('cleanForge'),
      rehearsal.count('releaseSandbox'),
      rehearsal.script().ended?.how,
    ]).toEqual([1, 1, 'cancelled_in_temporal']);
  });
});
