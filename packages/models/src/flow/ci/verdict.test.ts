// The verdict on checks, counts and words included.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check, FIRST, NOW, SECOND, status, suite, verdictOf } from '@mainloop/testkit/checks';
import { ACTIONS, SILENT_APP_MS, wordOf, type CheckRun, type CiFacts, type CiOutcome } from './verdict.ts';

const is = (facts: Partial<CiFacts>): CiOutcome['is'] => verdictOf(facts).outcome.is;

describe('one check', () => {
  // https://docs.github.com/rest/checks/runs
  test.each<[string, string | null, CiOutcome['is']]>([
    ...['queued', 'in_progress', 'waiting', 'requested', 'pending', 'a word of tomorrow'].map(
      (s) => [s, null, 'pending'] as [string, null, CiOutcome['is']],
    ),
    ['completed', 'success', 'green'],
    ['completed', 'failure', 'red'],
    ['completed', 'timed_out', 'red'],
    ['completed', 'neutral', 'nothing_ran'],
    ['completed', 'skipped', 'nothing_ran'],
    ['completed', 'cancelled', 'infrastructure'],
    ['completed', 'stale', 'infrastructure'],
    ['completed', 'action_required', 'infrastructure'],
    ['completed', 'startup_failure', 'infrastructure'],
    ['completed', 'a word of tomorrow', 'infrastructure'],
    ['completed', null, 'infrastructure'],
  ])('%s, %s: %s, and beside a green one the same unless it says nothing', (state, conclusion, want) => {
    const one = check({ status: state, conclusion });
    expect(is({ checks: [one] })).toBe(want);
    const beside = is({ checks: [one, check({ id: 9, name: 'lint' })] });
    expect(beside).toBe(want === 'nothing_ran' ? 'green' : want);
  });

  test.each<[string, CiOutcome['is']]>([
    ['success', 'green'],
    ['failure', 'red'],
    ['error', 'red'],
    ['pending', 'pending'],
    ['a word of tomorrow', 'infrastructure'],
  ])('a status that is "%s": %s', (state, want) => {
    expect(is({ statuses: [status('cla', state)] })).toBe(want);
  });

  test.each<[string, Partial<CheckRun>, CiOutcome['is']]>([
    ['never began', { startedAt: null }, 'infrastructure'],
    ['began when it was over', { startedAt: '2026-11-20T10:01:00Z' }, 'infrastructure'],
    ['ran for its time', {}, 'red'],
  ])('timed out, and %s: %s', (_, over, want) => {
    expect(is({ checks: [check({ conclusion: 'timed_out', ...over })] })).toBe(want);
  });

  test.each<[string, CiOutcome['is']]>([
    // https://docs.github.com/rest/checks/suites: of a suite that holds no check
    ['success', 'nothing_ran'],
    ['neutral', 'nothing_ran'],
    ['skipped', 'nothing_ran'],
    ['failure', 'red'],
    ['timed_out', 'red'],
    ['cancelled', 'infrastructure'],
    ['stale', 'infrastructure'],
    ['action_required', 'infrastructure'],
    ['startup_failure', 'infrastructure'],
  ])('a suite without checks that ended with %s: %s', (conclusion, want) => {
    expect(is({ suites: [suite({ conclusion })] })).toBe(want);
  });
});

describe('which attempt counts', () => {
  const red = check({ conclusion: 'failure' });
  const later = { id: 2, startedAt: '2026-11-20T10:02:00Z', completedAt: '2026-11-20T10:03:00Z' };
  test.each<[string, Partial<CiFacts>, CiOutcome['is']]>([
    ['nothing at all', {}, 'nothing_ran'],
    [
      'a job of the same name in another workflow passes later',
      { checks: [red, check({ ...later, suite: 2, workflow: SECOND })] },
      'red',
    ],
    [
      'the same job of another app passes later',
      { checks: [red, check({ ...later, app: 'other', suite: 2, workflow: null })] },
      'red',
    ],
    [
      'of two suites that nobody can name, one is red',
      { checks: [{ ...red, workflow: null }, check({ ...later, suite: 2, workflow: null })] },
      'red',
    ],
    ['the workflow runs again, and passes', { checks: [red, check({ ...later, suite: 2 })] }, 'green'],
    [
      'the job is run again, and passes',
      { checks: [red, check(later)], suites: [suite({ attempt: 2 })] },
      'green',
    ],
    [
      'the job is run again',
      {
        checks: [red, check({ ...later, status: 'queued', startedAt: null })],
        suites: [suite({ attempt: 2 })],
      },
      'pending',
    ],
    [
      'the workflow runs again, and skips it',
      { checks: [red, check({ ...later, suite: 2, conclusion: 'skipped' })] },
      'red',
    ],
    [
      'the workflow runs again, and is cancelled',
      { checks: [red, check({ ...later, suite: 2, conclusion: 'cancelled' })] },
      'red',
    ],
    ['two jobs of one workflow have one name', { checks: [red, check(later)], suites: [suite()] }, 'red'],
    [
      'two jobs of one name, side by side',
      { checks: [red, check({ ...later, startedAt: red.startedAt })] },
      'red',
    ],
    [
      'a cancelled one runs again',
      { checks: [check({ conclusion: 'cancelled' }), check({ ...later, suite: 2 })] },
      'green',
    ],
    ['a status turns', { statuses: [status('cla', 'success', 2), status('cla', 'pending', 1)] }, 'green'],
    ['a status turns back', { statuses: [status('cla', 'success', 1), status('cla', 'failure', 2)] }, 'red'],
    [
      'an app reports anew in its suite',
      { checks: [{ ...red, app: 'x', workflow: null }, check({ ...later, app: 'x', workflow: null })] },
      'green',
    ],
    [
      'one is red and another runs',
      { checks: [red, check({ id: 2, name: 'slow', status: 'in_progress', conclusion: null })] },
      'red',
    ],
  ])('%s: %#', (_, facts, want) => {
    expect(is(facts)).toBe(want);
  });
});

