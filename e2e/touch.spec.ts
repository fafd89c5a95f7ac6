// What a hand does to the pages: keys, forms, the change of a task, the chat. The pages and the api alone, on a seeded database.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { keepAttachment } from '@mainloop/models/db/conversation/attachments';
import { appendOnce } from '@mainloop/models/db/log';
import { messageSaid } from '@mainloop/models/events/conversation';
import { inboxClosed } from '@mainloop/models/events/inbox';
import { ciJudged } from '@mainloop/models/events/forge';
import { agentSaid, agentShowed } from '@mainloop/models/events/runs';
import { reviewPassedOver } from '@mainloop/models/events/review';
import { OWNER } from '@mainloop/models/flow/ids';
import { hasBrowser, openBrowser, openPage, visit } from '@mainloop/testkit/browser';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { startPages, type Pages } from '@mainloop/testkit/pages';
import { DRAFT, seedItem, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import axe from 'axe-core';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';

let t: TestDatabase;
let s: Pages;
let browser: Browser;
const SIZES = ['phone', 'desktop'] as const;
type Size = (typeof SIZES)[number];
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `touch-${name}.png`);

beforeAll(async () => {
  t = await freshDatabase();
  await seedProject(t.db, 'pr-1', 'acme/api');
  s = await startPages(t);
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
  await t?.drop();
});
let n = 0;
const fresh = (): string => `to${++n}`;
// Each test has the inbox to itself.
beforeEach(async () => {
  await t.db.query("update inbox_items set state = 'closed' where state = 'open'");
  await t.db.query("update tasks set state = 'cancelled', ended_at = now() - interval '2 days', failure = null where ended_at is null");
});
const open = async (size: Size, where: string, dark = false): Promise<{ page: Page; complaints: string[] }> => {
  const opened = await openPage(browser, size, dark);
  await visit(opened.page, `${s.web}${where}`);
  return opened;
};
const settled = (b: Locator): Promise<unknown> => until('the button to have settled', async () => (await b.getAttribute('aria-disabled')) === null);
const answerOf = async (id: string): Promise<string | undefined> =>
  (await t.db.query<{ answer: { decision: string } | null }>('select answer from inbox_items where id = $1', [id])).rows[0]!.answer?.decision;

