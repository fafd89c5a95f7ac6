// What a person sees and taps of what holds all work up: the one switch, and limits of money. On a phone and at a desk.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject, seedProposal, seedRun, seedTask } from '@mainloop/testkit/seed';
import { OWNER } from '@mainloop/models/flow/ids';
import { getSettings, saveSettings } from '@mainloop/models/db/projects/settings';
import { readPause, resumeAll } from '@mainloop/models/db/runs/pause';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let database: TestDatabase;
let pages: Pages;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `pause-${name}.png`);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db);
    await seedRun(db, await seedTask(db, 't-one'));
  });
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

inBrowser.each(['phone', 'desktop'] as const)(
  'everything is paused with one tap, every page says so, and one tap lets it go on: %s',
  async (size) => {
    await resumeAll(database.db, { ownerId: OWNER, via: 'app', by: 'test' });
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${pages.web}/inbox`);
    await tap(page.getByRole('button', { name: 'Pause all' }));
    const banner = page.locator('[data-banner=paused]');
    await banner.waitFor();
    expect((await readPause(database.db, OWNER)).since).not.toBeNull();
    expect(await banner.innerText()).toContain('Everything is paused. One task waits to go on.');
    await page.getByText('Everything is paused. It waits until you resume.').waitFor();
    await page.screenshot({ path: shot(`inbox-${size}`) });
    for (const where of ['/', '/settings', '/task/t-one']) {
      await visit(page, `${pages.web}${where}`);
      await banner.waitFor();
      expect(await page.getByRole('button', { name: /^Pause (all|everything)$/ }).count()).toBe(0);
      await page.screenshot({ path: shot(`${where.split('/')[1] || 'chat'}-${size}`) });
    }
    await tap(page.getByRole('button', { name: 'Resume', exact: true }));
    await banner.waitFor({ state: 'detached' });
    expect((await readPause(database.db, OWNER)).since).toBeNull();
    await visit(page, `${pages.web}/settings`);
    await page.screenshot({ path: shot(`off-${size}`) });
    await tap(page.getByRole('button', { name: 'Pause everything' }));
    await banner.waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(['phone', 'desktop'] as const)(
  'a limit of money that is spent is said on every page with the button that raises it, and a card says what it is likely to cost: %s',
  async (size) => {
    await resumeAll(database.db, { ownerId: OWNER, via: 'app', by: 'test' });
    await saveSettings(database.db, OWNER, { weekBudgetCents: 2_000 });
    await database.db.query(
      // Of today, and of tomorrow where that is a Monday: another week may begin before it was looked at.
      `insert into cost_days (owner_id, day, project_id, model, microusd, input_tokens, output_tokens)
       select $1, today + later, 'pr-1', 'm', 20500000, 0, 0
         from (select (now() at time zone 'UTC')::date as today) here, generate_series(0, 1) as later
         where later = 0 or extract(isodow from today + later) = 1
       on conflict do nothing`,
      [OWNER],
    );
    await seedTask(database.db, `t-past-${size}`);
    await database.db.query(
      "update tasks set state = 'done', cost_microusd = 1200000, ended_at = now() - interval '3 days' where id = $1",
      [`t-past-${size}`],
    );
    await seedProposal(database.db, `card-${size}`, 600_000);
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${pages.web}/inbox`);
    const banner = page.locator('[data-banner=spent]');
    await banner.waitFor();
    expect(await banner.innerText()).toContain(
      "This week's limit for all agents ($20.00) is spent. New work waits until Monday (UTC), or until you raise it.",
    );
    await page
      .getByText(/The one task merged here cost \$1\.20|Likely about \$1\.20/)
      .first()
      .waitFor();
    const waits = page.getByText('It waits until Monday (UTC), or until you raise it.');
    await waits.first().waitFor();
    await page.screenshot({ path: shot(`money-${size}`) });
    await visit(page, `${pages.web}/task/t-one`);
    await page.getByRole('status').filter({ has: waits }).waitFor();
    await visit(page, `${pages.web}/inbox`);
    await tap(page.getByRole('button', { name: 'Raise to $30' }));
    await banner.waitFor({ state: 'detached' });
    expect((await getSettings(database.db, OWNER)).weekBudgetCents).toBe(3_000);
    await visit(page, `${pages.web}/settings`);
    expect(await page.getByLabel('Budget per week for all agents, in dollars').inputValue()).toBe('30');
    await page.screenshot({ path: shot(`money-settings-${size}`) });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
