// Automations in the hands of a person: on a phone and at a desk, on the pages and the api alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openPage, tap, unfold, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { actOn } from '@mainloop/models/db/automations/acting';
import { noteRuleFiles } from '@mainloop/models/db/automations/repository';
import { judgeLog } from '@mainloop/models/db/automations/judging';
import { listOpenItems } from '@mainloop/models/db/inbox/items';
import { until } from '@mainloop/testkit/stack';
import { appendOnce } from '@mainloop/models/db/log';
import { many } from '@mainloop/models/db/pool';
import { taskSteered } from '@mainloop/models/events/tasks';
import { OWNER } from '@mainloop/models/flow/ids';
import type { AutomationWorkflowInput } from '@mainloop/models/flow/workflow';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let database: TestDatabase;
let pages: Pages;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `automations-${name}.png`);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db, 'pr-1', 'acme/api');
    await seedTask(db, 't-1');
  });
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

const says = (text: string) =>
  appendOnce(database.db, [taskSteered.new({ taskId: 't-1', actor: 'you', payload: { text } })], OWNER);
/** As the worker does it, without Temporal. */
async function work(): Promise<void> {
  while ((await judgeLog(database.db, OWNER)).mayBeMore);
  const fired = await many<{ payload: AutomationWorkflowInput }>(
    database.db,
    "select payload from outbox where name = 'automationWorkflow'",
  );
  for (const { payload } of fired) await actOn(database.db, payload);
}

inBrowser.each(['phone', 'desktop'] as const)(
  'one is put together, tried, refused in a sentence, asked why, changed and removed: %s',
  async (size) => {
    const { page, complaints } = await openPage(browser, size);
    await says('stop now');
    await visit(page, `${pages.web}/automations`);
    const form = page.locator('form:has(#written)');
    await form.getByLabel(/^Name/).fill(`told-${size}`);
    await form.getByLabel('When').selectOption('task.steered');
    await form.getByLabel('Field', { exact: true }).selectOption('text');
    await form.getByLabel('How', { exact: true }).selectOption('regex');
    await form.getByLabel('Value', { exact: true }).fill('(?=now)');
    await form.getByLabel(/^Words/).fill(`Said in {{task.title}} (${size})`);
    await tap(form.getByRole('button', { name: 'Try on the last week' }));
    await form.getByRole('alert').filter({ hasText: "The pattern /(?=now)/ can't be used" }).waitFor();
    await form.getByLabel('Value', { exact: true }).fill('now$');
    await tap(form.getByRole('button', { name: 'Try on the last week' }));
    await form.getByText(/^In the last week it would have come/).waitFor();
    await page.screenshot({ path: shot(`form-${size}`), fullPage: true });
    await tap(form.getByRole('button', { name: 'Save' }));
    const card = page.locator(`[data-automation=told-${size}]`);
    await card.getByText('When task.steered happens and text matches /now$/').waitFor();
    await says('now');
    await work();
    await card.getByText(/: done$/).waitFor();
    await tap(card.getByRole('button', { name: /^Why/ }));
    await card.getByText('yes: text matches /now$/; it is “now”').waitFor();
    await page.screenshot({ path: shot(size), fullPage: true });
    await visit(page, `${pages.web}/inbox`);
    await page
      .getByRole('article')
      .filter({ hasText: `Said in Task t-1 (${size})` })
      .waitFor();
    await visit(page, `${pages.web}/automations`);
    await tap(card.getByRole('button', { name: 'Edit' }));
    const written = await until('what is kept to be in the form', async () => {
      const text = await form.locator('#written').inputValue();
      return text.includes(`name: told-${size}`) && text.includes('perDay: 20') && text;
    });
    await form.locator('#written').fill(written.replace('perDay: 20', 'perDay: 3'));
    await tap(form.getByRole('button', { name: 'Save' }));
    await card.getByText(/at most 3 in a day\.$/).waitFor();
    await tap(card.getByRole('button', { name: 'Pause' }));
    await card.getByRole('heading', { name: `told-${size}, paused` }).waitFor();
    await tap(card.getByRole('button', { name: 'Remove' }));
    await card.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

/** What the default branch of acme/api holds now. */
const holds = (files: Readonly<Record<string, string>>) =>
  noteRuleFiles(
    database.db,
    OWNER,
    { id: 'pr-1', name: 'acme/api', repo: 'acme/api', folder: '' },
    Object.entries(files).map(([name, text]) => ({ path: `.mainloop/automations/${name}.yaml`, text })),
  );
const toldBy = (name: string, words: string): string =>
  `name: ${name}\nwhen: task.steered\nactions: [{ do: notify, title: "${words}" }]`;
const LONG = 'a-rule-whose-file-has-a-name-that-is-longer-than-any-line-of-a-phone-could-be';

inBrowser.each([
  ['phone', false],
  ['phone', true],
  ['desktop', false],
  ['desktop', true],
] as const)(
  'a file of a repository does nothing before it is approved as it is shown: %s, dark: %s',
  async (size, dark) => {
    const name = `of-file-${size}-${dark ? 'dark' : 'light'}`;
    const odd = { [LONG]: toldBy('long', `{{text}} ${'and-on'.repeat(30)}`), wrong: 'name: wrong\nwhen: x' };
    await holds({ ...odd, [name]: toldBy(name, 'Said {{text}}') });
    const { page, complaints } = await openPage(browser, size, dark);
    await visit(page, `${pages.web}/automations`);
    const file = page.locator(`[data-rule-file=".mainloop/automations/${name}.yaml"]`);
    await file.getByText('waits for your approval').waitFor();
    await says(`before ${name}`);
    await work();
    await page.screenshot({ path: shot(`files-${name}`), fullPage: true });
    await tap(file.getByRole('button', { name: 'Approve' }));
    await file.getByText('approved', { exact: true }).waitFor();
    const card = page.locator(`[data-automation=${name}]`);
    await card.getByText(/^When task.steered happens/).waitFor();
    // What the server would refuse is not offered.
    await card.getByText(`From .mainloop/automations/${name}.yaml in acme/api: change it there`).waitFor();
    await card.getByRole('button', { name: 'Remove' }).waitFor();
    expect(await card.getByRole('button', { name: 'Edit' }).count()).toBe(0);
    await says(`after ${name}`);
    await work();
    await card.getByText(/: done$/).waitFor();
    // Pushed anew by whoever may push: the rule goes on as it was approved.
    await holds({ ...odd, [name]: toldBy(name, 'Something else') });
    await file.getByText(/^changed, and waits/).waitFor();
    await unfold(file.getByText('All of it'));
    await file.getByText('Something else').first().waitFor();
    await page.screenshot({ path: shot(`changed-${name}`), fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const told = (await listOpenItems(database.db, OWNER)).map(({ title }) => title);
    expect(told.filter((title) => title.endsWith(name))).toEqual([`Said after ${name}`]);
    await holds({});
    await card.getByText('Its file is gone from the default branch of its repository.').waitFor();
    await tap(card.getByRole('button', { name: 'Remove' }));
    await card.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
