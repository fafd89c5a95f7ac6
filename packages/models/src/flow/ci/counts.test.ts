import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countsOf } from './counts.ts';

test.each<[string, string, [number, number] | null]>([
  [
    'Jest',
    'Test Suites: 1 failed, 1 total\nTests:       2 failed, 1 skipped, 11 passed, 14 total\nTime: 8 s',
    [11, 2],
  ],
  [
    'Vitest',
    '\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[32m3 passed\u001b[39m\u001b[22m\u001b[90m (3)\u001b[39m',
    [3, 0],
  ],
  ['Vitest, red', ' Test Files  1 failed (1)\n      Tests  1 failed | 3 passed (4)', [3, 1]],
  ['node --test', '# tests 6\n# suites 0\n# pass 5\n# fail 1\n# cancelled 0', [5, 1]],
  ['node --test, as a list', 'ℹ tests 2\nℹ pass 2\nℹ fail 0', [2, 0]],
  ['pytest', '=========== 1 failed, 10 passed, 2 skipped in 0.52s ===========', [10, 1]],
  ['pytest, quiet, with errors', '3 passed, 1 error in 1.2s', [3, 1]],
  [
    'Cargo, two crates',
    'test result: ok. 5 passed; 0 failed; 0 ignored\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored',
    [6, 2],
  ],
  ['Mocha', '\n  5 passing (10ms)\n  1 failing\n', [5, 1]],
  [
    'Maven',
    '[INFO] Tests run: 3, Failures: 0, Errors: 0\n[ERROR] Tests run: 8, Failures: 1, Errors: 1, Skipped: 2',
    [4, 2],
  ],
  ['nothing that counts', 'all good\n5 files', null],
  ['a sentence about tests', 'Tests are important.', null],
  ['nothing', '', null],
])('counts: %s', (_, tail, want) => {
  const found = countsOf(tail);
  expect(found === null ? null : [found.passed, found.failed]).toEqual(want);
});

test('whatever a command prints, what is counted is a number or nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (tail) => {
      const counts = countsOf(tail);
      if (counts !== null)
        expect(Number.isInteger(counts.passed) && Number.isInteger(counts.failed)).toBe(true);
    }),
  );
});
