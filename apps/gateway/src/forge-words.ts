// What git says when the forge refuses a push, as it reaches the agent and the story. Pure.
import { reveal } from '@mainloop/models/flow/text';

const MOST_CHARS = 4_000;

/**
 * @param stderr of our own `git push`
 * @returns the forge's own words, line by line, with what is hidden in them spelt out, and why git calls it
 * refused; '' when it said nothing
 */
export function forgeWords(stderr: string): string {
  const lines = stderr.replace(/Authorization:.*/gi, '').split('\n');
  const said = lines
    .filter((l) => l.startsWith('remote:'))
    .map((l) => l.slice('remote:'.length).replace(/^ /, '').trimEnd());
  const why = lines
    .map((l) => /^\s*! \[(?:remote )?rejected\].*?\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(l)?.[1])
    .filter((w) => w !== undefined);
  return [...said.filter((l) => l !== ''), ...why].map(reveal).join('\n').slice(0, MOST_CHARS);
}

/**
 * What git and its curl say of a server that is not there, went away in the middle, or fails by itself. It
 * does not say it of one that refuses.
 */
const AWAY = [
  /Failed to connect|Couldn't connect|Could not resolve host|Connection (?:refused|reset|timed out)|Operation timed out|Network is unreachable/i,
  /Recv failure|Send failure|Empty reply from server|SSL_ERROR_SYSCALL|hung up unexpectedly|unexpected disconnect|early EOF/i,
  /(?:returned error:|RPC failed; HTTP) (?:429|5\d\d)\b/,
];

/**
 * @param stderr of our own git towards the forge
 * @returns whether the forge was away, so that the same may go well in a moment; a word of its own about a
 * branch is a refusal
 */
export const isForgeAway = (stderr: string): boolean =>
  !/^\s*! \[(?:remote )?rejected\]/m.test(stderr) && AWAY.some((shape) => shape.test(stderr));
