// Waits of days, on Temporal's time-skipping server: a task that waits does nothing at all, and goes on when it may.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { taskIdOfWorkflow } from '@mainloop/models/flow/ids';
import { broken, openRehearsal, type Rehearsal } from '../replay/rehearsal.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let r: Rehearsal;
beforeAll(async () => {
  r = await openRehearsal();
});
afterAll(() => r?.close(), 60_000);

describe('a task that waits', () => {
  test('for a plan answer and a review, four days each: a handful of looks, and it goes on', async () => {
    const h = await r.start();
    await r.env.sleep(4 * DAY);
    expect(r.count('openItem')).toBe(1);
    expect(r.count('prepareRun')).toBe(1);
    // The answer comes as a signal; the forge is looked at now and then for a reaction, ever less often.
    const looked = r.count('readPlanAnswer');
    expect(looked).toBeLessThanOrEqual(25);
    await r.env.sleep(DAY);
    expect(r.count('readPlanAnswer') - looked).toBeLessThanOrEqual(4);
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR);
    expect(r.count('ensureReady')).toBe(1);
    const looks = r.count('readReview');
    await r.env.sleep(4 * DAY);
    // Every six hours at last: of a resolved thread nobody else tells.
    expect(r.count('readReview') - looks).toBeLessThanOrEqual(25);
    r.script().gone = true;
    await h.signal('poke');
    expect(await h.result()).toEqual({ state: 'done' });
  });

  test('for a review whose list lags behind the webhook: what the first look does not find, one soon after it does', async () => {
    const h = await r.start();
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR);
    expect(r.count('prepareRun')).toBe(2);
    r.script().asked = [0, 1];
    await h.signal('poke');
    await r.env.sleep(60_000);
    expect(r.count('prepareRun')).toBe(3);
  });

  test('for CI whose last word was told before it could be read', async () => {
    const h = await r.start({ cis: Array.from({ length: 6 }, () => ({ verdict: 'pending' })) });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR / 2);
    expect(r.count('ensureReady')).toBe(0);
    r.script().cis = [{ verdict: 'pending' }];
    await h.signal('poke');
    await r.env.sleep(60_000);
    expect(r.count('ensureReady')).toBe(1);
  });

  test('for a plan answer, and hears a word that comes while it looks', async () => {
    const h = await r.start();
    await r.env.sleep(HOUR);
    const looked = r.count('readPlanAnswer');
    r.script().duringLook = [() => h.signal('poke')];
    await h.signal('poke');
    await r.env.sleep(HOUR);
    // At the word, at the one that came meanwhile, 4 s and 30 s later, and after 10 and 20 minutes.
    expect(r.count('readPlanAnswer') - looked).toBe(6);
  });

  test("for a model's usage limit until its reset, days away, once", async () => {
    const now = await r.env.currentTimeMs();
    await r.start({ ends: [{ kind: 'wait', reason: 'five_hour', untilMs: now + 2 * DAY }] });
    await r.env.sleep(47 * HOUR);
    expect(r.count('startRun')).toBe(1);
    expect(r.inputs('setState').at(-1)).toMatchObject({
      state: 'blocked',
      status: { is: 'account_limit', untilMs: now + 2 * DAY },
    });
    await r.env.sleep(2 * HOUR);
    expect(r.count('startRun')).toBe(2);
  });

  test('for that reset, and goes on at once when the person says with which model', async () => {
    const now = await r.env.currentTimeMs();
    const h = await r.start({ ends: [{ kind: 'wait', reason: 'five_hour', untilMs: now + 2 * DAY }] });
    await r.env.sleep(HOUR);
    await h.signal('poke');
    await r.env.sleep(HOUR);
    expect(r.count('startRun')).toBe(1);
    await r.say(h, '-go-on', 'go_on');
    await r.env.sleep(HOUR);
    expect(r.count('startRun')).toBe(2);
  });

  test('for CI that takes a day: it looks now and then, and never takes silence for green', async () => {
    const h = await r.start({ cis: Array.from({ length: 50 }, () => ({ verdict: 'pending' })) });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(6 * HOUR);
    expect(r.count('ensureReady')).toBe(0);
    expect(r.count('readCi')).toBeLessThanOrEqual(40);
    await r.env.sleep(12 * HOUR);
    expect(r.count('ensureReady')).toBe(1);
  });

  test('after a cancel: nothing is left open', async () => {
    const h = await r.start();
    await r.env.sleep(DAY);
    await r.say(h, '-cancel', 'cancel');
    expect(await h.result()).toEqual({ state: 'cancelled' });
    expect([r.count('cleanForge'), r.count('releaseSandbox'), r.count('endTask')]).toEqual([1, 1, 1]);
  });

  test('in a repair loop: three repairs, then the person, however long that takes', async () => {
    const h = await r.start({ cis: Array.from({ length: 4 }, () => ({ verdict: 'red' })) });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(5 * DAY);
    expect(r.count('prepareRun')).toBe(2 + 3);
    expect(r.count('ensureReady')).toBe(0);
    const waiting = r.count('openItem');
    await r.env.sleep(5 * DAY);
    expect(r.count('openItem')).toBe(waiting);
    await r.say(h, '-f5-1', 'retry');
    await r.env.sleep(HOUR);
    expect(r.count('ensureReady')).toBe(1);
  });
});

