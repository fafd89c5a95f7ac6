// The inbox under a thumb: what was not aimed at is not decided, what was typed is kept, and one number tells what waits.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { OWNER } from '@mainloop/models/flow/ids';
import { appendOnce } from '@mainloop/models/db/log';
import type { ProjectSettings } from '@mainloop/models/contracts/settings';
import { openPool, type Db } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { taskEnded, taskStateChanged } from '@mainloop/models/events/tasks';
import type { ItemKind } from '@mainloop/models/flow/events';
import type { ErrorCode } from '@mainloop/models/flow/outcomes';
import type { Status } from '@mainloop/models/flow/status';
import { hasBrowser, openBrowser, openPage, visit } from '@mainloop/testkit/browser';
import { DRAFT, seedItem, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';

let s: Stack;
let db: Db;
let browser: Browser;
const SIZES = ['phone', 'desktop'] as const;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `thumb-${name}.png`);

beforeAll(async () => {
  s = await startStack();
  db = openPool(s.databaseUrl, 'thumb-test');
  await seedProject(db, 'pr-1', 'acme/api');
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await db?.end();
  await s?.stop();
});

let n = 0;
const fresh = (): string => `th${++n}`;
// Each test has the inbox to itself.
beforeEach(async () => {
  await db.query("update inbox_items set state = 'closed' where state = 'open'");
  await db.query("update proposals set state = 'declined' where state = 'open'");
  await db.query("update tasks set state = 'cancelled', ended_at = now() - interval '2 days', failure = null where ended_at is null");
});

const stateOf = async (id: string): Promise<string> =>
  (await db.query<{ state: string }>('select state from inbox_items where id = $1', [id])).rows[0]!.state;
const answerOf = async (id: string): Promise<string | undefined> =>
  (await db.query<{ answer: { decision: string } | null }>('select answer from inbox_items where id = $1', [id])).rows[0]!.answer?.decision;
const open = async (size: (typeof SIZES)[number], where: string, dark = false): Promise<{ page: Page; complaints: string[] }> => {
  const opened = await openPage(browser, size, dark);
  await visit(opened.page, `${s.web}${where}`);
  return opened;
};
const plan = async (): Promise<string> => seedItem(db, await seedTask(db, fresh()), `${fresh()}-plan`, 'plan', 'Plan, revision 1');
const stopped = async (
  title: string,
  body: string,
  kind: ItemKind = 'failure',
  options: string[] = ['Retry'],
  errorCode?: ErrorCode,
): Promise<{ id: string; task: string }> => {
  const task = await seedTask(db, fresh());
  const id = `${task}-f`;
  await appendOnce(
    db,
    [
      inboxOpened.new({ taskId: task, actor: 'test', payload: { id, kind, title, body, options: options.map((label) => ({ label })), errorCode } }),
      taskStateChanged.new({ taskId: task, actor: 'test', payload: { state: 'blocked', phase: 'ci', status: { is: 'item', itemId: id } } }),
    ],
    OWNER,
  );
  return { id, task };
};
const settled = (b: Locator): Promise<unknown> => until('the button to have settled', async () => (await b.getAttribute('aria-disabled')) === null);
const tap = async (page: Page, size: (typeof SIZES)[number], at: { x: number; y: number }): Promise<void> =>
  size === 'phone' ? page.touchscreen.tap(at.x, at.y) : page.mouse.click(at.x, at.y);
