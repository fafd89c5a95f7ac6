import { expect, test } from '@jest/globals';
import { plainPath } from './asked.ts';
import { askedOfGo } from './go.ts';

const asked = (path: string) => {
  const plain = plainPath(path);
  return plain === null ? null : askedOfGo(plain);
};

test.each([
  ['/go/rsc.io/quote/@v/list', 'page', 'rsc.io/quote/@v/list'],
  ['/go/rsc.io/quote/@latest', 'page', 'rsc.io/quote/@latest'],
  ['/go/github.com/!burnt!sushi/toml/@v/v1.4.0.mod', 'page', 'github.com/!burnt!sushi/toml/@v/v1.4.0.mod'],
  [
    '/go/github.com/x/y/v2/@v/v2.0.0+incompatible.info',
    'page',
    'github.com/x/y/v2/@v/v2.0.0+incompatible.info',
  ],
  ['/go/github.com/x/y/@v/main.info', 'page', 'github.com/x/y/@v/main.info'],
  [
    '/go/golang.org/toolchain/@v/v0.0.1-go1.24.0.linux-amd64.zip',
    'file',
    'golang.org/toolchain/@v/v0.0.1-go1.24.0.linux-amd64.info',
  ],
  ['/go/sumdb/sum.golang.org/supported', 'page', 'sumdb/sum.golang.org/supported'],
  [
    '/go/sumdb/sum.golang.org/lookup/github.com/!burnt!sushi/toml@v1.4.0',
    'page',
    'sumdb/sum.golang.org/lookup/github.com/!burnt!sushi/toml@v1.4.0',
  ],
  ['/go/sumdb/sum.golang.org/tile/8/0/x001/234.p/5', 'page', 'sumdb/sum.golang.org/tile/8/0/x001/234.p/5'],
])('%s is a %s', (path, kind, upstream) => {
  const request = asked(path);
  expect(request?.kind).toBe(kind);
  expect(request?.kind !== 'here' && request?.page.path).toBe(upstream);
});

test.each([
  '/go/',
  '/go/rsc.io/quote',
  '/go/rsc.io/quote/@v/',
  '/go/rsc.io/quote/@v/v1.0.0.exe',
  '/go/rsc.io/../../x/@v/list',
  '/go/RSC.io/quote/@v/list',
  '/go/http:%2f%2f10.0.0.1/@v/list',
  '/go/rsc.io/quote/@v/v1%2f..%2f..%2fx.zip',
  '/go/sumdb/sum.golang.org/../x',
  '/go/sumdb/sum.golang.org/other',
  `/go/${'a/'.repeat(600)}@v/list`,
])('%s is nothing that could be asked', (path) => {
  expect(asked(path)).toBeNull();
});

test('a zip is beside its description, and its story has the name as people write it', () => {
  const request = asked('/go/github.com/!burnt!sushi/toml/@v/v1.4.0.zip');
  expect(request?.kind === 'file' && request.find(Buffer.alloc(0), null)).toEqual({
    url: './v1.4.0.zip',
    hash: 'by the client',
    label: 'github.com/BurntSushi/toml@v1.4.0',
  });
});
