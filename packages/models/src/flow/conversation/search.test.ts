import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { excerptOf, weights, wordsIn } from './search.ts';

test.each([
  ['  the Rounding, of cents? ', ['rounding', 'cents']],
  ['What did we say?', ['what', 'did', 'we', 'say']],
  ['src/tally/split.ts  #42 @mona', ['src/tally/split.ts', '42', 'mona']],
  ['Größe größe 東京', ['größe', '東京']],
  ['?! … "', []],
])('the words in %j', (asked, words) => {
  expect(wordsIn(asked)).toEqual(words);
});

test('the piece shows where the words stand, and says that there is more', () => {
  const text = `${'much before it '.repeat(40)}we decided to round half to even, in split.ts ${'and much after '.repeat(40)}`;
  const excerpt = excerptOf(text, ['half', 'split.ts'], 120);
  expect(excerpt.text).toMatch(/^… .*round half to even, in split\.ts .* …$/);
  expect(excerpt.marks.map(([a, b]) => excerpt.text.slice(a, b))).toEqual(['half', 'split.ts']);
});

test('a text that is short stands whole, in one line', () => {
  expect(excerptOf('One\n\n  line.', ['line'], 100)).toEqual({ text: 'One line.', marks: [[4, 8]] });
});

test('of overlapping words the longer one is marked, once', () => {
  expect(excerptOf('rounding', ['round', 'rounding', 'din'], 100).marks).toEqual([[0, 8]]);
});

test('whatever is looked for in whatever text: marks lie in order within the piece, hold a word each, and cut no character in two', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 80 }),
      (text, asked, chars) => {
        const words = wordsIn(asked.join(' '));
        const excerpt = excerptOf(text, words, chars);
        let end = 0;
        for (const [a, b] of excerpt.marks) {
          expect(a).toBeGreaterThanOrEqual(end);
          expect(b).toBeLessThanOrEqual(excerpt.text.length);
          expect(words).toContain(excerpt.text.slice(a, b).toLowerCase());
          end = b;
        }
        expect(excerpt.text.length).toBeLessThanOrEqual(chars + 5);
        if (text.isWellFormed()) expect(excerpt.text.isWellFormed()).toBe(true);
      },
    ),
  );
});

describe('weights', () => {
  const order = (texts: string[], asked: string): string[] => {
    const w = weights(texts, wordsIn(asked));
    return texts
      .map((text, i) => ({ text, w: w[i]! }))
      .toSorted((a, b) => b.w - a.w)
      .map((x) => x.text);
  };
  test.each([
    ['a word that few have counts more', 'the rare build', ['a rare one', 'build', 'build it', 'the build']],
    ['a long text counts less', 'build', ['build', `build ${'and more '.repeat(50)}`]],
    ['a form of the word counts', 'deciding', ['we decided', 'nothing of it']],
    ['the middle of a word does not count', 'art', ['art is long', 'the start']],
    ['in a script without spaces the middle counts', '東京', ['大東京', 'Kyoto']],
  ])('%s', (_, asked, texts) => {
    expect(order([...texts].toReversed(), asked)[0]).toBe(texts[0]);
  });
  test('are never less than nothing, and nothing where no word is', () => {
    expect(weights([], ['x'])).toEqual([]);
    expect(weights(['x', 'y', ''], ['x']).map((w) => w > 0)).toEqual([true, false, false]);
  });
});
