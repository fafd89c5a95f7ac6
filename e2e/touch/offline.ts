// Words and decisions between this device and the server: whichever page, tab or network goes in between, each
// arrives once.
import { expect } from '@jest/globals';
import { settled, tap, visit, WAIT_MS } from '@mainloop/testkit/browser';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import type { BrowserContext, Page } from 'playwright-core';
import { browser, s, t, inBrowser, fresh, answerOf } from './stage.ts';

const openContext = async (serviceWorkers: 'allow' | 'block' = 'allow'): Promise<BrowserContext> => {
  const context = await browser.newContext({ reducedMotion: 'reduce', serviceWorkers });
  context.setDefaultTimeout(WAIT_MS);
  return context;
};
const openIn = async (context: BrowserContext, where: string): Promise<Page> => {
  const page = await context.newPage();
  await visit(page, `${s.web}${where}`);
  return page;
};
const messages = async (text: string): Promise<number> =>
  Number(
    (await t.db.query<{ n: string }>('select count(*) as n from messages where text = $1', [text])).rows[0]!
      .n,
  );
const keptOf = async (key: string): Promise<string> =>
  (await t.db.query<{ text: string }>('select text from drafts where key = $1', [key])).rows[0]?.text ?? '';

const BY_ITSELF = 'It will be sent when you are back online.';
const WITH_A_PAGE = 'Open mainloop when you are back online, and it is sent.';

inBrowser('two tabs of one browser show the same words, and neither takes any away', async () => {
  const context = await openContext();
  const [one, two] = [await openIn(context, '/'), await openIn(context, '/')];
  const field = (page: Page) => page.getByLabel('Message', { exact: true });
  await field(one).fill('Rename the table.');
  await until('the other devices to have it', async () => (await keptOf('chat')) === 'Rename the table.');
  await until(
    'the other tab to show it',
    async () => (await field(two).inputValue()) === 'Rename the table.',
  );
  await field(two).press('End');
  await field(two).pressSequentially(' Keep the column.');
  const both = 'Rename the table. Keep the column.';
  await until('the first tab to show both', async () => (await field(one).inputValue()) === both);
  await until('the other devices to have both', async () => (await keptOf('chat')) === both);
  await tap(one.getByRole('button', { name: 'Send' }));
  await until('it to have arrived', async () => (await messages(both)) === 1);
  await until('the other tab to have let go of it', async () => (await field(two).inputValue()) === '');
  await until('the other devices, too', async () => (await keptOf('chat')) === '');
  await context.close();
});

inBrowser(
  'what was said on a page that is closed before the network took it is sent by the next page',
  async () => {
    const context = await openContext();
    const page = await openIn(context, '/');
    // So long that no browser sends it when its page has gone.
    const words = `Said to no network ${fresh()}${' and so on'.repeat(1_200)}`;
    await context.route('**/api/chat', () => undefined);
    const field = page.getByLabel('Message', { exact: true });
    await field.fill(words);
    await until('its words to stand in the field', async () => (await field.inputValue()) === words);
    await Promise.all([
      page.waitForRequest((request) => new URL(request.url()).pathname === '/api/chat'),
      tap(page.getByRole('button', { name: 'Send' })),
    ]);
    await page.close();
    expect(await messages(words)).toBe(0);
    await context.unroute('**/api/chat');
    await openIn(context, '/');
    await until('it to have arrived', async () => (await messages(words)) === 1);
    await context.close();
  },
);

inBrowser(
  'words that are refused stand in the field again, with those that were typed meanwhile',
  async () => {
    const context = await openContext();
    const page = await openIn(context, '/');
    let refuse = (): void => undefined;
    const typed = new Promise<void>((done) => (refuse = done));
    await context.route('**/api/chat', async (route) => {
      await typed;
      await route.fulfill({ status: 409, json: { error: 'Not now.' } });
    });
    const field = page.getByLabel('Message', { exact: true });
    await field.fill('The first words.');
    await tap(page.getByRole('button', { name: 'Send' }));
    await until('the field to be free', async () => (await field.inputValue()) === '');
    await field.fill('And others.');
    refuse();
    await page.getByRole('alert').getByText('Not now.').waitFor();
    await until(
      'both to be in the field',
      async () => (await field.inputValue()) === 'The first words. And others.',
    );
    await field.fill('');
    await context.close();
  },
);

