// What a person reads of a held change to CI files: a sentence, and the diff beside it. Pure.

/** What is shown of a held change at most, in bytes. What is larger can't be allowed here. */
export const MAX_HELD_BYTES = 200_000;

/** A held change, as its item has it. */
export interface Held {
  /** As git prints it, whole or with a mark where it was cut. */
  readonly diff: string;
  /** Whether a yes lets it through; no where it could not be shown whole. */
  readonly mayAllow: boolean;
}

/** @param refusal why it can't be allowed here, as the end of a sentence; null when it can */
export function heldSentence(refusal: string | null): string {
  const end =
    refusal === null
      ? 'Allowing lets through exactly what stands here; any other change to them asks again. Scripts and programs that CI runs are not held.'
      : `This can't be allowed here: ${refusal}. Refuse it, and make the change on the forge yourself if you want it.`;
  return `CI runs these files with the repository's secrets. ${end}`;
}
