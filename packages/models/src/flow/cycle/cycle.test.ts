import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  CYCLE_REASONS,
  isQuiet,
  missedBefore,
  NO_CYCLE,
  phasesAfter,
  reasonOf,
  REST_MS,
  saidOf,
  wakeOf,
  type CycleClock,
  type PhaseReport,
} from './cycle.ts';
import { hoursOf, HOURS, type CycleTold } from './day.ts';
import {
  goesOn,
  mayBeGone,
  SETTLE_MS,
  stuckItemId,
  stuckOf,
  stuckWords,
  TELL_AFTER_MS,
  WAKE_AFTER_MS,
} from './stuck.ts';
import { phaseWords, quietWords, reasonWords } from './words.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const everyMs = 5 * MINUTE_MS;
const NOW_MS = Date.parse('2026-11-27T12:30:00Z');
const ended = (agoMs: number): CycleClock => ({ lastId: 'c1', endedMs: NOW_MS - agoMs, seq: 10, quiet: 0 });
const report = (
  phase: PhaseReport['phase'],
  did: Record<string, number> = {},
  trouble = '',
): PhaseReport => ({
  phase,
  ms: 1,
  did,
  trouble,
});

describe('a cycle before its time', () => {
  const none = { asked: false, news: false };
  const news = { asked: false, news: true };
  const asked = { asked: true, news: false };
  test.each([
    ['the first of all', NO_CYCLE, none, 'clock'],
    ['nothing happened', ended(4 * MINUTE_MS), none, null],
    ['it is only a little late', ended(7 * MINUTE_MS), none, null],
    ['one did not come', ended(8 * MINUTE_MS), none, 'missed'],
    ['something does not wait', ended(REST_MS), news, 'news'],
    ['something does not wait, right after one', ended(REST_MS - 1), news, null],
    ['the person asks, right after one', ended(0), asked, 'asked'],
    ['the person asks, and one did not come', ended(HOUR_MS), { asked: true, news: true }, 'asked'],
  ])('%s', (_, clock, woken, reason) => {
    expect(wakeOf(clock, woken, { nowMs: NOW_MS, everyMs })).toBe(reason);
  });

  test('after one that has seen everything, none comes before the clock', () => {
    fc.assert(
      fc.property(fc.nat(7 * MINUTE_MS), (agoMs) => {
        expect(wakeOf(ended(agoMs), none, { nowMs: NOW_MS, everyMs })).toBeNull();
      }),
    );
  });
});

test.each([
  [NO_CYCLE, 0],
  [ended(5 * MINUTE_MS), 0],
  [ended(7 * MINUTE_MS), 0],
  [ended(8 * MINUTE_MS), 1],
  [ended(15 * MINUTE_MS), 2],
  [ended(HOUR_MS), 11],
])('how many did not come', (clock, missed) => {
  expect(missedBefore(clock, NOW_MS, everyMs)).toBe(missed);
});

test('a late cycle stands for one at least, and for none it says so', () => {
  fc.assert(
    fc.property(fc.nat(30 * 24 * HOUR_MS), fc.integer({ min: 1, max: 60 }), (agoMs, minutes) => {
      const clock = ended(agoMs);
      const now = { nowMs: NOW_MS, everyMs: minutes * MINUTE_MS };
      const missed = missedBefore(clock, NOW_MS, now.everyMs);
      const reason = wakeOf(clock, { asked: false, news: false }, now);
      expect(missed > 0).toBe(reason === 'missed');
      expect(reasonOf({ asked: false, news: false }, missed)).toBe(missed > 0 ? 'missed' : 'clock');
    }),
  );
});

test.each([
  [0, 0, ['tend']],
  [1, 0, ['narrate', 'tend']],
  [0, 1, ['narrate', 'tend']],
])('with %i to tell and %i due it goes on with %j', (told, due, phases) => {
  expect(phasesAfter(told, due)).toEqual(phases);
});

