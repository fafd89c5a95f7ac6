import { expect, test } from '@jest/globals';
import { mavenUpstream } from './clients.ts';
import { askedOfGradle } from './gradle.ts';
import { askedOfMaven } from './maven.ts';

const SHA = 'ab'.repeat(32);

test.each([
  ['gradle-8.14-bin.zip', '8.14'],
  ['gradle-9.0.0-rc-1-all.zip', '9.0.0-rc-1'],
])('%s is what the file beside it says', (file, version) => {
  const request = askedOfGradle(`/gradle/distributions/${file}`);
  expect(request?.kind === 'file' && request.page.path).toBe(`distributions/${file}.sha256`);
  const find = request?.kind === 'file' ? request.find : () => 'none';
  expect(find(Buffer.from(`${SHA.toUpperCase()}\n`), null)).toEqual({
    url: file,
    hash: { algorithm: 'sha256', hex: SHA },
    label: `gradle@${version}`,
  });
  expect(find(Buffer.from('<html>moved</html>'), null)).toBe('no hash');
  expect(askedOfGradle(`/gradle/distributions/${file}.sha256`)?.kind).toBe('page');
});

test.each([
  '/gradle/distributions/',
  '/gradle/distributions/gradle-8.14-src.zip',
  '/gradle/distributions/gradle-8.14-bin.zip/x',
  '/gradle/other/gradle-8.14-bin.zip',
  '/gradle/distributions/x.zip',
])('%s is nothing that could be asked', (path) => expect(askedOfGradle(path)).toBeNull());

test('plugins are asked for as Maven files are, at a place of their own', () => {
  const below =
    'com/diffplug/spotless/com.diffplug.spotless.gradle.plugin/6.25.0/com.diffplug.spotless.gradle.plugin-6.25.0.pom';
  const request = askedOfMaven(`/gradle-plugins/${below}`, 'gradle-plugins');
  expect(request?.kind === 'file' && request.page.path).toBe(`${below}.sha1`);
  expect(askedOfMaven(`/maven/${below}`, 'gradle-plugins')).toBeNull();
  expect(askedOfMaven(`/gradle-plugins/${below}`)).toBeNull();
});

const mirror = (of: string): string =>
  `<settings><mirrors><mirror><id>m</id><mirrorOf>${of}</mirrorOf><url>https://m.example/all</url></mirror></mirrors></settings>`;
test.each([
  ['', 'https://plugins.gradle.org/m2/'],
  [mirror('central'), 'https://plugins.gradle.org/m2/'],
  [mirror('*'), 'https://m.example/all/'],
  [mirror('external:*,!gradle-plugins'), 'https://plugins.gradle.org/m2/'],
  [mirror('gradle-plugins'), 'https://m.example/all/'],
])('whom Gradle asks for plugins: %s', (settings, base) => {
  expect(mavenUpstream(settings, 'gradle-plugins').base).toBe(base);
});
