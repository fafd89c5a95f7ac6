// Adding a project, on a real database: what it becomes, and in which words it is refused. The forge is one repository.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ForgeError, type Forge, type RepoInfo } from '@mainloop/adapters/forge/port';
import { resolveProjectSettings } from '@mainloop/models/contracts/settings';
import { appendOnce } from '@mainloop/models/db/log';
import { isNameTaken, listProjects } from '@mainloop/models/db/projects/projects';
import { checkRebuild } from '@mainloop/models/db/rebuild';
import { projectAdded, projectRenamed, projectSettings } from '@mainloop/models/events/projects';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import type { Importer } from '../importer.ts';
import { suggestionsFor } from '../suggestions.ts';
import { projectActivities } from './project.activities.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const REPO: RepoInfo = {
  full: 'a/b',
  defaultBranch: 'main',
  cloneUrl: 'http://forge/a/b.git',
  empty: false,
  tip: 'first',
  canPush: true,
  isInOurWay: false,
};

const RED = [
  { id: 1, context: 'lint', state: 'failure', url: null, summary: '', at: '2026-01-01T00:00:00Z' },
];
const FILES = [
  { path: 'README.md', sizeBytes: 9 },
  { path: 'packages/a/README.md', sizeBytes: 9 },
  { path: 'packages/a/wait.py', sizeBytes: 30 },
  { path: 'packages/b/go.py', sizeBytes: 40 },
];

/** @returns the sentence by which it is refused; null when it is there */
async function add(
  source: string,
  repo: Partial<RepoInfo>,
  below = '',
  asked?: string,
  unreadable: readonly string[] = [],
): Promise<string | null> {
  const forge = {
    getRepo: (full: string) => Promise.resolve({ ...REPO, full, ...repo }),
    hasFolder: (_: string, branch: string, folder: string) =>
      Promise.resolve(branch === 'main' && /^(packages|odd é)\/[ab]$/.test(folder)),
    listChecks: (_: string, sha: string) =>
      Promise.resolve({
        checks: [],
        suites: [],
        statuses: RED,
        required: [],
        unreadable: sha === 'first' ? unreadable : ['what is not there'],
      }),
    listFiles: () =>
      repo.full === 'a/down'
        ? Promise.reject(new ForgeError('unavailable', 'It is down.'))
        : Promise.resolve({ files: FILES, isWhole: true }),
    readText: (_: string, sha: string, file: string) =>
      Promise.resolve(sha === 'first' && file.endsWith('.py') ? '# FIXME: it waits for ever' : null),
    listOpenIssues: () => Promise.resolve([{ number: 4, title: 'Slow', labels: [] }]),
  } as unknown as Forge;
  const look = {
    full: repo.full ?? REPO.full,
    branch: 'main',
    outcome: 'added',
    commits: 0,
    localPath: source,
    below,
  } as const;
  const importer: Importer = { look: () => Promise.resolve(look) };
  const projectId = `pr-${crypto.randomUUID()}`;
  await projectActivities({ db: database.db, forge, importer }).addProject({
    ownerId: OWNER,
    projectId,
    source,
    ...(asked === undefined ? {} : { folder: asked }),
  });
  const { rows } = await database.db.query<{ payload: { id: string; sentence: string } }>(
    "select payload from events where type = 'project.refused'",
  );
  return rows.find((r) => r.payload.id === projectId)?.payload.sentence ?? null;
}

test.each<[Partial<RepoInfo>, RegExp]>([
  [{ empty: true }, /is empty/],
  [{ canPush: false }, /not push to it/],
  [
    { isInOurWay: true },
    /^a\/b has a branch called mainloop, .* Rename that branch, then add a\/b again[.]$/,
  ],
])('%j is refused, and nothing is added', async (repo, says) => {
  expect(await add('a/b', repo)).toMatch(says);
  expect(await listProjects(database.db, OWNER)).toEqual([]);
});

