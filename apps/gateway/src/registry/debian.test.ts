import { expect, test } from '@jest/globals';
import { plainPath } from './asked.ts';
import { askedOfDebian, debianAddress } from './debian.ts';

const asked = (path: string) => {
  const plain = plainPath(path);
  return plain === null ? null : askedOfDebian('debian', plain);
};

test.each([
  '/debian/dists/bookworm/InRelease',
  '/debian/dists/bookworm-updates/Release.gpg',
  '/debian/dists/bookworm/main/binary-amd64/Packages.xz',
  '/debian/dists/bookworm/main/i18n/Translation-en.xz',
  `/debian/dists/bookworm/main/binary-amd64/by-hash/SHA256/${'a'.repeat(64)}`,
])('%s is a list', (path) => {
  const request = asked(path);
  expect(request?.kind === 'page' && request.page.path).toBe(path.slice('/debian/'.length));
});

test.each([
  ['pool/main/j/jq/jq_1.6-2.1_amd64.deb', 'jq@1.6-2.1'],
  ['pool/main/libp/libpq/libpq-dev_15.8-0+deb12u1_amd64.deb', 'libpq-dev@15.8-0+deb12u1'],
  ['pool/non-free-firmware/g/g++-12/g++-12_12.2.0~rc1-14_amd64.deb', 'g++-12@12.2.0~rc1-14'],
  ['pool/updates/main/o/openssl/openssl_3.0.15-1~deb12u1_arm64.deb', 'openssl@3.0.15-1~deb12u1'],
])('%s is a package', (path, label) => {
  const request = asked(`/debian/${path}`);
  expect(request?.kind === 'known' && request.found).toEqual({
    url: path,
    hash: 'by the client',
    label,
  });
});

test.each([
  '/debian/',
  '/debian/dists/',
  '/debian/dists/bookworm/../../x/InRelease',
  '/debian/dists/bookworm/main/binary-amd64/by-hash/MD5Sum/abc',
  '/debian/dists/bookworm/main/installer-amd64/current/images/x',
  '/debian/pool/main/j/jq/',
  '/debian/pool/main/j/jq/jq_1.6.orig.tar.gz',
  '/debian/pool/main/j/jq/../../../../etc_1_amd64.deb',
  '/debian/pool/main/j/jq/jq.deb',
  '/debian-security/dists/bookworm-security/InRelease',
  '/other/dists/bookworm/InRelease',
])('%s is nothing that could be asked of the archive', (path) => expect(asked(path)).toBeNull());

test('the security archive has a place of its own', () => {
  const path = '/debian-security/dists/bookworm-security/InRelease';
  expect(askedOfDebian('debian-security', path)?.kind).toBe('page');
});

const NEW = `Types: deb
# http://snapshot.debian.org/archive/debian/20250520T000000Z
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: https://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;
test.each([
  ['nothing', [], 'http://deb.debian.org/debian/', 'http://deb.debian.org/debian-security/'],
  ['the new style', [NEW], 'https://mirror.example/debian', 'https://mirror.example/debian-security'],
  [
    'the old style',
    [
      '# deb http://off.example x main\ndeb-src http://src.example bookworm main\ndeb [arch=amd64 signed-by=/k] http://a.example/d bookworm main\ndeb http://a.example/s bookworm-security main\n',
    ],
    'http://a.example/d',
    'http://a.example/s',
  ],
  [
    'what is switched off, and what is no address of the web',
    [
      'Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: bookworm\n',
      'deb cdrom:[Debian] bookworm main\ndeb file:/srv bookworm main\n',
    ],
    'http://deb.debian.org/debian/',
    'http://deb.debian.org/debian-security/',
  ],
])('whom apt asks: %s', (_, files, archive, security) => {
  expect([debianAddress('debian', files), debianAddress('debian-security', files)]).toEqual([
    archive,
    security,
  ]);
});
