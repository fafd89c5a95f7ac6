// What a person wrote, out of what was kept of it. Pure.
import { formIn } from './form-in.ts';

/**
 * What a person wrote, of a text that may hold a whole form.
 * @param key what it is about, as `proposal/ID`
 */
export function wordsOf(key: string, text: string): string {
  if (!/^(?:proposal|comment)\//.test(key)) return text;
  const form = formIn(text);
  if (form === null) return text;
  return ['title', 'prompt', 'path', 'text', 'suggestion']
    .flatMap((field) => (typeof form[field] === 'string' && form[field] !== '' ? form[field] : []))
    .join('\n\n');
}
