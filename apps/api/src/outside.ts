// Whatever this process fetches goes to the internet or to what its configuration names. A sign-in provider
// says by its discovery where else to ask: that may not be a machine of our own network, and neither may what
// it redirects to.
import { lookupOf, resolvePublic, type Resolved } from '@mainloop/network/addresses';
import { Agent, buildConnector, setGlobalDispatcher, type Dispatcher } from 'undici';
import type { ApiConfig } from './config.ts';

const hostOf = (url: URL): string => `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;

/**
 * The places that the operator's own words name; they may lie inside.
 * @returns their addresses
 */
export function namedPlaces(config: ApiConfig): URL[] {
  const named = [config.gatewayUrl, config.signIn?.oidc?.discoveryUrl, config.signIn?.github?.url];
  return named.filter((u) => typeof u === 'string').map((u) => new URL(u));
}

/**
 * Checks every connection as it is made, so a redirect is looked at like a first request, and dials the
 * addresses that were looked at.
 * @param named places that may be anywhere, each with its port
 */
export function guardedAgent(
  named: readonly URL[],
  resolve: (host: string) => Promise<Resolved> = resolvePublic,
): Dispatcher {
  const open = new Set(named.map(hostOf));
  const asItIs = buildConnector({});
  return new Agent({
    connect(options, callback) {
      const port = options.port || (options.protocol === 'https:' ? 443 : 80);
      if (open.has(`${options.hostname}:${port}`)) return asItIs(options, callback);
      resolve(options.hostname).then(
        (found) => {
          if (found.kind === 'unknown')
            return callback(new Error(`${options.hostname} does not resolve.`), null);
          if (found.kind === 'private')
            return callback(
              new Error(`${options.hostname} lies in a private network (${found.address}).`),
              null,
            );
          buildConnector({ lookup: lookupOf(found.addresses), autoSelectFamily: true })(options, callback);
        },
        (err: Error) => callback(err, null),
      );
    },
  });
}

/**
 * From here on `fetch` of this whole process is guarded.
 * @param config names the places inside that may be asked
 */
export const guardFetch = (config: ApiConfig): void => setGlobalDispatcher(guardedAgent(namedPlaces(config)));
