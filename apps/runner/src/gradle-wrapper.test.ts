// Gradle's own distribution, put where a repository's wrapper looks before it asks the internet.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { placeGradle, readWrapper } from './gradle-wrapper.ts';

const ZIP = Buffer.from('as good as a zip');
const SHA = createHash('sha256').update(ZIP).digest('hex');
const properties = (more = ''): string =>
  `distributionBase=GRADLE_USER_HOME\ndistributionPath=wrapper/dists\ndistributionUrl=https\\://services.gradle.org/distributions/gradle-8.14-bin.zip\n${more}zipStoreBase=GRADLE_USER_HOME\n`;

let origin: string;
let server: http.Server;
let asked: string[] = [];
const home = mkdtempSync('/tmp/mainloop-gradle-');
beforeAll(async () => {
  server = http.createServer((req, res) => {
    asked.push(req.url ?? '');
    if (req.url?.includes('8.14') === true) return void res.end(ZIP);
    res.writeHead(424, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ error: 'mainloop: services.gradle.org did not answer within 8 seconds.' }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

/** Names that Gradle's own wrapper gave, as they stand on people's machines. */
test.each([
  ['8.5-bin', '5t9huq95ubn472n8rpzujfbqh'],
  ['4.7-all', '4cret0dgl5o3b21weaoncl7ys'],
  ['3.3-all', '55gk2rcmfc6p2dg9u9ohc3hw9'],
])('the folder of gradle-%s is named as the wrapper names it', (version, hash) => {
  const text = properties(`distributionSha256Sum=${SHA.toUpperCase()}\n`).replace('8.14-bin', version);
  expect(readWrapper(text)).toEqual({
    path: `distributions/gradle-${version}.zip`,
    folder: `wrapper/dists/gradle-${version}/${hash}`,
    file: `gradle-${version}.zip`,
    sha256: SHA,
  });
});

test.each([
  'distributionUrl=https\\://example.com/gradle-8.14-bin.zip',
  'distributionUrl=https\\://services.gradle.org/../x/gradle-8.14-bin.zip',
  'distributionUrl=https\\://services.gradle.org/distributions/../../gradle-8.zip',
  'distributionUrl=../gradle-8.14-bin.zip',
  '# distributionUrl=https\\://services.gradle.org/distributions/gradle-8.14-bin.zip',
  '',
])('%j names none of Gradle itself', (text) => expect(readWrapper(text)).toBeNull());

const repository = (text: string): string => {
  const work = mkdtempSync(path.join(home, 'work-'));
  mkdirSync(path.join(work, 'gradle/wrapper'), { recursive: true });
  writeFileSync(path.join(work, 'gradle/wrapper/gradle-wrapper.properties'), text);
  return work;
};
const placed = (at: string): string =>
  path.join(at, '.gradle', readWrapper(properties())!.folder, 'gradle-8.14-bin.zip');

test('it is put there once, when it hashes to what the repository says', async () => {
  const at = mkdtempSync(path.join(home, 'home-'));
  const work = repository(properties(`distributionSha256Sum=${SHA}\n`));
  asked = [];
  expect(await placeGradle(work, at, origin)).toBe('');
  expect(readFileSync(placed(at))).toEqual(ZIP);
  expect(await placeGradle(work, at, origin)).toBe('');
  expect(asked).toEqual(['/gradle/distributions/gradle-8.14-bin.zip']);
});

test('another hash, and a site that is away: one sentence, and nothing is left', async () => {
  const at = mkdtempSync(path.join(home, 'home-'));
  const wrong = repository(properties(`distributionSha256Sum=${'0'.repeat(64)}\n`));
  expect(await placeGradle(wrong, at, origin)).toMatch(
    /^gradle-8\.14-bin\.zip is not what .* It was not used\.$/,
  );
  expect(existsSync(placed(at))).toBe(false);
  const away = repository(properties().replace('8.14', '9.9'));
  expect(await placeGradle(away, at, origin)).toBe(
    "Gradle's wrapper gets no Gradle: mainloop: services.gradle.org did not answer within 8 seconds.",
  );
  expect(await placeGradle(mkdtempSync(path.join(home, 'work-')), at, origin)).toBe('');
  expect(await placeGradle(wrong, at, '')).toBe('');
});
