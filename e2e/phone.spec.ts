// A day from the lock screen: told once, answered without opening the app, on the train without a network, on
// two devices.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPool, type Db } from '@mainloop/models/db/pool';
import {
  hasBrowser,
  openBrowser,
  openPage,
  reload,
  settled,
  SIZES,
  tap,
  visit,
  WAIT_MS,
} from '@mainloop/testkit/browser';
import { startPushService, type PushService } from '@mainloop/testkit/push-service';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import type { Item } from '@mainloop/testkit/story';
import { openWire } from '@mainloop/testkit/wire';
import path from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';

let stack: Stack;
let db: Db;
let push: PushService;
let browser: Browser;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `${name}.png`);
const inBrowser = hasBrowser ? test : test.skip;

beforeAll(async () => {
  stack = await startStack({ MAINLOOP_PUSH_LOOPBACK: 'yes' });
  db = openPool(stack.databaseUrl, 'phone-test');
  await seedProject(db, 'pr-1', 'acme/api');
  for (const t of ['t1', 't2', 't3']) await seedTask(db, t);
  push = await startPushService((await stack.call('getPushKey')).publicKey);
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  push?.close();
  await db?.end();
  await stack?.stop();
});

const item = async (task: string, id: string): Promise<Item> =>
  (await stack.call('getTask', { id: task })).items.find((i) => i.id === id)!;
const devices = (): Promise<{ id: string; label: string }[]> => stack.call('listToldDevices');
const addDevice = async (label: string) => {
  const d = push.subscribe();
  const { id } = await stack.call('tellDevice', { body: { ...d.subscription, label } });
  return { ...d, id, raw: d };
};

describe('push', () => {
  test('each device is told once of what needs the person, and the notification is withdrawn when it is answered elsewhere', async () => {
    await seedItem(db, 't1', 'before', 'question', 'Older than the device?');
    const phone = await addDevice('Chrome on Android');
    const laptop = await addDevice('Firefox on Mac');
    await seedItem(db, 't1', 'q1', 'question', 'Retry with backoff?', ['Yes', 'No']);
    await until('both told', async () => phone.got.length === 1 && laptop.got.length === 1);
    expect(phone.got[0]).toMatchObject({
      urgency: 'high',
      notification: {
        type: 'show',
        itemId: 'q1',
        title: 'Retry with backoff?',
        url: '/inbox?item=q1',
        waiting: 2,
        actions: [
          { action: 'answer-0', title: 'Yes', decision: 'answer', text: 'Yes' },
          { action: 'answer-1', title: 'No', decision: 'answer', text: 'No' },
        ],
      },
    });
    await stack.call('decide', { id: 'q1', body: { decision: 'answer', text: 'Yes', via: 'cli' } });
    await until('both withdrawn', async () => phone.got.length === 2 && laptop.got.length === 2);
    expect(laptop.got[1]!.notification).toEqual({ type: 'withdraw', itemId: 'q1', waiting: 1 });
    // Nothing is told again: not by other events, not by a worker that starts anew.
    process.kill(stack.pidOf('worker'), 'SIGKILL');
    await seedItem(db, 't1', 'q2', 'plan', 'Plan, revision 1');
    await until('the plan is told', async () => phone.got.length === 3);
    expect(phone.got.map((g) => g.notification.itemId)).toEqual(['q1', 'q1', 'q2']);
    for (const d of [phone, laptop]) await stack.call('forgetDevice', { id: d.id });
  });

  test('a subscription that is gone is forgotten; a service that fails is tried again; kinds and quiet hours are kept', async () => {
    const gone = await addDevice('An old phone');
    gone.raw.answer = 410;
    const shaky = await addDevice('A phone');
    shaky.raw.answer = 503;
    await seedItem(db, 't2', 'q3', 'question', 'Which?');
    await until('the gone one is forgotten', async () => !(await devices()).some((d) => d.id === gone.id));
    expect((await devices()).some((d) => d.id === shaky.id)).toBe(true);
    shaky.raw.answer = 201;
    await until('told in the end', async () => shaky.got.length === 1);
    await stack.call('changeSettings', { body: { notifyKinds: ['review'] } });
    await seedItem(db, 't2', 'q4', 'question', 'Not this');
    // An hour before now until two after it: no minute of the day lies outside.
    const [from, to] = [-1, 2].map((h) => new Date(Date.now() + h * 3_600_000).toISOString().slice(11, 16));
    await stack.call('changeSettings', {
      body: { quietHours: { from: from!, to: to!, timeZone: 'UTC' } },
    });
    await seedItem(db, 't2', 'r1', 'review', 'Ready for review');
    await new Promise((r) => setTimeout(r, 1_500));
    expect(shaky.got).toHaveLength(1);
    await stack.call('changeSettings', { body: { quietHours: null } });
    await until('told after the night', async () => shaky.got.length === 2);
    expect(shaky.got[1]!.notification).toMatchObject({ itemId: 'r1', actions: [{ action: 'open' }] });
    await stack.call('changeSettings', {
      body: { notifyKinds: ['question', 'plan', 'permission', 'review', 'ci_files', 'failure'] },
    });
    await stack.call('forgetDevice', { id: shaky.id });
  });

  test('we send only to push services: not to plain http, not to addresses inside', async () => {
    const { keys } = push.subscribe().subscription;
    for (const endpoint of [
      'http://push.example.com/x',
      'https://localhost/x',
      'https://10.0.0.1/x',
      'https://db.internal/x',
      'https://[::1]/x',
      'file:///etc/passwd',
    ])
      await expect(stack.call('tellDevice', { body: { endpoint, keys, label: 'x' } })).rejects.toThrow(/400/);
    await expect(
      stack.call('changeSettings', {
        body: { quietHours: { from: '25:00', to: '07:00', timeZone: 'Europe/Berlin' } },
      }),
    ).rejects.toThrow(/400/);
    await expect(
      stack.call('changeSettings', {
        body: { quietHours: { from: '22:00', to: '07:00', timeZone: 'Mars/Olympus' } },
      }),
    ).rejects.toThrow(/400/);
  });
});

