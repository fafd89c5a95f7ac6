// The chat through Claude Code itself, where only a subscription is there: its token is for Claude Code's own
// requests, not for ours. It gets none of its own tools, only ours, over MCP on loopback.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { modelError, type ChatCall, type Model } from './port.ts';

const NAME = 'mainloop';

/**
 * The chat model by Claude Code, for an account without a key.
 * @param options the program, and what it is to talk to
 */
export function claudeCodeChat(options: { executable: string; baseUrl: string; token: string }): Model {
  /** Calls in flight by the token that their Claude Code shows. */
  const calls = new Map<string, ChatCall>();
  let listening: Promise<string> | undefined;
  return {
    async converse(call) {
      const url = await (listening ??= listenForCalls(calls));
      const token = randomBytes(24).toString('base64url');
      const home = mkdtempSync(path.join(os.tmpdir(), 'mainloop-chat-'));
      calls.set(token, call);
      try {
        return await run(options, call, home, { url, token });
      } finally {
        calls.delete(token);
        rmSync(home, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}

interface Line {
  readonly type?: string;
  readonly event?: {
    readonly type?: string;
    readonly delta?: { readonly type?: string; readonly text?: string };
    readonly content_block?: { readonly type?: string };
  };
  readonly is_error?: boolean;
  readonly api_error_status?: number | null;
  readonly result?: string;
}

function run(
  options: { executable: string; baseUrl: string; token: string },
  call: ChatCall,
  home: string,
  mcp: { url: string; token: string },
): Promise<string> {
  const cwd = path.join(home, 'nothing-here');
  mkdirSync(cwd);
  const servers = {
    mcpServers: { [NAME]: { type: 'http', url: mcp.url, headers: { Authorization: `Bearer ${mcp.token}` } } },
  };
  // In a file, because arguments can be read by every user of the machine.
  const config = path.join(home, 'mcp.json');
  writeFileSync(config, JSON.stringify(servers), { mode: 0o600 });
  const child = spawn(
    options.executable,
    [
      '-p',
      '--input-format',
      'stream-json',
      '--output-format',
      'stream-json',
      '--verbose',
      '--include-partial-messages',
      '--model',
      call.model,
      '--max-turns',
      String(call.maxRounds),
      '--tools',
      '',
      '--setting-sources',
      '',
      '--strict-mcp-config',
      '--mcp-config',
      config,
      '--allowedTools',
      call.tools.map((t) => `mcp__${NAME}__${t.name}`).join(','),
      '--append-system-prompt',
      call.system,
      '--no-session-persistence',
    ],
    {
      cwd,
      signal: call.signal,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        HOME: home,
        CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
        ANTHROPIC_BASE_URL: options.baseUrl,
        ANTHROPIC_API_KEY: options.token,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        CLAUDE_CODE_MAX_RETRIES: '2',
        DISABLE_AUTOUPDATER: '1',
        DISABLE_TELEMETRY: '1',
        DISABLE_ERROR_REPORTING: '1',
      },
    },
  );
  let all = '';
  let words = '';
  let result: Line | null = null;
  child.stderr.on('data', (data: Buffer) => {
    words = (words + data.toString()).slice(-2_000);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write(
    JSON.stringify({
      type: 'user',
      message: { role: 'user', content: content(call) },
      parent_tool_use_id: null,
      session_id: '',
    }) + '\n',
  );
  const say = (delta: string): void => {
    all += delta;
    call.onText(delta);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parse(line);
    if (
      event.type === 'stream_event' &&
      event.event?.type === 'content_block_start' &&
      event.event.content_block?.type === 'text' &&
      all !== ''
    )
      say('\n\n');
    if (event.type === 'stream_event' && event.event?.delta?.type === 'text_delta')
      say(event.event.delta.text ?? '');
    if (event.type === 'result') {
      result = event;
      child.stdin.end();
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', (err) => reject(modelError(undefined, err.message)));
    child.once('close', () => {
      if (call.signal.aborted) return reject(modelError(undefined, 'stopped'));
      if (result === null)
        return reject(
          modelError(undefined, words.trim().split('\n').at(-1) || 'Claude Code ended without a word'),
        );
      if (result.is_error && all === '')
        return reject(modelError(result.api_error_status ?? undefined, result.result ?? ''));
      if (result.is_error && result.api_error_status)
        return reject(modelError(result.api_error_status, result.result ?? ''));
      resolve(all.trim());
    });
  });
}

/** Claude Code takes one message: the thread so far as text, and what the person said just now as a part of its own. */
function content(call: ChatCall): object[] {
  const parts = call.messages.flatMap((message) =>
    message.texts.map((text) => ({ who: message.role === 'user' ? 'The person' : 'You', text })),
  );
  const now = parts.pop();
  const before = parts.map((p) => `${p.who}: ${p.text}`).join('\n\n');
  const images = call.messages.flatMap((m) => m.images ?? []);
  return [
    // Not in the system prompt, which is an argument: arguments can be read by every user of the machine.
    ...(call.memory ? [{ type: 'text' as const, text: call.memory }] : []),
    ...images.map((i) => ({ type: 'image', source: { type: 'base64', media_type: i.mime, data: i.base64 } })),
    ...(before === ''
      ? []
      : [
          {
            type: 'text' as const,
            text: `The conversation so far:\n\n${before}\n\nWhat the person says now:`,
          },
        ]),
    ...(call.aside ? [{ type: 'text' as const, text: call.aside }] : []),
    { type: 'text' as const, text: now?.text ?? '' },
  ];
}

const parse = (line: string): Line => {
  try {
    return JSON.parse(line) as Line;
  } catch {
    // A line that is no JSON is for people.
    return {};
  }
};

/** One MCP endpoint for all calls in flight; each sees the tools of its own. @returns its address */
async function listenForCalls(calls: ReadonlyMap<string, ChatCall>): Promise<string> {
  // With the first call: a process that asks nothing does without them.
  const { Server } = await import('@modelcontextprotocol/sdk/server/index.js');
  const { StreamableHTTPServerTransport } =
    await import('@modelcontextprotocol/sdk/server/streamableHttp.js');
  const { CallToolRequestSchema, ListToolsRequestSchema } =
    await import('@modelcontextprotocol/sdk/types.js');
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const call = calls.get((req.headers.authorization ?? '').replace(/^Bearer /, ''));
    if (!call || req.method !== 'POST') return void res.writeHead(call ? 405 : 401).end();
    const server = new Server({ name: NAME, version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: call.tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        inputSchema: { type: 'object' as const, ...tool.inputSchema },
      })),
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
      const result = await call.runTool(params.name, params.arguments ?? {});
      return { content: [{ type: 'text' as const, text: result.text }], isError: result.isError };
    });
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    res.once('close', () => void server.close());
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    await transport.handleRequest(req, res);
  };
  const listener = http.createServer((req, res) => void handle(req, res).catch(() => res.destroy()));
  listener.unref();
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(listener.address() as AddressInfo).port}/mcp`),
    );
  });
}
