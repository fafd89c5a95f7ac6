// What a decision costs on a phone, in taps from a fresh open of the inbox, that it can be made from what the
// card shows, and that a tap counts on a slow phone too, before the page listens.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  goOnUntil,
  hasBrowser,
  openPage,
  settled,
  tap,
  visit,
  visitOnOwnClock,
} from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { healthy, seedEverything } from '@mainloop/testkit/everything';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import type { Browser, Locator, Page } from 'playwright-core';

const inBrowser = hasBrowser ? test : test.skip;
let database: TestDatabase;
let s: Pages;
let browser: Browser;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await healthy(db);
    await seedProject(db, 'pr-1', 'acme/api');
    await seedEverything(db);
  });
  ({ database, pages: s } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

/** A thumb that counts. What it taps has to be there and settled first: a tap that is swallowed would be one more. */
class Thumb {
  taps = 0;
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }
  async tap(on: Locator): Promise<void> {
    await settled(on);
    await on.scrollIntoViewIfNeeded();
    this.taps++;
    await tap(on, () => on.tap());
  }
}
const answerTo = async (id: string): Promise<{ decision: string; text?: string } | null> =>
  (
    await database.db.query<{ answer: { decision: string; text?: string } | null }>(
      'select answer from inbox_items where id = $1',
      [id],
    )
  ).rows[0]!.answer;
async function inbox(open = visit): Promise<{ thumb: Thumb; complaints: string[] }> {
  const { page, complaints } = await openPage(browser, 'phone');
  await open(page, `${s.web}/inbox`);
  return { thumb: new Thumb(page), complaints };
}

interface Decided {
  readonly item: string;
  /** What somebody has to know before. */
  readonly shows: readonly RegExp[];
  readonly taps: readonly string[];
  readonly decision: string;
}

inBrowser.each<[string, Decided]>([
  [
    'a question',
    {
      item: 't-question-item',
      shows: [/Backing off is three lines/, /A migration, about 120 lines/],
      taps: ['Make it idempotent'],
      decision: 'answer',
    },
  ],
  [
    'a plan',
    {
      item: 't-plan-item',
      shows: [/You asked: An upload/, /Changed since the last revision/, /Write to a name of its own/],
      taps: ['Approve'],
      decision: 'approve',
    },
  ],
  [
    'a review',
    {
      item: 't-review-item',
      shows: [
        /Shares are rounded down/,
        /You asked: Splitting 10.00/,
        /2 files/,
        /3 of 3 passed: test, lint, types/,
        /CI did not run deploy/,
        /“npm test” passed in the sandbox/,
        /a test is skipped/,
      ],
      taps: ['Merge'],
      decision: 'merge',
    },
  ],
  [
    'a failure',
    {
      item: 't-failed-item',
      shows: [/CI is still red after 3 repairs/, /integration \(node 24, postgres 18\)/, /card_declined/],
      taps: ['Show log', 'Retry'],
      decision: 'retry',
    },
  ],
])('%s is understood and decided from a fresh open', async (_, { item, shows, taps, decision }) => {
  const { thumb, complaints } = await inbox();
  const card = thumb.page.locator(`#main #item-${item}`);
  await card.waitFor();
  for (const what of shows) await card.getByText(what).first().waitFor();
  for (const name of taps)
    await thumb.tap(card.locator('button, summary').filter({ hasText: new RegExp(`^\\s*${name}`) }).first()); // prettier-ignore
  await until('the answer', async () => (await answerTo(item))?.decision === decision);
  expect([thumb.taps, complaints]).toEqual([taps.length, []]);
  await thumb.page.close();
});

inBrowser('one tap takes back what one tap decided', async () => {
  const { thumb, complaints } = await inbox(visitOnOwnClock);
  const card = thumb.page.locator('#main #item-t-gate-item');
  for (const name of ['Allow', 'Undo']) {
    const button = card.getByRole('button', { name });
    await goOnUntil(thumb.page, `${name} to have settled`, async () => (await button.getAttribute('aria-disabled')) === null); // prettier-ignore
    await thumb.tap(button);
  }
  await card.getByRole('button', { name: 'Allow' }).waitFor();
  expect([thumb.taps, complaints]).toEqual([2, []]);
  await thumb.page.clock.resume();
  // What is decided after it goes out after it: by then the first would have.
  await thumb.tap(thumb.page.locator('#main #item-t-paused-item').getByRole('button', { name: 'Resume' }));
  await until('the later answer', async () => (await answerTo('t-paused-item')) !== null);
  expect(await answerTo('t-gate-item')).toBeNull();
  await thumb.page.close();
});

