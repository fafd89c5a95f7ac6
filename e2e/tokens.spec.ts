// Tokens of programs, as a person makes them, copies them and takes them back. On a phone in the dark by taps,
// and at a desk by keys alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestOf } from '@mainloop/models/contracts/client';
import { createToken } from '@mainloop/models/db/devices/tokens';
import { OWNER } from '@mainloop/models/flow/ids';
import { hasBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import { openStage, type Stage } from '@mainloop/testkit/pages';
import { seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import path from 'node:path';

const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `tokens-${name}.png`);
/** Nobody writes it on purpose, and a form takes it. */
const LONG = `${'nightly-'.repeat(9)}run of the company’s own long-named CI`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    for (const size of ['phone', 'desktop']) await seedTask(db, `t-${size}`);
    const { id } = await createToken(db, OWNER, { name: LONG, scope: 'decide', days: 1 });
    await db.query(
      "update api_tokens set expires_at = now() - interval '2 days', used_at = now() - interval '3 days' where id = $1",
      [id],
    );
  });
});
afterAll(() => stage?.close());

inBrowser.each(['phone', 'desktop'] as const)(
  'a token is made, shown once, used, taken back and taken back in: %s',
  async (size) => {
    const { pages } = stage;
    const { page, complaints } = await openPage(stage.browser!, size, size === 'phone');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await visit(page, `${pages.web}/settings`);
    await tap(page.getByRole('link', { name: 'your tokens' }));
    await page.getByText('Its time was over on').waitFor();
    const press = async (name: string): Promise<void> => {
      const button = page.getByRole('button', { name, exact: true });
      if (size === 'phone') return tap(button);
      await button.focus();
      await page.keyboard.press('Enter');
    };
    // A name of blanks is none, and what is typed stays.
    const field = page.getByLabel('What it is for, such as my editor');
    await field.fill('   ');
    await press('Make the token');
    await page.getByRole('alert').filter({ hasText: 'Say what the token is for.' }).waitFor();
    await field.fill(`<b>editor</b> ${size}`);
    if (size === 'phone') await tap(page.getByRole('radio', { name: /^Decide/ }));
    else {
      await page.getByRole('radio', { name: /^Read/ }).focus();
      for (const _ of [1, 2]) await page.keyboard.press('ArrowDown');
    }
    await page.getByLabel('For so many days').fill('30');
    await press('Make the token');
    await page.getByRole('heading', { name: `The token of “<b>editor</b> ${size}”` }).waitFor();
    const token = (await page.locator('[data-token]').textContent()) ?? '';
    expect(token).toMatch(/^mlt_[\w-]{43}$/);
    // The button was far below it.
    await until('it is in sight', async () => {
      const box = await page.locator('[data-token]').boundingBox();
      return box !== null && box.y > 0 && box.y + box.height < page.viewportSize()!.height;
    });
    await page.screenshot({ path: shot(`made-${size}`), fullPage: true });
    await Promise.all([page.getByText('Copied.').waitFor(), press('Copy')]);
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(token);
    await press('I have it');
    await page.locator('[data-token]').waitFor({ state: 'detached' });
    const use = async (): Promise<number> => {
      const {
        path: at,
        method,
        body,
      } = requestOf('setPriority', {
        id: `t-${size}`,
        body: { priority: 'urgent' },
      });
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return (await fetch(`${pages.api}${at}`, { method, headers, body: JSON.stringify(body) })).status;
    };
    expect(await use()).toBe(200);
    await visit(page, `${pages.web}/settings/tokens`);
    const row = page.locator('[data-token-id]').filter({ hasText: `<b>editor</b> ${size}` });
    await row.getByText('Used just now').waitFor();
    await row.getByText('May decide for you, until').waitFor();
    expect(await page.content()).not.toContain(token.slice(4));
    await page.screenshot({ path: shot(`list-${size}`), fullPage: true });
    await press(`Revoke “<b>editor</b> ${size}”`);
    await row.waitFor({ state: 'detached' });
    expect(await use()).toBe(401);
    await press('Undo');
    await row.waitFor();
    expect(await use()).toBe(200);
    await visit(page, `${pages.web}/task/t-${size}`);
    await page.getByText(`The token “<b>editor</b> ${size}” made it urgent in priority.`).first().waitFor();
    await page.screenshot({ path: shot(`story-${size}`) });
    expect(complaints).toEqual([]);
    await page.close();
  },
  300_000,
);
