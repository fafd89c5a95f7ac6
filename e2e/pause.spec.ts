// What a person sees and taps of the one switch, on a phone and at a desk.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openBrowser, openPage, visit } from '@mainloop/testkit/browser';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { startPages, type Pages } from '@mainloop/testkit/pages';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { OWNER } from '@mainloop/models/flow/ids';
import { readPause, resumeAll } from '@mainloop/models/db/runs/pause';
import { ensureRun } from '@mainloop/models/db/runs/runs';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let t: TestDatabase;
let pages: Pages;
let browser: Browser;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `pause-${name}.png`);

beforeAll(async () => {
  t = await freshDatabase();
  await seedProject(t.db);
  const taskId = await seedTask(t.db, 't-one');
  await ensureRun(t.db, { ownerId: OWNER, taskId, n: 1, phase: 'implement', prompt: () => 'go', model: 'm' });
  pages = await startPages(t);
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await pages?.stop();
  await t?.drop();
});

inBrowser.each(['phone', 'desktop'] as const)(
  'everything is paused with one tap, every page says so, and one tap lets it go on: %s',
  async (size) => {
    await resumeAll(t.db, { ownerId: OWNER, via: 'app', by: 'test' });
    const { page, complaints } = await openPage(browser, size);
    await visit(page, `${pages.web}/inbox`);
    await page.getByRole('button', { name: 'Pause all' }).click();
    const banner = page.locator('[data-paused]');
    await banner.waitFor();
    expect((await readPause(t.db, OWNER)).since).not.toBeNull();
    expect(await banner.innerText()).toContain('Everything is paused. One task waits to go on.');
    await page.getByText('Everything is paused. It waits until you resume.').waitFor();
    await page.screenshot({ path: shot(`inbox-${size}`) });
    for (const where of ['/', '/settings', '/task/t-one']) {
      await visit(page, `${pages.web}${where}`);
      await banner.waitFor();
      expect(await page.getByRole('button', { name: /^Pause (all|everything)$/ }).count()).toBe(0);
      await page.screenshot({ path: shot(`${where.split('/')[1] || 'chat'}-${size}`) });
    }
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await banner.waitFor({ state: 'detached' });
    expect((await readPause(t.db, OWNER)).since).toBeNull();
    await visit(page, `${pages.web}/settings`);
    await page.screenshot({ path: shot(`off-${size}`) });
    await page.getByRole('button', { name: 'Pause everything' }).click();
    await banner.waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
  180_000,
);
