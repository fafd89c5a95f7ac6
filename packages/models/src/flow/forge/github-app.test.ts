// What a GitHub App has to be allowed, and what is said where it is not.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  APP_NEEDS,
  appTroubleOf,
  askedOf,
  lackingOf,
  sayApp,
  sayAppTrouble,
  signInOf,
} from './github-app.ts';

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n';
const ALL = Object.fromEntries(APP_NEEDS.map((need) => [need.permission, need.level]));
const noFile = (): string => {
  throw new Error('no such file');
};

test('nothing is lacking where all is granted, and more is no harm', () => {
  expect(lackingOf(ALL)).toEqual([]);
  expect(lackingOf({ ...ALL, contents: 'admin', secrets: 'write' })).toEqual([]);
  expect(lackingOf({ ...ALL, issues: 'read', checks: 'none' }).map((need) => need.label)).toEqual([
    'Issues',
    'Checks',
  ]);
});

test('never more is asked for than is granted, or than is needed', () => {
  const level = fc.constantFrom('read', 'write', 'admin');
  const granted = fc.dictionary(fc.constantFrom(...Object.keys(ALL), 'secrets'), level);
  fc.assert(
    fc.property(granted, fc.subarray(Object.keys(ALL)), (has, only) => {
      const order = ['read', 'write', 'admin'];
      for (const [name, asked] of Object.entries(askedOf(has, only))) {
        expect(only).toContain(name);
        expect(order.indexOf(asked)).toBeLessThanOrEqual(order.indexOf(has[name]!));
        expect(order.indexOf(asked)).toBeLessThanOrEqual(order.indexOf(ALL[name]!));
      }
    }),
  );
});

test.each([
  [401, 'A JSON web token could not be decoded', 'unknown_app'],
  [404, 'Integration not found', 'unknown_app'],
  [401, "'Expiration time' claim ('exp') is too far in the future", 'clock'],
  [
    401,
    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    'clock',
  ],
  [404, 'Not Found', 'not_installed'],
  [422, 'There is at least one repository that does not exist or is not accessible', 'not_installed'],
  [403, 'This installation has been suspended', 'suspended'],
  [502, '', 'away'],
  [429, 'slow down', 'away'],
  [403, 'Something else', 'refused'],
])('%s "%s" is %s', (status, said, kind) => {
  const trouble = appTroubleOf(status, said, {
    repo: 'acme/till',
    account: 'acme',
    appUrl: 'https://github.com/apps/ours',
  });
  expect(trouble.kind).toBe(kind);
  expect(sayAppTrouble(trouble)).toMatch(/^[A-Z].*[.\w]$/);
});

test('how the forge is signed in to', () => {
  expect(signInOf({}, noFile)).toBeNull();
  expect(signInOf({ GITHUB_TOKEN: 'ghp_1' }, noFile)).toEqual({ kind: 'token', token: 'ghp_1' });
  const app = { kind: 'app', appId: '7', privateKey: PEM };
  expect(signInOf({ GITHUB_APP_ID: '7', GITHUB_APP_PRIVATE_KEY: PEM }, noFile)).toEqual(app);
  const inOneLine = PEM.replaceAll('\n', '\\n');
  expect(signInOf({ GITHUB_APP_ID: '7', GITHUB_APP_PRIVATE_KEY: inOneLine }, noFile)).toEqual(app);
  expect(signInOf({ GITHUB_APP_ID: '7', GITHUB_APP_PRIVATE_KEY: '/key.pem' }, () => PEM)).toEqual(app);
});

test.each([
  [{ GITHUB_APP_ID: '7' }, 'without GITHUB_APP_PRIVATE_KEY'],
  [{ GITHUB_APP_PRIVATE_KEY: PEM }, 'without GITHUB_APP_ID'],
  [{ GITHUB_APP_ID: '7', GITHUB_APP_PRIVATE_KEY: PEM, GITHUB_TOKEN: 'ghp_1' }, 'Keep one'],
  [{ GITHUB_APP_ID: '7 8', GITHUB_APP_PRIVATE_KEY: PEM }, 'number of the App'],
  [{ GITHUB_APP_ID: '7', GITHUB_APP_PRIVATE_KEY: '/nowhere.pem' }, 'the name of its file'],
])('%j is refused', (settings, words) => {
  expect(() => signInOf(settings, noFile)).toThrow(words);
});

test.each([
  [[], false, 'installed nowhere. Install it: https://github.com/apps/ours/installations/new'],
  [[{ name: 'acme', lacks: '' }], true, 'the GitHub App ours, installed for acme'],
  [
    [
      { name: 'acme', lacks: 'Issues, Checks' },
      { name: 'blue', lacks: 'suspended' },
      { name: 'red', lacks: '' },
    ],
    false,
    'for acme it lacks Issues, Checks; suspended by blue',
  ],
])('installed for %j', (accounts, ok, words) => {
  const said = sayApp({ slug: 'ours', url: 'https://github.com/apps/ours', accounts });
  expect(said).toEqual({ ok, says: expect.stringContaining(words) });
});
