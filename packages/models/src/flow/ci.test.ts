// The verdict on checks, counts and words included, and what counts as weakening a test.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDiff } from './diff.ts';
import {
  ACTIONS,
  afterCi,
  ciVerdict,
  failureOf,
  NOT_HERE,
  SILENT_APP_MS,
  tellCi,
  weakenedTests,
  weakenings,
  wordOf,
  type CheckRun,
  type CheckSuite,
  type CiFacts,
  type CiOutcome,
  type CiVerdict,
  type CommitStatus,
  type Situation,
} from './ci.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const [FIRST, SECOND] = ['a.yml on push', 'b.yml on push'];
const check = (over: Partial<CheckRun> = {}): CheckRun => ({
  id: 1,
  app: ACTIONS,
  appId: 15368,
  suite: 1,
  workflow: FIRST,
  name: 'test',
  status: 'completed',
  conclusion: 'success',
  url: null,
  summary: '',
  startedAt: '2026-11-20T10:00:00Z',
  completedAt: '2026-11-20T10:01:00Z',
  ...over,
});
const suite = (over: Partial<CheckSuite> = {}): CheckSuite => ({
  id: 1,
  app: ACTIONS,
  workflow: FIRST,
  status: 'completed',
  conclusion: 'success',
  attempt: 1,
  url: null,
  createdAt: '2026-11-20T10:00:00Z',
  ...over,
});
const status = (context: string, state: string, id = 1): CommitStatus => ({ id, context, state, url: null, summary: '', at: null });
const verdictOf = (facts: Partial<CiFacts>): CiVerdict => ciVerdict({ checks: [], suites: [], statuses: [], required: [], ...facts }, NOW);
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
    ['a job of the same name in another workflow passes later', { checks: [red, check({ ...later, suite: 2, workflow: SECOND })] }, 'red'],
    ['the same job of another app passes later', { checks: [red, check({ ...later, app: 'other', suite: 2, workflow: null })] }, 'red'],
    [
      'of two suites that nobody can name, one is red',
      { checks: [{ ...red, workflow: null }, check({ ...later, suite: 2, workflow: null })] },
      'red',
    ],
    ['the workflow runs again, and passes', { checks: [red, check({ ...later, suite: 2 })] }, 'green'],
    ['the job is run again, and passes', { checks: [red, check(later)], suites: [suite({ attempt: 2 })] }, 'green'],
    ['the job is run again', { checks: [red, check({ ...later, status: 'queued', startedAt: null })], suites: [suite({ attempt: 2 })] }, 'pending'],
    ['the workflow runs again, and skips it', { checks: [red, check({ ...later, suite: 2, conclusion: 'skipped' })] }, 'red'],
    ['the workflow runs again, and is cancelled', { checks: [red, check({ ...later, suite: 2, conclusion: 'cancelled' })] }, 'red'],
    ['two jobs of one workflow have one name', { checks: [red, check(later)], suites: [suite()] }, 'red'],
    ['two jobs of one name, side by side', { checks: [red, check({ ...later, startedAt: red.startedAt })] }, 'red'],
    ['a cancelled one runs again', { checks: [check({ conclusion: 'cancelled' }), check({ ...later, suite: 2 })] }, 'green'],
    ['a status turns', { statuses: [status('cla', 'success', 2), status('cla', 'pending', 1)] }, 'green'],
    ['a status turns back', { statuses: [status('cla', 'success', 1), status('cla', 'failure', 2)] }, 'red'],
    ['an app reports anew in its suite', { checks: [{ ...red, app: 'x', workflow: null }, check({ ...later, app: 'x', workflow: null })] }, 'green'],
    ['one is red and another runs', { checks: [red, check({ id: 2, name: 'slow', status: 'in_progress', conclusion: null })] }, 'red'],
  ])('%s: %#', (_, facts, want) => {
    expect(is(facts)).toBe(want);
  });
});

