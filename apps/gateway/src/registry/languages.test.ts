// The package proxy for other languages than npm's: the real gateway before registries of the test's own.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, type TestGateway } from '@mainloop/testkit/gateway';
import { startRegistry, type TestRegistry } from '@mainloop/testkit/package-registry';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { createHash } from 'node:crypto';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { homeSettings } from '@mainloop/models/flow/runs/packages';
import { relayPackages } from '@mainloop/network/package-relay';

let database: TestDatabase;
let gateway: TestGateway;
let token: string;
let index: TestRegistry;
let modules: TestRegistry;
let crates: TestRegistry;
let maven: TestRegistry;
let gems: TestRegistry;
const root = mkdtempSync('/tmp/mainloop-packages-');

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  token = (await seedRun(database.db, await seedTask(database.db, 'aaaa'))).token;
  index = await startIndex();
  modules = await startRegistry((asked, res) => {
    if (asked === '/go/rsc.io/quote/@v/v1.0.0.info') return void res.end('{"Version":"v1.0.0"}');
    if (asked === '/go/rsc.io/quote/@v/v1.0.0.zip') return void res.end('a zip');
    res.writeHead(410).end('gone');
  });
  crates = await startRegistry((asked, res, _, url) => {
    const line = (vers: string, cksum: string): string =>
      `${JSON.stringify({ name: 'itoa', vers, cksum })}\n`;
    if (asked === '/index/config.json') return void res.end(JSON.stringify({ dl: `${url}/dl` }));
    if (asked === '/index/it/oa/itoa')
      return void res.end(line('1.0.0', sha256('a crate')) + line('1.0.1', sha256('another')));
    if (asked.startsWith('/dl/itoa/')) return void res.end('a crate');
    res.writeHead(404).end();
  });
  maven = await startRegistry((asked, res) => {
    const at = '/central/org/x/y/1.0/';
    if (asked === `${at}y-1.0.jar`) return void res.end('a jar');
    if (asked === `${at}y-1.0.jar.sha1`)
      return void res.end(`${createHash('sha1').update('a jar').digest('hex')}  y-1.0.jar`);
    if (asked === `${at}y-1.0.pom`) return void res.end('changed');
    if (asked === `${at}y-1.0.pom.sha1`) return void res.end('ab'.repeat(20));
    res.writeHead(404).end();
  });
  mkdirSync(path.join(root, '.m2'));
  writeFileSync(
    path.join(root, '.m2/settings.xml'),
    `<settings><servers><server><id>m</id><username>me</username><password>secret-of-maven</password></server></servers>
     <mirrors><mirror><id>m</id><mirrorOf>central</mirrorOf><url>${maven.url}/central</url></mirror></mirrors></settings>`,
  );
  writeFileSync(
    path.join(root, 'config.toml'),
    `[source.crates-io]\nreplace-with = "c"\n[source.c]\nregistry = "sparse+${crates.url}/index/"\n`,
  );
  gems = await startGems();
  mkdirSync(path.join(root, '.bundle'));
  writeFileSync(
    path.join(root, '.bundle/config'),
    `---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "${gems.url.replace('//', '//me:secret-of-ruby@')}/r"\n`,
  );
  gateway = await startGateway(database.url, 'http://127.0.0.1:9', {
    PIP_INDEX_URL: `${index.url.replace('//', '//me:secret-of-pip@')}/simple/`,
    GOPROXY: `${modules.url}/go,direct`,
    CARGO_HOME: root,
    HOME: root,
  });
});
afterAll(async () => {
  await gateway?.kill('SIGKILL');
  await Promise.all([index, modules, crates, maven, gems].map((r) => r?.close()));
  await database?.drop();
  rmSync(root, { recursive: true, force: true });
});

const get = async (at: string): Promise<{ status: number; body: string }> => {
  const response = await fetch(`${gateway.url}/registry${at}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: await response.text() };
};

const WHEEL = Buffer.from('a wheel');
/** An index of Python's with a wheel, one that was changed, and one that nobody knows the hash of. */
function startIndex(): Promise<TestRegistry> {
  return startRegistry((asked, res) => {
    if (asked === '/files/good-1.0-py3-none-any.whl') return void res.end(WHEEL);
    if (asked.startsWith('/files/')) return void res.end('changed');
    if (asked !== '/simple/thing/') return void res.writeHead(404).end();
    const link = (file: string, hash: string): string => `<a href="/files/${file}${hash}">${file}</a>`;
    const links = [
      link('good-1.0-py3-none-any.whl', `#sha256=${sha256(WHEEL)}`),
      link('bad-1.0.tar.gz', `#sha256=${'ab'.repeat(32)}`),
      link('none-1.0.tar.gz', ''),
    ];
    res.writeHead(200, { 'content-type': 'text/html' }).end(links.join(''));
  });
}