/** A phone with the app on it: a context of its own, its service worker, and a way to hand it what arrived. */
async function openPhone(origin: string): Promise<{
  context: BrowserContext;
  page: Page;
  deliver(notification: unknown): Promise<void>;
  notifications(): Promise<Shown[]>;
  tap(tag: string, action: string): Promise<void>;
}> {
  const context = await browser.newContext({
    viewport: SIZES.phone,
    isMobile: true,
    hasTouch: true,
    reducedMotion: 'reduce',
  });
  await context.grantPermissions(['notifications'], { origin });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const cdp: CDPSession = await context.newCDPSession(page);
  let registrationId = '';
  cdp.on('ServiceWorker.workerRegistrationUpdated', (e) => {
    registrationId = e.registrations[0]?.registrationId ?? registrationId;
  });
  await cdp.send('ServiceWorker.enable');
  await page.goto(`${origin}/inbox`);
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await page.waitForFunction('navigator.serviceWorker.controller !== null');
  const worker = () => context.serviceWorkers()[0]!;
  return {
    context,
    page,
    deliver: async (notification) =>
      void (await cdp.send('ServiceWorker.deliverPushMessage', {
        origin,
        registrationId,
        data: JSON.stringify(notification),
      })),
    notifications: () =>
      worker().evaluate(
        `self.registration.getNotifications().then((l) => l.map((n) => ({ tag: n.tag, title: n.title, body: n.body, actions: (n.actions ?? []).map((a) => a.title) })))`,
      ),
    tap: (tag, action) =>
      worker().evaluate(
        `self.registration.getNotifications({ tag: ${JSON.stringify(tag)} }).then(([n]) => { self.dispatchEvent(new NotificationEvent('notificationclick', { notification: n, action: ${JSON.stringify(action)} })); })`,
      ),
  };
}
interface Shown {
  tag: string;
  title: string;
  body: string;
  actions: string[];
}

