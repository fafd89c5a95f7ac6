import { expect, test } from '@jest/globals';
import { costMicrousd, dollars, inputTokensOf, reserveMicrousd } from './pricing.ts';

// 400 characters are 100 tokens at 5, and a token of the answer costs 25.
test.each<[string, number, number]>([
  ['nothing', 0, 500],
  ['a little', 100, 500 + 2_500],
  ['the whole first step', 4_000, 500 + 100_000],
  ['more than the first step', 128_000, 500 + 100_000],
  ['less than nothing', -1, 500 + 100_000],
  ['a part of one', 0.5, 500 + 100_000],
  ['what is no number', Number.NaN, 500 + 100_000],
  ['beyond all counting', 1e300, 500 + 100_000],
])('a call that may answer with %s is promised its input and so much', (_, maxTokens, microusd) => {
  expect(reserveMicrousd('claude-opus-5-5', 400, maxTokens)).toBe(microusd);
});

test('figures that are none cost nothing, parts of a token a whole one', () => {
  expect(costMicrousd('claude-opus-5-5', { input_tokens: '9' as never, output_tokens: null })).toBe(0);
  expect(costMicrousd('claude-opus-5-5', { input_tokens: 0.2 })).toBe(5);
  expect([0, 1, 4, 5].map(inputTokensOf)).toEqual([0, 1, 1, 2]);
});

test.each([
  ['claude-opus-4-0', 15],
  ['claude-opus-4-20250514', 15],
  ['claude-opus-4-5', 5],
  ['claude-opus-5', 5],
  ['claude-sonnet-4-20250514', 3],
  ['claude-3-5-sonnet-20241022', 3],
  ['claude-3-7-sonnet-latest', 3],
  ['claude-3-5-haiku-latest', 1],
  ['claude-haiku-4-5', 1],
  ['claude-4-haiku-x', 1],
  ['x-claude-haiku-4', 15],
  ['claude-sonnet-next', 15],
])('a token that is read by %s costs %d', (model, microusd) => {
  expect(costMicrousd(model, { input_tokens: 1 })).toBe(microusd);
});

test('money is said in dollars', () => {
  expect([0, 1_234_567, 12_000].map(dollars)).toEqual(['$0.00', '$1.23', '$0.01']);
});
