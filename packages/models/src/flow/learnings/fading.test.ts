import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filesOf, turnOf, whyFaded, withoutComments } from './fading.ts';

const FILES = ['src/money.ts', 'packages/web/app.svelte', 'db/one.sql'];
const whole = { files: FILES, isWhole: true, folder: '' };
const web = { ...whole, folder: 'packages/web' };
const some = { ...whole, isWhole: false };

describe('the files of a rule', () => {
  test.each([
    ['were never seen and are there', '*.sql', null, whole, 'there'],
    ['are there still', '*.sql', 'there', whole, undefined],
    ['are gone with the last one', '*.proto', 'there', whole, 'gone'],
    ['are gone and were so', '*.proto', 'gone', whole, undefined],
    ['are yet to come', '*.proto', null, whole, undefined],
    ['are back', 'src/**', 'gone', whole, 'there'],
    ['may be among those that are not listed', '*.proto', 'there', some, undefined],
    ['are among those that are listed', '*.sql', 'gone', some, 'there'],
    ['are in another folder', '*.sql', 'there', web, 'gone'],
    ['are named from the root of the repository', 'packages/web/*', null, web, 'there'],
    ['are named from the root of the project', 'app.*', null, web, 'there'],
    ['are gone with everything', '**', 'there', { ...whole, files: [] }, 'gone'],
    [
      'are in a folder that is called alike',
      'x.ts',
      'there',
      { files: ['packages/web2/x.ts'], isWhole: true, folder: 'packages/web' },
      'gone',
    ],
  ] as const)('%s', (_, path, files, seen, are) => {
    const changes = filesOf([{ id: 'L1', path, files }], seen);
    expect(changes).toEqual(are === undefined ? [] : [{ id: 'L1', of: 'files', are }]);
  });
});

describe('the comments of a rule', () => {
  test.each([
    ['the only one is gone', ['a'], true],
    ['one of two is left', ['a', 'kept'], false],
    ['both are gone', ['a', 'b'], true],
    ['it was said elsewhere too', ['a', null], false],
    ['it is from no comment', [], false],
    ['it was said by an agent', [null], false],
  ])('%s', (_, saidIn, isGone) => {
    const changes = withoutComments([{ id: 'L1', saidIn }], new Set(['kept']));
    expect(changes).toEqual(isGone ? [{ id: 'L1', of: 'comments', are: 'gone' }] : []);
  });
});

test.each([
  [null, null, null],
  ['there', null, null],
  ['gone', null, 'files'],
  ['there', 'gone', 'comments'],
  ['gone', 'gone', 'files'],
] as const)('files %s and comments %s: faded by %s', (files, comments, why) =>
  expect(whyFaded({ files, comments })).toBe(why),
);

test('each has its turn, and none twice in one', () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 }), (n, most) => {
      const all = Array.from({ length: n }, (_, i) => i);
      const rounds = Array.from({ length: n + 1 }, (_, round) => turnOf(all, most, round));
      for (const round of rounds) expect(new Set(round).size).toBe(Math.min(n, most));
      expect(new Set(rounds.flat()).size).toBe(n);
    }),
  ));
