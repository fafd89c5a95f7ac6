// What a request to the model may ask for. Pure: the proxy only carries the answer out.

/** Tool types that run on the provider's side would walk around every network policy of the sandbox. */
const CLIENT_TOOL = /^(custom|bash_\d+|text_editor_\d+|memory_\d+)$/;

export interface ModelRequest {
  readonly model?: unknown;
  readonly max_tokens?: unknown;
  readonly tools?: unknown;
  readonly mcp_servers?: unknown;
  readonly container?: unknown;
}

/** @returns null when it may pass, else the reason */
export function refuseRequest(path: string, body: ModelRequest, allowedModels: readonly string[] | 'any'): string | null {
  if (path !== '/v1/messages' && path !== '/v1/messages/count_tokens') return `mainloop does not forward ${path}`;
  const model = typeof body.model === 'string' ? body.model : '';
  if (allowedModels !== 'any' && !allowedModels.includes(model) && !/haiku/.test(model))
    return `mainloop: this task uses ${allowedModels.join(' or ')}, not ${model || 'an unnamed model'}`;
  if (body.mcp_servers !== undefined && !(Array.isArray(body.mcp_servers) && body.mcp_servers.length === 0))
    return 'mainloop: MCP connectors of the provider are not allowed';
  if (body.container !== undefined && body.container !== null) return "mainloop: code execution on the provider's side is not allowed";
  for (const t of Array.isArray(body.tools) ? body.tools : []) {
    const type = (t as { type?: unknown }).type;
    if (type !== undefined && type !== null && !CLIENT_TOOL.test(String(type)))
      return `mainloop: the tool type ${String(type)} runs outside the sandbox and is not allowed`;
  }
  return null;
}

interface Seen {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

/** Reads the usage out of a streamed or whole answer as it passes, holding no more than one line of it. */
export class UsageMeter {
  readonly usage: Seen = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  private held = '';
  private readonly streamed: boolean;
  constructor(streamed: boolean) {
    this.streamed = streamed;
  }
  push(chunk: Buffer): void {
    this.held += chunk.toString('latin1');
    if (!this.streamed) {
      if (this.held.length > 8 * 1024 * 1024) this.held = this.held.slice(-64 * 1024);
      return;
    }
    let from = 0;
    for (let nl = this.held.indexOf('\n'); nl >= 0; nl = this.held.indexOf('\n', from)) {
      const line = this.held.slice(from, nl);
      if (line.startsWith('data:') && line.includes('"usage"')) this.take(line.slice(5));
      from = nl + 1;
    }
    this.held = from > 0 ? this.held.slice(from) : this.held.slice(-1024 * 1024);
  }
  end(): void {
    if (!this.streamed && this.held !== '') this.take(this.held);
  }
  private take(json: string): void {
    try {
      const e = JSON.parse(json) as { usage?: Partial<Seen>; message?: { usage?: Partial<Seen> } };
      const u = e.usage ?? e.message?.usage;
      if (!u) return;
      for (const k of Object.keys(this.usage) as (keyof Seen)[]) if (typeof u[k] === 'number') this.usage[k] = Math.max(this.usage[k], u[k]!);
    } catch {
      // A cut or malformed event carries no figures. The next one may.
    }
  }
}
