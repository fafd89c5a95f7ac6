// Signed in as a GitHub App: the local GitHub's part of it against GitHub's description, and the forge by its tokens.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { githubAsApp } from '@mainloop/adapters/forge/github';
import type { Forge } from '@mainloop/adapters/forge/port';
import { nowIso, type Installation } from '@mainloop/demo/github/store';
import { githubApp, type GitHubApp } from '@mainloop/network/github-app';
import { personsWords as say } from '@mainloop/models/flow/forge/text';
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { R, startForge, type ForgeStage } from './forge.fixture.ts';
import { openApi } from './openapi.fixture.ts';

const run = promisify(execFile);
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const ALL = {
  contents: 'write',
  pull_requests: 'write',
  metadata: 'read',
  issues: 'write',
  checks: 'read',
  statuses: 'read',
  actions: 'write',
  workflows: 'write',
};
const PR = { repo: R, marker: '<!-- app -->', title: say('T'), body: say('B'), head: 'one', base: 'main' };

let stage: ForgeStage;
let app: GitHubApp;
let forge: Forge;
let installed: Installation;
let appId: number;

beforeAll(async () => {
  stage = await startForge();
  const { store } = stage.hub;
  const at = nowIso();
  appId = store.insert('app', { slug: 'ours', owner: 'demo', publicKey, permissions: ALL, createdAt: at }).id;
  installed = store.insert('installation', {
    appId,
    account: 'demo',
    repositories: [R],
    permissions: ALL,
    suspendedAt: null,
    createdAt: at,
  });
  app = newApp();
  forge = githubAsApp(app, stage.hub.url);
});
afterAll(() => stage.close());
const newApp = (key = privateKey): GitHubApp =>
  githubApp({ appId: String(appId), privateKey: key, apiUrl: stage.hub.url });
/** A forge that remembers no token. */
const anew = (): Forge => githubAsApp(newApp(), stage.hub.url);
const change = (to: Partial<Installation>): void =>
  void stage.hub.store.update('installation', installed, to);

