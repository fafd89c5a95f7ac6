// Adding a project, on a real database: what it becomes, and in which words it is refused. The forge is one repository.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Forge, RepoInfo } from '@mainloop/adapters/forge/port';
import { resolveProjectSettings } from '@mainloop/models/contracts/settings';
import { listProjects } from '@mainloop/models/db/projects/projects';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import type { Importer } from '../importer.ts';
import { projectActivities } from './project.activities.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await freshDatabase();
});
afterAll(() => t.drop());

const REPO: RepoInfo = { full: 'a/b', defaultBranch: 'main', cloneUrl: 'http://forge/a/b.git', empty: false, canPush: true, isInOurWay: false };

/** @returns the sentence by which it is refused; null when it is there */
async function add(source: string, repo: Partial<RepoInfo>, below = ''): Promise<string | null> {
  const forge = { getRepo: () => Promise.resolve({ ...REPO, ...repo }) } as unknown as Forge;
  const look = { full: repo.full ?? REPO.full, branch: 'main', outcome: 'added', commits: 0, localPath: source, below } as const;
  const importer: Importer = { look: () => Promise.resolve(look) };
  const projectId = `pr-${crypto.randomUUID()}`;
  await projectActivities({ db: t.db, forge, importer }).addProject({ ownerId: OWNER, projectId, source });
  const { rows } = await t.db.query<{ payload: { id: string; sentence: string } }>("select payload from events where type = 'project.refused'");
  return rows.find((r) => r.payload.id === projectId)?.payload.sentence ?? null;
}

test.each<[Partial<RepoInfo>, RegExp]>([
  [{ empty: true }, /is empty/],
  [{ canPush: false }, /not push to it/],
  [{ isInOurWay: true }, /^a\/b has a branch called mainloop, .* Rename that branch, then add a\/b again[.]$/],
])('%j is refused, and nothing is added', async (repo, says) => {
  expect(await add('a/b', repo)).toMatch(says);
  expect(await listProjects(t.db, OWNER)).toEqual([]);
});

test('a folder inside of a repository is kept as a setting, and added again it stays what the person made of it', async () => {
  expect(await add('/mono/packages/a', { full: 'local/mono-packages-a' }, 'packages/a')).toBeNull();
  const settings = async () => resolveProjectSettings((await listProjects(t.db, OWNER)).find((p) => p.repo === 'local/mono-packages-a')!.settings);
  expect(await settings()).toMatchObject({ folder: 'packages/a', unreadable: [] });
  await t.db.query(`update projects set settings = settings || '{"folder": "packages/b"}' where repo = 'local/mono-packages-a'`);
  expect(await add('/mono/packages/a', { full: 'local/mono-packages-a' }, 'packages/a')).toBeNull();
  expect(await settings()).toMatchObject({ folder: 'packages/b' });
});
