import { expect, test } from '@jest/globals';
import { npmUpstreams, upstreamOf } from './clients.ts';

const basic = (s: string): string => `Basic ${Buffer.from(s).toString('base64')}`;

test.each([
  ['nothing', {}, [], 'https://registry.npmjs.org/', null],
  ['a file', {}, ['registry = https://r.example/npm'], 'https://r.example/npm/', null],
  ['the environment over a file', { npm_config_registry: 'https://e.example/' }, ['registry=https://r.example/'], 'https://e.example/', null],
  ['the first file over the second', {}, ['registry=https://mine.example/', 'registry=https://all.example/'], 'https://mine.example/', null],
  ['a token', {}, ['registry=https://r.example/npm/\n//r.example/npm/:_authToken=t0'], 'https://r.example/npm/', 'Bearer t0'],
  ['a token of the host', {}, ['registry=https://r.example/npm/\n//r.example/:_authToken="t0"'], 'https://r.example/npm/', 'Bearer t0'],
  ['a token from the environment', { T: 't1' }, ['registry=https://r.example/\n//r.example/:_authToken=${T}'], 'https://r.example/', 'Bearer t1'],
  ['a token of another host', {}, ['registry=https://r.example/\n//other.example/:_authToken=t0'], 'https://r.example/', null],
  ['a token of another path', {}, ['registry=https://r.example/a/\n//r.example/b/:_authToken=t0'], 'https://r.example/a/', null],
  ['_auth', {}, ['registry=https://r.example/\n//r.example/:_auth=dTpw'], 'https://r.example/', 'Basic dTpw'],
  [
    'a name and a password',
    {},
    ['registry=https://r.example/\n//r.example/:username=u\n//r.example/:_password=cA=='],
    'https://r.example/',
    basic('u:p'),
  ],
  ['both in the address', {}, ['registry=https://u:p%40@r.example/'], 'https://r.example/', basic('u:p@')],
  ['comments', {}, ['; registry=https://a.example/\n# registry=https://b.example/\nregistry=https://r.example/'], 'https://r.example/', null],
  ['no address', {}, ['registry=file:///etc/passwd'], 'https://registry.npmjs.org/', null],
])('npm set up with %s', (_, env, files, base, authorization) => {
  expect(npmUpstreams(env, files).all).toEqual({ base, authorization });
});

test('a scope has its own registry and its own sign-in', () => {
  const up = npmUpstreams({}, ['@acme:registry=https://acme.example/\n//acme.example/:_authToken=t0\ncafile=/etc/acme.pem']);
  expect(up.scopes.get('@acme')).toEqual({ base: 'https://acme.example/', authorization: 'Bearer t0' });
  expect(up.all).toEqual({ base: 'https://registry.npmjs.org/', authorization: null });
  expect(up.caFiles).toEqual(['/etc/acme.pem']);
});

test.each(['ftp://r.example/', 'not an address', ''])('%j is no registry', (address) => {
  expect(upstreamOf(address)).toBeNull();
});
