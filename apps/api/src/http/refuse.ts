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
  constructor(refused: Refusal) {
    super(refused.sentence, REFUSALS[refused.code].status);
    this.refusal = refused;
  }
}

/** @param about what the sentence of this code names */
export const refuse = <C extends RefusalCode>(code: C, ...about: About<C>): Refused =>
  new Refused(refusal(code, ...about));

/** @returns what it was given, when nothing was refused @throws Refused */
export function granted<T extends { readonly ok: true }>(answer: T | Refusal): T {
  if (!answer.ok) throw new Refused(answer);
  return answer;
}

/**
 * What a refused request is answered with.
 * @returns the body; its status is that of the code
 */
export const answerOf = (refused: Refusal): { error: string; code: RefusalCode } => ({
  error: refused.sentence,
  code: refused.code,
});
