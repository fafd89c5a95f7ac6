import { expect, test } from '@jest/globals';
import { heldSentence } from './held.ts';

test('the sentence says what a yes does, or why there is none', () => {
  expect(heldSentence(null)).toBe(
    "CI runs these files with the repository's secrets. Allowing lets through exactly what stands here; any other change to them asks again. Scripts and programs that CI runs are not held.",
  );
  expect(heldSentence('a part of it is not text')).toBe(
    "CI runs these files with the repository's secrets. This can't be allowed here: a part of it is not text. Refuse it, and make the change on the forge yourself if you want it.",
  );
});