test('a folder inside of a repository is kept as a setting, and added again it stays what the person made of it', async () => {
  expect(await add('/mono/packages/a', { full: 'local/mono-packages-a' }, 'packages/a')).toBeNull();
  const settings = async () =>
    resolveProjectSettings(
      (await listProjects(database.db, OWNER)).find((p) => p.repo === 'local/mono-packages-a')!.settings,
    );
  expect(await settings()).toMatchObject({ folder: 'packages/a', unreadable: [] });
  await database.db.query(
    `update projects set settings = settings || '{"folder": "packages/b"}' where repo = 'local/mono-packages-a'`,
  );
  expect(await add('/mono/packages/a', { full: 'local/mono-packages-a' }, 'packages/a')).toBeNull();
  expect(await settings()).toMatchObject({ folder: 'packages/b' });
});

const named = async (repo: string) =>
  (await listProjects(database.db, OWNER)).filter((p) => p.repo === repo).map((p) => p.name);

test('several projects share a repository of the forge, each with a folder of its own; one that is added twice is one', async () => {
  const full = 'acme/shop';
  for (const [source, folder] of [
    ['acme/shop', undefined],
    ['acme/shop', 'packages/a'],
    ['https://github.com/acme/shop/tree/main/packages/b', undefined],
    ['https://github.com/acme/shop/tree/main', undefined],
    ['acme/shop', 'packages/b'],
    ['https://github.com/acme/shop/tree/main/odd%20%C3%A9/a/', undefined],
  ] as const)
    expect([source, folder, await add(source, {}, '', folder)]).toEqual([source, folder, null]);
  expect(await named(full)).toEqual([full, `${full}/packages/a`, `${full}/packages/b`, `${full}/odd é/a`]);
  const [whole, a] = (await listProjects(database.db, OWNER))
    .filter((p) => p.repo === full)
    .map((p) => resolveProjectSettings(p.settings).folder);
  expect([whole, a]).toEqual(['', 'packages/a']);
});

test.each<[string, string | undefined, RegExp]>([
  ['acme/none', 'packages/c', /^There is no folder packages\/c on main of acme\/none[.]$/],
  [
    'https://github.com/acme/none/tree/feature/x/packages/a',
    undefined,
    /^That address is not on main, the default branch of acme\/none[.]/,
  ],
  ['https://github.com/acme/none/tree/main/..%2fsecret', undefined, /^That address is not on main/],
  ['https://github.com/acme/none/tree/main/%zz', undefined, /^That address is not on main/],
  [
    '/mono',
    'packages/a',
    /^A folder of this machine is named by its whole path: add \/mono\/packages\/a[.]$/,
  ],
])('%s with the folder %s is refused, and nothing is added', async (source, folder, says) => {
  expect(await add(source, {}, '', folder)).toMatch(says);
  expect(await named('acme/none')).toEqual([]);
});