test.each([
  ['nothing', 'clock', [report('gather'), report('triage'), report('tend')], [], true],
  ['only what was gathered', 'clock', [report('gather', { events: 3 })], [], true],
  ['a deed', 'clock', [report('tend', { expired: 1 })], [], false],
  ['a failure', 'clock', [report('gather', {}, 'It did not answer.')], [], false],
  ['a sentence', 'clock', [report('tend')], ['A task ended.'], false],
  ['the person asked', 'asked', [report('tend')], [], false],
  ['it makes up for another', 'missed', [report('tend')], [], false],
] as const)('is quiet with %s', (_, reason, reports, said, quiet) => {
  expect(isQuiet(reason, reports, said)).toBe(quiet);
});

test('what happened is told in a sentence for each kind of it', () => {
  expect(saidOf({ 'pr.merged': 2, 'task.confirmed': 1, 'message.said': 9, 'cycle.asked': 1 })).toEqual([
    'A task began.',
    '2 pull requests were merged.',
  ]);
  expect(saidOf({})).toEqual([]);
});

describe('a task', () => {
  const at = (silentMs: number, given: object = {}) => ({
    taskId: 't1',
    title: 'Keep the odd cent',
    state: 'drafting',
    waitingFor: null,
    isAsked: false,
    isQueued: false,
    signMs: NOW_MS - silentMs,
    ...given,
  });
  const around = { nowMs: NOW_MS, isGone: false, isPaused: false };
  test.each([
    ['that works', at(WAKE_AFTER_MS - 1), around, null],
    ['silent for long', at(WAKE_AFTER_MS), around, 'silent wake'],
    ['silent for very long', at(TELL_AFTER_MS), around, 'silent tell'],
    ['that plans, silent', at(TELL_AFTER_MS, { state: 'planning' }), around, 'silent tell'],
    ['that waits for checks', at(TELL_AFTER_MS, { state: 'ci' }), around, null],
    ['that waits for a review', at(TELL_AFTER_MS, { state: 'in_review' }), around, null],
    ['that has asked the person', at(TELL_AFTER_MS, { isAsked: true }), around, null],
    ['whose next run waits for its turn', at(TELL_AFTER_MS, { isQueued: true }), around, null],
    ['that waits for its account', at(TELL_AFTER_MS, { waitingFor: 'account_limit' }), around, null],
    ['while everything is paused', at(TELL_AFTER_MS), { ...around, isPaused: true }, null],
    ['without a workflow', at(SETTLE_MS), { ...around, isGone: true }, 'gone tell'],
    [
      'without one, in review',
      at(SETTLE_MS, { state: 'in_review' }),
      { ...around, isGone: true },
      'gone tell',
    ],
    ['without one, paused', at(SETTLE_MS), { ...around, isGone: true, isPaused: true }, 'gone tell'],
    ['whose workflow may be about to start', at(SETTLE_MS - 1), { ...around, isGone: true }, null],
  ])('%s', (_, task, given, stuck) => {
    const found = stuckOf(task, given);
    expect(found === null ? null : `${found.why} ${found.do}`).toBe(stuck);
  });

  test('is told of under one name for as long as it gives no sign, and a workflow that is gone under one for ever', () => {
    fc.assert(
      fc.property(fc.nat(HOUR_MS * 50), fc.nat(HOUR_MS), (silentMs, laterMs) => {
        const task = at(TELL_AFTER_MS + silentMs);
        const later = { ...around, nowMs: NOW_MS + laterMs };
        expect(stuckItemId(stuckOf(task, later)!)).toBe(stuckItemId(stuckOf(task, around)!));
        const moved = { ...task, signMs: task.signMs + 1 };
        expect(stuckItemId(stuckOf(moved, later)!)).not.toBe(stuckItemId(stuckOf(task, later)!));
        const gone = { ...later, isGone: true };
        expect(stuckItemId(stuckOf(moved, gone)!)).toBe(stuckItemId(stuckOf(task, gone)!));
        expect(stuckItemId(stuckOf(task, gone)!)).toMatch(/^[\w-]+$/);
      }),
    );
  });

  test('is only asked about when its workflow could be gone', () => {
    expect(mayBeGone(at(SETTLE_MS), NOW_MS)).toBe(true);
    expect(mayBeGone(at(SETTLE_MS - 1), NOW_MS)).toBe(false);
  });

  test('is told of by its title, with what to do', () => {
    const silent = stuckWords(stuckOf(at(TELL_AFTER_MS), around)!, NOW_MS);
    expect(silent.title).toBe('“Keep the odd cent” says that it works, and nothing happens.');
    expect(silent.body).toMatch(/no sign of it for 60 minutes.*Cancel it/);
    const gone = stuckWords(stuckOf(at(TELL_AFTER_MS), { ...around, isGone: true })!, NOW_MS);
    expect(gone.title).toBe('“Keep the odd cent” is stuck: nothing goes on with it.');
    expect(gone.body).toMatch(/Start a new task/);
  });
});

