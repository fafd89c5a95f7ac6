// Whatever goes wrong leaves as one sentence. Details go to the log, never to the caller.
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { Logger } from 'pino';

@Catch()
export class ErrorsFilter implements ExceptionFilter {
  private readonly log: Logger;
  constructor(log: Logger) {
    this.log = log;
  }

  catch(err: unknown, host: ArgumentsHost): void {
    const res = host.switchToHttp().getResponse<Response>();
    const { status, body } = translate(err);
    if (status >= 500) this.log.error({ err }, 'request failed');
    if (res.headersSent) res.end();
    else res.status(status).json(body);
  }
}

const TOO_BIG = 'That is too big: a file may have 20 MB. Put a larger one into the repository, or make the picture smaller.';

function translate(err: unknown): { status: number; body: { error: string; kind?: string } } {
  // Express says it with a type, Nest wraps that.
  if ((err as { type?: string }).type === 'entity.too.large' || (err instanceof HttpException && err.getStatus() === 413))
    return { status: 413, body: { error: TOO_BIG } };
  if (err instanceof HttpException) {
    const r = err.getResponse() as { error?: string; kind?: string; message?: string | string[] } | string;
    if (typeof r === 'object' && r.kind) return { status: err.getStatus(), body: { error: String(r.error), kind: r.kind } };
    const said = typeof r === 'string' ? r : Array.isArray(r.message) ? r.message[0] : (r.message ?? err.message);
    return { status: err.getStatus(), body: { error: typeof said === 'string' ? said : 'That is not what was expected.' } };
  }
  const e = err as { type?: string; status?: number };
  if (e.type === 'entity.parse.failed') return { status: 400, body: { error: 'That is not JSON.' } };
  if (isDiskFull(err))
    return {
      status: 507,
      body: { error: 'The disk is full, so nothing was saved. Free some space, then try again; what was there before is safe.' },
    };
  return { status: 503, body: { error: 'mainloop is not ready. It tries again by itself; run mainloop status if this lasts.' } };
}

/** Postgres says 53100, the operating system ENOSPC. */
const isDiskFull = (err: unknown): boolean => {
  const e = err as { code?: string; message?: string };
  return e.code === '53100' || e.code === 'ENOSPC' || /no space left on device/i.test(e.message ?? '');
};
