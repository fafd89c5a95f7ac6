// Who did something, as the log names it: `you`, one of our processes, somebody on the forge, or a token that
// a program came with. Pure.
import { cleanTitle } from './text.ts';

/** The user, from a page, the command line or a device of their own. */
export const YOU = 'you';

/** No login has a colon, and no process of ours is called so. */
const TOKEN = 'token:';

/** @param name of the token, as the user gave it @returns as the log names a program that came with it */
export const tokenActor = (name: string): string => `${TOKEN}${cleanTitle(name)}`;

/** @returns the name of the token that it was done with; null when no program did it */
export const tokenOf = (actor: string): string | null =>
  actor.startsWith(TOKEN) ? actor.slice(TOKEN.length) : null;

/** @returns the actor as it stands in a sentence: `the token “my editor”`, and whoever else as they are called */
export function actorWords(actor: string): string {
  const name = tokenOf(actor);
  return name === null ? actor : `the token “${name}”`;
}

/**
 * A sentence about the user, said of whoever did it.
 * @param sentence as it is about the user: it begins with “You”, or names nobody
 * @param isQuote it is what they said themselves
 */
export function saidOf(actor: string, sentence: string, isQuote = false): string {
  if (tokenOf(actor) === null) return sentence;
  const who = actorWords(actor).replace(/^t/, 'T');
  if (isQuote) return `${who}: “${sentence}”`;
  return sentence.startsWith('You ') ? `${who} ${sentence.slice('You '.length)}` : `${who}: ${sentence}`;
}