describe('what is still to come', () => {
  const green = check();
  const silent = { id: 2, app: 'x', workflow: null, status: 'queued', conclusion: null };
  const long = new Date(NOW - SILENT_APP_MS).toISOString();
  test.each<[string, Partial<CiFacts>, CiOutcome['is']]>([
    [
      'jobs that need others',
      { checks: [green], suites: [suite({ status: 'in_progress', conclusion: null })] },
      'pending',
    ],
    [
      'a workflow that waits for a machine',
      { checks: [green], suites: [suite({ id: 2, status: 'queued', conclusion: null })] },
      'pending',
    ],
    [
      'an app that has said nothing yet',
      { checks: [green], suites: [suite({ ...silent, createdAt: new Date(NOW).toISOString() })] },
      'pending',
    ],
    [
      'an app that says nothing for long',
      { checks: [green], suites: [suite({ ...silent, createdAt: long })] },
      'green',
    ],
    [
      'a required check that nobody reports',
      { checks: [green], required: [{ name: 'e2e', appId: null }] },
      'pending',
    ],
    ['one that another app reports', { checks: [green], required: [{ name: 'test', appId: 7 }] }, 'pending'],
    ['one that is there', { checks: [green], required: [{ name: 'test', appId: 15368 }] }, 'green'],
    [
      'one that is a status',
      { statuses: [status('cla', 'success')], required: [{ name: 'cla', appId: null }] },
      'green',
    ],
    [
      'all runs are superseded by a newer one',
      { suites: [suite({ conclusion: 'cancelled' }), suite({ id: 2 })], checks: [check({ suite: 2 })] },
      'green',
    ],
  ])('%s', (_, facts, want) => {
    expect(is(facts)).toBe(want);
  });

  test('who is awaited is named, and since when', () => {
    const { outcome } = verdictOf({
      checks: [check({ status: 'in_progress', conclusion: null })],
      required: [{ name: 'cla', appId: null }],
    });
    expect(outcome).toEqual({
      is: 'pending',
      awaited: [
        { name: 'cla', since: null, required: true },
        { name: 'test (a.yml)', since: '2026-11-20T10:00:00Z', required: false },
      ],
    });
  });
});

test('what cannot run here is neither red nor green, and beside what ran it is named', () => {
  const mac = check({ name: 'mac', conclusion: 'neutral', notHere: true });

  expect(verdictOf({ checks: [mac] }).outcome).toEqual({
    is: 'not_run_here',
    checks: ['mac (a.yml)'],
    why: '',
  });
  expect(is({ checks: [mac, check({ id: 2, name: 'other', conclusion: 'skipped' })] })).toBe('not_run_here');
  expect(verdictOf({ checks: [mac, check({ id: 2 })] }).outcome).toEqual({
    is: 'green',
    notHere: ['mac (a.yml)'],
  });
  expect(is({ checks: [mac, check({ id: 2 })], required: [{ name: 'mac', appId: null }] })).toBe(
    'not_run_here',
  );
});

test('what is red is named with its workflow, its address and what it says', () => {
  const { outcome, ...counts } = verdictOf({
    checks: [
      check({ conclusion: 'failure', url: 'https://x/1', summary: '2 tests failed' }),
      check({ id: 2, name: 'lint' }),
    ],
    statuses: [status('z', 'pending')],
  });
  expect(outcome).toEqual({
    is: 'red',
    failed: [{ name: 'test (a.yml)', url: 'https://x/1', summary: '2 tests failed', job: 1 }],
  });
  expect(counts).toEqual({
    passed: 1,
    failed: 1,
    pending: 1,
    names: { passed: ['lint (a.yml)'], notRun: [] },
  });
});

