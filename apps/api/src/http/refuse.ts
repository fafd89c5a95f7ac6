// Our refusals become HTTP once, here. Every answer carries a code for programs and one sentence that says what to do.
import { HttpException } from '@nestjs/common';
import {
  refusal,
  REFUSALS,
  type About,
  type Refusal,
  type RefusalCode,
} from '@mainloop/models/flow/refusals';

export class Refused extends HttpException {
  readonly refusal: Refusal;
  constructor(r: Refusal) {
    super(r.sentence, REFUSALS[r.code].status);
    this.refusal = r;
  }
}

/** @param about what the sentence of this code names */
export const refuse = <C extends RefusalCode>(code: C, ...about: About<C>): Refused =>
  new Refused(refusal(code, ...about));

/** @returns what it was given, when nothing was refused @throws Refused */
export function granted<T extends { readonly ok: true }>(r: T | Refusal): T {
  if (!r.ok) throw new Refused(r);
  return r;
}

/** What a refused request is answered with. */
export const answerOf = (r: Refusal): { error: string; code: RefusalCode } => ({
  error: r.sentence,
  code: r.code,
});
