// event appended -> on the stream, at 200 events a second with 20 open streams, next to bare NOTIFY -> socket.
import net from 'node:net';
import { OWNER } from '../packages/models/src/flow/ids.ts';
import { appendOnce } from '../packages/models/src/db/log.ts';
import { messageSaid } from '../packages/models/src/events/conversation.ts';
import { openPool } from '../packages/models/src/db/pool.ts';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const RATE = 200,
  STREAMS = 20,
  SECONDS = 10;

export async function benchStream(stack: Stack): Promise<Result[]> {
  const db = openPool(stack.databaseUrl, 'bench', 8);
  const sent = new Map<string, number>();
  const lags: number[] = [];
  const stop = new AbortController();
  const cursor = ((await db.query('select max(seq) as m from events')).rows[0] as { m: number }).m;
  for (let i = 0; i < STREAMS; i++)
    void read(`${stack.api}/api/stream?after=${cursor}`, stop.signal, (id) => {
      const t = sent.get(id);
      if (t !== undefined) lags.push(performance.now() - t);
    });
  await new Promise((r) => setTimeout(r, 500));
  const all: Promise<unknown>[] = [];
  for (let n = 0; n < RATE * SECONDS; n++) {
    const id = `bench-${Date.now()}-${n}`;
    sent.set(id, performance.now());
    all.push(
      appendOnce(
        db,
        [messageSaid.new({ actor: 'bench', payload: { id, role: 'note', text: 'x', turnId: null } })],
        OWNER,
      ),
    );
    await new Promise((r) => setTimeout(r, 1000 / RATE - 0.4));
  }
  await Promise.all(all);
  await new Promise((r) => setTimeout(r, 1_000));
  stop.abort();
  const bare = await bareNotify(db);
  await db.end();
  const p95 = quantile(lags, 0.95);
  return [
    result('event appended to on the stream, p95', p95, 'ms', bare, 'at most 100 ms', p95 <= 100),
    result(
      '  of them delivered',
      lags.length / (RATE * SECONDS * STREAMS),
      'of 1',
      null,
      'all',
      lags.length === RATE * SECONDS * STREAMS,
    ),
  ];
}

async function read(url: string, signal: AbortSignal, on: (id: string) => void): Promise<void> {
  try {
    const response = await fetch(url, { signal });
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      const parts = rest.split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const match = /"id":"(bench-[^"]+)"/.exec(part);
        if (match) on(match[1]!);
      }
    }
  } catch {
    // Ended by us.
  }
}

async function bareNotify(db: ReturnType<typeof openPool>): Promise<number> {
  const listener = await db.connect();
  const server = net.createServer();
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  const socks = new Set<net.Socket>();
  server.on('connection', (c) => socks.add(c));
  const lags: number[] = [];
  const clients = Array.from({ length: STREAMS }, () =>
    net.connect((server.address() as { port: number }).port, '127.0.0.1'),
  );
  for (const client of clients)
    client.on('data', (d) => {
      for (const t of d.toString().trim().split('\n')) lags.push(performance.now() - Number(t));
    });
  await listener.query('listen bench_bare');
  listener.on('notification', (notification) => {
    for (const k of socks) k.write(`${notification.payload}\n`);
  });
  for (let n = 0; n < 600; n++) {
    await db.query('select pg_notify($1,$2)', ['bench_bare', String(performance.now())]);
    await new Promise((r) => setTimeout(r, 4));
  }
  await new Promise((r) => setTimeout(r, 300));
  for (const client of clients) client.destroy();
  server.close();
  listener.release(true);
  return quantile(lags, 0.95);
}
