// The runner's side of the gateway: requests over its socket or address, tried again until the gateway is back.
import http from 'node:http';
import net from 'node:net';
import type { RunnerConfig } from './config.ts';

const FIRST_TRY_MS = 150;
const LONGEST_TRY_MS = 10_000;

/**
 * The token is no longer good: the run has ended or somebody else runs it under a newer epoch. Nothing more
 * may be done.
 */
export class FencedOut extends Error {}

export interface GatewayLink {
  /** One request; throws on a broken connection, returns any HTTP answer. */
  once(
    method: string,
    path: string,
    body?: Buffer | string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Buffer }>;
  /** Like `once`, but goes on trying while the gateway is away or answers 5xx. */
  patiently(
    method: string,
    path: string,
    body?: Buffer | string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Buffer }>;
}

/** @param holder the name that the run is claimed under: it goes with every request, and to nobody else */
export function gatewayLink(config: RunnerConfig, holder: string): GatewayLink {
  const agent = new EagerAgent({ keepAlive: true, maxSockets: 6 });
  const once: GatewayLink['once'] = (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const req = http.request(
        {
          ...('path' in config.gateway ? { socketPath: config.gateway.path } : config.gateway),
          agent,
          method,
          path,
          headers: {
            authorization: `Bearer ${config.token}`,
            'x-mainloop-holder': holder,
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
          timeout: 30_000,
        },
        (res) => {
          const parts: Buffer[] = [];
          res.on('data', (d: Buffer) => parts.push(d));
          res.on('error', reject);
          res.on('end', () => {
            if (res.statusCode === 401) reject(new FencedOut('the gateway does not know this run any more'));
            else resolve({ status: res.statusCode ?? 0, body: Buffer.concat(parts) });
          });
        },
      );
      req.on('timeout', () => req.destroy(new Error('no answer in 30 s')));
      req.on('error', reject);
      req.end(body);
    });
  return {
    once,
    async patiently(method, path, body, headers) {
      for (let wait = 50; ; wait = Math.min(wait * 2, 3_000)) {
        try {
          const answer = await once(method, path, body, headers);
          if (answer.status < 500) return answer;
        } catch (err) {
          if (err instanceof FencedOut) throw err;
        }
        await new Promise((r) => setTimeout(r, wait));
      }
    },
  };
}

/**
 * In a pod that has just started the first packets may be dropped, until the network plugin has heard of it.
 * TCP would say it again only after a second (RFC 6298); a new attempt after a moment comes through as soon
 * as the gateway listens.
 */
class EagerAgent extends http.Agent {
  private failed = 0;
  override createConnection(options: net.NetConnectOpts): net.Socket {
    const socket = net.connect(options);
    const timer = setTimeout(
      () => socket.destroy(new Error('no connection')),
      Math.min(FIRST_TRY_MS * 2 ** this.failed, LONGEST_TRY_MS),
    );
    socket.once('close', () => clearTimeout(timer));
    socket.once('error', () => void (this.failed += 1));
    socket.once('connect', () => {
      clearTimeout(timer);
      this.failed = 0;
    });
    return socket;
  }
}

/**
 * Claude Code and git speak TCP to a port of their own machine, wherever the gateway is. This joins them.
 * @returns the port it listens on
 */
export function relay(config: RunnerConfig): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (inside) => {
    const outside = net.connect({ ...config.gateway, allowHalfOpen: true });
    inside.pipe(outside).pipe(inside);
    inside.on('error', () => outside.destroy());
    outside.on('error', () => inside.destroy());
    inside.on('close', () => outside.destroy());
    outside.on('close', () => inside.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.gatewayPort, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}
