// Every state of every page, at both sizes and in both themes: a picture of each in e2e/shots/states, and
// what no page may do.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { saveRecurring } from '@mainloop/models/db/recurring/recurring';
import { OWNER } from '@mainloop/models/flow/ids';
import { hasBrowser, openBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { healthy, seedEverything } from '@mainloop/testkit/everything';
import { seedKept } from '@mainloop/testkit/kept';
import { startPages, type Pages } from '@mainloop/testkit/pages';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { seedStanding } from '@mainloop/testkit/standing';
import { until } from '@mainloop/testkit/stack';
import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

interface State {
  readonly name: string;
  readonly where: string;
  /** What is so before the page is opened. */
  readonly first?: (database: TestDatabase) => Promise<unknown>;
  /** What is done on the page before it is looked at, and before it is left. */
  readonly act?: (page: Page) => Promise<unknown>;
  readonly last?: (page: Page, database: TestDatabase) => Promise<unknown>;
}
interface World {
  readonly t: TestDatabase;
  readonly s: Pages;
}

const SHOTS = path.join(import.meta.dirname, 'shots/states');
/** Tall enough for all of a page that scrolls, to be looked at in one picture. */
const TALL = 4_000;
/** Of the states those that are looked at: STATES=part of a name. */
const WANTED = new RegExp(process.env.STATES ?? '');
// As `make shots`: it looks at each of 60 states four times, which takes longer than what it has found so far
// is worth in each run of all tests.
const inBrowser = hasBrowser && process.env.SHOTS === '1' ? test : test.skip;
let browser: Browser;
let empty: World;
let begun: World;
let full: World;
/** What comes by itself, beside nothing else: in the full one it would stand below all that is there. */
let standing: World;

async function seedRecurring(db: TestDatabase['db']): Promise<void> {
  for (const [cron, startCents] of [
    ['30 9 * * 1-5', null],
    ['0 6 1 * *', 250],
  ] as const) {
    const plan = {
      id: null,
      skill: 'release',
      given: { version: '2.1' },
      zone: 'Europe/Berlin',
      projectId: null,
    };
    const saved = await saveRecurring(db, OWNER, { ...plan, cron, startCents });
    if (!saved.ok) throw new Error(saved.sentence);
  }
}

async function openWorld(seed: (database: TestDatabase) => Promise<unknown>): Promise<World> {
  const testDatabase = await freshDatabase();
  await healthy(testDatabase.db);
  await seed(testDatabase);
  return { t: testDatabase, s: await startPages(testDatabase) };
}

beforeAll(async () => {
  if (!hasBrowser || process.env.SHOTS !== '1') return;
  mkdirSync(SHOTS, { recursive: true });
  browser = await openBrowser();
  empty = await openWorld(() => Promise.resolve());
  begun = await openWorld((t) => seedProject(t.db, 'pr-1', 'acme/api'));
  full = await openWorld(async (database) => {
    await seedProject(database.db, 'pr-1', 'acme/api');
    await seedEverything(database.db);
    await seedKept(database.db, 't-review');
    await seedRecurring(database.db);
    await seedProject(database.db, 'pr-2', 'a-company-with-a-long-name/a-repository-with-a-longer-one');
  });
  standing = await openWorld(async ({ db }) => {
    await seedProject(db, 'pr-1', 'acme/api');
    await seedTask(db, 't-kept');
    await seedKept(db, 't-kept');
    await seedStanding(db);
  });
});
afterAll(async () => {
  await browser?.close();
  for (const world of [empty, begun, full, standing]) {
    await world?.s.stop();
    await world?.t.drop();
  }
});

const press =
  (name: string | RegExp, within?: string) =>
  async (page: Page): Promise<void> => {
    const at = within === undefined ? page.locator('#main') : page.locator(within).first();
    const button = at.getByRole('button', { name }).first();
    await tap(button);
  };
const choose =
  (way: string) =>
  (page: Page): Promise<unknown> =>
    page.locator('#main').getByLabel('View').selectOption({ label: way });

/** A form, and the same one as two other devices had it. */
const ALSO_WRITTEN = JSON.stringify({
  name: 'fix-lint',
  prompt: 'Fix what lint says, file by file.',
  projectId: '',
  fallbacks: {},
  writtenElsewhere: [
    '{"name":"fix-lint","prompt":"Fix what lint says in {{folder}}, and say in the pull request what was only moved."}',
    '{"name":"lint","prompt":"a-word-that-is-longer-than-the-phone-is-wide-and-has-no-blank-in-it-anywhere"}',
  ],
});

const NOTHING: readonly State[] = [
  { name: 'empty-chat', where: '/' },
  { name: 'empty-inbox', where: '/inbox' },
  { name: 'empty-projects', where: '/projects' },
  { name: 'empty-week', where: '/week' },
  { name: 'empty-learnings', where: '/learnings' },
  { name: 'empty-skills', where: '/skills' },
  { name: 'empty-memory', where: '/memory' },
  { name: 'empty-recurring', where: '/recurring' },
  { name: 'empty-automations', where: '/automations' },
  { name: 'empty-cycle', where: '/cycle' },
];
const BEGUN: readonly State[] = [{ name: 'begun-chat', where: '/' }];
const STANDING: readonly State[] = [
  { name: 'standing', where: '/inbox' },
  { name: 'standing-chat', where: '/' },
  { name: 'alarm', where: '/inbox?item=recurring-alarm' },
  { name: 'campfire-writing', where: '/inbox', act: press('Edit') },
  { name: 'automations', where: '/automations' },
  {
    name: 'automations-writing',
    where: '/automations',
    act: async (page) => {
      const form = page.locator('form:has(#written)');
      await form.getByLabel(/^Name/).fill('told');
      await form.getByLabel('When').selectOption('task.steered');
      await form.getByLabel('Field', { exact: true }).selectOption('text');
      await form.getByLabel('How', { exact: true }).selectOption('regex');
      await form.getByLabel('Value', { exact: true }).fill('(?=now)');
      await form.getByLabel(/^Words/).fill('Said in {{task.title}}');
      await tap(form.getByRole('button', { name: 'Try on the last week' }));
      await form.getByRole('alert').waitFor();
    },
  },
  {
    name: 'also-written',
    where: '/skills',
    first: (database) =>
      database.db.query(
        'insert into drafts (owner_id, key, text, revision, updated_at) values ($1, $2, $3, 1, now())',
        ['owner', 'form/skill', ALSO_WRITTEN],
      ),
    act: (page) => page.getByRole('group', { name: 'Also written on another device' }).first().waitFor(),
  },
  {
    name: 'error',
    where: '/learnings',
    first: (database) => database.db.query('alter table learnings rename to learnings_away'),
    last: (_, t) => t.db.query('alter table learnings_away rename to learnings'),
  },
];
const ALL: readonly State[] = [
  { name: 'chat', where: '/' },
  { name: 'inbox', where: '/inbox' },
  { name: 'inbox-lines', where: '/inbox', act: choose('One line each') },
  { name: 'inbox-one', where: '/inbox', act: choose('One at a time') },
  { name: 'plan', where: '/task/t-plan' },
  { name: 'plan-writing', where: '/task/t-plan', act: press('Change it') },
  { name: 'question', where: '/task/t-question' },
  { name: 'permission', where: '/task/t-permission' },
  { name: 'review', where: '/task/t-review' },
  { name: 'gate', where: '/task/t-gate' },
  { name: 'failed', where: '/task/t-failed' },
  { name: 'paused', where: '/task/t-paused' },
  { name: 'working', where: '/task/t-working' },
  { name: 'queued', where: '/task/t-queued' },
  {
    name: 'order',
    where: '/task/t-queued',
    act: (page) => tap(page.locator('#main summary', { hasText: 'Order' }).first()),
  },
  { name: 'done', where: '/task/t-done' },
  { name: 'cancelled', where: '/task/t-cancelled' },
  { name: 'cancelling', where: '/task/t-working', act: press('Cancel task') },
  { name: 'changes', where: '/task/t-review/changes' },
  { name: 'changes-none', where: '/task/t-queued/changes' },
  { name: 'projects', where: '/projects' },
  {
    name: 'projects-open',
    where: '/projects',
    act: (page) => tap(page.getByText('Notes, sandbox, checks and limits').first()),
  },
  {
    name: 'projects-folder',
    where: '/projects',
    act: async (page) => {
      await page
        .getByLabel('A GitHub repository')
        .fill('a-company-with-a-long-name/a-repository-with-a-longer-one');
      await page
        .getByLabel('Only one folder')
        .fill('packages/of-the-company/with-many-parts/and-this-is-the-one');
    },
  },
  {
    name: 'projects-folder-set',
    where: '/projects',
    act: async (page) => {
      await tap(page.getByText('Notes, sandbox, checks and limits').last());
      await page
        .getByLabel('Folder within the repository')
        .last()
        .fill('packages/of-the-company/with-many-parts/and-this-is-the-one');
      await page.getByLabel('Folder within the repository').last().scrollIntoViewIfNeeded();
    },
  },
  { name: 'settings', where: '/settings' },
  { name: 'tokens', where: '/settings/tokens' },
  { name: 'learnings', where: '/learnings' },
  { name: 'learnings-writing', where: '/learnings', act: press('Edit') },
  {
    name: 'learnings-open',
    where: '/learnings',
    act: async (page) => {
      for (const group of await page.locator('#main section > details > summary').all()) await tap(group);
    },
  },
  { name: 'memory', where: '/memory' },
  {
    name: 'memory-open',
    where: '/memory',
    act: (page) => tap(page.locator('#main details summary').first()),
  },
  { name: 'week', where: '/week' },
  { name: 'skills', where: '/skills' },
  { name: 'recurring', where: '/recurring' },
  {
    name: 'recurring-writing',
    where: '/recurring',
    act: async (page) => {
      await page.locator('form:has(#cron)').getByLabel('Skill').selectOption({ label: '/release' });
      await page.locator('#cron').fill('0 9 30 2 *');
      await tap(page.locator('form:has(#cron)').getByRole('button', { name: 'Save' }));
      await page.getByRole('alert').filter({ hasText: 'never comes' }).waitFor();
    },
  },
  {
    name: 'not-saved',
    where: '/settings',
    act: async (page) => {
      await page.getByRole('spinbutton', { name: 'Agents running at once' }).fill('12');
      await Promise.all([
        page.waitForResponse((r) => new URL(r.url()).pathname === '/greeting'),
        page.reload(),
      ]);
      await page.getByText('Not saved yet').first().waitFor();
    },
  },
  {
    name: 'skill-writing',
    where: '/skills',
    act: (page) =>
      page
        .locator('#skill-prompt')
        .fill('Move {{package}} to its newest version that keeps what is public as it is.'),
  },
  {
    name: 'all-paused',
    where: '/inbox',
    first: (database) =>
      database.db.query("insert into pauses (owner_id, since, via) values ('owner', now(), 'app')"),
    last: (_, t) => t.db.query('delete from pauses'),
  },
  {
    name: 'limit-spent',
    where: '/inbox',
    first: (database) =>
      database.db.query(`
        insert into cost_days (owner_id, day, project_id, model, microusd, input_tokens, output_tokens)
          values ('owner', (now() at time zone 'UTC')::date, 'pr-1', 'spent', 2000000, 0, 0);
        update projects set settings = settings || '{"dayBudgetCents": 100}' where id = 'pr-1'`),
    last: (_, t) =>
      t.db.query(
        "delete from cost_days where model = 'spent'; update projects set settings = settings - 'dayBudgetCents' where id = 'pr-1'",
      ),
  },
  { name: 'not-there', where: '/nothing-here' },
  { name: 'no-task', where: '/task/nothing' },
  { name: 'signin', where: '/signin' },
  { name: 'pair', where: '/pair' },
  { name: 'finder', where: '/inbox', act: (page) => tap(page.getByRole('button', { name: 'Find' })) },
  {
    name: 'decided',
    where: '/inbox',
    act: async (page) => {
      // It is never sent, however long this machine takes to look at it: later pages want it open.
      await page.evaluate(
        "const send = fetch; globalThis.fetch = (to, o) => (String(to).startsWith('/api/inbox/') ? new Promise(() => undefined) : send(to, o))",
      );
      await press('Approve')(page);
    },
  },
  {
    name: 'keys',
    where: '/inbox',
    act: (page) => page.keyboard.press('?').then(() => page.getByRole('heading', { name: 'Keys' }).waitFor()),
  },
  {
    name: 'refused',
    where: '/',
    act: async (page) => {
      // Not by a route: what goes through the service worker passes it by.
      await page.evaluate(
        "const send = fetch; globalThis.fetch = (to, o) => (to === '/api/chat' ? Promise.resolve(new Response('{}', { status: 500 })) : send(to, o))",
      );
      await page.getByRole('textbox', { name: 'Message' }).fill('And the thumbnails?');
      await tap(page.getByRole('button', { name: 'Send' }));
      await page.getByText('That did not work.').waitFor();
    },
  },
  {
    name: 'replying',
    where: '/',
    first: (database) =>
      database.db.query(
        "insert into turns (id, owner_id, state, seq, draft, lease_by, lease_until) select 'turn-x', 'owner', 'running', max(seq), 'I look at where the', 'x', now() + interval '1 hour' from events",
      ),
    last: (_, t) => t.db.query("delete from turns where id = 'turn-x'"),
  },
  {
    name: 'silent-worker',
    where: '/inbox',
    first: (database) =>
      database.db.query(
        "update settings set value = jsonb_set(value, '{at}', '\"2026-01-01T00:00:00Z\"') where key = 'checkup'",
      ),
  },
  {
    name: 'offline',
    where: '/inbox',
    act: async (page) => {
      await page.context().setOffline(true);
      // A stream that was on its way opens all the same, and then the page takes itself for online: it is told
      // until it says so. e2e/phone loses the network for real.
      await until('the page to say that it is offline', async () => {
        await page.evaluate("dispatchEvent(new Event('offline'))");
        return page.getByText('Offline, showing the last update.').isVisible();
      });
    },
  },
];

/**
 * What no page does in any state: be wider or longer than the screen, where it has parts that scroll, cut off
 * the words of a button, or what axe finds.
 */
async function faultsOf(page: Page): Promise<string[]> {
  const wide = await page.evaluate<string[]>(`document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('[class*=overflow-x]')).slice(0, 3).map((e) => e.outerHTML.slice(0, 90))`);
  const long = await page.evaluate<number>(
    "document.querySelector('#main')?.parentElement.matches('.h-dvh') ? document.documentElement.scrollHeight - innerHeight : 0",
  );
  const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('button, a.btn')]
    .filter((e) => e.offsetParent !== null && getComputedStyle(e).overflow === 'visible' && e.scrollWidth > e.clientWidth + 1)
    .map((e) => 'cut off: ' + e.textContent.trim().slice(0, 60))`);
  // Whoever asked for less motion sees none that goes on by itself.
  const moving = await page.evaluate<string[]>(`document.getAnimations()
    .filter((a) => a.playState === 'running' && a.effect.getComputedTiming().iterations === Infinity)
    .map((a) => 'moves: ' + a.effect.target.outerHTML.slice(0, 90))`);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { target: string[] }[] }[] }>(
    "axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] } })",
  );
  return [...(long > 1 ? [`the page itself scrolls by ${long}`] : []), ...cut, ...moving, ...wide.map((e) => `too wide: ${e}`), ...violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((x) => x.target.join(' ')).join(', ')}`)]; // prettier-ignore
}

