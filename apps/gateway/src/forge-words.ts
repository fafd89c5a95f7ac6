// What git says when the forge refuses a push, as it reaches the agent and the story. Pure.
import { reveal } from '@mainloop/models/flow/text';

const MOST_CHARS = 4_000;

/**
 * @param stderr of our own `git push`
 * @returns the forge's own words, line by line, with what is hidden in them spelt out, and why git calls it refused; '' when it said nothing
 */
export function forgeWords(stderr: string): string {
  const lines = stderr.replace(/Authorization:.*/gi, '').split('\n');
  const said = lines.filter((l) => l.startsWith('remote:')).map((l) => l.slice('remote:'.length).replace(/^ /, '').trimEnd());
  const why = lines.map((l) => /^\s*! \[(?:remote )?rejected\].*?\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(l)?.[1]).filter((w) => w !== undefined);
  return [...said.filter((l) => l !== ''), ...why].map(reveal).join('\n').slice(0, MOST_CHARS);
}
