// Ways to show the inbox, and what is decided in it.
import { expect } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { ciJudged } from '@mainloop/models/events/forge';
import { OWNER } from '@mainloop/models/flow/ids';
import {
  openPage,
  reload,
  SETTLED_MS,
  tap,
  tapOnOwnClock,
  unfold,
  visit,
  visitOnOwnClock,
} from '@mainloop/testkit/browser';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { t, s, browser, SIZES, inBrowser, shot, fresh, open, answerOf } from './stage.ts';

inBrowser.each(SIZES)(
  'a permission holds an agent: what was decided goes out after two seconds, and can be taken back until then, %s',
  async (size) => {
    const task = await seedTask(t.db, fresh());
    const id = await seedItem(t.db, task, `${task}-m`, 'permission', 'Run: make release', [
      'Allow once',
      'Refuse',
    ]);
    const { page, complaints } = await openPage(browser, size);
    await visitOnOwnClock(page, `${s.web}/inbox`);
    const card = page.locator(`#item-${id}`);
    await tapOnOwnClock(card.getByRole('button', { name: 'Allow once' }));
    await page.clock.runFor(1_500);
    await tapOnOwnClock(card.getByRole('button', { name: 'Undo' }));
    await card.getByRole('button', { name: 'Allow once' }).waitFor();
    await page.clock.runFor(2_000);
    expect(await answerOf(id)).toBeUndefined();
    await tapOnOwnClock(card.getByRole('button', { name: 'Allow once' }));
    await page.clock.runFor(2_100);
    await until('the agent to be told', async () => (await answerOf(id)) === 'allow');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'the inbox is shown as cards, as lines, or one at a time, and the choice is kept, %s',
  async (size) => {
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) {
      const task = await seedTask(t.db, fresh());
      ids.push(await seedItem(t.db, task, `${task}-p`, 'plan', 'Plan, revision 1'));
    }
    const { page, complaints } = await openPage(browser, size);
    // On its own clock the card that is decided stays for as long as it takes to look at the next ones.
    await visitOnOwnClock(page, `${s.web}/inbox`);
    const needs = page.getByRole('region', { name: 'Needs you' });
    await needs.getByLabel('View').selectOption('One line each');
    await needs.locator('article').first().waitFor({ state: 'detached' });
    const lines = needs.getByRole('button', { expanded: false });
    expect(await lines.count()).toBe(6);
    const last = (await lines.last().boundingBox())!;
    expect(last.y + last.height).toBeLessThan(page.viewportSize()!.height);
    expect(last.height).toBeGreaterThanOrEqual(44);
    await reload(page);
    await until('six lines, as chosen', async () => (await lines.count()) === 6);
    await page.screenshot({ path: shot(`lines-${size}`) });
    await tapOnOwnClock(lines.nth(1));
    const card = page.locator(`#item-${ids[1]}`);
    await card.getByRole('button', { name: 'Approve' }).waitFor();
    await page.clock.runFor(SETTLED_MS);
    await page.screenshot({ path: shot(`line-open-${size}`) });
    await tapOnOwnClock(card.getByRole('button', { name: 'Approve' }));
    await card.getByText('Approved.').waitFor();
    await needs.getByLabel('View').selectOption('One at a time');
    expect(await needs.locator('article').count()).toBe(1);
    await tapOnOwnClock(needs.getByRole('button', { name: 'Next' }));
    await needs.getByText('3 of 6').waitFor();
    await page.screenshot({ path: shot(`one-${size}`) });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)('what failed alike goes on together, each with its own way back, %s', async (size) => {
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const task = await seedTask(t.db, fresh());
    ids.push(await seedItem(t.db, task, `${task}-f`, 'failure', 'GitHub did not answer.', ['Retry']));
    await t.db.query('update tasks set failure = $2 where id = $1', [
      task,
      JSON.stringify({ sentence: 'GitHub did not answer.', detail: '' }),
    ]);
  }
  const { page, complaints } = await openPage(browser, size);
  // On its own clock the six seconds in which each can be taken back are over when the test says so.
  await visitOnOwnClock(page, `${s.web}/inbox`);
  const all = page.getByRole('button', { name: 'Retry all 3' });
  await page.screenshot({ path: shot(`bulk-${size}`) });
  await tapOnOwnClock(all);
  const undo = page.getByRole('button', { name: 'Undo' });
  await until('three ways back', async () => (await undo.count()) === 3);
  await tapOnOwnClock(undo.first());
  await page.getByRole('button', { name: 'Retry', exact: true }).waitFor();
  await page.clock.resume();
  await visit(page, `${s.web}/projects`);
  await until(
    'two to go on',
    async () => (await Promise.all(ids.map(answerOf))).filter((x) => x === 'retry').length === 2,
  );
  expect((await Promise.all(ids.map(answerOf))).filter((x) => x === undefined)).toHaveLength(1);
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(SIZES)('something is put off to any day, or until CI is done, %s', async (size) => {
  const task = await seedTask(t.db, fresh());
  const plan = await seedItem(t.db, task, `${fresh()}-p`, 'plan', 'Plan, revision 1');
  const { page, complaints } = await open(size, '/inbox');
  const later = async (): Promise<{ until: Date | null; ci: boolean }> =>
    (
      await t.db.query<{ until: Date | null; ci: boolean }>(
        'select snoozed_until as until, until_ci as ci from inbox_items where id = $1',
        [plan],
      )
    ).rows[0]!;
  const put = page.locator(`#item-${plan}`).getByRole('button', { name: 'Later' });
  await tap(put);
  const other = page.getByRole('button', { name: 'Other…' });
  await tap(other);
  const dialog = page.getByRole('dialog', { name: 'Put it off until' });
  const day = new Date(Date.now() + 30 * 24 * 3_600_000);
  const words = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}T09:30`;
  await dialog.getByLabel('Day and time').fill('2020-01-01T10:00');
  await dialog.getByText('Choose a time within the next three months.').waitFor();
  await page.screenshot({ path: shot(`later-${size}`) });
  await dialog.getByLabel('Day and time').fill(words);
  await tap(dialog.getByRole('button', { name: 'Put it off' }));
  await until(
    'the day',
    async () => Math.abs((await later()).until!.getTime() - new Date(words).getTime()) < 120_000,
  );
  await dialog.waitFor({ state: 'detached' });
  // Nothing is promised that can't come.
  await unfold(page.locator('summary').filter({ hasText: /^Later/ }));
  const another = page.locator(`#item-${plan}`).getByRole('button', { name: 'Another time' });
  await tap(another);
  const ci = dialog.getByRole('button', { name: 'When CI is done' });
  await tap(ci);
  await dialog.getByText('No CI runs for this task right now. Choose a time instead.').waitFor();
  await t.db.query("update tasks set head_sha = 'h' where id = $1", [task]);
  await tap(ci);
  await page.getByText('Back when CI is done').waitFor();
  expect((await later()).ci).toBe(true);
  const judged = (verdict: 'pending' | 'green', pending: number) =>
    appendOnce(
      t.db,
      [
        ciJudged.new({
          taskId: task,
          actor: 'mainloop',
          key: { names: '' },
          payload: { sha: 'h', round: 0, verdict, outcome: verdict, passed: 1, failed: 0, pending },
        }),
      ],
      OWNER,
    );
  await judged('pending', 1);
  expect((await later()).ci).toBe(true);
  await judged('green', 0);
  await until('it to be back', async () => (await later()).until === null);
  await put.waitFor();
  expect(complaints).toEqual([]);
  await page.close();
});
