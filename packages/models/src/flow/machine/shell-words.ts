// The words of a shell command that is nothing but words. Pure.

/**
 * Stands outside quotes in a plain word. No expansion, pattern, redirection, job, comment or history begins
 * with any of these.
 */
const BARE = /[A-Za-z0-9_./:@%+,=^~-]/;
/**
 * A quoted newline is a letter like any other (commit messages have them); other control characters are
 * nobody's words.
 */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Splits a command as a POSIX shell would, if it is one simple command made of literal words. Everything a
 * shell would act on is refused instead of understood: operators, expansions, globs, braces, redirections,
 * assignments, escapes, comments, newlines outside quotes. A wrong "no" costs a question, a wrong "yes" a
 * command that nobody saw.
 * @returns the words without their quotes, or null when it is anything else
 */
export function plainWords(command: string): string[] | null {
  if (!command.isWellFormed() || CONTROL.test(command)) return null;
  const words: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < command.length; i++) {
    const character = command[i]!;
    if (character === ' ') {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "'" || character === '"') {
      const end = command.indexOf(character, i + 1);
      if (end === -1) return null;
      const inside = command.slice(i + 1, end);
      if (character === '"' && /[$`\\!]/.test(inside)) return null;
      word = (word ?? '') + inside;
      i = end;
    } else {
      if (!BARE.test(character)) return null;
      // A tilde is a letter within a word (HEAD~1) and somebody's home at its start and behind = and :.
      if (character === '~' && !/[A-Za-z0-9~^]/.test(command[i - 1] ?? '')) return null;
      word = (word ?? '') + character;
    }
  }
  if (word !== null) words.push(word);
  return words.length > 0 ? words : null;
}
