// What a person reads of a held change to CI files: a sentence, and the diff behind a fence that nothing in it can close. Pure.
import { fence } from './text.ts';

/** What is shown of a held change at most, in bytes. What is larger can't be allowed here. */
export const MAX_HELD_BYTES = 200_000;
export const ALLOW = 'Allow';

/** @param refusal why it can't be allowed here, as the end of a sentence; null when it can */
export function heldBody(diff: string, refusal: string | null): string {
  const end =
    refusal === null
      ? 'Allowing lets through exactly what stands here; any other change to them asks again. Scripts and programs that CI runs are not held.'
      : `This can't be allowed here: ${refusal}. Refuse it, and make the change on the forge yourself if you want it.`;
  return `CI runs these files with the repository's secrets. ${end}\n\n${fence(diff, 'diff')}`;
}

/** @returns the sentence and the diff that `heldBody` put together */
export function readHeld(body: string): { sentence: string; diff: string } {
  const at = /\n\n(`{3,})diff\n/.exec(body);
  if (!at) return { sentence: body, diff: '' };
  const from = at.index + at[0].length;
  return { sentence: body.slice(0, at.index), diff: body.slice(from, Math.max(from, body.length - at[1]!.length - 1)) };
}
