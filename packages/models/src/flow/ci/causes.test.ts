import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { causeIn } from './causes.ts';

test.each([
  '##[error]exit status 1',
  '##[error]Process completed with exit code 1.',
  'Error: Process completed with exit code 137.',
  '##[error]The operation was canceled.',
  '##[error]The runner has received a shutdown signal.',
  'npm ERR! Test failed.  See above for more details.',
  'npm error Lifecycle script `test` failed with error:',
  ' ELIFECYCLE  Command failed with exit code 1.',
  'make: *** [Makefile:12: test] Error 2',
  'Tests:       1 failed, 23 passed, 24 total',
  'FAIL src/tally/split.test.ts',
  '✖ 3 tests failed (3 errors, 0 skipped)',
  'error: script "test" exited with code 1',
  'error Command failed with exit code 1.',
  'Traceback (most recent call last):',
  '::error file=a.ts,line=3::Process completed with exit code 2',
  'fatal: 128',
  'fatal: unable to access the repository: Could not resolve host: github.com',
  'tar: out.bin: Cannot write: No space left on device',
  'The job has exceeded the maximum execution time of 360 minutes.',
  'HTTP 503 Service Unavailable from the package registry',
  '',
  '\n\n  \n',
])('%j says that it was red, and nothing more', (message) => expect(causeIn(message)).toBe(null));

test.each([
  ['##[error]Expected an indentation of two blanks', 'Expected an indentation of two blanks'],
  [
    '##[error]exit status 1\nround(2.5) should give the even neighbour',
    'round(2.5) should give the even neighbour',
  ],
  ["error: variable 'total' is never used", "variable 'total' is never used"],
  ['::error file=a.go,line=3::undefined: parseCents in split', 'undefined: parseCents in split'],
  ['ModuleNotFoundError: No module named flask', 'ModuleNotFoundError: No module named flask'],
  ['✖ Money is rounded half to even', 'Money is rounded half to even'],
  ['error[E0382]: borrow of moved value: `cents`', 'error[E0382]: borrow of moved value: `cents`'],
  [
    'src/a.ts(3,1): error TS2322: Type string is not assignable',
    'src/a.ts(3,1): error TS2322: Type string is not assignable',
  ],
])('%j tells %j', (message, cause) => expect(causeIn(message)).toBe(cause));

test('whatever a check says, its cause is a line of it, and long ones take no time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (message) => {
      const cause = causeIn(message);
      expect(cause === null || message.split('\n').some((line) => line.includes(cause))).toBe(true);
    }),
  );
  expect(causeIn(`${'##[error] npm ERR! '.repeat(5_000)}`)).toBe(null);
});
