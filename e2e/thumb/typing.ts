// What is typed fires nothing and stays.
import { expect } from '@jest/globals';
import { reload, settled, tap, visit } from '@mainloop/testkit/browser';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import type { Locator } from 'playwright-core';
import { s, db, SIZES, inBrowser, shot, fresh, answerOf, open, plan } from './stage.ts';

inBrowser.each(SIZES)(
  'what is typed fires no shortcut: a field that opens has the focus, and no key acts while a form is open, %s',
  async (size) => {
    const id = await plan();
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${id}`);
    await settled(card.getByRole('button', { name: 'Change it' }));
    await card.focus();
    await page.keyboard.press('r');
    await page.keyboard.type('smaller steps as asked');
    expect(await card.getByRole('textbox').inputValue()).toBe('smaller steps as asked');
    // The hand slips off the field: its letters still do nothing.
    await card.focus();
    await page.keyboard.type('sa');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe(`item-${id}`);
    await page.screenshot({ path: shot(`form-${size}`) });
    const row = (
      await db.query<{ snoozed_until: Date | null; state: string }>(
        'select snoozed_until, state from inbox_items where id = $1',
        [id],
      )
    ).rows[0]!;
    expect([row.snoozed_until, row.state]).toEqual([null, 'open']);
    await tap(card.getByRole('button', { name: 'Back' }));
    await card.focus();
    await page.keyboard.press('s');
    await until(
      'later, now that no form is open',
      async () =>
        (
          await db.query<{ later: boolean }>(
            'select snoozed_until is not null as later from inbox_items where id = $1',
            [id],
          )
        ).rows[0]!.later,
    );
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'what was written stays until it is sent: the chat on another tab, a revision and an answer of its own over a reload, %s',
  async (size) => {
    const id = await plan();
    const asked = await seedItem(db, await seedTask(db, fresh()), `${fresh()}-q`, 'question', 'Which way?', [
      'Left',
      'Right',
    ]);
    const { page, complaints } = await open(size, '/');
    await page.getByLabel('Message', { exact: true }).fill('half a thought');
    await visit(page, `${s.web}/inbox`);
    await tap(page.locator(`#item-${id}`).getByRole('button', { name: 'Change it' }));
    await page.locator(`#item-${id}`).getByRole('textbox').fill('half a revision');
    await page.locator(`#item-${asked}`).getByRole('textbox').fill('half an answer');
    await reload(page);
    const value = (button: Locator, words: string): Promise<unknown> =>
      until(words, async () => (await button.inputValue()) === words);
    await value(page.locator(`#item-${id}`).getByRole('textbox'), 'half a revision');
    await value(page.locator(`#item-${asked}`).getByRole('textbox'), 'half an answer');
    await visit(page, `${s.web}/`);
    await value(page.getByLabel('Message', { exact: true }), 'half a thought');
    await visit(page, `${s.web}/inbox`);
    await tap(page.locator(`#item-${id}`).getByRole('button', { name: 'Send' }));
    await until('sent', async () => (await answerOf(id)) === 'revise');
    await page.locator(`#item-${id}`).waitFor({ state: 'detached' });
    // The copy for other devices goes with the next word to the server.
    await until(
      'its words to be gone from the device',
      async () => !(await page.evaluate<string>('JSON.stringify(localStorage)')).includes('half a revision'),
    );
    expect(complaints).toEqual([]);
    await page.close();
  },
);
