// What a phone is told, with a push service on loopback and a real database.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { addDevice, ensureVapidKeys } from '@mainloop/models/db/devices/push';
import { OWNER } from '@mainloop/models/flow/ids';
import { mustShow } from '@mainloop/models/flow/inbox/push-services';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { startPushService, type PushService } from '@mainloop/testkit/push-service';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { notifyDevices } from './push.ts';

let database: TestDatabase;
let service: PushService;
let phone: ReturnType<PushService['subscribe']>;
let n = 0;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  const keys = await ensureVapidKeys(database.db);
  service = await startPushService(keys.publicKey);
});
afterAll(async () => {
  service.close();
  await database.drop();
});
beforeEach(async () => {
  await database.db.query('delete from push_devices');
  phone = service.subscribe();
  await addDevice(database.db, OWNER, { ...phone.subscription, label: 'phone' });
});

const FROM = { subject: 'mailto:me@example.com', toLoopback: true };
/** @param endsAt where the worker ends */
const tell = (endsAt?: string): Promise<number> =>
  notifyDevices(database.db, FROM, (point) => {
    if (point === endsAt) throw new Error('ended');
  });
const heard = (): string[] =>
  phone.got.map(({ notification }) => `${String(notification.type)} ${String(notification.itemId)}`);
const open = async (): Promise<string> => {
  const taskId = await seedTask(database.db, `t-told-${++n}`);
  return seedItem(database.db, taskId, `${taskId}-plan-1`, 'plan', 'Plan');
};
const close = (id: string): Promise<unknown> =>
  database.db.query("update inbox_items set state = 'closed' where id = $1", [id]);

test('each is shown once, and taken away once when it is closed', async () => {
  const id = await open();
  await tell();
  await tell();
  await close(id);
  await tell();
  await tell();
  expect(heard()).toEqual([`show ${id}`, `withdraw ${id}`]);
});

test('one that went out as the worker ended is shown again in its place, and taken away when it is closed', async () => {
  const [shown, gone] = [await open(), await open()];
  await expect(tell('push.after')).rejects.toThrow('ended');
  expect(heard()).toEqual([`show ${shown}`]);
  await close(shown);
  await tell();
  expect(heard().toSorted()).toEqual([`show ${shown}`, `withdraw ${shown}`, `show ${gone}`].toSorted());
});

test('a device whose address has come to lie in a private network is told nothing', async () => {
  const id = await open();
  await notifyDevices(database.db, { ...FROM, toLoopback: false }, () => undefined);
  expect(heard()).toEqual([]);
  // It is not the device that is wrong.
  await database.db.query("update push_devices set next_at = now() - interval '1 second'");
  await tell();
  expect(heard()).toEqual([`show ${id}`]);
});

test('one that never went out is shown the next time', async () => {
  const id = await open();
  await expect(tell('push.before')).rejects.toThrow('ended');
  await tell();
  expect(heard()).toEqual([`show ${id}`]);
});

test('one that the service does not take is kept until it does', async () => {
  const id = await open();
  phone.answer = 503;
  await tell();
  phone.answer = 201;
  await tell();
  expect(heard()).toEqual([]);
  await database.db.query("update push_devices set next_at = now() - interval '1 second'");
  await tell();
  expect(heard()).toEqual([`show ${id}`]);
});

test.each([
  ['https://web.push.apple.com/QGx', true],
  ['https://eu.push.apple.com/x', true],
  ['https://push.apple.com.evil.example/x', false],
  ['https://fcm.googleapis.com/fcm/send/x', false],
  ['', false],
])('every message to %j has to show something: %s', (endpoint, must) =>
  expect(mustShow(endpoint)).toBe(must),
);

test('what was answered elsewhere is taken from each device but those of Apple, which would end their subscription', async () => {
  const { keys } = service.subscribe().subscription;
  const iphone = { endpoint: 'https://web.push.apple.com/QGx', keys, label: 'iPhone' };
  const { id: device } = await addDevice(database.db, OWNER, iphone);
  const id = await open();
  await database.db.query("insert into push_notices (device_id, item_id, state) values ($1, $2, 'shown')", [
    device,
    id,
  ]);
  await tell();
  await close(id);
  expect([await tell(), await tell()]).toEqual([2, 0]);
  expect(heard()).toEqual([`show ${id}`, `withdraw ${id}`]);
  const { rows } = await database.db.query('select state from push_notices where item_id = $1', [id]);
  expect(rows).toEqual([{ state: 'withdrawn' }, { state: 'withdrawn' }]);
});
