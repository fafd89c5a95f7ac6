// The two images, for the test cluster: built by buildah from our Dockerfile on a base of Debian packages,
// cached by their inputs. For your own registry: `make images`, which builds the first two with docker,
// podman or buildah from their published base.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const CACHE = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'),
  'mainloop',
  'images',
);
const DEBIAN = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
const CA = '/etc/ssl/certs/ca-certificates.crt';

/** The two of docker/Dockerfile, and what the ci overlay has besides (docker/test.Dockerfile). */
export type Image = 'mainloop' | 'agent' | TestImage;
type TestImage = 'postgres' | 'temporal' | 'demo';
/** @returns as containerd knows it; the registry is this machine */
export const imageName = (image: Image | 'base'): string => `localhost/mainloop-${image}:test`;

/** @returns a tar file with the image, as containerd imports it */
export function ensureImage(target: Image, say: (line: string) => void = () => undefined): string {
  const key = inputsOf(target);
  const tar = path.join(CACHE, `${target}-${key}.tar`);
  if (existsSync(tar)) return tar;
  ensureBase(say);
  if (target === 'demo') ensureImage('mainloop', say);
  say(`building the image ${target}`);
  if (target === 'mainloop' || target === 'agent')
    build('docker/Dockerfile', target, '.', ['--build-arg', 'PACKAGES=git ca-certificates']);
  else {
    const context = testContext(say);
    build('docker/test.Dockerfile', target, context, ['--build-arg', `MAINLOOP=${imageName('mainloop')}`]);
    rmSync(context, { recursive: true });
  }
  for (const name of readdirSync(CACHE)) if (name.startsWith(`${target}-`)) rmSync(path.join(CACHE, name));
  buildah('push', '-q', imageName(target), `docker-archive:${tar}.new:${imageName(target)}`);
  renameSync(`${tar}.new`, tar);
  return tar;
}

function build(file: string, target: Image, context: string, more: string[]): void {
  const flags = `build -q --layers --isolation chroot --network host -f ${file} --target ${target} --build-arg BASE=${imageName('base')}`;
  buildah(...flags.split(' '), ...more, '-t', imageName(target), context);
}

/** The programs that the test images take along. @returns the folder */
function testContext(say: (line: string) => void): string {
  const dir = mkdtempSync(path.join(CACHE, 'context-'));
  for (const temporal of ['temporal', 'act'] as const)
    copyFileSync(ensureTool(temporal, path.dirname(CACHE), say), path.join(dir, temporal));
  copyFileSync(path.join(root, 'docker/postgres.sh'), path.join(dir, 'postgres.sh'));
  return dir;
}

/** Debian's own packages and our Node: what node:24-bookworm-slim is, where no image registry can be reached. */
function ensureBase(say: (line: string) => void): void {
  const key = createHash('sha256')
    .update(process.version)
    .update(readFileSync(CA))
    .update(readFileSync(path.join(root, 'docker/base/package-lock.json')))
    .update('2')
    .digest('hex')
    .slice(0, 16);
  const tar = path.join(CACHE, `base-${key}.tar`);
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync(tar)) {
    say('making the base image from Debian packages');
    const dir = path.join(CACHE, 'base.root');
    rmSync(dir, { recursive: true, force: true });
    // Debian's packages come in the version it supports that day; what is held is its signature over them.
    execFileSync(
      'debootstrap',
      ['--force-check-gpg', '--variant=minbase', '--include=git,ca-certificates', 'bookworm', dir, DEBIAN],
      {
        stdio: 'ignore',
      },
    );
    copyFileSync(process.execPath, path.join(dir, 'usr/local/bin/node'));
    addNpm(path.join(dir, 'usr/local'));
    // A machine behind a proxy of its own trusts more than Debian does; a build inside must trust the same.
    copyFileSync(CA, path.join(dir, CA));
    for (const folder of [
      'var/cache/apt/archives',
      'var/lib/apt/lists',
      'usr/share/doc',
      'usr/share/locale',
      'usr/share/man',
    ])
      rmSync(path.join(dir, folder), { recursive: true, force: true });
    execFileSync('tar', ['-C', dir, '--numeric-owner', '-cf', `${tar}.new`, '.']);
    rmSync(dir, { recursive: true, force: true });
    renameSync(`${tar}.new`, tar);
  }
  const context = mkdtempSync(path.join(CACHE, 'context-'));
  copyFileSync(tar, path.join(context, 'base.tar'));
  writeFileSync(
    path.join(context, 'Dockerfile'),
    `FROM scratch\nADD base.tar /\nENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=${CA}\n`,
  );
  buildah('build', '-q', '--layers', '-t', imageName('base'), context);
  rmSync(context, { recursive: true, force: true });
}

/** npm as the lockfile in docker/base pins it: one package that brings its own. */
function addNpm(prefix: string): void {
  const made = mkdtempSync(path.join(CACHE, 'npm-'));
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(path.join(root, 'docker/base', file), path.join(made, file));
  execFileSync('npm', ['ci', '--prefix', made, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: 'ignore',
  });
  cpSync(path.join(made, 'node_modules/npm'), path.join(prefix, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(prefix, 'bin', name));
  rmSync(made, { recursive: true, force: true });
}

function buildah(...args: string[]): void {
  execFileSync('buildah', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

const OURS = [
  'docker/Dockerfile',
  'tools/toolchain',
  'docker/kit.ts',
  '.dockerignore',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'package.json',
  'tools/build.ts',
];
const TEST = ['docker/test.Dockerfile', 'docker/postgres.sh', 'apps/cli/src/up/wheels.ts', 'tools/pins.ts'];
const INPUTS: Record<Image, readonly string[]> = {
  mainloop: [...OURS, 'apps', 'packages', 'tools/bundle-workflows.ts'],
  agent: [
    ...OURS,
    'apps/runner',
    'packages/models/src/flow',
    'packages/models/src/contracts',
    'packages/adapters/src/agent',
  ],
  postgres: TEST,
  temporal: TEST,
  demo: [...OURS, ...TEST, 'apps', 'packages'],
};

/** What an image is made from. */
function inputsOf(target: Image): string {
  const hash = createHash('sha256').update(process.version);
  const skip = /^(node_modules|dist|build|generated|\.svelte-kit|replay)$|\.test\.ts$/;
  const add = (file: string): void => {
    const full = path.join(root, file);
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) if (!skip.test(name)) add(path.join(file, name));
    } else hash.update(file).update('\0').update(readFileSync(full));
  };
  for (const input of INPUTS[target]) add(input);
  return hash.digest('hex').slice(0, 16);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const image of ['mainloop', 'agent', 'postgres', 'temporal', 'demo'] as const)
    console.log(ensureImage(image, console.log));
