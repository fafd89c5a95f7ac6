// A request by the name of its route. Who sends it, and where to, is up to the caller.
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

/**
 * What `fetch` takes besides the address.
 * @param who headers that say who asks
 */
export const fetchOptions = (
  { method, body }: Pick<Request, 'method' | 'body'>,
  who: Readonly<Record<string, string>>,
): { method: string; headers: Record<string, string>; body?: string } => ({
  method,
  headers: { ...who, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

/**
 * Asks by the names of routes.
 * @param send gives the response to a request, whatever its status
 * @param refused makes the error out of the api's one sentence
 * @returns answers of routes; it rejects with what `refused` makes, or with what `send` threw
 */
export const callOver =
  (send: (request: Request) => Promise<Response>, refused: (sentence: string) => Error): Call =>
  async <N extends RouteName>(name: N, sends?: Sends<N>): Promise<Answer<N>> => {
    const response = await send(requestOf(name, sends));
    if (!response.ok) throw refused(await sentenceOf(response));
    return (await response.json()) as Answer<N>;
  };

/**
 * Why something was refused.
 * @param response one that is not ok, and was not read yet
 * @returns the api's sentence; where what stands between us and it answered no JSON, the status
 */
export async function sentenceOf(response: Response): Promise<string> {
  // No JSON: then it says no more than its status.
  const data = (await response.json().catch(() => ({}))) as { error?: string };
  return data.error ?? `mainloop answered ${response.status}.`;
}
