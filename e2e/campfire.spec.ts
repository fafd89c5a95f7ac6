// The campfire in the hands of a person: by taps on a phone and by keys at a desk, on the pages and the api alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  hasBrowser,
  openPage,
  stopClock,
  tap,
  tapOnOwnClock,
  unfold,
  visit,
} from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { learningLikened, learningNoted } from '@mainloop/models/events/learnings';
import { lightCampfire } from '@mainloop/models/db/learnings/campfire';
import { addLearning, listApproved, listLearnings } from '@mainloop/models/db/learnings/learnings';
import { getSettings } from '@mainloop/models/db/projects/settings';
import { appendOnce } from '@mainloop/models/db/log';
import { OWNER } from '@mainloop/models/flow/ids';
import axe from 'axe-core';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

let database: TestDatabase;
let pages: Pages;
let browser: Browser;
let fires = 0;
const DAY_MS = 86_400_000;
/** Past every hour that is chosen here, whatever the hour is now. */
const EVENING_MS = Date.parse(`${new Date().toISOString().slice(0, 10)}T23:00:00Z`);
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `campfire-${name}.png`);
const WORDS = [
  'Round half to even wherever money is split, as the bank does.',
  'Always name the unit in the name of a number.',
  'Before a push, see to it that lint does not say: Expected an indentation of two blanks',
  'Names of columns are in snake_case.',
  'Put the unit of a number into its name, like timeoutMs.',
];
/** What the last of them says in other words. */
const APPROVED = 'Numbers carry their unit.';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db, 'pr-1', 'acme/api');
    await seedTask(db, 'one');
  });
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

/** @returns the ids of five rules that the campfire of another day asks about */
async function campfire(size: string): Promise<string[]> {
  const ids = WORDS.map((_, at) => `L${size}${at}`);
  await appendOnce(
    database.db,
    WORDS.map((rule, at) =>
      learningNoted.new({
        taskId: 'one',
        actor: 'ada',
        payload: {
          id: ids[at]!,
          rule: `${rule} (${size})`,
          why: at === 0 ? 'Said in review of src/tally/split.ts.' : '',
          path: at === 3 ? '*.sql' : null,
          source: at === 2 ? 'ci' : 'review',
          author: at === 2 ? 'the check lint' : 'ada',
          projectId: null,
          runId: null,
          like: null,
          isWord: true,
        },
      }),
    ),
    OWNER,
  );
  const own = { rule: `${APPROVED} (${size})`, why: '', path: null, projectId: null };
  expect(await addLearning(database.db, OWNER, own, 'you')).toEqual({ ok: true });
  const to = (await ruleOf(own.rule)).id;
  const likened = learningLikened.new({ actor: 'mainloop', payload: { id: ids[4]!, to, by: 'meaning' } });
  await appendOnce(database.db, [likened], OWNER);
  expect(await lightCampfire(database.db, OWNER, EVENING_MS + fires++ * DAY_MS)).toBe('lit');
  return ids;
}
const ruleOf = async (rule: string) =>
  (await listLearnings(database.db, OWNER)).find((l) => l.rule === rule)!;
const stateOf = async (id: string): Promise<string> => {
  const rule = (await listLearnings(database.db, OWNER)).find((l) => l.id === id)!;
  return rule.quietUntil === null ? rule.state : `${rule.state}, not now`;
};
const becomes = (id: string, state: string): Promise<unknown> =>
  until(`${id} to be ${state}`, async () => (await stateOf(id)) === state);
const looksRight = async (page: Page): Promise<void> => {
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await page.evaluate(axe.source);
  const tags =
    "{ runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] } }";
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { target: string[] }[] }[] }>(
    `axe.run(document, ${tags})`,
  );
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.target.join(' '))])).toEqual([]);
};

