// A wrong value is one clear sentence that names the variable.
import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { loadSettings } from './settings.ts';

const home = mkdtempSync('/tmp/mainloop-settings-');
afterAll(() => rmSync(home, { recursive: true, force: true }));

test.each([
  [{ WEB_PORT: 'eighty' }, 'WEB_PORT should be a port number'],
  [{ API_PORT: '70000' }, 'API_PORT should be a port number'],
  [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL should look like postgres://user:password@host:5432/name'],
  [{ TEMPORAL_ADDRESS: 'http://temporal' }, 'TEMPORAL_ADDRESS should look like host:7233'],
  [{ ANTHROPIC_API_KEY: 'my-key' }, 'ANTHROPIC_API_KEY should start with sk-ant-'],
  [
    { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-api03-x' },
    'CLAUDE_CODE_OAUTH_TOKEN should start with sk-ant-oat; make setup-claude-creds makes one',
  ],
  [{ GITHUB_API_URL: 'api.github.com' }, 'GITHUB_API_URL should be a URL like https://api.github.com'],
  [{ ANTHROPIC_BASE_URL: 'nowhere' }, 'ANTHROPIC_BASE_URL should be a URL'],
  [{ MAINLOOP_DEMO_SCRIPT: '/no/such/file' }, 'MAINLOOP_DEMO_SCRIPT names a file that does not exist'],
  [{ MAINLOOP_UNCONFINED: 'maybe' }, 'MAINLOOP_UNCONFINED should be yes or no'],
  [{ MAINLOOP_SANDBOX: 'docker' }, 'MAINLOOP_SANDBOX should be local or kubernetes'],
  [
    { MAINLOOP_SANDBOX: 'kubernetes', KUBECONFIG: '/no/such/file' },
    'KUBECONFIG should name the kubeconfig of the cluster that MAINLOOP_SANDBOX=kubernetes means',
  ],
  [
    { MAINLOOP_SANDBOX: 'kubernetes', KUBECONFIG: '/dev/null' },
    'MAINLOOP_AGENT_IMAGE should name the agent image, which you build from docker/Dockerfile',
  ],
  [
    {
      MAINLOOP_SANDBOX: 'kubernetes',
      KUBECONFIG: '/dev/null',
      MAINLOOP_AGENT_IMAGE: 'x',
      MAINLOOP_GATEWAY_ADDRESS: 'localhost:8700',
    },
    'MAINLOOP_GATEWAY_ADDRESS should be IP:port, as a pod of the cluster reaches the gateway of this machine',
  ],
])('%j', (env, sentence) => {
  expect(() => loadSettings({ MAINLOOP_HOME: home, ...env })).toThrow(sentence);
});

test('nothing set is the demo, with everything embedded and secrets only the owner can read', () => {
  const settings = loadSettings({ MAINLOOP_HOME: home });
  expect([settings.demoModel, settings.localGitHub, settings.WEB_PORT, settings.API_PORT]).toEqual([
    true,
    true,
    3000,
    8000,
  ]);
  expect(statSync(path.join(home, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(loadSettings({ MAINLOOP_HOME: home }).secrets).toEqual(
    JSON.parse(readFileSync(path.join(home, 'secrets.json'), 'utf8')),
  );
});

test('an empty value counts as not set', () => {
  expect(loadSettings({ MAINLOOP_HOME: home, ANTHROPIC_API_KEY: ' ', GITHUB_TOKEN: '' })).toMatchObject({
    demoModel: true,
    localGitHub: true,
  });
});

test("the package clients' own variables go to the gateway by themselves, and nothing else does", () => {
  const env = {
    MAINLOOP_HOME: home,
    npm_config_registry: 'https://npm.example.com',
    PIP_INDEX_URL: 'https://pip.example.com',
    GOPROXY: undefined,
    LANG: 'C',
  };
  expect(loadSettings(env).packages).toEqual({
    npm_config_registry: 'https://npm.example.com',
    PIP_INDEX_URL: 'https://pip.example.com',
  });
});
