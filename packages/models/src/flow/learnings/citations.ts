// Which rules an agent says it went by, and which come up for review because none does. Pure.

/** As learnings are called: agents are given them in brackets, and name them with and without. */
const ID = /(?<![\w-])L[0-9a-z]{4,12}(?![\w-])/g;

/** @returns ids that stand in what an agent says, each once; whether there are such rules is not known here */
export const citedIn = (text: string): string[] => [...new Set(text.match(ID) ?? [])];

/** So many runs are given a rule before it says something that none named it. */
export const GIVEN_BEFORE_REVIEW = 10;

/** How often a rule was given and named since a person decided on it last. Each run counts once. */
export interface Used {
  readonly given: number;
  readonly cited: number;
}

/** @returns whether agents are given a rule again and again and go by it never: then a person looks at it */
export const isIgnored = ({ given, cited }: Used): boolean => given >= GIVEN_BEFORE_REVIEW && cited === 0;

/** @returns how a rule is used, in a sentence; empty where it was given to nobody */
export function usedWords({ given, cited }: Used): string {
  if (given === 0) return '';
  const runs = `Given to ${given === 1 ? 'one run' : `${given} runs`}`;
  if (cited === 0) return `${runs}, named by none.`;
  return `${runs}, named by ${cited === 1 ? 'one' : cited}.`;
}
