// Whatever characters come, a statement takes them: on a real Postgres, by each of the ways that we ask it.
import { describe, expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import fc from 'fast-check';
import { OWNER } from '../flow/ids.ts';
import { one } from './pool.ts';
import { openRead } from './read.ts';
import { storable } from './storable.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
  await seedTask(db, 'one');
});

describe('a value of a statement', () => {
  test.each<[string, unknown, unknown]>([
    ['text', 'plain', 'plain'],
    ['with what ends a text in C', 'a\0b', 'a\ufffdb'],
    ['half a pair', 'a\ud800', 'a\ufffd'],
    ['a whole pair', 'a\ud83d\ude00', 'a\ud83d\ude00'],
    [
      'words that look like an escape',
      String.raw`in C \u0000 ends a text`,
      String.raw`in C \u0000 ends a text`,
    ],
    ['JSON of it', JSON.stringify({ a: 'x\0' }), String.raw`{"a":"x\ufffd"}`],
    ['JSON of half a pair', JSON.stringify(['\udfff']), String.raw`["\ufffd"]`],
    ['JSON of words that look like an escape', JSON.stringify([String.raw`\u0000`]), String.raw`["\\u0000"]`],
    [
      'JSON with a whole pair as others escape it',
      String.raw`["\ud83d\ude00"]`,
      String.raw`["\ud83d\ude00"]`,
    ],
    ['several', ['a\0', 1, null], ['a\ufffd', 1, null]],
    ['an object', { a: '\0' }, String.raw`{"a":"\ufffd"}`],
    ['a number', 1, 1],
    ['nothing', null, null],
    ['a date', new Date(0), new Date(0)],
    ['bytes', Buffer.from([0]), Buffer.from([0])],
  ])('%s', (_, value, stored) => {
    expect(storable(value)).toEqual(stored);
  });
});

test('any text comes back as it was, but for what can not be stored', async () => {
  const character = fc.oneof(
    fc.constantFrom('\0', '\ud800', '\udc00', '\\', 'u0000', '"', '{', '['),
    fc.string({ unit: 'binary' }),
  );
  const text = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, async (said) => {
      const kept = said.replaceAll('\0', '\ufffd').toWellFormed();
      const row = await one<{ plain: string; json: { said: string }; list: string[] }>(
        database.db,
        'select $1::text as plain, $2::jsonb as json, $3::text[] as list',
        // No JSON, whatever is said.
        [`- ${said}`, JSON.stringify({ said }), [`- ${said}`, '']],
      );
      expect(row).toEqual({ plain: `- ${kept}`, json: { said: kept }, list: [`- ${kept}`, ''] });
    }),
    { numRuns: 200 },
  );
});

test('what such an id names is nobody, also for the pages', async () => {
  expect(
    await one(database.db, 'select id from tasks where id = $1 and owner_id = $2', ['one', OWNER]),
  ).toEqual({
    id: 'one',
  });
  expect(await one(database.db, 'select id from tasks where id = $1', ['one\0'])).toBeNull();
  const read = openRead(database.url);
  try {
    expect(await read.task('one')).toMatchObject({ task: { id: 'one' } });
    for (const id of ['one\0', '\0', '\ud800']) expect(await read.task(id)).toBeNull();
  } finally {
    await read.close();
  }
});
