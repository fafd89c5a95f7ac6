// What a model call costs. Micro-dollars (1e-6 USD) everywhere, so that sums are whole numbers.
interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
}

/** USD per million tokens, which is micro-dollars per token. Source: Anthropic's public price list for each model family. */
const PRICES: ReadonlyArray<readonly [RegExp, Price]> = [
  [/opus/, { input: 5, output: 25, cacheWrite: 6.25, cacheRead: 0.5 }],
  [/haiku/, { input: 1, output: 5, cacheWrite: 1.25, cacheRead: 0.1 }],
  [/./, { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 }],
];

export interface Usage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
}

export function costMicrousd(model: string, u: Usage): number {
  const p = PRICES.find(([re]) => re.test(model))![1];
  return Math.ceil(
    (u.input_tokens ?? 0) * p.input +
      (u.output_tokens ?? 0) * p.output +
      (u.cache_creation_input_tokens ?? 0) * p.cacheWrite +
      (u.cache_read_input_tokens ?? 0) * p.cacheRead,
  );
}

/** What a call may cost at most: the whole body as input (about 4 characters a token, cut low) and every output token it asks for. */
export function reserveMicrousd(model: string, bodyChars: number, maxTokens: number): number {
  return costMicrousd(model, { input_tokens: Math.ceil(bodyChars / 4), output_tokens: Math.min(maxTokens, 4_000) });
}

export const dollars = (microusd: number): string => `$${(microusd / 1e6).toFixed(2)}`;
