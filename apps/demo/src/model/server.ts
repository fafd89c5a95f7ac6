// The demo model: Anthropic's Messages API on loopback, answered from a story.
import { randomBytes } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenerSettings, guardListener, type ListenerSettings } from '@mainloop/network/listener';
import type { Story } from '../story.ts';
import { replyTo, type Reply, type Request } from './reply.ts';

const id = (prefix: string): string => `${prefix}_${randomBytes(10).toString('hex')}`;

/** One call, and what became of it: what a provider would have on its bill. */
export interface ModelCall {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly agent: boolean;
  /** Of pictures only their kind and their size in base64. */
  readonly images: readonly string[];
  readonly model: string;
  /** Where in the story the answer stands. */
  readonly rule: string;
  readonly step: number;
  /** The start of what was said to the model. */
  readonly about: string;
  /** The fault that this call met, as the story names it: a status, or what became of the stream. */
  readonly fault: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** `whole`: the caller took all of the answer; `cut`: it left before the end; `error`: it was refused; `open`: it is still being answered. */
  ended: 'whole' | 'cut' | 'error' | 'open';
  endedAt: number | null;
}

export interface DemoModel {
  readonly url: string;
  readonly requests: ModelCall[];
  close(): Promise<void>;
}

/**
 * The Messages API, spoken by a script.
 * @param story what it says to what
 */
export async function startDemoModel(
  port: number,
  story: Story,
  listener: ListenerSettings = listenerSettings({}),
): Promise<DemoModel> {
  const faultsLeft = new Map<string, number>();
  const requests: DemoModel['requests'] = [];
  const server = http.createServer((req, res) => void handle(req, res).catch(() => res.destroy()));

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
    const raw = Buffer.concat(parts).toString('utf8');
    const url = new URL(req.url ?? '/', 'http://demo');
    if (req.method === 'GET' && url.pathname === '/healthz') return json(res, 200, { ok: true });
    if (req.method === 'GET' && url.pathname === '/_requests') return json(res, 200, requests);
    if (req.method === 'HEAD') return void res.writeHead(200).end();
    if (url.pathname === '/v1/messages/count_tokens')
      return json(res, 200, { input_tokens: Math.ceil(raw.length / 4) });
    if (url.pathname !== '/v1/messages') return apiError(res, 404, 'not_found_error', 'no such route');
    const body = JSON.parse(raw) as Request;
    const images = [...raw.matchAll(/"type":"base64","media_type":"([^"]+)","data":"([^"]+)"/g)].map(
      (m) => `${m[1]} ${m[2]!.length}`,
    );
    const reply = replyTo(story, body);
    const due =
      reply.fault &&
      !('longerThan' in reply.fault && JSON.stringify(body.messages ?? []).length <= reply.fault.longerThan)
        ? reply.fault
        : undefined;
    const fault = due && take(`${reply.rule}/${reply.step}`, due.times) ? due : undefined;
    const refused = fault && 'status' in fault ? fault : null;
    const broken = fault && 'stream' in fault ? fault.stream : null;
    const message = messageOf(body, reply, raw.length);
    const call: ModelCall = {
      at: Date.now(),
      agent: body.tools?.some((t) => t.name === 'Bash') ?? false,
      images,
      model: String(body.model),
      rule: reply.rule,
      step: reply.step,
      about: reply.about,
      fault: refused ? String(refused.status) : broken,
      inputTokens: message.usage.input_tokens,
      outputTokens: message.usage.output_tokens,
      ended: 'open',
      endedAt: null,
    };
    requests.push(call);
    if (requests.length > 50_000) requests.shift();
    res.once('close', () => {
      const answered = refused ? 'error' : 'whole';
      call.ended = res.writableFinished && broken === null ? answered : 'cut';
      call.endedAt = Date.now();
    });
    if (reply.delayMs > 0) await sleep(reply.delayMs);
    if (refused) return apiError(res, refused.status, TYPES[refused.status] ?? 'api_error', refused.message);
    await send(res, body.stream === true, message, reply.chunkDelayMs, broken);
  }

  const take = (key: string, times: number): boolean => {
    const left = faultsLeft.get(key) ?? times;
    if (left <= 0) return false;
    faultsLeft.set(key, left - 1);
    return true;
  };

  guardListener(server, listener, 'none');
  await new Promise<void>((resolve, no) => {
    server.once('error', no);
    server.listen(port, listener.address, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

type Message = ReturnType<typeof messageOf>;

function messageOf(body: Request, reply: Reply, bodyChars: number) {
  const content = reply.blocks.map((b) => (b.type === 'tool_use' ? { id: id('toolu'), ...b } : b));
  const stop = content.some((b) => b.type === 'tool_use') ? 'tool_use' : 'end_turn';
  const usage = {
    input_tokens: Math.ceil(bodyChars / 40),
    output_tokens: Math.ceil(JSON.stringify(content).length / 4),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
  };
  return {
    id: id('msg'),
    type: 'message',
    role: 'assistant',
    model: body.model,
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage,
  };
}

async function send(
  res: ServerResponse,
  stream: boolean,
  message: Message,
  chunkDelayMs: number,
  fault: string | null,
): Promise<void> {
  const { content, usage, stop_reason: stop } = message;
  if (!stream) return json(res, 200, message);
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const sendEvent = async (type: string, data: object): Promise<void> => {
    if (chunkDelayMs > 0) await sleep(chunkDelayMs);
    res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  await sendEvent('message_start', {
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  });
  if (fault === 'malformed')
    return void res.end('event: content_block_start\ndata: {"type":"content_block_st,,,\n\n');
  if (fault === 'error') {
    await sendEvent('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });
    return void res.end();
  }
  for (const [index, b] of content.entries()) {
    await sendEvent('content_block_start', {
      index,
      content_block: b.type === 'text' ? { type: 'text', text: '' } : { ...b, input: {} },
    });
    const chunks =
      (b.type === 'text' ? (b.text ?? '') : JSON.stringify(b.input)).match(/[\s\S]{1,24}/g) ?? [];
    for (const part of chunks) {
      await sendEvent('content_block_delta', {
        index,
        delta:
          b.type === 'text'
            ? { type: 'text_delta', text: part }
            : { type: 'input_json_delta', partial_json: part },
      });
      if (fault === 'cut') return void res.destroy();
      if (fault === 'stall') return;
    }
    await sendEvent('content_block_stop', { index });
  }
  await sendEvent('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage });
  await sendEvent('message_stop', {});
  res.end();
}

function json(res: ServerResponse, status: number, data: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(data));
}
const apiError = (res: ServerResponse, status: number, type: string, message: string): void =>
  json(res, status, { type: 'error', error: { type, message } });