describe('what is still to come', () => {
  const green = check();
  const silent = { id: 2, app: 'x', workflow: null, status: 'queued', conclusion: null };
  const long = new Date(NOW - SILENT_APP_MS).toISOString();
  test.each<[string, Partial<CiFacts>, CiOutcome['is']]>([
    ['jobs that need others', { checks: [green], suites: [suite({ status: 'in_progress', conclusion: null })] }, 'pending'],
    ['a workflow that waits for a machine', { checks: [green], suites: [suite({ id: 2, status: 'queued', conclusion: null })] }, 'pending'],
    ['an app that has said nothing yet', { checks: [green], suites: [suite({ ...silent, createdAt: new Date(NOW).toISOString() })] }, 'pending'],
    ['an app that says nothing for long', { checks: [green], suites: [suite({ ...silent, createdAt: long })] }, 'green'],
    ['a required check that nobody reports', { checks: [green], required: [{ name: 'e2e', appId: null }] }, 'pending'],
    ['one that another app reports', { checks: [green], required: [{ name: 'test', appId: 7 }] }, 'pending'],
    ['one that is there', { checks: [green], required: [{ name: 'test', appId: 15368 }] }, 'green'],
    ['one that is a status', { statuses: [status('cla', 'success')], required: [{ name: 'cla', appId: null }] }, 'green'],
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
  const mac = check({ name: 'mac', conclusion: 'neutral', summary: `${NOT_HERE}: macos-latest` });
  expect(verdictOf({ checks: [mac] }).outcome).toEqual({ is: 'not_run_here', checks: ['mac (a.yml)'] });
  expect(is({ checks: [mac, check({ id: 2, name: 'other', conclusion: 'skipped' })] })).toBe('not_run_here');
  expect(verdictOf({ checks: [mac, check({ id: 2 })] }).outcome).toEqual({ is: 'green', notHere: ['mac (a.yml)'] });
  expect(is({ checks: [mac, check({ id: 2 })], required: [{ name: 'mac', appId: null }] })).toBe('not_run_here');
});

test('what is red is named with its workflow, its address and what it says', () => {
  const { outcome, ...counts } = verdictOf({
    checks: [check({ conclusion: 'failure', url: 'https://x/1', summary: '2 tests failed' }), check({ id: 2, name: 'lint' })],
    statuses: [status('z', 'pending')],
  });
  expect(outcome).toEqual({ is: 'red', failed: [{ name: 'test (a.yml)', url: 'https://x/1', summary: '2 tests failed', job: 1 }] });
  expect(counts).toEqual({ passed: 1, failed: 1, pending: 1 });
});

describe('any list of checks', () => {
  const name = fc.constantFrom('test', 'lint', 'cla');
  const id = fc.integer({ min: 1, max: 12 });
  const at = fc.option(fc.integer({ min: 0, max: 5 }).map((minute) => `2026-11-20T10:0${minute}:00Z`));
  const conclusions = ['success', 'failure', 'neutral', 'skipped', 'cancelled', 'timed_out', 'stale', 'action_required', 'startup_failure'];
  const conclusion = fc.constantFrom(...conclusions, null);
  const state = fc.constantFrom('completed', 'completed', 'completed', 'queued', 'in_progress');
  const app = fc.constantFrom(ACTIONS, 'other');
  const workflow = fc.constantFrom(FIRST, SECOND, null);
  const aCheck = fc.record({ id, app, suite: id, workflow, name, status: state, conclusion, startedAt: at, completedAt: at }).map((c) => check(c));
  const aSuite = fc
    .record({ id, app, workflow, status: state, conclusion, attempt: fc.constantFrom(1, 2, null), createdAt: at })
    .map((s) => suite(s));
  const aStatus = fc.tuple(name, fc.constantFrom('success', 'failure', 'error', 'pending'), id).map(([n, s, i]) => status(n, s, i));
  const aRule = fc.record({ name, appId: fc.constantFrom(null, 15368) });
  const anything = fc.record({
    checks: fc.uniqueArray(aCheck, { selector: (c) => c.id, maxLength: 8 }),
    suites: fc.uniqueArray(aSuite, { selector: (s) => s.id, maxLength: 4 }),
    statuses: fc.uniqueArray(aStatus, { selector: (s) => s.id, maxLength: 5 }),
    required: fc.array(aRule, { maxLength: 3 }),
  });
  const shuffled = <T>(xs: readonly T[], seed: number): T[] =>
    xs
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
    const isRed = (c: CheckRun): boolean => c.status === 'completed' && c.conclusion === 'failure';
    fc.assert(
      fc.property(anything, (facts) => {
        const open = facts.checks
          .filter(isRed)
          .filter(
            (red) =>
              !facts.checks.some(
                (c) =>
                  c.id > red.id &&
                  c.app === red.app &&
                  c.name === red.name &&
                  c.workflow === red.workflow &&
                  (c.workflow !== null || c.suite === red.suite) &&
                  (c.status !== 'completed' || c.conclusion === 'success' || c.conclusion === 'failure' || c.conclusion === 'timed_out'),
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
          const checks = facts.checks.filter((c) => c.name === r.name && (r.appId === null || c.appId === r.appId));
          const statuses = facts.statuses.filter((s) => s.context === r.name).sort((a, b) => b.id - a.id);
          expect(checks.length + statuses.length).toBeGreaterThan(0);
          if (statuses.length > 0) expect(statuses[0]!.state).toBe('success');
        }
        // The newest of each suite and name is none of those that hold it up.
        const newest = new Map(facts.checks.toSorted((a, b) => a.id - b.id).map((c) => [JSON.stringify([c.app, c.workflow ?? c.suite, c.name]), c]));
        for (const c of newest.values()) {
          expect(c.status).toBe('completed');
          expect(['success', 'neutral', 'skipped']).toContain(c.conclusion);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what is told', () => {
  const situation: Situation = {
    sha: 'b',
    pull: 'open',
    failures: [],
    repaired: null,
    rerun: 'not_yet',
    since: '2026-11-20T10:30:00Z',
    nowMs: NOW,
    patienceMs: 3_600_000,
  };
  const tell = (facts: Partial<CiFacts>, more: Partial<Situation> = {}) => tellCi(verdictOf(facts), { ...situation, ...more });
  const red = { checks: [check({ conclusion: 'failure' })] };
  const failure = (message: string, name = 'test (a.yml)') => ({ name, url: null, message });

  test('a red check is named with the first line of what it said', () => {
    expect(tell(red, { failures: [failure('Error: 1 is not 2\nmore')] })).toMatchObject({
      ask: null,
      red: '"test (a.yml)" is red: Error: 1 is not 2.',
    });
  });

  test.each<[string, Partial<Situation>, string | null]>([
    ['nothing was pushed', { failures: [failure('x')], repaired: { sha: 'b', failures: [] } }, 'the repair pushed nothing: x. '],
    [
      'the same again',
      { failures: [failure('x')], repaired: { sha: 'a', failures: [failure('x')] } },
      'failed again in the same way after a repair: x. ',
    ],
    ['another way', { failures: [failure('y')], repaired: { sha: 'a', failures: [failure('x')] } }, null],
    ['another check', { failures: [failure('x', 'lint')], repaired: { sha: 'a', failures: [failure('x')] } }, null],
    ['one of two is mended', { failures: [failure('x')], repaired: { sha: 'a', failures: [failure('x'), failure('z', 'lint')] } }, null],
    ['nobody knows how', { failures: [failure('')], repaired: { sha: 'a', failures: [failure('')] } }, null],
  ])('red after a repair, and %s', (_, more, want) => {
    const { ask } = tell(red, more);
    if (want === null) expect(ask).toBeNull();
    else expect(ask).toContain(want);
  });

  test('what is pending for longer than it may is told once nothing else is awaited', () => {
    const cla = { statuses: [{ ...status('cla', 'pending'), at: '2026-11-20T10:30:00Z' }] };
    expect(tell(cla).ask).toBe(
      'CI waits for "cla", which has not said how it ended, since 10:30 UTC (90 min). It goes on by itself as soon as it reports; Retry looks again.',
    );
    expect(tell(cla, { patienceMs: 90 * 60_000 + 1 }).ask).toBeNull();
    const running = check({ status: 'in_progress', conclusion: null, startedAt: '2026-11-20T11:59:00Z' });
    expect(tell({ ...cla, checks: [running] }).ask).toBeNull();
    expect(tell({ required: [{ name: 'e2e', appId: null }] }).ask).toMatch(/^CI waits for "e2e", which is required, since 10:30 UTC/);
  });

  test('what is no fault of the code asks for nobody before it ran again, and then for the person', () => {
    const cancelled = { checks: [check({ conclusion: 'cancelled' })] };
    for (const rerun of ['not_yet', 'settling'] as const) expect(tell(cancelled, { rerun }).ask).toBeNull();
    expect(tell(cancelled, { rerun: 'done' }).ask).toBe(
      '"test (a.yml)" did not run to its end (cancelled), which is no fault of the change, and running it once more did not help. Run it again on GitHub, then Retry.',
    );
    expect(tell(cancelled, { rerun: 'refused' }).ask).toContain('it could not be run again from here');
  });

  test.each<[Partial<CheckRun>, RegExp]>([
    [{ conclusion: 'skipped' }, /^CI ran nothing, every check was skipped \(test \(a\.yml\)\)/],
    [{ conclusion: 'neutral', summary: `${NOT_HERE}: macos-latest` }, /^CI could not run here \(test \(a\.yml\)\)/],
  ])('why nothing has checked the change: %#', (over, want) => {
    expect(tell({ checks: [check(over)] }).unchecked).toMatch(want);
    expect(tell({}).unchecked).toBeNull();
  });

  test('a pull request that is closed asks before anything is spent on it', () => {
    expect(tell(red, { pull: 'closed' }).ask).toMatch(/^The pull request was closed/);
  });

  test('a name from outside moves nothing on a page', () => {
    const odd = tell({ checks: [check({ conclusion: 'cancelled', name: 'a\u202eb\nc' })] }, { rerun: 'done' });
    expect(odd.ask).toMatch(/^"ab c \(a\.yml\)" did/);
  });
});

test.each([
  ['times', '2026-11-20T10:00:00.0Z Error: took 12 ms at 10:00:01', '2026-11-20T11:00:00.0Z Error: took 7 ms at 11:30:01'],
  ['commits', 'error: pathspec 4d572fe11', 'error: pathspec 9a3b5c1d2'],
  ['temporary folders', "Error: cannot find '/tmp/ci-x8/a'", "Error: cannot find '/tmp/ci-q1/b'"],
  ['ports', 'Error: connect 127.0.0.1:4312', 'Error: connect 127.0.0.1:999'],
])('two failures that differ by %s alone are the same', (_, a, b) => {
  expect(failureOf(a)).toBe(failureOf(b));
  expect(failureOf(a)).not.toBe('');
});

test('failures that say something else are two', () => {
  expect(failureOf('Error: expected 3, received 4')).not.toBe(failureOf('Error: expected 3, received 5'));
  expect(failureOf('')).toBe('');
});

test.each<[CiOutcome, string]>([
  [{ is: 'nothing_ran', skipped: [] }, 'none'],
  [{ is: 'not_run_here', checks: [] }, 'none'],
  [{ is: 'infrastructure', troubled: [] }, 'pending'],
])('in the words of before: %j', (outcome, want) => {
  expect(wordOf(outcome)).toBe(want);
});

const told = { pull: 'open', ask: null, red: '"test" is red: x.', pushedNothing: false, unchecked: null } as const;
const base = { repairs: 0, maxRepairs: 2, waitedMs: 0, graceMs: 60_000, weakened: false, verified: 'unknown' as const };
test.each<[Parameters<typeof afterCi>[0], Partial<Parameters<typeof afterCi>[1]>, ReturnType<typeof afterCi>]>([
  ['red', {}, { do: 'repair', round: 1 }],
  ['red', { repairs: 1 }, { do: 'repair', round: 2 }],
  ['red', { repairs: 2 }, { do: 'ask_human', sentence: 'CI is still red after 2 repairs.' }],
  ['green', { repairs: 2, verified: 'failed' }, { do: 'ask_human', sentence: 'The verify command still fails after 2 repairs.' }],
  // The reason stands beside the count.
  ['red', { repairs: 2, told }, { do: 'ask_human', sentence: 'CI is still red after 2 repairs. "test" is red: x. Look at it, then Retry.' }],
  ['red', { told }, { do: 'repair', round: 1 }],
  ['red', { told: { ...told, ask: 'Look.' } }, { do: 'ask_human', sentence: 'Look.' }],
  ['pending', { told: { ...told, ask: 'Late.' } }, { do: 'ask_human', sentence: 'Late.' }],
  ['pending', { told }, { do: 'wait' }],
  ['red', { told: { ...told, pull: 'merged' } }, { do: 'finish' }],
  [
    'green',
    { verified: 'failed', told: { ...told, pushedNothing: true } },
    { do: 'ask_human', sentence: 'The verify command still fails, and the repair pushed nothing. Look at it, then Retry.' },
  ],
  ['green', { weakened: true }, { do: 'gate', what: 'weakened' }],
  ['none', { waitedMs: 60_000 }, { do: 'gate', what: 'unchecked' }],
  ['none', { waitedMs: 59_999 }, { do: 'wait' }],
])('%s %j', (v, more, want) => {
  expect(afterCi(v, { ...base, ...more })).toEqual(want);
});

const file = (head: string, ...lines: string[]): string => {
  const count = (sign: string): number => lines.filter((l) => l.startsWith(sign)).length;
  return `${head}@@ -1,${count('-')} +1,${count('+')} @@\n${lines.join('\n')}\n`;
};
const changed = (name: string): string => `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n`;
test.each<[string, string, string[]]>([
  ['one case', file(changed('a.test.ts'), "-it('x')"), ['1 test case removed']],
  ['two cases', file(changed('a.test.ts'), "-it('x')", "-it('y')", '-x = 1'), ['2 test cases removed']],
  ['two cases on what git takes for one line', file(changed('a.test.ts'), "-it('x')\u2028it('y')"), ['2 test cases removed']],
  ['two cases with a form feed between', file(changed('a.test.ts'), "-it('x')\fit('y')"), ['2 test cases removed']],
  ['a case behind another word is none', file(changed('a.test.ts'), "-await it('x')"), []],
  ['other lines', file(changed('a.test.ts'), '-x = 1'), []],
  ['a skip that is taken away', file(changed('a.test.ts'), "-it.skip('x')", "+it('x')"), []],
  ['a skip', file(changed('a.test.ts'), "-it('x')", "+it.skip('x')"), ['a test is skipped']],
  ['a case in Python', file(changed('test_a.py'), '-def test_x():'), ['1 test case removed']],
  ['a case in Go', file(changed('a_test.go'), '-func TestX(t *testing.T) {'), ['1 test case removed']],
  ['in a folder', file(changed('src/__tests__/a.ts'), "-it('x')"), ['1 test case removed']],
  ['in a folder at the top', file(changed('test/a.ts'), "-it('x')"), ['1 test case removed']],
  ['in a folder for the end to end', file(changed('e2e/a.ts'), "-it('x')"), ['1 test case removed']],
  ['in a file that only sounds so', file(changed('contest/attest.ts'), "-it('x')"), []],
  [
    'deleted',
    `diff --git a/a.test.ts b/a.test.ts\ndeleted file mode 100644\n--- a/a.test.ts\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-it('x')\n`,
    ['deleted', '1 test case removed'],
  ],
  ['moved away', 'diff --git a/a.test.ts b/a.txt\nsimilarity index 100%\nrename from a.test.ts\nrename to a.txt\n', ['moved away from a.test.ts']],
  ['moved in', 'diff --git a/a.txt b/a.test.ts\nsimilarity index 100%\nrename from a.txt\nrename to a.test.ts\n', []],
])('weakened: %s', (_, diff, want) => {
  expect(readDiff(diff).files.flatMap(weakenings)).toEqual(want);
});

test('what a change does to tests is said by file, and of one that was not looked at whole, that too', () => {
  expect(weakenedTests(file(changed('a.test.ts'), "-it('x')"))).toEqual(['a.test.ts: 1 test case removed']);
  expect(weakenedTests('… (the rest of this change is left out: it is larger than 2 MB)')).toEqual([
    'the change is larger than what was looked at: whether it removes tests is not known',
  ]);
});
