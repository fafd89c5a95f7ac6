// What goes wrong while a page is made, as a line of the shared log that is found by whose work it is about.
import type { LogIds, Logger } from '@mainloop/logs/log';

/** @param params of the page's route: `id` is a task wherever a route has one */
export const idsOf = (ownerId: string, params: Readonly<Record<string, string | undefined>>): LogIds => ({
  ownerId,
  ...(params.id === undefined ? {} : { taskId: params.id }),
});

/** What SvelteKit's `handleError` is told. */
export interface PageError {
  /** `unknown`: what our code, or code that it calls, has thrown. The others are answers: a page that is not there, or is refused. */
  readonly kind: 'app' | 'framework' | 'validation' | 'unknown';
  readonly error: unknown;
  /** Where the page would be, without what was asked for there: that may hold a token. */
  readonly path: string;
  readonly ids: LogIds;
}

/**
 * Writes it down. An answer is no failure of ours, and is asked for by whoever passes by.
 * @param ids of what the page is about
 */
export function logPageError(log: Logger, { kind, error, path, ids }: PageError): void {
  if (kind === 'unknown') log.error({ ...ids, err: error, path }, 'a page failed');
  else log.debug({ ...ids, said: error, path }, 'a page was refused');
}
