// The inbox people live in: by keyboard and by ear, several questions in a row, later, what happened
// meanwhile, and what it cost.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OWNER } from '@mainloop/models/flow/ids';
import { appendOnce } from '@mainloop/models/db/log';
import { openPool, type Db } from '@mainloop/models/db/pool';
import { pullRequestMerged } from '@mainloop/models/events/forge';
import { costMetered } from '@mainloop/models/events/money';
import {
  hasBrowser,
  openBrowser,
  openPage,
  tap,
  tapOnOwnClock,
  UNDO_MS,
  unfold,
  visit,
  visitOnOwnClock,
} from '@mainloop/testkit/browser';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import type { Item } from '@mainloop/testkit/story';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';

let stack: Stack;
let db: Db;
let browser: Browser;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `${name}.png`);
const inBrowser = hasBrowser ? test : test.skip;

beforeAll(async () => {
  const story = path.join(mkdtempSync('/tmp/inbox-story-'), 'story.yaml');
  writeFileSync(story, STORY);
  stack = await startStack({ MAINLOOP_DEMO_SCRIPT: story });
  db = openPool(stack.databaseUrl, 'inbox-test');
  await seedProject(db, 'pr-1', 'acme/api');
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await db?.end();
  await stack?.stop();
});

const open = (taskId: string): Promise<Item[]> =>
  stack.call('listInbox').then((l) => l.filter((i) => i.taskId === taskId));

inBrowser(
  'several questions of one run are asked one after the other, several answers count, and the agent gets them all',
  async () => {
    await stack.call('sendMessage', { body: { text: 'case questions' } });
    const proposal = await until('a proposal', async () => (await stack.call('listProposals'))[0]);
    const { taskId } = await stack.call('confirmProposal', {
      id: proposal.id,
      body: { digest: proposal.digest },
    });
    await until(
      'both questions, and a run that waits',
      async () => (await open(taskId)).length === 2 && (await state(taskId)) === 'blocked',
    );
    const { page, complaints } = await openPage(browser, 'phone');
    await visit(page, `${stack.web}/inbox`);
    await page.getByText('Question, one more after this').waitFor();
    expect(await page.getByRole('button', { name: 'Answer' }).count()).toBe(1);
    await page.getByLabel('Linux').check();
    await page.getByLabel('macOS').check();
    await page.screenshot({ path: shot('phone-two-questions') });
    await tap(page.getByRole('button', { name: 'Answer' }));
    await page.getByText('Which name?').waitFor();
    // One answer is not enough: it waits for the other.
    expect(await state(taskId)).toBe('blocked');
    await page.getByLabel('Your own answer').fill('Tally');
    await tap(page.getByRole('button', { name: 'Answer' }));
    const t = await until('the plan', async () => {
      const d = await stack.call('getTask', { id: taskId });
      return d.plan ? d : null;
    });
    expect(t.plan).toContain('Linux, macOS and Tally');
    expect(complaints).toEqual([]);
    await stack.call('cancelTask', { id: taskId });
    await page.close();
  },
);
const state = async (id: string): Promise<string> => (await stack.call('getTask', { id })).state;

inBrowser(
  'a phone whose clock is a day off tells the right times, and "later" lasts as long as it says',
  async () => {
    await seedTask(db, 'clock');
    await seedItem(db, 'clock', 'clock-q', 'question', 'What time is it?', ['Late', 'Early']);
    for (const off of [-1, 1]) {
      const { page, complaints } = await openPage(browser, 'phone');
      await page.clock.setSystemTime(Date.now() + off * 26 * 3_600_000);
      await visit(page, `${stack.web}/inbox`);
      const card = page.locator('#item-clock-q');
      await card.getByText(/· (just now|\d min ago)$/).waitFor();
      await tap(card.getByRole('button', { name: 'Later' }));
      await until('later', async () => {
        const result = await db.query<{ h: number }>(
          "select extract(epoch from snoozed_until - now()) / 3600 as h from inbox_items where id = 'clock-q'",
        );
        return Number(result.rows[0]!.h) > 2.9 && Number(result.rows[0]!.h) < 3.1;
      });
      await stack.call('snooze', { id: 'clock-q', body: { minutes: 0 } });
      expect(complaints).toEqual([]);
      await page.close();
    }
    await stack
      .call('decide', { id: 'clock-q', body: { decision: 'answer', text: 'Late' } })
      .catch(() => undefined);
  },
);

