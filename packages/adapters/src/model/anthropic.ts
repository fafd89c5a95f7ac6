// Anthropic's SDK, pointed at the gateway: the api holds no key, only its own token for the gateway.
import Anthropic from '@anthropic-ai/sdk';
import { ModelError, modelError, type ChatCall, type ChatImage, type Model } from './port.ts';

/**
 * The chat model by Anthropic's API.
 * @param o `baseUrl` may be the gateway's
 * @returns calls are tried three times in all, for two minutes each
 */
export function anthropic(o: { baseUrl: string; token: string }): Model {
  const client = new Anthropic({ baseURL: o.baseUrl, apiKey: o.token, maxRetries: 2, timeout: 120_000 });
  return {
    async converse(c) {
      const messages = messagesOf(c);
      const tools = c.tools.map((t) => ({
        name: t.name,
        description: t.description,
        input_schema: t.inputSchema as Anthropic.Tool.InputSchema,
      }));
      let all = '';
      const say = (delta: string): void => {
        all += delta;
        c.onText(delta);
      };
      for (let round = 0; round < c.maxRounds; round++) {
        if (all !== '') say('\n\n');
        let done: Anthropic.Message;
        try {
          const stream = client.messages.stream(
            { model: c.model, max_tokens: c.maxTokens, system: systemOf(c), messages, tools },
            { signal: c.signal },
          );
          stream.on('text', say);
          done = await stream.finalMessage();
        } catch (err) {
          throw translate(err);
        }
        const uses = done.content.filter((b) => b.type === 'tool_use');
        if (uses.length === 0) break;
        const results: Anthropic.ToolResultBlockParam[] = [];
        for (const u of uses) {
          const r = await c.runTool(u.name, u.input);
          results.push({ type: 'tool_result', tool_use_id: u.id, content: r.text, is_error: r.isError });
        }
        messages.push({ role: 'assistant', content: done.content }, { role: 'user', content: results });
      }
      return all.trim();
    },
  };
}

/** What the provider keeps between calls ends here: whatever comes before is the same the next time. */
const KEPT = { cache_control: { type: 'ephemeral' as const } };

function systemOf(c: ChatCall): Anthropic.TextBlockParam[] {
  const texts = [c.system, ...(c.memory ? [c.memory] : [])];
  return texts.map((text, at) => ({ type: 'text', text, ...(at === texts.length - 1 ? KEPT : {}) }));
}

/** Two marks: behind what never changes, and behind the messages before the last, which are told again with the next one. */
function messagesOf(c: ChatCall): Anthropic.MessageParam[] {
  return c.messages.map((m, at): Anthropic.MessageParam => {
    const isLast = at === c.messages.length - 1;
    const texts = isLast && c.aside ? [c.aside, ...m.texts] : m.texts;
    const content: Anthropic.ContentBlockParam[] = [
      ...(m.images ?? []).map(imageBlock),
      ...texts.map((text) => ({ type: 'text' as const, text })),
    ];
    const last = content.at(-1);
    if (at === c.messages.length - 2 && last?.type === 'text' && last.text !== '')
      content[content.length - 1] = { ...last, ...KEPT };
    return { role: m.role, content };
  });
}

const imageBlock = (i: ChatImage): Anthropic.ImageBlockParam => ({
  type: 'image',
  source: { type: 'base64', media_type: i.mime as 'image/png', data: i.base64 },
});

function translate(err: unknown): ModelError {
  if (err instanceof ModelError) return err;
  if (err instanceof Anthropic.APIError && err.status !== undefined)
    return modelError(
      err.status,
      (err.error as { error?: { message?: string } } | undefined)?.error?.message ?? err.message,
    );
  return modelError(undefined, (err as Error).message);
}
