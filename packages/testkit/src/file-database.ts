// The database of one test file. Apart from database.ts, which programs without jest use too.
import { afterAll, beforeAll } from '@jest/globals';
import type { Db } from '@mainloop/models/db/pool';
import { freshDatabase, type TestDatabase } from './database.ts';

/**
 * A database for all tests of the file that asks for it: made before them, dropped after them.
 * @param seed writes what they start from
 * @returns what is there once they run; before that its fields throw
 */
export function databaseOfFile(
  seed: (db: Db) => Promise<unknown> = () => Promise.resolve(),
): Pick<TestDatabase, 'db' | 'url'> {
  let made: TestDatabase | undefined;
  const there = (): TestDatabase => {
    if (made === undefined) throw new Error('The database of a test file is there once its tests run.');
    return made;
  };
  beforeAll(async () => {
    made = await freshDatabase();
    await seed(made.db);
  });
  afterAll(() => made?.drop());
  return {
    get db() {
      return there().db;
    },
    get url() {
      return there().url;
    },
  };
}
