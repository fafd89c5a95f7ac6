// Our closed error kinds become HTTP once, here. Every answer carries one sentence that says what to do.
import { HttpException } from '@nestjs/common';
import { own } from '@mainloop/models/flow/look';

const STATUS: Readonly<Record<string, number>> = {
  not_found: 404,
  expired: 410,
  declined: 409,
  altered: 409,
  closed: 409,
  wrong_decision: 422,
  empty: 422,
  rejected: 422,
  timeout: 504,
  forbidden: 403,
};

export const refuse = (kind: string, sentence: string): HttpException => new HttpException({ error: sentence, kind }, own(STATUS, kind) ?? 400);
