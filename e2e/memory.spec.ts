// The long memory in the whole stack: a real Temporal writes the summaries of a conversation that is weeks old, while its worker is killed
// again and again; then a person reads, edits and forgets on the page.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openBrowser, openPage, tap, unfold, visit } from '@mainloop/testkit/browser';
import { monthsOf, seedMonths } from '@mainloop/testkit/months';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { many, openPool, type Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import { Client, Connection } from '@temporalio/client';
import path from 'node:path';
import type { Browser } from 'playwright-core';

const DAYS = 40;
const DAY_MS = 86_400_000;
let stack: Stack;
let db: Db;
let temporal: Client;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;

beforeAll(async () => {
  stack = await startStack();
  db = openPool(stack.databaseUrl, 'memory-test', 4);
  temporal = new Client({ connection: await Connection.connect({ address: stack.temporal }) });
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const { messages } = monthsOf({
    seed: 5,
    days: DAYS,
    messages: 800,
    facts: 60,
    from: new Date(today - DAYS * DAY_MS),
  });
  await seedMonths(db, OWNER, messages);
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await temporal?.connection.close();
  await db?.end();
  await stack?.stop();
});

interface Kept {
  readonly level: string;
  readonly label: string;
  readonly version: number;
  readonly written_by: string;
}
const listKept = (): Promise<Kept[]> =>
  many<Kept>(
    db,
    'select level, label, version, written_by from summaries where replaced_at is null order by level, label',
  );
/** Looks after the memory now, instead of in ten minutes, until it has nothing to do. */
const lookAfter = (): Promise<unknown> =>
  until('the schedule to be there', async () => {
    await temporal.schedule.getHandle('memory').trigger();
    return true;
  });
const isIdle = async (): Promise<boolean> => {
  const { info } = await temporal.schedule.getHandle('memory').describe();
  return info.runningActions.length === 0;
};

test('each day and week of an old conversation is summarised once, whatever is killed meanwhile', async () => {
  await until('Temporal to have the schedule', async () =>
    temporal.schedule
      .getHandle('memory')
      .describe()
      .then(() => true),
  );
  await lookAfter();
  for (const killedAfter of [3, 12, 25]) {
    await until(`${killedAfter} summaries`, async () => (await listKept()).length >= killedAfter);
    process.kill(stack.pidOf('worker'), 'SIGKILL');
  }
  await until('every whole week to have its summary', async () => {
    if ((await isIdle()) && (await listKept()).filter((s) => s.level === 'week').length < 4)
      await lookAfter();
    return (await listKept()).filter((s) => s.level === 'week').length >= 4;
  });
  const kept = await listKept();
  expect(new Set(kept.map((s) => `${s.level} ${s.label}`)).size).toBe(kept.length);
  // Nothing was written twice, and nobody was asked twice for the same.
  expect(kept.every((s) => s.version === 1)).toBe(true);
  const [asked] = await many<{ more: number }>(
    db,
    'select count(*)::int as more from summary_answers where attempt > 1',
    [],
  );
  expect(asked!.more).toBe(0);
  expect(kept.some((s) => s.written_by === 'model')).toBe(true);
});

inBrowser.each(['phone', 'desktop'] as const)(
  'what is told is read, remembered and let go on its page: %s',
  async (size) => {
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${stack.web}/memory`);
    await page.getByRole('heading', { name: 'Weeks' }).waitFor();
    await page.getByRole('textbox', { name: 'What to remember' }).fill(`No release on a Friday (${size}).`);
    await tap(page.getByRole('button', { name: 'Remember', exact: true }));
    await page.getByText('Remembered.', { exact: true }).waitFor();
    await unfold(page.locator('details').first().locator('summary'));
    await page.getByRole('link', { name: 'Read what was said' }).first().waitFor();
    await page.screenshot({ path: path.join(import.meta.dirname, 'shots', `memory-${size}.png`) });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await tap(page.getByRole('button', { name: /^Remove/ }));
    await page.getByText('No longer remembered.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

test('what is forgotten is gone from the log, the summaries and the export', async () => {
  const lines = async (): Promise<string[]> =>
    (await (await fetch(`${stack.web}/api/memory/export`)).text()).split('\n').filter((line) => line !== '');
  const [oldest] = await many<{ id: string; text: string; at: Date }>(
    db,
    'select id, text, at from messages order by seq limit 1',
  );
  expect((await lines()).some((line) => line.includes(JSON.stringify(oldest!.text).slice(1, -1)))).toBe(true);
  const forgotten = await stack.call('forget', {
    body: {
      from: new Date(oldest!.at.getTime() - 1_000).toISOString(),
      to: new Date(oldest!.at.getTime() + DAY_MS).toISOString(),
    },
  });
  expect(forgotten.messages).toBeGreaterThan(0);
  expect((await lines()).some((line) => line.includes(oldest!.id))).toBe(false);
  const [left] = await many<{ n: number }>(
    db,
    `select count(*)::int as n from events where type = 'message.said' and payload->>'id' = $1 and coalesce(payload->>'text', '') <> ''`,
    [oldest!.id],
  );
  expect(left!.n).toBe(0);
});
