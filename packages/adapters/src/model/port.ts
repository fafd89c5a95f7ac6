// The Model port: one streaming call with tools, for the chat.
export interface ChatTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Record<string, unknown>;
}
export type ChatBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly type: 'tool_result'; readonly toolUseId: string; readonly text: string; readonly isError: boolean };
export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly blocks: readonly ChatBlock[];
}
export interface ChatCall {
  readonly model: string;
  readonly system: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  readonly onText: (delta: string) => void;
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
  stream(c: ChatCall): Promise<readonly ChatBlock[]>;
}
