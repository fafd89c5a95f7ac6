import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EFFECT_KINDS, effectKey, effectName, type EffectName } from './effects.ts';

/** As they lie in databases and on pull requests: under another name, each would be made a second time. */
test.each<[EffectName, string]>([
  [{ kind: 'issue' }, 't-1/issue'],
  [{ kind: 'say', of: 12 }, 't-1/say-12'],
  [{ kind: 'ask', of: 't-1-r2-q0' }, 't-1/ask-t-1-r2-q0'],
  [{ kind: 'rerun', of: 'c0ffee' }, 't-1/rerun-c0ffee'],
])('%j is known as %s', (name, key) => {
  expect(effectKey('t-1', name)).toBe(key);
});

test('two effects of a task never share a name', () => {
  const name = fc.record({ kind: fc.constantFrom(...EFFECT_KINDS), of: fc.string() });
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(effectName(a) === effectName(b)).toBe(a.kind === b.kind && a.of === b.of);
    }),
  );
});
