// Anthropic's SDK, pointed at the gateway: the api holds no key, only its own token for the gateway.
import { setTimeout } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { ModelError, modelError, type ChatCall, type ChatImage, type Model } from './port.ts';

type Sdk = typeof Anthropic;
/** It comes with the first call: a process that asks nothing does without its 250 modules. */
const loadSdk = async (): Promise<Sdk> => (await import('@anthropic-ai/sdk')).default;

/**
 * The chat model by Anthropic's API.
 * @param options `baseUrl` may be the gateway's; `awayMs`: the pauses between the tries at a gateway that is away
 * @returns calls are tried three times in all, for two minutes each
 */
export function anthropic(options: { baseUrl: string; token: string; awayMs?: readonly number[] }): Model {
  let client: Anthropic | undefined;
  return {
    async converse(call) {
      const sdk = await loadSdk();
      const { messages: api } = (client ??= new sdk({
        baseURL: options.baseUrl,
        apiKey: options.token,
        maxRetries: 2,
        timeout: 120_000,
      }));
      const messages = messagesOf(call);
      const tools = call.tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        input_schema: tool.inputSchema as Anthropic.Tool.InputSchema,
      }));
      let all = '';
      const say = (delta: string): void => {
        all += delta;
        call.onText(delta);
      };
      for (let round = 0; round < call.maxRounds; round++) {
        if (all !== '') say('\n\n');
        const before = all;
        const ask = (): Promise<Anthropic.Message> => {
          const stream = api.stream(
            { model: call.model, max_tokens: call.maxTokens, system: systemOf(call), messages, tools },
            {
              signal: call.signal,
              ...(call.once === undefined ? {} : { headers: { 'x-mainloop-once': `${call.once}/${round}` } }),
            },
          );
          stream.on('text', say);
          return stream.finalMessage();
        };
        const done = await whenBack(sdk, ask, () => all !== before, options.awayMs ?? AWAY_MS, call.signal);
        const uses = done.content.filter((b) => b.type === 'tool_use');
        if (uses.length === 0) break;
        const results: Anthropic.ToolResultBlockParam[] = [];
        for (const use of uses) {
          const result = await call.runTool(use.name, use.input);
          results.push({
            type: 'tool_result',
            tool_use_id: use.id,
            content: result.text,
            is_error: result.isError,
          });
        }
        messages.push({ role: 'assistant', content: done.content }, { role: 'user', content: results });
      }
      return all.trim();
    },
  };
}

/** A gateway that starts anew is back within these. */
const AWAY_MS = [1_000, 2_000, 4_000, 8_000, 8_000] as const;

/**
 * Asks once more where nobody answered, as long as nothing of the answer was heard: no word is said twice.
 * @throws ModelError
 */
async function whenBack(
  sdk: Sdk,
  ask: () => Promise<Anthropic.Message>,
  hasSaid: () => boolean,
  awayMs: readonly number[],
  signal: AbortSignal,
): Promise<Anthropic.Message> {
  for (let n = 0; ; n++)
    try {
      return await ask();
    } catch (err) {
      const waitMs = awayMs[n];
      const isAway = err instanceof sdk.APIConnectionError && !(err instanceof sdk.APIConnectionTimeoutError);
      if (!isAway || hasSaid() || signal.aborted || waitMs === undefined) throw translate(sdk, err);
      // Whoever stops it does not wait: the next try ends at once.
      await setTimeout(waitMs, undefined, { signal }).catch(() => undefined);
    }
}

/** What the provider keeps between calls ends here: whatever comes before is the same the next time. */
const KEPT = { cache_control: { type: 'ephemeral' as const } };

function systemOf(call: ChatCall): Anthropic.TextBlockParam[] {
  const texts = [call.system, ...(call.memory ? [call.memory] : [])];
  return texts.map((text, at) => ({ type: 'text', text, ...(at === texts.length - 1 ? KEPT : {}) }));
}

/**
 * Two marks: behind what never changes, and behind the messages before the last, which are told again with
 * the next one.
 */
function messagesOf(call: ChatCall): Anthropic.MessageParam[] {
  return call.messages.map((message, at): Anthropic.MessageParam => {
    const isLast = at === call.messages.length - 1;
    const texts = isLast && call.aside ? [call.aside, ...message.texts] : message.texts;
    const content: Anthropic.ContentBlockParam[] = [
      ...(message.images ?? []).map(imageBlock),
      ...texts.map((text) => ({ type: 'text' as const, text })),
    ];
    const last = content.at(-1);
    if (at === call.messages.length - 2 && last?.type === 'text' && last.text !== '')
      content[content.length - 1] = { ...last, ...KEPT };
    return { role: message.role, content };
  });
}

const imageBlock = (image: ChatImage): Anthropic.ImageBlockParam => ({
  type: 'image',
  source: { type: 'base64', media_type: image.mime as 'image/png', data: image.base64 },
});

function translate(sdk: Sdk, err: unknown): ModelError {
  if (err instanceof ModelError) return err;
  if (err instanceof sdk.APIError && err.status !== undefined)
    return modelError(
      err.status,
      (err.error as { error?: { message?: string } } | undefined)?.error?.message ?? err.message,
    );
  return modelError(undefined, (err as Error).message);
}
