// event appended -> in the page: a real Chromium, at 200 events a second with 20 open streams.
import { openBrowser } from '../packages/testkit/src/browser.ts';
import { OWNER } from '../packages/models/src/flow/ids.ts';
import { appendOnce } from '../packages/models/src/db/log.ts';
import { messageSaid } from '../packages/models/src/events/conversation.ts';
import { openPool } from '../packages/models/src/db/pool.ts';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const RATE = 200,
  STREAMS = 19,
  SECONDS = 10;

/** Runs in the page: notes when each of our messages is first seen. */
const WATCH = `
  window.seen = new Map();
  new MutationObserver(() => {
    const now = Date.now();
    for (const m of document.body.textContent.matchAll(/bench-in-page-(\\d+)/g)) if (!window.seen.has(m[1])) window.seen.set(m[1], now);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
`;

export async function benchInPage(stack: Stack): Promise<Result[]> {
  const db = openPool(stack.databaseUrl, 'bench', 8);
  const stop = new AbortController();
  for (let i = 0; i < STREAMS; i++)
    void fetch(`${stack.api}/api/stream`, { signal: stop.signal })
      .then(async (response) => {
        for await (const _ of response.body!) void _;
      })
      .catch(() => undefined);
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(stack.web);
    await page.evaluate(WATCH);
    await new Promise((r) => setTimeout(r, 1_000));
    const sent: number[] = [];
    const all: Promise<unknown>[] = [];
    for (let n = 0; n < RATE * SECONDS; n++) {
      sent.push(Date.now());
      all.push(
        appendOnce(
          db,
          [
            messageSaid.new({
              actor: 'bench',
              payload: {
                id: `bip-${Date.now()}-${n}`,
                role: 'note',
                text: `bench-in-page-${n}`,
                turnId: null,
              },
            }),
          ],
          OWNER,
        ),
      );
      await new Promise((r) => setTimeout(r, 1000 / RATE - 0.4));
    }
    await Promise.all(all);
    await new Promise((r) => setTimeout(r, 2_000));
    const seen = new Map(await page.evaluate<[string, number][]>('[...window.seen]'));
    const lags = sent.flatMap((t, n) => (seen.has(String(n)) ? [seen.get(String(n))! - t] : []));
    const p95 = quantile(lags, 0.95);
    return [
      result(
        'event appended to in the page, p95',
        p95,
        'ms',
        null,
        'at most 250 ms',
        p95 <= 250 && lags.length > RATE * SECONDS * 0.99,
      ),
      result(
        '  of them seen',
        lags.length / (RATE * SECONDS),
        'of 1',
        null,
        'all',
        lags.length > RATE * SECONDS * 0.99,
      ),
    ];
  } finally {
    stop.abort();
    await browser.close();
    await db.end();
  }
}
