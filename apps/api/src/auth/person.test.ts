// Whose words they are, on whose server.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { personOf } from './person.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('each person has a name of their own, and the same one each time', async () => {
  const users = [null, 'ann', 'bob'];
  const names = await Promise.all(users.map((user) => personOf(database.db, user)));
  expect(new Set(names).size).toBe(3);
  expect(await Promise.all(users.map((user) => personOf(database.db, user)))).toEqual(names);
});

test('a server that another one took the place of knows its own people from then on', async () => {
  const before = await personOf(database.db, 'ann');
  await database.db.query("update vapid_keys set public_key = 'of another server'");
  expect(await personOf(database.db, 'ann')).not.toBe(before);
});
