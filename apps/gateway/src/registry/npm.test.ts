import { expect, test } from '@jest/globals';
import { plainPath, type AnswerTo } from './asked.ts';
import { hashOf, askedOfNpm } from './npm.ts';

const to = (userAgent: string): AnswerTo => ({ origin: 'http://127.0.0.1:8701', userAgent, accept: '*/*' });
const NPM = to('npm/11.0.0 node/v24.0.0 linux x64');
const PNPM = to('pnpm/11.0.0 npm/? node/v24.0.0 linux x64');
const asked = (path: string) => {
  const plain = plainPath(path);
  return plain === null ? null : askedOfNpm(plain, '*/*');
};

test.each([
  ['/npm/is-odd', 'page', 'is-odd', 'is-odd'],
  ['/npm/@acme%2fthing', 'page', '@acme/thing', '@acme%2fthing'],
  ['/npm/@acme/thing', 'page', '@acme/thing', '@acme%2fthing'],
  ['/npm/is-odd/latest', 'page', 'is-odd', 'is-odd'],
  ['/npm/@acme/thing/1.0.0-rc.1', 'page', '@acme/thing', '@acme%2fthing'],
  ['/npm/is-odd/-/is-odd-3.0.1.tgz', 'file', 'is-odd', 'is-odd'],
  ['/npm/@acme/thing/-/thing-1.0.0.tgz', 'file', '@acme/thing', '@acme%2fthing'],
  // As npm has it when it puts our address in the place of its registry's.
  ['/is-odd/-/is-odd-3.0.1.tgz', 'file', 'is-odd', 'is-odd'],
  ['/npm/repository/all/is-odd/-/is-odd-3.0.1.tgz', 'file', 'is-odd', 'is-odd'],
  ['/artifactory/api/npm/npm/@acme/thing/-/@acme/thing-1.0.0.tgz', 'file', '@acme/thing', '@acme%2fthing'],
])('%s is a %s of %s', (path, kind, name, upstream) => {
  const request = asked(path);
  expect(request?.kind).toBe(kind);
  expect(request?.kind !== 'here' && request?.page.name).toBe(name);
  expect(request?.kind !== 'here' && request?.page.path).toBe(upstream);
});

test.each([
  '/npm/',
  '/npm/..',
  '/npm/%2e%2e',
  '/npm/..%2f..%2fetc%2fpasswd',
  '/npm/%252e%252e',
  '/npm/a//b',
  '/npm/a%5cb',
  '/npm/a%00',
  '/npm/a%0d%0aHost:%20x',
  '/npm/%zz',
  '/npm/@acme',
  '/npm/@/x',
  '/npm/.hidden',
  '/npm/http:%2f%2f10.0.0.1%2fx',
  '/npm/is-odd/-/../../x.tgz',
  '/npm/is-odd/-/is-odd-3.0.1.exe',
  '/npm/-/v1/search',
  '/npm/-/user/org.couchdb.user:me',
  `/npm/${'a'.repeat(215)}`,
  '/is-odd',
])('%s is nothing that could be asked', (path) => {
  expect(asked(path)).toBeNull();
});

const SHA512 = Buffer.alloc(64, 7);
const packument = (
  tarball: string,
  dist: object = { integrity: `sha512-${SHA512.toString('base64')}` },
): Buffer =>
  Buffer.from(
    JSON.stringify({
      name: 'is-odd',
      'dist-tags': { latest: '3.0.1' },
      versions: { '3.0.1': { version: '3.0.1', dist: { tarball, ...dist } } },
    }),
  );