inBrowser(
  'on a phone: approve, edit, not now and never, each by one tap; taken back; what says the same counts for another; and the item goes with the last of them',
  async () => {
    const [round, unit, lint, snake, again] = (await campfire('phone')) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const { page, complaints } = await openPage(browser, 'phone');
    await page.clock.install();
    await visit(page, `${pages.web}/inbox`);
    const card = page.locator('article').filter({ hasText: 'taught: five rules' });
    await card.getByText('Four came up in review (ada) and one came from a red check').waitFor();
    await looksRight(page);
    await page.screenshot({ path: shot('phone'), fullPage: true });
    await stopClock(page);
    const row = (id: string) => card.locator(`[data-decides="/api/learnings/${id}"]`);
    const press = (id: string, name: string): Promise<void> =>
      tap(row(id).getByRole('button', { name, exact: true }));
    const pressHeld = (id: string, name: string): Promise<void> =>
      tapOnOwnClock(row(id).getByRole('button', { name, exact: true }));
    await pressHeld(round, 'Never');
    await pressHeld(round, 'Undo');
    await page.clock.resume();
    await press(round, 'Approve');
    await press(lint, 'Never');
    await press(snake, 'Not now');
    await row(again).getByText(`The same as “${APPROVED} (phone)”?`).waitFor();
    await press(again, 'The same');
    await press(unit, 'Edit');
    await row(unit).getByLabel('The rule').fill('Name the unit of a number.');
    await page.screenshot({ path: shot('phone-deciding'), fullPage: true });
    await press(unit, 'Approve these words');
    await Promise.all([
      becomes(round, 'approved'),
      becomes(lint, 'rejected'),
      becomes(snake, 'proposed, not now'),
      becomes(unit, 'approved'),
      becomes(again, 'retired'),
    ]);
    await card.waitFor({ state: 'detached' });
    const approved = (await listApproved(database.db, OWNER, 'pr-1')).map(({ rule }) => rule);
    expect(approved).toEqual(expect.arrayContaining(['Name the unit of a number.', `${WORDS[0]} (phone)`]));
    // What was said again counts for the rule that says it already, until that is undone.
    const times = async (): Promise<number> => (await ruleOf(`${APPROVED} (phone)`)).times;
    expect(await times()).toBe(2);
    await visit(page, `${pages.web}/learnings`);
    await unfold(page.locator('summary').filter({ hasText: 'No longer' }));
    const rule = page.locator(`[data-learning=${again}]`);
    await unfold(rule.getByText('Before', { exact: true }));
    await tap(rule.getByRole('button', { name: 'Make it this again' }).first());
    await becomes(again, 'proposed');
    expect(await times()).toBe(1);
    // The next campfire would ask about it once more.
    await tap(rule.getByRole('button', { name: 'Reject' }));
    await becomes(again, 'rejected');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser(
  'at a desk in the dark by keys alone, and what was decided is made undone on the page, long after',
  async () => {
    const [round, unit, lint, snake] = (await campfire('desktop')) as [string, string, string, string];
    const { page, complaints } = await openPage(browser, 'desktop', true);
    await visit(page, `${pages.web}/inbox`);
    const card = page.locator('article').filter({ hasText: 'taught: five rules' });
    await card.waitFor();
    await looksRight(page);
    await page.screenshot({ path: shot('desktop'), fullPage: true });
    // The card itself is no row: no key answers all of it.
    expect(await card.getAttribute('data-row')).toBeNull();
    for (const [id, key, state] of [
      [round, 'a', 'approved'],
      [lint, 'r', 'rejected'],
      [snake, 's', 'proposed, not now'],
    ] as const) {
      await card.locator(`[data-decides="/api/learnings/${id}"]`).focus();
      await page.keyboard.press(key);
      await becomes(id, state);
    }
    expect(await stateOf(unit)).toBe('proposed');
    await tap(card.getByRole('button', { name: 'Not now, all of it' }));
    await becomes(unit, 'proposed, not now');
    await card.waitFor({ state: 'detached' });
    await visit(page, `${pages.web}/learnings`);
    const rule = page.locator(`[data-learning=${round}]`);
    await unfold(rule.getByText('Before', { exact: true }));
    await tap(rule.getByRole('button', { name: 'Make it this again' }).first());
    await becomes(round, 'proposed');
    await visit(page, `${pages.web}/settings`);
    const at = page.getByLabel(/^When what a day taught/);
    expect(await at.inputValue()).toBe('18:00');
    await at.fill('21:30');
    await at.blur();
    await until(
      'the hour to be kept',
      async () => (await getSettings(database.db, OWNER)).campfireAt === '21:30',
    );
    await page.screenshot({ path: shot('settings'), fullPage: true });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser('what is about no task comes with the page, and a link to it opens it', async () => {
  await campfire('link');
  const alarm = {
    id: 'alarm',
    kind: 'recurring' as const,
    title: '/release did not come as planned.',
    body: '/release should have come on Monday at 9:30 and did not happen.',
    options: [],
    about: 'recurring-1',
  };
  await appendOnce(database.db, [inboxOpened.new({ actor: 'mainloop', payload: alarm })], OWNER);
  const sent = await (await fetch(`${pages.web}/inbox`)).text();
  expect(sent).toContain('data-decides="/api/learnings/');
  expect(sent).toContain('id="item-alarm"');
  const { page, complaints } = await openPage(browser, 'phone');
  await visit(page, `${pages.web}/inbox?item=alarm`);
  const card = page.locator('#item-alarm');
  await until('the alarm to be in sight', async () => {
    const box = (await card.boundingBox())!;
    return box.y > 0 && box.y + box.height < page.viewportSize()!.height;
  });
  await page.screenshot({ path: shot('link') });
  expect(complaints).toEqual([]);
  await page.close();
});
