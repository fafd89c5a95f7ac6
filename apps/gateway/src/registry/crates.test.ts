import { expect, test } from '@jest/globals';
import { plainPath } from './asked.ts';
import { askedOfCrates } from './crates.ts';

const asked = (path: string) => {
  const plain = plainPath(path);
  return plain === null ? null : askedOfCrates(plain);
};

test.each([
  ['/crates/1/a', 'page', '1/a'],
  ['/crates/2/cc', 'page', '2/cc'],
  ['/crates/3/s/syn', 'page', '3/s/syn'],
  ['/crates/se/rd/serde', 'page', 'se/rd/serde'],
  ['/crates/dl/ib/dlib', 'page', 'dl/ib/dlib'],
  ['/crate-files/Inflector/0.11.4.crate', 'file', 'in/fl/inflector'],
])('%s is a %s', (path, kind, upstream) => {
  const request = asked(path);
  expect(request?.kind).toBe(kind);
  expect(request?.kind !== 'here' && request?.page.path).toBe(upstream);
});

test.each([
  '/crates/',
  '/crates/se/rd/other',
  '/crates/se/rd/../serde',
  '/crates/3/x/http:%2f%2f10.0.0.1',
  '/crates/api/v1/crates/new',
  '/crate-files/serde/1.0.0',
  '/crate-files/serde/..%2fx.crate',
  '/crate-files/a%2fb/1.0.0.crate',
])('%s is nothing that could be asked', (path) => {
  expect(asked(path)).toBeNull();
});

const SHA = 'ab'.repeat(32);
const INDEX = Buffer.from(
  `{"name":"Serde","vers":"1.0.0","cksum":"${SHA}"}\n{"name":"Serde","vers":"1.0.1","cksum":"short"}\n`,
);
test.each([
  ['no marks', 'https://static.example/crates', 'https://static.example/crates/Serde/1.0.0/download'],
  [
    'marks',
    'https://s.example/{prefix}/{lowerprefix}/{crate}/{version}/{sha256-checksum}',
    `https://s.example/Se/rd/se/rd/Serde/1.0.0/${SHA}`,
  ],
])('a file is where its registry says, with %s', (_, dl, url) => {
  const request = asked('/crate-files/Serde/1.0.0.crate');
  const found = request?.kind === 'file' ? request.find(INDEX, Buffer.from(JSON.stringify({ dl }))) : null;
  expect(found).toEqual({ url, hash: { algorithm: 'sha256', hex: SHA }, label: 'Serde@1.0.0' });
});
test('a version that is not there, and one that nobody could check', () => {
  for (const [version, said] of [
    ['2.0.0', 'no file'],
    ['1.0.1', 'no hash'],
  ] as const) {
    const request = asked(`/crate-files/Serde/${version}.crate`);
    expect(request?.kind === 'file' && request.find(INDEX, Buffer.from('{"dl":"https://s.example"}'))).toBe(
      said,
    );
  }
});
