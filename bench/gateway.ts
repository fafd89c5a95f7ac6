// What the gateway adds: to the first token, and to a long stream. Its memory over a gigabyte.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

/** How much to stream stands where the model's name is: the gateway forwards nothing that it does not know. */
const BODY = (mib: number): string =>
  JSON.stringify({
    model: `claude-bench-${mib}`,
    max_tokens: 10,
    stream: true,
    messages: [{ role: 'user', content: 'x' }],
  });

/** @param upstream the bench's own endpoint, which the stack's gateway forwards to */
export async function benchGateway(stack: Stack, upstream: string): Promise<Result[]> {
  const { chatToken } = JSON.parse(readFileSync(path.join(stack.home, 'secrets.json'), 'utf8')) as {
    chatToken: string;
  };
  const agent = new http.Agent({ keepAlive: true });
  const once = (base: string, mib: number): Promise<{ firstMs: number; allMs: number }> =>
    new Promise((resolve, reject) => {
      const startedMs = performance.now();
      let firstMs = 0;
      const req = http.request(
        `${base}/v1/messages`,
        { method: 'POST', agent, headers: { 'x-api-key': chatToken, 'content-type': 'application/json' } },
        (res) => {
          res.on('data', () => {
            firstMs ||= performance.now() - startedMs;
          });
          res.on('end', () => resolve({ firstMs, allMs: performance.now() - startedMs }));
        },
      );
      req.on('error', reject);
      req.end(BODY(mib));
    });
  const rss = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stack.pidOf('gateway')}/status`, 'utf8'))![1]) / 1024;
  for (let i = 0; i < 20; i++) {
    await once(upstream, 0);
    await once(stack.gateway, 0);
  }
  /** @param pauseMs between a call and the next: the last one is still being paid for when there is none */
  const firstTokens = async (pauseMs: number): Promise<{ bare: number; ours: number }> => {
    const all = { bare: [] as number[], ours: [] as number[] };
    for (let i = 0; i < 100; i++) {
      await new Promise((r) => setTimeout(r, pauseMs));
      all.bare.push((await once(upstream, 0)).firstMs);
      await new Promise((r) => setTimeout(r, pauseMs));
      all.ours.push((await once(stack.gateway, 0)).firstMs);
    }
    return { bare: quantile(all.bare, 0.5), ours: quantile(all.ours, 0.5) };
  };
  const [alone, atOnce] = [await firstTokens(50), await firstTokens(0)];
  // A real model streams for tens of seconds; the endpoint paces 2 MiB over about 4 s, so the ratio is about
  // delay, not about copying speed.
  const lb = (await once(upstream, 2)).allMs,
    lo = (await once(stack.gateway, 2)).allMs;
  const before = rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, rss());
  }, 100);
  await once(stack.gateway, 1024);
  clearInterval(watch);
  agent.destroy();
  return [
    result(
      'gateway adds to the first token',
      alone.ours - alone.bare,
      'ms',
      alone.bare,
      'at most 5 ms',
      alone.ours - alone.bare <= 5,
    ),
    result('  straight after another call', atOnce.ours - atOnce.bare, 'ms', atOnce.bare, 'reported', true),
    result('gateway on a long stream', lo, 'ms', lb, 'at most 3% more', lo <= lb * 1.03),
    result(
      'gateway memory over 1 GiB streamed, growth',
      peak - before,
      'MiB',
      null,
      'flat (under 64 MiB)',
      peak - before < 64,
    ),
  ];
}

/** An endpoint that speaks just enough: first token at once, then as many MiB as asked. */
export function startUpstream(): Promise<{ url: string; close(): void }> {
  const server = http.createServer(async (req, res) => {
    let raw = '';
    for await (const c of req) raw += c;
    const mib = Number((JSON.parse(raw) as { model: string }).model.replace('claude-bench-', ''));
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const line = `event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"${'x'.repeat(4_000)}"}}\n\n`;
    res.write('event: ping\ndata: {"type":"ping"}\n\n');
    const lines = Math.floor((mib * 1024 * 1024) / line.length);
    for (let i = 0; i < lines; i++) {
      if (!res.write(line)) await new Promise((r) => res.once('drain', r));
      if (mib < 100 && i % 10 === 0) await new Promise((r) => setTimeout(r, 75));
    }
    res.end();
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      }),
    ),
  );
}
