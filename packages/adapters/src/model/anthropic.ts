// Anthropic's SDK, pointed at the gateway: the api holds no key, only its own token for the gateway.
import Anthropic from '@anthropic-ai/sdk';
import { ModelError, type ChatBlock, type ChatMessage, type Model } from './port.ts';

export function anthropic(o: { baseUrl: string; token: string }): Model {
  const client = new Anthropic({ baseURL: o.baseUrl, apiKey: o.token, maxRetries: 2, timeout: 120_000 });
  return {
    async stream(c) {
      try {
        const stream = client.messages.stream(
          {
            model: c.model,
            max_tokens: c.maxTokens,
            system: c.system,
            messages: c.messages.map(toWire),
            tools: c.tools.map((t) => ({ name: t.name, description: t.description, input_schema: t.inputSchema as Anthropic.Tool.InputSchema })),
          },
          { signal: c.signal },
        );
        stream.on('text', c.onText);
        const done = await stream.finalMessage();
        return done.content.flatMap((b): ChatBlock[] =>
          b.type === 'text'
            ? [{ type: 'text', text: b.text }]
            : b.type === 'tool_use'
              ? [{ type: 'tool_use', id: b.id, name: b.name, input: b.input }]
              : [],
        );
      } catch (err) {
        throw translate(err);
      }
    },
  };
}

function toWire(m: ChatMessage): Anthropic.MessageParam {
  return {
    role: m.role,
    content: m.blocks.map((b): Anthropic.ContentBlockParam => {
      switch (b.type) {
        case 'text':
          return { type: 'text', text: b.text };
        case 'tool_use':
          return { type: 'tool_use', id: b.id, name: b.name, input: b.input };
        case 'tool_result':
          return { type: 'tool_result', tool_use_id: b.toolUseId, content: b.text, is_error: b.isError };
      }
    }),
  };
}

function translate(err: unknown): ModelError {
  if (err instanceof ModelError) return err;
  if (err instanceof Anthropic.APIError) {
    const said = (err.error as { error?: { message?: string } } | undefined)?.error?.message ?? err.message;
    if (err.status === 401) return new ModelError('auth', 'The model refused our key. Check ANTHROPIC_API_KEY.');
    if (/credit balance/i.test(said)) return new ModelError('billing', 'The account of the model key has no credit left.');
    if (err.status === 429) return new ModelError('rate_limited', 'The model is rate limited. Try again in a minute.');
    if (err.status === 529 || /overloaded/i.test(said)) return new ModelError('overloaded', 'The model is overloaded. Try again in a minute.');
    if (err.status !== undefined && err.status < 500) return new ModelError('rejected', `The model refused the request: ${said}`);
  }
  return new ModelError('unavailable', `The model can't be reached: ${(err as Error).message}`);
}
