// The order in which tasks get their agents, as a person sees it and says it. On a phone and at a desk.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openPage, tap, unfold, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject, seedProposal, seedRun, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { OWNER } from '@mainloop/models/flow/ids';
import { findTask } from '@mainloop/models/db/tasks/tasks';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let database: TestDatabase;
let pages: Pages;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `order-${name}.png`);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db);
    await seedProject(db, 'pr-2', 'demo/other');
    for (const size of ['phone', 'desktop'])
      for (const name of ['first', 'second']) await seedRun(db, await seedTask(db, `t-${name}-${size}`));
  });
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

inBrowser.each(['phone', 'desktop'] as const)(
  'a task is made urgent and waits for another, says why it waits, and a circle is refused in a sentence: %s',
  async (size) => {
    const [first, second] = [`t-first-${size}`, `t-second-${size}`];
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${pages.web}/task/${second}`);
    await page.getByText('It starts in a moment. You are not needed.').first().waitFor();
    await unfold(page.getByText('Order', { exact: true }));
    await page.getByLabel('Priority').selectOption('urgent');
    await page.getByText('You made it urgent in priority.').waitFor();
    await page.getByLabel('Waits until these have ended').selectOption(first);
    await page.getByText(`It waits until "Task ${first}" has ended.`).first().waitFor();
    await page.getByText('Order · urgent priority · after another task').waitFor();
    await page.screenshot({ path: shot(`task-${size}`) });
    expect(await findTask(database.db, OWNER, second)).toMatchObject({
      priority: 'urgent',
      blockedBy: [first],
    });
    await visit(page, `${pages.web}/inbox`);
    await page.getByText(`It waits until "Task ${first}" has ended.`).first().waitFor();
    await visit(page, `${pages.web}/task/${first}`);
    await unfold(page.getByText('Order', { exact: true }));
    await page.getByLabel('Waits until these have ended').selectOption(second);
    await page.getByText('They would wait for each other for ever').waitFor();
    await page.screenshot({ path: shot(`circle-${size}`) });
    await visit(page, `${pages.web}/task/${second}`);
    await unfold(page.getByText('Order · urgent priority · after another task'));
    await tap(page.getByRole('button', { name: `No longer wait for Task ${first}` }));
    await until(
      'it waits for nobody',
      async () => (await findTask(database.db, OWNER, second))?.blockedBy.length === 0,
    );
    await page.getByText('You let it wait for no other task.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(['phone', 'desktop'] as const)(
  'a card is started with another priority, after another task: %s',
  async (size) => {
    const { id } = await seedProposal(database.db, `card-${size}`, 600_000);
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${pages.web}/inbox`);
    const card = page.locator(`#proposal-${id}`);
    await tap(card.getByRole('button', { name: 'Edit' }));
    await card.getByLabel('Priority').selectOption('low');
    await card.getByLabel('Waits until these have ended').selectOption(`t-first-${size}`);
    await page.screenshot({ path: shot(`card-${size}`), fullPage: true });
    await tap(card.getByRole('button', { name: 'Start' }));
    const started = async (): Promise<{ priority: string; blockedBy: readonly string[] } | null> => {
      const { rows } = await database.db.query<{ task_id: string | null }>(
        'select task_id from proposals where id = $1',
        [id],
      );
      return rows[0]?.task_id == null ? null : findTask(database.db, OWNER, rows[0].task_id);
    };
    expect(await until('the task is there', started)).toMatchObject({
      priority: 'low',
      blockedBy: [`t-first-${size}`],
    });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