test.each([
  ['good-1.0-py3-none-any.whl', 200, 'a wheel'],
  [
    'bad-1.0.tar.gz',
    424,
    'mainloop: bad-1.0.tar.gz is not what its registry says it is (sha256), so it is not handed out.',
  ],
  [
    'none-1.0.tar.gz',
    424,
    "mainloop: Python's index names no hash for none-1.0.tar.gz, so nobody could tell whether it is that.",
  ],
  ['missing-1.0.tar.gz', 404, "mainloop: Python's index knows no file missing-1.0.tar.gz of thing."],
])("a file of Python's: %s", async (file, status, said) => {
  const answer = await get(`/pypi/files/thing/${file}`);
  expect({
    status: answer.status,
    said: answer.status === 200 ? answer.body : (JSON.parse(answer.body) as { error: string }).error,
  }).toEqual({ status, said });
  const page = await get('/pypi/simple/Thing/');
  expect(page.body).toContain(`/pypi/files/thing/good-1.0-py3-none-any.whl#sha256=`);
  expect(page.body + answer.body).not.toContain('secret-of-pip');
  expect(
    index.asked.every((a) => a.path.startsWith('/files/') || a.authorization?.startsWith('Basic ')),
  ).toBe(true);
});

test("Go's modules come from its proxy, a zip is asked for once, and a module that is gone is told as such", async () => {
  for (const _ of [1, 2])
    expect(await get('/go/rsc.io/quote/@v/v1.0.0.zip')).toEqual({ status: 200, body: 'a zip' });
  expect(modules.asked.filter((a) => a.path.endsWith('.zip'))).toHaveLength(1);
  expect(await get('/go/rsc.io/other/@v/list')).toEqual({
    status: 404,
    body: `mainloop: ${new URL(modules.url).host} knows no rsc.io/other.\n`,
  });
});

test('crates come from where their index says, and one that was changed is refused by name', async () => {
  expect(JSON.parse((await get('/crates/config.json')).body)).toEqual({
    dl: 'http://127.0.0.1:' + gateway.port + '/crate-files/{crate}/{version}.crate',
  });
  expect((await get('/crates/it/oa/itoa')).body).toContain('"vers":"1.0.0"');
  expect(await get('/crate-files/itoa/1.0.0.crate')).toEqual({ status: 200, body: 'a crate' });
  expect(await get('/crate-files/itoa/1.0.1.crate')).toEqual({
    status: 424,
    body: JSON.stringify({
      error:
        'mainloop: itoa-1.0.1.crate is not what its registry says it is (sha256), so it is not handed out.',
    }),
  });
});

test("Maven's files come from the mirror that the operator's Maven has, each when it is what stands beside it", async () => {
  expect(await get('/maven/org/x/y/1.0/y-1.0.jar')).toEqual({ status: 200, body: 'a jar' });
  expect(await get('/maven/org/x/y/1.0/y-1.0.pom')).toEqual({
    status: 424,
    body: JSON.stringify({
      error: 'mainloop: y-1.0.pom is not what its registry says it is (sha1), so it is not handed out.',
    }),
  });
  const missing = await get('/maven/org/x/z/1.0/z-1.0.jar');
  expect(missing).toEqual({
    status: 404,
    body: JSON.stringify({ error: `mainloop: ${new URL(maven.url).host} knows no org.x:z.` }),
  });
  expect(
    maven.asked.every(
      (a) => a.authorization === `Basic ${Buffer.from('me:secret-of-maven').toString('base64')}`,
    ),
  ).toBe(true);
});

/** Bundler and RubyGems, where this machine has them. */
const hasRuby = ['/usr/bin/bundle', '/usr/bin/gem'].every((f) => existsSync(f));
const withRuby = hasRuby ? test : test.skip;
const RUBY_ENV = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: path.join(root, 'ruby') };