describe('at a gate', () => {
  const gone = { verdict: 'green', weakened: ['a.test.ts: deleted'], verified: 'passed' };
  const opened = (): string[][] => r.script().failures.map((f) => [f.kind, f.body]);

  test('what weakens tests is held: "Put it back" starts a run that is about it, "Allow" goes on to review', async () => {
    const h = await r.start({ cis: [gone, gone, gone] });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR);
    expect([opened(), r.count('ensureReady')]).toEqual([[['gate', 'a.test.ts: deleted']], 0]);
    expect(r.inputs('openItem').at(-1)).toMatchObject({ kind: 'gate', errorCode: 'weakened' });
    await r.say(h, '-f2-1', 'deny');
    await r.env.sleep(HOUR);
    expect([r.script().abouts.at(-1), opened().length, r.count('ensureReady')]).toEqual([
      `${taskIdOfWorkflow(h.workflowId)}-f2-1`,
      2,
      0,
    ]);
    await r.say(h, '-f3-2', 'allow');
    await r.env.sleep(HOUR);
    expect(r.count('ensureReady')).toBe(1);
    await r.say(h, '-cancel', 'cancel');
    await h.result();
  });

  test('a repository without CI is looked at again, or let through', async () => {
    const none = { verdict: 'none' };
    const h = await r.start({ cis: Array.from({ length: 40 }, () => none) });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR);
    expect(opened()).toEqual([['gate', '']]);
    const looks = r.count('readCi');
    await r.say(h, '-f2-1', 'deny');
    await r.env.sleep(HOUR);
    expect([opened().length, r.count('readCi') > looks, r.count('ensureReady')]).toEqual([2, true, 0]);
    await r.say(h, '-f2-2', 'allow');
    await r.env.sleep(HOUR);
    expect(r.count('ensureReady')).toBe(1);
    await r.say(h, '-cancel', 'cancel');
    await h.result();
  });

  test('the Retry of a red CI lets nothing through that weakens tests', async () => {
    const red = { verdict: 'red', weakened: gone.weakened };
    const h = await r.start({ cis: [red, red, red, red, gone] });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR);
    expect(opened().map(([kind]) => kind)).toEqual(['failure']);
    await r.say(h, '-f5-1', 'retry', undefined, { onlyRetry: true });
    await r.env.sleep(HOUR);
    expect([opened().map(([kind]) => kind), r.count('ensureReady')]).toEqual([['failure', 'gate'], 0]);
    await r.say(h, '-cancel', 'cancel');
    await h.result();
  });
});

describe('a task that something unexpected happens to', () => {
  test('says so in the inbox, is failed, hears what is said meanwhile, and goes on at Retry', async () => {
    const h = await r.start({ instead: new Map([['hasPushed', [broken('the table pushes is gone')]]]) });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR);
    expect(r.script().failures.map((f) => [f.id, f.title, f.body])).toEqual([
      [
        `${taskIdOfWorkflow(h.workflowId)}-f2-1`,
        'mainloop ran into something it did not expect (implement). Retry goes on from there.',
        'the table pushes is gone',
      ],
    ]);
    expect(r.script().states.at(-1)).toBe('failed');
    // Said while it stands still: nothing is dropped.
    await r.say(h, '-review-3', 'merge');
    await r.say(h, '-f2-1', 'retry');
    expect(await h.result()).toEqual({ state: 'done' });
    expect(r.count('merge')).toBe(1);
  });

  test('can be cancelled there', async () => {
    const h = await r.start({ instead: new Map([['hasPushed', [broken('gone')]]]) });
    await r.say(h, '-plan-1', 'approve');
    await r.env.sleep(HOUR);
    await r.say(h, '-cancel', 'cancel');
    expect(await h.result()).toEqual({ state: 'cancelled' });
  });

  test('while it ends: what stays behind is said, and it has ended all the same', async () => {
    const h = await r.start({
      instead: new Map([
        ['stopRun', [broken('no such process')]],
        ['releaseSandbox', [broken('the folder is busy')]],
      ]),
    });
    await r.env.sleep(HOUR);
    await r.say(h, '-cancel', 'cancel');
    expect(await h.result()).toEqual({ state: 'cancelled' });
    expect(r.script().ended).toMatchObject({
      how: 'cancelled',
      left: 'Its agent could not be stopped: no such process. Its sandbox could not be removed yet: the folder is busy.',
    });
  });

  test('somebody cancels its workflow in Temporal: it ends as a cancelled task does', async () => {
    const h = await r.start();
    await r.env.sleep(HOUR);
    await h.cancel();
    expect(await h.result()).toEqual({ state: 'cancelled' });
    expect([r.count('cleanForge'), r.count('releaseSandbox'), r.script().ended?.how]).toEqual([
      1,
      1,
      'cancelled_in_temporal',
    ]);
  });
});
