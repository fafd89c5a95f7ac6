// What an answer of the model used, read as it passes. Pure: it keeps no more of the answer than one line.
import { inputTokensOf, type Usage } from '@mainloop/models/flow/money/pricing';

const KEYS = [
  'input_tokens',
  'output_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
] as const;
type Seen = Record<(typeof KEYS)[number] | 'ephemeral_1h_input_tokens', number>;

/** `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}`: what stands around the words of one event. */
const AROUND_WORDS = 88;
/**
 * Characters of a token. Cut low, so that the estimate is high: who could cut its calls off to pay less, is
 * not to gain by it.
 */
export const CHARS_A_TOKEN_AT_LEAST = 3;
/** What they come to by and large. */
export const CHARS_A_TOKEN = 4;
const MAX_WHOLE = 8 * 1024 * 1024;
const MAX_LINE = 1024 * 1024;

interface Event {
  readonly usage?: Partial<Seen> & { readonly cache_creation?: Partial<Seen> };
  readonly message?: Event;
}

export class UsageMeter {
  readonly usage: Seen = {
    input_tokens: 0,
    output_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    ephemeral_1h_input_tokens: 0,
  };
  private held = '';
  private words = 0;
  private isReported = false;
  private readonly streamed: boolean;
  private readonly charsAToken: number;

  /**
   * @param streamed whether the answer comes as events, or as one JSON text
   * @param charsAToken by which what came is estimated, where the answer does not say it
   */
  constructor(streamed: boolean, charsAToken: number = CHARS_A_TOKEN_AT_LEAST) {
    this.streamed = streamed;
    this.charsAToken = charsAToken;
  }

  /** Whether the answer has said what it read: it does so at its beginning. */
  get saysInput(): boolean {
    return this.isReported;
  }

  push(chunk: Buffer): void {
    this.held += chunk.toString('latin1');
    if (!this.streamed) {
      this.words += chunk.length;
      if (this.held.length > MAX_WHOLE) this.held = this.held.slice(-64 * 1024);
      return;
    }
    let from = 0;
    for (let lineEnd = this.held.indexOf('\n'); lineEnd >= 0; lineEnd = this.held.indexOf('\n', from)) {
      this.line(this.held.slice(from, lineEnd));
      from = lineEnd + 1;
    }
    this.held = from > 0 ? this.held.slice(from) : this.held.slice(-MAX_LINE);
  }

  end(): void {
    if (!this.streamed && this.held !== '') this.take(this.held);
  }

  /** Tokens that were written so far: what was said of them, or what their characters come to when that is more. */
  get outputSoFar(): number {
    return Math.max(this.usage.output_tokens, Math.ceil(this.words / this.charsAToken));
  }

  /**
   * What to bill. An answer that was cut is billed by what was streamed of it and at least by its input,
   * which is an estimate when the answer never came so far as to say it.
   */
  bill(whole: boolean, bodyChars: number): Usage {
    const input = this.isReported ? {} : { input_tokens: inputTokensOf(bodyChars) };
    return {
      ...this.usage,
      ...input,
      output_tokens: whole && this.isReported ? this.usage.output_tokens : this.outputSoFar,
    };
  }

  private line(line: string): void {
    if (!line.startsWith('data:')) return;
    // Inside of words the quotes would be escaped.
    if (line.includes('"usage"')) this.take(line.slice('data:'.length));
    else this.words += Math.max(0, line.length - AROUND_WORDS);
  }

  private take(json: string): void {
    let event: Event;
    try {
      event = JSON.parse(json) as Event;
    } catch {
      // A cut or malformed event carries no figures. The next one may.
      return;
    }
    const usage = event.usage ?? event.message?.usage;
    if (typeof usage !== 'object' || usage === null) return;
    for (const key of KEYS) this.see(key, usage[key]);
    this.see('ephemeral_1h_input_tokens', usage.cache_creation?.ephemeral_1h_input_tokens);
  }

  private see(key: keyof Seen, count: unknown): void {
    if (typeof count !== 'number' || !Number.isFinite(count)) return;
    this.usage[key] = Math.max(this.usage[key], count);
    if (key === 'input_tokens') this.isReported = true;
  }
}