test('another folder in its settings, and another name on the forge, name a project anew; a folder of this machine keeps its own', async () => {
  const [project] = (await listProjects(database.db, OWNER)).filter((p) => p.name === 'acme/shop/packages/a');
  const says = (...events: Parameters<typeof appendOnce>[1]) => appendOnce(database.db, events, OWNER);
  const id = project!.id;
  expect(await isNameTaken(database.db, OWNER, id, { folder: 'packages/b' })).toBe(true);
  expect(await isNameTaken(database.db, OWNER, id, { folder: 'packages/z' })).toBe(false);
  await says(projectSettings.new({ actor: 'you', payload: { id, settings: { folder: 'packages/z' } } }));
  const moved = {
    id,
    before: 'acme/shop',
    repo: 'acme/store',
    remoteUrl: 'http://forge/acme/store.git',
    defaultBranch: 'main',
  };
  expect(await isNameTaken(database.db, OWNER, id, { repo: 'Acme/Store' })).toBe(false);
  await says(projectRenamed.new({ actor: 'mainloop', payload: moved }));
  expect(await named('acme/store')).toEqual(['acme/store/packages/z']);
  // The next one of the same repository follows: only its own name counts.
  const b = (await listProjects(database.db, OWNER)).find((p) => p.name === 'acme/shop/packages/b')!;
  expect(await isNameTaken(database.db, OWNER, b.id, { repo: 'acme/store' })).toBe(false);
  const local = (await listProjects(database.db, OWNER)).find((p) => p.repo === 'local/mono-packages-a')!;
  await says(
    projectSettings.new({ actor: 'you', payload: { id: local.id, settings: { folder: 'packages/q' } } }),
  );
  expect(await named('local/mono-packages-a')).toEqual(['local/mono-packages-a']);
  await says(projectSettings.new({ actor: 'you', payload: { id, settings: { folder: ['no', 'folder'] } } }));
  expect(await named('acme/store')).toEqual(['acme/store/packages/z']);
  expect(await checkRebuild(database.db)).toMatchObject({ wrong: [], wrongRows: 0, unreadable: [] });
});

test.each([
  [[], undefined],
  [
    ['checks', 'check suites'],
    'The token may not read the checks and check suites of this repository, so they do not count.',
  ],
])('a token that may not read %j: that is said when the project is added', async (names, sentence) => {
  expect(await add('a/c', { full: `a/c${names.length}` }, '', undefined, names)).toBeNull();
  const { rows } = await database.db.query<{ payload: { unreadable?: string } }>(
    "select payload from events where payload->>'repo' = $1",
    [`a/c${names.length}`],
  );
  expect(rows.map((r) => r.payload.unreadable)).toEqual([sentence]);
});

const suggestionsOf = async (name: string): Promise<unknown> =>
  (await database.db.query('select suggestions from projects where name = $1', [name])).rows[0]?.suggestions;

test('what there is to ask for is seen when it is added, of its folder alone, and anew when it is added again', async () => {
  const [lint, issue] = [
    { kind: 'failed_check', check: 'lint' },
    { kind: 'issue', number: 4, title: 'Slow' },
  ];
  const comment = (path: string): object => ({
    kind: 'comment',
    path,
    line: 1,
    mark: 'FIXME',
    text: 'it waits for ever',
  });
  expect(await add('a/seen', {}, '', 'packages/a')).toBeNull();
  expect(await suggestionsOf('a/seen/packages/a')).toEqual([lint, comment('packages/a/wait.py'), issue]);
  await database.db.query("update projects set suggestions = '[]' where name = 'a/seen/packages/a'");
  expect(await add('a/seen', {}, '', 'packages/a')).toBeNull();
  expect(await suggestionsOf('a/seen/packages/a')).toEqual([lint, comment('packages/a/wait.py'), issue]);
  // Its folder was looked at before its next task, which looks at nothing else: what was seen stands.
  const { id } = (await listProjects(database.db, OWNER)).find((p) => p.name === 'a/seen/packages/a')!;
  const again = { id, name: 'a/seen/packages/a', repo: 'a/seen', defaultBranch: 'next', remoteUrl: 'x' };
  await appendOnce(
    database.db,
    [projectAdded.new({ actor: 'worker', payload: { ...again, localPath: null, folder: 'packages/a' } })],
    OWNER,
  );
  expect(await suggestionsOf('a/seen/packages/a')).toHaveLength(3);
});

test('a forge that is down for a moment, and a repository that takes too long, are added without', async () => {
  expect(await add('a/down', { full: 'a/down' })).toBeNull();
  expect(await suggestionsOf('a/down')).toEqual([]);
  const slow = {
    listFiles: () => new Promise<never>(() => undefined),
    listOpenIssues: () => Promise.resolve([]),
  } as unknown as Forge;
  expect(await suggestionsFor(slow, { repo: 'a/slow', sha: 'first', folder: '', failed: [] }, 20)).toBeNull();
});
