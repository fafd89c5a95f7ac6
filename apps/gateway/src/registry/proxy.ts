// The package proxy: the registry of every sandbox and CI job. It reads, never writes; the client chooses a
// name, and all else is looked up.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { atMost } from '@mainloop/network/at-most';
import { allowedHost } from '../egress.ts';
import { Refused } from '../http.ts';
import { plainPath, type Answer, type AnswerTo, type Asked, type Found, type Page } from './asked.ts';
import type { Cache, FileKey, KeptFile } from './cache.ts';
import type { Upstream } from './clients.ts';
import { UPSTREAM_FAILED, type Fetch } from './fetcher.ts';
import type { Registry } from './registries.ts';

/** A page is asked for again after this. */
const FRESH_MS = 60_000;
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
/** Pages in memory at once: the largest are tens of megabytes. */
const MAX_PAGES = 8;

export interface PackageClient {
  readonly projectSettings: unknown;
  /** Hears what was handed out: "npm is-odd@3.0.1". */
  given(name: string): void;
}

/**
 * Answers package clients from the cache, or from the registry that knows the package.
 * @param registries in the order in which they are tried
 */
export function packageProxy(registries: readonly Registry[], cache: Cache, fetch: Fetch) {
  const underWay = new Map<string, Promise<KeptFile>>();
  const turn = atMost(MAX_PAGES);

  /**
   * The first registry that knows it; one that fails is not passed over, or somebody else's package would be
   * taken for it.
   */
  const readPage = async (registry: Registry, page: Page): Promise<{ up: Upstream; body: Buffer }> => {
    const all = registry.upstreams(page);
    for (const [i, up] of all.entries())
      try {
        return { up, body: await readFrom(registry, up, page) };
      } catch (err) {
        if (!(err instanceof Refused && err.status === 404) || i === all.length - 1) throw err;
      }
    throw new Refused(404, `mainloop: ${registry.name} is switched off on this machine.`);
  };

  const readFrom = async (registry: Registry, up: Upstream, page: Page): Promise<Buffer> => {
    const url = new URL(page.path, up.base);
    const key = `${url.href} ${page.accept}`;
    const kept = await cache.page(key);
    if (kept !== null && Date.now() - kept.readAt < FRESH_MS) return kept.body;
    const headers = {
      accept: page.accept,
      'accept-encoding': 'gzip',
      ...(kept?.etag ? { 'if-none-match': kept.etag } : {}),
    };
    try {
      const got = await fetch(url, up, headers);
      if (got.status === 304 && kept !== null) {
        got.body.resume();
        await cache.keepPage(key, { ...kept, readAt: Date.now() });
        return kept.body;
      }
      if (got.status !== 200) throw refusedBy(registry, url.host, page.name, got.status, got.body);
      const body = await wholeOf(got.body, got.headers['content-encoding'] === 'gzip', page.name);
      await cache.keepPage(key, { body, etag: got.headers.etag ?? null, readAt: Date.now() });
      return body;
    } catch (err) {
      // A registry that is down is no reason to forget what it said.
      if (kept !== null && err instanceof Refused && err.status === UPSTREAM_FAILED) return kept.body;
      throw err;
    }
  };

  const file = async (
    registry: Registry,
    asked: Asked & { kind: 'file' | 'known' },
  ): Promise<{ found: Found; kept: KeptFile }> => {
    const { up, found, at } = await turn(async () => {
      if (asked.kind === 'known') {
        const [only] = registry.upstreams(asked.page);
        if (only === undefined)
          throw new Refused(404, `mainloop: ${registry.name} is switched off on this machine.`);
        return { up: only, found: asked.found, at: only.base };
      }
      const page = await readPage(registry, asked.page);
      const also = asked.also ? await readFrom(registry, page.up, asked.also) : null;
      return {
        up: page.up,
        found: understood(registry, asked.page, page.body, (body) => asked.find(body, also)),
        at: new URL(asked.page.path, page.up.base).href,
      };
    });
    if (found === 'no file')
      throw new Refused(404, `mainloop: ${registry.name} knows no file ${asked.file} of ${asked.page.name}.`);
    if (found === 'no hash')
      throw new Refused(
        UPSTREAM_FAILED,
        `mainloop: ${registry.name} names no hash for ${asked.file}, so nobody could tell whether it is that.`,
      );
    const url = URL.parse(found.url, at);
    if (url === null || !/^https?:$/.test(url.protocol))
      throw new Refused(UPSTREAM_FAILED, `mainloop: ${registry.name} does not say where ${asked.file} is.`);
    url.username = '';
    url.password = '';
    const key: FileKey = found.hash === 'by the client' ? { address: url.href } : found.hash;
    const there = await cache.file(key);
    if (there !== null) return { found, kept: there };
    const id = JSON.stringify(key);
    const fetching =
      underWay.get(id) ?? download(registry, up, url, asked, key).finally(() => underWay.delete(id));
    underWay.set(id, fetching);
    return { found, kept: await fetching };
  };

  const download = async (
    registry: Registry,
    up: Upstream,
    url: URL,
    asked: Asked & { kind: 'file' | 'known' },
    key: FileKey,
  ): Promise<KeptFile> => {
    const got = await fetch(url, up, { accept: '*/*' });
    if (got.status !== 200) throw refusedBy(registry, url.host, asked.file, got.status, got.body);
    return cache
      .keepFile(key, got.body, { name: asked.file, maxBytes: MAX_FILE_BYTES })
      .catch((err: unknown) => {
        got.body.destroy();
        throw err instanceof Refused
          ? err
          : new Refused(UPSTREAM_FAILED, `mainloop: ${asked.file} broke off on its way from ${url.host}.`);
      });
  };

  const answer = async (
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
    client: PackageClient,
  ): Promise<void> => {
    const path = plainPath(url.pathname.slice('/registry'.length));
    const to: AnswerTo = {
      origin: originOf(req),
      userAgent: req.headers['user-agent'] ?? '',
      accept: req.headers.accept ?? '',
    };
    for (const registry of path === null ? [] : registries) {
      const asked = registry.asked(path!, to.accept);
      if (asked === null) continue;
      if (asked.kind === 'here') return sendPage(req, res, asked.answer(to));
      const hosts = [
        registry.publicHost,
        ...registry.upstreams(asked.page).map((up) => new URL(up.base).hostname),
      ];
      if (!hosts.some((h) => allowedHost(h, 443, client.projectSettings)))
        throw new Refused(403, `mainloop: ${registry.name} is not on this project's allow-list.`);
      if (asked.kind === 'page') {
        const made = await turn(async () =>
          understood(registry, asked.page, (await readPage(registry, asked.page)).body, (body) =>
            asked.answer(body, to),
          ),
        );
        if (made === null)
          throw new Refused(404, `mainloop: ${registry.name} knows no such version of ${asked.page.name}.`);
        return sendPage(req, res, made);
      }
      const { found, kept } = await file(registry, asked);
      if (found.label !== null) client.given(`${asked.page.ecosystem} ${found.label}`);
      res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': kept.bytes });
      if (req.method === 'HEAD') return void res.end();
      return pipeline(kept.read(), res).catch(() => void res.destroy());
    }
    throw new Refused(404, 'mainloop: there is no such package address here.');
  };

  return (req: IncomingMessage, res: ServerResponse, url: URL, client: PackageClient): Promise<void> =>
    answer(req, res, url, client).catch((err: unknown) => {
      if (!(err instanceof Refused) || res.headersSent) throw err;
      refuse(req, res, err);
    });
}

