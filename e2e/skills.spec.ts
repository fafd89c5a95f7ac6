// A skill from its first word to its card, in the hands of a person: on a phone and at a desk, on the pages
// and the api alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject } from '@mainloop/testkit/seed';
import { listOpenProposals } from '@mainloop/models/db/conversation/proposals';
import { OWNER } from '@mainloop/models/flow/ids';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let database: TestDatabase;
let pages: Pages;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `skills-${name}.png`);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage((db) => seedProject(db, 'pr-1', 'acme/api'));
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

inBrowser.each(['phone', 'desktop'] as const)(
  'a prompt is saved under a name, called with what it wants, and proposes a task: %s',
  async (size) => {
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${pages.web}/skills`);
    await page.getByLabel('Name, such as fix-lint').fill(`bump-${size}`);
    await page.getByLabel(/^What it should do/).fill('Bring {{package}} to the newest version.');
    await page.getByLabel('package, where nothing is given').waitFor();
    await page.screenshot({ path: shot(`writing-${size}`), fullPage: true });
    await tap(page.getByRole('button', { name: 'Save' }));
    const card = page.locator(`#skill-bump-${size}`);
    await card.waitFor();
    await tap(card.getByRole('button', { name: 'Propose' }));
    await card.getByText(`/bump-${size} wants package`).waitFor();
    await card.getByLabel('package').fill('left-pad');
    await card.getByLabel('In').selectOption({ label: 'acme/api' });
    await page.screenshot({ path: shot(`list-${size}`) });
    await tap(card.getByRole('button', { name: 'Propose' }));
    await page
      .getByRole('article', { name: `Proposed task: /bump-${size} left-pad` })
      .first()
      .waitFor();
    await page.screenshot({ path: shot(`card-${size}`) });
    const proposal = (await listOpenProposals(database.db, OWNER)).find(
      (p) => p.title === `/bump-${size} left-pad`,
    );
    expect(proposal).toMatchObject({ prompt: 'Bring left-pad to the newest version.', project: 'acme/api' });
    expect((await database.db.query('select 1 from tasks')).rowCount).toBe(0);
    await visit(page, `${pages.web}/skills`);
    await tap(card.getByRole('button', { name: 'Remove' }));
    await card.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
