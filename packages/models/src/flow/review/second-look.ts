// A second look: an agent that did not write the change reads it before a person does. Pure.

/** `must`: wrong, or a danger; `should`: works, and is worth another try; `note`: for whoever reads the change. */
export const WEIGHTS = ['must', 'should', 'note'] as const;
export type Weight = (typeof WEIGHTS)[number];

/** How many things of each weight were found. */
export type Found = Readonly<Record<Weight, number>>;

/** How often one change goes back to its author, before the person sees it with what is left. */
export const MAX_LOOK_ROUNDS = 2;

/**
 * What follows a second look.
 * @param found what it found this time
 * @param rounds how often this change went back to its author already
 * @returns `address`: its author works through it; `offer`: it is offered for review, with what was found
 */
export const afterLook = ({ must, should }: Found, rounds: number): 'address' | 'offer' =>
  must + should > 0 && rounds < MAX_LOOK_ROUNDS ? 'address' : 'offer';

/**
 * What was found, for a line of the review.
 * @returns such as "1 must, 2 notes"; '' where nothing was found
 */
export const foundWords = ({ must, should, note }: Found): string =>
  [
    must > 0 ? `${must} must` : '',
    should > 0 ? `${should} should` : '',
    note > 0 ? `${note} ${note === 1 ? 'note' : 'notes'}` : '',
  ]
    .filter((words) => words !== '')
    .join(', ');

/**
 * Where a finding is, as an agent writes it: "src/a.ts:12", or a path alone.
 * @param at '' or null for the change as a whole
 */
export function placeOf(at: string | null): { readonly path: string | null; readonly line: number | null } {
  const place = (at ?? '').trim().replace(/^\.\//, '');
  if (place === '') return { path: null, line: null };
  const [, path = '', line = ''] = /^(.+?):(\d{1,7})(?:[-:]\d*)?$/.exec(place) ?? [];
  const number = Number(line);
  return path === '' || number < 1 ? { path: place, line: null } : { path, line: number };
}
