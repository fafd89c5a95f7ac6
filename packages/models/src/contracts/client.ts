// A request by the name of its route. Pure: who sends it is up to the caller.
import { own } from '../flow/look.ts';
import { ROUTES, type Answer, type Route, type RouteName, type Sends } from './routes.ts';

export interface Request {
  readonly method: Route['method'];
  /** With its query. */
  readonly path: string;
  /** JSON; undefined where nothing is sent. */
  readonly body: unknown;
}

/**
 * A step of a path is taken for one however it is written, and would lead to another route: the pause of the task
 * ".." pauses everything.
 */
const NO_ID = new Set(['', '.', '..']);

/**
 * @param sends undefined for a route that takes nothing
 * @returns what to send, with every parameter in its place
 * @throws Error with one sentence for what can be no id
 */
export function requestOf<N extends RouteName>(name: N, sends: Sends<N> | undefined): Request {
  const route: Route = ROUTES[name];
  const { query, body, ...params } = (sends ?? {}) as {
    query?: Record<string, unknown>;
    body?: unknown;
  } & Record<string, unknown>;
  const path = route.path.replace(/\{(\w+)\}/g, (_, param: string) => {
    const value = String(own(params, param));
    if (NO_ID.has(value)) throw new Error('That is no id.');
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {}))
    if (value !== undefined) search.set(key, String(value));
  return { method: route.method, path: search.size === 0 ? path : `${path}?${search}`, body };
}

/** Asks the api by the name of a route. A route without parameters and body needs no second argument. */
export type Call = <N extends RouteName>(
  name: N,
  ...sends: object extends Sends<N> ? [sends?: Sends<N>] : [sends: Sends<N>]
) => Promise<Answer<N>>;