inBrowser('what is typed while the finder is still on its way goes into it, and decides nothing', async () => {
  const plan = await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
  const { page, complaints } = await open('desktop', '/inbox');
  await settled(page.locator(`#item-${plan}`).getByRole('button', { name: 'Approve' }));
  await page.evaluate('window.asked = 0');
  await page.locator(`#item-${plan}`).focus();
  // All in one turn of the page, so that nothing can have been loaded between them.
  await page.evaluate(`for (const key of ['k', 't', 'a', 's', 'k'])
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey: key === 'k' && !window.asked++, bubbles: true, cancelable: true }))`);
  await until('the words', async () => (await page.getByRole('combobox', { name: 'Find a task, a message or a page' }).inputValue()) === 'task');
  await page.keyboard.type(' k');
  expect(await page.getByRole('combobox', { name: 'Find a task, a message or a page' }).inputValue()).toBe('task k');
  await page.keyboard.press('Escape');
  expect(await page.locator(`#item-${plan}`).getByText('Approved.').count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('the rest of a word is no shortcut when its field has gone under the fingers, %s', async (size) => {
  const plan = await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
  const task = await seedTask(t.db, fresh());
  const asked = await seedItem(t.db, task, `${task}-q`, 'question', 'What should it be called?');
  const { page, complaints } = await open(size, '/inbox');
  await settled(page.locator(`#item-${plan}`).getByRole('button', { name: 'Approve' }));
  const field = page.locator(`#item-${asked}`).getByRole('textbox');
  await field.click();
  await page.keyboard.type('the ma');
  await appendOnce(t.db, [inboxClosed.new({ taskId: task, actor: 'test', payload: { id: asked, why: 'Answered on GitHub.' } })], OWNER);
  // Somebody who types goes on typing: with j the card of the plan had the focus, and with a it was approved.
  const word = 'ja';
  for (let i = 0; (await field.count()) > 0; i++) await page.keyboard.press(word[i % 2]!);
  await page.keyboard.type('jaja', { delay: 30 });
  await page.screenshot({ path: shot(`word-${size}`) });
  expect(await page.locator(`#item-${plan}`).getByText('Approved.').count()).toBe(0);
  // A moment later they are keys again.
  await page.evaluate('new Promise((r) => setTimeout(r, 1_050))');
  await page.keyboard.press('j');
  await page.keyboard.press('a');
  await page.locator(`#item-${plan}`).getByText('Approved.').waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)(
  'a permission holds an agent: what was decided goes out after two seconds, and can be taken back until then, %s',
  async (size) => {
    const task = await seedTask(t.db, fresh());
    const id = await seedItem(t.db, task, `${task}-m`, 'permission', 'Run: make release', ['Allow once', 'Refuse']);
    const { page, complaints } = await openPage(browser, size);
    await page.clock.install();
    await visit(page, `${s.web}/inbox`);
    await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 5_000);
    await page.clock.runFor(2_000);
    const card = page.locator(`#item-${id}`);
    await card.getByRole('button', { name: 'Allow once' }).click();
    await page.clock.runFor(1_500);
    await card.getByRole('button', { name: 'Undo' }).click();
    await card.getByRole('button', { name: 'Allow once' }).waitFor();
    await page.clock.runFor(2_000);
    expect(await answerOf(id)).toBeUndefined();
    await card.getByRole('button', { name: 'Allow once' }).click();
    await page.clock.runFor(2_100);
    await until('the agent to be told', async () => (await answerOf(id)) === 'allow', 10_000);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

const DIFF = [
  'diff --git a/src/till.ts b/src/till.ts\n--- a/src/till.ts\n+++ b/src/till.ts\n@@ -1,40 +1,41 @@',
  ...Array.from({ length: 40 }, (_, i) => ` const line${i} = 'text ${i}'; // said ${i}`),
  '+export const last = 40;\n',
].join('\n');
const MORE = 'diff --git a/src/new.ts b/src/new.ts\n--- a/src/new.ts\n+++ b/src/new.ts\n@@ -1 +1,2 @@\n const a = 1;\n+const b = 2;\n';
async function pushed(task: string, id: string, diff: string, delta: string): Promise<void> {
  await t.db.query(
    `insert into pushes (id, task_id, owner_id, run_id, branch, old_sha, new_sha, state, diff, delta)
     select $1, $2, owner_id, 'r', branch, '', $1, 'forwarded', $3, $4 from tasks where id = $2`,
    [id, task, diff, delta],
  );
}

inBrowser.each(SIZES)(
  'a line is commented on with a thumb: the form stays in view above the keyboard, code is written in a field for code, %s',
  async (size) => {
    const task = await seedTask(t.db, fresh());
    await pushed(task, `${task}-1`, DIFF, DIFF);
    const { page, complaints } = await open(size, `/task/${task}/changes`, size === 'desktop');
    const file = page.getByRole('region', { name: 'src/till.ts' });
    // Colours: words of the language, texts and comments.
    for (const [colour, text] of [
      ['word', 'const'],
      ['text', "'text 0'"],
      ['comment', '// said 0'],
    ] as const)
      // prettier-ignore
      expect((await file.locator(`.code-${colour}`).first().textContent())!).toBe(text);
    await page.screenshot({ path: shot(`diff-${size}`) });
    await file.getByRole('button', { name: 'Comment on line 38', exact: true }).click();
    const field = page.getByRole('textbox', { name: 'Comment' });
    await field.fill('Say why.');
    // The keyboard takes the lower half of a phone.
    if (size === 'phone') await page.setViewportSize({ width: 390, height: 460 });
    await page.screenshot({ path: shot(`keyboard-${size}`) });
    const inSight = async (b: Locator): Promise<boolean> => {
      const box = await b.boundingBox();
      return box !== null && box.y >= 0 && box.y + box.height <= page.viewportSize()!.height;
    };
    const line = file.getByRole('button', { name: 'Comment on line 38', exact: true });
    await until('line and form to be in sight', async () => (await inSight(field)) && (await inSight(page.getByRole('button', { name: 'Keep comment' }))) && (await inSight(line)), 15_000); // prettier-ignore
    if (size === 'phone') {
      // The thumb hit the line beside the one it was for.
      await page.getByRole('button', { name: 'One line down' }).click();
      await page.getByText('On line 39 of till.ts.').waitFor();
    } else await line.waitFor();
    await page.getByRole('button', { name: 'Suggest' }).click();
    const code = page.getByRole('textbox', { name: 'Your code for this line' });
    const at = size === 'phone' ? 38 : 37;
    expect(await code.inputValue()).toBe(`const line${at} = 'text ${at}'; // said ${at}`);
    const now = file.getByRole('button', { name: `Comment on line ${at + 1}`, exact: true });
    await until('line and code to be in sight', async () => (await inSight(code)) && (await inSight(now)), 15_000);
    await page.screenshot({ path: shot(`suggest-${size}`) });
    await code.fill('const better = `a`; // ``` is in it');
    await page.reload();
    await until('the suggestion to be kept', async () => (await page.getByRole('textbox', { name: 'Your code for this line' }).inputValue()).startsWith('const better')); // prettier-ignore
    await page.getByRole('button', { name: 'Keep comment' }).click();
    await page.getByText('not sent yet').waitFor();
    const { rows } = await t.db.query<{ body: string; line: number }>('select body, line from review_comments where task_id = $1', [task]);
    expect(rows).toEqual([{ line: at + 1, body: 'Say why.\n````suggestion\nconst better = `a`; // ``` is in it\n````' }]);
    await page.setViewportSize(size === 'phone' ? { width: 390, height: 844 } : { width: 1440, height: 900 });
    await page.screenshot({ path: shot(`commented-${size}`) });
    if (size === 'phone') expect(await small(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
/** What a thumb can't hit: smaller than 44 pixels each way. The numbers of lines are as wide, and a miss is put right by the arrows. */
const small = (page: Page): Promise<string[]> =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll('#main button, #main a, #main label:has(input), #main select, #main summary')].flatMap((e) => {
    const r = e.getBoundingClientRect();
    const high = e.matches('[aria-label^="Comment on"]') ? 24 : 44;
    const inText = e.closest('p') !== null;
    return r.width === 0 || inText || (r.width >= 43.5 && r.height >= high - 0.5) ? [] : [e.outerHTML.slice(0, 80) + ' ' + r.width + 'x' + r.height];
  })`);

inBrowser.each(SIZES)('whoever reviewed a change sees first what is new in it, and the whole is one choice away, %s', async (size) => {
  const task = await seedTask(t.db, fresh());
  await pushed(task, `${task}-1`, DIFF, DIFF);
  await t.db.query("update pushes set created_at = now() - interval '1 hour' where id = $1", [`${task}-1`]);
  await pushed(task, `${task}-2`, DIFF + MORE, MORE);
  const r = await fetch(`${s.web}/api/tasks/${task}/looked`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pushId: `${task}-1` }),
  });
  expect(r.ok).toBe(true);
  const { page, complaints } = await open(size, `/task/${task}/changes`);
  await page.getByRole('region', { name: 'src/new.ts' }).waitFor();
  expect(await page.getByRole('region', { name: 'src/till.ts' }).count()).toBe(0);
  await page.screenshot({ path: shot(`new-first-${size}`) });
  await page.getByLabel('Show').selectOption('all');
  await page.getByRole('region', { name: 'src/till.ts' }).waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

const say = (role: 'user' | 'assistant', text: string): Promise<unknown> =>
  appendOnce(t.db, [messageSaid.new({ actor: 'test', payload: { id: `m-${fresh()}`, role, text, turnId: null } })], OWNER);

inBrowser.each(SIZES)(
  'a reply can be stopped, what was said copied, and said again in other words; tables and code look like it, %s',
  async (size) => {
    await t.db.query('delete from messages');
    await t.db.query('delete from turns');
    await say('user', `Make it ${size} blue.`);
    await say('assistant', `| a | b |\n|---|---|\n| 1 | ${'wide '.repeat(40)} |\n\n\`\`\`ts\nconst a = '${'x'.repeat(200)}';\n\`\`\``);
    await t.db.query(
      `insert into turns (id, owner_id, state, seq, draft, lease_by, lease_until, attempts)
     values ($1, 'owner', 'running', 1, 'Half a reply', 'nobody', now() + interval '1 hour', 1)`,
      [`turn-${fresh()}`],
    );
    const { page, complaints } = await open(size, '/');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByText('Half a reply').waitFor();
    const cell = page.getByRole('cell', { name: '1', exact: true }).last();
    await cell.waitFor();
    expect(await cell.evaluate('(e) => getComputedStyle(e).borderBottomWidth')).not.toBe('0px');
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.screenshot({ path: shot(`chat-${size}`) });
    const stop = page.getByRole('button', { name: 'Stop the reply' });
    await settled(stop);
    await stop.click();
    await page.getByText('Stopped.').last().waitFor();
    await stop.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Copy' }).last().click();
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe('Half a reply\n\n_Stopped._');
    const field = page.getByLabel('Message', { exact: true });
    await field.fill('And this.');
    await page.getByRole('button', { name: 'Edit and say it again' }).last().click();
    // Nothing that stood there is lost.
    expect(await field.inputValue()).toBe(`And this.\nMake it ${size} blue.`);
    expect(await page.evaluate<boolean>("document.activeElement.getAttribute('aria-label') === 'Message'")).toBe(true);
    await page.screenshot({ path: shot(`again-${size}`) });
    await field.fill('');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser(
  'seven tabs have one stream: the seventh answers at once, all hear what comes, and when the one with the stream goes another takes it over',
  async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    const streams = new Set<Page>();
    const tabs: Page[] = [];
    for (let i = 0; i < 7; i++) {
      const page = await context.newPage();
      page.on('request', (r) => new URL(r.url()).pathname === '/api/stream' && streams.add(page));
      const began = Date.now();
      await visit(page, `${s.web}/projects`);
      // A tab that finds no free connection waits until another is closed.
      expect(Date.now() - began).toBeLessThan(15_000);
      tabs.push(page);
    }
    expect(streams.size).toBe(1);
    const count = async (all: readonly Page[], words: string): Promise<void> => {
      for (const page of all) await until(`${words} in each tab`, async () => (await page.title()).startsWith(words), 30_000);
    };
    await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
    await count(tabs, '(1)');
    const [holder] = [...streams];
    await holder!.close();
    const left = tabs.filter((page) => page !== holder);
    await until('another one to have it', async () => streams.size === 2, 30_000);
    await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
    await count(left, '(2)');
    await context.setOffline(true);
    await left[0]!.getByText('Offline, showing the last update.').waitFor();
    await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
    await context.setOffline(false);
    await count(left, '(3)');
    for (const page of left) await page.getByText('Offline, showing the last update.').waitFor({ state: 'detached' });
    await context.close();
  },
);

inBrowser.each(SIZES)(
  'the first run without the demo: what is missing has a button each, and three things to ask for are about one’s own code, %s',
  async (size) => {
    await t.db.query('delete from messages');
    await t.db.query('delete from turns');
    await t.db.query("update projects set removed_at = now() where id = 'pr-1'");
    const { page, complaints } = await open(size, '/');
    const checkup = page.getByRole('region', { name: 'Check-up' });
    await checkup.getByText('A repository of yours').waitFor();
    await checkup.getByRole('link', { name: 'Turn on' }).waitFor();
    expect(await page.getByText('Three things to ask for').count()).toBe(0);
    await page.screenshot({ path: shot(`first-${size}`) });
    await checkup.getByRole('link', { name: 'Add a project' }).click();
    await page.waitForURL(/\/projects$/);
    await t.db.query("update projects set removed_at = null where id = 'pr-1'");
    await visit(page, `${s.web}/`);
    await checkup.getByText('acme/api').waitFor();
    expect(await checkup.getByRole('link', { name: 'Add a project' }).count()).toBe(0);
    await page.screenshot({ path: shot(`first-project-${size}`) });
    const asked = page.getByRole('button', { name: /acme\/api/ });
    expect(await asked.count()).toBe(3);
    await asked.first().click();
    await until(
      'it to be said',
      async () => ((await t.db.query("select 1 from messages where role = 'user' and text like '%acme/api%'")).rowCount ?? 0) > 0,
    );
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)('the first run without a model key or a token: each missing part says what to do, %s', async (size) => {
  await t.db.query('delete from messages');
  await t.db.query('delete from turns');
  const bare = await startPages(t, { MAINLOOP_DEMO: 'yes', MAINLOOP_LOCAL_GITHUB: 'yes' });
  try {
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${bare.web}/`);
    const checkup = page.getByRole('region', { name: 'Check-up' });
    for (const [part, line] of [
      ['No model key', 'ANTHROPIC_API_KEY='],
      ['No GitHub token', 'GITHUB_TOKEN='],
    ] as const) {
      expect(await checkup.getByText(line).count()).toBe(0);
      await checkup.getByRole('listitem').filter({ hasText: part }).getByRole('button', { name: 'Show how' }).click();
      await checkup.getByText(line).waitFor();
      await page.screenshot({ path: shot(`first-bare-${part.split(' ')[1]!}-${size}`) });
      await checkup.getByRole('button', { name: 'Close' }).click();
    }
    // A scripted model can do nothing with code that it does not know.
    expect(await page.getByRole('button', { name: /acme\/api/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  } finally {
    await bare.stop();
  }
  // With both, each part says so and none asks for anything.
  const { page } = await open(size, '/');
  const checkup = page.getByRole('region', { name: 'Check-up' });
  await checkup.getByText('Claude answers').waitFor();
  expect(await checkup.getByRole('button', { name: 'Show how' }).count()).toBe(0);
  await page.close();
});

inBrowser.each(SIZES)('the inbox is shown as cards, as lines, or one at a time, and the choice is kept, %s', async (size) => {
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) {
    const task = await seedTask(t.db, fresh());
    ids.push(await seedItem(t.db, task, `${task}-p`, 'plan', 'Plan, revision 1'));
  }
  const { page, complaints } = await open(size, '/inbox');
  const needs = page.getByRole('region', { name: 'Needs you' });
  await needs.getByLabel('View').selectOption('One line each');
  await needs.locator('article').first().waitFor({ state: 'detached' });
  const lines = needs.getByRole('button', { expanded: false });
  expect(await lines.count()).toBe(6);
  const last = (await lines.last().boundingBox())!;
  expect(last.y + last.height).toBeLessThan(page.viewportSize()!.height);
  expect(last.height).toBeGreaterThanOrEqual(44);
  await page.reload();
  await until('six lines, as chosen', async () => (await lines.count()) === 6);
  await page.screenshot({ path: shot(`lines-${size}`) });
  await lines.nth(1).click();
  const card = page.locator(`#item-${ids[1]}`);
  await settled(card.getByRole('button', { name: 'Approve' }));
  await page.screenshot({ path: shot(`line-open-${size}`) });
  await card.getByRole('button', { name: 'Approve' }).click();
  await card.getByText('Approved.').waitFor();
  await needs.getByLabel('View').selectOption('One at a time');
  expect(await needs.locator('article').count()).toBe(1);
  await needs.getByRole('button', { name: 'Next' }).click();
  await needs.getByText('3 of 6').waitFor();
  await page.screenshot({ path: shot(`one-${size}`) });
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('what failed alike goes on together, each with its own way back, %s', async (size) => {
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const task = await seedTask(t.db, fresh());
    ids.push(await seedItem(t.db, task, `${task}-f`, 'failure', 'GitHub did not answer.', ['Retry']));
    await t.db.query('update tasks set failure = $2 where id = $1', [task, JSON.stringify({ sentence: 'GitHub did not answer.', detail: '' })]);
  }
  const { page, complaints } = await open(size, '/inbox');
  const all = page.getByRole('button', { name: 'Retry all 3' });
  await settled(all);
  await page.screenshot({ path: shot(`bulk-${size}`) });
  await all.click();
  await until('three ways back', async () => (await page.getByRole('button', { name: 'Undo' }).count()) === 3);
  const undo = page.getByRole('button', { name: 'Undo' }).first();
  await settled(undo);
  await undo.click();
  await page.getByRole('button', { name: 'Retry', exact: true }).waitFor();
  await page.goto(`${s.web}/projects`);
  await until('two to go on', async () => (await Promise.all(ids.map(answerOf))).filter((x) => x === 'retry').length === 2);
  expect((await Promise.all(ids.map(answerOf))).filter((x) => x === undefined)).toHaveLength(1);
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(['light', 'dark'] as const)(
  'at twice the size nothing scrolls sideways, headings are in order, and axe finds nothing, %s',
  async (theme) => {
    const task = await seedTask(t.db, fresh());
    await pushed(task, `${task}-1`, DIFF, DIFF);
    await seedItem(t.db, task, `${task}-q`, 'question', 'Which way should the rounding go, up or down?', ['Up, always', 'Down, always']);
    await seedItem(t.db, task, `${task}-r`, 'review', 'Ready for review');
    await say('assistant', '## Done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nconst a = 1;\n```');
    const found: string[] = [];
    // A phone and a desktop, each at twice the size.
    for (const [width, height] of [
      [195, 422],
      [720, 450],
    ] as const) {
      // prettier-ignore
      const { page } = await openPage(browser, width < 300 ? 'phone' : 'desktop', theme === 'dark');
      await page.setViewportSize({ width, height });
      for (const where of ['/', '/inbox', `/task/${task}`, `/task/${task}/changes`, '/projects', '/settings', '/week', '/nothing-here']) {
        await page.goto(`${s.web}${where}`);
        await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
        await until('what has come to settle', async () => (await page.locator('[aria-disabled=true]').count()) === 0);
        const wide = await page.evaluate<string[]>(`document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('[class*=overflow-x]')).slice(0, 3).map((e) => e.outerHTML.slice(0, 90))`);
        found.push(...wide.map((e) => `${width} ${where} too wide: ${e}`));
        await page.evaluate(axe.source);
        const r = await page.evaluate<{ violations: { id: string; nodes: { target: string[] }[] }[] }>(
          "axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] } })",
        );
        found.push(
          ...r.violations.map(
            (v) =>
              `${width} ${where} ${v.id}: ${v.nodes
                .map((x) => x.target.join(' '))
                .slice(0, 3)
                .join(', ')}`,
          ),
        );
      }
      await page.screenshot({ path: shot(`twice-${width}-${theme}`) });
      await page.close();
    }
    expect(found).toEqual([]);
  },
);

inBrowser.each(SIZES)('words that waited for a network and came too late stay on the device, those that arrived do not, %s', async (size) => {
  const [first, second] = [await seedTask(t.db, fresh()), await seedTask(t.db, fresh())];
  const [late, kept] = [await seedItem(t.db, first, `${first}-p`, 'plan', 'Plan, revision 1'), await seedItem(t.db, second, `${second}-p`, 'plan', 'Plan, revision 1')]; // prettier-ignore
  const { page } = await open(size, '/inbox');
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await page.context().setOffline(true);
  await page.getByText('Offline, showing the last update.').waitFor();
  for (const [id, words] of [
    [late, 'these come too late'],
    [kept, 'these arrive'],
  ] as const) {
    // prettier-ignore
    const card = page.locator(`#item-${id}`);
    await settled(card.getByRole('button', { name: 'Change it' }));
    await card.getByRole('button', { name: 'Change it' }).click();
    await card.getByRole('textbox').fill(words);
    await settled(card.getByRole('button', { name: 'Send' }));
    await card.getByRole('button', { name: 'Send' }).click();
    await card.getByText('It goes out when you are back online.').waitFor();
  }
  await appendOnce(t.db, [inboxClosed.new({ taskId: first, actor: 'test', payload: { id: late, why: 'Decided on GitHub.' } })], OWNER);
  await page.context().setOffline(false);
  await until('the one that arrives', async () => (await answerOf(kept)) === 'revise');
  const device = (): Promise<string> => page.evaluate<string>('JSON.stringify(localStorage)');
  await until('its words to be gone from the device', async () => !(await device()).includes('these arrive'));
  expect(await device()).toContain('these come too late');
  await page.close();
});

/** A page as an agent would photograph it. */
async function photograph(words: string): Promise<Buffer> {
  const { page } = await openPage(browser, 'desktop', false);
  await page.setContent(`<body style="font:32px sans-serif;margin:40px;background:#fff;color:#111"><h1>${words}</h1><p>Total 12.40</p>`);
  const png = await page.screenshot();
  await page.close();
  return png;
}

inBrowser.each(SIZES.flatMap((size) => [false, true].map((dark) => [size, dark] as const)))(
  'what the agent showed stands on the card and in the story, and a tap shows it on the whole screen, %s, dark: %s',
  async (size, dark) => {
    const task = await seedTask(t.db, fresh());
    for (const caption of ['The bill before the change', 'The bill after it, with the odd cent']) {
      const data = await photograph(caption);
      const kept = await keepAttachment(t.db, OWNER, { name: 'picture-1.png', mime: 'image/png', data });
      const payload = { runId: 'r', id: kept.id, caption, mime: 'image/png', width: 1440, height: 900, sha256: kept.id } as const;
      await appendOnce(t.db, [agentShowed.new({ taskId: task, actor: 'agent', payload })], OWNER);
    }
    const review = await seedItem(t.db, task, `${fresh()}-r`, 'review', 'Ready for review');
    const { page, complaints } = await open(size, `/task/${task}`, dark);
    const name = `${size}-${dark ? 'dark' : 'light'}`;
    const card = page.locator(`#item-${review}`);
    const small = card.getByRole('button', { name: 'Show “The bill before the change” on the whole screen' });
    await until('the picture', () => small.getByRole('img').evaluate((i) => (i as unknown as { naturalWidth: number }).naturalWidth > 0));
    expect(await card.getByRole('list', { name: 'Pictures' }).getByRole('listitem').count()).toBe(2);
    expect(await page.getByRole('region', { name: 'Story' }).getByRole('img', { name: 'The bill before the change' }).count()).toBe(1);
    await page.screenshot({ path: shot(`pictures-${name}`) });
    await small.click();
    const large = page.getByRole('dialog', { name: 'The bill before the change' });
    await until('the large picture', () => large.getByRole('img').evaluate((i) => (i as unknown as { naturalWidth: number }).naturalWidth > 0));
    expect((await large.boundingBox())!.width).toBe(page.viewportSize()!.width);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('dialog', { name: 'The bill after it, with the odd cent' }).waitFor();
    await page.screenshot({ path: shot(`picture-${name}`) });
    await page.evaluate(axe.source);
    const found = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] };
    expect(found.violations.map((v) => [v.id, v.nodes[0]?.html])).toEqual([]);
    await page.keyboard.press('Escape');
    await until('the picture to be gone', async () => (await page.getByRole('dialog').count()) === 0);
    // No key of a word about the picture decides anything.
    expect(await answerOf(review)).toBeUndefined();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)('what is new says so on every device until it was looked at on one, %s', async (size) => {
  const task = await seedTask(t.db, fresh());
  await appendOnce(t.db, [agentSaid.new({ taskId: task, actor: 'agent', payload: { runId: 'r', text: 'I found the place.' } })], OWNER);
  const [here, there] = [await open(size, '/inbox'), await open('desktop', '/inbox')];
  const row = (page: Page): Locator => page.locator('main').locator('[data-row]', { hasText: `Task ${task}` });
  for (const { page } of [here, there]) await row(page).getByText('New', { exact: true }).waitFor();
  await here.page.screenshot({ path: shot(`new-${size}`) });
  await row(here.page).getByRole('link').click();
  await here.page.getByRole('heading', { level: 1, name: `Task ${task}` }).waitFor();
  await until('it to be old elsewhere', async () => (await row(there.page).getByText('New', { exact: true }).count()) === 0);
  // What happens while it is open is seen too; what happens afterwards is new.
  await visit(here.page, `${s.web}/inbox`);
  await appendOnce(t.db, [agentSaid.new({ taskId: task, actor: 'agent', payload: { runId: 'r', text: 'I am done.' } })], OWNER);
  await row(there.page).getByText('New', { exact: true }).waitFor();
  expect([...here.complaints, ...there.complaints]).toEqual([]);
  await Promise.all([here.page.close(), there.page.close()]);
});

inBrowser.each(SIZES)('something is put off to any day, or until CI is done, %s', async (size) => {
  const task = await seedTask(t.db, fresh());
  const plan = await seedItem(t.db, task, `${fresh()}-p`, 'plan', 'Plan, revision 1');
  const { page, complaints } = await open(size, '/inbox');
  const later = async (): Promise<{ until: Date | null; ci: boolean }> =>
    (await t.db.query<{ until: Date | null; ci: boolean }>('select snoozed_until as until, until_ci as ci from inbox_items where id = $1', [plan]))
      .rows[0]!;
  const put = page.locator(`#item-${plan}`).getByRole('button', { name: 'Later' });
  await settled(put);
  await put.click();
  const other = page.getByRole('button', { name: 'Other…' });
  await settled(other);
  await other.click();
  const dialog = page.getByRole('dialog', { name: 'Put it off until' });
  const day = new Date(Date.now() + 30 * 24 * 3_600_000);
  const words = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}T09:30`;
  await dialog.getByLabel('Day and time').fill('2020-01-01T10:00');
  await dialog.getByText('Choose a time to come, within three months.').waitFor();
  await page.screenshot({ path: shot(`later-${size}`) });
  await dialog.getByLabel('Day and time').fill(words);
  await settled(dialog.getByRole('button', { name: 'Put it off' }));
  await dialog.getByRole('button', { name: 'Put it off' }).click();
  await until('the day', async () => Math.abs((await later()).until!.getTime() - new Date(words).getTime()) < 120_000);
  // Nothing is promised that can't come.
  await page
    .getByText(/^Later/)
    .first()
    .click();
  const another = page.locator(`#item-${plan}`).getByRole('button', { name: 'Another time' });
  await settled(another);
  await another.click();
  const ci = dialog.getByRole('button', { name: 'When CI is done' });
  await settled(ci);
  await ci.click();
  await dialog.getByText('No CI runs for this task right now. Choose a time instead.').waitFor();
  await t.db.query("update tasks set head_sha = 'h' where id = $1", [task]);
  await ci.click();
  await page.getByText('Back when CI is done').waitFor();
  expect((await later()).ci).toBe(true);
  const judged = (verdict: 'pending' | 'green', pending: number) =>
    appendOnce(
      t.db,
      [
        ciJudged.new({
          taskId: task,
          actor: 'mainloop',
          key: { names: '' },
          payload: { sha: 'h', round: 0, verdict, outcome: verdict, passed: 1, failed: 0, pending },
        }),
      ],
      OWNER,
    );
  await judged('pending', 1);
  expect((await later()).ci).toBe(true);
  await judged('green', 0);
  await until('it to be back', async () => (await later()).until === null);
  await put.waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('a proposal is read as Markdown, and every field of it can be changed, %s', async (size) => {
  await seedProject(t.db, 'pr-2', 'acme/web');
  const prompt = '# Round once\n\n- no cent is lost\n- **all** tests stay';
  const p = await seedProposal(t.db, fresh(), 3_600_000, { ...DRAFT, title: `Proposed ${fresh()}`, prompt });
  const { page, complaints } = await open(size, '/inbox');
  const card = page.locator(`#proposal-${p.id}`);
  expect(await card.getByRole('listitem').count()).toBe(2);
  expect(await card.locator('strong').textContent()).toBe('all');
  await settled(card.getByRole('button', { name: 'Edit' }));
  await card.getByRole('button', { name: 'Edit' }).click();
  await card.getByLabel('Title').fill('Round it once');
  await until('the projects', async () => (await card.getByLabel('Project').locator('option').count()) === 2);
  await card.getByLabel('Project').selectOption({ label: 'acme/web' });
  await card.getByLabel('Budget, in dollars').fill('7');
  await card.getByLabel('What to do').fill('Do it well.');
  await card.getByRole('checkbox').check();
  await page.screenshot({ path: shot(`proposal-${size}`) });
  await settled(card.getByRole('button', { name: 'Start' }));
  await card.getByRole('button', { name: 'Start' }).click();
  const started = await until('the task', async () =>
    (await t.db.query('select project_id, title, prompt, budget_cents, skip_plan from tasks where title = $1', ['Round it once'])).rows.at(-1),
  );
  expect(started).toEqual({ project_id: 'pr-2', title: 'Round it once', prompt: 'Do it well.', budget_cents: 700, skip_plan: true });
  await t.db.query("update tasks set title = 'Was started', state = 'cancelled', ended_at = now() where title = 'Round it once'");
  await t.db.query("update projects set removed_at = now() where id = 'pr-2'");
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES.flatMap((size) => [false, true].map((dark) => [size, dark] as const)))(
  'a comment that was passed over is made a request with one tap, %s, dark: %s',
  async (size, dark) => {
    const task = await seedTask(t.db, fresh());
    const id = `${task}-c`;
    const passed = { id, words: 'w', author: 'mona', text: 'LGTM, will merge after lunch', why: 'approval' } as never;
    await appendOnce(t.db, [reviewPassedOver.new({ taskId: task, actor: 'mona', payload: passed })], OWNER);
    const { page, complaints } = await open(size, `/task/${task}`, dark);
    const button = page.getByRole('button', { name: 'Take it as a request' });
    await settled(button);
    expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
    await page.screenshot({ path: shot(`take-${size}-${dark ? 'dark' : 'light'}`) });
    await button.click();
    await page.getByText('You said that it is a request.').waitFor();
    expect(await button.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
