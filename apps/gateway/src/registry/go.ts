// Go's module proxy, and the checksum database through it. Pure. What a module's zip hashes to is known to
// the client: go.sum and the database, which is signed, hold it, and Go takes nothing else. @see
// https://go.dev/ref/mod#goproxy-protocol
import type { Asked, Page } from './asked.ts';

/** A path element as Go allows it, capital letters escaped: "github.com/!burnt!sushi/toml". */
const ELEMENT = '[a-z0-9~_!-][a-z0-9._~!-]*';
const MODULE = new RegExp(`^${ELEMENT}(?:/${ELEMENT})*$`);
const VERSION = /^[a-z0-9][a-z0-9.+!-]*$/;
/** Of the checksum database: names of its own, and modules asked for by "module@version". */
const SUMDB =
  /^sumdb\/[a-z0-9.-]+\/(?:supported|latest|lookup\/[a-z0-9._~!/+-]+@[a-z0-9.+!-]+(?:\/go[.]mod)?|tile\/[0-9a-z./]+)$/;
const MAX_PATH = 1_000;

/** @param path without escapes */
export function askedOfGo(path: string): Asked | null {
  const below = /^\/go\/(.+)$/.exec(path)?.[1];
  if (below === undefined || below.length > MAX_PATH) return null;
  if (SUMDB.test(below)) return asItIs(below.split('/')[1]!, below, 'application/octet-stream');
  const latest = /^(.+)\/@latest$/.exec(below)?.[1];
  if (latest !== undefined)
    return MODULE.test(latest) ? asItIs(plain(latest), below, 'application/json') : null;
  const [, module, file] = /^(.+)\/@v\/([^/]+)$/.exec(below) ?? [];
  if (module === undefined || file === undefined || !MODULE.test(module)) return null;
  if (file === 'list') return asItIs(plain(module), below, 'text/plain; charset=utf-8');
  const [, version, ending] = /^(.+)[.](info|mod|zip)$/.exec(file) ?? [];
  if (version === undefined || !VERSION.test(version)) return null;
  if (ending !== 'zip')
    return asItIs(plain(module), below, ending === 'info' ? 'application/json' : 'text/plain; charset=utf-8');
  const page = pageOf(plain(module), below.replace(/zip$/, 'info'));
  return {
    kind: 'file',
    page,
    file,
    find: () => ({
      url: `./${encodeURIComponent(file)}`,
      hash: 'by the client',
      label: `${plain(module)}@${plain(version)}`,
    }),
  };
}

/**
 * @see https://go.dev/ref/mod#goproxy-protocol "escaped": every upper-case letter is an exclamation mark and
 * its lower-case letter
 */
const plain = (module: string): string => module.replace(/!([a-z])/g, (_, c: string) => c.toUpperCase());
const pageOf = (name: string, path: string): Page => ({ ecosystem: 'go', name, path, accept: '*/*' });
const asItIs = (name: string, path: string, type: string): Asked => ({
  kind: 'page',
  page: pageOf(name, path),
  answer: (body) => ({ type, body }),
});