/** npm shows the field of a JSON, Go a plain text, pip what stands in the line of the status. */
function refuse(req: IncomingMessage, res: ServerResponse, { status, message }: Refused): void {
  const asText = req.url?.startsWith('/registry/go/') === true;
  const body = asText ? `${message}\n` : JSON.stringify({ error: message });
  res.writeHead(status, message.replace(/[^\x20-\x7e]/g, '?').slice(0, 300), {
    'content-type': asText ? 'text/plain; charset=utf-8' : 'application/json',
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

/** What the pure part makes of an answer. A registry that answers with something else is named. */
function understood<T>(registry: Registry, page: Page, body: Buffer, read: (body: Buffer) => T): T {
  try {
    return read(body);
  } catch {
    throw new Refused(
      UPSTREAM_FAILED,
      `mainloop: ${registry.name} answers for ${page.name} with what is no list of files.`,
    );
  }
}

function refusedBy(registry: Registry, host: string, name: string, status: number, body: Readable): Refused {
  body.resume();
  if (status === 404 || status === 410) return new Refused(404, `mainloop: ${host} knows no ${name}.`);
  if (status === 401 || status === 403)
    return new Refused(
      UPSTREAM_FAILED,
      `mainloop: ${host} does not give ${name} to this machine (${status}). Sign its own ${registry.client} in, then start mainloop again.`,
    );
  return new Refused(UPSTREAM_FAILED, `mainloop: ${host} answers ${status} for ${name}.`);
}

async function wholeOf(body: Readable, packed: boolean, name: string): Promise<Buffer> {
  const from = packed ? body.pipe(createGunzip()) : body;
  body.on('error', (err) => from.destroy(err));
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of from as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > MAX_PAGE_BYTES)
        throw new Refused(
          UPSTREAM_FAILED,
          `mainloop: the list of ${name} is over ${MAX_PAGE_BYTES / 1024 / 1024} MiB.`,
        );
      parts.push(part);
    }
  } catch (err) {
    body.destroy();
    throw err instanceof Refused
      ? err
      : new Refused(UPSTREAM_FAILED, `mainloop: the list of ${name} broke off on its way.`);
  }
  return Buffer.concat(parts);
}

function sendPage(req: IncomingMessage, res: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  const etag = `"${answer.etag ?? createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  const same = req.headers['if-none-match'] === etag;
  res.writeHead(same ? 304 : 200, {
    'content-type': answer.type,
    etag,
    ...(same ? {} : { 'content-length': body.length }),
  });
  res.end(same || req.method === 'HEAD' ? undefined : body);
}

/** Where the client sees us: always a port of its own machine. */
function originOf(req: IncomingMessage): string {
  const host = req.headers.host ?? '';
  return /^127\.0\.0\.1:\d{1,5}$/.test(host) ? `http://${host}` : 'http://127.0.0.1';
}
