// The package proxy: the real gateway before registries of the test's own, and the real npm and pnpm before it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ciToken } from '@mainloop/network/ci-token';
import { relayPackages } from '@mainloop/network/package-relay';
import { many } from '@mainloop/models/db/pool';
import { packageEnvironment } from '@mainloop/models/flow/runs/packages';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, setProject, startGateway, type TestGateway } from '@mainloop/testkit/gateway';
import { npmPackage, startNpm, startRegistry, type TestRegistry } from '@mainloop/testkit/package-registry';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TOOLS = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../../.tools/node_modules/.bin');
const SECRET = 'npm_the-operators-own-token';
const CI_SECRET = 'the-secret-of-the-local-ci';
const LIMIT_S = 1;

let database: TestDatabase;
let gateway: TestGateway;
let token: string;
let relay: string;
let relayed: Awaited<ReturnType<typeof relayPackages>>;
let open: TestRegistry;
let signedIn: TestRegistry;
let silent: TestRegistry;
let elsewhere: TestRegistry;
const root = mkdtempSync('/tmp/mainloop-packages-');

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  const seeded = await seedRun(database.db, await seedTask(database.db, 'aaaa'));
  token = seeded.token;
  const poisoned = { ...npmPackage('poisoned'), sent: npmPackage('something-else').tarball };
  open = await startNpm({
    outer: npmPackage('outer', { inner: '^1.0.0' }),
    inner: npmPackage('inner'),
    poisoned,
  });
  signedIn = await startNpm({ '@closed/thing': npmPackage('@closed/thing') }, SECRET);
  silent = await startRegistry(() => undefined);
  elsewhere = await startRegistry((asked, res, _, url) => {
    if (asked.endsWith('.tgz')) return void res.end('inside');
    const dist = {
      tarball: `${url.replace('127.0.0.1', 'localhost')}/x.tgz`,
      integrity: `sha512-${Buffer.alloc(64).toString('base64')}`,
    };
    res.end(JSON.stringify({ name: '@led/astray', versions: { '1.0.0': { version: '1.0.0', dist } } }));
  });
  gateway = await startGateway(database.url, 'http://127.0.0.1:9', {
    npm_config_registry: open.url,
    'npm_config_@closed:registry': signedIn.url,
    'npm_config_@led:registry': elsewhere.url,
    'npm_config_@nobody:registry': 'http://127.0.0.1:9/',
    'npm_config_@silent:registry': silent.url,
    [`npm_config_//${new URL(signedIn.url).host}/:_authToken`]: SECRET,
    GATEWAY_REGISTRY_SECONDS: String(LIMIT_S),
    MAINLOOP_CI_SECRET: CI_SECRET,
  });
  relayed = await relayPackages({ gateway: { host: '127.0.0.1', port: gateway.port }, token, port: 0 });
  relay = `http://127.0.0.1:${relayed.port}`;
});
afterAll(async () => {
  relayed?.close();
  await gateway?.kill('SIGKILL');
  await Promise.all([open, signedIn, silent, elsewhere].map((r) => r?.close()));
  await database?.drop();
  rmSync(root, { recursive: true, force: true });
});

const get = async (
  at: string,
  options: { as?: string | null; method?: string } = {},
): Promise<{ status: number; body: string }> => {
  const who = options.as === undefined ? token : options.as;
  const response = await fetch(`${gateway.url}/registry${at}`, {
    method: options.method ?? 'GET',
    headers: who === null ? {} : { authorization: `Bearer ${who}` },
  });
  return { status: response.status, body: await response.text() };
};
/** Every file that was kept. */
const kept = (): string[] => readdirSync(path.join(gateway.home, 'packages/files'));

/** A real client in a folder of its own, set up as in a sandbox. */
async function client(
  program: 'npm' | 'pnpm',
  args: string[],
  manifest: object,
): Promise<{ dir: string; said: string }> {
  const dir = mkdtempSync(path.join(root, `${program}-`));
  const home = mkdtempSync(path.join(root, 'home-'));
  mkdirSync(path.join(dir, 'project'));
  writeFileSync(path.join(dir, 'project/package.json'), JSON.stringify(manifest));
  const env = {
    PATH: `${TOOLS}:${process.env.PATH}`,
    HOME: home,
    ...packageEnvironment(relay, { npmReplaces: 'always', goNoSumDb: '' }),
  };
  const result = await run(program, args, { cwd: path.join(dir, 'project'), env, timeout: 600_000 }).catch(
    (e: { stdout: string; stderr: string }) => e,
  );
  return { dir: path.join(dir, 'project'), said: result.stdout + result.stderr };
}

