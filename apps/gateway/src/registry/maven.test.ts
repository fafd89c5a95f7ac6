import { expect, test } from '@jest/globals';
import { plainPath } from './asked.ts';
import { mavenUpstream } from './clients.ts';
import { askedOfMaven } from './maven.ts';

const asked = (path: string) => {
  const plain = plainPath(path);
  return plain === null ? null : askedOfMaven(plain);
};

test.each([
  ['/maven/junit/junit/4.13.2/junit-4.13.2.jar', 'file', 'junit/junit/4.13.2/junit-4.13.2.jar.sha1'],
  [
    '/maven/org/apache/maven/maven/3.9.6/maven-3.9.6.pom',
    'file',
    'org/apache/maven/maven/3.9.6/maven-3.9.6.pom.sha1',
  ],
  ['/maven/junit/junit/4.13.2/junit-4.13.2.jar.sha1', 'page', 'junit/junit/4.13.2/junit-4.13.2.jar.sha1'],
  ['/maven/junit/junit/4.13.2/junit-4.13.2.pom.md5', 'page', 'junit/junit/4.13.2/junit-4.13.2.pom.md5'],
  ['/maven/junit/junit/maven-metadata.xml', 'page', 'junit/junit/maven-metadata.xml'],
  ['/maven/junit/junit/maven-metadata.xml.sha1', 'page', 'junit/junit/maven-metadata.xml.sha1'],
  ['/maven/com/a/b/1.0+b2/b-1.0+b2-linux_x86.jar', 'file', 'com/a/b/1.0+b2/b-1.0+b2-linux_x86.jar.sha1'],
])('%s is a %s', (path, kind, upstream) => {
  const request = asked(path);
  expect([request?.kind, request?.kind !== 'here' && request?.page.path]).toEqual([kind, upstream]);
});

test.each([
  '/maven/',
  '/maven/junit',
  '/maven/junit/junit.jar',
  '/maven/junit/junit/4.13.2/',
  '/maven/../secret/a/b/c.jar',
  '/maven/a/b/..%2f..%2fc/d.jar',
  '/maven/a/b/http:%2f%2f10.0.0.1/c.jar',
  '/maven/a/b/1/.hidden',
  '/maven//a/b/1/c.jar',
])('%s is nothing that could be asked', (path) => {
  expect(asked(path)).toBeNull();
});

test('a file is what the hash beside it says, whatever stands behind that; without one nobody could check it', () => {
  const request = asked('/maven/org/x/y/1.0/y-1.0.jar');
  const pom = asked('/maven/org/x/y/1.0/y-1.0.pom');
  const hex = 'AB'.repeat(20);
  const found = { url: './y-1.0.jar', hash: { algorithm: 'sha1', hex: hex.toLowerCase() } };
  for (const said of [hex, `${hex}  y-1.0.jar\n`, `${hex}\n`])
    expect(request?.kind === 'file' && request.find(Buffer.from(said), null)).toEqual({
      ...found,
      label: 'org.x:y@1.0',
    });
  expect(pom?.kind === 'file' && pom.find(Buffer.from(hex), null)).toMatchObject({ label: null });
  for (const said of ['', '<html>', hex.slice(2), `${hex}0`])
    expect(request?.kind === 'file' && request.find(Buffer.from(said), null)).toBe('no hash');
});

const CENTRAL = 'https://repo.maven.apache.org/maven2/';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
test.each<[string, string, [string, string | null]]>([
  ['nothing set', '', [CENTRAL, null]],
  [
    'a mirror of everything',
    '<mirror><id>m</id><mirrorOf>*</mirrorOf><url>https://m.example/maven</url></mirror>',
    ['https://m.example/maven/', null],
  ],
  [
    'a mirror of central, with its sign-in',
    '<servers><server><id>m</id><username>me</username><password>p&amp;w</password></server></servers><mirrors><mirror><id>m</id><url>http://10.0.0.1:8081/m/</url><mirrorOf>central</mirrorOf></mirror></mirrors>',
    ['http://10.0.0.1:8081/m/', basic('me:p&w')],
  ],
  [
    'one of something else',
    '<mirror><id>m</id><mirrorOf>jboss</mirrorOf><url>https://m.example/</url></mirror>',
    [CENTRAL, null],
  ],
  [
    'all but something',
    '<mirror><mirrorOf>*,!own</mirrorOf><url>https://m.example/</url></mirror>',
    ['https://m.example/', null],
  ],
  [
    'all but central',
    '<mirror><mirrorOf>*,!central</mirrorOf><url>https://m.example/</url></mirror>',
    [CENTRAL, null],
  ],
  [
    'one that is commented out',
    '<!-- <mirror><mirrorOf>*</mirrorOf><url>https://m.example/</url></mirror> -->',
    [CENTRAL, null],
  ],
  [
    'a password that Maven keeps to itself',
    '<server><id>m</id><username>me</username><password>{abc=}</password></server><mirror><id>m</id><mirrorOf>*</mirrorOf><url>https://m.example/</url></mirror>',
    ['https://m.example/', null],
  ],
  ['no address of the web', '<mirror><mirrorOf>*</mirrorOf><url>file:///etc</url></mirror>', [CENTRAL, null]],
])('whom Maven asks: %s', (_, settings, [base, authorization]) => {
  expect(mavenUpstream(`<settings>${settings}</settings>`)).toEqual({ base, authorization });
});
