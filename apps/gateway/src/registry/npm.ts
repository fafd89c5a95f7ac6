// npm's registry: packuments, manifests and tarballs. Pure.
// @see https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
import { own } from '@mainloop/models/flow/look';
import type { Answer, AnswerTo, Asked, Found, Hash, Page } from './asked.ts';

const PART = '[a-zA-Z0-9~_][a-zA-Z0-9._~-]*';
const NAME = new RegExp(`^(?:@${PART}/)?${PART}$`);
/** Registries write it below paths of their own, and some name the scope twice. */
const TARBALL = new RegExp(`(?:^|/)((?:@${PART}/)?${PART})/-/(?:@${PART}/)?(${PART}[.](?:tgz|tar[.]gz))$`);
const MAX_NAME = 214;
/** Without the text that installing needs none of. */
const SHORT = 'application/vnd.npm.install-v1+json';

interface Manifest {
  version?: string;
  dist?: { tarball?: string; integrity?: string; shasum?: string };
}
interface Packument {
  versions?: Record<string, Manifest>;
  'dist-tags'?: Record<string, string>;
}

/** @param path without escapes, as the client wrote it; a tarball also below whatever its own registry had before it */
export function askedOfNpm(path: string, accept: string): Asked | null {
  const tarball = TARBALL.exec(path);
  if (tarball) return fileOf(tarball[1]!, tarball[2]!);
  const below = /^\/npm\/(.+)$/.exec(path)?.[1];
  if (below === undefined) return null;
  if (below === '-/ping') return { kind: 'here', answer: () => json({}) };
  if (isName(below)) {
    const page = pageOf(
      below,
      accept.includes(SHORT) ? `${SHORT}; q=1.0, application/json; q=0.8` : 'application/json',
    );
    return { kind: 'page', page, answer: (body, o) => json(pointed(read(body), below, o)) };
  }
  const cut = below.lastIndexOf('/');
  const [name, version] = [below.slice(0, Math.max(0, cut)), below.slice(cut + 1)];
  if (!isName(name) || !/^[\w.+~-]{1,256}$/.test(version)) return null;
  return {
    kind: 'page',
    page: pageOf(name, 'application/json'),
    answer: (body, options) => {
      const all = pointed(read(body), name, options);
      const one = own(all.versions ?? {}, own(all['dist-tags'] ?? {}, version) ?? version);
      return one ? json(one) : null;
    },
  };
}

const isName = (text: string): boolean => text.length <= MAX_NAME && NAME.test(text);
const json = (value: unknown): Answer => ({ type: 'application/json', body: JSON.stringify(value) });
const pageOf = (name: string, accept: string): Page => ({
  ecosystem: 'npm',
  name,
  path: name.replace('/', '%2f'),
  accept,
});

function fileOf(name: string, file: string): Asked | null {
  if (!isName(name)) return null;
  return {
    kind: 'file',
    file,
    page: pageOf(name, `${SHORT}; q=1.0, application/json; q=0.8`),
    find: (body) => {
      for (const [version, manifest] of Object.entries(read(body).versions ?? {})) {
        const url = manifest.dist?.tarball;
        if (typeof url !== 'string' || (nameOf(name, version) !== file && lastPart(url) !== file)) continue;
        const hash = hashOf(manifest.dist?.integrity, manifest.dist?.shasum);
        return hash === null ? 'no hash' : ({ url, hash, label: `${name}@${version}` } satisfies Found);
      }
      return 'no file';
    },
  };
}

function read(body: Buffer): Packument {
  const value = JSON.parse(body.toString('utf8')) as unknown;
  if (typeof value !== 'object' || value === null) throw new SyntaxError('no packument');
  return value;
}

const nameOf = (name: string, version: string): string =>
  `${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
const lastPart = (url: string): string =>
  decodeURIComponent(
    url
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '',
  );

/**
 * The packument with every tarball where this client should look. npm and Yarn 1 write what they read here
 * into lock files, so they read what they would read anywhere, and npm itself puts its registry's address in
 * the place of it; the others write nothing down that can be derived.
 */
function pointed(packument: Packument, name: string, options: AnswerTo): Packument {
  const writesDown = /^(npm|yarn\/1)\b/.test(options.userAgent);
  for (const [version, manifest] of Object.entries(packument.versions ?? {})) {
    if (typeof manifest.dist?.tarball !== 'string') continue;
    const there = URL.parse(manifest.dist.tarball);
    if (writesDown && there !== null && TARBALL.exec(decodeURIComponent(there.pathname))?.[1] === name) {
      there.username = '';
      there.password = '';
      there.search = '';
      manifest.dist.tarball = there.href;
    } else manifest.dist.tarball = `${options.origin}/npm/${name}/-/${nameOf(name, version)}`;
  }
  return packument;
}

const STRENGTH = ['sha512', 'sha384', 'sha256', 'sha1'] as const;

/**
 * The strongest that the registry names. @see https://www.w3.org/TR/SRI/
 * @param integrity words like `sha512-…`, in base64
 * @param shasum SHA-1 in hexadecimal, of old entries
 * @returns null when there is none that can be checked
 */
export function hashOf(integrity: string | undefined, shasum: string | undefined): Hash | null {
  const words = typeof integrity === 'string' ? integrity.trim().split(/\s+/) : [];
  for (const algorithm of STRENGTH) {
    const base64 = words.find((w) => w.startsWith(`${algorithm}-`))?.slice(algorithm.length + 1);
    const hex =
      base64 === undefined ? '' : Buffer.from(base64.replace(/\?.*$/, ''), 'base64').toString('hex');
    if (hex.length === { sha512: 128, sha384: 96, sha256: 64, sha1: 40 }[algorithm])
      return { algorithm, hex };
  }
  return typeof shasum === 'string' && /^[0-9a-f]{40}$/i.test(shasum)
    ? { algorithm: 'sha1', hex: shasum.toLowerCase() }
    : null;
}
