// The conversation, proposals, what is new, and the first pages of somebody new.
import { expect } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { agentSaid } from '@mainloop/models/events/runs';
import { OWNER } from '@mainloop/models/flow/ids';
import { openPage, tap, visit } from '@mainloop/testkit/browser';
import { startPages } from '@mainloop/testkit/pages';
import { DRAFT, seedItem, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import type { Locator, Page, Request } from 'playwright-core';
import { t, s, browser, SIZES, inBrowser, shot, fresh, open, say } from './stage.ts';

interface Styles {
  getComputedStyle(of: unknown): { readonly borderBottomWidth: string };
}
const borderOf = (cell: Locator): Promise<string> =>
  cell.evaluate((of) => (globalThis as unknown as Styles).getComputedStyle(of).borderBottomWidth);

inBrowser.each(SIZES)(
  'a reply can be stopped, what was said copied, and said again in other words; tables and code look like it, %s',
  async (size) => {
    await t.db.query('delete from messages');
    await t.db.query('delete from turns');
    await say('user', `Make it ${size} blue.`);
    await say(
      'assistant',
      `| a | b |\n|---|---|\n| 1 | ${'wide '.repeat(40)} |\n\n\`\`\`ts\nconst a = '${'x'.repeat(200)}';\n\`\`\``,
    );
    await t.db.query(
      `insert into turns (id, owner_id, state, seq, draft, lease_by, lease_until, attempts)
     values ($1, 'owner', 'running', 1, 'Half a reply', 'nobody', now() + interval '1 hour', 1)`,
      [`turn-${fresh()}`],
    );
    const { page, complaints } = await open(size, '/');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByText('Half a reply').waitFor();
    const cell = page.getByRole('cell', { name: '1', exact: true }).last();
    await cell.waitFor();
    expect(await borderOf(cell)).toBe('1px');
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.screenshot({ path: shot(`chat-${size}`) });
    const stop = page.getByRole('button', { name: 'Stop the reply' });
    await tap(stop);
    await page.getByText('Stopped.').last().waitFor();
    await stop.waitFor({ state: 'detached' });
    await Promise.all([
      page.getByText('Copied.').waitFor(),
      tap(page.getByRole('button', { name: 'Copy' }).last()),
    ]);
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe('Half a reply\n\n_Stopped._');
    const field = page.getByLabel('Message', { exact: true });
    await field.fill('And this.');
    await tap(page.getByRole('button', { name: 'Edit and say it again' }).last());
    // Nothing that stood there is lost.
    await until('both', async () => (await field.inputValue()) === `And this.\nMake it ${size} blue.`);
    await until('the field to have the focus', () =>
      page.evaluate<boolean>("document.activeElement.getAttribute('aria-label') === 'Message'"),
    );
    await page.screenshot({ path: shot(`again-${size}`) });
    await field.fill('');
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser(
  'seven tabs have one stream: the seventh answers at once, all hear what comes, and when the one with the stream goes another takes it over',
  async () => {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
    });
    // Those that have a stream now: a tab that was starved of time may have lost it to another meanwhile.
    const streams = new Set<Page>();
    const tabs: Page[] = [];
    for (let i = 0; i < 7; i++) {
      const page = await context.newPage();
      const isStream = (request: Request): boolean => new URL(request.url()).pathname === '/api/stream';
      page.on('request', (request) => isStream(request) && streams.add(page));
      const ends = (request: Request): void => void (isStream(request) && streams.delete(page));
      page.on('requestfinished', ends).on('requestfailed', ends);
      await visit(page, `${s.web}/projects`);
      tabs.push(page);
    }
    await until('one stream', async () => streams.size === 1);
    const count = async (all: readonly Page[], words: string): Promise<void> => {
      for (const page of all)
        await until(`${words} in each tab`, async () => (await page.title()).startsWith(words));
    };
    await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
    await count(tabs, '(1)');
    const [holder] = [...streams];
    await holder!.close();
    streams.delete(holder!);
    const left = tabs.filter((page) => page !== holder);
    await until('another one to have it', async () => streams.size === 1 && !streams.has(holder!));
    await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
    await count(left, '(2)');
    await context.setOffline(true);
    await left[0]!.getByText('Offline, showing the last update.').waitFor();
    await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
    await context.setOffline(false);
    await count(left, '(3)');
    for (const page of left)
      await page.getByText('Offline, showing the last update.').waitFor({ state: 'detached' });
    await context.close();
  },
);

inBrowser('on the machine itself a page without a network is soon no longer offline', async () => {
  const { page, complaints } = await open('phone', '/projects');
  const offline = page.getByText('Offline, showing the last update.');
  await page.evaluate("dispatchEvent(new Event('offline'))");
  await offline.waitFor({ state: 'detached' });
  await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
  await until('the count of what waits', async () => (await page.title()).startsWith('(1)'));
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser('a look that meets no network leaves the page as it is, and is made again', async () => {
  const { page, complaints } = await open('phone', '/projects');
  let refused = 0;
  await page.route('**/projects/__data.json*', (route) =>
    ++refused <= 2 ? route.abort('internetdisconnected') : route.continue(),
  );
  await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
  await until('a second refusal', async () => refused >= 2);
  expect(await page.getByRole('heading', { name: 'Projects', level: 1 }).count()).toBe(1);
  await until('the count of what waits', async () => (await page.title()).startsWith('(1)'));
  expect(complaints).toEqual([]);
  await page.close();
});

inBrowser('a page that could not be had comes back by itself', async () => {
  const { page } = await open('phone', '/projects');
  let isBroken = true;
  await page.route('**/projects/__data.json*', (route) =>
    isBroken ? route.fulfill({ status: 500, body: 'starting' }) : route.continue(),
  );
  await seedItem(t.db, await seedTask(t.db, fresh()), `${fresh()}-p`, 'plan', 'Plan, revision 1');
  await page.getByText('That did not work.').waitFor();
  await page.screenshot({ path: shot('comes-back') });
  isBroken = false;
  await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
  await until('the count of what waits', async () => (await page.title()).startsWith('(1)'));
  await page.close();
});

inBrowser.each(SIZES)(
  'the first run without the demo: what is missing has a button each, and three things to ask for are about one’s own code, %s',
  async (size) => {
    await t.db.query('delete from messages');
    await t.db.query('delete from turns');
    await t.db.query("update projects set removed_at = now() where id = 'pr-1'");
    const { page, complaints } = await open(size, '/');
    const checkup = page.getByRole('region', { name: 'Check-up' });
    await checkup.getByText('A repository of yours').waitFor();
    await checkup.getByRole('link', { name: 'Turn on' }).waitFor();
    expect(await page.getByText('Three things to ask for').count()).toBe(0);
    await page.screenshot({ path: shot(`first-${size}`) });
    await tap(checkup.getByRole('link', { name: 'Add a project' }));
    await page.waitForURL(/\/projects$/);
    await t.db.query("update projects set removed_at = null where id = 'pr-1'");
    await visit(page, `${s.web}/`);
    await checkup.getByText('acme/api').waitFor();
    expect(await checkup.getByRole('link', { name: 'Add a project' }).count()).toBe(0);
    await page.screenshot({ path: shot(`first-project-${size}`) });
    const asked = page.getByRole('button', { name: /acme\/api/ });
    await until('three things to ask for', async () => (await asked.count()) === 3);
    await tap(asked.first());
    await until(
      'it to be said',
      async () =>
        ((await t.db.query("select 1 from messages where role = 'user' and text like '%acme/api%'"))
          .rowCount ?? 0) > 0,
    );
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'the first run without a model key or a token: each missing part says what to do, %s',
  async (size) => {
    await t.db.query('delete from messages');
    await t.db.query('delete from turns');
    const bare = await startPages(t, { MAINLOOP_DEMO: 'yes', MAINLOOP_LOCAL_GITHUB: 'yes' });
    try {
      const { page, complaints } = await openPage(browser, size);
      await visit(page, `${bare.web}/`);
      const checkup = page.getByRole('region', { name: 'Check-up' });
      for (const [part, line] of [
        ['No model key', 'ANTHROPIC_API_KEY='],
        ['No GitHub token', 'GITHUB_TOKEN='],
      ] as const) {
        expect(await checkup.getByText(line).count()).toBe(0);
        await tap(
          checkup.getByRole('listitem').filter({ hasText: part }).getByRole('button', { name: 'Show how' }),
        );
        await checkup.getByText(line).waitFor();
        await page.screenshot({ path: shot(`first-bare-${part.split(' ')[1]!}-${size}`) });
        await tap(checkup.getByRole('button', { name: 'Close' }));
      }
      // A scripted model can do nothing with code that it does not know.
      expect(await page.getByRole('button', { name: /acme\/api/ }).count()).toBe(0);
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await bare.stop();
    }
    // With both, each part says so and none asks for anything.
    const { page } = await open(size, '/');
    const checkup = page.getByRole('region', { name: 'Check-up' });
    await checkup.getByText('Claude answers').waitFor();
    expect(await checkup.getByRole('button', { name: 'Show how' }).count()).toBe(0);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'what is new says so on every device until it was looked at on one, %s',
  async (size) => {
    const task = await seedTask(t.db, fresh());
    await appendOnce(
      t.db,
      [agentSaid.new({ taskId: task, actor: 'agent', payload: { runId: 'r', text: 'I found the place.' } })],
      OWNER,
    );
    const [here, there] = [await open(size, '/inbox'), await open('desktop', '/inbox')];
    const row = (page: Page): Locator =>
      page.locator('main').locator('[data-row]', { hasText: `Task ${task}` });
    for (const { page } of [here, there]) await row(page).getByText('New', { exact: true }).waitFor();
    await here.page.screenshot({ path: shot(`new-${size}`) });
    await tap(row(here.page).getByRole('link'));
    await here.page.getByRole('heading', { level: 1, name: `Task ${task}` }).waitFor();
    await until(
      'it to be old elsewhere',
      async () => (await row(there.page).getByText('New', { exact: true }).count()) === 0,
    );
    // What happens while it is open is seen too; what happens afterwards is new.
    await visit(here.page, `${s.web}/inbox`);
    await appendOnce(
      t.db,
      [agentSaid.new({ taskId: task, actor: 'agent', payload: { runId: 'r', text: 'I am done.' } })],
      OWNER,
    );
    await row(there.page).getByText('New', { exact: true }).waitFor();
    expect([...here.complaints, ...there.complaints]).toEqual([]);
    await Promise.all([here.page.close(), there.page.close()]);
  },
);

inBrowser.each(SIZES)(
  'a proposal is read as Markdown, and every field of it can be changed, %s',
  async (size) => {
    await seedProject(t.db, 'pr-2', 'acme/web');
    const prompt = '# Round once\n\n- no cent is lost\n- **all** tests stay';
    const proposal = await seedProposal(t.db, fresh(), 3_600_000, {
      ...DRAFT,
      title: `Proposed ${fresh()}`,
      prompt,
    });
    const { page, complaints } = await open(size, '/inbox');
    const card = page.locator(`#proposal-${proposal.id}`);
    expect(await card.getByRole('listitem').count()).toBe(2);
    expect(await card.locator('strong').textContent()).toBe('all');
    await tap(card.getByRole('button', { name: 'Edit' }));
    await card.getByLabel('Title').fill('Round it once');
    await until(
      'the projects',
      async () => (await card.getByLabel('Project').locator('option').count()) === 2,
    );
    await card.getByLabel('Project').selectOption({ label: 'acme/web' });
    await card.getByLabel('Budget, in dollars').fill('7');
    await card.getByLabel('What to do').fill('Do it well.');
    await card.getByRole('checkbox').check();
    await page.screenshot({ path: shot(`proposal-${size}`) });
    await tap(card.getByRole('button', { name: 'Start' }));
    const started = await until('the task', async () =>
      (
        await t.db.query(
          'select project_id, title, prompt, budget_cents, skip_plan from tasks where title = $1',
          ['Round it once'],
        )
      ).rows.at(-1),
    );
    expect(started).toEqual({
      project_id: 'pr-2',
      title: 'Round it once',
      prompt: 'Do it well.',
      budget_cents: 700,
      skip_plan: true,
    });
    await t.db.query(
      "update tasks set title = 'Was started', state = 'cancelled', ended_at = now() where title = 'Round it once'",
    );
    await t.db.query("update projects set removed_at = now() where id = 'pr-2'");
    expect(complaints).toEqual([]);
    await page.close();
  },
);
