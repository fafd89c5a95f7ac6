// `make sbom`: everything that is shipped or downloaded, as CycloneDX on stdout. pnpm lists what its lockfile names; the rest is pinned in tools/pins.ts.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { IMAGES, WHEELS, type Wheel } from './pins.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Lockfiles of npm: what brings Node and pnpm, and what the images install. */
const NPM_LOCKS = ['tools/toolchain/package-lock.json', 'docker/base/package-lock.json'] as const;

export interface Component {
  readonly type: 'library' | 'application' | 'container';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: 'SHA-256' | 'SHA-512'; readonly content: string }[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}
export interface Sbom {
  readonly components?: readonly Component[];
}

/** @param lock a package-lock.json (lockfileVersion 3) */
export function ofNpmLock(lock: string): Component[] {
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  return Object.entries(packages).flatMap(([at, p]): Component[] => {
    const name = at.split('node_modules/').at(-1)!;
    if (at === '' || p.version === undefined) return [];
    const hash = /^sha512-(.+)$/.exec(p.integrity ?? '')?.[1];
    return [
      {
        type: 'library',
        name,
        version: p.version,
        purl: `pkg:npm/${name.replace('@', '%40')}@${p.version}`,
        ...(hash === undefined
          ? {}
          : { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }),
      },
    ];
  });
}

/** A program that comes in a wheel: the wheel, and what is in it. */
const ofWheel = (wheel: Wheel): Component => ({
  type: 'application',
  name: wheel.name,
  version: wheel.version,
  purl: `pkg:pypi/${wheel.name}@${wheel.version}`,
  hashes: Object.values(wheel.sha256).map((content) => ({ alg: 'SHA-256' as const, content })),
  properties: [{ name: 'mainloop:contains', value: wheel.contains }],
});

/** @param reference registry/name:tag@sha256:digest */
export function ofImage(reference: string): Component {
  const [, repository, tag, digest] = /^(.+):([^:@]+)@sha256:([0-9a-f]{64})$/.exec(reference)!;
  const name = repository!.split('/').at(-1)!;
  return {
    type: 'container',
    name,
    version: tag!,
    purl: `pkg:oci/${name}@sha256%3A${digest}?repository_url=${encodeURIComponent(repository!)}&tag=${tag}`,
    hashes: [{ alg: 'SHA-256', content: digest! }],
  };
}

/**
 * What no lockfile of pnpm names.
 * @returns wheels, images and the packages of npm’s own lock files
 */
export const pinned = (): Component[] => [
  ...Object.values(WHEELS).map(ofWheel),
  ...Object.values(IMAGES).map(ofImage),
  ...NPM_LOCKS.flatMap((f) => ofNpmLock(readFileSync(path.join(root, f), 'utf8'))),
];

/** @returns the list of a package manager with ours behind it, each thing once */
export function withPinned(sbom: Sbom, more: readonly Component[]): Sbom {
  const all = new Map([...(sbom.components ?? []), ...more].map((c) => [c.purl, c]));
  return { ...sbom, components: [...all.values()] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = spawnSync('pnpm', ['sbom', '--sbom-format', 'cyclonedx', '--lockfile-only'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status !== 0) throw new Error(`pnpm sbom: ${result.stderr || result.stdout}`);
  console.log(JSON.stringify(withPinned(JSON.parse(result.stdout) as Sbom, pinned()), null, 2));
}
