import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { heldBody, readHeld } from './held.ts';

test('what was held is read back as it was, whatever stands in it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('`', '\n', 'diff', 'a', ' ') }),
      fc.option(fc.constantFrom('it is too long to be shown whole')),
      (diff, why) => {
        const { sentence, diff: back } = readHeld(heldBody(diff, why));
        expect(back).toBe(diff);
        expect(sentence).not.toContain('\n');
      },
    ),
  );
});

test('the sentence says what a yes does, or why there is none', () => {
  expect(readHeld(heldBody('+a', null)).sentence).toBe(
    "CI runs these files with the repository's secrets. Allowing lets through exactly what stands here; any other change to them asks again. Scripts and programs that CI runs are not held.",
  );
  expect(readHeld(heldBody('+a', 'a part of it is not text')).sentence).toBe(
    "CI runs these files with the repository's secrets. This can't be allowed here: a part of it is not text. Refuse it, and make the change on the forge yourself if you want it.",
  );
});

test('a body of another kind is all sentence', () => {
  expect(readHeld('Just words.')).toEqual({ sentence: 'Just words.', diff: '' });
  expect(readHeld('Cut.\n\n```diff\n')).toEqual({ sentence: 'Cut.', diff: '' });
});
