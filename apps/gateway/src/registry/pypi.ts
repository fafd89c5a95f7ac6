// Python's index: the simple pages in both of their forms, and the files they name. Pure.
// @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
import { own } from '@mainloop/models/flow/look';
import type { Answer, AnswerTo, Asked, Found, Hash, Page } from './asked.ts';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?$/;
const FILE = /^[A-Za-z0-9][A-Za-z0-9._+!-]{0,250}$/;
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const ACCEPT = `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`;

type Hashes = Record<string, string>;
interface File {
  readonly filename: string;
  readonly url: string;
  readonly hashes: Hashes;
  readonly 'requires-python'?: string | null;
  readonly yanked?: boolean | string;
  readonly 'core-metadata'?: boolean | Hashes;
}

/** @param path without escapes */
export function askedOfPypi(path: string): Asked | null {
  const simple = /^\/pypi\/simple\/([^/]+)\/?$/.exec(path)?.[1];
  if (simple !== undefined) {
    if (!NAME.test(simple)) return null;
    const page = pageOf(simple);
    return { kind: 'page', page, answer: (body, o) => answerOf(page.name, filesOf(body), o) };
  }
  const [, name, file] = /^\/pypi\/files\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (name === undefined || file === undefined || !NAME.test(name) || !FILE.test(file)) return null;
  return { kind: 'file', page: pageOf(name), file, find: (body) => find(filesOf(body), normal(name), file) };
}

/** @see https://packaging.python.org/en/latest/specifications/name-normalization/ */
const normal = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');
const pageOf = (name: string): Page => ({
  ecosystem: 'pypi',
  name: normal(name),
  path: `${normal(name)}/`,
  accept: ACCEPT,
});

function find(files: readonly File[], name: string, file: string): Found | 'no file' | 'no hash' {
  const metadata = file.endsWith('.metadata');
  const found = files.find((x) => x.filename === (metadata ? file.slice(0, -'.metadata'.length) : file));
  if (found === undefined) return 'no file';
  const hashes = metadata ? found['core-metadata'] : found.hashes;
  const hash = hashOf(typeof hashes === 'object' ? hashes : {});
  if (hash === null) return 'no hash';
  return {
    url: metadata ? `${found.url}.metadata` : found.url,
    hash,
    label: metadata ? null : `${name}@${versionOf(found.filename)}`,
  };
}

const versionOf = (file: string): string =>
  file.endsWith('.whl')
    ? (file.split('-')[1] ?? '')
    : file.replace(/\.(tar\.(gz|bz2|xz)|tgz|zip)$/, '').replace(/^.*-/, '');

function hashOf(hashes: Hashes): Hash | null {
  for (const [algorithm, digits] of [
    ['sha512', 128],
    ['sha384', 96],
    ['sha256', 64],
  ] as const) {
    const hex = own(hashes, algorithm)?.toLowerCase();
    if (hex?.length === digits && /^[0-9a-f]+$/.test(hex)) return { algorithm, hex };
  }
  return null;
}

/** What a page names, in whichever form it came. What can't be fetched by a name of ours is left out. */
function filesOf(body: Buffer): File[] {
  const text = body.toString('utf8');
  const all = text.trimStart().startsWith('{')
    ? (JSON.parse(text) as { files: File[] }).files
    : anchors(text);
  return all
    .filter((f) => FILE.test(f.filename) && typeof f.url === 'string')
    .map((f) => ({ ...f, url: f.url.replace(/#.*$/, '') }));
}

function anchors(html: string): File[] {
  return [...html.matchAll(/<a\s([^>]*)>([^<]*)<\/a>/gi)].map(([, attributes, text]) => {
    const a = new Map(
      [...attributes!.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g)].map((match) => [
        match[1]!.toLowerCase(),
        plain(match[2] ?? match[3] ?? ''),
      ]),
    );
    const url = a.get('href') ?? '';
    const metadata = a.get('data-core-metadata') ?? a.get('data-dist-info-metadata');
    return {
      filename: plain(text!).trim(),
      url,
      hashes: pairOf(/#(.*)$/.exec(url)?.[1]),
      ...(a.has('data-requires-python') ? { 'requires-python': a.get('data-requires-python')! } : {}),
      ...(a.has('data-yanked') ? { yanked: a.get('data-yanked') || true } : {}),
      ...(metadata === undefined ? {} : { 'core-metadata': pairOf(metadata) }),
    };
  });
}

const pairOf = (text: string | undefined): Hashes => {
  const [, algorithm, hex] = /(?:^|&)(sha\d+)=([0-9a-f]+)/i.exec(text ?? '') ?? [];
  return algorithm === undefined || hex === undefined ? {} : { [algorithm.toLowerCase()]: hex.toLowerCase() };
};

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const plain = (html: string): string =>
  html.replace(
    /&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(\w+));/gi,
    (whole, ten?: string, hex?: string, name?: string) => {
      if (name !== undefined) return own(NAMED, name.toLowerCase()) ?? whole;
      return String.fromCodePoint(ten === undefined ? parseInt(hex!, 16) : Number(ten));
    },
  );
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function answerOf(name: string, files: readonly File[], options: AnswerTo): Answer {
  const here = (file: File): string =>
    `${options.origin}/pypi/files/${name}/${encodeURIComponent(file.filename)}`;
  if (options.accept.includes(JSON_TYPE)) {
    const versions = [...new Set(files.map((f) => versionOf(f.filename)))];
    const body = {
      meta: { 'api-version': '1.1' },
      name,
      versions,
      files: files.map((f) => ({ size: 0, ...f, url: here(f) })),
    };
    return { type: JSON_TYPE, body: JSON.stringify(body) };
  }
  const anchor = (file: File): string => {
    const hash = hashOf(file.hashes);
    const metadata = typeof file['core-metadata'] === 'object' ? hashOf(file['core-metadata']) : null;
    const attributes = [
      `href="${escaped(here(file) + (hash === null ? '' : `#${hash.algorithm}=${hash.hex}`))}"`,
      ...(file['requires-python'] ? [`data-requires-python="${escaped(file['requires-python'])}"`] : []),
      ...(file.yanked === undefined || file.yanked === false
        ? []
        : [`data-yanked="${escaped(file.yanked === true ? '' : file.yanked)}"`]),
      ...(metadata === null ? [] : [`data-core-metadata="${metadata.algorithm}=${metadata.hex}"`]),
    ];
    return `<a ${attributes.join(' ')}>${escaped(file.filename)}</a><br>`;
  };
  const head = `<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"><title>${name}</title></head><body>`;
  return {
    type: 'text/html; charset=utf-8',
    body: `${head}\n${files.map(anchor).join('\n')}\n</body></html>\n`,
  };
}