test("the answers about Apps fit GitHub's own OpenAPI description", async () => {
  const check = openApi();
  const ask = async (
    bearer: string,
    method: string,
    template: string,
    url: string,
    body?: object,
  ): Promise<{ status: number; wrong: string[]; body: unknown }> => {
    const response = await fetch(stage.hub.url + url, {
      method,
      headers: { authorization: `Bearer ${bearer}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const said: unknown = response.status === 204 ? null : await response.json();
    return {
      status: response.status,
      wrong: response.status === 204 ? [] : check(method, template, response.status, said),
      body: said,
    };
  };
  const nowS = Math.floor(Date.now() / 1000);
  const part = (data: object): string => Buffer.from(JSON.stringify(data)).toString('base64url');
  const signed = `${part({ alg: 'RS256' })}.${part({ iat: nowS - 60, exp: nowS + 300, iss: appId })}`;
  const jwt = `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  const fits = async (
    bearer: string,
    method: string,
    template: string,
    url: string,
    status: number,
    body?: object,
  ): Promise<unknown> => {
    const answer = await ask(bearer, method, template, url, body);
    expect([template, answer.status, answer.wrong]).toEqual([template, status, []]);
    return answer.body;
  };
  await fits(jwt, 'GET', '/app', '/app', 200);
  // GitHub's description of the list wants an account that is a user and an enterprise at once.
  const list = (await ask(jwt, 'GET', '/app', '/app/installations')).body as object[];
  expect(list.map((one) => check('GET', '/repos/{owner}/{repo}/installation', 200, one))).toEqual([[]]);
  await fits(jwt, 'GET', '/repos/{owner}/{repo}/installation', `/repos/${R}/installation`, 200);
  await fits(jwt, 'GET', '/repos/{owner}/{repo}/installation', '/repos/demo/none/installation', 404);
  const tokens = '/app/installations/{installation_id}/access_tokens';
  const where = `/app/installations/${installed.id}/access_tokens`;
  const given = (await fits(jwt, 'POST', tokens, where, 201, { repositories: ['thing'] })) as {
    token: string;
  };
  await fits(jwt, 'POST', tokens, where, 422, { repositories: ['none'] });
  await fits(jwt, 'POST', tokens, where, 422, { permissions: { secrets: 'write' } });
  await fits('a.b.c', 'POST', tokens, where, 401);
  await fits(given.token, 'GET', '/installation/repositories', '/installation/repositories', 200);
  await fits(given.token, 'GET', '/users/{username}', '/users/ours%5Bbot%5D', 200);
  expect((await ask(given.token, 'GET', '/user', '/user')).status).toBe(403);
  expect((await ask(given.token, 'GET', '/app', '/app')).status).toBe(401);
  expect((await ask('tok', 'GET', '/app', '/app')).status).toBe(401);
});

test('it works as its bot: whose commits, a pull request, a comment, ready', async () => {
  expect(await forge.whoAmI()).toBe('ours[bot]');
  const { id } = await app.account();
  expect(await forge.whoCommits()).toEqual({
    name: 'ours[bot]',
    email: `${id}+ours[bot]@users.noreply.github.com`,
  });
  expect(await forge.getRepo(R)).toMatchObject({ full: R, canPush: true });
  const made = await forge.ensureDraftPr(PR);
  expect(made.outcome).toBe('created');
  expect((await forge.ensureDraftPr(PR)).outcome).toBe('unchanged');
  expect((await anew().ensureDraftPr(PR)).number).toBe(made.number);
  const comment = { repo: R, number: made.number, marker: '<!-- c -->', body: say('hello') };
  expect((await forge.ensureComment(comment)).outcome).toBe('created');
  expect((await forge.ensureComment(comment)).outcome).toBe('unchanged');
  expect(await forge.listIssueComments(R, made.number)).toMatchObject([
    { author: 'ours[bot]', mine: true, bot: true },
  ]);
  expect(await forge.ensureReady(R, made.number)).toBe('updated');
  const issue = { repo: R, marker: '<!-- i -->', title: say('I'), body: say('B'), known: null };
  expect(
    await forge.ensureIssue({ ...issue, fields: { labels: [], assignees: ['demo'], type: '' } }),
  ).toMatchObject({
    outcome: 'created',
  });
  expect(stage.heard.find((one) => one.event === 'pull_request')!.payload).toMatchObject({
    installation: { id: installed.id },
  });
});

test('git goes by its token, and not without the permission', async () => {
  const push = async (token: string): Promise<string> =>
    run(
      'git',
      [
        '-c',
        'user.name=x',
        '-c',
        'user.email=x@x',
        'push',
        `${stage.hub.url.replace('//', `//x-access-token:${token}@`)}/${R}.git`,
        'main:refs/heads/by-app',
      ],
      { cwd: stage.dir },
    ).then(
      () => 'pushed',
      (err: { stderr: string }) => err.stderr,
    );
  expect(await push(await app.tokenFor(R))).toBe('pushed');
  const reading = githubApp({
    appId: String(appId),
    privateKey,
    apiUrl: stage.hub.url,
    only: ['metadata'],
  });
  expect(await push(await reading.tokenFor(R))).toMatch(
    /Permission to demo\/thing\.git denied to ours\[bot\]|403/,
  );
});

test('a permission that it lacks is named, before anything is tried or as GitHub says it', async () => {
  change({ permissions: { ...ALL, issues: 'read' } });
  await expect(
    anew().ensureIssue({ repo: R, marker: '<!-- n -->', title: say('N'), body: say('B'), known: null }),
  ).rejects.toMatchObject({ kind: 'forbidden', message: expect.stringContaining('issues=write') });
  change({ permissions: { ...ALL, contents: 'read' } });
  await expect(anew().getRepo(R)).rejects.toMatchObject({
    kind: 'forbidden',
    message: expect.stringMatching(/lacks a permission of demo: Contents \(read and write\)/),
  });
  change({ permissions: ALL });
});

test('suspended, removed, not on this repository, another key: each one sentence; and it goes on afterwards', async () => {
  await forge.getRepo(R);
  change({ suspendedAt: nowIso() });
  // The token in hand is refused, so it asks for another and hears why there is none.
  await expect(forge.getRepo(R)).rejects.toMatchObject({
    kind: 'forbidden',
    message: expect.stringContaining('suspended by demo'),
  });
  change({ suspendedAt: null });
  expect(await forge.getRepo(R)).toMatchObject({ full: R });
  change({ repositories: [] });
  await expect(anew().getRepo(R)).rejects.toMatchObject({
    kind: 'not_found',
    message: expect.stringMatching(/not installed on demo\/thing\. .*\/apps\/ours\/installations\/new/),
  });
  change({ repositories: [R] });
  const { privateKey: other } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await expect(githubAsApp(newApp(other), stage.hub.url).getRepo(R)).rejects.toMatchObject({
    kind: 'auth',
    message: expect.stringContaining('GITHUB_APP_PRIVATE_KEY'),
  });
});
