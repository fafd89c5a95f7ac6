// What `mainloop up` tells each process: a secret goes to those that need it, and to nobody else.
import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { services } from './services.ts';
import { loadSettings } from './settings.ts';

const home = mkdtempSync('/tmp/mainloop-services-');
afterAll(() => rmSync(home, { recursive: true, force: true }));

const TOOLS = { bwrap: '/bwrap', act: '/act', node: '/node', toolchains: '/toolchains', embedder: null };
const TEMPORAL = {
  service: { name: 'temporal', port: null, env: {}, command: ['temporal'], ready: async () => true },
  address: 'unix:/temporal',
} as const;

const told = (env: Record<string, string>, databaseUrl = 'postgres://superuser@localhost/mainloop?host=/s') =>
  services(loadSettings({ MAINLOOP_HOME: home, ...env }), TOOLS, TEMPORAL, databaseUrl);

/** @returns the processes whose environment holds a value, in the order of their start */
const whoHas = (value: string, env: Record<string, string> = {}): string[] =>
  told(env)
    .filter((service) => Object.values(service.env).some((text) => text.includes(value)))
    .map((service) => service.name);

const { secrets } = loadSettings({ MAINLOOP_HOME: home });

test.each([
  ['the password of the api', secrets.mainloop_api, ['api']],
  ['the password of the worker', secrets.mainloop_worker, ['worker']],
  ['the password of the gateway', secrets.mainloop_gateway, ['gateway']],
  ['the password of the page', secrets.mainloop_web, ['web']],
  ['the password of who migrates', secrets.mainloop_owner, []],
  ['the password of the superuser', secrets.postgresSuperuser, []],
  ['what signs sessions', secrets.authSecret, ['api']],
  ['the token of the api', secrets.apiToken, ['api']],
  ['what a webhook is signed with', secrets.webhookSecret, ['local-github', 'api']],
  ['the token of the forge', secrets.localGitHubToken, ['local-github', 'gateway', 'worker']],
  ["the local forge's operator", secrets.localGitHubOperator, ['local-github', 'worker']],
  ['what the chat shows the gateway', secrets.chatToken, ['api', 'gateway', 'worker']],
  ['what a job of CI shows the gateway', secrets.ciSecret, ['local-github', 'gateway', 'worker']],
])('%s', (_what, value, names) => {
  expect(whoHas(value)).toEqual(names);
});

test('the key of a model is the gateway’s alone, and the real model has no demo beside it', () => {
  const key = 'sk-ant-api03-a-key-of-a-test';
  expect(whoHas(key, { ANTHROPIC_API_KEY: key })).toEqual(['gateway']);
  expect(told({ ANTHROPIC_API_KEY: key }).map((service) => service.name)).not.toContain('demo-model');
});

test('somebody else’s Postgres and forge: one URL for all, and nothing of ours that stands in for them', () => {
  const env = { DATABASE_URL: 'postgres://user:word@db.example/name', GITHUB_TOKEN: 'ghp_of_a_test' };
  const all = told(env, env.DATABASE_URL);
  expect(all.map((service) => service.name)).toEqual([
    'temporal',
    'demo-model',
    'api',
    'gateway',
    'worker',
    'web',
  ]);
  const urlsOf = (name: string): string | undefined => {
    const service = all.find((one) => one.name === name)!;
    return service.env[
      name === 'gateway' || name === 'web' ? `${name.toUpperCase()}_DATABASE_URL` : 'DATABASE_URL'
    ];
  };
  expect(['api', 'gateway', 'worker', 'web'].map(urlsOf)).toEqual(Array(4).fill(env.DATABASE_URL));
});
