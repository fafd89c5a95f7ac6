// What a person wrote, out of what was kept of it. Pure.

/**
 * What a person wrote, of a text that may hold a whole form.
 * @param key what it is about, as `proposal/ID`
 */
export function wordsOf(key: string, text: string): string {
  if (!/^(?:proposal|comment)\//.test(key)) return text;
  try {
    const form = (JSON.parse(text) ?? {}) as Record<string, unknown>;
    return ['title', 'prompt', 'path', 'text', 'suggestion']
      .flatMap((field) => (typeof form[field] === 'string' && form[field] !== '' ? form[field] : []))
      .join('\n\n');
  } catch {
    // No form of ours.
    return text;
  }
}
