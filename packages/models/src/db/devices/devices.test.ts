import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames } from '@mainloop/testkit/names';
import { OWNER } from '../../flow/ids.ts';
import { deleteSession, findFirstUser, hasUsers, listSessions, type SessionRow } from './sessions.ts';
import { addDevice, deleteDevice, hasDevices } from './push.ts';

const database = databaseOfFile();

test('sessions, and the devices that want notifications', async () => {
  expect([
    await findFirstUser(database.db),
    await hasUsers(database.db),
    await hasDevices(database.db),
  ]).toEqual([null, false, false]);
  await database.db.query("insert into auth_users (id, name, email) values ('u1', 'Owner', 'a@b.invalid')");
  await database.db.query(
    "insert into auth_sessions (id, expires_at, token, user_id) values ('s1', now() + interval '1 day', 'x', 'u1')",
  );
  expect([await findFirstUser(database.db), await hasUsers(database.db)]).toEqual(['u1', true]);
  const [session] = await listSessions(database.db);
  expectNames<SessionRow>(session, {
    id: true,
    token: true,
    userAgent: true,
    createdAt: true,
    updatedAt: true,
  });
  expect([await deleteSession(database.db, 's1'), await deleteSession(database.db, 's1')]).toEqual([
    true,
    false,
  ]);
  const { id } = await addDevice(database.db, OWNER, {
    endpoint: 'https://push.invalid/1',
    keys: { p256dh: 'a', auth: 'b' },
    label: 'Phone',
  });
  expect(await hasDevices(database.db)).toBe(true);
  await deleteDevice(database.db, id);
  expect(await hasDevices(database.db)).toBe(false);
});
