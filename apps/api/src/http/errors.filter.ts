// Whatever goes wrong leaves as a code and one sentence. Details go to the log, never to the caller.
import {
  BadRequestException,
  Catch,
  HttpException,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { refusal, REFUSALS, type Refusal } from '@mainloop/models/flow/refusals';
import type { Request, Response } from 'express';
import type { Logger } from '@mainloop/logs/log';
import { answerOf, Refused } from './refuse.ts';

@Catch()
export class ErrorsFilter implements ExceptionFilter {
  private readonly log: Logger;
  constructor(log: Logger) {
    this.log = log;
  }

  catch(err: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const res = http.getResponse<Response>();
    const refused = translate(err, http.getRequest<Request>());
    const status = err instanceof HttpException ? err.getStatus() : REFUSALS[refused.code].status;
    if (status >= 500) this.log.error({ err }, 'request failed');
    if (res.headersSent) res.end();
    else res.status(status).json(answerOf(refused));
  }
}

function translate(err: unknown, req: Request): Refusal {
  if (err instanceof Refused) return err.refusal;
  const thrown = err as { type?: string };
  // Express says it with a type, Nest wraps that.
  if (thrown.type === 'entity.too.large' || (err instanceof HttpException && err.getStatus() === 413))
    return refusal('too_big');
  // Of a body that is no JSON, Nest keeps the parser's words alone; nothing was read from it then.
  if (err instanceof BadRequestException && req.body === undefined && typeof req.is('json') === 'string')
    return refusal('no_json');
  if (err instanceof NotFoundException) return refusal('no_route', req.method, req.path);
  if (err instanceof HttpException) return refusal('invalid', saidBy(err));
  return refusal(isDiskFull(err) ? 'disk_full' : 'not_ready');
}

/** The first thing that is wrong with what was sent. */
function saidBy(err: HttpException): string {
  const response = err.getResponse() as { message?: string | string[] } | string;
  const said = typeof response === 'string' ? response : [response.message ?? err.message].flat()[0];
  return typeof said === 'string' ? said : 'That is not what was expected.';
}

/** Postgres says 53100, the operating system ENOSPC. */
const isDiskFull = (err: unknown): boolean => {
  const thrown = err as { code?: string; message?: string };
  return (
    thrown.code === '53100' ||
    thrown.code === 'ENOSPC' ||
    /no space left on device/i.test(thrown.message ?? '')
  );
};
