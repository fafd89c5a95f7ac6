// What counts, what is a failure, and what stands where.
import { expect } from '@jest/globals';
import { OWNER } from '@mainloop/models/flow/ids';
import { appendOnce } from '@mainloop/models/db/log';
import { taskEnded } from '@mainloop/models/events/tasks';
import {
  goOnUntil,
  openPage,
  settled,
  tap,
  tapOnOwnClock,
  UNDO_MS,
  unfold,
  visit,
  visitOnOwnClock,
} from '@mainloop/testkit/browser';
import { seedItem, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { s, db, browser, SIZES, inBrowser, shot, n, fresh, open, plan, stopped } from './stage.ts';

const taskOf = async (id: string): Promise<string | undefined> =>
  (
    await db.query<{ title: string }>(
      'select t.title from inbox_items i join tasks t on t.id = i.task_id where i.id = $1',
      [id],
    )
  ).rows[0]?.title;

inBrowser.each(SIZES)(
  'one number counts all that is stopped on the person, failures come before what works, and later says until when, %s',
  async (size) => {
    const id = await plan();
    await stopped('CI is still red after 3 repairs.', '');
    await stopped(
      'The budget of this task is spent. Raise it and retry, or cancel.',
      '',
      'failure',
      ['Retry'],
      'budget',
    );
    await seedProposal(db, `count-${size}`);
    await seedTask(db, fresh());
    await db.query("update tasks set state = 'drafting' where id = $1", [`th${n}`]);
    const { page, complaints } = await open(size, '/inbox');
    await until('four in the name of the page', async () => (await page.title()).startsWith('(4)'));
    const needs = page.getByRole('region', { name: 'Needs you' });
    expect(
      (await needs.getByRole('heading', { level: 2 }).first().textContent())!.replace(/\s+/g, ' '),
    ).toContain('4');
    const y = async (name: string): Promise<number> =>
      (await page.getByRole('heading', { name: new RegExp(name), level: 2 }).boundingBox())!.y;
    expect(await y('Failed')).toBeLessThan(await y('Working'));
    await page.screenshot({ path: shot(`counts-${size}`), fullPage: true });
    const card = page.locator(`#item-${id}`);
    await tap(card.getByRole('button', { name: 'Later' }));
    await until('three', async () => (await page.title()).startsWith('(3)'));
    await unfold(page.locator('summary', { hasText: 'Later' }));
    await card.getByText(/Back (today|tomorrow) at \d\d:\d\d/).waitFor();
    expect(
      await page
        .getByRole('region', { name: 'Working' })
        .getByText((await taskOf(id)) ?? '')
        .count(),
    ).toBe(0);
    await page.screenshot({ path: shot(`later-${size}`), fullPage: true });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a pause and a cancellation are no failures, a confirmation is in sight, and a message at the foot covers nothing, %s',
  async (size) => {
    const paused = await stopped(
      'Paused by you. Resume continues from here.',
      '',
      'failure',
      ['Retry'],
      'paused',
    );
    const id = await plan();
    const { page, complaints } = await openPage(browser, size);
    // Its clock stands: the note is there for some seconds only.
    await visitOnOwnClock(page, `${s.web}/inbox`);
    const row = page.locator('article').filter({ hasText: 'Paused by you. Resume continues from here.' });
    await row.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await row.locator('.text-bad').count()).toBe(0);
    expect(await page.getByRole('heading', { name: /Failed/ }).count()).toBe(0);
    await page.screenshot({ path: shot(`paused-${size}`) });
    const card = page.locator(`#item-${id}`);
    await tapOnOwnClock(card.getByRole('button', { name: 'Approve' }));
    const note = page.getByRole('status').filter({ hasText: 'Approved.' }).last();
    await page.clock.runFor(UNDO_MS);
    await goOnUntil(
      page,
      'the note in the place of the card',
      async () => (await card.count()) === 0 && note.isVisible(),
    );
    await page.screenshot({ path: shot(`note-${size}`) });
    const at = (await note.boundingBox())!;
    const covered = await page.evaluate<string[]>(`(() => {
      const [x, y, w, h] = ${JSON.stringify([at.x, at.y, at.width, at.height])};
      return [...document.querySelectorAll('main button, main a, main textarea, nav a')].filter((e) => {
        const r = e.getBoundingClientRect();
        const box = e.closest('[data-scroll]')?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight };
        const [top, bottom] = [Math.max(r.top, box.top), Math.min(r.bottom, box.bottom)];
        return r.width > 0 && bottom > top && !e.closest('[data-notes]') && r.left < x + w && r.right > x && top < y + h && bottom > y;
      }).map((e) => e.textContent);
    })()`);
    expect(covered).toEqual([]);

    await page.clock.resume();
    await visit(page, `${s.web}/task/${paused.task}`);
    await tap(page.getByRole('button', { name: 'Cancel task' }));
    const ask = page.getByRole('alertdialog');
    await ask.waitFor();
    const box = (await ask.boundingBox())!;
    await until('all of it in sight', async () => {
      const b = (await ask.boundingBox())!;
      return b.y >= 0 && b.y + b.height <= page.viewportSize()!.height;
    });
    expect(box.height).toBeGreaterThan(0);
    await page.screenshot({ path: shot(`confirm-${size}`) });
    await tap(ask.getByRole('button', { name: 'Cancel the task' }));
    await appendOnce(
      db,
      [
        taskEnded.new({
          taskId: paused.task,
          actor: 'test',
          payload: { state: 'cancelled', how: 'cancelled', left: '' },
        }),
      ],
      OWNER,
    );
    const told = page.getByRole('region', { name: 'Story' }).getByText('You cancelled it.');
    await told.first().waitFor();
    expect(await page.getByRole('region', { name: 'Story' }).locator('.text-bad').count()).toBe(0);
    await page.screenshot({ path: shot(`cancelled-${size}`) });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'no card stands twice on the page of its task, and no button is pale because the page has just opened, %s',
  async (size) => {
    const task = await seedTask(db, fresh());
    const id = await seedItem(db, task, `${task}-plan`, 'plan', 'Plan, revision 1');
    const broken = await stopped('CI is still red after 3 repairs.', '');
    const { page, complaints } = await openPage(browser, size);
    await page.addInitScript(`(() => {
    globalThis.palest = 1;
    const was = new Set();
    const look = () => {
      for (const b of document.querySelectorAll('article button, article a.btn')) {
        // What has settled once is pale for something that moved it, on a slow machine after it opened.
        if (was.has(b)) continue;
        if (b.getAttribute('aria-disabled') === null) was.add(b);
        globalThis.palest = Math.min(globalThis.palest, Number(getComputedStyle(b).opacity));
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })()`);
    await visit(page, `${s.web}/task/${task}`);
    const approve = page.locator('#main').getByRole('button', { name: 'Approve' });
    await settled(approve);
    expect(await page.evaluate<number>('globalThis.palest')).toBe(1);
    expect(await page.locator(`[id="item-${id}"]`).count()).toBe(1);
    await page.screenshot({ path: shot(`once-${size}`) });
    await visit(page, `${s.web}/task/${broken.task}`);
    await page.locator('#main').getByRole('button', { name: 'Retry' }).waitFor();
    expect(await page.getByRole('button', { name: 'Retry' }).filter({ visible: true }).count()).toBe(1);
    // Another task's card is beside it on the desktop, for this page does not show it.
    expect(await page.locator(`[id="item-${id}"]`).filter({ visible: true }).count()).toBe(
      size === 'desktop' ? 1 : 0,
    );
    expect(complaints).toEqual([]);
    await page.close();
  },
);
