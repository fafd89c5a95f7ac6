// The few things every door of the gateway does with a request.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const unpack = promisify(gunzip);

export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Bodies that are in memory at once, over all requests. Beyond that a request is asked to come again. */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
let heldBytes = 0;
const heldBy = new WeakMap<IncomingMessage, number>();

/** Counts the body of a request until its answer is over. Called once for each, before anything is read. */
export function countBody(req: IncomingMessage, res: ServerResponse): void {
  heldBy.set(req, 0);
  res.once('close', () => {
    heldBytes -= heldBy.get(req) ?? 0;
    heldBy.delete(req);
  });
}

function hold(req: IncomingMessage, bytes: number): void {
  const mine = heldBy.get(req);
  if (mine === undefined) return;
  if (heldBytes + bytes > MAX_HELD_BYTES) throw new Refused(503, 'mainloop reads too much at once. Try again in a moment.');
  heldBy.set(req, mine + bytes);
  heldBytes += bytes;
}

const inWords = (bytes: number): string => (bytes < 1024 * 1024 ? `${Math.floor(bytes / 1024)} KiB` : `${Math.floor(bytes / 1024 / 1024)} MiB`);
const tooLong = (maxBytes: number): Refused => new Refused(413, `That is over ${inWords(maxBytes)}.`);

/** How long a sender that is refused may go on sending. */
const READ_ON_MS = 1_000;

/** Throws away what is still sent: who is answered in the middle of sending sees a broken connection instead of the answer. */
export function readOn(req: IncomingMessage): Promise<void> {
  if (req.complete || req.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, READ_ON_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    req.once('end', done).once('close', done).resume();
  });
}

export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLong(maxBytes);
  const parts: Buffer[] = [];
  let size = 0;
  try {
    // Left open when it is too long: the sender is to hear so.
    for await (const part of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > maxBytes) throw tooLong(maxBytes);
      hold(req, part.length);
      parts.push(part);
    }
  } catch (err) {
    if (err instanceof Refused) throw err;
    throw new Refused(400, 'The request was cut off.');
  }
  return Buffer.concat(parts);
}

/**
 * A body that may be packed with gzip, as git does.
 * @param maxBytes after unpacking: a few kilobytes can claim to be gigabytes
 */
export async function readPacked(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity') throw new Refused(415, 'Send it plain or packed with gzip.');
  const raw = await readBody(req, maxBytes);
  if (encoding === 'identity') return raw;
  try {
    return await unpack(raw, { maxOutputLength: maxBytes });
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refused(413, `That is over ${inWords(maxBytes)} once it is unpacked.`);
    throw new Refused(400, 'That says it is packed with gzip and is not.');
  }
}

export async function readJson(req: IncomingMessage, maxBytes = 1024 * 1024): Promise<unknown> {
  const raw = await readBody(req, maxBytes);
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    throw new Refused(400, 'That is not JSON.');
  }
}

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

/** Bearer, x-api-key (Claude Code) or the password of Basic (git and proxies, when they insist). */
export function tokenOf(req: IncomingMessage, header = 'authorization'): string | null {
  const key = req.headers['x-api-key'];
  if (header === 'authorization' && typeof key === 'string') return key;
  const a = req.headers[header];
  if (typeof a !== 'string') return null;
  const [scheme, value] = a.split(' ', 2);
  if (/^bearer$/i.test(scheme ?? '')) return value ?? null;
  if (/^basic$/i.test(scheme ?? ''))
    return Buffer.from(value ?? '', 'base64')
      .toString()
      .split(':')
      .slice(1)
      .join(':');
  return null;
}
