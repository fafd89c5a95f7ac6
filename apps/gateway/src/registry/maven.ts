// Maven's repositories: files by group, artifact and version, each with its hash in a file beside it. Pure.
// @see https://maven.apache.org/repository/layout.html
import type { Asked, Page } from './asked.ts';

const PART = '[A-Za-z0-9_][A-Za-z0-9_.+-]*';
const PATH = new RegExp(`^${PART}(?:/${PART})+$`);
/** What is said of a file, beside it. */
const BESIDE = /[.](?:sha1|md5|sha256|sha512|asc)$/;
const LISTS = /^maven-metadata[A-Za-z0-9._-]*[.]xml$/;
const MAX_PATH = 1_000;

/** @param path without escapes @param place which of them: what its paths begin with here */
export function askedOfMaven(path: string, place: 'maven' | 'gradle-plugins' = 'maven'): Asked | null {
  const below = path.startsWith(`/${place}/`) ? path.slice(place.length + 2) : '';
  if (below === '' || below.length > MAX_PATH || !PATH.test(below)) return null;
  const parts = below.split('/');
  const file = parts.at(-1)!;
  if (LISTS.test(file.replace(BESIDE, ''))) return asItIs(parts.slice(0, -1).join('/'), below);
  // Group, artifact, version, file.
  if (parts.length < 4) return null;
  const [artifact, version] = [parts.at(-3)!, parts.at(-2)!];
  const name = `${parts.slice(0, -3).join('.')}:${artifact}`;
  if (BESIDE.test(file)) return asItIs(name, below);
  return {
    kind: 'file',
    page: pageOf(name, `${below}.sha1`),
    file,
    find: (body) => {
      // Some write the file's name behind it.
      const hex = /^[0-9a-f]{40}(?=\s|$)/i.exec(body.toString('utf8').trim())?.[0].toLowerCase();
      if (hex === undefined) return 'no hash';
      // What describes an artifact is no package by itself.
      const isArtifact = !/[.](?:pom|module|xml)$/.test(file);
      return {
        url: `./${encodeURIComponent(file)}`,
        hash: { algorithm: 'sha1', hex },
        label: isArtifact ? `${name}@${version}` : null,
      };
    },
  };
}

const pageOf = (name: string, path: string): Page => ({ ecosystem: 'maven', name, path, accept: '*/*' });
const asItIs = (name: string, path: string): Asked => ({
  kind: 'page',
  page: pageOf(name, path),
  answer: (body) => ({ type: path.endsWith('.xml') ? 'application/xml' : 'text/plain; charset=utf-8', body }),
});
