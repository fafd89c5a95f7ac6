// The git proxy of a gateway that is signed in as a GitHub App: tokens of the hour, and what is said where there is none.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { many } from '@mainloop/models/db/pool';
import { taskBranch } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { CLEAN_GIT, seedRepository, startHub } from '@mainloop/testkit/hub';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { LocalGitHub } from '../../demo/src/github/server.ts';
import { nowIso, type Installation } from '../../demo/src/github/store.ts';

const GRANTED = { contents: 'write', pull_requests: 'write', metadata: 'read' };
const home = mkdtempSync('/tmp/mainloop-git-app-');
const run = promisify(execFile);
let database: TestDatabase;
let model: Awaited<ReturnType<typeof startModel>>;
let gateway: TestGateway;
let hub: LocalGitHub;
let installed: Installation;

/** The forge stands in this process: git must not block it. */
const git = (dir: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
    cwd: dir,
    env: CLEAN_GIT,
  });

beforeAll(async () => {
  database = await freshDatabase();
  hub = await startHub(path.join(home, 'hub'), { token: 'tok' });
  await seedRepository(hub, 'demo/tally', path.join(home, 'tally'), { 'a.txt': 'a\n' });
  await seedProject(database.db, 'pr-1', 'demo/tally', `${hub.url}/demo/tally.git`);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const at = nowIso();
  const made = { slug: 'ours', owner: 'demo', publicKey, permissions: GRANTED, createdAt: at };
  const app = hub.store.insert('app', made);
  installed = hub.store.insert('installation', {
    appId: app.id,
    account: 'demo',
    repositories: null,
    permissions: GRANTED,
    suspendedAt: null,
    createdAt: at,
  });
  model = await startModel((_, res) => void res.end('{}'));
  gateway = await startGateway(database.url, model.url, {
    GITHUB_TOKEN: '',
    GITHUB_APP_ID: String(app.id),
    GITHUB_APP_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
    GITHUB_API_URL: hub.url,
  });
});
afterAll(async () => {
  await gateway.kill('SIGKILL');
  model.close();
  await hub.close();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

async function work(id: string): Promise<{ push(): Promise<string>; clone(): Promise<string> }> {
  const { token } = await seedRun(database.db, await seedTask(database.db, id));
  const dir = path.join(home, `work-${id}`);
  const header = `http.extraHeader=Authorization: Bearer ${token}`;
  const said = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => 'done',
      (err: { stderr: string }) => err.stderr,
    );
  let n = 0;
  return {
    clone: () =>
      said(
        git(home, '-c', header, 'clone', '-q', `${gateway.url}/git/repo.git`, dir).then(() =>
          git(dir, 'checkout', '-q', '-b', taskBranch(id, 'x'), 'origin/main'),
        ),
      ),
    push: async () => {
      writeFileSync(path.join(dir, 'b.txt'), `${n++}`);
      await git(dir, 'add', '-A');
      await git(dir, 'commit', '-qm', 'more');
      return said(git(dir, '-c', header, 'push', '-q', 'origin', `HEAD:refs/heads/${taskBranch(id, 'x')}`));
    },
  };
}

test('fetch and push go by tokens that may do what git needs, and by a new one where the old was taken back', async () => {
  const one = await work('app-a');
  expect(await one.clone()).toBe('done');
  expect(await one.push()).toBe('done');
  const given = hub.store.find('appToken');
  expect(given.map((token) => token.permissions)).toEqual([{ contents: 'write', metadata: 'read' }]);
  expect(given[0]!.repositories).toHaveLength(1);
  hub.store.remove('appToken', given[0]!);
  expect(await one.push()).toBe('done');
  expect(hub.store.find('appToken')).toHaveLength(1);
  expect(hub.store.find('call', (call) => call.method === 'PUSH').map((call) => call.user)).toEqual([
    'ours[bot]',
    'ours[bot]',
  ]);
});

test('suspended, or without the permission: the agent and the story hear why, and it goes on afterwards', async () => {
  const two = await work('app-b');
  expect(await two.clone()).toBe('done');
  hub.store.update('installation', installed, { suspendedAt: nowIso() });
  const other = await work('app-c');
  // The mirror was fetched a moment ago, so it may be given once more; a push asks the forge for certain.
  const refused = await two.push();
  expect(refused).toContain('suspended by demo');
  hub.store.update('installation', installed, { suspendedAt: null, permissions: { metadata: 'read' } });
  expect(await other.clone().then((said) => (said === 'done' ? other.push() : said))).toMatch(
    /lacks a permission of demo: Contents \(read and write\)/,
  );
  hub.store.update('installation', installed, { permissions: GRANTED });
  expect(await two.push()).toBe('done');
  const told = await many<{ type: string; payload: { reason?: string } }>(
    database.db,
    "select type, payload from events where type = 'push.refused'",
  );
  expect(JSON.stringify(told)).not.toContain('ghs_');
});
