// Which failed jobs are nobody's fault who wrote code.
import { expect, test } from '@jest/globals';
import { check, NOW } from '@mainloop/testkit/checks';
import { ciVerdict, type CheckRun, type CiOutcome } from './verdict.ts';
import { faultIn, type CheckFault } from './faults.ts';
import { reportOnCi } from './report.ts';

const REJECTED = "The deployment was rejected or didn't satisfy other protection rules.";
const BRANCH =
  'Branch "mainloop/x" is not allowed to deploy to github-pages due to environment protection rules.';
const UNPAID =
  'The job was not started because recent account payments have failed or your spending limit needs to be increased.';

test.each<[string, readonly string[], CheckFault['is'] | null]>([
  ['a person rejected it', [REJECTED], 'refused'],
  ['its environment takes other branches only', [BRANCH, REJECTED], 'refused'],
  ['nobody pays', [UNPAID], 'platform'],
  [
    'no machine took it',
    ['The job was not acquired by Runner of type hosted even after multiple attempts'],
    'platform',
  ],
  [
    'its machine is gone',
    ['The hosted runner: GitHub Actions 7 lost communication with the server. Anything in your workflow …'],
    'platform',
  ],
  [
    'its own machine is gone',
    ['The self-hosted runner lost communication with the server. Verify the machine is running'],
    'platform',
  ],
  [
    'its machine was stopped',
    [
      'Process completed with exit code 143.',
      'The runner has received a shutdown signal. This can happen when the runner service is stopped',
    ],
    'platform',
  ],
  ['a test failed', ['Process completed with exit code 1.', 'expected 1 to be 2'], null],
  [
    'a test is about such words',
    ['AssertionError: expected "The job was not started because" to be ""'],
    null,
  ],
  ['nothing is said', [], null],
])('%s', (_, said, is) => {
  expect(faultIn(said)?.is ?? null).toBe(is);
});

const failed = (over: Partial<CheckRun> = {}): CheckRun => check({ conclusion: 'failure', ...over });
const outcomeOf = (...checks: CheckRun[]): CiOutcome =>
  ciVerdict({ checks, suites: [], statuses: [], required: [] }, NOW).outcome;
const refused = failed({ id: 2, name: 'deploy', fault: { is: 'refused', words: REJECTED } });
const lost = failed({ id: 3, name: 'lost', fault: { is: 'platform', words: UNPAID } });

test('such a job is trouble and no failure; a failed one beside it is red as ever', () => {
  expect(outcomeOf(check(), refused)).toMatchObject({
    is: 'infrastructure',
    troubled: [{ name: 'deploy (a.yml)', summary: REJECTED, isRefused: true }],
  });
  expect(outcomeOf(check(), lost)).toMatchObject({ is: 'infrastructure', troubled: [{ summary: UNPAID }] });
  expect(outcomeOf(failed(), refused, lost)).toMatchObject({ is: 'red', failed: [{ name: 'test (a.yml)' }] });
  // Run again, and passed.
  const again = { id: 9, name: 'deploy', startedAt: '2026-11-20T11:00:00Z' };
  expect(outcomeOf(refused, check(again)).is).toBe('green');
});

test('one that was refused is told at once with what to do; one that was lost only when a second run is lost too', () => {
  const situation = {
    sha: 'b',
    pull: 'open' as const,
    failures: [],
    repaired: null,
    base: null,
    since: '2026-11-20T10:30:00Z',
    nowMs: NOW,
    patienceMs: 3_600_000,
  };
  const ask = (rerun: 'not_yet' | 'done', ...checks: CheckRun[]): string | null =>
    reportOnCi(ciVerdict({ checks, suites: [], statuses: [], required: [] }, NOW), { ...situation, rerun })
      .ask;
  expect(ask('not_yet', check(), refused)).toBe(
    `"deploy (a.yml)" was not let through: ${REJECTED} That is no fault of the change, so nothing is repaired. Run it again on GitHub and approve it there, or change the rules of its environment; then Retry.`,
  );
  expect(ask('not_yet', check(), refused, lost)).toBeNull();
  expect(ask('not_yet', lost)).toBeNull();
  expect(ask('done', lost)).toMatch(
    /^"lost \(a\.yml\)" did not run to its end \(The job was not started because/,
  );
});
