// A skill that comes by itself, in the hands of a person: on a phone and at a desk, on the pages and the api alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject } from '@mainloop/testkit/seed';
import { SaveSkill } from '@mainloop/models/contracts/skills';
import { saveSkill } from '@mainloop/models/db/conversation/skills';
import { comeDue, listRecurring } from '@mainloop/models/db/recurring/recurring';
import { OWNER } from '@mainloop/models/flow/ids';
import { until } from '@mainloop/testkit/stack';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let database: TestDatabase;
let pages: Pages;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `plans-${name}.png`);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db, 'pr-1', 'acme/api');
    const tidy = {
      name: 'tidy',
      prompt: 'Tidy {{what}} up.',
      parameters: [{ name: 'what', kind: 'text' }],
    };
    await saveSkill(db, OWNER, SaveSkill.parse(tidy));
  });
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

inBrowser.each(['phone', 'desktop'] as const)(
  'one is planned, refused in a sentence, changed, paused and removed on its page: %s',
  async (size) => {
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${pages.web}/recurring`);
    const form = page.locator('form:has(#cron)');
    await form.getByLabel('Skill').selectOption({ label: '/tidy' });
    await form.getByLabel('what', { exact: true }).fill('the docs');
    await form.getByLabel(/^In(?! the)/).selectOption({ label: 'acme/api' });
    await form.getByLabel(/^When/).fill('0 9 30 2 *');
    await form.getByLabel('In the time zone').fill('Europe/Berlin');
    await tap(form.getByRole('button', { name: 'Save' }));
    await form
      .getByRole('alert')
      .filter({ hasText: '"0 9 30 2 *" never comes: no day is like that.' })
      .waitFor();
    await form.getByLabel(/^When/).fill('30 9 * * 1-5');
    await tap(form.getByRole('button', { name: 'Save' }));
    const card = page.locator('[data-recurring=tidy]');
    await card.getByText('30 9 * * 1-5 · Europe/Berlin').waitFor();
    expect(await card.getByText(/, 09:30$/).count()).toBe(5);
    await page.screenshot({ path: shot(size), fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await tap(card.getByRole('button', { name: 'Edit' }));
    await form.getByLabel(/^When/).fill('15 7 1 * *');
    await tap(form.getByRole('button', { name: 'Save' }));
    await card.getByText('15 7 1 * * · Europe/Berlin').waitFor();
    await tap(card.getByRole('button', { name: 'Pause' }));
    await card.getByRole('heading', { name: '/tidy, paused' }).waitFor();
    await tap(card.getByRole('button', { name: 'Resume' }));
    await card.getByRole('heading', { name: '/tidy', exact: true }).waitFor();
    const [plan] = await listRecurring(database.db, OWNER, new Date());
    // Three days without mainloop.
    await comeDue(database.db, OWNER, plan!.id, new Date(plan!.next[2]!.getTime() + 3_600_000));
    await visit(page, `${pages.web}/inbox`);
    const alarm = page.getByRole('article').filter({ hasText: '/tidy did not come as planned.' });
    await alarm.getByText('because mainloop did not run').waitFor();
    await page.screenshot({ path: shot(`alarm-${size}`) });
    await tap(alarm.getByRole('button', { name: 'Seen' }));
    await until('the alarm to be read', async () => {
      const [now] = await listRecurring(database.db, OWNER, new Date());
      return now!.alarm === '';
    });
    await visit(page, `${pages.web}/recurring`);
    await tap(card.getByRole('button', { name: 'Remove' }));
    await card.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