test.each(['npm', 'pnpm'] as const)(
  'the real %s installs through it, and its lock file holds no address of ours',
  async (program) => {
    const { dir, said } = await client(program, ['install'], { name: 'x', dependencies: { outer: '1.0.0' } });
    const inner = await run(
      'node',
      ['-p', "require('module').createRequire(require.resolve('outer'))('inner')"],
      { cwd: dir },
    ).catch(() => ({
      stdout: said,
    }));
    expect(inner.stdout.trim()).toBe('inner');
    const lock = readFileSync(
      path.join(dir, program === 'npm' ? 'package-lock.json' : 'pnpm-lock.yaml'),
      'utf8',
    );
    expect(lock).toContain('sha512-');
    expect(lock).not.toContain(new URL(relay).host);
    if (program === 'npm') expect(lock).toContain(`${open.url}/outer/-/outer-1.0.0.tgz`);
  },
);

test('what was fetched once is handed out with the registry away, and again by npm from its lock file', async () => {
  await get('/npm/outer/-/outer-1.0.0.tgz');
  const before = open.asked.length;
  expect((await get('/npm/outer/-/outer-1.0.0.tgz')).status).toBe(200);
  expect(open.asked.length).toBe(before);
  const { dir } = await client('npm', ['install'], { name: 'x', dependencies: { outer: '1.0.0' } });
  rmSync(path.join(dir, 'node_modules'), { recursive: true });
  const env = {
    PATH: `${TOOLS}:${process.env.PATH}`,
    HOME: mkdtempSync(path.join(root, 'home-')),
    ...packageEnvironment(relay, { npmReplaces: 'always', goNoSumDb: '' }),
  };
  await run('npm', ['ci'], { cwd: dir, env });
  expect(readdirSync(path.join(dir, 'node_modules'))).toContain('outer');
  expect(open.asked.filter((a) => a.path.endsWith('.tgz') && a.path.includes('outer'))).toHaveLength(1);
});

test('bytes that are not what the registry says are refused by name, and nothing of them is kept', async () => {
  const before = kept();
  const answer = await get('/npm/poisoned/-/poisoned-1.0.0.tgz');
  expect(answer).toEqual({
    status: 424,
    body: JSON.stringify({
      error:
        'mainloop: poisoned-1.0.0.tgz is not what its registry says it is (sha512), so it is not handed out.',
    }),
  });
  expect(kept()).toEqual(before);
  expect((await get('/npm/poisoned/-/poisoned-1.0.0.tgz')).status).toBe(424);
  const { said } = await client('npm', ['install'], { name: 'x', dependencies: { poisoned: '1.0.0' } });
  expect(said).toContain('poisoned-1.0.0.tgz is not what its registry says it is');
});

test('a credential of the operator goes to its registry and nowhere else', async () => {
  const page = await get('/npm/@closed%2fthing');
  const file = await get('/npm/@closed/thing/-/thing-1.0.0.tgz');
  expect([page.status, file.status]).toEqual([200, 200]);
  expect(signedIn.asked.every((a) => a.authorization === `Bearer ${SECRET}`)).toBe(true);
  expect(open.asked.every((a) => a.authorization === undefined)).toBe(true);
  const refused = await get('/npm/@closed/missing');
  for (const text of [page.body, file.body, refused.body, gateway.log()]) expect(text).not.toContain(SECRET);
  // The run's own token stays here, too.
  for (const registry of [open, signedIn, silent, elsewhere])
    expect(JSON.stringify(registry.asked)).not.toContain(token);
});