inBrowser(
  'without a service worker what waits for a network is said to wait, and goes out once, also to a server that is starting',
  async () => {
    const plan = await planOf();
    const context = await openContext('block');
    const page = await openIn(context, '/inbox');
    const card = page.locator(`#item-${plan}`);
    await settled(card.getByRole('button', { name: 'Approve' }));
    await context.setOffline(true);
    await page.getByText('Offline, showing the last update.').waitFor();
    await tap(card.getByRole('button', { name: 'Approve' }));
    await card.getByText('It will be sent when you are back online.').waitFor();
    // It waits in one place alone, or the next page would send it too.
    const isHeld = "Object.keys(localStorage).some((key) => key.startsWith('held/'))";
    await until('it to be held no more', async () => !(await page.evaluate<boolean>(isHeld)));
    // The server is there before it is ready.
    let asked = 0;
    await context.route('**/api/inbox/*', (route) =>
      ++asked === 1 ? route.fulfill({ status: 503, json: {} }) : route.continue(),
    );
    // Its note stands for some seconds only: the page itself sees it, whenever it comes.
    const told = page.getByText('What you said offline is sent.').waitFor();
    await context.setOffline(false);
    await Promise.all([told, until('its answer', async () => (await answerOf(plan)) === 'approve')]);
    expect(asked).toBeGreaterThan(1);
    await context.close();
  },
);

inBrowser('a server that starts is no refusal: what was decided then goes out when it is up', async () => {
  const task = await seedTask(t.db, fresh());
  const question = await seedItem(t.db, task, `${task}-q`, 'permission', 'Run: make', [
    'Allow once',
    'Refuse',
  ]);
  const context = await openContext('block');
  let asked = 0;
  await context.route('**/api/inbox/*', (route) =>
    ++asked === 1 ? route.fulfill({ status: 503, json: { error: 'It is starting.' } }) : route.continue(),
  );
  const page = await openIn(context, '/inbox');
  await tap(page.locator(`#item-${question}`).getByRole('button', { name: 'Allow once' }));
  await until('its answer', async () => (await answerOf(question)) === 'allow');
  expect(asked).toBeGreaterThan(1);
  await context.close();
});

inBrowser(
  'a page that lost the network before it had all of itself holds what was decided, lets it be taken back, and sends it',
  async () => {
    const plan = await planOf();
    const context = await openContext('block');
    let missing = 0;
    await context.route('**/_app/**/*.js', async (route) => {
      const response = await route.fetch();
      // What keeps things for later, by the name of its lock.
      if (!(await response.text()).includes('mainloop-waiting')) return route.fulfill({ response });
      missing++;
      return route.abort();
    });
    const page = await openIn(context, '/inbox');
    const card = page.locator(`#item-${plan}`);
    await settled(card.getByRole('button', { name: 'Approve' }));
    await context.setOffline(true);
    await page.getByText('Offline, showing the last update.').waitFor();
    await tap(card.getByRole('button', { name: 'Approve' }));
    await card.getByText('It will be sent when you are back online.').waitFor();
    await tap(card.getByRole('button', { name: 'Undo' }));
    await tap(card.getByRole('button', { name: 'Approve' }));
    await card.getByText('It will be sent when you are back online.').waitFor();
    expect(missing).toBeGreaterThan(0);
    await context.setOffline(false);
    await until('its answer', async () => (await answerOf(plan)) === 'approve');
    await context.close();
  },
);

