// One origin for the browser: pages from SvelteKit's handler, /api (streams too) and /docs passed on to the api.
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openLog } from '@mainloop/logs/log';
import { collectAfterStart } from '@mainloop/network/after-start';
import { listenerSettings, guardListener, proxiesOf } from '@mainloop/network/listener';
import { clientOf, FORWARDED_HEADERS, whyNotOpen } from '@mainloop/models/flow/machine/listeners';

const log = openLog('web');
const here = path.dirname(fileURLToPath(import.meta.url));
const port = Number(process.env.WEB_PORT ?? 3000);
const api = new URL(process.env.API_URL ?? 'http://127.0.0.1:8000');
const listener = listenerSettings(process.env);
const isProxy = proxiesOf(process.env.MAINLOOP_TRUSTED_PROXIES, listener);
const closed = whyNotOpen(listener);
if (closed !== null) throw new Error(closed);
process.env.ORIGIN ??=
  listener.publicUrl === null ? `http://localhost:${port}` : new URL(listener.publicUrl).origin;
const built = path.join(here, 'build/handler.js');
if (!existsSync(built)) throw new Error('The page is not built. Run make build.');
const { handler } = (await import(pathToFileURL(built).href)) as {
  handler: (req: http.IncomingMessage, res: http.ServerResponse, next: () => void) => void;
};
const agent = new http.Agent({ keepAlive: true });

const server = http.createServer((req, res) => {
  const url = req.url ?? '/';
  if (url === '/healthz') return void res.end('ok');
  if (url === '/api' || url.startsWith('/api/') || url === '/docs' || url.startsWith('/docs'))
    return passOn(req, res);
  handler(req, res, () => res.writeHead(404).end());
});

function passOn(req: http.IncomingMessage, res: http.ServerResponse): void {
  const up = http.request(
    {
      host: api.hostname,
      port: api.port,
      method: req.method,
      path: req.url,
      headers: headersFor(req),
      agent: req.headers.accept?.includes('event-stream') ? false : agent,
    },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
      answer.on('error', () => res.destroy());
    },
  );
  up.on('error', (err) => {
    // Whoever asked has left, and we hung up ourselves.
    if (res.closed) return;
    log.warn({ err, path: req.url?.split('?')[0] }, 'the api did not answer');
    if (res.headersSent) return void res.destroy();
    res.writeHead(503, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ error: 'mainloop is starting. It tries again by itself.' }));
  });
  res.on('close', () => up.destroy());
  req.pipe(up);
}

/**
 * Where nobody signs in, whose page it is has been looked at here: the api knows no pages then. With a
 * sign-in it looks again.
 */
const OF_PAGES = ['origin', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest'];

/**
 * What the api hears of a request: who asked comes from us, for the limits of the sign-in, and nothing of it
 * from the browser.
 */
function headersFor(req: http.IncomingMessage): http.OutgoingHttpHeaders {
  const left = new Set([
    ...FORWARDED_HEADERS,
    'x-mainloop-client',
    ...(listener.publicUrl === null ? OF_PAGES : []),
  ]);
  const forwardedFor = String(req.headers['x-forwarded-for'] ?? '')
    .split(',')
    .filter(Boolean);
  return {
    ...Object.fromEntries(Object.entries(req.headers).filter(([name]) => !left.has(name))),
    host: api.host,
    'x-mainloop-client': clientOf(req.socket.remoteAddress ?? '', forwardedFor, isProxy),
  };
}

guardListener(server, listener, 'served');
server.listen(port, listener.address, () => log.info({ port }, 'web is listening'));
void collectAfterStart();
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
