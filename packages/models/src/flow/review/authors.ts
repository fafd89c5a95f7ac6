// Who made a comment on a change, in the words of whoever reads it. Pure.
import { actorWords, YOU } from '../actors.ts';

/** What one reader calls those whom everybody calls differently. */
export interface Called {
  /** The user, who may be the reader. */
  readonly user: string;
  /** An agent that did not write the change. */
  readonly secondLook: string;
}

/**
 * @param comment `via`: where it was made; `author`: as the log names them
 * @param called what the reader calls the user and a second look
 * @returns as a line of theirs begins: somebody on the forge by their login, a program by its token
 */
export function commentAuthor(
  { via, author }: { readonly via: string; readonly author: string },
  called: Called,
): string {
  if (via === 'look') return called.secondLook;
  return author === YOU ? called.user : actorWords(author);
}
