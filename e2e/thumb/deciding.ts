// A decision is what was aimed at, with what has to be seen for it, and can be taken back.
import { expect } from '@jest/globals';
import type { ItemKind } from '@mainloop/models/flow/events';
import {
  goOnUntil,
  openPage,
  settled,
  SETTLED_MS,
  tap,
  tapOnOwnClock,
  UNDO_MS,
  visit,
  visitOnOwnClock,
} from '@mainloop/testkit/browser';
import { seedItem, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import type { Locator, Page } from 'playwright-core';
import { s, db, browser, SIZES, inBrowser, shot, fresh, answerOf, open, plan, stopped } from './stage.ts';

const stateOf = async (id: string): Promise<string> =>
  (await db.query<{ state: string }>('select state from inbox_items where id = $1', [id])).rows[0]!.state;
const touchAt = async (
  page: Page,
  size: (typeof SIZES)[number],
  at: { x: number; y: number },
): Promise<void> => (size === 'phone' ? page.touchscreen.tap(at.x, at.y) : page.mouse.click(at.x, at.y));
const middle = async (button: Locator): Promise<{ x: number; y: number }> => {
  const box = (await button.boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};
const openIds = async (): Promise<string[]> =>
  (await db.query<{ id: string }>("select id from inbox_items where state = 'open'")).rows.map((r) => r.id);
const answered = async (decision: string, ids: string[]): Promise<string[]> =>
  (
    await db.query<{ id: string }>(
      "select id from inbox_items where id = any($1) and answer->>'decision' = $2",
      [ids, decision],
    )
  ).rows.map((r) => r.id);

inBrowser.each(SIZES)(
  'two taps on one point decide one thing: the card that came under the finger takes none until it has settled, %s',
  async (size) => {
    // Two are left: what stands above them for several stays, and the next one comes to the very same place.
    const [first, second, third] = [await plan(), await plan(), await plan()];
    const { page, complaints } = await openPage(browser, size);
    // On its own clock the second tap comes in the moment after the card, however slow this machine is.
    await visitOnOwnClock(page, `${s.web}/inbox`);
    const card = (id: string): Locator => page.locator(`#item-${id}`);
    const approve = (id: string): Locator => card(id).getByRole('button', { name: 'Approve' });
    const settles = async (button: Locator): Promise<void> => {
      await page.clock.runFor(SETTLED_MS);
      await settled(button);
    };
    await settles(approve(first));
    const at = await middle(approve(first));
    await touchAt(page, size, at);
    await page.clock.runFor(UNDO_MS);
    await goOnUntil(page, 'the first to be gone', async () => (await card(first).count()) === 0);
    expect(await middle(approve(second))).toEqual(at);
    await touchAt(page, size, at);
    await page.screenshot({ path: shot(`settling-${size}`) });
    expect(await card(second).getByText('Approved.').count()).toBe(0);
    await settles(approve(second));
    expect([await answerOf(first), await stateOf(second)]).toEqual(['approve', 'open']);
    await touchAt(page, size, await middle(approve(second)));
    await page.clock.runFor(UNDO_MS);
    await goOnUntil(
      page,
      'the second, now that it was aimed at',
      async () => (await card(second).count()) === 0,
    );
    expect(await answerOf(second)).toBe('approve');
    // A failure that moves up behaves alike.
    const broken: string[] = [];
    for (const words of ['It broke.', 'It broke too.', 'It broke again.'])
      broken.push((await stopped(words, '')).id);
    const retry = page.getByRole('button', { name: 'Retry', exact: true });
    await goOnUntil(page, 'all failures', async () => (await retry.count()) === 3);
    await settles(retry.nth(0));
    const where = await middle(retry.nth(0));
    await touchAt(page, size, where);
    await page.clock.runFor(UNDO_MS);
    const rows = page.locator('article').filter({ hasText: 'It broke' });
    await goOnUntil(page, 'one to be gone', async () => (await rows.count()) === 2);
    expect(await middle(retry.nth(0))).toEqual(where);
    await touchAt(page, size, where);
    await settles(retry.nth(0));
    const retried = await answered('retry', broken);
    expect(retried).toHaveLength(1);
    expect([...(await openIds()), ...retried].sort()).toEqual([third, ...broken].sort());
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a gate is no failure with a Retry: it shows the lines, is put back or allowed, and what was allowed stays in red on the review, %s',
  async (size) => {
    const lines = 'test/sum.test.ts: deleted\ntest/odd.test.ts: a test is skipped';
    const gate = await stopped(
      'The checks are green, but the change removes or skips tests.',
      lines,
      'gate' as ItemKind,
      ['Put it back', 'Allow'],
    );
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${gate.id}`);
    await card.getByText('test/sum.test.ts: deleted').waitFor();
    await card.getByRole('button', { name: 'Put it back' }).waitFor();
    expect(await card.getByRole('button', { name: 'Retry' }).count()).toBe(0);
    await expect(s.call('decide', { id: gate.id, body: { decision: 'retry' } })).rejects.toThrow(
      /takes allow or deny/,
    );
    await settled(card.getByRole('button', { name: 'Allow' }));
    await page.screenshot({ path: shot(`gate-${size}`) });
    await tap(card.getByRole('button', { name: 'Allow' }));
    await until('allowed', async () => (await answerOf(gate.id)) === 'allow');
    const review = await seedItem(db, gate.task, `${gate.task}-review`, 'review', 'Ready for review');
    const told = page.locator(`#item-${review}`).getByRole('list', { name: 'What you allowed' });
    await told.getByText('test/sum.test.ts: deleted').waitFor();
    await told.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`allowed-${size}`) });
    await visit(page, `${s.web}/task/${gate.task}`);
    await page
      .getByRole('region', { name: 'Story' })
      .getByText('You allowed: test/sum.test.ts: deleted')
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'what was red before the change is a gate that blames nobody: nothing of it stands in red, and Claude fixes it or it is allowed, %s',
  async (size) => {
    const before =
      'lint was red before this change, and is red in the same way on 0a1b2c3, which it is from.';
    const gate = await stopped(before, '', 'gate', ['Let Claude fix it', 'Allow'], 'red_before');
    const other = await stopped(before, '', 'gate', ['Let Claude fix it', 'Allow'], 'red_before');
    const { page, complaints } = await openPage(browser, size);
    await visitOnOwnClock(page, `${s.web}/inbox`);
    const card = page.locator(`#item-${gate.id}`);
    await card.getByText(before).waitFor();
    expect(await card.getByRole('button', { name: 'Retry' }).count()).toBe(0);
    // It takes nothing away and has no lines, so nothing of it is shown in red.
    expect(await card.getByRole('list').count()).toBe(0);
    await page.screenshot({ path: shot(`red-before-${size}`) });
    await tapOnOwnClock(card.getByRole('button', { name: 'Let Claude fix it' }));
    await card.getByText('Not allowed. Claude fixes it.').waitFor();
    await page.screenshot({ path: shot(`red-before-fixed-${size}`) });
    await goOnUntil(page, 'it to be sent', async () => (await answerOf(gate.id)) === 'deny');
    await tapOnOwnClock(page.locator(`#item-${other.id}`).getByRole('button', { name: 'Allow' }));
    await goOnUntil(page, 'it to be allowed', async () => (await answerOf(other.id)) === 'allow');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a decision can be taken back until it goes out, by its button and by the key u; what is not taken back goes out when the page goes, %s',
  async (size) => {
    const [first, second] = [await plan(), await plan()];
    const task = await seedTask(db, fresh());
    const asked = await seedItem(db, task, `${task}-q`, 'question', 'Which way?', ['Left', 'Right']);
    const broken = await stopped('CI is still red after 3 repairs.', '');
    const offer = await seedProposal(db, `undo-${size}`);
    const { page, complaints } = await openPage(browser, size);
    const card = (id: string): Locator => page.locator(`#item-${id}`);
    // The page's own clock goes on when the test says so: nothing goes out before it was looked at, however
    // slow this machine is.
    await visitOnOwnClock(page, `${s.web}/inbox`);
    const takeBack = async (where: Locator, button: string): Promise<void> => {
      await tapOnOwnClock(where.getByRole('button', { name: button, exact: true }));
      await tapOnOwnClock(where.getByRole('button', { name: 'Undo' }));
      await where.getByRole('button', { name: button, exact: true }).waitFor();
      await page.clock.runFor(2_000);
    };
    await takeBack(card(first), 'Approve');
    await takeBack(card(asked), 'Left');
    await takeBack(page.locator('article').filter({ hasText: 'CI is still red' }), 'Retry');
    await takeBack(page.locator(`#proposal-${offer.id}`), 'Start');
    await takeBack(page.locator(`#proposal-${offer.id}`), 'Not now');
    await tapOnOwnClock(card(second).getByRole('button', { name: 'Approve' }));
    await card(second).getByText('Approved. Claude starts.').waitFor();
    await page.screenshot({ path: shot(`undo-${size}`) });
    await page.keyboard.press('u');
    await card(second).getByRole('button', { name: 'Approve' }).waitFor();
    await page.clock.runFor(20_000);
    expect([
      await stateOf(first),
      await stateOf(second),
      await stateOf(asked),
      await stateOf(broken.id),
    ]).toEqual(['open', 'open', 'open', 'open']);
    expect(
      (await db.query('select 1 from proposals where id = $1 and state = $2', [offer.id, 'open'])).rowCount,
    ).toBe(1);
    // What is not taken back goes out, at the latest when nobody can take it back any more.
    await tapOnOwnClock(card(asked).getByRole('button', { name: 'Right' }));
    await card(asked).getByText('You answered “Right”.').waitFor();
    expect(await stateOf(asked)).toBe('open');
    await visit(page, `${s.web}/projects`);
    await until('the answer, after the page had gone', async () => (await answerOf(asked)) === 'answer');
    // A browser that died told nobody that it went: what it held is on the device, and goes out when mainloop
    // is opened again.
    const died = { path: `/api/inbox/${first}`, label: 'Plan', says: 'Approved.', atMs: 0, left: false };
    const body = { decision: 'approve', text: '', via: 'app', answerId: `died-${size}` };
    await page.evaluate(
      ([key, value]) => localStorage.setItem(key!, value!),
      [`held/${died.path}`, JSON.stringify({ ...died, body })],
    );
    await visit(page, `${s.web}/inbox`);
    await until('what a browser held that died', async () => (await answerOf(first)) === 'approve');
    await until('nothing to be held any more', () =>
      page.evaluate<boolean>("!Object.keys(localStorage).some((key) => key.startsWith('held/'))"),
    );
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'while a question is open the field at the foot of its task answers it, and its options are one tap, %s',
  async (size) => {
    const task = await seedTask(db, fresh());
    const asked = await seedItem(db, task, `${task}-q`, 'question', 'Which way?', ['Left', 'Right']);
    const { page, complaints } = await open(size, `/task/${task}`);
    const field = page.getByRole('textbox', { name: 'Or type your own answer' });
    await field.fill('Straight on');
    expect(await page.locator('#main').getByRole('button', { name: 'Left' }).isDisabled()).toBe(true);
    await page.screenshot({ path: shot(`answer-${size}`) });
    await tap(page.getByRole('button', { name: 'Answer' }));
    await page.locator('#main').getByText('You answered “Straight on”.').waitFor();
    await until('the answer', async () => (await answerOf(asked)) === 'answer');
    await page.getByRole('textbox', { name: /^Tell Claude/ }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a review can be judged from its card, and until it was read reading is its main button, %s',
  async (size) => {
    const task = await seedTask(db, fresh());
    await db.query(
      `insert into pushes (id, task_id, owner_id, run_id, branch, old_sha, new_sha, state, diff, delta)
     select $1, $2, owner_id, 'r', branch, '', 'abc', 'forwarded', $3, $3 from tasks where id = $2`,
      [`${task}-p1`, task, 'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1 +1,2 @@\n-x\n+y\n+z\n'],
    );
    const id = await seedItem(db, task, `${task}-review`, 'review', 'Ready for review');
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#item-${id}`);
    await card.getByText('One file').waitFor();
    await card.getByText('No CI checked this change.').waitFor();
    await card.getByText('You asked: do it').waitFor();
    const main = (): Promise<string | null> => card.locator('.btn-main').textContent();
    expect((await main())?.trim()).toBe('Read the change');
    await page.screenshot({ path: shot(`unread-${size}`) });
    await tap(card.getByRole('link', { name: 'Read the change' }));
    await page.getByRole('region', { name: 'a.ts' }).waitFor();
    // Where it stands beside what it leads to, it does not lead there.
    expect(await page.getByRole('link', { name: 'Read the change' }).count()).toBe(0);
    await visit(page, `${s.web}/inbox`);
    await until(
      'merging to come first, now that it was read',
      async () => (await main())?.trim() === 'Merge',
    );
    await page.screenshot({ path: shot(`read-${size}`) });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
