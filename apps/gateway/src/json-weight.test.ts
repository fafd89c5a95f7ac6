import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tooHeavy } from './json-weight.ts';
import { readRequest, type Reading } from './model-rules.ts';

const MODEL = 'claude-opus-5-5';
const read = (body: unknown, models: readonly string[] | 'any' = [MODEL]): Reading =>
  readRequest(
    '/v1/messages',
    new URLSearchParams('beta=true'),
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    models,
  );
const why = (reading: Reading): string => (reading.kind === 'refuse' ? reading.why : 'it was forwarded');

describe('how much it would be', () => {
  test.each<[string, string, RegExp]>([
    ['nested too deep', '['.repeat(1_000), /nested/],
    ['too many lists', `[${'[],'.repeat(200_000)}1]`, /lists and objects/],
    ['too many values', `[${'1,'.repeat(600_000)}1]`, /values/],
  ])('%s', (_, text, words) => {
    expect(tooHeavy(Buffer.from(text))).toMatch(words);
    expect(why(read(text))).toMatch(words);
  });
  test('what stands in strings weighs nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ',', 'é') }), { maxLength: 20 }),
        (words) => {
          expect(tooHeavy(Buffer.from(JSON.stringify({ a: words, b: '['.repeat(300) })))).toBeNull();
        },
      ),
    );
  });
});

describe('a text is weighed to the bracket', () => {
  test.each<[string, string, string | null]>([
    ['a hundred deep', '['.repeat(100), null],
    ['one more', '['.repeat(101), 'it is nested more than 100 deep'],
    ['lists and objects alike', `${'['.repeat(50)}${'{'.repeat(51)}`, 'it is nested more than 100 deep'],
    ['closed again', '[]{}'.repeat(50_000), null],
    ['and one more', `${'[]{}'.repeat(50_000)}[`, 'it has more than 100000 lists and objects'],
    ['many values', ','.repeat(500_000), null],
    ['and one more value', ','.repeat(500_001), 'it has more than 500000 values'],
    ['other signs', 'x:'.repeat(300_000), null],
    ['a string', `"${'['.repeat(200)}"`, null],
    ['behind a string', `"a"${'['.repeat(101)}`, 'it is nested more than 100 deep'],
    ['behind one that ends in a backslash', `"a\\\\"${'['.repeat(101)}`, 'it is nested more than 100 deep'],
    ['in one with a quote', `"a\\"${'['.repeat(101)}"`, null],
    ['behind one with a quote', `"a\\""${'['.repeat(101)}`, 'it is nested more than 100 deep'],
    ['in one that never ends', `"${'['.repeat(101)}`, null],
    ['nothing', '', null],
  ])('%s', (_, text, want) => {
    expect(tooHeavy(Buffer.from(text))).toBe(want);
  });
});