describe('on the phone', () => {
  inBrowser(
    'a button on the notification answers without the app; a second device is told who was first; a tap opens the item',
    async () => {
      const phone = await openPhone(stack.web);
      const told = await addDevice('The phone');
      const other = await openPhone(stack.web);
      await seedItem(db, 't3', 'q5', 'question', 'Back off, or give up?', ['Back off', 'Give up']);
      await until('told', async () => told.got.length === 1);
      // Nobody looks at the app.
      await phone.page.goto('about:blank');
      await other.page.goto('about:blank');
      for (const p of [phone, other]) await p.deliver(told.got[0]!.notification);
      await until(
        'shown',
        async () => (await phone.notifications()).length === 1 && (await other.notifications()).length === 1,
      );
      expect(await phone.notifications()).toEqual([
        {
          tag: 'q5',
          title: 'Back off, or give up?',
          body: 'acme/api · Task t3',
          actions: ['Back off', 'Give up'],
        },
      ]);
      await phone.tap('q5', 'answer-0');
      const done = await until('answered', async () => {
        const i = await item('t3', 'q5');
        return i.state === 'answered' ? i : null;
      });
      expect([done.answeredVia, done.answer!.text]).toEqual(['push', 'Back off']);
      await until('closed there', async () => (await phone.notifications()).length === 0);
      await other.tap('q5', 'answer-1');
      await until(
        'told who was first',
        async () => (await other.notifications())[0]?.body === 'Already answered by you from a notification.',
      );
      await until('the withdrawal', async () => told.got.length === 2);
      await other.deliver(told.got[1]!.notification);
      await until('withdrawn', async () => (await other.notifications()).length === 0);

      await seedItem(db, 't3', 'p5', 'plan', 'Plan, revision 1');
      await until('told', async () => told.got.length === 3);
      await phone.deliver(told.got[2]!.notification);
      await until('shown', async () => (await phone.notifications()).length === 1);
      await visit(phone.page, `${stack.web}/inbox?item=p5`);
      const approve = phone.page.locator('#item-p5').getByRole('button', { name: 'Approve' });
      await until('it to be in sight', async () => {
        const box = (await approve.boundingBox())!;
        return box.y > 0 && box.y + box.height < SIZES.phone.height;
      });
      await phone.page.screenshot({ path: shot('phone-push-item') });
      await tap(approve);
      await until('approved', async () => (await item('t3', 'p5')).state === 'answered');
      await phone.page.goto(`${stack.web}/inbox?item=q5`);
      await phone.page.getByText('was already answered from a notification').waitFor();
      await stack.call('forgetDevice', { id: told.id });
      await phone.context.close();
      await other.context.close();
    },
  );

  inBrowser(
    'without a network: the inbox opens, answers wait and go out once, and a stale one is refused politely',
    async () => {
      const wire = await openWire(Number(new URL(stack.web).port));
      const origin = `http://localhost:${wire.port}`;
      await seedItem(db, 't1', 'o1', 'plan', 'Plan, revision 1');
      await seedItem(db, 't2', 'o2', 'plan', 'Plan, revision 1');
      await seedTask(db, 't4');
      await seedItem(db, 't4', 'o4', 'failure', 'CI is still red after 3 repairs.', ['Retry']);
      const phone = await openPhone(origin);
      await reload(phone.page);
      await phone.page.locator('#item-o1').waitFor();
      // The service worker keeps the inbox, the chat and the tasks that wait.
      await until('kept pages', async () =>
        phone.page.evaluate<boolean>(
          "caches.open('pages').then((c) => c.match('/task/t1')).then((r) => r !== undefined)",
        ),
      );
      await wire.cut();
      await phone.page.getByText('Offline, showing the last update.').waitFor();
      await phone.page.goto(`${origin}/inbox`);
      const retry = phone.page.locator('article').filter({ hasText: 'CI is still red after 3 repairs.' });
      for (const [card, button] of [
        [phone.page.locator('#item-o1'), 'Approve'],
        [phone.page.locator('#item-o2'), 'Approve'],
        [retry, 'Retry'],
      ] as const) {
        await tap(card.getByRole('button', { name: button, exact: true }));
        await card.getByText('Saved. It will be sent when you are back online.').waitFor();
      }
      await phone.page.getByText('3 replies will send later').waitFor();
      await phone.page.screenshot({ path: shot('phone-offline') });
      await phone.page.goto(`${origin}/task/t1`);
      await phone.page.getByRole('heading', { name: 'Task t1', level: 1 }).waitFor();
      await phone.page.goto(`${origin}/projects`);
      await phone.page.getByRole('heading', { name: 'You are offline' }).waitFor();
      await phone.page.goto(`${origin}/inbox`);
      // Opened again without a network, the cards still say what was answered, and offer no second answer.
      const first = phone.page.locator('#item-o1');
      await first.getByText('Approved. Saved. It will be sent when you are back online.').waitFor();
      expect(await first.getByRole('button', { name: 'Approve' }).count()).toBe(0);
      await retry.getByText('Saved. It will be sent when you are back online.').waitFor();
      expect(await retry.getByRole('button', { name: 'Retry' }).count()).toBe(0);
      await phone.page.screenshot({ path: shot('phone-offline-kept') });
      // Meanwhile somebody answers one of them elsewhere.
      await stack.call('decide', { id: 'o2', body: { decision: 'revise', text: 'Shorter', via: 'cli' } });
      await wire.restore();
      await phone.page.getByText(/Already answered by you on the command line/).waitFor();
      await phone.page.screenshot({ path: shot('phone-back') });
      await until('sent', async () => (await item('t1', 'o1')).state === 'answered');
      expect((await item('t2', 'o2')).answer!.decision).toBe('revise');
      await phone.context.close();
      await wire.cut();
    },
  );

  inBrowser('two devices at the same moment: one counts, the other one says who', async () => {
    await seedItem(db, 't1', 'race', 'question', 'Who is first?', ['One', 'Two']);
    const a = await openPage(browser, 'phone');
    const b = await openPage(browser, 'desktop');
    for (const { page } of [a, b]) await page.goto(`${stack.web}/inbox`);
    const answers = [
      a.page.getByRole('button', { name: 'One' }),
      b.page.getByRole('button', { name: 'Two' }),
    ];
    // Both take a tap by now; whichever comes second may find its card gone.
    for (const button of answers) await settled(button);
    // A double tap on one of them besides. Both may be refused, where something moved them just then: people tap again.
    await until('answered', async () => {
      if ((await item('t1', 'race')).state === 'answered') return true;
      await Promise.all(
        [answers[0]!.dblclick({ timeout: 5_000 }), answers[1]!.click({ timeout: 5_000 })].map((tap) =>
          tap.catch(() => undefined),
        ),
      );
      return false;
    });
    const events = await stack.call('listEvents', { id: 't1' });
    expect(events.filter((e) => e.type === 'inbox.answered' && e.payload.id === 'race')).toHaveLength(1);
    for (const { page } of [a, b]) await page.close();
  });

  inBrowser('500 items in the inbox open, and nothing runs over the edge', async () => {
    await seedTask(db, 'many');
    for (let i = 0; i < 500; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, k) =>
          seedItem(db, 'many', `many-${i + k}`, 'question', `Question ${i + k} ${'x'.repeat(k * 4)}`, [
            'Yes',
            'No',
          ]),
        ),
      );
    for (const size of ['phone', 'desktop'] as const) {
      const { page, complaints } = await openPage(browser, size, true);
      await page.goto(`${stack.web}/inbox`);
      await page.locator('#item-many-480').waitFor({ state: 'attached' });
      expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await page.screenshot({ path: shot(`${size}-500-items`) });
      expect(complaints).toEqual([]);
      await page.close();
    }
    await db.query("update inbox_items set state = 'closed' where task_id = 'many'");
  });

  inBrowser('settings: which kinds, which hours, which devices', async () => {
    await addDevice('Chrome on Android');
    for (const size of ['phone', 'desktop'] as const) {
      const { page, complaints } = await openPage(browser, size, size === 'desktop');
      await visit(page, `${stack.web}/settings`);
      await page.getByText('Chrome on Android').first().waitFor();
      await page.getByLabel('Quiet hours').check();
      await page.getByLabel('From', { exact: true }).fill('21:30');
      await page.getByLabel('From', { exact: true }).blur();
      await page.getByText('Saved', { exact: true }).first().waitFor();
      await page.screenshot({ path: shot(`${size}-settings`), fullPage: true });
      expect(complaints).toEqual([]);
      await page.close();
    }
    const row = await db.query<{ value: { quietHours: { from: string } } }>(
      "select value from settings where key = 'general'",
    );
    expect(row.rows[0]!.value.quietHours.from).toBe('21:30');
  });
});
