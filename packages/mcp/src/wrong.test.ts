// Whatever is given to whichever parameter, the answer is one sentence of ours.
import { expect, test } from '@jest/globals';
import { TOOLS } from './tools.ts';
import { sayWrong } from './wrong.ts';

const STRANGE: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  1e9,
  '',
  'x'.repeat(30_000),
  [],
  [[]],
  {},
  { constructor: 1 },
];

test('of every parameter of every tool it is said what it should be, whatever came', () => {
  let said = 0;
  for (const [name, { input }] of Object.entries(TOOLS)) {
    const right = Object.fromEntries(Object.keys(input.shape).map((key) => [key, undefined]));
    for (const parameter of Object.keys(input.shape))
      for (const came of STRANGE) {
        const read = input.safeParse({ ...right, [parameter]: came }, { reportInput: true });
        for (const issue of read.error?.issues ?? []) {
          said++;
          expect(sayWrong(name, input, issue)).toMatch(
            /^Nothing was done, because "[\w.]+" of \w+ (is missing: it )?should be (text|one of|a whole number|a day|true or false|a list of at most) ?[^[]*\.$/,
          );
        }
      }
  }
  expect(said).toBeGreaterThan(100);
});

test('what is no set of parameters at all is called that', () => {
  const [name, { input }] = Object.entries(TOOLS)[0]!;
  for (const [came, words] of [
    [['x'], 'a list'],
    [7, '7'],
    [null, 'null'],
  ] as const)
    expect(sayWrong(name, input, { path: [], input: came })).toBe(
      `Nothing was done, because ${name} takes an object of parameters, and was given ${words}.`,
    );
});
