import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { appendOutput, readOutput } from './output.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('output arrives once, in order, whatever is sent again', async () => {
  const id = await seedRun(database.db, await seedTask(database.db, 't-out'));
  expect(await appendOutput(database.db, id, 0, Buffer.from('hello '))).toBe(6);
  expect(await appendOutput(database.db, id, 0, Buffer.from('hello '))).toBe(6);
  expect(await appendOutput(database.db, id, 3, Buffer.from('lo world'))).toBe(11);
  expect(await appendOutput(database.db, id, 99, Buffer.from('gap'))).toBe(11);
  expect((await readOutput(database.db, id, 2)).data.toString()).toBe('llo world');
});
