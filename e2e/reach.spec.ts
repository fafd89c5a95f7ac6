// What stays in reach: words whose item has gone, the focus, what is told by name, a task beside the chat,
// the width of the inbox. The pages and the api alone, on a seeded database.
import { getSettings } from '@mainloop/models/db/projects/settings';
import { OWNER } from '@mainloop/models/flow/ids';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { inboxClosed, inboxOpened } from '@mainloop/models/events/inbox';
import { confirm } from '@mainloop/models/db/conversation/proposals';
import { proposalExpired } from '@mainloop/models/events/proposals';
import { taskStateChanged } from '@mainloop/models/events/tasks';
import { PLAIN } from '@mainloop/models/flow/status';
import {
  hasBrowser,
  openPage,
  settled,
  tap,
  tapOnOwnClock,
  visit,
  visitOnOwnClock,
} from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { DRAFT, emptyInbox, seedItem, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
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
beforeEach(() => emptyInbox(database.db));
const open = async (size: Size, where: string): Promise<{ page: Page; complaints: string[] }> => {
  const opened = await openPage(browser, size);
  await visit(opened.page, `${s.web}${where}`);
  return opened;
};

inBrowser.each(SIZES)(
  'words for what was decided elsewhere are shown until they are copied or dropped, %s',
  async (size) => {
    const task = await seedTask(database.db, fresh());
    const plan = await seedItem(database.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${plan}`);
    await tap(card.getByRole('button', { name: 'Change it' }));
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
    await tap(left.getByRole('button', { name: 'Drop' }));
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
    await tap(card.getByRole('button', { name: 'Change it' }));
    await tap(card.getByRole('button', { name: 'Back' }));
    await until(
      'the button that opened the form to have it',
      async () => (await focusOf(page)) === 'Change it',
    );
    const proposed = page.locator(`#proposal-${id}`);
    await tap(proposed.getByRole('button', { name: 'Not now' }));
    await until('what stands above it to have it', async () => (await focusOf(page)) === `item-${plan}`);
    const task = await seedTask(database.db, fresh());
    await visit(page, `${s.web}/task/${task}`);
    await tap(page.getByRole('button', { name: 'Cancel task' }));
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
    await tap(card.getByRole('button', { name: /^Down/ }));
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
    await tap(page.locator(`#item-${plan}`).getByRole('link', { name: 'View task' }));
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
    const is = (px: number): Promise<unknown> => until(`${px} pixels`, async () => (await width()) === px);
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
    await tap(below.getByRole('button', { name: 'Change it' }));
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
    await until('it to have been held', async () => (await approve.getAttribute('data-was-held')) !== null);
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
    await visitOnOwnClock(page, `${s.web}/inbox`);
    await tap(page.locator(`#item-${task}-q`).getByRole('link', { name: `Task ${task}` }));
    // However slow this machine is, the tap comes in the moment in which the page has come.
    const isThere = (): Promise<boolean> =>
      main.getByRole('heading', { level: 1, name: `Task ${task}` }).isVisible();
    await until('the task', async () => (await isThere()) || (await page.clock.runFor(20), false));
    const at = { x: x + width / 2, y: y + height / 2 };
    await (size === 'phone' ? page.touchscreen.tap(at.x, at.y) : page.mouse.click(at.x, at.y));
    await page.clock.resume();
    await settled(answer);
    expect(await main.getByText('You answered').count()).toBe(0);
    // Meant, it goes.
    await tap(answer);
    await main.getByText('You answered').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a form that comes late takes no word from whoever types elsewhere by then, %s',
  async (size) => {
    const { id } = await seedProposal(database.db, fresh(), 3_600_000);
    const { page, complaints } = await openPage(browser, size);
    // What a service worker asks for does not come by here.
    await page.addInitScript(
      "Object.defineProperty(ServiceWorkerContainer.prototype, 'register', { value: () => new Promise(() => {}) })",
    );
    let comes!: () => void;
    const late = new Promise<void>((resolve) => {
      comes = resolve;
    });
    let held = 0;
    await page.route('**/_app/immutable/**/*.js', async (route) => {
      const response = await route.fetch();
      const code = await response.text();
      // The code of the form alone: it asks where else a task could be done, and has a tall field.
      if (code.includes('/api/projects') && code.includes('min-h-40')) {
        held++;
        await late;
      }
      await route.fulfill({ response });
    });
    await visit(page, s.web);
    const card = page.locator(`#proposal-${id}`);
    await tap(card.getByRole('button', { name: 'Edit' }));
    const chat = page.getByLabel('Message', { exact: true });
    await chat.click();
    await page.keyboard.type('What is ');
    comes();
    await card.getByRole('textbox', { name: 'What to do' }).waitFor();
    await page.keyboard.type('going on?');
    expect([held, await chat.inputValue()]).toEqual([1, 'What is going on?']);
    await chat.fill('');
    // It is kept on every device: the next page would begin with it.
    await until('it to be kept no more', async () => {
      const kept = await database.db.query("select 1 from drafts where text like '%What is %'");
      return kept.rowCount === 0;
    });
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
      await tap(edit);
      // A form that is loaded takes the focus, and with it what is typed into another one.
      await until('its form to have the focus', () =>
        page.evaluate<boolean>(
          `document.activeElement.matches('#proposal-${id} input, #proposal-${id} textarea')`,
        ),
      );
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
    await tap(left.getByRole('button', { name: 'Drop' }));
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
    const { page, complaints } = await openPage(browser, size);
    await visitOnOwnClock(page, `${s.web}/task/${task}`);
    const left = page.locator('#main').getByRole('button', { name: 'Left' });
    await tapOnOwnClock(left);
    await page.getByRole('textbox', { name: 'Or type your own answer' }).last().fill('Straight on, I think.');
    await page.clock.resume();
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
    await tap(card.getByRole('button', { name: 'Change it' }));
    await card.getByRole('textbox').fill('Leave the old name.');
    await tap(card.getByRole('button', { name: 'Back' }));
    await tap(card.getByRole('button', { name: 'Approve' }));
    await page.locator(`[data-unsent="item/${plan}"]`).getByText('Leave the old name.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a proposal follows its task after the start, and the page of the task says what is usual, %s',
  async (size) => {
    const { id, digest } = await seedProposal(database.db, fresh(), 3_600_000);
    const { page, complaints } = await open(size, '/');
    const card = page.locator(`#proposal-${id}`);
    await card.getByRole('button', { name: 'Start' }).waitFor();
    const confirmed = await confirm(database.db, OWNER, id, { digest }, 'test');
    if (!confirmed.ok) throw new Error(confirmed.sentence);
    const { taskId } = confirmed;
    const stands = (state: 'drafting' | 'ci', phase: string): Promise<unknown> =>
      appendOnce(
        database.db,
        [taskStateChanged.new({ taskId, actor: 'test', payload: { state, phase, status: PLAIN } })],
        OWNER,
      );
    // Nobody touches the page: it says by itself how the task is.
    await stands('drafting', 'implement');
    await card.getByText('Claude is writing the change.').waitFor();
    await stands('ci', 'ci');
    await card.getByText('Waiting for CI.').waitFor();
    await page.screenshot({ path: shot(`follows-${size}`) });
    await visit(page, `${s.web}/task/${taskId}`);
    const usual = page.locator('[data-usual]');
    // Where too little was merged to tell nothing is said.
    expect(await usual.count()).toBe(0);
    for (const minutes of [20, 30, 70]) await merged(minutes);
    await visit(page, `${s.web}/task/${taskId}`);
    await usual.getByText('Usually 30 min from start to merge: the median of the last 3 here.').waitFor();
    await page.getByText('Now · Step 3 of 4, checks').waitFor();
    await page.screenshot({ path: shot(`usual-${size}`) });
    await database.db.query("update tasks set state = 'cancelled' where state = 'done'");
    expect(complaints).toEqual([]);
    await page.close();
  },
);

/** A task that was merged some minutes after its start. */
async function merged(minutes: number): Promise<void> {
  const task = await seedTask(database.db, fresh());
  await database.db.query(
    `update tasks set state = 'done', ended_at = created_at + $2 * interval '1 minute' where id = $1`,
    [task, minutes],
  );
}

/** What the server has of a draft; '' too where it has nothing. */
const keptOf = async (key: string): Promise<string> =>
  (await database.db.query<{ text: string }>('select text from drafts where key = $1', [key])).rows[0]
    ?.text ?? '';

inBrowser.each(SIZES)(
  'what was begun on one device goes on on another, stays on both until it is sent, and is on none after it, %s',
  async (size) => {
    const planned = await seedTask(database.db, fresh());
    const plan = await seedItem(database.db, planned, `${planned}-p`, 'plan', 'Plan, revision 1');
    const asked = await seedTask(database.db, fresh());
    const question = await seedItem(
      database.db,
      asked,
      `${asked}-q`,
      'question',
      'What should it be called?',
    );
    const { id } = await seedProposal(database.db, fresh(), 3_600_000);
    // Two browsers that share nothing: the one of this size, and the other one.
    const one = await open(size, '/inbox');
    const card = one.page.locator(`#item-${plan}`);
    await tap(card.getByRole('button', { name: 'Change it' }));
    await card.getByRole('textbox').fill('Leave the old name');
    await one.page.locator(`#item-${question}`).getByRole('textbox').fill('Ledger');
    const proposed = one.page.locator(`#proposal-${id}`);
    await tap(proposed.getByRole('button', { name: 'Edit' }));
    await proposed.getByLabel('Title').fill('Keep every cent');
    await until('all of it to be kept', async () => (await keptOf(`proposal/${id}`)).includes('every cent'));
    await until(
      'the revision to be kept',
      async () => (await keptOf(`item/${plan}`)) === 'Leave the old name',
    );
    await until('the answer to be kept', async () => (await keptOf(`item/${question}`)) === 'Ledger');

    const two = await open(size === 'phone' ? 'desktop' : 'phone', '/inbox');
    const there = two.page.locator(`#item-${plan}`).getByRole('textbox');
    await until('the revision to be there', async () => (await there.inputValue()) === 'Leave the old name');
    const title = two.page.locator(`#proposal-${id}`).getByLabel('Title');
    await until('the edited title to be there', async () => (await title.inputValue()) === 'Keep every cent');
    await two.page.screenshot({ path: shot(`drafts-${size}`) });
    // Gone on with there, and sent from there.
    await there.fill('Leave the old name, it is in the docs');
    await until('it to be kept', async () => (await keptOf(`item/${plan}`)).endsWith('in the docs'));
    await visit(one.page, `${s.web}/inbox`);
    const here = one.page.locator(`#item-${plan}`).getByRole('textbox');
    await until('it to be here', async () => (await here.inputValue()).endsWith('in the docs'));
    const send = two.page.locator(`#item-${plan}`).getByRole('button', { name: 'Send' });
    await tap(send);
    await two.page.locator(`#item-${plan}`).waitFor({ state: 'detached' });
    await until('it to be kept no longer', async () => (await keptOf(`item/${plan}`)) === '');
    // It is not called unsent on the device that did not send it.
    await visit(one.page, `${s.web}/inbox`);
    await until(
      'nothing of it to be left here',
      async () => !(await one.page.evaluate<string>('JSON.stringify(localStorage)')).includes('old name'),
    );
    await one.page.locator(`[data-unsent="item/${plan}"]`).waitFor({ state: 'detached' });
    expect([...one.complaints, ...two.complaints]).toEqual([]);
    await one.page.close();
    await two.page.close();
  },
);

/** What is written there goes to no other device, @returns until it does again. */
async function cutOff(page: Page): Promise<() => Promise<unknown>> {
  await page.evaluate(`{
    const send = fetch;
    globalThis.isCutOff = true;
    globalThis.fetch = (to, how) => (isCutOff && to === '/api/drafts' ? Promise.reject(new TypeError('cut off')) : send(to, how));
  }`);
  return () => page.evaluate("isCutOff = false; dispatchEvent(new Event('online'))");
}
const isWrittenDown = (page: Page, key: string, words: string): Promise<unknown> =>
  until('it to be written down', () =>
    page.evaluate<boolean>(`(localStorage.getItem('draft/${key}') ?? '').includes('${words}')`),
  );

inBrowser('a form that two devices wrote at once shows both, and the person says which', async () => {
  const [one, two] = [await open('phone', '/skills'), await open('desktop', '/skills')];
  const field = (page: Page): Locator => page.locator('#skill-prompt');
  const also = (page: Page): Locator => page.getByRole('group', { name: 'Also written on another device' });
  const back = await cutOff(two.page);
  await field(one.page).fill('Fix what lint says.');
  await until('it to be kept', async () => (await keptOf('form/skill')).includes('lint says'));
  await field(two.page).fill('Bump what is old, one by one.');
  await isWrittenDown(two.page, 'form/skill', 'one by one');
  await back();
  await also(two.page).getByText('Fix what lint says.').waitFor();
  expect(await field(two.page).inputValue()).toBe('Bump what is old, one by one.');
  await two.page.screenshot({ path: shot('also-written') });
  await visit(one.page, `${s.web}/skills`);
  const use = also(one.page).getByRole('button', { name: 'Use it' });
  await tap(use);
  await until(
    'it to stand there',
    async () => (await field(one.page).inputValue()) === 'Fix what lint says.',
  );
  const drop = also(one.page).getByRole('button', { name: 'Drop it' });
  await also(one.page).getByText('Bump what is old, one by one.').waitFor();
  await tap(drop);
  await also(one.page).waitFor({ state: 'detached' });
  await until('one to be left', async () => !(await keptOf('form/skill')).includes('Bump'));
  await visit(two.page, `${s.web}/skills`);
  await until('it to be there', async () => (await field(two.page).inputValue()) === 'Fix what lint says.');
  expect(await also(two.page).count()).toBe(0);
  expect([...one.complaints, ...two.complaints].filter((said) => !/Failed to fetch/.test(said))).toEqual([]);
  await one.page.close();
  await two.page.close();
});

inBrowser(
  'a setting that two devices wrote at once shows both values, and the person says which',
  async () => {
    const [one, two] = [await open('phone', '/settings'), await open('desktop', '/settings')];
    const field = (page: Page): Locator => page.getByRole('spinbutton', { name: 'Agents running at once' });
    const setting = two.page.locator('[data-setting]', { has: field(two.page) });
    const also = setting.getByRole('group', { name: 'Also written on another device' });
    const back = await cutOff(two.page);
    await field(one.page).fill('7');
    await until('it to be kept', async () => (await keptOf('setting/maxRuns')).includes('7'));
    await field(two.page).fill('9');
    await isWrittenDown(two.page, 'setting/maxRuns', '9');
    await back();
    await also.getByText('7', { exact: true }).waitFor();
    expect(await field(two.page).inputValue()).toBe('9');
    await two.page.screenshot({ path: shot('setting-also-written') });
    // With both in sight, leaving the field saves none of them.
    await tap(also.getByRole('button', { name: 'Use it' }));
    await until('it to stand there', async () => (await field(two.page).inputValue()) === '7');
    await also.getByText('9', { exact: true }).waitFor();
    await tap(setting.getByRole('button', { name: 'Save Agents running at once' }));
    await setting.getByText('Saved', { exact: true }).waitFor();
    await also.waitFor({ state: 'detached' });
    await until('nothing to be kept', async () => (await keptOf('setting/maxRuns')) === '');
    expect((await getSettings(database.db, OWNER)).maxRuns).toBe(7);
    expect([...one.complaints, ...two.complaints].filter((said) => !/Failed to fetch/.test(said))).toEqual(
      [],
    );
    await one.page.close();
    await two.page.close();
  },
);

inBrowser.each(SIZES)(
  'two devices that write at once, one of them cut off for a while, lose no word, %s',
  async (size) => {
    const one = await open(size, '/');
    const two = await open(size === 'phone' ? 'desktop' : 'phone', '/');
    const field = (page: Page): Locator => page.getByLabel('Message', { exact: true });
    const back = await cutOff(two.page);
    await field(one.page).fill('Rename the table.');
    await until('it to be kept', async () => (await keptOf('chat')) === 'Rename the table.');
    await field(two.page).fill('And keep the old column.');
    await isWrittenDown(two.page, 'chat', 'old column');
    await back();
    const both = 'Rename the table. And keep the old column.';
    await until('both to be kept', async () => (await keptOf('chat')) === both);
    await until('both to stand there', async () => (await field(two.page).inputValue()) === both);
    await visit(one.page, `${s.web}/`);
    await until('both to stand here', async () => (await field(one.page).inputValue()) === both);
    // Words that are sent the moment they were typed do not come back.
    await field(one.page).fill('Now');
    await tap(one.page.getByRole('button', { name: 'Send' }));
    await until('them to be kept no longer', async () => (await keptOf('chat')) === '');
    await visit(two.page, `${s.web}/`);
    await until(
      'the other one to have let go of them',
      async () => (await field(two.page).inputValue()) === '',
    );
    expect(await field(one.page).inputValue()).toBe('');
    expect([...one.complaints, ...two.complaints].filter((words) => !/Failed to fetch/.test(words))).toEqual(
      [],
    );
    await one.page.close();
    await two.page.close();
  },
);

inBrowser.each(SIZES)(
  'what comes under the finger because the page went on to the next card by itself takes no tap, %s',
  async (size) => {
    const plans: string[] = [];
    for (let i = 0; i < 9; i++) {
      const task = await seedTask(database.db, fresh());
      plans.push(await seedItem(database.db, task, `${task}-p`, 'plan', 'Plan, revision 1'));
    }
    const { page, complaints } = await open(size, '/inbox');
    const cards = page.locator('[data-decides] [data-key=a]');
    await until('all of them to be there', async () => (await cards.count()) === plans.length);
    for (let i = 0; i < plans.length; i++) await settled(cards.nth(i));
    // In the page itself, so that nothing hangs on how fast this machine is: two clicks of a mouse, the second
    // one on what has come up in the same moment.
    const [first, second] = await page.evaluate<[string, string]>(`(() => {
      const rows = [...document.querySelectorAll('[data-decides]')].filter((row) => row.querySelector('[data-key=a]'));
      // The scrolled part ends where the next one is cut off.
      const i = rows.findIndex((row, n) => n + 1 < rows.length && rows[n + 1].getBoundingClientRect().bottom > row.closest('[data-scroll], main').getBoundingClientRect().bottom);
      const [one, other] = [rows[i], rows[i + 1]];
      const press = (row) => row.querySelector('[data-key=a]').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 }));
      const before = other.getBoundingClientRect().y;
      press(one);
      if (other.getBoundingClientRect().y === before) throw new Error('nothing moved');
      press(other);
      return [one.dataset.decides, other.dataset.decides];
    })()`);
    const held = await page.evaluate<string[]>(
      "Object.keys(localStorage).filter((key) => key.startsWith('held/'))",
    );
    expect(held).toEqual([`held/${first}`]);
    expect(second).not.toBe(first);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'what was typed for a project to be added is there after a reload, %s',
  async (size) => {
    const { page, complaints } = await open(size, '/projects');
    await page.locator('#source').fill('acme/ledger');
    await page.locator('#folder').fill('packages/a');
    await visit(page, `${s.web}/projects`);
    await until('the repository', async () => (await page.locator('#source').inputValue()) === 'acme/ledger');
    await until('the folder', async () => (await page.locator('#folder').inputValue()) === 'packages/a');
    expect(complaints).toEqual([]);
    await page.close();
  },
);
