// The page of the cycle: what a day was like, before the first, when one is late, when a phase failed. On a phone
// and at a desk, on the pages and the api alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endCycle, type EndedCycle } from '@mainloop/models/db/cycle/cycles';
import { tellStuck } from '@mainloop/models/db/cycle/hand';
import { many } from '@mainloop/models/db/pool';
import type { PhaseReport } from '@mainloop/models/flow/cycle/cycle';
import { stuckOf } from '@mainloop/models/flow/cycle/stuck';
import { OWNER } from '@mainloop/models/flow/ids';
import { hasBrowser, openPage, tap, unfold, visit } from '@mainloop/testkit/browser';
import { openStage, type Stage } from '@mainloop/testkit/pages';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import axe from 'axe-core';
import path from 'node:path';
import type { Page } from 'playwright-core';

const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `cycle-${name}.png`);
const HOUR_MS = 3_600_000;
const LOOKS = [
  ['phone', false],
  ['phone', true],
  ['desktop', false],
  ['desktop', true],
] as const;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db);
    await seedTask(db, 'one');
  });
});
afterAll(() => stage?.close());

const did = (phase: PhaseReport['phase'], counts: Record<string, number>, trouble = ''): PhaseReport => ({
  phase,
  ms: 12,
  did: counts,
  trouble,
});
let ended = 0;
const end = (agoMs: number, given: Partial<EndedCycle>): Promise<boolean> => {
  const nowMs = Date.now() - agoMs;
  const cycle = { ownerId: OWNER, id: `c${ended++}`, startedMs: nowMs, seq: 1, missed: 0, said: [] };
  return endCycle(stage.database.db, { ...cycle, reason: 'clock', phases: [], ...given }, nowMs);
};
async function aDay(): Promise<void> {
  await end(20 * HOUR_MS, { reason: 'missed', missed: 36, phases: [did('gather', {}), did('tend', {})] });
  await end(5 * HOUR_MS, {
    reason: 'news',
    said: [
      '2 tasks began.',
      'A pull request was merged.',
      '“A title that is much longer than a phone is wide, with acme/api#1042 in it” is stuck: nothing goes on with it.',
    ],
    phases: [
      did('gather', { events: 9 }),
      did('triage', { stuck: 1 }),
      did('narrate', { told: 1 }),
      did('tend', { expired: 2, campfire: 1 }),
    ],
  });
  await end(2 * HOUR_MS, {
    phases: [
      did('gather', {}),
      did('triage', {}),
      did('tend', {}, 'orphans: The cluster can not be reached at https://10.0.0.1:6443.'),
    ],
  });
  for (const minutes of [10, 5]) await end(minutes * 60_000, { phases: [did('tend', {})] });
  await end(60_000, { reason: 'asked', phases: [did('gather', {}), did('triage', {}), did('tend', {})] });
}

/** What no page may do, on this one. */
async function isWell(page: Page): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await page.evaluate(axe.source);
  const violations = (await page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa'] }).then(({ violations }) => violations.map((v) => v.id))",
  )) as string[];
  expect(violations).toEqual([]);
}

inBrowser.each(LOOKS)(
  'before the first it says so, and where there is nothing to tell: %s, dark %s',
  async (size, dark) => {
    const { page, complaints } = await openPage(stage.browser!, size, dark);
    await visit(page, `${stage.pages.web}/cycle`);
    await page.getByText('None has ended yet.').waitFor();
    await page.getByText('In the last 24 hours there was nothing to tell.').waitFor();
    expect(await page.locator('[data-hour=quiet]').count()).toBe(24);
    await isWell(page);
    await page.screenshot({ path: shot(`empty-${size}${dark ? '-dark' : ''}`) });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(LOOKS)(
  'a day is seen at a glance, and what each phase did: %s, dark %s',
  async (size, dark) => {
    if (ended === 0) await aDay();
    const { page, complaints } = await openPage(stage.browser!, size, dark);
    await visit(page, `${stage.pages.web}/automations`);
    await tap(page.getByRole('link', { name: 'What mainloop looks after by itself.' }));
    await page.waitForURL('**/cycle');
    await page.getByText(/The last ended at \d\d:\d\d\./).waitFor();
    expect(await page.locator('[data-hour]').count()).toBe(24);
    expect(await page.locator('[data-hour=trouble]').count()).toBe(1);
    expect(await page.locator('[data-hour=missed]').count()).toBeGreaterThan(0);
    expect(await page.locator('[data-hour=told]').count()).toBeGreaterThan(0);
    const news = page.locator('[data-cycle=news]');
    await news.getByText('A pull request was merged.').waitFor();
    await unfold(news.getByText('Each phase'));
    await news.getByText('2 proposals expired, the campfire was lit').waitFor();
    await page.getByText('makes up for 36 that did not come').waitFor();
    await page.getByText('Tend: it failed: orphans: The cluster can not be reached').waitFor();
    await page.locator('[data-cycle=asked]').getByText('Before it: 2 cycles with nothing to tell').waitFor();
    await isWell(page);
    const name = `${size}${dark ? '-dark' : ''}`;
    await page.screenshot({ path: shot(name) });
    await news.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`open-${name}`) });
    const asks = async (): Promise<number> =>
      (await many(stage.database.db, "select 1 from events where type = 'cycle.asked'")).length;
    const before = await asks();
    await tap(page.getByRole('button', { name: 'Look now' }));
    await page.getByText('It comes now.').waitFor();
    expect(await asks()).toBe(before + 1);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(LOOKS)(
  'one that is late is said, and what is stuck is in the inbox: %s, dark %s',
  async (size, dark) => {
    await stage.database.db.query(
      `update settings set value = value || jsonb_build_object('endedMs', $1::bigint) where key = 'cycle'`,
      [Date.now() - 2 * HOUR_MS],
    );
    const task = {
      taskId: `s-${size}-${String(dark)}`,
      title: 'Keep the odd cent',
      state: 'drafting',
      waitingFor: null,
    };
    const nowMs = Date.now();
    const stuck = stuckOf(
      { ...task, isAsked: false, isQueued: false, signMs: nowMs - HOUR_MS },
      { nowMs, isGone: true, isPaused: false },
    )!;
    await tellStuck(stage.database.db, OWNER, [stuck], { sinceMs: nowMs, nowMs });
    const { page, complaints } = await openPage(stage.browser!, size, dark);
    await visit(page, `${stage.pages.web}/cycle`);
    await page.getByRole('alert').getByText('The worker may not run').waitFor();
    await isWell(page);
    await page.screenshot({ path: shot(`late-${size}${dark ? '-dark' : ''}`) });
    await visit(page, `${stage.pages.web}/inbox`);
    const card = page.locator(`#item-stuck-${task.taskId}-gone`);
    await card.getByText('“Keep the odd cent” is stuck: nothing goes on with it.').waitFor();
    await card.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`stuck-${size}${dark ? '-dark' : ''}`) });
    const link = card.getByRole('link', { name: 'The task' });
    expect(await link.getAttribute('href')).toBe(`/task/${task.taskId}`);
    await tap(card.getByRole('button', { name: 'Seen' }));
    await until('it to be seen', async () => {
      const open = await many(
        stage.database.db,
        "select 1 from inbox_items where about = $1 and state = 'open'",
        [task.taskId],
      );
      return open.length === 0;
    });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
