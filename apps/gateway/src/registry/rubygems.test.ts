import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { plainPath } from './asked.ts';
import { rubyGemsUpstream } from './clients.ts';
import { askedOfRubyGems, partsOf } from './rubygems.ts';

const asked = (path: string) => {
  const plain = plainPath(path);
  return plain === null ? null : askedOfRubyGems(plain);
};

test.each([
  ['/rubygems/versions', 'page', 'versions'],
  ['/rubygems/names', 'page', 'names'],
  ['/rubygems/info/rake', 'page', 'info/rake'],
  ['/rubygems/quick/Marshal.4.8/rake-13.1.0.gemspec.rz', 'page', 'quick/Marshal.4.8/rake-13.1.0.gemspec.rz'],
  ['/rubygems/gems/rake-13.1.0.gem', 'file', 'info/rake'],
  ['/rubygems/gems/nokogiri-1.16.0-x86_64-linux.gem', 'file', 'info/nokogiri'],
])('%s is a %s', (path, kind, upstream) => {
  const request = asked(path);
  expect([request?.kind, request?.kind !== 'here' && request?.page.path]).toEqual([kind, upstream]);
});

test.each([
  '/rubygems/',
  '/rubygems/info/',
  '/rubygems/info/a/b',
  '/rubygems/info/..%2f..%2fsecret',
  '/rubygems/info/http:%2f%2f10.0.0.1',
  '/rubygems/gems/rake.gem',
  '/rubygems/gems/-1.0.gem',
  '/rubygems/api/v1/gems',
  '/rubygems/quick/Marshal.4.8/..%2fx.gemspec.rz',
  '/rubygems/specs.4.9.gz',
])('%s is nothing that could be asked', (path) => expect(asked(path)).toBeNull());

test.each([
  ['rake-13.1.0', 'rake', '13.1.0'],
  ['nokogiri-1.16.0-x86_64-linux', 'nokogiri', '1.16.0-x86_64-linux'],
  ['nokogiri-1.16.0.rc1-java', 'nokogiri', '1.16.0.rc1-java'],
  ['sorbet-static-0.5.11-universal-darwin-21', 'sorbet-static', '0.5.11-universal-darwin-21'],
  ['foo-2-1.0.0', 'foo-2', '1.0.0'],
  ['odd-1', 'odd', '1'],
  ['net-http-0.4.1', 'net-http', '0.4.1'],
])('%s is %s in %s', (full, name, version) => expect(partsOf(full)).toEqual({ name, version }));

const SHA = 'ab'.repeat(32);
const INFO = Buffer.from(
  `---\n1.0.0 |checksum:${SHA},ruby:>= 2.7\n1.1.0 dep:>= 1.0&< 3,other:~> 2|ruby:>= 2.7,checksum:${SHA}\n1.1.0-java |checksum:${SHA}\n1.2.0 |ruby:>= 3\n1.2.1 |checksum:short\n`,
);
test.each([
  [
    '1.0.0',
    { url: '../gems/thing-1.0.0.gem', hash: { algorithm: 'sha256', hex: SHA }, label: 'thing@1.0.0' },
  ],
  [
    '1.1.0',
    { url: '../gems/thing-1.1.0.gem', hash: { algorithm: 'sha256', hex: SHA }, label: 'thing@1.1.0' },
  ],
  [
    '1.1.0-java',
    {
      url: '../gems/thing-1.1.0-java.gem',
      hash: { algorithm: 'sha256', hex: SHA },
      label: 'thing@1.1.0-java',
    },
  ],
  ['1.2.0', 'no hash'],
  ['1.2.1', 'no hash'],
  ['2.0.0', 'no file'],
])('a file is what its line of the index says: %s', (version, found) => {
  const request = asked(`/rubygems/gems/thing-${version}.gem`);
  expect(request?.kind === 'file' && request.find(INFO, null)).toEqual(found);
});

test('where Bundler falls back to the index of old, the list is asked for: why that can not be had is what it says last', () => {
  const request = asked('/rubygems/specs.4.8.gz');
  expect(request).toMatchObject({ kind: 'page', page: { path: 'versions' } });
  // The list is there, so the old one is not wanted.
  const options = { origin: '', userAgent: '', accept: '' };
  expect(request?.kind === 'page' ? request.answer(INFO, options) : 'another').toBeNull();
});

test('the mark of a list is what older Bundlers check it by', () => {
  const request = asked('/rubygems/info/thing');
  const answer =
    request?.kind === 'page' ? request.answer(INFO, { origin: '', userAgent: '', accept: '' }) : null;
  expect(answer).toEqual({
    type: 'text/plain; charset=utf-8',
    body: INFO,
    etag: createHash('md5').update(INFO).digest('hex'),
  });
});

const PUBLIC = 'https://rubygems.org/';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
test.each<[string, string, string, [string, string | null]]>([
  ['nothing set', '', '', [PUBLIC, null]],
  [
    'a mirror',
    '---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "https://gems.example"\n',
    '',
    ['https://gems.example/', null],
  ],
  [
    'a mirror that asks who it is',
    'BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: https://my-gems.example.com/r/\nBUNDLE_MY___GEMS__EXAMPLE__COM: me:secret\n',
    '',
    ['https://my-gems.example.com/r/', basic('me:secret')],
  ],
  [
    'a mirror of everything',
    'BUNDLE_MIRROR__ALL: "http://u:p@10.0.0.1:9292"',
    '',
    ['http://10.0.0.1:9292/', basic('u:p')],
  ],
  [
    'sources of RubyGems',
    '',
    '---\n:backtrace: false\n:sources:\n- https://gems.example/private\n- https://rubygems.org\n',
    ['https://gems.example/private/', null],
  ],
  ['what is no address', 'BUNDLE_MIRROR__ALL: "file:///etc"', '', [PUBLIC, null]],
  [
    'settings of something else',
    'BUNDLE_PATH: "vendor/bundle"\nBUNDLE_RUBYGEMS__PKG__COM: "a:b"',
    '',
    [PUBLIC, null],
  ],
])('whom Bundler asks: %s', (_, bundle, gemrc, [base, authorization]) => {
  expect(rubyGemsUpstream(bundle, gemrc)).toEqual({ base, authorization });
});
