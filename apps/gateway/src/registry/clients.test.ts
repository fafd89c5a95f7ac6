import { expect, test } from '@jest/globals';
import { cargoUpstream, goUpstreams, npmUpstreams, pipUpstreams, upstreamOf } from './clients.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

test.each([
  ['nothing', {}, [], 'https://registry.npmjs.org/', null],
  ['a file', {}, ['registry = https://r.example/npm'], 'https://r.example/npm/', null],
  [
    'the environment over a file',
    { npm_config_registry: 'https://e.example/' },
    ['registry=https://r.example/'],
    'https://e.example/',
    null,
  ],
  [
    'the first file over the second',
    {},
    ['registry=https://mine.example/', 'registry=https://all.example/'],
    'https://mine.example/',
    null,
  ],
  [
    'a token',
    {},
    ['registry=https://r.example/npm/\n//r.example/npm/:_authToken=t0'],
    'https://r.example/npm/',
    'Bearer t0',
  ],
  [
    'a token of the host',
    {},
    ['registry=https://r.example/npm/\n//r.example/:_authToken="t0"'],
    'https://r.example/npm/',
    'Bearer t0',
  ],
  [
    'a token from the environment',
    { T: 't1' },
    ['registry=https://r.example/\n//r.example/:_authToken=${T}'],
    'https://r.example/',
    'Bearer t1',
  ],
  [
    'a token of another host',
    {},
    ['registry=https://r.example/\n//other.example/:_authToken=t0'],
    'https://r.example/',
    null,
  ],
  [
    'a token of another path',
    {},
    ['registry=https://r.example/a/\n//r.example/b/:_authToken=t0'],
    'https://r.example/a/',
    null,
  ],
  ['_auth', {}, ['registry=https://r.example/\n//r.example/:_auth=dTpw'], 'https://r.example/', 'Basic dTpw'],
  [
    'a name and a password',
    {},
    ['registry=https://r.example/\n//r.example/:username=u\n//r.example/:_password=cA=='],
    'https://r.example/',
    basic('u:p'),
  ],
  ['both in the address', {}, ['registry=https://u:p%40@r.example/'], 'https://r.example/', basic('u:p@')],
  [
    'comments',
    {},
    ['; registry=https://a.example/\n# registry=https://b.example/\nregistry=https://r.example/'],
    'https://r.example/',
    null,
  ],
  ['no address', {}, ['registry=file:///etc/passwd'], 'https://registry.npmjs.org/', null],
])('npm set up with %s', (_, env, files, base, authorization) => {
  expect(npmUpstreams(env, files).all).toEqual({ base, authorization });
});

test('a scope has its own registry and its own sign-in', () => {
  const up = npmUpstreams({}, [
    '@acme:registry=https://acme.example/\n//acme.example/:_authToken=t0\ncafile=/etc/acme.pem',
  ]);
  expect(up.scopes.get('@acme')).toEqual({ base: 'https://acme.example/', authorization: 'Bearer t0' });
  expect(up.all).toEqual({ base: 'https://registry.npmjs.org/', authorization: null });
  expect(up.caFiles).toEqual(['/etc/acme.pem']);
});

test('where a registry keeps its files is named with it', () => {
  expect(upstreamOf('https://pypi.org/simple')?.filesAt).toEqual(['https://files.pythonhosted.org']);
  expect(upstreamOf('https://pypi.org.evil.example/simple')?.filesAt).toBeUndefined();
});

test.each(['ftp://r.example/', 'not an address', ''])('%j is no registry', (address) => {
  expect(upstreamOf(address)).toBeNull();
});

const NETRC = 'machine r.example\n  login u\n  password p\ndefault login anonymous password x';
test.each([
  ['nothing', {}, [], ['https://pypi.org/simple/']],
  ['a file', {}, ['[global]\nindex-url = https://a.example/simple'], ['https://a.example/simple/']],
  [
    'the environment',
    { PIP_INDEX_URL: 'https://e.example/simple/' },
    ['[global]\nindex-url = https://a.example/simple'],
    ['https://e.example/simple/'],
  ],
  [
    'a further index',
    {},
    ['[install]\nextra-index-url = https://b.example/ https://c.example/'],
    ['https://pypi.org/simple/', 'https://b.example/', 'https://c.example/'],
  ],
  ['no address', { PIP_INDEX_URL: 'file:///srv/wheels' }, [], []],
])('pip set up with %s', (_, env, files, bases) => {
  expect(pipUpstreams(env, files, '').map((u) => u.base)).toEqual(bases);
});

test.each([
  ['nothing', {}, '', ['https://proxy.golang.org/']],
  ['its own file', {}, 'GOPROXY=https://a.example/go,direct\n', ['https://a.example/go/']],
  [
    'the environment',
    { GOPROXY: 'https://a.example|https://b.example,off' },
    'GOPROXY=https://c.example',
    ['https://a.example/', 'https://b.example/'],
  ],
  ['no proxy', { GOPROXY: 'direct' }, '', []],
])('Go set up with %s', (_, env, file, bases) => {
  expect(goUpstreams(env, file, '').all.map((u) => u.base)).toEqual(bases);
});
test('Go does not look up what its operator keeps to himself', () => {
  expect(goUpstreams({ GOPRIVATE: '*.corp.example' }, '', '').noSumDb).toBe('*.corp.example');
  expect(goUpstreams({ GOPRIVATE: 'x', GONOSUMDB: 'y' }, '', '').noSumDb).toBe('y');
});

test('a sign-in comes from the address, else from netrc, and only for that host', () => {
  const of = (url: string): string | null | undefined =>
    pipUpstreams({ PIP_INDEX_URL: url }, [], NETRC)[0]?.authorization;
  expect(of('https://r.example/simple/')).toBe(basic('u:p'));
  expect(of('https://a:b@r.example/simple/')).toBe(basic('a:b'));
  expect(of('https://other.example/simple/')).toBeNull();
});

test.each([
  ['nothing', '', 'https://index.crates.io/'],
  [
    'a source in its place',
    '[source.crates-io]\nreplace-with = "corp"\n[source.corp]\nregistry = "sparse+https://c.example/index/"\n',
    'https://c.example/index/',
  ],
  [
    'a repository, which is no sparse index',
    '[source.crates-io]\nreplace-with = "g"\n[source.g]\nregistry = "https://g.example/index.git"\n',
    'https://index.crates.io/',
  ],
])('Cargo set up with %s', (_, file, base) => {
  expect(cargoUpstream(file).base).toBe(base);
});
