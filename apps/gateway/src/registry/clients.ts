// What the operator's own package clients are set to: whom they ask and how they sign in. Pure: the files are
// read elsewhere.

import { own } from '@mainloop/models/flow/look';

/** A registry that the operator named. It alone may lie in a private network, and it alone is shown the credential. */
export interface Upstream {
  /** Ends with a slash; no credential in it. */
  readonly base: string;
  /** The value of the header, or null. Never leaves the gateway but to this registry. */
  readonly authorization: string | null;
  /**
   * Origins at which this registry keeps its files, known to everybody: naming the registry names them. They
   * are shown no credential.
   */
  readonly filesAt?: readonly string[];
}

/** Split-horizon names are common: what the internet calls public may lie in a private network here. */
const FILES_OF: Readonly<Record<string, readonly string[]>> = {
  'https://pypi.org': ['https://files.pythonhosted.org'],
  'https://index.crates.io': ['https://static.crates.io'],
  'https://plugins.gradle.org': ['https://plugins-artifacts.gradle.org'],
};

export interface NpmUpstreams {
  readonly all: Upstream;
  /** "@acme" to its own. */
  readonly scopes: ReadonlyMap<string, Upstream>;
  /** Files with certificate authorities. */
  readonly caFiles: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;
const NPM = 'https://registry.npmjs.org/';

/** @param files the text of the npmrc files, the one that counts most first */
export function npmUpstreams(env: Environment, files: readonly string[]): NpmUpstreams {
  const settings = new Map<string, string>();
  for (const text of [...files].reverse())
    for (const [key, value] of iniLines(text)) settings.set(key, expand(value, env));
  for (const [key, value] of Object.entries(env)) {
    const name = /^npm_config_(.+)$/i.exec(key)?.[1];
    if (name === undefined || value === undefined || value === '') continue;
    settings.set(
      name.startsWith('//') || name.startsWith('@') ? name : name.toLowerCase().replace(/(?!^)_/g, '-'),
      value,
    );
  }
  const upstream = (url: string): Upstream | null => upstreamOf(url, (bare) => npmSignIn(settings, bare));
  const scopes = new Map<string, Upstream>();
  for (const [key, value] of settings) {
    const scope = /^(@[^:]+):registry$/.exec(key)?.[1];
    const up = scope === undefined ? null : upstream(value);
    if (scope !== undefined && up !== null) scopes.set(scope, up);
  }
  const all = upstream(settings.get('registry') ?? NPM) ?? { base: NPM, authorization: null };
  return {
    all,
    scopes,
    caFiles: [settings.get('cafile')].filter((f): f is string => f !== undefined && f !== ''),
  };
}

/**
 * An address as somebody wrote it, with the credential taken out of it.
 * @returns null when it is no address of the web
 */
export function upstreamOf(
  address: string,
  signIn: (bare: URL) => string | null = () => null,
): Upstream | null {
  const url = URL.parse(address.trim());
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const filesAt = own(FILES_OF, url.origin);
  return {
    base: url.href,
    authorization: user + password === '' ? signIn(url) : basic(`${user}:${password}`),
    ...(filesAt === undefined ? {} : { filesAt }),
  };
}

const basic = (userAndPassword: string): string => `Basic ${Buffer.from(userAndPassword).toString('base64')}`;

/** npm looks for the most specific path that has a credential. */
function npmSignIn(settings: ReadonlyMap<string, string>, url: URL): string | null {
  for (let path = url.pathname; ; path = path.replace(/[^/]*\/$/, '')) {
    const at = (key: string): string | undefined =>
      settings.get(`//${url.host}${path}:${key}`) ?? settings.get(`//${url.host}${path.slice(0, -1)}:${key}`);
    const [token, auth, user, password] = ['_authToken', '_auth', 'username', '_password'].map(at);
    if (token) return `Bearer ${token}`;
    if (auth) return `Basic ${auth}`;
    if (user && password) return basic(`${user}:${Buffer.from(password, 'base64').toString()}`);
    if (path === '/' || path === '') return null;
  }
}

/** Lines of `key = value`; sections are told by a prefix: "global.index-url". */
function iniLines(text: string): [key: string, value: string][] {
  const lines: [string, string][] = [];
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const inSection = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (inSection !== undefined) section = `${inSection.trim().toLowerCase()}.`;
    const match = /^\s*([^#;\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (match) lines.push([section + match[1]!, match[2]!.replace(/^(["'])(.*)\1$/, '$2')]);
  }
  return lines;
}

const expand = (value: string, env: Environment): string =>
  value.replace(
    /\$\{([^}?]+)\??\}/g,
    (whole, name: string) => env[name] ?? (whole.endsWith('?}') ? '' : whole),
  );

/**
 * Whom pip asks: its index, then the further ones.
 * @param files the text of pip's files, the one that counts most first
 */
export function pipUpstreams(env: Environment, files: readonly string[], netrc: string): readonly Upstream[] {
  const settings = new Map<string, string>();
  for (const text of [...files].reverse())
    for (const [key, value] of iniLines(text))
      settings.set(key.replace(/^(global|install|download)\./, '').replaceAll('_', '-'), value);
  const index = env.PIP_INDEX_URL || settings.get('index-url') || 'https://pypi.org/simple/';
  const more = env.PIP_EXTRA_INDEX_URL ?? settings.get('extra-index-url') ?? '';
  return [index, ...more.split(/\s+/)]
    .map((u) => upstreamOf(u, (bare) => netrcSignIn(netrc, bare)))
    .filter((u) => u !== null);
}

/**
 * Whom Go asks for modules. Repositories (`direct`) can't be asked from a sandbox.
 * @param file the text of `go env`'s own file
 */
export function goUpstreams(
  env: Environment,
  file: string,
  netrc: string,
): { readonly all: readonly Upstream[]; readonly noSumDb: string } {
  const settings = new Map(iniLines(file));
  const of = (name: string): string => env[name] || settings.get(name) || '';
  const all = (of('GOPROXY') || 'https://proxy.golang.org')
    .split(/[,|]/)
    .map((u) => upstreamOf(u, (bare) => netrcSignIn(netrc, bare)));
  return { all: all.filter((u) => u !== null), noSumDb: of('GONOSUMDB') || of('GOPRIVATE') };
}

/** @see https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html */
function netrcSignIn(netrc: string, url: URL): string | null {
  const words = netrc.split(/\s+/);
  const at = words.findIndex((w, i) => w === 'machine' && words[i + 1] === url.hostname);
  if (at < 0) return null;
  const end = words.findIndex((w, i) => i > at && (w === 'machine' || w === 'default'));
  const entry = words.slice(at, end < 0 ? undefined : end);
  const after = (word: string): string =>
    entry.includes(word) ? (entry[entry.indexOf(word) + 1] ?? '') : '';
  return basic(`${after('login')}:${after('password')}`);
}

/**
 * Whom Cargo asks for what stands on crates.io.
 * @param file the text of its own file, as far as lines tell it
 * @see https://doc.rust-lang.org/cargo/reference/source-replacement.html
 */
export function cargoUpstream(file: string): Upstream {
  const settings = new Map(iniLines(file));
  const other = settings.get('source.crates-io.replace-with');
  const registry = other === undefined ? undefined : settings.get(`source.${other}.registry`);
  const sparse =
    registry?.startsWith('sparse+') === true ? upstreamOf(registry.slice('sparse+'.length)) : null;
  return sparse ?? upstreamOf('https://index.crates.io/')!;
}

/**
 * Whom Bundler, or else RubyGems itself, asks for what stands on rubygems.org.
 * @param bundle the text of Bundler's own file, with its mirrors and how it signs in
 * @param gemrc the text of RubyGems' file, whose first source counts
 * @see https://bundler.io/man/bundle-config.1.html
 */
export function rubyGemsUpstream(bundle: string, gemrc: string): Upstream {
  const settings = new Map(
    [...bundle.matchAll(/^(BUNDLE_\S+?):\s+["']?([^"'\n]+?)["']?\s*$/gm)].map(
      (m) => [m[1]!.toUpperCase().replace(/\/$/, ''), m[2]!] as const,
    ),
  );
  const mirror = settings.get('BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG') ?? settings.get('BUNDLE_MIRROR__ALL');
  const source = /^:?sources:\s*\n\s*-\s*["']?([^"'\n]+?)["']?\s*$/m.exec(gemrc)?.[1];
  // By host, with two underlines for a dot: BUNDLE_GEMS__EXAMPLE__COM: "user:password".
  const signIn = ({ hostname }: URL): string | null => {
    const own = settings.get(`BUNDLE_${hostname.toUpperCase().replaceAll('-', '___').replaceAll('.', '__')}`);
    return own === undefined ? null : basic(own);
  };
  return upstreamOf(mirror ?? source ?? RUBYGEMS, signIn) ?? { base: RUBYGEMS, authorization: null };
}
const RUBYGEMS = 'https://rubygems.org/';

/**
 * Whom Maven asks for what stands on Maven Central, or, by the same file, Gradle for its plugins: a mirror of all, or
 * of this one.
 * @param settings the text of its settings.xml
 * @param place the id of the repository
 * @see https://maven.apache.org/guides/mini/guide-mirror-settings.html
 */
export function mavenUpstream(settings: string, place: 'central' | 'gradle-plugins' = 'central'): Upstream {
  const known = place === 'central' ? MAVEN : PLUGINS;
  const plain = settings.replace(/<!--[\s\S]*?-->/g, '');
  const blocks = (tag: string): string[] =>
    [...plain.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map((m) => m[1]!);
  const text = (block: string, tag: string): string =>
    unescaped(new RegExp(`<${tag}>\\s*([^<]*?)\\s*</${tag}>`).exec(block)?.[1] ?? '');
  const mirror = blocks('mirror').find((m) => isMirrorOf(place, text(m, 'mirrorOf')));
  const server =
    mirror === undefined ? undefined : blocks('server').find((s) => text(s, 'id') === text(mirror, 'id'));
  const [user, password] = [text(server ?? '', 'username'), text(server ?? '', 'password')];
  // One that Maven has encrypted is Maven's alone.
  const signIn = user === '' || /^\{.*\}$/.test(password) ? null : basic(`${user}:${password}`);
  return (
    upstreamOf(mirror === undefined ? known : text(mirror, 'url'), () => signIn) ?? {
      base: known,
      authorization: null,
    }
  );
}
const MAVEN = 'https://repo.maven.apache.org/maven2/';
const PLUGINS = 'https://plugins.gradle.org/m2/';
/** Gradle itself; it has no setting for another place. */
export const GRADLE: Upstream = { base: 'https://services.gradle.org/', authorization: null };

function isMirrorOf(place: string, of: string): boolean {
  const words = of.split(',').map((w) => w.trim());
  return !words.includes(`!${place}`) && words.some((w) => ['*', 'external:*', place].includes(w));
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&amp;', '&'],
]);
const unescaped = (text: string): string =>
  text.replace(/&(?:lt|gt|quot|apos|amp);/g, (e) => ENTITIES.get(e)!);
