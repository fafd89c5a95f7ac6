// One question to a registry, the way the operator's own client would ask it: its address, its credential,
// its proxy, its authorities.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { lookupOf, resolvePublic } from '@mainloop/network/addresses';
import { Refused } from '../http.ts';
import type { Environment, Upstream } from './clients.ts';

/** Clients try again what looks like a passing trouble (5xx), and wait for longer and longer. This is told once. */
export const UPSTREAM_FAILED = 424;
const MAX_HOPS = 3;

export interface FetcherOptions {
  /** Until the answer begins, with looking up the name and connecting; and the longest silence in it. */
  readonly ms: number;
  /** PEM, besides the ones that Node trusts. */
  readonly authorities: readonly string[];
  /** HTTPS_PROXY and the like. */
  readonly env: Environment;
}

interface Fetched {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

export type Fetch = (url: URL, upstream: Upstream, headers: Record<string, string>) => Promise<Fetched>;

/** @throws Refused by the returned function, with one sentence that names the host and holds no credential */
export function fetcher(options: FetcherOptions): Fetch {
  const proxied = Object.entries(options.env).some(([name, value]) => /^https?_proxy$/i.test(name) && value);
  const proxyEnv = proxied ? { proxyEnv: { ...options.env } } : {};
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 32, ...proxyEnv }),
    // Made once: reading some hundred authorities for each connection takes longer than the connection.
    'https:': new https.Agent({
      keepAlive: true,
      maxSockets: 32,
      secureContext: tls.createSecureContext({ ca: [...options.authorities] }),
      ...proxyEnv,
    }),
  };
  const seconds = `${Math.round(options.ms / 100) / 10} seconds`;

  const once = async (
    url: URL,
    upstream: Upstream,
    headers: Record<string, string>,
    deadline: number,
  ): Promise<Fetched> => {
    const named = [new URL(upstream.base).origin, ...(upstream.filesAt ?? [])].includes(url.origin);
    const late = new Refused(UPSTREAM_FAILED, `mainloop: ${url.host} did not answer within ${seconds}.`);
    const left = Math.max(1, deadline - Date.now());
    const place = named ? {} : await publicPlace(url, left, late, proxied);
    const signIn =
      upstream.authorization !== null && named && url.href.startsWith(upstream.base)
        ? { authorization: upstream.authorization }
        : {};
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const req = (secure ? https : http).request(url, {
        agent: agents[secure ? 'https:' : 'http:'],
        headers: { 'user-agent': 'mainloop', ...headers, ...signIn },
        ...place,
      });
      const timer = setTimeout(() => {
        reject(late);
        req.destroy();
      }, left);
      req.once('error', (err: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(
          Object.assign(
            new Refused(
              UPSTREAM_FAILED,
              `mainloop: ${url.host} can't be reached (${err.code ?? 'it broke off'}).`,
            ),
            {
              again: req.reusedSocket,
            },
          ),
        );
      });
      req.once('response', (body) => {
        clearTimeout(timer);
        // What breaks off later is heard by whoever reads it.
        req.on('error', () => undefined);
        body.setTimeout(options.ms, () => body.destroy(late));
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body });
      });
      req.end();
    });
  };

  return async (url, upstream, headers) => {
    const deadline = Date.now() + options.ms;
    for (let at = url, hops = 0; ; hops += 1) {
      const got = await once(at, upstream, headers, deadline).catch((err: unknown) => {
        // A connection that was kept, and that the other side closed just then.
        if ((err as { again?: boolean }).again === true) return once(at, upstream, headers, deadline);
        throw err;
      });
      if (![301, 302, 303, 307, 308].includes(got.status)) return got;
      got.body.resume();
      const to = URL.parse(got.headers.location ?? '', at.href);
      if (
        to === null ||
        !/^https?:$/.test(to.protocol) ||
        (at.protocol === 'https:' && to.protocol === 'http:') ||
        hops === MAX_HOPS
      )
        throw new Refused(
          UPSTREAM_FAILED,
          `mainloop: ${at.host} leads somewhere else, and not to the package.`,
        );
      at = to;
    }
  };
}

/**
 * A host that nobody named, only an answer of a registry: it has to lie on the internet.
 * @param proxied a proxy may know a name that we do not; what lies in our own networks is asked for through
 * none, and reached through none
 */
async function publicPlace(url: URL, ms: number, late: Refused, proxied: boolean): Promise<object> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<never>((_, no) => {
    timer = setTimeout(() => no(late), ms);
  });
  const found = await Promise.race([resolvePublic(url.hostname), slow]).finally(() => clearTimeout(timer));
  if (found.kind === 'unknown' && proxied) return {};
  if (found.kind === 'unknown') throw new Refused(UPSTREAM_FAILED, `mainloop: ${url.host} does not resolve.`);
  if (found.kind === 'private')
    throw new Refused(
      UPSTREAM_FAILED,
      `mainloop: ${url.host} lies in a private network, and is not a registry that was named.`,
    );
  if (proxied) return {};
  // An address of its own is looked up by nobody; it was looked at just now.
  return { lookup: lookupOf(found.addresses), autoSelectFamily: true };
}