test.each([
  [
    'never answers',
    '/npm/@silent/x',
    () => `mainloop: ${new URL(silent.url).host} did not answer within ${LIMIT_S} seconds.`,
  ],
  ['is not there', '/npm/@nobody/x', () => "mainloop: 127.0.0.1:9 can't be reached (ECONNREFUSED)."],
  [
    'leads into a private network',
    '/npm/@led/astray/-/astray-1.0.0.tgz',
    () =>
      `mainloop: localhost:${new URL(elsewhere.url).port} lies in a private network, and is not a registry that was named.`,
  ],
  ['has no such package', '/npm/nothing', () => `mainloop: ${new URL(open.url).host} knows no nothing.`],
])('a registry that %s is a sentence', async (_, at, sentence) => {
  const answer = await get(at);
  expect(JSON.parse(answer.body)).toEqual({ error: sentence() });
  expect([404, 424]).toContain(answer.status);
});

test('npm does not ask a registry again and again that does not answer, and says why', async () => {
  const before = silent.asked.length;
  const { said } = await client('npm', ['install'], { name: 'x', dependencies: { '@silent/x': '1.0.0' } });
  expect(said).toContain(`did not answer within ${LIMIT_S} seconds`);
  expect(silent.asked.length - before).toBe(1);
});

test.each([
  ['nobody', null, 'GET', '/npm/outer', 401],
  ['another token', 'mlr_nobody', 'GET', '/npm/outer', 401],
  ['a publisher', undefined, 'PUT', '/npm/outer', 405],
  ['a poster', undefined, 'POST', '/npm/-/npm/v1/security/audits', 405],
  ['a way around', undefined, 'GET', '/npm/..%2f..%2frun%2fspec', 404],
  ['another route', undefined, 'GET', '/', 404],
])('%s is refused', async (_, as, method, at, status) => {
  expect((await get(at, { method, ...(as === undefined ? {} : { as }) })).status).toBe(status);
});

test('a job of the local CI is known by its repository and until its time is over, and opens nothing else', async () => {
  const soon = Date.now() + 60_000;
  const [project] = await many<{ repo: string }>(database.db, 'select repo from projects');
  const good = ciToken(CI_SECRET, project!.repo, soon);
  expect((await get('/npm/outer', { as: good })).status).toBe(200);
  expect(
    (await fetch(`${gateway.url}/run/spec`, { headers: { authorization: `Bearer ${good}` } })).status,
  ).toBe(401);
  for (const [as, status] of [
    [ciToken(CI_SECRET, project!.repo, Date.now() - 1), 401],
    [ciToken('another-secret-than-that', project!.repo, soon), 401],
    [`${good}x`, 401],
    ['mlc_', 401],
    [ciToken(CI_SECRET, 'no/project', soon), 403],
  ] as const)
    expect({ as, status: (await get('/npm/outer', { as })).status }).toEqual({ as, status });
});

test('a project that may reach nothing has no packages either', async () => {
  const [project] = await many<{ id: string }>(database.db, 'select id from projects');
  await setProject(database.db, project!.id, { egress: 'none' });
  const answer = await get('/npm/outer/-/outer-1.0.0.tgz');
  await setProject(database.db, project!.id, { egress: 'registries' });
  expect(answer).toEqual({
    status: 403,
    body: JSON.stringify({ error: "mainloop: npm's registry is not on this project's allow-list." }),
  });
});

test('what a run was given is told in its story when it ends, each package once', async () => {
  const mine = await seedRun(database.db, await seedTask(database.db, 'bbbb'));
  for (const name of ['outer', 'inner', 'outer'])
    await get(`/npm/${name}/-/${name}-1.0.0.tgz`, { as: mine.token });
  await get('/npm/poisoned/-/poisoned-1.0.0.tgz', { as: mine.token });
  await fetch(`${gateway.url}/run/result`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mine.token}` },
    body: JSON.stringify({ outcome: { kind: 'completed', summary: 'x' }, outputEnd: 0 }),
  });
  const told = await many<{ payload: object }>(
    database.db,
    "select payload from events where type = 'packages.fetched' and task_id = 'bbbb'",
  );
  expect(told.map((e) => e.payload)).toEqual([
    { runId: mine.runId, packages: ['npm outer@1.0.0', 'npm inner@1.0.0'], more: 0 },
  ]);
});