describe('any list of checks', () => {
  const name = fc.constantFrom('test', 'lint', 'cla');
  const id = fc.integer({ min: 1, max: 12 });
  const at = fc.option(fc.integer({ min: 0, max: 5 }).map((minute) => `2026-11-20T10:0${minute}:00Z`));
  const conclusions = [
    'success',
    'failure',
    'neutral',
    'skipped',
    'cancelled',
    'timed_out',
    'stale',
    'action_required',
    'startup_failure',
  ];
  const conclusion = fc.constantFrom(...conclusions, null);
  const state = fc.constantFrom('completed', 'completed', 'completed', 'queued', 'in_progress');
  const app = fc.constantFrom(ACTIONS, 'other');
  const workflow = fc.constantFrom(FIRST, SECOND, null);
  const aCheck = fc
    .record({ id, app, suite: id, workflow, name, status: state, conclusion, startedAt: at, completedAt: at })
    .map((c) => check(c));
  const aSuite = fc
    .record({
      id,
      app,
      workflow,
      status: state,
      conclusion,
      attempt: fc.constantFrom(1, 2, null),
      createdAt: at,
    })
    .map((s) => suite(s));
  const aStatus = fc
    .tuple(name, fc.constantFrom('success', 'failure', 'error', 'pending'), id)
    .map(([n, s, i]) => status(n, s, i));
  const aRule = fc.record({ name, appId: fc.constantFrom(null, 15368) });
  const anything = fc.record({
    checks: fc.uniqueArray(aCheck, { selector: (c) => c.id, maxLength: 8 }),
    suites: fc.uniqueArray(aSuite, { selector: (s) => s.id, maxLength: 4 }),
    statuses: fc.uniqueArray(aStatus, { selector: (s) => s.id, maxLength: 5 }),
    required: fc.array(aRule, { maxLength: 3 }),
  });
  const shuffled = <T>(values: readonly T[], seed: number): T[] =>
    values
      .map((x, i) => ({ x, key: (i * 7919 + seed * 104_729) % 1009 }))
      .sort((a, b) => a.key - b.key)
      .map(({ x }) => x);

  test('says the same in any order of arrival, also where pages overlap', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 0, max: 1000 }), (facts, seed) => {
        const { checks, suites, statuses, required } = facts;
        const other = {
          checks: [...shuffled(checks, seed), ...checks.slice(0, 2)],
          suites: shuffled(suites, seed),
          statuses: [...shuffled(statuses, seed), ...statuses.slice(0, 1)],
          required: shuffled(required, seed),
        };
        expect(verdictOf(other)).toEqual(verdictOf(facts));
      }),
      { numRuns: 1_000 },
    );
  });

  test('red is never covered but by a pass or another try of the same app, workflow and name', () => {
    const isRed = (checkRun: CheckRun): boolean =>
      checkRun.status === 'completed' && checkRun.conclusion === 'failure';
    fc.assert(
      fc.property(anything, (facts) => {
        const open = facts.checks
          .filter(isRed)
          .filter(
            (red) =>
              !facts.checks.some(
                (checkRun) =>
                  checkRun.id > red.id &&
                  checkRun.app === red.app &&
                  checkRun.name === red.name &&
                  checkRun.workflow === red.workflow &&
                  (checkRun.workflow !== null || checkRun.suite === red.suite) &&
                  (checkRun.status !== 'completed' ||
                    checkRun.conclusion === 'success' ||
                    checkRun.conclusion === 'failure' ||
                    checkRun.conclusion === 'timed_out'),
              ),
          );
        if (open.length > 0) expect(is(facts)).toBe('red');
      }),
      { numRuns: 1_000 },
    );
  });

  test('never green while something required is missing, red, pending, or cancelled', () => {
    fc.assert(
      fc.property(anything, (facts) => {
        if (is(facts) !== 'green') return;
        for (const r of facts.required) {
          const checks = facts.checks.filter(
            (c) => c.name === r.name && (r.appId === null || c.appId === r.appId),
          );
          const statuses = facts.statuses.filter((s) => s.context === r.name).sort((a, b) => b.id - a.id);
          expect(checks.length + statuses.length).toBeGreaterThan(0);
          if (statuses.length > 0) expect(statuses[0]!.state).toBe('success');
        }
        // The newest of each suite and name is none of those that hold it up.
        const newest = new Map(
          facts.checks
            .toSorted((a, b) => a.id - b.id)
            .map((c) => [JSON.stringify([c.app, c.workflow ?? c.suite, c.name]), c]),
        );
        for (const checkRun of newest.values()) {
          expect(checkRun.status).toBe('completed');
          expect(['success', 'neutral', 'skipped']).toContain(checkRun.conclusion);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test.each<[CiOutcome, string]>([
  [{ is: 'nothing_ran', skipped: [] }, 'none'],
  [{ is: 'not_run_here', checks: [], why: '' }, 'none'],
  [{ is: 'infrastructure', troubled: [] }, 'pending'],
])('in the words of before: %j', (outcome, want) => {
  expect(wordOf(outcome)).toBe(want);
});
