// Rust's crates: a sparse index and the files it names. Pure.
// @see https://doc.rust-lang.org/cargo/reference/registry-index.html
import type { Asked, Page } from './asked.ts';

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const VERSION = /^[0-9A-Za-z.+-]{1,100}$/;

/** @param path without escapes */
export function askedOfCrates(path: string): Asked | null {
  // What is asked for by these markers comes back to us; publishing and searching have no address.
  if (path === '/crates/config.json')
    return {
      kind: 'here',
      answer: (options) => ({
        type: 'application/json',
        body: JSON.stringify({ dl: `${options.origin}/crate-files/{crate}/{version}.crate` }),
      }),
    };
  const below = /^\/crates\/(.+)$/.exec(path)?.[1];
  if (below !== undefined) {
    const name = below.split('/').at(-1)!;
    if (!NAME.test(name) || below !== indexPath(name)) return null;
    return {
      kind: 'page',
      page: pageOf(name),
      answer: (body) => ({ type: 'text/plain; charset=utf-8', body }),
    };
  }
  const [, name, version] = /^\/crate-files\/([^/]+)\/([^/]+)[.]crate$/.exec(path) ?? [];
  if (name === undefined || version === undefined || !NAME.test(name) || !VERSION.test(version)) return null;
  return {
    kind: 'file',
    page: pageOf(name),
    also: { ...pageOf(name), path: 'config.json' },
    file: `${name}-${version}.crate`,
    find: (body, also) => {
      for (const line of body.toString('utf8').split('\n')) {
        if (line === '') continue;
        const crate = JSON.parse(line) as { name?: string; vers?: string; cksum?: string };
        if (crate.name !== name || crate.vers !== version) continue;
        const hex = crate.cksum?.toLowerCase() ?? '';
        if (!/^[0-9a-f]{64}$/.test(hex)) return 'no hash';
        const { dl } = JSON.parse(also!.toString('utf8')) as { dl: string };
        return {
          url: addressOf(dl, name, version, hex),
          hash: { algorithm: 'sha256', hex },
          label: `${name}@${version}`,
        };
      }
      return 'no file';
    },
  };
}

/** @see https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files */
function folderOf(name: string): string {
  if (name.length <= 2) return String(name.length);
  return name.length === 3 ? `3/${name[0]}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}
const indexPath = (name: string): string => `${folderOf(name.toLowerCase())}/${name.toLowerCase()}`;
const pageOf = (name: string): Page => ({ ecosystem: 'crates', name, path: indexPath(name), accept: '*/*' });

/** @see https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration "dl" */
function addressOf(template: string, name: string, version: string, checksum: string): string {
  const marks = {
    crate: name,
    version,
    prefix: folderOf(name),
    lowerprefix: folderOf(name.toLowerCase()),
    'sha256-checksum': checksum,
  };
  const filled = Object.entries(marks).reduce(
    (s, [mark, value]) => s.replaceAll(`{${mark}}`, value),
    template,
  );
  return filled === template ? `${template}/${name}/${version}/download` : filled;
}
