// A conversation of years in the browser: scrolled back to its beginning, entered at a day or at a message
// that was found. The pages and the api alone, on a seeded database.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** Messages, a day each, the newest today. */
const SAID = 450;
let database: TestDatabase;
let s: Pages;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;
const SIZES = ['phone', 'desktop'] as const;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db, 'pr-1', 'acme/api');
    await db.query(
      `insert into messages (id, owner_id, role, text, state, seq, at)
     select 'm' || i, 'owner', case when i % 2 = 1 then 'user' else 'assistant' end,
       case i when 7 then 'The zebra crossing counts twice when somebody walks back.' else 'Message number ' || i || '. It says nothing of note, in a line or two of words.' end,
       'done', i, now() - (${SAID} - i) * interval '1 day' from generate_series(1, ${SAID}) i`,
    );
  });
  ({ database, pages: s } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

const open = async (
  size: (typeof SIZES)[number],
  where: string,
  dark = false,
): Promise<{ page: Page; complaints: string[] }> => {
  const opened = await openPage(browser, size, dark);
  await visit(opened.page, `${s.web}${where}`);
  return opened;
};
const shot = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: path.join(import.meta.dirname, 'shots', `conversation-${name}.png`) });
const shown = async (page: Page): Promise<number[]> =>
  page.locator('[data-seq]').evaluateAll((all) => all.map((e) => Number(e.getAttribute('data-seq'))));
const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** Turns the wheel until the page shows what is asked. */
const scroll = (page: Page, dy: number, what: string, is: () => Promise<boolean>): Promise<unknown> =>
  until(what, async () => {
    await page.mouse.wheel(0, dy);
    return is();
  });

inBrowser.each(SIZES)(
  'scrolled back to its beginning nothing is missing, doubled or moved from under the reader (%s)',
  async (size) => {
    const { page, complaints } = await open(size, '/');
    await until('the newest to be in view', () => page.getByText(`Message number ${SAID}.`).isVisible());
    expect(await shown(page)).toEqual(run(SAID - 99, SAID));
    await until('the newest to be of today', async () => {
      if ((await page.getByText('Today', { exact: true }).count()) === 1) return true;
      // Midnight came since they were said.
      await database.db.query('update messages set at = at + (now() - (select max(at) from messages))');
      await visit(page, `${s.web}/`);
      return false;
    });
    await page.getByRole('log', { name: 'Conversation' }).hover();
    // What is shown in the moment of looking: a page that goes on scrolling may have the next piece by the next one.
    let pieces: number[] = [];
    await scroll(page, -3_000, 'an earlier piece', async () => (pieces = await shown(page)).length > 100);
    expect(pieces).toEqual(run(SAID - pieces.length + 1, SAID));
    // The first of the old piece is near where it was, not a piece away.
    const first = page.locator(`[data-seq="${SAID - 99}"]`);
    expect(Math.abs((await first.boundingBox())!.y)).toBeLessThan(4_000);
    await scroll(page, -3_000, 'the beginning', async () => (await shown(page)).length === SAID);
    expect(await shown(page)).toEqual(run(1, SAID));
    expect(await page.getByRole('button', { name: 'Earlier messages' }).count()).toBe(0);
    // What is said meanwhile pushes nothing away.
    await database.db.query(
      "insert into messages (id, owner_id, role, text, state, seq, at) values ($1, 'owner', 'note', 'New.', 'done', $2, now())",
      [`new-${size}`, SAID + 1],
    );
    await page.reload();
    await database.db.query('delete from messages where seq > $1', [SAID]);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a message is found by its words, shown where it stands, and read on from there to now (%s)',
  async (size) => {
    const { page, complaints } = await open(size, '/inbox');
    await page.keyboard.press('/');
    const field = page.getByRole('combobox', { name: 'Find a task, a message or a page' });
    await field.waitFor();
    await field.fill('zebra walking');
    const option = page.getByRole('option').filter({ hasText: 'zebra crossing' });
    await option.waitFor();
    expect(await option.locator('mark').allTextContents()).toContain('zebra');
    await shot(page, `found-${size}`);
    await tap(option);
    const found = page.locator('[data-seq="7"]');
    await until('it to be in view', () => found.isVisible());
    expect(await shown(page)).toEqual(run(1, 56));
    await until('it to be in the middle', async () => {
      const box = await found.boundingBox();
      return box !== null && box.y > 0 && box.y < page.viewportSize()!.height;
    });
    await shot(page, `place-${size}`);
    await page.getByRole('log', { name: 'Conversation' }).hover();
    await scroll(page, 4_000, 'to have read on to now', async () => (await shown(page)).length === SAID);
    expect(await shown(page)).toEqual(run(1, SAID));
    await until('the address to be that of now', () => Promise.resolve(new URL(page.url()).search === ''));
    expect(await page.getByRole('link', { name: 'Back to now' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser('a day is typed, and the conversation opens at it; back to now shows its end', async () => {
  const { page, complaints } = await open('phone', '/', true);
  // As it is kept, not as it would be now: midnight may have come since.
  const { rows } = await database.db.query<{ at: Date }>('select at from messages where seq = $1', [
    SAID - 300,
  ]);
  const day = rows[0]!.at;
  const iso = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
  await tap(page.getByRole('log', { name: 'Conversation' }));
  await page.keyboard.press('/');
  const field = page.getByRole('combobox', { name: 'Find a task, a message or a page' });
  await field.waitFor();
  await field.fill(iso);
  await page.getByRole('option', { name: /^The conversation on / }).waitFor();
  await field.press('Enter');
  const there = page.locator(`[data-seq="${SAID - 300}"]`);
  await until('the day to be in view', async () => (await there.count()) === 1 && there.isVisible());
  await shot(page, 'day-dark');
  await tap(page.getByRole('link', { name: 'Back to now' }));
  await until('the newest to be in view', () => page.getByText(`Message number ${SAID}.`).isVisible());
  expect(await shown(page)).toEqual(run(SAID - 99, SAID));
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser('an earlier piece that can not be loaded says so, and comes at a tap', async () => {
  const { page } = await open('phone', '/');
  await until('the newest to be in view', () => page.getByText(`Message number ${SAID}.`).isVisible());
  await page.route('**/thread?*', (r) => r.abort());
  await page.getByRole('log', { name: 'Conversation' }).hover();
  const sentence = page.getByText('That part of the conversation could not be loaded. Try again.');
  await scroll(page, -3_000, 'the sentence', () => sentence.isVisible());
  await page.unroute('**/thread?*');
  await tap(page.getByRole('button', { name: 'Earlier messages' }));
  await until('it to have come', async () => (await shown(page)).length === 200);
  expect(await sentence.count()).toBe(0);
  await page.close();
});

test('an address that names no place shows the end, and a piece of no place is refused', async () => {
  for (const where of ['/?at=constructor', '/?at=-1', '/?since=never', `/?at=${'9'.repeat(40)}`]) {
    const page = await fetch(`${s.web}${where}`);
    expect([where, page.status]).toEqual([where, 200]);
    expect(await page.text()).toContain(`Message number ${SAID}.`);
  }
  for (const where of ['/thread', '/thread?before=x', '/thread?after=1e9'])
    expect((await fetch(`${s.web}${where}`)).status).toBe(400);
});