test.each([
  ['stuck-t-gone', 'all', true],
  ['stuck-t-gone', 'silent', false],
  ['stuck-t-gone', 'some', false],
  ['stuck-t-17', 'all', true],
  ['stuck-t-17', 'silent', true],
  ['stuck-t-17', 'some', false],
] as const)('what %s tells of, not named any more, goes on when %s is known: %s', (id, certain, is) => {
  expect(goesOn(id, certain)).toBe(is);
});

describe('the day at a glance', () => {
  const told = (agoMs: number, given: Partial<CycleTold> = {}): CycleTold => ({
    startedAt: new Date(NOW_MS - agoMs),
    reason: 'clock',
    missed: 0,
    phases: [],
    ...given,
  });
  const now = { nowMs: NOW_MS, everyMs, lastMs: NOW_MS - MINUTE_MS };
  const kinds = (cycles: readonly CycleTold[], given = now): string =>
    hoursOf(cycles, given)
      .slice(-4)
      .map(({ kind, told: count }) => `${kind} ${count}`)
      .join(', ');

  test.each([
    ['quiet', [], now, 'quiet 0, quiet 0, quiet 0, quiet 0'],
    ['two told', [told(0), told(MINUTE_MS)], now, 'quiet 0, quiet 0, quiet 0, told 2'],
    ['an hour ago', [told(HOUR_MS)], now, 'quiet 0, quiet 0, told 1, quiet 0'],
    [
      'a phase failed',
      [told(HOUR_MS, { phases: [report('tend', {}, 'It did not answer.')] })],
      now,
      'quiet 0, quiet 0, trouble 1, quiet 0',
    ],
    [
      'made up for two hours',
      [told(0, { reason: 'missed', missed: 24 })],
      now,
      'quiet 0, missed 0, missed 0, missed 1',
    ],
    [
      'none since two hours',
      [],
      { ...now, lastMs: NOW_MS - 2 * HOUR_MS },
      'quiet 0, missed 0, missed 0, missed 0',
    ],
    ['none ever', [], { ...now, lastMs: null }, 'quiet 0, quiet 0, quiet 0, quiet 0'],
  ])('%s', (_, cycles, given, words) => {
    expect(kinds(cycles, given as typeof now)).toBe(words);
  });

  test('every cycle of the last hours is in one cell', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(23 * HOUR_MS)), (ago) => {
        const hours = hoursOf(
          ago.map((ms) => told(ms)),
          now,
        );
        expect(hours).toHaveLength(HOURS);
        expect(hours.reduce((sum, hour) => sum + hour.told, 0)).toBe(ago.length);
        expect(hours.every(({ fromMs }, n) => n === 0 || fromMs - hours[n - 1]!.fromMs === HOUR_MS)).toBe(
          true,
        );
      }),
    );
  });
});

test.each([
  [report('tend'), 'nothing to do'],
  [report('tend', { expired: 1, trains: 2 }), '1 proposal expired, 2 places in merge trains were given up'],
  [report('narrate', { told: 3 }), 'you were told of 3'],
  [report('narrate', { told: 1 }), 'you were told of 1'],
  [report('tend', { plugins: 2 }), '2 plugins'],
  [report('gather', {}, 'It did not answer.'), 'it failed: It did not answer.'],
])('what a phase did is said', (phase, words) => {
  expect(phaseWords(phase)).toBe(words);
});

test('why it came and how many had nothing to tell is said', () => {
  expect(CYCLE_REASONS.map((reason) => reasonWords(reason, 2))).toEqual([
    '',
    'at once, for what happened',
    'you asked for it',
    'makes up for 2 that did not come',
  ]);
  expect(reasonWords('missed', 1)).toBe('makes up for one that did not come');
  expect([0, 1, 2].map(quietWords)).toEqual([
    '',
    '1 cycle with nothing to tell',
    '2 cycles with nothing to tell',
  ]);
});
