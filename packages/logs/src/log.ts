// The log of a process: one JSON object a line, on stdout, and whose work each line is about.
import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** What a line can be found by. Each is named as in the database. */
export interface LogIds {
  readonly ownerId?: string;
  readonly projectId?: string;
  readonly taskId?: string;
  readonly runId?: string;
  readonly itemId?: string;
  readonly turnId?: string;
}

const work = new AsyncLocalStorage<LogIds>();

/**
 * @param name of the process
 * @param to where lines go; stdout, unless a test wants to read them
 * @returns a logger whose every line carries the ids of the work that it is written in. An error goes under
 * `err`, with its stack and causes
 */
export function openLog(name: string, to?: DestinationStream): Logger {
  const options = {
    name,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    mixin: () => work.getStore() ?? {},
    // What a line says itself is nearer to the truth than where it was written.
    mixinMergeStrategy: (said: object, ids: object) => ({ ...ids, ...said }),
  };
  return to === undefined ? pino(options) : pino(options, to);
}

/**
 * Lines that are written in `act`, and in whatever it starts, carry these ids besides those that are known
 * already.
 * @returns what `act` gives
 */
export function withIds<T>(ids: LogIds, act: () => T): T {
  return work.run({ ...work.getStore(), ...ids }, act);
}

/**
 * For ids that come out on the way, as when a token has been looked up: from here on all of this piece of
 * work carries them.
 * @param ids outside of a piece of work they are forgotten
 */
export function addIds(ids: LogIds): void {
  const here = work.getStore();
  if (here !== undefined) Object.assign(here, ids);
}
