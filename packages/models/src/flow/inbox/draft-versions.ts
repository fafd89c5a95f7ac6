// What a draft's text holds: words, or a whole form, and beside it the same one as other devices had it. Pure.
// By itself, because the first page needs no more of drafts than this.

/** A draft as a person sees it. */
export interface Versions {
  /** What stands in the form, or in the field. */
  readonly text: string;
  /** Whole forms that were written on other devices meanwhile, and hold words that this one does not. */
  readonly also: readonly string[];
}
/** Of a form's JSON, beside its fields: no key that words of a person would have which happen to be JSON. */
const ALSO = 'writtenElsewhere';

/** @returns the form that a draft's text holds; null where it holds words */
export function formIn(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // It only looks like a form.
    return null;
  }
}

/** @param text as it is kept: of a form, with what was written elsewhere */
export function versionsOf(text: string): Versions {
  const form = formIn(text);
  if (form === null || !Array.isArray(form[ALSO])) return { text, also: [] };
  const { [ALSO]: also, ...fields } = form;
  return {
    text: JSON.stringify(fields),
    also: [...new Set((also as unknown[]).filter((one) => typeof one === 'string'))],
  };
}

/** @returns as it is kept: what `versionsOf` reads */
export function withVersions({ text, also }: Versions): string {
  const form = also.length === 0 ? null : formIn(text);
  return form === null ? text : JSON.stringify({ ...form, [ALSO]: also });
}

/**
 * Two texts that were written without knowing of each other.
 * @returns both, the first one first; one alone where it holds the other
 */
export function joined(first: string, second: string): string {
  if (second.includes(first)) return second;
  return first.includes(second) ? first : `${first.trimEnd()} ${second.trimStart()}`;
}
