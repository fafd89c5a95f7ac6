// The two images, for the test cluster: built by buildah from our Dockerfile on a base of Debian packages, cached by their inputs.
// For your own registry use docker or buildah with the two commands at the top of docker/Dockerfile, or `make images`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop', 'images');
const DEBIAN = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
const CA = '/etc/ssl/certs/ca-certificates.crt';

export type Image = 'mainloop' | 'agent';
export const imageName = (i: Image | 'base'): string => `localhost/mainloop-${i}:test`;

/** @returns a tar file with the image, as containerd imports it */
export function ensureImage(target: Image, say: (line: string) => void = () => undefined): string {
  const key = inputsOf(target);
  const tar = path.join(CACHE, `${target}-${key}.tar`);
  if (existsSync(tar)) return tar;
  ensureBase(say);
  say(`building the image ${target}`);
  const build = `build -q --layers --isolation chroot --network host -f docker/Dockerfile --target ${target} --build-arg BASE=${imageName('base')}`;
  buildah(...build.split(' '), '--build-arg', 'PACKAGES=git ca-certificates', '-t', imageName(target), '.');
  for (const f of readdirSync(CACHE)) if (f.startsWith(`${target}-`)) rmSync(path.join(CACHE, f));
  buildah('push', '-q', imageName(target), `docker-archive:${tar}.new:${imageName(target)}`);
  renameSync(`${tar}.new`, tar);
  return tar;
}

/** Debian's own packages and our Node: what node:24-bookworm-slim is, where no image registry can be reached. */
function ensureBase(say: (line: string) => void): void {
  const key = createHash('sha256').update(process.version).update(readFileSync(CA)).update('1').digest('hex').slice(0, 16);
  const tar = path.join(CACHE, `base-${key}.tar`);
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync(tar)) {
    say('making the base image from Debian packages');
    const dir = path.join(CACHE, 'base.root');
    rmSync(dir, { recursive: true, force: true });
    execFileSync('debootstrap', ['--variant=minbase', '--include=git,ca-certificates', 'bookworm', dir, DEBIAN], { stdio: 'ignore' });
    copyFileSync(process.execPath, path.join(dir, 'usr/local/bin/node'));
    execFileSync('npm', ['install', '--global', '--prefix', path.join(dir, 'usr/local'), '--no-audit', '--no-fund', 'npm@11'], { stdio: 'ignore' });
    // A machine behind a proxy of its own trusts more than Debian does; a build inside must trust the same.
    copyFileSync(CA, path.join(dir, CA));
    for (const d of ['var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale', 'usr/share/man'])
      rmSync(path.join(dir, d), { recursive: true, force: true });
    execFileSync('tar', ['-C', dir, '--numeric-owner', '-cf', `${tar}.new`, '.']);
    rmSync(dir, { recursive: true, force: true });
    renameSync(`${tar}.new`, tar);
  }
  const context = path.join(CACHE, 'base.context');
  mkdirSync(context, { recursive: true });
  copyFileSync(tar, path.join(context, 'base.tar'));
  writeFileSync(
    path.join(context, 'Dockerfile'),
    `FROM scratch\nADD base.tar /\nENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=${CA}\n`,
  );
  buildah('build', '-q', '--layers', '-t', imageName('base'), context);
  rmSync(context, { recursive: true, force: true });
}

function buildah(...args: string[]): void {
  execFileSync('buildah', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

const INPUTS: Record<Image, readonly string[]> = {
  mainloop: ['apps', 'packages', 'docker'],
  agent: ['apps/runner', 'packages/models/src/flow', 'packages/models/src/contracts', 'packages/adapters/src/agent', 'docker'],
};

/** What an image is made from. */
function inputsOf(target: Image): string {
  const h = createHash('sha256')
    .update(process.version)
    .update(readFileSync(path.join(root, '.dockerignore')));
  const skip = /^(node_modules|dist|build|generated|\.svelte-kit|replay)$|\.test\.ts$/;
  const add = (p: string): void => {
    for (const e of readdirSync(path.join(root, p), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const f = path.join(p, e.name);
      if (skip.test(e.name)) continue;
      if (e.isDirectory()) add(f);
      else if (e.isFile())
        h.update(f)
          .update('\0')
          .update(readFileSync(path.join(root, f)));
    }
  };
  for (const d of INPUTS[target]) add(d);
  for (const f of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'tools/build.ts', 'tools/bundle-workflows.ts'])
    h.update(readFileSync(path.join(root, f)));
  return h.digest('hex').slice(0, 16);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const i of ['mainloop', 'agent'] as const) console.log(ensureImage(i, console.log));
