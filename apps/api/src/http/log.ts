// Whose request a line of the log is about, and Nest's own lines in the log of everybody else.
import type { LoggerService } from '@nestjs/common';
import { withIds, type LogIds, type Logger } from '@mainloop/logs/log';
import { OWNER } from '@mainloop/models/flow/ids';
import type { NextFunction, Request, Response } from 'express';

/** What the id in a path is the id of. */
const ID_IN_PATH: readonly (readonly [RegExp, keyof LogIds])[] = [
  [/^\/api\/tasks\/([^/]+)/, 'taskId'],
  [/^\/api\/runs\/([^/]+)/, 'runId'],
  [/^\/api\/inbox\/([^/]+)/, 'itemId'],
  [/^\/api\/projects\/([^/]+)/, 'projectId'],
];
/** Longer than any id of ours: what stands there is somebody's try. */
const MAX_ID = 200;

/** @param path of a request, as it came */
export function idsOfPath(path: string): LogIds {
  for (const [pattern, name] of ID_IN_PATH) {
    const id = pattern.exec(path)?.[1];
    if (id !== undefined && id.length <= MAX_ID) return { ownerId: OWNER, [name]: id };
  }
  return { ownerId: OWNER };
}

/**
 * A middleware: all that is done for this request is logged with its ids.
 * @param next runs within them
 */
export function idsOfRequest(req: Request, _: Response, next: NextFunction): void {
  withIds(idsOfPath(req.path), next);
}

/**
 * Nest says an error's stack, or where it comes from, in arguments of their own. Its ordinary lines are
 * left out.
 * @returns what Nest logs by
 */
export const nestLog = (log: Logger): LoggerService => ({
  log: () => undefined,
  warn: (message: unknown, ...more: unknown[]) => log.warn({ more }, String(message)),
  error: (message: unknown, ...more: unknown[]) =>
    log.error(message instanceof Error ? { err: message, more } : { more }, String(message)),
});
