// The runner's own log, in the shape of everybody else's (packages/logs). It is written here because the
// runner is one bundled file, and the library that the others use can not be bundled as a module.

const about: Record<string, string> = {};

/**
 * From here on each line says whose run it is.
 * @param ids what each line names besides itself
 */
export function setIds({ taskId, runId }: { readonly taskId: string; readonly runId: string }): void {
  Object.assign(about, { taskId, runId });
}

/** @returns one line: what happened, how bad it is, whose run it was, and the error with its stack */
export function logLine(level: 'info' | 'warn' | 'fatal', msg: string, err?: unknown): string {
  const error = err instanceof Error ? { type: err.name, message: err.message, stack: err.stack } : err;
  return JSON.stringify({
    level,
    time: new Date().toISOString(),
    pid: process.pid,
    name: 'runner',
    ...about,
    ...(err === undefined ? {} : { err: error }),
    msg,
  });
}

/**
 * Writes such a line to stderr: stdout is nobody's, and what the agent prints has a file of its own.
 * @param err what went wrong; its stack is kept
 */
export function say(level: 'info' | 'warn' | 'fatal', msg: string, err?: unknown): void {
  process.stderr.write(`${logLine(level, msg, err)}\n`);
}