inBrowser(
  'what a page left behind waits for a network if it has to, and goes out only with what goes before it',
  async () => {
    const task = await seedTask(t.db, fresh());
    const plan = await seedItem(t.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
    const context = await openContext();
    const page = await openIn(context, '/projects');
    const held = (first: unknown): string =>
      JSON.stringify({
        path: `/api/inbox/${plan}`,
        body: { decision: 'approve', text: '', via: 'app', answerId: `a-${plan}` },
        label: 'Plan',
        says: '',
        first,
        onlyOnline: true,
        left: true,
        atMs: Date.now(),
      });
    const leave = (stored: string): Promise<void> =>
      page.evaluate(
        `localStorage.setItem(${JSON.stringify(`held//api/inbox/${plan}`)}, ${JSON.stringify(stored)})`,
      );
    const isLeft = (): Promise<boolean> =>
      page.evaluate<boolean>(`Object.keys(localStorage).some((key) => key.startsWith('held/'))`);
    // What goes before it is refused.
    await leave(held({ path: '/api/tasks/none/budget', body: { budgetCents: 700 } }));
    await visit(page, `${s.web}/projects`);
    await until('it to be given up', async () => !(await isLeft()));
    expect(await answerOf(plan)).toBeUndefined();
    // There is no network for it.
    await context.route('**/api/tasks/*/budget', (route) => route.abort());
    await leave(held({ path: `/api/tasks/${task}/budget`, body: { budgetCents: 700 } }));
    const [tried] = await Promise.all([
      page.waitForEvent('requestfailed', (request) => request.url().endsWith('/budget')),
      visit(page, `${s.web}/projects`),
    ]);
    expect(tried.method()).toBe('POST');
    expect(await isLeft()).toBe(true);
    await context.unroute('**/api/tasks/*/budget');
    await visit(page, `${s.web}/projects`);
    await until('it to be sent', async () => (await answerOf(plan)) === 'approve');
    await until('it to be left no more', async () => !(await isLeft()));
    const { rows } = await t.db.query<{ budget_cents: number }>(
      'select budget_cents from tasks where id = $1',
      [task],
    );
    expect(Number(rows[0]!.budget_cents)).toBe(700);
    await context.close();
  },
);

inBrowser(
  'an answer given on a notification without a network says truly when it is sent, and is sent then',
  async () => {
    const [first, second] = [await seedTask(t.db, fresh()), await seedTask(t.db, fresh())];
    const [seen, alone] = [
      await seedItem(t.db, first, `${first}-p`, 'plan', 'Plan, revision 1'),
      await seedItem(t.db, second, `${second}-p`, 'plan', 'Plan, revision 1'),
    ];
    const context = await openContext();
    await context.grantPermissions(['notifications'], { origin: s.web });
    const page = await openIn(context, '/inbox');
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    const worker = context.serviceWorkers()[0]!;
    const answer = async (id: string): Promise<string> => {
      const data = {
        itemId: id,
        url: '/inbox',
        actions: [{ action: 'a', title: 'Approve', decision: 'approve' }],
      };
      const [tag, shown] = [JSON.stringify(id), JSON.stringify({ tag: id, data })];
      await worker.evaluate(`registration.showNotification('Plan', ${shown})
        .then(() => registration.getNotifications({ tag: ${tag} }))
        .then(([notification]) => void dispatchEvent(new NotificationEvent('notificationclick', { notification, action: 'a' })))`);
      return until('it to say so', () =>
        worker.evaluate<string>(
          `registration.getNotifications({ tag: ${tag} }).then((all) => all.map((n) => n.body)[0] ?? '')`,
        ),
      );
    };
    await context.setOffline(true);
    const said = await answer(seen);
    // Whether it wakes the worker later is the browser's to say, by rules of its own.
    const tags = await worker.evaluate<string[]>('registration.sync.getTags()');
    expect(said).toBe(`Approve: saved. ${tags.includes('waiting') ? BY_ITSELF : WITH_A_PAGE}`);
    await page.goto('about:blank');
    expect([BY_ITSELF, WITH_A_PAGE].map((how) => `Approve: saved. ${how}`)).toContain(await answer(alone));
    await context.setOffline(false);
    await visit(page, `${s.web}/inbox`);
    for (const id of [seen, alone]) await until('the answer', async () => (await answerOf(id)) === 'approve');
    await context.close();
  },
);

/** Another person's server at the same address, or the first one's again. @returns what it was called before */
const otherServer = async (key: string): Promise<string> => {
  const { rows } = await t.db.query<{ public_key: string }>('select public_key from vapid_keys');
  await t.db.query('update vapid_keys set public_key = $1', [key]);
  return rows[0]!.public_key;
};
/** Opens the settings until the page knows whose it is. */
const openFor = async (context: BrowserContext, isIt: (person: string) => boolean): Promise<Page> => {
  const page = await openIn(context, '/settings');
  await until('the page to be of whoever is there', async () => {
    if (isIt(await page.evaluate<string>("localStorage.getItem('person') ?? ''"))) return true;
    await visit(page, `${s.web}/settings`);
    return false;
  });
  return page;
};
const decideOffline = async (context: BrowserContext, page: Page, id: string): Promise<void> => {
  await visit(page, `${s.web}/inbox`);
  const card = page.locator(`#item-${id}`);
  await settled(card.getByRole('button', { name: 'Approve' }));
  await context.setOffline(true);
  await page.getByText('Offline, showing the last update.').waitFor();
  await tap(card.getByRole('button', { name: 'Approve' }));
  await card.getByText('It will be sent when you are back online.').waitFor();
};
const planOf = async (): Promise<string> => {
  const task = await seedTask(t.db, fresh());
  return seedItem(t.db, task, `${task}-p`, 'plan', 'Plan, revision 1');
};

inBrowser(
  'what waits on a device is of whoever said it: nobody else sends or sees it, and they can drop it',
  async () => {
    const [first, second, third] = [await planOf(), await planOf(), await planOf()];
    const context = await openContext('block');
    const mine = await openFor(context, (person) => person !== '');
    const me = await mine.evaluate<string>("localStorage.getItem('person')");
    await decideOffline(context, mine, first);
    await mine.evaluate(
      "localStorage.setItem('draft/chat', JSON.stringify({ text: 'Only begun.', at: Date.now() }))",
    );
    await mine.close();

    const before = await otherServer('of somebody else');
    await context.setOffline(false);
    const theirs = await openFor(context, (person) => person !== me);
    await theirs.getByText('One thing that was said here by somebody else still waits to be sent.').waitFor();
    await visit(theirs, `${s.web}/`);
    expect(await theirs.getByLabel('Message', { exact: true }).inputValue()).toBe('');
    // Theirs goes out, and what was said before it does not.
    await decideOffline(context, theirs, second);
    await theirs.locator(`#item-${first}`).getByRole('button', { name: 'Approve' }).waitFor();
    await context.setOffline(false);
    await until('their answer', async () => (await answerOf(second)) === 'approve');
    expect(await answerOf(first)).toBeUndefined();
    await theirs.close();

    await otherServer(before);
    const again = await openFor(context, (person) => person === me);
    await until('the first answer', async () => (await answerOf(first)) === 'approve');
    await visit(again, `${s.web}/`);
    await until(
      'what was begun to be there',
      async () => (await again.getByLabel('Message', { exact: true }).inputValue()) === 'Only begun.',
    );
    await again.getByLabel('Message', { exact: true }).fill('');

    await decideOffline(context, again, third);
    await again.close();
    await otherServer('of somebody else');
    await context.setOffline(false);
    const other = await openFor(context, (person) => person !== me);
    await tap(other.locator('[data-of-others]').getByRole('button', { name: 'Drop' }));
    await other.locator('[data-of-others]').waitFor({ state: 'detached' });
    await other.close();
    await otherServer(before);
    const last = await openFor(context, (person) => person === me);
    await visit(last, `${s.web}/inbox`);
    await last.locator(`#item-${third}`).getByRole('button', { name: 'Approve' }).waitFor();
    expect(await answerOf(third)).toBeUndefined();
    await context.close();
  },
);
