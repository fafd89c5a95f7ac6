// One request to an address that somebody else gave us, a push service for example. It goes to the internet
// or nowhere, and follows nothing.
import http from 'node:http';
import https from 'node:https';
import { lookupOf, resolvePublic, type Resolved } from './addresses.ts';

export interface OutsideRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
  /** For all of it, with looking up the name. */
  readonly timeoutMs: number;
  /** Whether the operator has named this very place, so that it may lie inside. */
  readonly isNamed?: (url: URL) => boolean;
  readonly resolve?: (host: string) => Promise<Resolved>;
}

/**
 * @returns the status of the answer; a redirect is an answer like any other, and what else it says is thrown away
 * @throws Error with one sentence when there is none
 */
export async function requestOutside(address: string, outside: OutsideRequest): Promise<number> {
  const url = new URL(address);
  const signal = AbortSignal.timeout(outside.timeoutMs);
  const named = outside.isNamed?.(url) === true;
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`${url.hostname} did not answer in time.`)), {
      once: true,
    });
  });
  // Raced below; when something else comes first it must not end the process.
  late.catch(() => undefined);
  const found = named ? null : await Promise.race([(outside.resolve ?? resolvePublic)(url.hostname), late]);
  if (found?.kind === 'unknown') throw new Error(`${url.hostname} does not resolve.`);
  if (found?.kind === 'private')
    throw new Error(`${url.hostname} lies in a private network (${found.address}).`);
  const place = found
    ? // The name stays what the certificate and the Host header are about; what is dialled are the addresses that were looked at.
      { lookup: lookupOf(found.addresses), autoSelectFamily: true }
    : {};
  return Promise.race([
    late,
    new Promise<number>((resolve, reject) => {
      const req = (url.protocol === 'https:' ? https : http).request(
        url,
        {
          ...place,
          agent: false,
          method: outside.method,
          headers: { ...outside.headers, 'content-length': outside.body.length },
          signal,
        },
        (res) => {
          res.on('error', () => undefined);
          res.resume();
          res.destroy();
          resolve(res.statusCode ?? 0);
        },
      );
      req.on('error', reject);
      req.end(outside.body);
    }),
  ]);
}
