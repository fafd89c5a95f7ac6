// What stays in reach: words whose item has gone, the focus, what is told by name, a task beside the chat,
// the width of the inbox. The pages and the api alone, on a seeded database.
import { OWNER } from '@mainloop/models/flow/ids';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { inboxClosed, inboxOpened } from '@mainloop/models/events/inbox';
import { proposalExpired } from '@mainloop/models/events/proposals';
import { hasBrowser, openPage, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { DRAFT, seedItem, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';

let database: TestDatabase;
let s: Pages;
let browser: Browser;
const SIZES = ['phone', 'desktop'] as const;
type Size = (typeof SIZES)[number];
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `reach-${name}.png`);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage((db) => seedProject(db, 'pr-1', 'acme/api'));
  ({ database, pages: s } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());
let n = 0;
const fresh = (): string => `re${++n}`;
// Each test has the inbox to itself.
beforeEach(async () => {
  await database.db.query("update inbox_items set state = 'closed' where state = 'open'");
  await database.db.query("update proposals set state = 'declined' where state = 'open'");
  await database.db.query(
    "update tasks set state = 'cancelled', ended_at = now() - interval '2 days', failure = null where ended_at is null",
  );
});
const open = async (size: Size, where: string): Promise<{ page: Page; complaints: string[] }> => {
  const opened = await openPage(browser, size);
  await visit(opened.page, `${s.web}${where}`);
  return opened;
};
const settled = (button: Locator): Promise<unknown> =>
  until('the button to have settled', async () => (await button.getAttribute('aria-disabled')) === null);

inBrowser.each(SIZES)(
  'words for what was decided elsewhere are shown until they are copied or dropped, %s',
  async (size) => {
    const task = await seedTask(database.db, fresh());
    const plan = await seedItem(database.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${plan}`);
    await settled(card.getByRole('button', { name: 'Change it' }));
    await card.getByRole('button', { name: 'Change it' }).click();
    await card.getByRole('textbox').fill('Leave the old name as it is.');
    expect(await page.getByRole('region', { name: 'Not sent' }).count()).toBe(0);
    await appendOnce(
      database.db,
      [inboxClosed.new({ taskId: task, actor: 'test', payload: { id: plan, why: 'Decided on GitHub.' } })],
      OWNER,
    );
    const left = page.locator(`[data-unsent="item/${plan}"]`);
    await left.getByText('Leave the old name as it is.').waitFor();
    await page.screenshot({ path: shot(`not-sent-${size}`) });
    await visit(page, `${s.web}/inbox`);
    await left.getByText(`Task ${task}`).waitFor();
    await settled(left.getByRole('button', { name: 'Drop' }));
    await left.getByRole('button', { name: 'Drop' }).click();
    await left.waitFor({ state: 'detached' });
    await visit(page, `${s.web}/inbox`);
    await page.getByRole('region', { name: 'Needs you' }).waitFor();
    expect(await left.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

/** What has the focus, by its name. */
const focusOf = (page: Page): Promise<string> => page.evaluate<string>("document.activeElement.getAttribute('data-row') === null ? document.activeElement.textContent.trim() : document.activeElement.id"); // prettier-ignore

inBrowser.each(SIZES)(
  'the focus goes on after a decision and back after a form, never to the top of the page, %s',
  async (size) => {
    const plan = await seedItem(
      database.db,
      await seedTask(database.db, fresh()),
      `${fresh()}-p`,
      'plan',
      'Plan, revision 1',
    );
    const { id } = await seedProposal(database.db, fresh(), 3_600_000);
    // Below it stands what is folded away: what was, and what was put off with words begun for it.
    const [past, later] = [await seedTask(database.db, fresh()), await seedTask(database.db, fresh())];
    await database.db.query(
      "update tasks set state = 'cancelled', ended_at = now() - interval '2 days' where id = $1",
      [past],
    );
    await seedItem(database.db, later, `${later}-p`, 'plan', 'Plan, revision 1');
    await database.db.query(
      "update inbox_items set snoozed_until = now() + interval '3 hours' where id = $1",
      [`${later}-p`],
    );
    const { page, complaints } = await open(size, '/inbox');
    await page.evaluate(
      `localStorage.setItem('draft/item/${later}-p', JSON.stringify({ text: 'Begun.', at: Date.now() }))`,
    );
    await visit(page, `${s.web}/inbox`);
    const card = page.locator(`#item-${plan}`);
    await settled(card.getByRole('button', { name: 'Change it' }));
    // A form that is folded away takes no keys from anybody.
    await card.focus();
    await page.keyboard.press('j');
    await until('the next row to have it', async () => (await focusOf(page)) === `proposal-${id}`);
    await card.getByRole('button', { name: 'Change it' }).click();
    await card.getByRole('button', { name: 'Back' }).click();
    await until(
      'the button that opened the form to have it',
      async () => (await focusOf(page)) === 'Change it',
    );
    const proposed = page.locator(`#proposal-${id}`);
    await settled(proposed.getByRole('button', { name: 'Not now' }));
    await proposed.getByRole('button', { name: 'Not now' }).click();
    await until('what stands above it to have it', async () => (await focusOf(page)) === `item-${plan}`);
    const task = await seedTask(database.db, fresh());
    await visit(page, `${s.web}/task/${task}`);
    await page.getByRole('button', { name: 'Cancel task' }).click();
    await page.getByRole('alertdialog').waitFor();
    await page.keyboard.press('Escape');
    await until('the button that asked to have it', async () => (await focusOf(page)) === 'Cancel task');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'what comes is told by name to whoever listens, once, and a link to a failure leads to its card, %s',
  async (size) => {
    const { page, complaints } = await open(size, '/inbox');
    const news = page.locator('[data-news]');
    expect(await news.textContent()).toBe('');
    const task = await seedTask(database.db, fresh());
    await seedItem(database.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
    await until('it to be told', async () => (await news.textContent()) === `Plan: Task ${task}`);
    const failed = await seedTask(database.db, fresh());
    await seedItem(database.db, failed, `${failed}-f`, 'failure', 'CI is still red after 3 repairs.', [
      'Retry',
    ]);
    await until('that one alone', async () => (await news.textContent()) === `Stopped: Task ${failed}`);
    await visit(page, `${s.web}/inbox?item=${failed}-f`);
    await until('its card to have the focus', async () => (await focusOf(page)) === `item-${failed}-f`);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'what the agent recommends is marked, chosen by nobody but the person, and not part of the answer, %s',
  async (size) => {
    const task = await seedTask(database.db, fresh());
    const options = [{ label: 'Up' }, { label: 'Down', recommended: true }];
    await appendOnce(database.db, [inboxOpened.new({ taskId: task, actor: 'test', payload: { id: `${task}-q`, kind: 'question', title: 'Which way?', body: '', options } })], OWNER); // prettier-ignore
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${task}-q`);
    expect(await card.getByText('Recommended').count()).toBe(1);
    await settled(card.getByRole('button', { name: /Down.*Recommended/ }));
    expect(await card.locator('[aria-pressed=true], [aria-checked=true], :checked').count()).toBe(0);
    await page.screenshot({ path: shot(`recommended-${size}`) });
    await card.getByRole('button', { name: /^Down/ }).click();
    await card.getByText('You answered “Down”.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser(
  'on a desktop a task opens beside the chat, its card stands once, it goes on living there, and Escape closes it',
  async () => {
    const task = await seedTask(database.db, fresh());
    const plan = await seedItem(database.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
    const { page, complaints } = await open('desktop', '/');
    const panel = page.locator('[data-beside-chat]');
    await page.locator(`#item-${plan}`).getByRole('link', { name: 'View task' }).click();
    await panel.getByRole('heading', { level: 1, name: `Task ${task}` }).waitFor();
    await page.waitForURL(new RegExp(`/task/${task}$`));
    expect(await page.getByRole('textbox', { name: 'Message' }).isVisible()).toBe(true);
    expect(await page.locator(`#item-${plan}`).count()).toBe(1);
    expect(await panel.locator(`#item-${plan}`).count()).toBe(1);
    await page.screenshot({ path: shot('beside-chat') });
    await appendOnce(
      database.db,
      [inboxClosed.new({ taskId: task, actor: 'test', payload: { id: plan, why: 'Decided on GitHub.' } })],
      OWNER,
    );
    await panel.locator(`#item-${plan}`).waitFor({ state: 'detached' });
    // Words that are being written are no reason to close it.
    await panel.getByRole('textbox').last().fill('Mind the cents.');
    await page.keyboard.press('Escape');
    expect(await panel.count()).toBe(1);
    await panel.focus();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.waitForURL(/\/$/);
    await page.goBack();
    await panel.waitFor();
    // Opened anew it is a page of its own, with the same words in it.
    await visit(page, page.url());
    await page.getByRole('heading', { level: 1, name: `Task ${task}` }).waitFor();
    expect(await panel.count()).toBe(0);
    expect(await page.locator('#main').getByRole('textbox').last().inputValue()).toBe('Mind the cents.');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser(
  'on a desktop the inbox is as wide as it was drawn, by hand or by keys, within bounds, also after a reload',
  async () => {
    const { page, complaints } = await open('desktop', '/');
    const edge = page.getByRole('separator', { name: 'Width of the inbox' });
    const width = async (): Promise<number> =>
      Math.round((await page.getByRole('complementary', { name: 'Inbox' }).boundingBox())!.width);
    const is = (px: number): Promise<unknown> =>
      until(`${px} pixels`, async () => (await width()) === px, 10_000);
    await edge.waitFor();
    await is(400);
    await page.mouse.move(1_040, 400);
    await page.mouse.down();
    await page.mouse.move(940, 420, { steps: 4 });
    await page.mouse.up();
    await is(500);
    await edge.focus();
    await page.keyboard.press('ArrowRight');
    await is(480);
    await visit(page, `${s.web}/`);
    await edge.waitFor();
    await is(480);
    for (let i = 0; i < 20; i++) {
      await edge.focus();
      await page.keyboard.press('ArrowLeft');
    }
    await is(640);
    await edge.dblclick();
    await is(400);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'what comes down because the end of the page came nearer takes no tap, though nobody scrolled, %s',
  async (size) => {
    const [first, last] = [await seedTask(database.db, fresh()), await seedTask(database.db, fresh())];
    const body = Array.from({ length: 12 }, (_, i) => `Step ${i}.`).join('\n\n');
    for (const task of [first, last])
    await appendOnce(database.db, [inboxOpened.new({ taskId: task, actor: 'test', payload: { id: `${task}-p`, kind: 'plan', title: 'Plan, revision 1', body, options: [] } })], OWNER); // prettier-ignore
    const { page, complaints } = await open(size, '/inbox');
    const [above, below] = [page.locator(`#item-${first}-p`), page.locator(`#item-${last}-p`)];
    await settled(below.getByRole('button', { name: 'Change it' }));
    await below.getByRole('button', { name: 'Change it' }).click();
    await page.evaluate("document.querySelector('[data-scroll]').scrollTop = 1e6");
    const approve = above.getByRole('button', { name: 'Approve' });
    await settled(approve);
    // Looked at from within: on a busy machine it may take taps again before a test has asked.
    await page.evaluate(`{
    const button = document.querySelector('#item-${first}-p [data-key="a"]');
    const look = () => button.getAttribute('aria-disabled') === 'true' && button.setAttribute('data-was-held', '');
    new MutationObserver(look).observe(button, { attributeFilter: ['aria-disabled'] });
  }`);
    const y = async (): Promise<number> => (await approve.boundingBox())!.y;
    const before = await y();
    await below.getByRole('textbox').press('Escape');
    await below.getByRole('textbox').waitFor({ state: 'detached' });
    await until('it to have come down', async () => (await y()) > before + 20);
    await until(
      'it to have been held',
      async () => (await approve.getAttribute('data-was-held')) !== null,
      10_000,
    );
    await settled(approve);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'words kept for a question are not sent by a tap that was meant for the page before, %s',
  async (size) => {
    const task = await seedTask(database.db, fresh());
    await seedItem(database.db, task, `${task}-q`, 'question', 'What should it be called?');
    const { page, complaints } = await open(size, `/task/${task}`);
    const main = page.locator('#main');
    const answer = main.getByRole('button', { name: 'Answer' });
    await main.getByRole('textbox').last().fill('A name that is not ready');
    await settled(answer);
    const { x, y, width, height } = (await answer.boundingBox())!;
    await visit(page, `${s.web}/inbox`);
    await page
      .locator(`#item-${task}-q`)
      .getByRole('link', { name: `Task ${task}` })
      .click();
    await main.getByRole('heading', { level: 1, name: `Task ${task}` }).waitFor();
    const at = { x: x + width / 2, y: y + height / 2 };
    await (size === 'phone' ? page.touchscreen.tap(at.x, at.y) : page.mouse.click(at.x, at.y));
    await settled(answer);
    expect(await main.getByText('You answered').count()).toBe(0);
    // Meant, it goes.
    await answer.click();
    await main.getByText('You answered').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a proposal that goes away while it is changed leaves what was typed, in the inbox and after a reload, %s',
  async (size) => {
    const [gone, untouched] = [
      await seedProposal(database.db, fresh(), 3_600_000),
      await seedProposal(database.db, fresh(), 3_600_000, { ...DRAFT, title: 'Only opened' }),
    ];
    const { page, complaints } = await open(size, '/inbox');
    for (const { id } of [gone, untouched]) {
      const edit = page.locator(`#proposal-${id}`).getByRole('button', { name: 'Edit' });
      await settled(edit);
      await edit.click();
    }
    const field = page.locator(`#proposal-${gone.id}`).getByRole('textbox', { name: 'What to do' });
    await field.fill('No cent may be lost, and none made.');
    await field.press('Tab');
    for (const { id } of [gone, untouched])
      await appendOnce(database.db, [proposalExpired.new({ actor: 'test', payload: { id } })], OWNER);
    const left = page.locator(`[data-unsent="proposal/${gone.id}"]`);
    await left.getByText('No cent may be lost, and none made.').waitFor();
    await page.screenshot({ path: shot(`not-sent-proposal-${size}`) });
    await visit(page, `${s.web}/inbox`);
    await left.getByText('Keep the odd cent').first().waitFor();
    expect(await page.locator(`[data-unsent="proposal/${untouched.id}"]`).count()).toBe(0);
    await settled(left.getByRole('button', { name: 'Drop' }));
    await left.getByRole('button', { name: 'Drop' }).click();
    await left.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'words that were written while a decision could still be taken back are not thrown away with it, %s',
  async (size) => {
    const task = await seedTask(database.db, fresh());
    const question = await seedItem(database.db, task, `${task}-q`, 'question', 'Left or right?', [
      'Left',
      'Right',
    ]);
    const { page, complaints } = await open(size, `/task/${task}`);
    const left = page.locator('#main').getByRole('button', { name: 'Left' });
    await settled(left);
    await left.click();
    await page.getByRole('textbox', { name: 'Or type your own answer' }).last().fill('Straight on, I think.');
    await until(
      'the answer',
      async () =>
        (
          await database.db.query('select 1 from inbox_items where id = $1 and answer is not null', [
            question,
          ])
        ).rowCount === 1,
    );
    await visit(page, `${s.web}/inbox`);
    await page.locator(`[data-unsent="item/${question}"]`).getByText('Straight on, I think.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'words that are written before the page listens stand beside those that were kept, %s',
  async (size) => {
    const task = await seedTask(database.db, fresh());
    const question = await seedItem(database.db, task, `${task}-q`, 'question', 'What should it be called?');
    const { page, complaints } = await openPage(browser, size);
    await page.addInitScript(
      `localStorage.setItem('draft/item/${question}', JSON.stringify({ text: 'Kept.', at: Date.now() }))`,
    );
    let listen = (): void => undefined;
    const listening = new Promise<void>((go) => (listen = go));
    await page.route('**/_app/**/*.js', async (route) => {
      await listening;
      await route.continue();
    });
    await page.goto(`${s.web}/inbox`, { waitUntil: 'commit' });
    const field = page.locator(`#item-${question}`).getByRole('textbox');
    await field.fill('Typed.');
    listen();
    await until('both', async () => (await field.inputValue()) === 'Kept. Typed.');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'words that were begun for a revision are not thrown away by an approval, %s',
  async (size) => {
    const plan = await seedItem(database.db, await seedTask(database.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1'); // prettier-ignore
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${plan}`);
    await settled(card.getByRole('button', { name: 'Change it' }));
    await card.getByRole('button', { name: 'Change it' }).click();
    await card.getByRole('textbox').fill('Leave the old name.');
    await card.getByRole('button', { name: 'Back' }).click();
    await settled(card.getByRole('button', { name: 'Approve' }));
    await card.getByRole('button', { name: 'Approve' }).click();
    await page.locator(`[data-unsent="item/${plan}"]`).getByText('Leave the old name.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);
