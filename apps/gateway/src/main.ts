// The gateway: the only door out of a sandbox. It trusts nobody; every request names its run by a token that dies with it.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { keepDoor } from '@mainloop/doors/door';
import { wakeOn } from '@mainloop/models/db/listen';
import { openPool } from '@mainloop/models/db/pool';
import { findRunByToken } from '@mainloop/models/db/runs';
import pino from 'pino';
import { ZodError } from 'zod';
import { loadConfig } from './config.ts';
import { connectOut } from './egress.ts';
import { gitProxy, sweepQuarantine } from './git-proxy.ts';
import { Refused, sendJson, tokenOf } from './http.ts';
import { modelProxy } from './model-proxy.ts';
import { runnerLink } from './runner-link.ts';

const SWEEP_MS = 10 * 60_000;
const log = pino({ name: 'gateway' });
const c = loadConfig(process.env);
const db = openPool(c.databaseUrl, 'mainloop-gateway', 20);
const listen = wakeOn(c.databaseUrl, 'mainloop-gateway-listen', 'mainloop', () => false);
mkdirSync(c.gitDir, { recursive: true });
const model = modelProxy(c, db);
const git = gitProxy(c, db);

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://gateway');
  if (req.method === 'GET' && url.pathname === '/healthz') {
    await db.query('select 1');
    return sendJson(res, 200, { ok: true });
  }
  const token = tokenOf(req);
  if (token === null) throw new Refused(401, 'Say who you are.');
  if (url.pathname.startsWith('/v1/')) return model(req, res, url, token);
  const run = await findRunByToken(db, token);
  if (!run) throw new Refused(401, 'This run has ended.');
  if (url.pathname.startsWith('/git/')) return git(req, res, url, run);
  return runnerLink(db, listen, req, res, url, run);
}

function onRequest(req: IncomingMessage, res: ServerResponse): void {
  handle(req, res).catch((err: unknown) => {
    const status = err instanceof Refused ? err.status : err instanceof ZodError ? 400 : 503;
    const message =
      err instanceof Refused
        ? err.message
        : err instanceof ZodError
          ? `That is not what was expected: ${err.issues[0]?.path.join('.')} ${err.issues[0]?.message}`
          : 'mainloop is not ready, try again.';
    if (status === 503) log.error({ err, path: req.url?.split('?')[0] }, 'request failed');
    if (res.headersSent) return void res.destroy();
    sendJson(res, status, { error: message });
  });
}

async function onConnect(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  const token = tokenOf(req, 'proxy-authorization');
  const run = token === null ? null : await findRunByToken(db, token).catch(() => null);
  if (!run) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
  await connectOut(req.url ?? '', run.project_settings, socket, head);
}

function listenAt(target: number | string): Promise<http.Server> {
  const server = http.createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, onRequest);
  server.on('connect', (req, socket, head) => void onConnect(req, socket, head));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const done = (): void => resolve(server);
    if (typeof target === 'number') keepDoor(server, c.door, 'none');
    if (typeof target === 'number') server.listen(target, c.host, done);
    else server.listen(target, done);
  });
}

mkdirSync(c.socketDir, { recursive: true, mode: 0o755 });
const socket = path.join(c.socketDir, 'gateway.sock');
rmSync(socket, { force: true });
const servers = await Promise.all([listenAt(c.port), listenAt(socket)]);
// Any uid may connect: what counts is the token, and only sandboxes have this folder in view.
chmodSync(socket, 0o666);
log.info({ port: c.port }, 'gateway is listening');

const sweep = (): void => void sweepQuarantine(c, db).catch((err: unknown) => log.warn({ err }, 'the quarantine could not be swept'));
sweep();
setInterval(sweep, SWEEP_MS).unref();

process.once('SIGTERM', () => {
  for (const s of servers) {
    s.close();
    s.closeAllConnections();
  }
  void db.end().finally(() => process.exit(0));
});
