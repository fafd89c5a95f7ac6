// What the first page offers to ask for. Pure.

/** The project that the demo brings. */
const DEMO = 'demo/tally';
const OFFERED = 3;

export interface Added {
  /** Owner/name, or the name of a folder. */
  readonly name: string;
  /** What was seen in it, as it would be asked for. */
  readonly suggestions: readonly string[];
}
export interface Tries {
  readonly head: string;
  /** What is shown, and sent as it is shown. */
  readonly words: readonly string[];
}

/** @returns without the demo's */
export const ownOf = (projects: readonly Added[]): Added[] => projects.filter(({ name }) => name !== DEMO);

/**
 * Of the project that was added last: what was seen in it, filled up with what can be asked of any.
 * @param demo a scripted model answers, which knows nothing of anybody's code
 * @returns null where nothing can be asked for yet
 */
export function triesFor(projects: readonly Added[], demo: boolean): Tries | null {
  if (demo && projects.some(({ name }) => name === DEMO))
    return {
      head: 'Three things to try on the demo project',
      words: [
        'Splitting 10.00 three ways loses a cent.',
        'What is going on right now?',
        'Fix the rounding in tally, just do it.',
      ],
    };
  const own = ownOf(projects);
  const last = own.at(-1);
  if (demo || last === undefined) return null;
  const { name, suggestions } = last;
  // With several projects a sentence that names none could be about any.
  const seen = own.length === 1 ? suggestions : suggestions.map((words) => `In ${name}: ${words}`);
  return {
    head: suggestions.length === 0 ? 'Three things to ask for' : `Seen in ${name}`,
    words: [
      ...seen,
      `Look through ${name} and suggest one small thing to fix first.`,
      `Which part of ${name} has no test? Write one for it.`,
      `Is the README of ${name} still right? Correct what is not.`,
    ].slice(0, OFFERED),
  };
}
