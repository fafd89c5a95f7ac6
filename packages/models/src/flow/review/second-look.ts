// A second look: an agent that did not write the change reads it before a person does. Pure.

/** `must`: wrong, or a danger; `should`: works, and is worth another try; `note`: for whoever reads the change. */
export const WEIGHTS = ['must', 'should', 'note'] as const;
export type Weight = (typeof WEIGHTS)[number];

/** How many things of each weight were found. */
export type Found = Readonly<Record<Weight, number>>;

/** @returns how many findings there are of each weight */
export function weighed(findings: readonly { readonly weight: string | null }[]): Found {
  const of = (weight: Weight): number => findings.filter((finding) => finding.weight === weight).length;
  return { must: of('must'), should: of('should'), note: of('note') };
}

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

/** What of a task tells how often its change went back: a look that ended, or that the person asked for changes. */
export type LookStep = { readonly is: 'look'; readonly found: Found } | { readonly is: 'changes' };

/**
 * @param history of the task, oldest first
 * @returns how often a second look sent the change back to its author since the person last asked for changes
 */
export const lookRounds = (history: readonly LookStep[]): number =>
  history.reduce((rounds, step) => {
    if (step.is === 'changes') return 0;
    return afterLook(step.found, rounds) === 'address' ? rounds + 1 : rounds;
  }, 0);

/**
 * What whoever found something is told: where it goes.
 * @param rounds how often this change went back to its author already
 */
export function foundAnswer(weight: Weight, rounds: number): string {
  if (weight === 'note') return 'Noted.';
  const follows = afterLook({ must: 0, should: 0, note: 0, [weight]: 1 }, rounds);
  return follows === 'address'
    ? 'Found: its author works on it.'
    : `Found: the person who decides on the change reads it; its author has had it back ${MAX_LOOK_ROUNDS} times.`;
}

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
 * What a look found, and what those before it left.
 * @param found by the newest look
 * @param open of all that was found, by whichever look
 */
export const leftBefore = (found: Found, open: Found): Found => ({
  must: Math.max(0, open.must - found.must),
  should: Math.max(0, open.should - found.should),
  note: Math.max(0, open.note - found.note),
});

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

/**
 * What reading the change cost by itself, of what its task cost.
 * @param runs of the task
 * @returns in millionths of a dollar; null where nobody had a second look
 */
export function lookCost(
  runs: readonly { readonly phase: string; readonly costMicrousd: number }[],
): number | null {
  const looks = runs.filter((run) => run.phase === 'second_look');
  return looks.length === 0 ? null : looks.reduce((sum, run) => sum + run.costMicrousd, 0);
}
