// A listener's door: every request is looked at before anything of ours hears of it.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { admit, FORWARDED_HEADERS, type Door, type Knock } from '@mainloop/models/flow/doors';

/** Who sends its headers so slowly wants the connection, not an answer. Node's own is a minute. */
const HEADERS_TIMEOUT_MS = 15_000;

/** What the request says of itself, from the headers as they came: Node keeps only the first Host of several. */
export function knockOf(req: IncomingMessage): Knock {
  const all = (name: string): string[] => req.headersDistinct[name] ?? [];
  const site = req.headers['sec-fetch-site'];
  return {
    method: req.method ?? '',
    hosts: all('host'),
    origins: all('origin'),
    fetchSite: typeof site === 'string' ? site : null,
    isForwarded: FORWARDED_HEADERS.some((h) => req.headers[h] !== undefined),
  };
}

/**
 * Puts a door in front of whatever the server does with requests so far. Call it once, after its listeners are there.
 * CONNECT is left alone: it names its target as the host and no page can send it.
 */
export function keepDoor(server: Server, door: Door): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  const inside = server.listeners('request') as ((req: IncomingMessage, res: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (req, res) => {
    const a = admit(door, knockOf(req));
    if (a.ok) {
      for (const listener of inside) listener.call(server, req, res);
      return;
    }
    res.writeHead(a.status, { 'content-type': 'application/json', connection: 'close' });
    res.end(JSON.stringify({ error: a.sentence, message: a.sentence, kind: a.kind }));
  });
}
