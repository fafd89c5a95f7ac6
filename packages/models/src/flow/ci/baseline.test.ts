import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasSamePackages, isRed, trunkTrouble, wasRedBefore, type Ended } from './baseline.ts';

const ended = (exitCode: number | null, tail: string): Ended => ({ exitCode, tail });
const LINT = 'src/a.ts\n  12:3  error  Unexpected any  no-any\n\n✖ 1 problem (1 error, 0 warnings)\n';
const JEST =
  'FAIL src/a.test.ts\n  ● adds › one (12 ms)\n\nTests:       1 failed, 3 passed, 4 total\nTime:        1.2 s\n';

test.each<[string, Ended, Ended, boolean]>([
  ['the same', ended(1, LINT), ended(1, LINT), true],
  ['the same some lines further down', ended(1, LINT), ended(1, LINT.replace('12:3', '40:3')), true],
  [
    'one finding in another file',
    ended(1, LINT),
    ended(1, `${LINT}src/b.ts\n  1:1  error  Unexpected any  no-any\n`),
    false,
  ],
  [
    'one more of the same in the same file',
    ended(1, LINT),
    ended(1, LINT.replace('\n\n', '\n  13:9  error  Unexpected any  no-any\n\n')),
    false,
  ],
  ['one less', ended(1, LINT.replace('\n\n', '\n  13:9  error  Unused x  unused\n\n')), ended(1, LINT), true],
  ['green before', ended(0, ''), ended(1, LINT), false],
  ['out of time before', ended(null, ''), ended(1, LINT), false],
  ['not there before', ended(127, 'eslint: not found'), ended(1, LINT), false],
  ['another exit', ended(1, LINT), ended(2, LINT), false],
  ['the same test', ended(1, JEST), ended(1, JEST.replace('12 ms', '15 ms').replace('1.2 s', '1.9 s')), true],
  [
    'the same test, and more that pass',
    ended(1, JEST),
    ended(1, JEST.replace('3 passed, 4', '9 passed, 10')),
    true,
  ],
  ['another test instead', ended(1, JEST), ended(1, JEST.replace('adds › one', 'adds › two')), false],
  [
    'a second test',
    ended(1, JEST),
    ended(1, JEST.replace('\n\n', '\n  ● adds › two (1 ms)\n\n').replace('1 failed', '2 failed')),
    false,
  ],
  [
    'a finding in a folder called tests',
    ended(1, LINT),
    ended(1, `${LINT}tests/b.ts:1:1 error Unused x\n`),
    false,
  ],
  [
    'a test of pytest',
    ended(1, 'FAILED t.py::a\n== 1 failed, 2 passed in 0.1s =='),
    ended(1, 'FAILED t.py::a\n== 1 failed, 4 passed in 0.3s =='),
    true,
  ],
  ['it crashes where it had counted', ended(1, JEST), ended(1, 'SyntaxError: x\n'), false],
])('%s', (_, before, now, same) => {
  expect(wasRedBefore(before, now)).toBe(same);
});

test('a line with new words is never called old, and green never either', () => {
  const line = fc.stringMatching(/^[a-z]{3,12} [a-z]{3,12}$/);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), line, fc.nat(8), (lines, fresh, at) => {
      const before = ended(1, lines.join('\n'));
      expect(wasRedBefore(before, before)).toBe(true);
      const now = [...lines.slice(0, at), `error: zz${fresh}`, ...lines.slice(at)].join('\n');
      expect(wasRedBefore(before, ended(1, now))).toBe(false);
      expect(wasRedBefore(before, ended(0, now))).toBe(false);
    }),
  );
});

test.each([
  [0, false],
  [1, true],
  [2, true],
  [126, false],
  [127, false],
  [null, false],
])('exit %s is red: %s', (exitCode, red) => expect(isRed({ exitCode })).toBe(red));

test.each([
  [['src/a.ts', 'README.md'], true],
  [['package.json'], false],
  [['web/pnpm-lock.yaml', 'a'], false],
  [['requirements-dev.txt'], false],
  [['docs/package.json.md'], true],
  [[], true],
])('%j: the packages are the same: %s', (changed, same) => expect(hasSamePackages(changed)).toBe(same));

test.each<[string, Ended, boolean]>([
  ['trunk check --ci', ended(1, 'error: Failed to download eslint@9: Could not resolve host'), true],
  ['node_modules/.bin/trunk check --ci', ended(1, 'request failed: ECONNREFUSED'), true],
  ['trunk check --ci', ended(1, 'a.ts:1:1 high no-any eslint/no-any'), false],
  ['trunk check --ci', ended(0, 'Failed to download nothing'), false],
  ['npm run lint', ended(1, 'Could not resolve host'), false],
])('%s after %j did not look: %s', (command, e, did) => {
  expect(trunkTrouble(command, e) !== null).toBe(did);
});
