// The gateway: the only way out of a sandbox. It trusts nobody; every request names its run by a token that
// dies with it.
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { collectAfterStart } from '@mainloop/network/after-start';
import { failpoints } from '@mainloop/network/failpoints';
import { guardListener } from '@mainloop/network/listener';
import { addIds, openLog, withIds } from '@mainloop/logs/log';
import { SANDBOX_GID } from '@mainloop/models/contracts/runner';
import { CALL_LEASE_MS, renewCalls, settleLapsed } from '@mainloop/models/db/money/budget';
import { ping } from '@mainloop/models/db/health/health';
import { wakeOn } from '@mainloop/models/db/listen';
import { openPool } from '@mainloop/models/db/pool';
import { findRunByToken } from '@mainloop/models/db/runs/epochs';
import { ZodError } from 'zod';
import { loadConfig } from './config.ts';
import { connectOut } from './egress.ts';
import { forgeProxy } from './forge-proxy.ts';
import { sweepQuarantine } from './git-places.ts';
import { gitProxy } from './git-proxy.ts';
import { countBody, idsOfRun, readOn, Refused, sendJson, tokenOf } from './http.ts';
import { afterUncaught } from './last-net.ts';
import { tidyMirrors } from './mirror-upkeep.ts';
import { modelProxy } from './model-proxy.ts';
import { packagesOf } from './registry/packages.ts';
import { routeOf } from './routes.ts';
import { runnerLink } from './runner-link.ts';

const SWEEP_MS = 10 * 60_000;
/** A connection on which nothing moves in either direction. Longer than a model is silent. */
const IDLE_MS = 15 * 60_000;
const MAX_CONNECTIONS = 2_000;
/** For answers under way when the process is told to end. */
const GRACE_MS = 5_000;

const log = openLog('gateway');
const config = loadConfig(process.env);
const me = randomUUID();
const db = openPool(config.databaseUrl, 'mainloop-gateway', 20);
const newsOf = wakeOn(config.databaseUrl, 'mainloop-gateway-listen', 'mainloop', () => false);
mkdirSync(config.gitDir, { recursive: true });
const model = modelProxy(config, db, me, log);
const hit = failpoints(config.failpoints);
const git = gitProxy(config, db, hit, log);
const forge = forgeProxy(config, db);
const packages = packagesOf(config, db, log);

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = URL.parse(req.url ?? '/', 'http://gateway');
  if (url === null) throw new Refused(400, 'That is no address.');
  const route = routeOf(req.method ?? '', url.pathname);
  if (typeof route === 'object' && route.service === 'health') {
    await ping(db);
    return sendJson(res, 200, { ok: true });
  }
  const token = tokenOf(req);
  if (token === null) throw new Refused(401, 'Say who you are.');
  if (typeof route === 'object' && route.service === 'model') return model.handle(req, res, url, token);
  if (
    typeof route === 'object' &&
    route.service === 'packages' &&
    (await packages.ofJob(req, res, url, token))
  )
    return;
  const run = await findRunByToken(db, token);
  if (!run) throw new Refused(401, 'This run has ended.');
  addIds(idsOfRun(run));
  if (route === 404) throw new Refused(404, 'No such route.');
  if (route === 405) throw new Refused(405, `This route does not know ${req.method}.`);
  if (route.service === 'git') return git.serve(req, res, url, run);
  if (route.service === 'forge') return forge(req, res, url, run);
  if (route.service === 'packages') return packages.ofRun(req, res, url, run);
  if (route.path === '/run/result') await packages.reportOf(run.id);
  const { permissionPatienceMs } = config;
  return runnerLink(db, newsOf, req, res, url, run, { packages: packages.hints, permissionPatienceMs }, hit);
}

/** @returns the status and the sentence of an error */
function answerTo(err: unknown): { status: number; message: string } {
  if (err instanceof Refused) return { status: err.status, message: err.message };
  if (err instanceof ZodError)
    return {
      status: 400,
      message: `That is not what was expected: ${err.issues[0]?.path.join('.')} ${err.issues[0]?.message}`,
    };
  return { status: 503, message: 'mainloop is not ready, try again.' };
}

function onRequest(req: IncomingMessage, res: ServerResponse): void {
  // A connection may break while we write to it, and that is nobody's fault here.
  req.on('error', () => undefined);
  res.on('error', () => undefined);
  countBody(req, res);
  handle(req, res).catch(async (err: unknown) => {
    const { status, message } = answerTo(err);
    if (!(err instanceof Refused) && status === 503)
      log.error({ err, path: req.url?.split('?')[0] }, 'request failed');
    if (res.headersSent) return void res.destroy();
    await readOn(req);
    // What is left of a body that nobody reads would be taken for the next request.
    if (!req.complete) res.setHeader('connection', 'close');
    // git tells its user what a server says as plain text, and of anything else no more than the number.
    if (req.url?.startsWith('/git/') === true)
      return void res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
    sendJson(res, status, { error: message });
  });
}

