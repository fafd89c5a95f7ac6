// What is typed: it goes into the field that it was meant for, decides nothing, and is not lost.
import { expect } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { inboxClosed } from '@mainloop/models/events/inbox';
import { OWNER } from '@mainloop/models/flow/ids';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import {
  openPage,
  reload,
  settled,
  tap,
  unfold,
  visit,
  visitOnOwnClock,
  WAIT_MS,
  wakeServiceWorker,
} from '@mainloop/testkit/browser';
import { browser, s, t, SIZES, inBrowser, shot, fresh, open, answerOf } from './stage.ts';

inBrowser(
  'what is typed while the finder is still on its way goes into it, and decides nothing',
  async () => {
    const plan = await seedItem(
      t.db,
      await seedTask(t.db, fresh()),
      `${fresh()}-p`,
      'plan',
      'Plan, revision 1',
    );
    const { page, complaints } = await open('desktop', '/inbox');
    await settled(page.locator(`#item-${plan}`).getByRole('button', { name: 'Approve' }));
    await page.evaluate('window.asked = 0');
    await page.locator(`#item-${plan}`).focus();
    // All in one turn of the page, so that nothing can have been loaded between them.
    await page.evaluate(`for (const key of ['k', 't', 'a', 's', 'k'])
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey: key === 'k' && !window.asked++, bubbles: true, cancelable: true }))`);
    await until(
      'the words',
      async () =>
        (await page.getByRole('combobox', { name: 'Find a task, a message or a page' }).inputValue()) ===
        'task',
    );
    await page.keyboard.type(' k');
    expect(await page.getByRole('combobox', { name: 'Find a task, a message or a page' }).inputValue()).toBe(
      'task k',
    );
    await page.keyboard.press('Escape');
    expect(await page.locator(`#item-${plan}`).getByText('Approved.').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'the rest of a word is no shortcut when its field has gone under the fingers, %s',
  async (size) => {
    const plan = await seedItem(
      t.db,
      await seedTask(t.db, fresh()),
      `${fresh()}-p`,
      'plan',
      'Plan, revision 1',
    );
    const task = await seedTask(t.db, fresh());
    const asked = await seedItem(t.db, task, `${task}-q`, 'question', 'What should it be called?');
    const { page, complaints } = await openPage(browser, size);
    // On its own clock no pause between two letters is longer than it is said to be.
    await visitOnOwnClock(page, `${s.web}/inbox`);
    const field = page.locator(`#item-${asked}`).getByRole('textbox');
    await tap(field);
    await page.keyboard.type('the ma');
    await appendOnce(
      t.db,
      [inboxClosed.new({ taskId: task, actor: 'test', payload: { id: asked, why: 'Answered on GitHub.' } })],
      OWNER,
    );
    // Somebody who types goes on typing: with j the card of the plan had the focus, and with a it was approved.
    const word = 'ja';
    for (let i = 0; (await field.count()) > 0; i++) {
      await page.keyboard.press(word[i % 2]!);
      await page.clock.runFor(150);
    }
    await page.keyboard.type('jaja');
    await page.screenshot({ path: shot(`word-${size}`) });
    expect(await page.locator(`#item-${plan}`).getByText('Approved.').count()).toBe(0);
    // A moment later they are keys again.
    await page.clock.runFor(1_050);
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.locator(`#item-${plan}`).getByText('Approved.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser(
  'a key that was pressed in the middle of a word is of that word, however late a busy page hears it',
  async () => {
    const plan = await seedItem(
      t.db,
      await seedTask(t.db, fresh()),
      `${fresh()}-p`,
      'plan',
      'Plan, revision 1',
    );
    const task = await seedTask(t.db, fresh());
    const asked = await seedItem(t.db, task, `${task}-q`, 'question', 'What should it be called?');
    const { page, complaints } = await open('desktop', '/inbox');
    await settled(page.locator(`#item-${plan}`).getByRole('button', { name: 'Approve' }));
    await tap(page.locator(`#item-${asked}`).getByRole('textbox'));
    await page.evaluate(`{
    const press = (key) => new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
    const late = press('a');
    document.activeElement.dispatchEvent(press('m'));
    for (const from = performance.now(); performance.now() - from < 1_200;);
    document.getElementById('item-${plan}').dispatchEvent(late);
  }`);
    expect(await page.locator(`#item-${plan}`).getByText('Approved.').count()).toBe(0);
    await page.locator(`#item-${plan}`).focus();
    await page.keyboard.press('a');
    await page.locator(`#item-${plan}`).getByText('Approved.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser(
  'a tap that was made before a moved card could be seen decides nothing, however late a busy page hears it',
  async () => {
    const task = await seedTask(t.db, fresh());
    const plan = await seedItem(t.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
    const { page, complaints } = await open('phone', '/inbox');
    const approve = page.locator(`#item-${plan}`).getByRole('button', { name: 'Approve' });
    await settled(approve);
    await page.evaluate(`(async () => {
      const pause = (ms) => new Promise((done) => setTimeout(done, ms));
      const card = document.getElementById('item-${plan}');
      const above = document.createElement('div');
      above.style.height = '120px';
      card.before(above);
      await pause(60);
      const late = new MouseEvent('click', { detail: 1, bubbles: true, cancelable: true });
      for (const from = performance.now(); performance.now() - from < 1_200;);
      await pause(200);
      [...card.querySelectorAll('button')].find((button) => button.textContent.includes('Approve')).dispatchEvent(late);
    })()`);
    expect(await page.locator(`#item-${plan}`).getByText('Approved.').count()).toBe(0);
    await tap(approve);
    await page.locator(`#item-${plan}`).getByText('Approved.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'words that waited for a network and came too late stay on the device, those that arrived do not, %s',
  async (size) => {
    const [first, second] = [await seedTask(t.db, fresh()), await seedTask(t.db, fresh())];
    const [late, kept] = [await seedItem(t.db, first, `${first}-p`, 'plan', 'Plan, revision 1'), await seedItem(t.db, second, `${second}-p`, 'plan', 'Plan, revision 1')]; // prettier-ignore
    const { page } = await open(size, '/inbox');
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    await page.context().setOffline(true);
    await page.getByText('Offline, showing the last update.').waitFor();
    for (const [id, words] of [
      [late, 'these come too late'],
      [kept, 'these arrive'],
    ] as const) {
      // prettier-ignore
      const card = page.locator(`#item-${id}`);
      await tap(card.getByRole('button', { name: 'Change it' }));
      await card.getByRole('textbox').fill(words);
      await tap(card.getByRole('button', { name: 'Send' }));
      await card.getByText('It will be sent when you are back online.').waitFor();
    }
    await appendOnce(
      t.db,
      [inboxClosed.new({ taskId: first, actor: 'test', payload: { id: late, why: 'Decided on GitHub.' } })],
      OWNER,
    );
    await page.context().setOffline(false);
    await until('the one that arrives', async () => (await answerOf(kept)) === 'revise');
    const device = (): Promise<string> => page.evaluate<string>('JSON.stringify(localStorage)');
    await until(
      'its words to be gone from the device',
      async () => !(await device()).includes('these arrive'),
    );
    expect(await device()).toContain('these come too late');
    await page.close();
  },
);

inBrowser(
  'words that went out while no page was open are gone from the device with the next one',
  async () => {
    const task = await seedTask(t.db, fresh());
    const plan = await seedItem(t.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    await visit(page, `${s.web}/inbox`);
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    // A file of the same place: it keeps the browser's context, and hears nothing.
    const deaf = await context.newPage();
    await deaf.goto(`${s.web}/manifest.webmanifest`);
    await context.setOffline(true);
    await page.getByText('Offline, showing the last update.').waitFor();
    const card = page.locator(`#item-${plan}`);
    await tap(card.getByRole('button', { name: 'Change it' }));
    await card.getByRole('textbox').fill('sent by no page');
    await tap(card.getByRole('button', { name: 'Send' }));
    await card.getByText('It will be sent when you are back online.').waitFor();
    await page.close();
    await context.setOffline(false);
    await wakeServiceWorker(deaf, s.web, 'waiting');
    await until('its answer', async () => (await answerOf(plan)) === 'revise');
    const device = (): Promise<string> => deaf.evaluate<string>('JSON.stringify(localStorage)');
    expect(await device()).toContain('sent by no page');
    const next = await context.newPage();
    // Its note stands for some seconds only: the page itself sees it, whenever it comes.
    await Promise.all([
      next.getByText('What you said offline is sent.').waitFor(),
      visit(next, `${s.web}/inbox`),
    ]);
    await until(
      'its words to be gone from the device',
      async () => !(await device()).includes('sent by no page'),
    );
    await context.close();
  },
);

inBrowser.each(SIZES)(
  "a folder of a repository is typed as it is, and what is wrong with it is said in a person's words, %s",
  async (size) => {
    const { page, complaints } = await open(size, '/projects');
    await page.locator('#source').fill('acme/mono');
    for (const field of ['#source', '#folder'])
      expect(await page.locator(field).getAttribute('autocapitalize')).toBe('off');
    await page.locator('#folder').fill('../other');
    await tap(page.getByRole('button', { name: 'Add' }));
    const said = page.locator('form').getByRole('alert');
    await said.waitFor();
    expect(await said.textContent()).toBe('A folder is a path inside of the repository, as packages/a.');
    await page.screenshot({ path: shot(`folder-add-${size}`) });
    await unfold(page.getByText('Notes, sandbox, checks and limits').first());
    const field = page.getByLabel('Folder within the repository').first();
    await field.fill('../other');
    await field.press('Enter');
    const beside = page.locator('[data-setting]', { has: field }).getByRole('alert');
    await beside.waitFor();
    expect(await beside.textContent()).toBe('A folder is a path inside of the repository, as packages/a.');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.screenshot({ path: shot(`folder-set-${size}`) });
    // What is left there is sent by Enter as well as what was just typed.
    await until('it to be kept', async () => (await t.db.query("select 1 from drafts where key like 'setting/%folder' and text like '%other%'")).rowCount === 1); // prettier-ignore
    await reload(page);
    await until('what was typed', async () => (await field.inputValue()) === '../other');
    await field.press('Enter');
    await beside.waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);