inBrowser('by keyboard: move, approve, reply, later, find, and the keys themselves', async () => {
  for (const t of ['k1', 'k2', 'k3']) await seedTask(db, t);
  await seedItem(db, 'k1', 'k1-plan', 'plan', 'Plan, revision 1');
  await seedItem(db, 'k2', 'k2-q', 'question', 'Which way?', ['Left', 'Right']);
  await seedItem(db, 'k3', 'k3-plan', 'plan', 'Plan, revision 1');
  const { page, complaints } = await openPage(browser, 'desktop');
  await visit(page, `${stack.web}/inbox`);
  await page.locator('#item-k3-plan').waitFor();
  const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.id');
  // Once: what is pressed before the keys have come is heard when they have.
  await page.keyboard.press('j');
  await until('the first row to have the focus', async () => (await focused()) === 'item-k1-plan');
  await page.keyboard.press('a');
  await until('approved by a', async () => (await item('k1', 'k1-plan')).state === 'answered');
  await page.locator('#item-k1-plan').waitFor({ state: 'detached' });
  await page.locator('#item-k2-q').focus();
  await page.keyboard.press('r');
  await page.keyboard.type('Straight on, j and k are letters here');
  await page.keyboard.press('Enter');
  await until('answered', async () => (await item('k2', 'k2-q')).state === 'answered');
  await page.locator('#item-k2-q').waitFor({ state: 'detached' });
  await page.locator('#item-k3-plan').focus();
  await page.keyboard.press('s');
  await page.getByText('Later', { exact: false }).first().waitFor();
  await page.locator('section[aria-label="Needs you"] #item-k3-plan').waitFor({ state: 'detached' });
  await unfold(page.locator('summary', { hasText: 'Later' }));
  await tap(page.locator('#item-k3-plan').getByRole('button', { name: 'Back' }));
  await page.locator('section[aria-label="Needs you"] #item-k3-plan').waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('task k3');
  await page.getByRole('option', { name: /Task k3/ }).waitFor();
  await page.screenshot({ path: shot('desktop-find') });
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/task\/k3$/);
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  // Everything that can be tapped can be reached by Tab, and shows that it is.
  await visit(page, `${stack.web}/inbox`);
  await page.keyboard.press('Tab');
  expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Skip to content');
  expect(complaints).toEqual([]);
  await page.close();
});
const item = async (task: string, id: string): Promise<Item> =>
  (await stack.call('getTask', { id: task })).items.find((i) => i.id === id)!;

