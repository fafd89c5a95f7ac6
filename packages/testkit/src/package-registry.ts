// Registries of the test's own, with real little packages in them.
import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface TestRegistry {
  readonly url: string;
  /** What it was asked, with the credential that was shown. */
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

export async function startRegistry(
  answer: (path: string, res: ServerResponse, req: IncomingMessage, url: string) => void,
): Promise<TestRegistry> {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = http.createServer((req, res) => {
    const path = decodeURIComponent(req.url ?? '/');
    asked.push({ path, authorization: req.headers.authorization });
    answer(path, res, req, url);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** @param files by their path in it */
export function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const blocks: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const body = Buffer.from(text);
    const head = Buffer.alloc(512);
    const put = (at: number, s: string): void => void head.write(s, at, 'latin1');
    put(0, name);
    put(
      100,
      '0000644\0' +
        '0000000\0' +
        '0000000\0' +
        `${body.length.toString(8).padStart(11, '0')}\0` +
        '00000000000\0' +
        '        0',
    );
    put(257, 'ustar\x0000');
    put(
      148,
      `${head
        .reduce((a, b) => a + b, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
    );
    blocks.push(head, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1_024)]));
}

export interface NpmPackage {
  readonly tarball: Buffer;
  /** What is sent in its place. */
  readonly sent?: Buffer;
  readonly dependencies?: Record<string, string>;
}

export const npmPackage = (name: string, dependencies: Record<string, string> = {}): NpmPackage => ({
  dependencies,
  tarball: tarOf({
    'package/package.json': JSON.stringify({ name, version: '1.0.0', main: 'index.js', dependencies }),
    'package/index.js': `module.exports = ${JSON.stringify(name)};\n`,
  }),
});

/** A registry of npm with one version of each. @param token whoever does not show it is refused */
export function startNpm(
  packages: Readonly<Record<string, NpmPackage>>,
  token?: string,
): Promise<TestRegistry> {
  return startRegistry((path, res, req, url) => {
    if (token !== undefined && req.headers.authorization !== `Bearer ${token}`)
      return void res.writeHead(401).end(`you are not ${token}`);
    const [name, file] = path.slice(1).split('/-/');
    const p = packages[name!];
    if (!p) return void res.writeHead(404).end('{}');
    if (file !== undefined) return void res.end(p.sent ?? p.tarball);
    const integrity = `sha512-${createHash('sha512').update(p.tarball).digest('base64')}`;
    const tarball = `${url}/${name}/-/${name!.split('/').at(-1)}-1.0.0.tgz`;
    const version = { name, version: '1.0.0', dependencies: p.dependencies, dist: { tarball, integrity } };
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }));
  });
}
