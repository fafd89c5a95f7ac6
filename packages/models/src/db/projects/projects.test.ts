import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames } from '@mainloop/testkit/names';
import { seedProject } from '@mainloop/testkit/seed';
import type { Project } from '../../contracts/projects.ts';
import { OWNER } from '../../flow/ids.ts';
import {
  findAnyProject,
  findProject,
  findProjectOf,
  hasProject,
  listProjectNames,
  listProjects,
  type ProjectName,
} from './projects.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('a project', async () => {
  const [row] = await listProjects(database.db, OWNER);
  expectNames<Project>(row, {
    id: true,
    name: true,
    repo: true,
    defaultBranch: true,
    remoteUrl: true,
    localPath: true,
    settings: true,
    createdAt: true,
  });
  const [name] = await listProjectNames(database.db, OWNER);
  expectNames<ProjectName>(name, { id: true, name: true });
  expect(await findProject(database.db, OWNER, 'pr-1')).toEqual({ settings: row!.settings });
  expect(await findProjectOf(database.db, OWNER, 'Demo/Tally')).toEqual({
    id: 'pr-1',
    settings: row!.settings,
  });
  expect([
    await findAnyProject(database.db, 'demo/tally'),
    await findAnyProject(database.db, 'demo/none'),
  ]).toEqual([{ settings: row!.settings }, null]);
  expect([
    await hasProject(database.db, OWNER, 'pr-1'),
    await hasProject(database.db, 'somebody else', 'pr-1'),
  ]).toEqual([true, false]);
});