/** A page whose script has not come yet, and what lets it come. */
async function slowPage(
  where: string,
): Promise<{ page: Page; complaints: string[]; listens: () => Promise<void> }> {
  const { page, complaints } = await openPage(browser, 'phone');
  let letCome = (): void => undefined;
  const comes = new Promise<void>((now) => (letCome = now));
  await page.route('**/_app/immutable/**/*.js', async (route) => {
    await comes;
    await route.continue();
  });
  await page.goto(`${s.web}${where}`, { waitUntil: 'commit' });
  const listens = async (): Promise<void> => {
    const greeted = page.waitForResponse((r) => new URL(r.url()).pathname === '/greeting');
    letCome();
    await greeted;
  };
  return { page, complaints, listens };
}
/** For as long as it takes to read what stands there. */
const stoodStill = (page: Page): Promise<unknown> =>
  until('what is tapped to have stood there', () =>
    page.evaluate<boolean>(`(() => {
      const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity;
      const since = [...(window.early?.places.values() ?? [])].map((place) => place.sinceMs);
      return performance.now() - Math.max(paint, ...since) > 1100;
    })()`),
  );
inBrowser('a tap of these tests that a button did not take is made again, and no other', async () => {
  const { page } = await openPage(browser, 'phone');
  await page.setContent(`<button type="button">Approve</button>
    <script>
      let taps = 0;
      document.querySelector('button').onclick = (event) => {
        if (++taps < 3) event.preventDefault();
        event.target.dataset.taps = taps;
      };
    </script>`);
  const button = page.getByRole('button');
  await tap(button);
  expect(await button.getAttribute('data-taps')).toBe('3');
  await tap(button);
  expect(await button.getAttribute('data-taps')).toBe('4');
  await page.close();
});

inBrowser('a tap of these tests that went beside what moved away under it is made again', async () => {
  const { page } = await openPage(browser, 'phone');
  await page.setContent(`<button type="button">Approve</button>
    <script>
      const button = document.querySelector('button');
      const moved = () => { button.style.marginTop = '300px'; };
      button.addEventListener('pointerdown', moved, { once: true });
      button.onclick = () => { button.textContent = 'Approved'; };
    </script>`);
  await tap(page.getByRole('button'));
  expect(await page.getByRole('button').textContent()).toBe('Approved');
  await page.close();
});

const waitingPlan = async (task: string): Promise<string> =>
  seedItem(database.db, await seedTask(database.db, task), `${task}-plan`, 'plan', 'Plan, revision 1');

inBrowser('a tap before the page listens decides once it does', async () => {
  const plan = await waitingPlan('early-tap');
  const { page, complaints, listens } = await slowPage('/inbox');
  const approve = page.locator(`#main #item-${plan}`).getByRole('button', { name: 'Approve' });
  await approve.waitFor();
  await stoodStill(page);
  // Nothing happens, and so it is tapped once more.
  await approve.tap({ force: true });
  await approve.tap({ force: true });
  await listens();
  await until('the answer', async () => (await answerTo(plan))?.decision === 'approve');
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser('a tap before the page listens decides nothing when something else is there by then', async () => {
  const [moved, fresh] = [await waitingPlan('early-moved'), await waitingPlan('early-fresh')];
  const { page, complaints, listens } = await slowPage('/inbox');
  const approve = page.locator(`#main #item-${moved}`).getByRole('button', { name: 'Approve' });
  await approve.waitFor();
  await stoodStill(page);
  await approve.tap({ force: true });
  await page.locator('[data-heard]').waitFor();
  // In the page itself, so that nothing hangs on how fast this machine is: the other one is tapped in the moment
  // in which it comes to where the finger is.
  await page.evaluate(`{
    const buttons = document.querySelectorAll('#main #item-${fresh} button');
    const button = [...buttons].find((one) => one.textContent.trim() === 'Approve');
    document.querySelector('#main').style.paddingTop = '300px';
    button.scrollIntoView();
    const { x, y } = button.getBoundingClientRect();
    const at = { clientX: x + 9, clientY: y + 9, detail: 1, bubbles: true, cancelable: true };
    button.dispatchEvent(new MouseEvent('click', at));
  }`);
  await listens();
  const later = page.locator(`#main #item-${moved}`).getByRole('button', { name: 'Later' });
  await until('the page to listen', async () => (await later.getAttribute('aria-disabled')) === null);
  await until(
    'nothing to wait for being played',
    async () => (await page.locator('[data-heard]').count()) === 0,
  );
  const decided = await page.locator('#main [data-row]').filter({ has: page.getByRole('button', { name: 'Undo', exact: true }) }).evaluateAll((rows) => rows.map((row) => row.id)); // prettier-ignore
  expect(decided).toEqual([]);
  expect([await answerTo(moved), await answerTo(fresh)]).toEqual([null, null]);
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser('words that were typed and sent before the page listens arrive', async () => {
  const { page, complaints, listens } = await slowPage('/');
  const field = page.getByRole('textbox', { name: 'Message' });
  await field.fill('Typed on a slow phone.');
  await stoodStill(page);
  await page.getByRole('button', { name: 'Send', exact: true }).tap({ force: true });
  await listens();
  await until(
    'the message',
    async () =>
      (await database.db.query("select 1 from messages where text like 'Typed on a slow phone.%'")).rows
        .length === 1,
  );
  expect(complaints).toEqual([]);
  await page.close();
});
