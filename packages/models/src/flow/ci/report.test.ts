// What follows from a verdict, sentences included.
import { describe, expect, test } from '@jest/globals';
import { check, NOW, status, suite, verdictOf } from '@mainloop/testkit/checks';
import type { CheckRun, CiFacts } from './verdict.ts';
import { afterCi, failureOf, reportOnCi, type Situation } from './report.ts';

describe('what is told', () => {
  const situation: Situation = {
    sha: 'b',
    pull: 'open',
    failures: [],
    repaired: null,
    base: null,
    rerun: 'not_yet',
    since: '2026-11-20T10:30:00Z',
    nowMs: NOW,
    patienceMs: 3_600_000,
  };
  const tell = (facts: Partial<CiFacts>, more: Partial<Situation> = {}) =>
    reportOnCi(verdictOf(facts), { ...situation, ...more });
  const red = { checks: [check({ conclusion: 'failure' })] };
  const failure = (message: string, name = 'test (a.yml)') => ({ name, url: null, message });

  test('a red check is named with the first line of what it said', () => {
    expect(tell(red, { failures: [failure('Error: 1 is not 2\nmore')] })).toMatchObject({
      ask: null,
      red: '"test (a.yml)" is red: Error: 1 is not 2.',
    });
  });

  test.each<[string, Partial<Situation>, string | null]>([
    [
      'nothing was pushed',
      { failures: [failure('x')], repaired: { sha: 'b', failures: [] } },
      'the repair pushed nothing: x. ',
    ],
    [
      'the same again',
      { failures: [failure('x')], repaired: { sha: 'a', failures: [failure('x')] } },
      'failed again in the same way after a repair: x. ',
    ],
    ['another way', { failures: [failure('y')], repaired: { sha: 'a', failures: [failure('x')] } }, null],
    [
      'another check',
      { failures: [failure('x', 'lint')], repaired: { sha: 'a', failures: [failure('x')] } },
      null,
    ],
    [
      'one of two is fixed',
      { failures: [failure('x')], repaired: { sha: 'a', failures: [failure('x'), failure('z', 'lint')] } },
      null,
    ],
    ['nobody knows how', { failures: [failure('')], repaired: { sha: 'a', failures: [failure('')] } }, null],
  ])('red after a repair, and %s', (_, more, want) => {
    const { ask } = tell(red, more);
    if (want === null) expect(ask).toBeNull();
    else expect(ask).toContain(want);
  });

  const lint = failure('no-var', 'lint (a.yml)');
  test.each<[string, Situation['failures'], Situation['failures'] | null, boolean]>([
    ['all of it', [failure('x')], [failure('x')], true],
    ['all of it, and more', [failure('x')], [failure('x'), lint], true],
    ['in another way', [failure('x')], [failure('y')], false],
    ['and something else is new', [failure('x'), lint], [failure('x')], false],
    ['and nobody knows how', [failure('')], [failure('')], false],
    ['and not all that it says is kept', [failure('x'.repeat(1_000))], [failure('x'.repeat(1_000))], false],
    ['and it has many lines', [failure('x\n'.repeat(19))], [failure('x\n'.repeat(19))], false],
    ['or nobody knows', [failure('x')], null, false],
    ['or not all are told', [], [], false],
  ])('red, and red before the change: %s', (_, failures, was, want) => {
    const base = was === null ? null : { sha: '0123456789', failures: was };
    expect(tell(red, { failures, base }).before).toBe(
      want
        ? '"test (a.yml)" was red before this change, and is red in the same way on 0123456, which it is from: x.'
        : undefined,
    );
  });

  test('what was red before is no repair in vain', () => {
    const base = { sha: 'base', failures: [failure('x')] };
    expect(tell(red, { failures: base.failures, base, repaired: { sha: 'b', failures: [] } })).toMatchObject({
      ask: null,
      before: expect.any(String),
    });
    expect(tell(red, { failures: base.failures, base, pull: 'closed' }).before).toBeUndefined();
  });

  test('what is pending for longer than it may is told once nothing else is awaited', () => {
    const cla = { statuses: [{ ...status('cla', 'pending'), at: '2026-11-20T10:30:00Z' }] };
    expect(tell(cla).ask).toBe(
      'CI waits for "cla", which has not said how it ended, since 10:30 UTC (90 min). It goes on by itself as soon as it reports; Retry looks again.',
    );
    expect(tell(cla, { patienceMs: 90 * 60_000 + 1 }).ask).toBeNull();
    const running = check({ status: 'in_progress', conclusion: null, startedAt: '2026-11-20T11:59:00Z' });
    expect(tell({ ...cla, checks: [running] }).ask).toBeNull();
    expect(tell({ required: [{ name: 'e2e', appId: null }] }).ask).toMatch(
      /^CI waits for "e2e", which is required, since 10:30 UTC/,
    );
  });

  test('a job that a rule of its environment holds back is told at once, and what to do', () => {
    const held = check({ name: 'deploy', status: 'waiting', conclusion: null, startedAt: null });
    const patience = { since: '2026-11-20T11:59:00Z' };
    for (const of of [
      { checks: [check({}), held] },
      // The run itself is told too, by whichever word.
      { checks: [check({}), held], suites: [suite({ status: 'waiting', conclusion: null })] },
      { checks: [check({}), held], suites: [suite({ status: 'in_progress', conclusion: null })] },
    ])
      expect(tell(of, patience).ask).toMatch(
        /^CI waits for "deploy \(a\.yml\)": a rule of its environment wants an approval, or some time to pass\. Approve it on GitHub;/,
      );
    const running = check({ name: 'slow', status: 'in_progress', conclusion: null, startedAt: null });
    const begun = { createdAt: '2026-11-20T11:59:00Z' };
    for (const other of [
      { checks: [held, running] },
      { checks: [held], required: [{ name: 'e2e', appId: null }] },
      { checks: [held], statuses: [{ ...status('cla', 'pending'), at: '2026-11-20T11:59:00Z' }] },
      { checks: [check({})], suites: [suite({ ...begun, status: 'in_progress', conclusion: null })] },
    ])
      expect(tell(other, patience).ask).toBeNull();
    // Red is the agent's, whatever waits beside it.
    expect(tell({ checks: [held, check({ conclusion: 'failure' })] }, patience).ask).toBeNull();
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
    [{ conclusion: 'neutral', notHere: true }, /^CI could not run here \(test \(a\.yml\)\), so nothing/],
    [
      {
        conclusion: 'neutral',
        notHere: true,
        summary: "Not run here: ruby/setup-ruby can't be fetched on this machine.\nneutral",
      },
      /^CI could not run here \(test \(a\.yml\): ruby\/setup-ruby can't be fetched on this machine\), so nothing/,
    ],
  ])('why nothing has checked the change: %#', (over, want) => {
    expect(tell({ checks: [check(over)] }).unchecked).toMatch(want);
    expect(tell({}).unchecked).toBeNull();
  });

  test('a pull request that is closed asks before anything is spent on it', () => {
    expect(tell(red, { pull: 'closed' }).ask).toMatch(/^The pull request was closed/);
  });

  test('a name from outside moves nothing on a page', () => {
    const odd = tell(
      { checks: [check({ conclusion: 'cancelled', name: 'a\u202eb\nc' })] },
      { rerun: 'done' },
    );
    expect(odd.ask).toMatch(/^"ab c \(a\.yml\)" did/);
  });
});

test.each([
  [
    'times',
    '2026-11-20T10:00:00.0Z Error: took 12 ms at 10:00:01',
    '2026-11-20T11:00:00.0Z Error: took 7 ms at 11:30:01',
  ],
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

const told = {
  pull: 'open',
  ask: null,
  red: '"test" is red: x.',
  pushedNothing: false,
  unchecked: null,
} as const;
const base = {
  repairs: 0,
  maxRepairs: 2,
  waitedMs: 0,
  graceMs: 60_000,
  weakened: false,
  verified: 'unknown' as const,
};
test.each<
  [Parameters<typeof afterCi>[0], Partial<Parameters<typeof afterCi>[1]>, ReturnType<typeof afterCi>]
>([
  ['red', {}, { do: 'repair', round: 1 }],
  ['red', { repairs: 1 }, { do: 'repair', round: 2 }],
  ['red', { repairs: 2 }, { do: 'ask_human', sentence: 'CI is still red after 2 repairs.' }],
  [
    'green',
    { repairs: 2, verified: 'failed' },
    { do: 'ask_human', sentence: 'The verify command still fails after 2 repairs.' },
  ],
  // The reason stands beside the count.
  [
    'red',
    { repairs: 2, told },
    {
      do: 'ask_human',
      sentence: 'CI is still red after 2 repairs. "test" is red: x. Look at it, then Retry.',
    },
  ],
  ['red', { told }, { do: 'repair', round: 1 }],
  // What was red before is not the agent's, however often it was repaired, and the person's to let through.
  ['red', { told: { ...told, before: 'was' } }, { do: 'gate', what: 'red_before' }],
  ['red', { repairs: 2, told: { ...told, before: 'was' } }, { do: 'gate', what: 'red_before' }],
  ['red', { told: { ...told, before: 'was' }, accepted: true }, { do: 'review' }],
  ['red', { told: { ...told, before: 'was' }, accepted: false }, { do: 'gate', what: 'red_before' }],
  ['red', { told, accepted: true }, { do: 'repair', round: 1 }],
  ['red', { told: { ...told, before: 'was' }, verified: 'failed' }, { do: 'repair', round: 1 }],
  ['red', { told: { ...told, before: 'was' }, named: true }, { do: 'repair', round: 1 }],
  ['red', { told: { ...told, before: 'was', pull: 'merged' } }, { do: 'finish' }],
  ['red', { told: { ...told, ask: 'Look.' } }, { do: 'ask_human', sentence: 'Look.' }],
  ['pending', { told: { ...told, ask: 'Late.' } }, { do: 'ask_human', sentence: 'Late.' }],
  ['pending', { told }, { do: 'wait' }],
  ['red', { told: { ...told, pull: 'merged' } }, { do: 'finish' }],
  [
    'green',
    { verified: 'failed', told: { ...told, pushedNothing: true } },
    {
      do: 'ask_human',
      sentence: 'The verify command still fails, and the repair pushed nothing. Look at it, then Retry.',
    },
  ],
  ['green', { weakened: true }, { do: 'gate', what: 'weakened' }],
  ['none', { waitedMs: 60_000 }, { do: 'gate', what: 'unchecked' }],
  ['none', { waitedMs: 59_999 }, { do: 'wait' }],
])('%s %j', (v, more, want) => {
  expect(afterCi(v, { ...base, ...more })).toEqual(want);
});
