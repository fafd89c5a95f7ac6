// One origin for the browser: pages from SvelteKit's handler, /api (streams too) and /docs passed on to the api.
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { doorSettings, keepLocal } from '@mainloop/doors/door';

const here = path.dirname(fileURLToPath(import.meta.url));
const port = Number(process.env.WEB_PORT ?? 3000);
const api = new URL(process.env.API_URL ?? 'http://127.0.0.1:8000');
const publicUrl = process.env.MAINLOOP_PUBLIC_URL ? new URL(process.env.MAINLOOP_PUBLIC_URL) : null;
/** More names to answer to without a sign-in. For tests in a cluster of their own. */
const otherHosts = (process.env.MAINLOOP_HOSTS ?? '').split(',').filter(Boolean);
process.env.ORIGIN ??= publicUrl?.origin ?? `http://localhost:${port}`;
const built = path.join(here, 'build/handler.js');
if (!existsSync(built)) throw new Error('The page is not built. Run make build.');
const { handler } = (await import(pathToFileURL(built).href)) as {
  handler: (req: http.IncomingMessage, res: http.ServerResponse, next: () => void) => void;
};
const agent = new http.Agent({ keepAlive: true });

const server = http.createServer((req, res) => {
  const url = req.url ?? '/';
  if (url === '/healthz') return void res.end('ok');
  if (!isOurs(req.headers.host)) {
    res.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' });
    return void res.end('mainloop is open to this machine only. docs/phone.md says how to reach it from elsewhere, with a sign-in.\n');
  }
  if (url === '/api' || url.startsWith('/api/') || url === '/docs' || url.startsWith('/docs')) return passOn(req, res);
  handler(req, res, () => res.writeHead(404).end());
});

function passOn(req: http.IncomingMessage, res: http.ServerResponse): void {
  // A page on another site may make a browser send requests here; only our own origin may change anything.
  const origin = req.headers.origin;
  if (req.method !== 'GET' && origin !== undefined && origin !== publicUrl?.origin && !sameHost(origin, req.headers.host)) {
    res.writeHead(403, { 'content-type': 'application/json' });
    return void res.end(JSON.stringify({ error: 'This came from another site.' }));
  }
  const up = http.request(
    {
      host: api.hostname,
      port: api.port,
      method: req.method,
      path: req.url,
      // Who asked, for the limits of the sign-in. What the browser says of that does not count.
      headers: { ...req.headers, host: api.host, 'x-mainloop-client': clientOf(req) },
      agent: req.headers.accept?.includes('event-stream') ? false : agent,
    },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
      answer.on('error', () => res.destroy());
    },
  );
  up.on('error', () => {
    if (res.headersSent) return void res.destroy();
    res.writeHead(503, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ error: 'mainloop is starting. It tries again by itself.' }));
  });
  res.on('close', () => up.destroy());
  req.pipe(up);
}

/**
 * Without a sign-in we answer to names of this machine only: a page of another site can point its own name at us (DNS
 * rebinding), and a tunnel would open us to everybody.
 */
function isOurs(host: string | undefined): boolean {
  if (publicUrl !== null) return true;
  const name = (host ?? '').replace(/:\d+$/, '');
  return ['localhost', '127.0.0.1', '[::1]', ...otherHosts].includes(name);
}

/** The nearest one we can know: the last hop's word where we stand behind a proxy of our own, else the connection's. */
function clientOf(req: http.IncomingMessage): string {
  const forwarded =
    publicUrl === null
      ? undefined
      : String(req.headers['x-forwarded-for'] ?? '')
          .split(',')
          .at(-1)
          ?.trim();
  return forwarded || (req.socket.remoteAddress ?? '');
}

function sameHost(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

keepLocal(server, doorSettings(process.env));
server.listen(port, process.env.MAINLOOP_LISTEN ?? '127.0.0.1', () => console.log(`web on ${port}`));
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
