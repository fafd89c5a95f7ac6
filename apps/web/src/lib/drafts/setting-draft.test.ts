import { expect, test } from '@jest/globals';
import { keptValue, typedValue } from './setting-draft.ts';

test.each(['12', '', 'claude-opus-5-5', '{"value":"7"}', '"', '21:30', 'null'])(
  'what was typed comes back as it was: %j',
  (typed) => {
    expect(typedValue(keptValue(typed))).toBe(typed);
  },
);

test.each(['12', 'npm test', '21:30', 'null'])(
  'what was kept before values were forms still counts: %j',
  (kept) => {
    expect(typedValue(kept)).toBe(kept);
  },
);
