// What a person wrote, out of what was kept of it. Pure.
import { formIn, versionsOf } from '@mainloop/models/flow/inbox/draft-versions';

/**
 * What a person wrote, of a text that may hold a whole form.
 * @param key what it is about, as `proposal/ID`
 */
export function wordsOf(key: string, text: string): string {
  if (!/^(?:proposal|comment)\//.test(key)) return text;
  const versions = versionsOf(text);
  return [versions.text, ...versions.also].map(wordsOfForm).filter(Boolean).join('\n\n');
}

function wordsOfForm(text: string): string {
  const form = formIn(text);
  if (form === null) return text;
  return ['title', 'prompt', 'path', 'text', 'suggestion']
    .flatMap((field) => (typeof form[field] === 'string' && form[field] !== '' ? form[field] : []))
    .join('\n\n');
}