/**
 * On a phone, what is smaller than a thumb; a link within a sentence is no target of its own, and the numbers
 * of lines stand as close as the lines: what hits the one beside is moved by a line up or down in the form
 * that opens.
 */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll('button, summary, select, input:not([type=file]), textarea, a.btn, nav a')]
    .map((e) => e.matches('[type=checkbox], [type=radio]') ? e.closest('label') ?? e : e)
    .filter((e) => e.offsetParent !== null && !e.closest('.sr-only') && !e.matches('[aria-label^="Comment on"]') && e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 43.5)
    .map((e) => 'small: ' + e.outerHTML.slice(0, 120))`);

inBrowser.each([
  ['phone', 'light'],
  ['phone', 'dark'],
  ['desktop', 'light'],
  ['desktop', 'dark'],
] as const)('every state of every page can be read and reached, %s, %s', async (size, theme) => {
  const found: string[] = [];
  for (const [world, states] of [
    [empty, NOTHING],
    [begun, BEGUN],
    [standing, STANDING],
    [full, ALL],
  ] as const) {
    for (const state of states.filter(({ name }) => WANTED.test(name))) {
      await healthy(world.t.db);
      // What was begun on one page stands on all of them, and those after it are looked at without.
      await world.t.db.query('delete from drafts');
      await state.first?.(world.t);
      const { page, complaints } = await openPage(browser, size, theme === 'dark');
      if (state.name === 'error' || /^\/(signin|pair|nothing|task\/nothing)/.test(state.where))
        await page.goto(`${world.s.web}${state.where}`);
      else await visit(page, `${world.s.web}${state.where}`);
      await state.act?.(page);
      await until(
        'what has come to settle',
        async () => (await page.locator('[aria-disabled=true]').count()) === 0,
      );
      await page.screenshot({ path: path.join(SHOTS, `${state.name}-${size}-${theme}.png`) });
      for (const fault of [
        ...(await faultsOf(page)),
        ...(size === 'phone' ? await smallTargets(page) : []),
        // Without a network the browser says of what was on its way that it did not come.
        ...complaints.filter((words) => state.name !== 'offline' || !/Failed to fetch/.test(words)),
      ])
        found.push(`${state.name}: ${fault}`);
      if (process.env.TALL !== undefined) {
        await page.setViewportSize({ ...page.viewportSize()!, height: TALL });
        await page.screenshot({ path: path.join(SHOTS, `${state.name}-${size}-${theme}-tall.png`) });
      }
      await state.last?.(page, world.t);
      await page.close();
    }
  }
  expect(found).toEqual([]);
});

/** What the Tab key came to. That it has the focus is shown when it, or what is around it, looks otherwise without. */
const STOP = `(() => {
  const e = document.activeElement;
  if (e === document.body || e === null) return null;
  const box = e.getBoundingClientRect();
  const name = e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.getAttribute('title') ?? e.textContent ?? '';
  const look = () => JSON.stringify([e, e.parentElement, e.parentElement.parentElement].map((x) => {
    const style = getComputedStyle(x);
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor, style.backgroundColor];
  }));
  // What changes by a transition has its old look until that has ended: with the focus, and without it.
  const settled = () => {
    look();
    for (const a of document.getAnimations()) if (a.effect.getComputedTiming().iterations !== Infinity) a.finish();
    return look();
  };
  const withFocus = settled();
  e.blur();
  const without = settled();
  e.focus({ preventScroll: true });
  return {
    what: e.outerHTML.slice(0, 110),
    hasName: name.trim() !== '',
    isInSight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    isShown: withFocus !== without,
  };
})()`;
interface Stop {
  readonly what: string;
  readonly hasName: boolean;
  readonly isInSight: boolean;
  readonly isShown: boolean;
}
const STOPS = 150;

inBrowser.each(['phone', 'desktop'] as const)(
  'by keys alone every stop has a name, is in sight and shows it; at twice the size nothing is wider than the screen, %s',
  async (size) => {
    const found: string[] = [];
    for (const state of ALL.filter((one) =>
      /^(chat|inbox|plan|review|changes|projects-open|settings|learnings|skills|memory|week)$/.test(one.name),
    )) {
      const { page } = await openPage(browser, size);
      await visit(page, `${full.s.web}${state.where}`);
      await state.act?.(page);
      for (let n = 0; n < STOPS; n++) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate<Stop | null>(STOP);
        // Round once: back at the page itself.
        if (stop === null) break;
        if (!stop.hasName) found.push(`${state.name}: no name: ${stop.what}`);
        if (!stop.isInSight) found.push(`${state.name}: out of sight: ${stop.what}`);
        if (!stop.isShown) found.push(`${state.name}: not shown: ${stop.what}`);
      }
      const { width, height } = page.viewportSize()!;
      // What a browser does at 200 %: half as many pixels of the page.
      await page.setViewportSize({ width: Math.max(320, width / 2), height: height / 2 });
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (wide > 1) found.push(`${state.name}: too wide by ${wide} at 200 %`);
      await page.screenshot({ path: path.join(SHOTS, `${state.name}-${size}-zoomed.png`) });
      await page.close();
    }
    expect(found).toEqual([]);
  },
);