test.each([
  [
    'npm writes it into lock files',
    NPM,
    'https://registry.npmjs.org/is-odd/-/is-odd-3.0.1.tgz',
    'https://registry.npmjs.org/is-odd/-/is-odd-3.0.1.tgz',
  ],
  [
    'so does Yarn 1',
    to('yarn/1.22.22 npm/? node/v24'),
    'https://r.example/npm/is-odd/-/is-odd-3.0.1.tgz',
    'https://r.example/npm/is-odd/-/is-odd-3.0.1.tgz',
  ],
  [
    'without what is secret in it',
    NPM,
    'https://me:secret@r.example/is-odd/-/is-odd-3.0.1.tgz?token=s',
    'https://r.example/is-odd/-/is-odd-3.0.1.tgz',
  ],
  [
    'an address that npm could not turn to us',
    NPM,
    'https://cdn.example/9f/blob',
    'http://127.0.0.1:8701/npm/is-odd/-/is-odd-3.0.1.tgz',
  ],
  [
    'pnpm takes it as it is',
    PNPM,
    'https://registry.npmjs.org/is-odd/-/is-odd-3.0.1.tgz',
    'http://127.0.0.1:8701/npm/is-odd/-/is-odd-3.0.1.tgz',
  ],
])('where a tarball is: %s', (_, client, there, here) => {
  const page = asked('/npm/is-odd');
  const answer = page?.kind === 'page' ? page.answer(packument(there), client)! : null;
  expect(JSON.parse(String(answer!.body)).versions['3.0.1'].dist.tarball).toBe(here);
});

test('a version and a tag are one manifest, what is not there is nothing', () => {
  const of = (path: string): string => {
    const request = asked(path);
    return String(
      request?.kind === 'page'
        ? request.answer(packument('https://r.example/is-odd/-/is-odd-3.0.1.tgz'), NPM)?.body
        : 'no page',
    );
  };
  expect(JSON.parse(of('/npm/is-odd/latest'))).toMatchObject({ version: '3.0.1' });
  expect(JSON.parse(of('/npm/is-odd/3.0.1'))).toMatchObject({ version: '3.0.1' });
  for (const none of ['/npm/is-odd/4.0.0', '/npm/is-odd/constructor', '/npm/is-odd/__proto__'])
    expect(of(none)).toBe('undefined');
});

test.each([
  [
    'its own name',
    'https://r.example/is-odd/-/is-odd-3.0.1.tgz',
    {},
    { label: 'is-odd@3.0.1', hash: { algorithm: 'sha512', hex: SHA512.toString('hex') } },
  ],
  ['a blob under another name', 'https://r.example/9f/blob', {}, { url: 'https://r.example/9f/blob' }],
])('the file is found by %s', (_, there, dist, found) => {
  const request = asked('/npm/is-odd/-/is-odd-3.0.1.tgz');
  expect(
    request?.kind === 'file' &&
      request.find(packument(there, { integrity: `sha512-${SHA512.toString('base64')}`, ...dist }), null),
  ).toMatchObject(found);
});
test('no file, and one that nobody could check', () => {
  const request = asked('/npm/is-odd/-/is-odd-9.9.9.tgz');
  expect(
    request?.kind === 'file' && request.find(packument('https://r.example/is-odd/-/is-odd-3.0.1.tgz'), null),
  ).toBe('no file');
  const b = asked('/npm/is-odd/-/is-odd-3.0.1.tgz');
  expect(
    b?.kind === 'file' && b.find(packument('https://r.example/is-odd/-/is-odd-3.0.1.tgz', {}), null),
  ).toBe('no hash');
});

test.each([
  [
    'the strongest',
    `sha1-${Buffer.alloc(20).toString('base64')} sha512-${SHA512.toString('base64')}`,
    undefined,
    'sha512',
  ],
  ['with options', `sha512-${SHA512.toString('base64')}?x=y`, undefined, 'sha512'],
  ['an old one', undefined, 'a'.repeat(40), 'sha1'],
  ['one that is cut is none', `sha512-${SHA512.subarray(1).toString('base64')}`, undefined, undefined],
  ['an algorithm that nobody knows', 'md5-AAAA', 'zz', undefined],
])('a hash: %s', (_, integrity, shasum, algorithm) => {
  expect(hashOf(integrity, shasum)?.algorithm).toBe(algorithm);
});
