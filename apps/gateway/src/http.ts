// The few things every service of the gateway does with a request.
import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { LogIds } from '@mainloop/logs/log';
import type { RunByToken } from '@mainloop/models/db/runs/runs';

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

/**
 * Counts the body of a request until its answer is over. Called once for each, before anything is read.
 * @param req whose bytes are counted against all that are held at the moment
 */
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
  if (heldBytes + bytes > MAX_HELD_BYTES)
    throw new Refused(503, 'mainloop reads too much at once. Try again in a moment.');
  heldBy.set(req, mine + bytes);
  heldBytes += bytes;
}

const inWords = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.floor(bytes / 1024)} KiB` : `${Math.floor(bytes / 1024 / 1024)} MiB`;
const tooLong = (maxBytes: number): Refused => new Refused(413, `That is over ${inWords(maxBytes)}.`);

/** How long a sender that is refused may go on sending. */
const READ_ON_MS = 1_000;

/**
 * Throws away what is still sent: who is answered in the middle of sending sees a broken connection
 * instead of the answer.
 * @returns when all has come, the connection is gone, or it took too long
 */
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

/** The body in pieces, as it comes. @throws Refused when it is longer than that, or cut off */
async function* piecesOf(req: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLong(maxBytes);
  let size = 0;
  // Left open when it is too long: the sender is to hear so.
  const pieces = (req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (;;) {
    const piece = await pieces.next().catch(() => {
      throw new Refused(400, 'The request was cut off.');
    });
    if (piece.done === true) return;
    size += piece.value.length;
    if (size > maxBytes) throw tooLong(maxBytes);
    yield piece.value;
  }
}

/**
 * @param maxBytes of this body
 * @throws Refused: 413 for a longer one, 503 when too much is read at once
 */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of piecesOf(req, maxBytes)) {
    hold(req, part.length);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** A body that lies in a file without a name: nothing of it stays, whatever becomes of us. */
export interface Spooled {
  readonly file: FileHandle;
  readonly bytes: number;
  /** Its first bytes, as many as there are of so many. */
  head(maxBytes: number): Promise<Buffer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Writes a body to a file as it comes, and holds none of it in memory.
 * @param folder where the file lies while it is open
 */
export async function spoolBody(req: IncomingMessage, maxBytes: number, folder: string): Promise<Spooled> {
  const name = path.join(folder, `.spool-${randomUUID()}`);
  const file = await open(name, 'wx+', 0o600);
  try {
    await unlink(name);
    let bytes = 0;
    // At a place: whoever is given the file reads it from its beginning.
    for await (const piece of piecesOf(req, maxBytes))
      for (let at = 0; at < piece.length;) {
        const { bytesWritten } = await file.write(piece, at, piece.length - at, bytes);
        at += bytesWritten;
        bytes += bytesWritten;
      }
    return {
      file,
      bytes,
      head: async (max) => {
        const head = Buffer.alloc(Math.min(max, bytes));
        await file.read(head, 0, head.length, 0);
        return head;
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (err) {
    await file.close();
    throw err;
  }
}

/**
 * A body that may be packed with gzip, as git does.
 * @param maxBytes after unpacking: a few kilobytes can claim to be gigabytes
 */
export async function readPacked(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity')
    throw new Refused(415, 'Send it plain or packed with gzip.');
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

/**
 * @param maxBytes 1 MiB unless said otherwise
 * @throws Refused: 400 for what is no JSON, and see `readBody`
 */
export async function readJson(req: IncomingMessage, maxBytes = 1024 * 1024): Promise<unknown> {
  const raw = await readBody(req, maxBytes);
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    throw new Refused(400, 'That is not JSON.');
  }
}

/**
 * @param status HTTP's
 * @param body is written as JSON
 */
export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  res.end(text);
}

/**
 * Bearer, x-api-key (Claude Code) or the password of Basic (git and proxies, when they insist).
 * @returns null when it has none
 */
export function tokenOf(
  req: IncomingMessage,
  header: 'authorization' | 'proxy-authorization' = 'authorization',
): string | null {
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

/**
 * What a line of the log about a run's request is found by.
 * @returns the ids of its user, task and run
 */
export const idsOfRun = (run: RunByToken): LogIds => ({
  ownerId: run.owner_id,
  taskId: run.task_id,
  runId: run.id,
});
