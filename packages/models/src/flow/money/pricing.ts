// What a model call costs. Micro-dollars (1e-6 USD) everywhere, so that sums are whole numbers.
interface Price {
  readonly input: number;
  readonly output: number;
}

/** The dearest model whose price is public (Claude Opus 4 and 4.1). One that we do not know may cost as much. */
const DEAREST: Price = { input: 15, output: 75 };

/**
 * USD per million tokens, which is micro-dollars per token. Source:
 * https://platform.claude.com/docs/en/about-claude/pricing
 */
const PRICES: ReadonlyArray<readonly [RegExp, Price]> = [
  [/^claude-opus-4-(0|1|2025\d+)(-|$)/, DEAREST],
  [/^claude-opus-\d/, { input: 5, output: 25 }],
  [/^claude-sonnet-\d/, { input: 3, output: 15 }],
  [/^claude-3-[57]-sonnet-/, { input: 3, output: 15 }],
  [/^claude-(\d-\d-|\d-)?haiku-/, { input: 1, output: 5 }],
];
/**
 * Of the input's price: what is read from the cache, kept in it for five minutes, and kept for an hour. Same
 * source.
 */
const CACHE = { read: 0.1, write: 1.25, writeForAnHour: 2 };

export interface Usage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  /** All that was written to the cache; the hour's share of it is also in `cache_creation`. */
  readonly cache_creation_input_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly ephemeral_1h_input_tokens?: number | null;
}

const priceOf = (model: string): Price => PRICES.find(([pattern]) => pattern.test(model))?.[1] ?? DEAREST;

/** A count of tokens as a bill may hold it: an answer that says something else says nothing. */
const count = (given: number | null | undefined): number =>
  typeof given === 'number' && Number.isFinite(given) && given > 0 ? Math.ceil(given) : 0;

/**
 * @param usage tokens, as the model's API counts them
 * @returns millionths of a dollar, rounded up
 */
export function costMicrousd(model: string, usage: Usage): number {
  const price = priceOf(model);
  const written = count(usage.cache_creation_input_tokens);
  const forAnHour = Math.min(written, count(usage.ephemeral_1h_input_tokens));
  return Math.ceil(
    count(usage.input_tokens) * price.input +
      count(usage.output_tokens) * price.output +
      ((written - forAnHour) * CACHE.write +
        forAnHour * CACHE.writeForAnHour +
        count(usage.cache_read_input_tokens) * CACHE.read) *
        price.input,
  );
}

/**
 * Output that is paid for before it comes. A long answer takes as much again, as often as it needs to, and is
 * cut when there is no more.
 */
export const OUTPUT_STEP_TOKENS = 4_000;

/**
 * Tokens of a body of so many characters: about 4 of them make one, cut low.
 * @returns tokens; rather too few than too many
 */
export const inputTokensOf = (bodyChars: number): number => Math.ceil(bodyChars / 4);

/**
 * What a call may cost until it asks for more: the whole body as input, and the first step of its output.
 * @param maxTokens of output, as the call asks for
 * @returns millionths of a dollar
 */
export function reserveMicrousd(model: string, bodyChars: number, maxTokens: number): number {
  const output =
    Number.isSafeInteger(maxTokens) && maxTokens >= 0
      ? Math.min(maxTokens, OUTPUT_STEP_TOKENS)
      : OUTPUT_STEP_TOKENS;
  return costMicrousd(model, { input_tokens: inputTokensOf(bodyChars), output_tokens: output });
}

/**
 * @param microusd millionths of a dollar
 * @returns with two digits, as $0.25
 */
export const dollars = (microusd: number): string => `$${(microusd / 1e6).toFixed(2)}`;
