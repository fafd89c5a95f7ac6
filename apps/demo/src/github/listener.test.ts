// The local GitHub's listener: no word of a stranger is a token, a name or an option of git.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { listenerSettings } from '@mainloop/network/listener';
import { startLocalGitHub, type LocalGitHub } from './server.ts';

const OPERATOR = 'operator-secret-of-this-test';
let dir: string;
let hub: LocalGitHub;

beforeAll(async () => {
  dir = mkdtempSync('/tmp/github-listener-');
  const source = path.join(dir, 'source');
  mkdirSync(source);
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], { cwd: source });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(source, 'a.txt'), 'a\n');
  git('add', '-A');
  git('commit', '-qm', 'first');
  hub = await startLocalGitHub({
    root: path.join(dir, 'hub'),
    port: 0,
    listener: listenerSettings({}),
    tokens: new Map([['tok', 'mainloop']]),
    operatorSecret: OPERATOR,
    webhook: null,
    ci: null,
    reviewers: [],
  });
  await hub.importRepo('demo/thing', source, 'main');
});
afterAll(async () => {
  await hub.close();
  rmSync(dir, { recursive: true, force: true });
});

const ask = (
  method: string,
  route: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const req = http.request(new URL(route, hub.url), { method, headers }, (res) => {
      let text = '';
      res.on('data', (d: Buffer) => (text += d.toString()));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    });
    req.on('error', reject);
    req.end(body === undefined ? undefined : JSON.stringify(body));
  });
const imports = (who: string, body: unknown) =>
  ask('POST', '/_local/import', { authorization: `token ${who}` }, body);

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '', 'undefined', 'null'])(
  'the word "%s" of every object is nobody\'s token',
  async (word) => {
    expect((await ask('GET', '/user', { authorization: `token ${word}` })).status).toBe(401);
    expect(
      (await ask('GET', '/user', { authorization: `Basic ${Buffer.from(`x:${word}`).toString('base64')}` }))
        .status,
    ).toBe(401);
    expect(
      (
        await ask('GET', '/demo/thing.git/info/refs?service=git-receive-pack', {
          authorization: `token ${word}`,
        })
      ).status,
    ).toBe(401);
    expect((await imports(word, { full: 'a/b', folder: dir, branch: 'main' })).status).toBe(401);
  },
);

test("what is the operator's takes the operator's own secret, and a token of the forge is not it", async () => {
  const body = { full: 'local/again', folder: path.join(dir, 'source'), branch: 'main' };
  expect((await imports('tok', body)).status).toBe(401);
  expect((await ask('GET', '/_local/calls', { authorization: 'token tok' })).status).toBe(401);
  expect((await ask('GET', '/user', { authorization: `token ${OPERATOR}` })).status).toBe(401);
  expect((await ask('GET', '/_local/calls', { authorization: `token ${OPERATOR}` })).status).toBe(200);
  expect((await imports(OPERATOR, body)).status).toBe(201);
});

test.each<[string, string, (proof: string) => string, string]>([
  ['an option for a folder', 'local/o1', (proof) => `--upload-pack=touch ${proof}; false`, 'main'],
  ['a transport that runs a program', 'local/o2', (proof) => `ext::sh -c touch% ${proof}`, 'main'],
  ['a folder that is not a whole path', 'local/o3', () => 'source', 'main'],
  ['a folder with a zero in it', 'local/o4', () => '/tmp\0/x', 'main'],
  ['a file', 'local/o5', () => '/etc/hostname', 'main'],
  ['another machine', 'local/o6', () => 'ssh://-oProxyCommand=touch/x', 'main'],
  ['an option for a branch', 'local/o7', () => path.join(dir, 'source'), '--upload-pack=x'],
  ['two refs for a branch', 'local/o8', () => path.join(dir, 'source'), 'main:refs/heads/x'],
  ['a pattern for a branch', 'local/o9', () => path.join(dir, 'source'), '*'],
  ['a name that climbs', '../../evil', () => path.join(dir, 'source'), 'main'],
  ['a name of dots', '../..', () => path.join(dir, 'source'), 'main'],
])('%s is refused before git hears of it', async (_, full, folder, branch) => {
  const proof = path.join(dir, 'ran');
  const answer = await imports(OPERATOR, { full, folder: folder(proof), branch });
  expect([answer.status, existsSync(proof), existsSync(path.join(dir, 'evil.git'))]).toEqual([
    422,
    false,
    false,
  ]);
  expect(hub.store.one('repo', (x) => x.full === full)).toBeUndefined();
});

test.each([
  'evil.example',
  'evil.example:8600',
  '127.0.0.1.nip.io',
  '127.evil.example',
  'localhost.evil.example',
  'github.localhost.evil.example',
  'evil.localhost',
  '10.0.0.1',
  'evil/127.0.0.1',
  '[::ffff:7f00:1]',
])('asked for under the name "%s" it answers nobody', async (host) => {
  for (const [method, route] of [
    ['GET', '/user'],
    ['POST', '/_local/import'],
    ['GET', '/demo/thing.git/info/refs?service=git-upload-pack'],
    ['GET', '/_logs/1'],
  ] as const)
    expect([route, (await ask(method, route, { host, authorization: `token ${OPERATOR}` })).status]).toEqual([
      route,
      403,
    ]);
});

test("under the names that GitHub's own CLI has for this machine it answers whoever has a token", async () => {
  for (const host of ['github.localhost', 'api.github.localhost', 'API.GitHub.localhost:80']) {
    expect([host, (await ask('GET', '/user', { host, authorization: 'token tok' })).status]).toEqual([
      host,
      200,
    ]);
    expect([host, (await ask('GET', '/user', { host, authorization: 'token x' })).status]).toEqual([
      host,
      401,
    ]);
    expect([
      host,
      (await ask('GET', '/user', { host, authorization: 'token tok', origin: `http://${host}` })).status,
    ]).toEqual([host, 403]);
  }
});

test('a page in a browser gets nothing and changes nothing', async () => {
  const who = { authorization: 'token tok' };
  expect((await ask('GET', '/user', { ...who, origin: 'https://evil.example' })).status).toBe(403);
  expect((await ask('GET', '/user', { ...who, origin: hub.url })).status).toBe(403);
  expect(
    (await ask('POST', '/repos/demo/thing/issues', { ...who, origin: 'null' }, { title: 'x' })).status,
  ).toBe(403);
  expect(
    (await ask('POST', '/repos/demo/thing/issues', { ...who, 'sec-fetch-site': 'same-site' }, { title: 'x' }))
      .status,
  ).toBe(403);
  expect((await ask('POST', '/repos/demo/thing/issues', who, { title: 'x' })).status).toBe(201);
});