async function onConnect(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  const token = tokenOf(req, 'proxy-authorization');
  // Who can't be looked up has no way out; the program that asked says so.
  const run = token === null ? null : await findRunByToken(db, token).catch(() => null);
  if (!run)
    return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
  addIds(idsOfRun(run));
  await connectOut(req.url ?? '', { runId: run.id, projectSettings: run.project_settings }, socket, head);
}

function listen(target: number | string): Promise<http.Server> {
  const server = http.createServer(
    {
      // The time a request has to arrive; an answer may take as long as it moves.
      headersTimeout: config.headersMs,
      requestTimeout: config.bodyMs,
      connectionsCheckingInterval: Math.min(5_000, config.headersMs),
      keepAliveTimeout: 60_000,
    },
    (req, res) => withIds({}, () => onRequest(req, res)),
  );
  server.setTimeout(IDLE_MS);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connect', (req, socket, head) => {
    withIds({}, () =>
      onConnect(req, socket, head).catch((err: unknown) => {
        log.error({ err }, 'a connection out failed');
        socket.destroy();
      }),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const done = (): void => {
      // From here on it is one connection that could not be taken.
      server.off('error', reject).on('error', (err) => log.error({ err }, 'a connection could not be taken'));
      resolve(server);
    };
    if (typeof target === 'string') return void server.listen(target, done);
    guardListener(server, config.listener, 'none');
    // A listener has a time of its own for headers; ours is a setting.
    server.headersTimeout = config.headersMs;
    server.listen(target, config.host, done);
  });
}

mkdirSync(config.socketDir, { recursive: true, mode: 0o700 });
const socket = path.join(config.socketDir, 'gateway.sock');
rmSync(socket, { force: true });
const servers = await Promise.all([listen(config.port), listen(socket)]);
// Sandboxes that root starts have uids of their own and one group; others are ours. What counts within is the token.
if (process.getuid?.() === 0) chownSync(socket, 0, SANDBOX_GID);
chmodSync(socket, process.getuid?.() === 0 ? 0o660 : 0o600);
log.info({ port: config.port }, 'gateway is listening');
void collectAfterStart();

const every = (ms: number, what: string, work: () => Promise<unknown>): void => {
  const once = (): void => void work().catch((err: unknown) => log.warn({ err }, what));
  once();
  setInterval(once, ms).unref();
};
git.finishPushes().catch((err: unknown) => log.warn({ err }, 'what was forwarded could not be written down'));
git.awareness
  .begin()
  .catch((err: unknown) => log.warn({ err }, 'tasks could not be looked at beside each other'));
every(SWEEP_MS, 'collisions that are over could not be cleared', () => git.awareness.sweep());
every(SWEEP_MS, 'the quarantine could not be swept', () => sweepQuarantine(config, db));
every(SWEEP_MS, 'the kept packages could not be swept', () => packages.sweep());
let tidying: Promise<void> | null = null;
every(SWEEP_MS, 'the mirrors could not be packed', () => {
  // One that takes longer than the time between two is not begun a second time.
  tidying ??= tidyMirrors(config.gitDir)
    .then(({ packed, trouble }) => {
      if (packed.length > 0) log.info({ packed }, 'mirrors were packed');
      if (trouble.length > 0) log.warn({ trouble }, 'mirrors could not be packed');
    })
    .finally(() => (tidying = null));
  return tidying;
});
every(CALL_LEASE_MS / 3, 'calls to the model could not be accounted for', async () => {
  await renewCalls(db, me);
  await settleLapsed(db);
});

let ending = false;
/** Takes nothing new, ends what is open, pays for what was carried. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await Promise.race([
    Promise.all([model.idle(), packages.reportAll()]),
    new Promise((done) => setTimeout(done, GRACE_MS)),
  ]);
  await Promise.race([db.end(), new Promise((done) => setTimeout(done, GRACE_MS))]);
  process.exit(code);
}
process.once('SIGTERM', () => void end(0));

const uncaught: number[] = [];
function lastNet(err: unknown): void {
  log.fatal({ err }, 'an error reached nobody');
  const now = Date.now();
  const what = afterUncaught(err, uncaught, now);
  uncaught.push(now);
  if (uncaught.length > 100) uncaught.shift();
  if (what === 'end') void end(1);
}
process.on('uncaughtException', lastNet);
process.on('unhandledRejection', lastNet);
