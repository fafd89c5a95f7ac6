// Debian's archive: signed lists of what there is, and the packages. Pure. What a package hashes to is known to the
// client: the list holds it, the list's own hash stands in a file that Debian has signed, and apt takes nothing else.
// @see https://wiki.debian.org/DebianRepository/Format
import type { Asked, Page } from './asked.ts';

const SUITE = '[a-z][a-z0-9.-]*(?:/updates)?';
const PART = '[A-Za-z0-9][A-Za-z0-9_.+~-]*';
const SIGNED = new RegExp(`^dists/${SUITE}/(?:InRelease|Release(?:\\.gpg)?)$`);
const LIST = new RegExp(
  `^dists/${SUITE}/${PART}/(?:${PART}/)?(?:(?:Packages|Sources|Translation-[a-zA-Z_]+|Release)(?:\\.(?:xz|gz|bz2))?|by-hash/SHA(?:256|512)/[0-9a-f]{64,128})$`,
);
/** A pool folder begins with the first letter of what is in it, or "lib" and one more. */
const PACKAGE = new RegExp(
  `^pool/(?:updates/)?${PART}/(?:lib)?[a-z0-9]/${PART}/(([a-z0-9][a-z0-9.+-]+)_([A-Za-z0-9][A-Za-z0-9.+~:-]*)_[a-z0-9-]+\\.u?deb)$`,
);
const MAX_PATH = 500;

/** The archives, by what stands before their paths here. */
export const ARCHIVES = ['debian', 'debian-security'] as const;
type Archive = (typeof ARCHIVES)[number];

/** @param path without escapes */
export function askedOfDebian(archive: Archive, path: string): Asked | null {
  const below = path.startsWith(`/${archive}/`) ? path.slice(archive.length + 2) : '';
  if (below === '' || below.length > MAX_PATH) return null;
  if (SIGNED.test(below) || LIST.test(below))
    return {
      kind: 'page',
      page: pageOf(below.split('/').slice(1, -1).join('/'), below),
      answer: (body) => ({ type: 'application/octet-stream', body }),
    };
  const [, file, name, version] = PACKAGE.exec(below) ?? [];
  if (file === undefined) return null;
  return {
    kind: 'known',
    page: pageOf(name!, below),
    file,
    found: { url: encodeURI(below), hash: 'by the client', label: `${name}@${version}` },
  };
}

const pageOf = (name: string, path: string): Page => ({
  ecosystem: 'debian',
  name,
  path: encodeURI(path),
  accept: '*/*',
});

/**
 * Whom the operator's own apt asks.
 * @param files the text of its lists of sources, old style (`deb URI SUITE …`) and new (`URIs:`)
 * @returns the address of an archive; Debian's own where none is named
 */
export function debianAddress(archive: Archive, files: readonly string[]): string {
  const named = files.flatMap((text) => [...oneLine(text), ...stanzas(text)]);
  const isSecurity = ({ uri, suite }: Source): boolean =>
    /security/.test(suite) || /security/.test(new URL(uri).pathname);
  const found = named.find((source) => isSecurity(source) === (archive === 'debian-security'));
  return found?.uri ?? `http://deb.debian.org/${archive}/`;
}

interface Source {
  readonly uri: string;
  readonly suite: string;
}
const isWeb = (uri: string): boolean => /^https?:\/\//.test(uri) && URL.canParse(uri);

const oneLine = (text: string): Source[] =>
  [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/gm)]
    .map(([, uri, suite]) => ({ uri: uri!, suite: suite! }))
    .filter(({ uri }) => isWeb(uri));

const stanzas = (text: string): Source[] =>
  text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string): string =>
      new RegExp(`^${name}:[ \\t]*(.*)$`, 'mi').exec(stanza)?.[1]?.trim() ?? '';
    const [uri = ''] = field('URIs').split(/\s+/);
    const [suite = ''] = field('Suites').split(/\s+/);
    const isOn = !/^no$/i.test(field('Enabled')) && /(?:^|\s)deb(?:\s|$)/.test(field('Types'));
    return isOn && isWeb(uri) ? [{ uri, suite }] : [];
  });