const middle = async (b: Locator): Promise<{ x: number; y: number }> => {
  const box = (await b.boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};

inBrowser.each(SIZES)(
  'two taps on one point decide one thing: the card that came under the finger takes none until it has settled, %s',
  async (size) => {
    const [first, second] = [await plan(), await plan()];
    const { page, complaints } = await open(size, '/inbox');
    const approve = (id: string): Locator => page.locator(`#item-${id}`).getByRole('button', { name: 'Approve' });
    await settled(approve(first));
    const at = await middle(approve(first));
    await tap(page, size, at);
    await page.locator(`#item-${first}`).waitFor({ state: 'detached' });
    await tap(page, size, at);
    await page.screenshot({ path: shot(`settling-${size}`) });
    await settled(approve(second));
    expect([await answerOf(first), await stateOf(second)]).toEqual(['approve', 'open']);
    await tap(page, size, await middle(approve(second)));
    await until('the second, now that it was aimed at', async () => (await answerOf(second)) === 'approve');
    // A failure that moves up behaves alike.
    const [a, b] = [await stopped('It broke.', ''), await stopped('It broke too.', '')];
    const retry = page.getByRole('button', { name: 'Retry', exact: true });
    await retry.nth(1).waitFor();
    await settled(retry.nth(0));
    const where = await middle(retry.nth(0));
    await tap(page, size, where);
    await until('one to be gone', async () => (await page.locator('article').filter({ hasText: 'It broke' }).count()) === 1);
    await tap(page, size, where);
    await settled(retry);
    expect([a.id, b.id].sort()).toEqual([...(await openIds()), ...(await answered('retry', [a.id, b.id]))].sort());
    expect(await openIds()).toHaveLength(1);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
const openIds = async (): Promise<string[]> =>
  (await db.query<{ id: string }>("select id from inbox_items where state = 'open'")).rows.map((r) => r.id);
const answered = async (decision: string, ids: string[]): Promise<string[]> =>
  (await db.query<{ id: string }>("select id from inbox_items where id = any($1) and answer->>'decision' = $2", [ids, decision])).rows.map(
    (r) => r.id,
  );

inBrowser.each(SIZES)(
  'a gate is no failure with a Retry: it shows the lines, is put back or allowed, and what was allowed stays in red on the review, %s',
  async (size) => {
    const lines = 'test/sum.test.ts: deleted\ntest/odd.test.ts: a test is skipped';
    const gate = await stopped('The checks are green, but the change removes or skips tests.', lines, 'gate' as ItemKind, ['Put it back', 'Allow']);
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${gate.id}`);
    await card.getByText('test/sum.test.ts: deleted').waitFor();
    await card.getByRole('button', { name: 'Put it back' }).waitFor();
    expect(await card.getByRole('button', { name: 'Retry' }).count()).toBe(0);
    await expect(s.call('decide', { id: gate.id, body: { decision: 'retry' } })).rejects.toThrow(/takes allow or deny/);
    await settled(card.getByRole('button', { name: 'Allow' }));
    await page.screenshot({ path: shot(`gate-${size}`) });
    await card.getByRole('button', { name: 'Allow' }).click();
    await until('allowed', async () => (await answerOf(gate.id)) === 'allow');
    const review = await seedItem(db, gate.task, `${gate.task}-review`, 'review', 'Ready for review');
    const told = page.locator(`#item-${review}`).getByRole('list', { name: 'What you allowed' });
    await told.getByText('test/sum.test.ts: deleted').waitFor();
    await told.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`allowed-${size}`) });
    await page.goto(`${s.web}/task/${gate.task}`);
    await page.getByRole('region', { name: 'Story' }).getByText('You allowed: test/sum.test.ts: deleted').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)('what is typed fires no shortcut: a field that opens has the focus, and no key acts while a form is open, %s', async (size) => {
  const id = await plan();
  const { page, complaints } = await open(size, '/inbox');
  const card = page.locator(`#item-${id}`);
  await settled(card.getByRole('button', { name: 'Change it' }));
  await card.focus();
  await page.keyboard.press('r');
  await page.keyboard.type('smaller steps as asked');
  expect(await card.getByRole('textbox').inputValue()).toBe('smaller steps as asked');
  // The hand slips off the field: its letters still do nothing.
  await card.focus();
  await page.keyboard.type('sa');
  expect(await page.evaluate<string>('document.activeElement.id')).toBe(`item-${id}`);
  await page.screenshot({ path: shot(`form-${size}`) });
  const row = (await db.query<{ snoozed_until: Date | null; state: string }>('select snoozed_until, state from inbox_items where id = $1', [id]))
    .rows[0]!;
  expect([row.snoozed_until, row.state]).toEqual([null, 'open']);
  await card.getByRole('button', { name: 'Back' }).click();
  await card.focus();
  await page.keyboard.press('s');
  await until(
    'later, now that no form is open',
    async () => (await db.query<{ later: boolean }>('select snoozed_until is not null as later from inbox_items where id = $1', [id])).rows[0]!.later,
  );
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)(
  'what was written stays until it is sent: the chat on another tab, a revision and an answer of its own over a reload, %s',
  async (size) => {
    const id = await plan();
    const asked = await seedItem(db, await seedTask(db, fresh()), `${fresh()}-q`, 'question', 'Which way?', ['Left', 'Right']);
    const { page, complaints } = await open(size, '/');
    await page.getByLabel('Message', { exact: true }).fill('half a thought');
    await page.goto(`${s.web}/inbox`);
    await page.locator(`#item-${id}`).getByRole('button', { name: 'Change it' }).click();
    await page.locator(`#item-${id}`).getByRole('textbox').fill('half a revision');
    await page.locator(`#item-${asked}`).getByRole('textbox').fill('half an answer');
    await Promise.all([page.waitForResponse((r) => new URL(r.url()).pathname === '/greeting'), page.reload()]);
    const value = (b: Locator, words: string): Promise<unknown> => until(words, async () => (await b.inputValue()) === words);
    await value(page.locator(`#item-${id}`).getByRole('textbox'), 'half a revision');
    await value(page.locator(`#item-${asked}`).getByRole('textbox'), 'half an answer');
    await page.goto(`${s.web}/`);
    await value(page.getByLabel('Message', { exact: true }), 'half a thought');
    await page.goto(`${s.web}/inbox`);
    await page.locator(`#item-${id}`).getByRole('button', { name: 'Send' }).click();
    await until('sent', async () => (await answerOf(id)) === 'revise');
    await page.locator(`#item-${id}`).waitFor({ state: 'detached' });
    expect(await page.evaluate<string>('JSON.stringify(localStorage)')).not.toContain('half a revision');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)('the chat follows at its end only: elsewhere it stays, and a pill says how much is new, %s', async (size) => {
  const say = (text: string): Promise<unknown> =>
    appendOnce(db, [messageSaid.new({ actor: 'test', payload: { id: `m-${fresh()}`, role: 'assistant', text, turnId: null } })], OWNER);
  for (let i = 0; i < 40; i++) await say(`Line ${i} of what was said.`);
  const { page, complaints } = await open(size, '/');
  const top = (): Promise<number> => page.evaluate<number>("document.querySelector('[data-thread]').scrollTop");
  await until('the end to be in sight', async () => (await top()) > 300);
  await page.evaluate(
    "new Promise((r) => { document.querySelector('[data-thread]').scrollTop = 40; requestAnimationFrame(() => requestAnimationFrame(r)); })",
  );
  await seedTask(db, fresh());
  const asked = await seedItem(db, `th${n}`, `${fresh()}-q`, 'question', 'Does this move it?');
  await until('the event to be seen', async () => (await page.title()).includes('(1)'));
  expect(await top()).toBe(40);
  await say('Something new.');
  const pill = page.getByRole('button', { name: '1 new message' });
  await pill.waitFor();
  expect(await top()).toBe(40);
  await page.screenshot({ path: shot(`pill-${size}`) });
  await pill.click();
  await until('the end', async () => (await top()) > 300);
  expect(await pill.count()).toBe(0);
  await say('And one more.');
  await page.getByText('And one more.').waitFor();
  await until('to have followed', () =>
    page.evaluate<boolean>(
      "(() => { const b = document.querySelector('[data-thread]'); return b.scrollHeight - b.scrollTop - b.clientHeight < 24; })()",
    ),
  );
  expect(asked).toBeTruthy();
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)(
  'one number counts all that is stopped on the person, failures come before what works, and later says until when, %s',
  async (size) => {
    const id = await plan();
    await stopped('CI is still red after 3 repairs.', '');
    await stopped('The budget of this task is spent. Raise it and retry, or cancel.', '', 'failure', ['Retry'], 'budget');
    await seedProposal(db, `count-${size}`);
    await seedTask(db, fresh());
    await db.query("update tasks set state = 'drafting' where id = $1", [`th${n}`]);
    const { page, complaints } = await open(size, '/inbox');
    await until('four in the name of the page', async () => (await page.title()).startsWith('(4)'));
    const needs = page.getByRole('region', { name: 'Needs you' });
    expect((await needs.getByRole('heading', { level: 2 }).first().textContent())!.replace(/\s+/g, ' ')).toContain('4');
    const y = async (name: string): Promise<number> => (await page.getByRole('heading', { name: new RegExp(name), level: 2 }).boundingBox())!.y;
    expect(await y('Failed')).toBeLessThan(await y('Working'));
    await page.screenshot({ path: shot(`counts-${size}`), fullPage: true });
    const card = page.locator(`#item-${id}`);
    await card.getByRole('button', { name: 'Later' }).click();
    await until('three', async () => (await page.title()).startsWith('(3)'));
    await page.locator('summary', { hasText: 'Later' }).click();
    await card.getByText(/Back (today|tomorrow) at \d\d:\d\d/).waitFor();
    expect(
      await page
        .getByRole('region', { name: 'Working' })
        .getByText((await taskOf(id)) ?? '')
        .count(),
    ).toBe(0);
    await page.screenshot({ path: shot(`later-${size}`), fullPage: true });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
const taskOf = async (id: string): Promise<string | undefined> =>
  (await db.query<{ title: string }>('select t.title from inbox_items i join tasks t on t.id = i.task_id where i.id = $1', [id])).rows[0]?.title;

inBrowser.each(SIZES)(
  'a pause and a cancellation are no failures, a confirmation is in sight, and a message at the foot covers nothing, %s',
  async (size) => {
    const paused = await stopped('Paused by you. Resume continues from here.', '', 'failure', ['Retry'], 'paused');
    const id = await plan();
    const { page, complaints } = await open(size, '/inbox');
    const row = page.locator('article').filter({ hasText: 'Paused by you. Resume continues from here.' });
    await row.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await row.locator('.text-bad').count()).toBe(0);
    expect(await page.getByRole('heading', { name: /Failed/ }).count()).toBe(0);
    await page.screenshot({ path: shot(`paused-${size}`) });
    await page.locator(`#item-${id}`).getByRole('button', { name: 'Approve' }).click();
    const note = page.getByRole('status').filter({ hasText: 'Approved.' }).last();
    await page.locator(`#item-${id}`).waitFor({ state: 'detached' });
    await note.waitFor();
    await page.screenshot({ path: shot(`note-${size}`) });
    const at = (await note.boundingBox())!;
    const covered = await page.evaluate<string[]>(`(() => {
      const [x, y, w, h] = ${JSON.stringify([at.x, at.y, at.width, at.height])};
      return [...document.querySelectorAll('main button, main a, main textarea, nav a')].filter((e) => {
        const r = e.getBoundingClientRect();
        const box = e.closest('[data-scroll]')?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight };
        const [top, bottom] = [Math.max(r.top, box.top), Math.min(r.bottom, box.bottom)];
        return r.width > 0 && bottom > top && !e.closest('[data-notes]') && r.left < x + w && r.right > x && top < y + h && bottom > y;
      }).map((e) => e.textContent);
    })()`);
    expect(covered).toEqual([]);

    await page.goto(`${s.web}/task/${paused.task}`);
    await page.getByRole('button', { name: 'Cancel task' }).click();
    const ask = page.getByRole('alertdialog');
    await ask.waitFor();
    const box = (await ask.boundingBox())!;
    await until('all of it in sight', async () => {
      const b = (await ask.boundingBox())!;
      return b.y >= 0 && b.y + b.height <= page.viewportSize()!.height;
    });
    expect(box.height).toBeGreaterThan(0);
    await page.screenshot({ path: shot(`confirm-${size}`) });
    await ask.getByRole('button', { name: 'Cancel the task' }).click();
    await appendOnce(db, [taskEnded.new({ taskId: paused.task, actor: 'test', payload: { state: 'cancelled', how: 'cancelled', left: '' } })], OWNER);
    const told = page.getByRole('region', { name: 'Story' }).getByText('You cancelled it.');
    await told.first().waitFor();
    expect(await page.getByRole('region', { name: 'Story' }).locator('.text-bad').count()).toBe(0);
    await page.screenshot({ path: shot(`cancelled-${size}`) });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)('settings say "Saved" beside the field that was changed, and a wrong value says so there and is not kept, %s', async (size) => {
  const { page, complaints } = await open(size, '/settings', size === 'desktop');
  let where = page.locator('#main');
  const field = (name: string): { input: Locator; says: (words: string) => Promise<void>; isSaved: () => Promise<void> } => {
    const input = where.getByLabel(name, { exact: true });
    const around = where.locator('[data-setting]').filter({ has: page.getByLabel(name, { exact: true }) });
    return {
      input,
      says: (words) => around.getByRole('alert').getByText(words).waitFor(),
      isSaved: () => around.getByRole('status').getByText('Saved', { exact: true }).waitFor(),
    };
  };
  const change = async (name: string, to: string): Promise<ReturnType<typeof field>> => {
    const f = field(name);
    await f.input.fill(to);
    await f.input.blur();
    return f;
  };
  const kept = (): Promise<{ chatModel: string; maxRuns: number }> => s.call('getSettings');
  await (await change('The model you talk to', 'claude-haiku-5-5')).isSaved();
  await (await change('The model you talk to', 'banana')).says('There is no model of that name.');
  expect(await field('The model you talk to').input.getAttribute('aria-invalid')).toBe('true');
  expect((await kept()).chatModel).toBe('claude-haiku-5-5');
  await (await change('Agents that may work at the same time', '0')).says('Agents at once should be 1 at least.');
  await page.screenshot({ path: shot(`settings-${size}`), fullPage: true });
  await (await change('Agents that may work at the same time', '5')).isSaved();
  expect((await kept()).maxRuns).toBe(5);
  await (await change('The model you talk to', 'claude-sonnet-5-5')).isSaved();

  await visit(page, `${s.web}/projects`);
  where = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'acme/api' }) });
  await (await change('Model', 'gpt-9')).says('There is no model of that name.');
  const dollars = size === 'phone' ? 7 : 8;
  await (await change('Budget per task, in dollars', String(dollars))).isSaved();
  const projects = await s.call('listProjects');
  const { model, budgetCents } = projects.find((p) => p.id === 'pr-1')!.settings as ProjectSettings;
  expect([model, budgetCents]).toEqual([undefined, dollars * 100]);
  await page.screenshot({ path: shot(`projects-${size}`), fullPage: true });
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('"what is going on?" gives a card for each task that is open, and each card leads to its task, %s', async (size) => {
  const [one, two] = [await seedTask(db, fresh()), await seedTask(db, fresh())];
  const { page, complaints } = await open(size, '/');
  await page.getByLabel('Message', { exact: true }).fill('What is going on right now?');
  await page.getByRole('button', { name: 'Send' }).click();
  const cards = page.getByRole('list', { name: 'Tasks' }).last();
  for (const id of [one, two]) await cards.getByRole('link', { name: `Task ${id}` }).waitFor();
  await page.screenshot({ path: shot(`going-on-${size}`) });
  await cards.getByRole('link', { name: `Task ${two}` }).click();
  await page.getByRole('heading', { name: `Task ${two}`, level: 1 }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('no card stands twice on the page of its task, and no button is pale because the page has just opened, %s', async (size) => {
  const task = await seedTask(db, fresh());
  const id = await seedItem(db, task, `${task}-plan`, 'plan', 'Plan, revision 1');
  const broken = await stopped('CI is still red after 3 repairs.', '');
  const { page, complaints } = await openPage(browser, size);
  await page.addInitScript(`(() => {
    globalThis.palest = 1;
    const look = () => {
      for (const b of document.querySelectorAll('article button, article a.btn'))
        globalThis.palest = Math.min(globalThis.palest, Number(getComputedStyle(b).opacity));
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })()`);
  await visit(page, `${s.web}/task/${task}`);
  const approve = page.locator('#main').getByRole('button', { name: 'Approve' });
  await settled(approve);
  expect(await page.evaluate<number>('globalThis.palest')).toBe(1);
  expect(await page.locator(`[id="item-${id}"]`).count()).toBe(1);
  await page.screenshot({ path: shot(`once-${size}`) });
  await visit(page, `${s.web}/task/${broken.task}`);
  await page.locator('#main').getByRole('button', { name: 'Retry' }).waitFor();
  expect(await page.getByRole('button', { name: 'Retry' }).filter({ visible: true }).count()).toBe(1);
  // Another task's card is beside it on the desktop, for this page does not show it.
  expect(await page.locator(`[id="item-${id}"]`).filter({ visible: true }).count()).toBe(size === 'desktop' ? 1 : 0);
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)(
  'a decision can be taken back until it goes out, by its button and by the key u; what is not taken back goes out when the page goes, %s',
  async (size) => {
    const [first, second] = [await plan(), await plan()];
    const task = await seedTask(db, fresh());
    const asked = await seedItem(db, task, `${task}-q`, 'question', 'Which way?', ['Left', 'Right']);
    const broken = await stopped('CI is still red after 3 repairs.', '');
    const offer = await seedProposal(db, `undo-${size}`);
    const { page, complaints } = await openPage(browser, size);
    const card = (id: string): Locator => page.locator(`#item-${id}`);
    // The page's own clock goes on when the test says so: nothing goes out before it was looked at, however slow this machine is.
    await page.clock.install();
    await visit(page, `${s.web}/inbox`);
    await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 5_000);
    await page.clock.runFor(2_000);
    const takeBack = async (where: Locator, button: string): Promise<void> => {
      await where.getByRole('button', { name: button, exact: true }).click();
      const undo = where.getByRole('button', { name: 'Undo' });
      await undo.waitFor();
      await page.clock.runFor(2_000);
      await undo.click();
      await where.getByRole('button', { name: button, exact: true }).waitFor();
      await page.clock.runFor(2_000);
    };
    await takeBack(card(first), 'Approve');
    await takeBack(card(asked), 'Left');
    await takeBack(page.locator('article').filter({ hasText: 'CI is still red' }), 'Retry');
    await takeBack(page.locator(`#proposal-${offer.id}`), 'Start');
    await takeBack(page.locator(`#proposal-${offer.id}`), 'Not now');
    await card(second).getByRole('button', { name: 'Approve' }).click();
    await card(second).getByText('Approved. Claude starts.').waitFor();
    await page.screenshot({ path: shot(`undo-${size}`) });
    await page.keyboard.press('u');
    await card(second).getByRole('button', { name: 'Approve' }).waitFor();
    await page.clock.runFor(20_000);
    expect([await stateOf(first), await stateOf(second), await stateOf(asked), await stateOf(broken.id)]).toEqual(['open', 'open', 'open', 'open']);
    expect((await db.query('select 1 from proposals where id = $1 and state = $2', [offer.id, 'open'])).rowCount).toBe(1);
    // What is not taken back goes out, at the latest when nobody can take it back any more.
    await card(asked).getByRole('button', { name: 'Right' }).click();
    await card(asked).getByText('You answered “Right”.').waitFor();
    expect(await stateOf(asked)).toBe('open');
    await page.goto(`${s.web}/projects`);
    await until('the answer, after the page had gone', async () => (await answerOf(asked)) === 'answer');
    // A browser that died told nobody that it went: what it held is on the device, and goes out when mainloop is opened again.
    const died = { path: `/api/inbox/${first}`, label: 'Plan', says: 'Approved.', atMs: 0, left: false };
    const body = { decision: 'approve', text: '', via: 'app', answerId: `died-${size}` };
    await page.evaluate(([key, value]) => localStorage.setItem(key!, value!), [`held/${died.path}`, JSON.stringify({ ...died, body })]);
    await page.goto(`${s.web}/inbox`);
    await until('what a browser held that died', async () => (await answerOf(first)) === 'approve');
    await until('nothing to be held any more', () => page.evaluate<boolean>("!Object.keys(localStorage).some((key) => key.startsWith('held/'))"));
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)('while a question is open the field at the foot of its task answers it, and its options are one tap, %s', async (size) => {
  const task = await seedTask(db, fresh());
  const asked = await seedItem(db, task, `${task}-q`, 'question', 'Which way?', ['Left', 'Right']);
  const { page, complaints } = await open(size, `/task/${task}`);
  const field = page.getByRole('textbox', { name: 'Or type your own answer' });
  await field.fill('Straight on');
  expect(await page.locator('#main').getByRole('button', { name: 'Left' }).isDisabled()).toBe(true);
  await page.screenshot({ path: shot(`answer-${size}`) });
  await page.getByRole('button', { name: 'Answer' }).click();
  await page.locator('#main').getByText('You answered “Straight on”.').waitFor();
  await until('the answer', async () => (await answerOf(asked)) === 'answer');
  await page.getByRole('textbox', { name: /Tell Claude something/ }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('a review can be judged from its card, and until it was read reading is its main button, %s', async (size) => {
  const task = await seedTask(db, fresh());
  await db.query(
    `insert into pushes (id, task_id, owner_id, run_id, branch, old_sha, new_sha, state, diff, delta)
     select $1, $2, owner_id, 'r', branch, '', 'abc', 'forwarded', $3, $3 from tasks where id = $2`,
    [`${task}-p1`, task, 'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1,2 @@\n-x\n+y\n+z\n'],
  );
  const id = await seedItem(db, task, `${task}-review`, 'review', 'Ready for review');
  const { page, complaints } = await open(size, '/inbox');
  const card = page.locator(`#item-${id}`);
  await card.getByText('One file').waitFor();
  await card.getByText('No CI checked this change.').waitFor();
  await card.getByText('You asked: do it').waitFor();
  const main = (): Promise<string | null> => card.locator('.btn-main').textContent();
  expect((await main())?.trim()).toBe('Read the change');
  await page.screenshot({ path: shot(`unread-${size}`) });
  await card.getByRole('link', { name: 'Read the change' }).click();
  await page.getByRole('region', { name: 'a.ts' }).waitFor();
  await page.goto(`${s.web}/inbox`);
  await until('merging to come first, now that it was read', async () => (await main())?.trim() === 'Merge');
  await page.screenshot({ path: shot(`read-${size}`) });
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('a project can be removed: first it is said what becomes of its tasks, then they are cancelled, %s', async (size) => {
  const id = await seedProject(db, `pr-gone-${size}`, `acme/gone-${size}`);
  const task = await seedTask(db, fresh());
  await db.query('update tasks set project_id = $2 where id = $1', [task, id]);
  const offer = await seedProposal(db, `gone-${size}`, 3_600_000, { ...DRAFT, projectId: id });
  const { page, complaints } = await open(size, '/projects');
  const card = page.locator('li').filter({ has: page.getByRole('heading', { name: `acme/gone-${size}` }) });
  await card.locator('summary').click();
  await card.getByRole('button', { name: 'Remove project' }).click();
  const ask = card.getByRole('alertdialog');
  await ask.getByText('Its running task is cancelled').waitFor();
  await page.screenshot({ path: shot(`remove-${size}`) });
  await ask.getByRole('button', { name: 'Keep it' }).click();
  await ask.waitFor({ state: 'detached' });
  expect(await s.call('listProjects')).toEqual(expect.arrayContaining([expect.objectContaining({ id })]));
  await card.getByRole('button', { name: 'Remove project' }).click();
  await ask.getByRole('button', { name: 'Remove' }).click();
  await card.waitFor({ state: 'detached' });
  await page.getByText(`acme/gone-${size} is removed.`).waitFor();
  expect((await s.call('listProjects')).map((p) => p.id)).not.toContain(id);
  await until('its task to be cancelled', async () =>
    (await s.call('listEvents', { id: task })).some((e) => e.type === 'task.state' && (e.payload.status as Status).is === 'cancelling'),
  );
  expect((await db.query<{ state: string }>('select state from proposals where id = $1', [offer.id])).rows[0]!.state).toBe('declined');
  await expect(s.call('removeProject', { id: 'pr-nowhere' })).rejects.toThrow(/no such project/);
  expect(complaints).toEqual([]);
  await page.close();
});
