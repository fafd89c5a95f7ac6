// The Model port: one reply of the chat, with the tools it may call on the way. Who runs the loop is the
// adapter's business.
export interface ChatTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Record<string, unknown>;
}
export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  /** Parts of one message, in order; the last one of the last message is what the person said just now. */
  readonly texts: readonly string[];
  /** Pictures that came with it. */
  readonly images?: readonly ChatImage[];
}
export interface ChatImage {
  readonly mime: string;
  readonly base64: string;
}
export interface ChatCall {
  readonly model: string;
  /** The same in every call of a kind. */
  readonly system: string;
  /**
   * What is told of the past before the messages: it changes once a day or so, and the provider may keep it
   * between calls.
   */
  readonly memory?: string;
  /** What holds for this call alone, told just before the last message. */
  readonly aside?: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  /** How often the model may go back to its tools, because it can go round in circles. */
  readonly maxRounds: number;
  readonly maxTokens: number;
  /**
   * Names the call, so that the gateway gives the same answer to whoever asks again within some minutes, and pays
   * for it once. An adapter that can't pass it on asks anew.
   */
  readonly once?: string;
  readonly signal: AbortSignal;
  readonly onText: (delta: string) => void;
  readonly runTool: (
    name: string,
    input: unknown,
  ) => Promise<{ readonly text: string; readonly isError: boolean }>;
}
export type ModelErrorKind = 'auth' | 'billing' | 'rate_limited' | 'overloaded' | 'rejected' | 'unavailable';
export class ModelError extends Error {
  readonly kind: ModelErrorKind;
  constructor(kind: ModelErrorKind, message: string) {
    super(message);
    this.name = 'ModelError';
    this.kind = kind;
  }
}
export interface Model {
  /** @returns all that was said, as `onText` got it. @throws ModelError with a sentence for the person */
  converse(call: ChatCall): Promise<string>;
}

/**
 * What an HTTP status and the words beside it mean, for every adapter alike.
 * @param status none: the provider was not reached
 * @param said what the provider answered
 */
export function modelError(status: number | undefined, said: string): ModelError {
  if (status === 401 || status === 403)
    return new ModelError(
      'auth',
      'The model refused our key. Check ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN.',
    );
  if (/credit balance/i.test(said))
    return new ModelError('billing', 'The account of the model key has no credit left.');
  if (status === 429)
    return new ModelError('rate_limited', 'The model is rate limited. Try again in a minute.');
  if (status === 529 || /overloaded/i.test(said))
    return new ModelError('overloaded', 'The model is overloaded. Try again in a minute.');
  if (status !== undefined && status < 500)
    return new ModelError('rejected', `The model refused the request: ${said.slice(0, 300)}`);
  return new ModelError('unavailable', `The model can't be reached: ${said.slice(0, 300)}`);
}
