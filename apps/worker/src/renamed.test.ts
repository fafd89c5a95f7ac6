// A repository that is called otherwise on the forge than here, on a real database.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ForgeError, type RepoNow } from '@mainloop/adapters/forge/port';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { ensureNamed } from './renamed.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 'one');
});
afterAll(() => database.drop());

const look = async (now: Partial<RepoNow>): Promise<string> => {
  const task = await getTask(database.db, 'one');
  const found = {
    full: task.repo,
    defaultBranch: task.defaultBranch,
    cloneUrl: 'http://forge/x.git',
    isArchived: false,
    ...now,
  };
  return (await ensureNamed({ db: database.db, forge: { findNow: () => Promise.resolve(found) } }, task))
    .repo;
};
const told = async (): Promise<string[]> =>
  (
    await database.db.query(
      "select payload->>'before' as before, payload->>'repo' as repo from events where type = 'project.renamed' order by seq",
    )
  ).rows.map((r: { before: string; repo: string }) => `${r.before} -> ${r.repo}`);

test('renamed and renamed back: the name is brought up to date and told, each time once', async () => {
  const before = (await getTask(database.db, 'one')).repo;
  expect(await look({})).toBe(before);
  expect(await look({ full: before.toUpperCase() })).toBe(before);
  for (const _ of [1, 2])
    expect(await look({ full: 'acme/renamed', defaultBranch: 'trunk' })).toBe('acme/renamed');
  expect((await getTask(database.db, 'one')).defaultBranch).toBe('trunk');
  expect(await look({ full: before })).toBe(before);
  expect(await told()).toEqual([`${before} -> acme/renamed`, `acme/renamed -> ${before}`]);
});

test('a default branch that was renamed is followed, and the repository keeps its name', async () => {
  const { repo, defaultBranch } = await getTask(database.db, 'one');
  for (const name of ['stable', 'trunk/main', defaultBranch]) {
    expect(await look({ defaultBranch: name })).toBe(repo);
    expect((await getTask(database.db, 'one')).defaultBranch).toBe(name);
  }
  expect(await told()).toHaveLength(2);
});

test('where the new name is on the list as well, both go on as they are', async () => {
  const { repo } = await getTask(database.db, 'one');
  await database.db.query(
    "insert into projects (id, owner_id, name, repo, default_branch, remote_url) select 'other', owner_id, 'acme/Other', 'acme/Other', 'main', '' from projects limit 1",
  );
  expect(await look({ full: 'acme/other' })).toBe(repo);
  expect(await told()).toHaveLength(2);
});

test('archived or gone: one sentence, before anything is paid', async () => {
  await expect(look({ isArchived: true })).rejects.toThrow(
    /is archived, so nothing can be pushed to it\. Unarchive it on GitHub, then Retry\.$/,
  );
  const gone = { findNow: () => Promise.reject(new ForgeError('not_found', 'GitHub does not find it.')) };
  await expect(
    ensureNamed({ db: database.db, forge: gone }, await getTask(database.db, 'one')),
  ).rejects.toThrow('GitHub does not find it.');
});
