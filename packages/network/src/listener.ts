// What guards a listener: every connection and every request is looked at before anything of ours hears of it.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import {
  admit,
  listenerOf,
  FORWARDED_HEADERS,
  isLoopbackAddress,
  type RequestHead,
  type Pages,
} from '@mainloop/models/flow/machine/listeners';
import { keepOthersOut, localUsers } from './peers.ts';

/** Who sends its headers so slowly wants the connection, not an answer. Node's own is a minute. */
const HEADERS_TIMEOUT_MS = 15_000;
/** A refused client has so long to read why. */
const LAST_WORDS_MS = 1_000;

/** What every process that listens is given for its listeners. */
export interface ListenerSettings {
  /** What it binds. */
  readonly address: string;
  /** Where people reach mainloop from elsewhere; null: there is no sign-in. */
  readonly publicUrl: string | null;
  /** More names it is asked for under, such as that of its Service in a cluster. */
  readonly names: readonly string[];
  /** More users of this machine that may connect. */
  readonly localUsers: string;
}

/**
 * The settings every listener has, from the environment. An empty one is none.
 * @returns addresses and names as they are set, or the defaults: loopback only
 */
export function listenerSettings(env: Record<string, string | undefined>): ListenerSettings {
  return {
    address: env.MAINLOOP_LISTEN || '127.0.0.1',
    publicUrl: env.MAINLOOP_PUBLIC_URL?.trim() || null,
    names: (env.MAINLOOP_HOSTS ?? '').split(',').flatMap((n) => n.trim() || []),
    localUsers: env.MAINLOOP_LOCAL_USERS ?? '',
  };
}

/**
 * What the request says of itself, from the headers as they came: Node keeps only the first Host of
 * several.
 * @param req before anything of it was let in
 * @returns what `admit` decides on
 */
export function requestHeadOf(req: IncomingMessage): RequestHead {
  const all = (name: 'host' | 'origin'): string[] => req.headersDistinct[name] ?? [];
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
 * Puts a guard in front of whatever the server does so far; to be called after its listeners are there and
 * before it listens. CONNECT and what comes after a 101 are left to the server: no page can send the one, and
 * we offer none of the other.
 * @param pages whether it serves pages, see flow/machine/listeners.ts
 * @param bringsProof requests that bring a proof of their own, under whatever name they come
 * @throws Error with one sentence for a user that is none
 */
export function guardListener(
  server: Server,
  settings: ListenerSettings,
  pages: Pages,
  bringsProof: (req: IncomingMessage) => boolean = () => false,
): void {
  const listener = listenerOf({ ...settings, pages });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  const inside = server.listeners('request') as ((req: IncomingMessage, res: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (req, res) => {
    const admission = bringsProof(req) ? { ok: true as const } : admit(listener, requestHeadOf(req));
    if (admission.ok) {
      for (const handle of inside) handle.call(server, req, res);
      return;
    }
    const page = pages === 'served' && (req.headers.accept ?? '').includes('text/html');
    res.writeHead(admission.status, {
      'content-type': page ? 'text/plain; charset=utf-8' : 'application/json',
      connection: 'close',
    });
    res.end(
      page
        ? `${admission.sentence}\n`
        : JSON.stringify({ error: admission.sentence, message: admission.sentence, code: admission.code }),
    );
  });
  keepLocal(server, settings);
}

/** Loopback, where every connection has been looked at: a proxy beside us is one of the operator's. */
const PROXIES_OF_LOOPBACK = '127.0.0.0/8,::1';

/**
 * @param setting MAINLOOP_TRUSTED_PROXIES: addresses and networks (10.0.0.0/8), with commas between
 * @returns whether an address is that of a proxy whose X-Forwarded-For counts
 * @throws Error with one sentence for what is neither
 */
export function proxiesOf(
  setting: string | undefined,
  settings: ListenerSettings,
): (address: string) => boolean {
  const list = new BlockList();
  for (const one of (setting?.trim() || (isLoopbackAddress(settings.address) ? PROXIES_OF_LOOPBACK : ''))
    .split(',')
    .flatMap((x) => x.trim() || [])) {
    const [network, bits] = one.split('/');
    const family = isIP(network!);
    const widest = family === 6 ? 128 : 32;
    const width = bits === undefined ? widest : Number(bits);
    if (family === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)) || width > widest)
      throw new Error(
        `MAINLOOP_TRUSTED_PROXIES: ${one} is neither an address nor a network such as 10.0.0.0/8`,
      );
    list.addSubnet(network!, width, family === 6 ? 'ipv6' : 'ipv4');
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Lets in nobody but the users of this machine that may, where it binds loopback. Elsewhere the kernel
 * cannot tell.
 * @param server before it listens
 */
export function keepLocal(server: Server, settings: ListenerSettings): void {
  if (isLoopbackAddress(settings.address))
    keepOthersOut(server, localUsers(settings.localUsers), refuseSocket);
}

/** As plain an answer as HTTP has, to whoever has not been read yet. */
function refuseSocket(socket: Socket, sentence: string): void {
  const text = `${sentence}\n`;
  socket.on('error', () => socket.destroy());
  // What it sends is thrown away: closing on unread bytes would reset the connection before the answer is read.
  socket.resume();
  socket.end(
    `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
  setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref();
}
