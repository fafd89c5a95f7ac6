// RubyGems: the compact index, in which a gem's versions stand with what their files hash to, and the files. Pure.
// @see https://guides.rubygems.org/rubygems-org-compact-index-api/
import { createHash } from 'node:crypto';
import type { Answer, Asked, Page } from './asked.ts';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
/** Of a file or a description: "nokogiri-1.16.0-x86_64-linux". */
const FULL_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,250}$/;

const OLD_INDEX = 'list of gems but the compact one';

/** @param path without escapes */
export function askedOfRubyGems(path: string): Asked | null {
  const below = /^\/rubygems\/(.+)$/.exec(path)?.[1];
  if (below === undefined) return null;
  if (below === 'versions' || below === 'names')
    return asItIs(pageOf('the list of gems', below), 'text/plain; charset=utf-8');
  const [, name] = /^info\/([^/]+)$/.exec(below) ?? [];
  if (name !== undefined)
    return NAME.test(name) ? asItIs(pageOf(name, below), 'text/plain; charset=utf-8') : null;
  // What a gem says of itself. RubyGems reads it before it asks for the file; no list names what it hashes to.
  const [, described] = /^quick\/Marshal\.4\.8\/([^/]+)\.gemspec\.rz$/.exec(below) ?? [];
  if (described !== undefined)
    return FULL_NAME.test(described) ? asItIs(pageOf(described, below), 'application/octet-stream') : null;
  // Where the list can't be had Bundler asks for the index of old, and says in the end only what came of that.
  if (/^(?:latest_|prerelease_)?specs\.4\.8(?:\.gz)?$/.test(below))
    return { kind: 'page', page: pageOf(OLD_INDEX, 'versions'), answer: () => null };
  const [, fullName] = /^gems\/([^/]+)\.gem$/.exec(below) ?? [];
  const gem = fullName !== undefined && FULL_NAME.test(fullName) ? partsOf(fullName) : null;
  if (gem === null) return null;
  return {
    kind: 'file',
    page: pageOf(gem.name, `info/${gem.name}`),
    file: `${fullName}.gem`,
    find: (body) => {
      const line = body
        .toString('utf8')
        .split('\n')
        .find((l) => l.split(' ', 1)[0] === gem.version);
      if (line === undefined) return 'no file';
      const hex = /[|,]checksum:([0-9a-f]{64})(?=,|$)/.exec(line)?.[1];
      if (hex === undefined) return 'no hash';
      // Everything of a registry stands below its own address.
      return {
        url: `../gems/${encodeURIComponent(fullName!)}.gem`,
        hash: { algorithm: 'sha256', hex },
        label: `${gem.name}@${gem.version}`,
      };
    },
  };
}

/**
 * A name may have dashes and digits in it, and so may a platform: the last part with a dot in it that begins
 * with a digit is the version, or without such a one the last that is a number.
 * @returns `version` with its platform, as the index has it; null for what is no name of a file
 */
export function partsOf(fullName: string): { readonly name: string; readonly version: string } | null {
  const match =
    /^(.+)-(\d+\.[0-9A-Za-z.]*(?:-[A-Za-z][\w.-]*)?)$/.exec(fullName) ??
    /^(.+)-(\d+(?:-[A-Za-z][\w.-]*)?)$/.exec(fullName);
  return match ? { name: match[1]!, version: match[2]! } : null;
}

const pageOf = (name: string, path: string): Page => ({ ecosystem: 'rubygems', name, path, accept: '*/*' });
const asItIs = (page: Page, type: string): Asked => ({
  kind: 'page',
  page,
  answer: (body): Answer => ({ type, body, etag: md5Of(body) }),
});

/** Bundler before 2.5 takes the tag for the MD5 of the list, and what does not fit for a list that broke on its way. */
const md5Of = (body: Buffer): string => createHash('md5').update(body).digest('hex');
