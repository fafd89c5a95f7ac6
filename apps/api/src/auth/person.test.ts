// Whose words they are: asked with every request of a page, and read from the data only when that may say another thing.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { People } from './person.ts';

let database: TestDatabase;
let reads = 0;
let people: People;
beforeAll(async () => {
  database = await freshDatabase();
  const counted = new Proxy(database.db, {
    get(db, name) {
      if (name === 'query') reads++;
      return Reflect.get(db, name, db) as unknown;
    },
  });
  people = new People(counted);
  await people.nameOf(null);
  reads = 0;
});
afterAll(() => database.drop());

const replaceServer = (key: string): Promise<unknown> =>
  database.db.query('update vapid_keys set public_key = $1', [key]);

test('each person has a name of their own, and the same one each time', async () => {
  const names = await Promise.all([null, 'ann', 'bob'].map((user) => people.nameOf(user)));
  expect(new Set(names).size).toBe(3);
  expect(await Promise.all([null, 'ann', 'bob'].map((user) => new People(database.db).nameOf(user)))).toEqual(
    names,
  );
});

test('a page that asks for whoever is there costs no look at the data, and one for somebody else is refused', async () => {
  const ann = await people.nameOf('ann');
  reads = 0;
  expect([await people.isNameOf(ann, 'ann'), reads]).toEqual([true, 0]);
  expect(await people.isNameOf(ann, 'bob')).toBe(false);
  expect(await people.isNameOf(ann, null)).toBe(false);
});

test('a server that another one took the place of knows its own people, and no more those of the first', async () => {
  const before = await people.nameOf('ann');
  await replaceServer('of another server');
  const after = await new People(database.db).nameOf('ann');
  expect(after).not.toBe(before);
  // Nobody is turned away by what was kept.
  expect(await people.isNameOf(after, 'ann')).toBe(true);
  expect(await people.isNameOf(before, 'ann')).toBe(false);
  // And whoever opens a page is told the truth, which holds from then on.
  await replaceServer('of a third');
  expect(await people.nameOf('ann')).not.toBe(after);
  expect(await people.isNameOf(after, 'ann')).toBe(false);
});
