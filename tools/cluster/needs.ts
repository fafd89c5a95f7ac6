// What the test cluster needs of the machine: Debian's container tools, and Kubernetes itself, built once.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEBIAN } from '../pins.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');

/** @returns what is missing to run a cluster here, in words; null when nothing is */
export function whyNot(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a cluster needs Linux and root';
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `a cluster is not built for ${process.arch}`;
  if (spawnSync('go', ['version']).status !== 0 && !existsSync(binaryPath()))
    return 'a cluster needs Go to build it (https://go.dev/dl)';
  if (missing().length > 0 && spawnSync('apt-get', ['--version']).status !== 0)
    return `a cluster needs ${missing().join(', ')}`;
  return null;
}

const missing = (): string[] => DEBIAN.cluster.filter((p) => spawnSync('dpkg', ['-s', p]).status !== 0);

/**
 * Installs what is missing of the machine’s own packages, as root.
 * @param say takes a line of what is done
 * @throws where apt-get can not install them
 */
export function ensurePackages(say: (line: string) => void): void {
  const need = missing();
  if (need.length > 0) {
    say(`installing ${need.join(', ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...need], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}

/** The one binary: about five minutes to build on two cores, then cached by its inputs. @returns its path */
export function ensureBinary(say: (line: string) => void): string {
  const binary = binaryPath();
  if (!existsSync(binary)) {
    say('building Kubernetes, about five minutes, once');
    mkdirSync(path.dirname(binary), { recursive: true });
    execFileSync(path.join(HERE, 'build.sh'), [`${binary}.new`], {
      env: goEnv(),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    renameSync(`${binary}.new`, binary);
  }
  return binary;
}

/** KWOK, a minute and a half to build. @returns its path; its stages lie beside it */
export function ensureKwok(say: (line: string) => void): string {
  const hash = createHash('sha256').update(process.arch);
  for (const file of ['go.mod', 'go.sum', 'build.sh'])
    hash.update(readFileSync(path.join(HERE, 'kwok', file)));
  const binary = path.join(CACHE, 'cluster', `kwok-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(binary)) {
    say('building KWOK, a minute or two, once');
    mkdirSync(path.dirname(binary), { recursive: true });
    execFileSync(path.join(HERE, 'kwok/build.sh'), [`${binary}.new`], {
      env: goEnv(),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    renameSync(`${binary}.new.stages`, `${binary}.stages`);
    renameSync(`${binary}.new`, binary);
  }
  return binary;
}

/**
 * Modules by go.sum and nothing beside it, with the Go that is there: no toolchain is fetched because a
 * go.mod asks for one.
 */
function goEnv(): NodeJS.ProcessEnv {
  return { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
}

function binaryPath(): string {
  const hash = createHash('sha256').update(process.arch);
  for (const folder of [
    'go.mod',
    'go.sum',
    'build.sh',
    'main.go',
    'netpol/netpol.go',
    'netpol/ruleset.go',
    'netpol/announced.go',
    'dns/dns.go',
    'watch/watch.go',
  ])
    hash.update(readFileSync(path.join(HERE, folder)));
  return path.join(CACHE, 'cluster', hash.digest('hex').slice(0, 16));
}