/** A real gem where gems can be built; else something in its place. */
function gemOf(name: string): Buffer {
  const at = path.join(root, `build-${name}`);
  mkdirSync(path.join(at, 'lib'), { recursive: true });
  mkdirSync(RUBY_ENV.HOME, { recursive: true });
  writeFileSync(path.join(at, `lib/${name}.rb`), `module Thing; NAME = '${name}'; end\n`);
  const spec = `Gem::Specification.new { |s| s.name = '${name}'; s.version = '1.0.0'; s.summary = 'x'; s.authors = ['x']; s.files = ['lib/${name}.rb'] }`;
  writeFileSync(path.join(at, 'x.gemspec'), spec);
  if (!hasRuby) return Buffer.from('a gem');
  execFileSync('/usr/bin/gem', ['build', 'x.gemspec'], { cwd: at, env: RUBY_ENV, stdio: 'pipe' });
  return readFileSync(path.join(at, `${name}-1.0.0.gem`));
}

/** A registry of RubyGems with a gem, and one whose file was changed. */
function startGems(): Promise<TestRegistry> {
  const [thing, changed] = [gemOf('thing'), gemOf('changed')];
  const info = (sha: string): string => `---\n1.0.0 |checksum:${sha}\n`;
  const infos: Record<string, string> = { thing: info(sha256(thing)), changed: info(sha256('what it was')) };
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const list = Object.entries(infos).map(([name, text]) => `${name} 1.0.0 ${md5(text)}\n`);
  const pages: Record<string, string | Buffer> = {
    '/r/versions': `created_at: 2026-01-01T00:00:00Z\n---\n${list.join('')}`,
    '/r/names': '---\nchanged\nthing\n',
    '/r/gems/thing-1.0.0.gem': thing,
    '/r/gems/changed-1.0.0.gem': changed,
    ...Object.fromEntries(Object.entries(infos).map(([name, text]) => [`/r/info/${name}`, text])),
  };
  return startRegistry((asked, res) => {
    if (Object.hasOwn(pages, asked)) return void res.end(pages[asked]);
    res.writeHead(404).end();
  });
}

test("a gem is what its line of RubyGems' index says, and the operator's sign-in stays here", async () => {
  expect((await get('/rubygems/info/thing')).body).toContain('checksum:');
  expect((await get('/rubygems/gems/thing-1.0.0.gem')).status).toBe(200);
  expect(await get('/rubygems/gems/changed-1.0.0.gem')).toEqual({
    status: 424,
    body: JSON.stringify({
      error:
        'mainloop: changed-1.0.0.gem is not what its registry says it is (sha256), so it is not handed out.',
    }),
  });
  expect((await get('/rubygems/gems/thing-2.0.0.gem')).status).toBe(404);
  expect(
    gems.asked.every(
      (a) => a.authorization === `Basic ${Buffer.from('me:secret-of-ruby').toString('base64')}`,
    ),
  ).toBe(true);
});

withRuby('the real Bundler installs through it by its lock file, which stays what it is', async () => {
  const work = path.join(root, 'bundled');
  mkdirSync(work);
  const { port, close } = await relayPackages({
    gateway: { host: '127.0.0.1', port: gateway.port },
    token,
    port: 0,
  });
  const origin = `http://127.0.0.1:${port}`;
  for (const [name, text] of Object.entries(homeSettings(origin))) {
    mkdirSync(path.dirname(path.join(RUBY_ENV.HOME, name)), { recursive: true });
    writeFileSync(path.join(RUBY_ENV.HOME, name), text);
  }
  const lock = `GEM\n  remote: https://rubygems.org/\n  specs:\n    thing (1.0.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  thing\n\nBUNDLED WITH\n   2.3.15\n`;
  writeFileSync(path.join(work, 'Gemfile'), "source 'https://rubygems.org'\ngem 'thing'\n");
  writeFileSync(path.join(work, 'Gemfile.lock'), lock);
  const below = path.join(work, 'below');
  mkdirSync(below);
  const bundle = (cwd: string, ...a: string[]) =>
    promisify(execFile)('/usr/bin/bundle', a, { cwd, env: RUBY_ENV, timeout: 600_000 });
  try {
    await bundle(work, 'install', '--quiet');
    expect(existsSync(path.join(work, 'vendor/bundle'))).toBe(true);
    // As an agent would, wherever it is, and told nothing of the path.

    expect((await bundle(below, 'exec', 'ruby', '-e', "require 'thing'; print Thing::NAME")).stdout).toBe(
      'thing',
    );
    expect(readFileSync(path.join(work, 'Gemfile.lock'), 'utf8')).toBe(lock);
    writeFileSync(path.join(work, 'Gemfile'), "source 'https://rubygems.org'\ngem 'changed'\n");
    rmSync(path.join(work, 'Gemfile.lock'));
    await expect(bundle(work, 'install')).rejects.toMatchObject({
      stdout: expect.stringContaining('changed'),
      code: expect.any(Number),
    });
  } finally {
    close();
  }
});
