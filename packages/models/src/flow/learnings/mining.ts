// Rules in reviews from before mainloop: which comments are looked at, and what is said of it. Pure.
import { isAlike } from './learnings.ts';
import { signalsOf, type Signal } from './signals.ts';

/** So many of the newest comments on lines are read; the forge gives a hundred for a request. */
export const MINED_COMMENTS = 300;

/** A comment on a line of a pull request. */
export interface OldComment {
  readonly id: number;
  /** The pull request. */
  readonly pull: number;
  readonly author: string;
  readonly isOurs: boolean;
  readonly isBot: boolean;
  readonly isReply: boolean;
  readonly body: string;
  readonly path: string | null;
  readonly url: string;
}
export interface OldSignal {
  readonly signal: Signal;
  readonly commentId: number;
  readonly url: string;
}

/** What came of a look. `sentence`: why it could not be had; null where it could. */
export interface Mined {
  readonly read: number;
  readonly kept: number;
  readonly again: number;
  readonly sentence: string | null;
}

/** What may teach something, as far as nobody asks who may write. */
export const worthReading = (comments: readonly OldComment[]): OldComment[] =>
  comments.filter(
    ({ isOurs, isBot, isReply, author, url }) =>
      // A person opens the address.
      !isOurs && !isBot && !isReply && author !== '' && /^https?:\/\//.test(url),
  );

/**
 * What old comments teach, the oldest first: what was said in two pull requests comes up twice, and what was said
 * twice in one only once.
 * @param mayWrite accounts of the forge whose words count
 */
export function signalsIn(comments: readonly OldComment[], mayWrite: ReadonlySet<string>): OldSignal[] {
  const said = new Map<number, string[]>();
  return worthReading(comments)
    .filter(({ author }) => mayWrite.has(author))
    .toSorted((a, b) => a.id - b.id)
    .flatMap(({ id, pull, author, body, path, url }) => {
      const signals = signalsOf({ is: 'comment', author, isUsers: false, text: body, path });
      const before = said.get(pull) ?? [];
      const fresh = signals.filter(({ rule }) => !before.some((other) => isAlike(other, rule)));
      said.set(pull, [...before, ...fresh.map(({ rule }) => rule)]);
      return fresh.map((signal) => ({
        signal: { ...signal, why: `${signal.why.replace(/[.]$/, '')}, in #${pull}.` },
        commentId: id,
        url,
      }));
    });
}

/** @returns what came of it, in a sentence */
export function minedWords({ read, kept, again, sentence }: Mined): string {
  if (sentence !== null) return sentence;
  if (read === 0) return 'There are no comments on lines of its pull requests.';
  const comments = read === 1 ? 'One comment was read' : `${read} comments were read`;
  if (kept + again === 0) return `${comments}; none said a rule.`;
  const rules = kept === 1 ? 'one rule was kept' : `${kept} rules were kept`;
  return again === 0
    ? `${comments}, ${rules}.`
    : `${comments}, ${rules}, ${again} said again what was known.`;
}