inBrowser(
  'the ledger: shown, opened, answered, taps and time; "this did not need me"; a greeting of what happened; the week and the money',
  async () => {
    await seedTask(db, 'l1');
    await seedItem(db, 'l1', 'l1-q', 'question', 'Is this needed?', ['Yes']);
    await appendOnce(
      db,
      [
        pullRequestMerged.new({ taskId: 'l1', actor: 'test', payload: { number: 1, sha: null } }),
        costMetered.new({
          taskId: 'l1',
          actor: 'test',
          key: { callId: 'l1' },
          payload: {
            runId: null,
            model: 'claude-opus-5-5',
            microusd: 1_230_000,
            inputTokens: 10,
            outputTokens: 5,
          },
        }),
      ],
      OWNER,
    );
    // As if the person had left three hours ago.
    await db.query(
      "insert into events (owner_id, type, actor, payload, at) select owner_id, 'owner.caught_up', 'you', '{\"seq\": 0}', now() - interval '3 hours' from events limit 1",
    );
    const { page, complaints } = await openPage(browser, 'phone');
    await visit(page, `${stack.web}/inbox`);
    const greeting = page.getByRole('region', { name: 'While you were away' });
    await greeting.getByText('While you were away (3 h):').waitFor();
    expect(await greeting.textContent()).toContain('Task l1 was merged.');
    await page.screenshot({ path: shot('phone-greeting') });
    const card = page.locator('#item-l1-q');
    await card.scrollIntoViewIfNeeded();
    await until('shown', async () => (await ledger('l1-q')).shown_at !== null);
    await tap(card.getByRole('button', { name: 'Yes' }));
    await until('answered', async () => (await ledger('l1-q')).taps !== null);
    const row = await ledger('l1-q');
    expect([row.opened_at !== null, row.taps! >= 1, row.attention_ms! > 500, row.not_needed]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    await page.close();

    await seedItem(db, 'l1', 'l1-q2', 'question', 'And this?', ['Yes']);
    const again = await openPage(browser, 'phone', true);
    // Its clock stands: the note at the end is there for some seconds only.
    await visitOnOwnClock(again.page, `${stack.web}/task/l1`);
    // It is known by now; nobody is greeted twice.
    expect(await again.page.getByRole('region', { name: 'While you were away' }).count()).toBe(0);
    const second = again.page.locator('#main #item-l1-q2');
    await tapOnOwnClock(second.getByRole('button', { name: 'Yes' }));
    await again.page.clock.runFor(UNDO_MS);
    await tapOnOwnClock(again.page.getByRole('button', { name: 'Did not need me' }));
    await until('noted', async () => (await ledger('l1-q2')).not_needed);
    await again.page.close();

    for (const size of ['phone', 'desktop'] as const) {
      const w = await openPage(browser, size, size === 'phone');
      await w.page.goto(`${stack.web}/week`);
      await w.page.getByText(/of your attention for each/).waitFor();
      await w.page.getByText('$1.23').first().waitFor();
      expect(await w.page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await w.page.screenshot({ path: shot(`${size}-week`) });
      expect(w.complaints).toEqual([]);
      await w.page.close();
    }
    expect(complaints).toEqual([]);
  },
);
interface Ledger {
  shown_at: Date | null;
  opened_at: Date | null;
  taps: number | null;
  attention_ms: number | null;
  not_needed: boolean;
}
const ledger = async (id: string): Promise<Ledger> =>
  (
    await db.query<Ledger>(
      'select shown_at, opened_at, taps, attention_ms, not_needed from inbox_items where id = $1',
      [id],
    )
  ).rows[0]!;

inBrowser(
  'a photograph and a file: pasted into the chat, shown there, on the card, and in the hands of the agent; what lies or is too big is refused',
  async () => {
    const { page, complaints } = await openPage(browser, 'phone');
    await visit(page, `${stack.web}/`);
    const pixels = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const pick = page.getByLabel('Files to attach');
    await pick.setInputFiles([
      { name: 'screen.png', mimeType: 'image/png', buffer: pixels },
      { name: '../../.bashrc', mimeType: 'text/plain', buffer: Buffer.from('a trace\n') },
    ]);
    await page.getByRole('button', { name: 'Leave out screen.png' }).waitFor();
    await page.getByRole('button', { name: 'Leave out bashrc' }).waitFor();
    await pick.setInputFiles([
      { name: 'fake.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload=alert(1)>') },
    ]);
    await page.getByText('fake.png is not an image, whatever its name says.').waitFor();
    await page.screenshot({ path: shot('phone-attach') });
    await page.getByLabel('Message', { exact: true }).fill('case pictures');
    await tap(page.getByRole('button', { name: 'Send' }));
    await page.getByRole('img', { name: 'screen.png' }).first().waitFor();
    const card = page.getByRole('article', { name: 'Proposed task' }).filter({ hasText: 'Case pictures' });
    await card.getByRole('img', { name: 'screen.png' }).waitFor();
    await page.screenshot({ path: shot('phone-pictures') });
    await tap(card.getByRole('button', { name: 'Start' }));
    const started = card.locator('a[href^="/task/"]');
    await started.waitFor();
    const taskId = (await started.getAttribute('href'))!.split('/').at(-1)!;
    const said = await until('the agent to have seen them', async () =>
      (await stack.call('listEvents', { id: taskId })).find((e) => e.type === 'agent.said'),
    );
    expect(said.payload.text).toBe('bashrc: a trace screen.png: 70 bytes');
    await stack.call('cancelTask', { id: taskId });

    // What is served can't run: an image as one, anything else as a download, both in a sandbox.
    const send = async (name: string, data: Buffer): Promise<Response> =>
      fetch(`${stack.api}/api/attachments?name=${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Uint8Array(data),
      });
    const { id } = (await (await send('page.html', Buffer.from('<script>alert(1)</script>'))).json()) as {
      id: string;
    };
    const got = await fetch(`${stack.api}/api/attachments/${id}`);
    expect([got.headers.get('content-type'), got.headers.get('content-disposition')]).toEqual([
      'application/octet-stream',
      "attachment; filename*=UTF-8''page.html",
    ]);
    expect(got.headers.get('content-security-policy')).toContain('sandbox');
    const big = await send('huge.png', Buffer.concat([pixels, Buffer.alloc(50 * 1024 * 1024)]));
    expect([big.status, ((await big.json()) as { error: string }).error]).toEqual([
      413,
      expect.stringContaining('20 MB'),
    ]);
    expect((await send('empty', Buffer.alloc(0))).status).toBe(422);
    await expect(stack.call('readAttachment', { id: 'f-nothing' })).rejects.toThrow(/no such file/);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser('a message about a task that runs is offered to it, and told only after a tap', async () => {
  await seedTask(db, 'told');
  const { page, complaints } = await openPage(browser, 'phone');
  await visit(page, `${stack.web}/`);
  await page.getByLabel('Message', { exact: true }).fill('tell told to keep the old name');
  await tap(page.getByRole('button', { name: 'Send' }));
  const card = page.getByRole('article', { name: 'Proposed task' }).filter({ hasText: 'Tell the task' });
  await card.getByText('Keep the old name, please.').waitFor();
  const steered = async (): Promise<number> =>
    (await stack.call('listEvents', { id: 'told' })).filter((e) => e.type === 'task.steered').length;
  expect(await steered()).toBe(0);
  await page.screenshot({ path: shot('phone-tell') });
  // The card moves under the reply when that has been given, and takes no tap for a moment.
  await page.getByLabel('mainloop is writing').waitFor({ state: 'detached' });
  const tell = card.getByRole('button', { name: 'Tell it' });
  await tap(tell, () => tell.dblclick());
  await card.getByText('Told.').waitFor();
  expect(await steered()).toBe(1);
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser.each(['light', 'dark'] as const)('axe finds nothing serious on any page, %s', async (theme) => {
  await seedTask(db, `x-${theme}`);
  await seedItem(db, `x-${theme}`, `x-${theme}-q`, 'question', 'Which?', ['A', 'B']);
  await seedItem(db, `x-${theme}`, `x-${theme}-p`, 'plan', 'Plan, revision 1');
  await seedItem(db, `x-${theme}`, `x-${theme}-m`, 'permission', 'Run: npm test');
  await seedItem(db, `x-${theme}`, `x-${theme}-f`, 'failure', 'CI is still red after 3 repairs.');
  const found: string[] = [];
  for (const size of ['phone', 'desktop'] as const) {
    const { page } = await openPage(browser, size, theme === 'dark');
    for (const p of [
      '/',
      '/inbox',
      `/task/x-${theme}`,
      `/task/x-${theme}/changes`,
      '/projects',
      '/settings',
      '/week',
      '/signin',
      '/pair',
      '/nothing-here',
    ]) {
      await page.goto(`${stack.web}${p}`);
      await page.waitForLoadState('networkidle').catch(() => undefined);
      found.push(...(await serious(page)).map((v) => `${size} ${p}: ${v}`));
    }
    await visit(page, `${stack.web}/inbox`);
    await until('the page to listen', async () => {
      await page.keyboard.press('Control+k');
      return page.getByRole('combobox', { name: 'Find a task, a message or a page' }).isVisible();
    });
    found.push(...(await serious(page)).map((v) => `${size} find: ${v}`));
    await page.close();
  }
  expect(found).toEqual([]);
});

async function serious(page: Page): Promise<string[]> {
  // A button that has just come is disabled for a second; axe would look at it in the middle of becoming an
  // enabled one.
  await until(
    'what has come to settle',
    async () => (await page.locator('[aria-disabled=true]').count()) === 0,
  );
  // Through the debugger: the page's own policy lets no foreign script in.
  await page.evaluate(axe.source);
  const result = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { target: string[] }[] }[];
  }>("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })");
  return result.violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id} ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

const STORY = `
version: 1
chat:
  - when: '^case (\\w+)'
    steps:
      - text: Here.
        tool: { name: spawn_task, input: { project: demo/tally, title: "Case {{1}}", prompt: "Name it." } }
      - text: On the card.
  - when: '^tell (\\w+)'
    steps:
      - text: That belongs to a task that runs.
        tool: { name: tell_task, input: { taskId: "{{1}}", message: "Keep the old name, please." } }
      - text: It is on the card.
agent:
  - when: 'Task: Case pictures.*attachments/screen.png'
    steps:
      - bash: |
          cd ~/attachments; mainloop say "bashrc: $(cat bashrc) screen.png: $(stat -c %s screen.png) bytes"; sleep 60
      - text: Seen.
  - when: '# Phase: plan.*?The answer: ([^\\n]*).*?The answer: ([^\\n]*)'
    steps:
      - text: "## Problem analysis\\nNone.\\n\\n## Proposed approach\\nFor {{1}} and {{2}}.\\n\\n## Implementation plan\\n1. Do it."
  - when: '# Phase: plan'
    steps:
      - bash: mainloop ask "On which systems?" --option Linux --option macOS --option Windows --multiple
      - bash: mainloop ask "Which name?"
      - text: I asked.
`;
