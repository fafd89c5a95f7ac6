import { expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed } from '@mainloop/testkit/seed';
import { all, forgeOf, pull } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

test('a "ready" is taken back, and a repository without drafts is no obstacle', async () => {
  const ensureDraft = () => Promise.reject(new ForgeError('rejected', 'no drafts here'));
  await forgeAt(pull('second', { draft: false }), all, { ensureDraft }).ensureDraft({
    taskId: 'pushed',
    why: 'CI failed after all.',
  });
  const { rows } = await database.db.query("select payload from events where type = 'pr.taken_back'");
  expect(rows).toEqual([{ payload: { number: 7, why: 'CI failed after all.' } }]);
  const away = () => Promise.reject(new ForgeError('unavailable', 'later'));
  await expect(
    forgeAt(pull('second'), all, { ensureDraft: away }).ensureDraft({ taskId: 'pushed', why: '' }),
  ).rejects.toThrow('later');
});
