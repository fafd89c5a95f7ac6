import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed } from '@mainloop/testkit/seed';
import { all, forgeOf, pull } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

test('what others have pushed since the agent is named, and nothing in it is markup', async () => {
  const listCommits = () =>
    Promise.resolve([
      { sha: 'second', title: 'ours', author: 'bot', isMerge: false },
      { sha: 'a colleague', title: 'add [evil](http://x) <b>', author: 'mona', isMerge: false },
    ]);
  expect(
    (await forgeAt(pull('a colleague'), all, { listCommits }).readOthers({ taskId: 'pushed' })).body,
  ).toContain('- `a colle` add \\[evil\\]\\(http://x\\) \\<b\\> (mona)');
  expect(await forgeAt(pull('second'), all, { listCommits }).readOthers({ taskId: 'pushed' })).toEqual({
    body: '',
  });
});
