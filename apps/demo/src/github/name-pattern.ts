// Patterns for names of branches and files, as workflows have them. Pure. No regular expression is made of
// them: whoever pushes a workflow could write one that takes for ever. @see
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet

/** One place of a pattern. */
interface Place {
  fits(character: string): boolean;
  /** Nothing may stand here. */
  isOptional: boolean;
  /** More than one may stand here. */
  isMany: boolean;
  /** So many places may be left out together, from this one on; 0: none. */
  readonly leaves: number;
}

const PART = /\*\*\/|\*\*|\*|\?|(?<=.)\+|\[[\w-]+\]|[^]/gu;

/** @param name of a branch, or a file's path */
export function isLike(pattern: string, name: string): boolean {
  const places = placesOf(pattern);
  let at = from(places, [0]);
  for (const character of name) {
    const next: number[] = [];
    for (const i of at) {
      const place = places[i];
      if (place === undefined || !place.fits(character)) continue;
      next.push(i + 1);
      if (place.isMany) next.push(i);
    }
    at = from(places, next);
    if (at.size === 0) return false;
  }
  return at.has(places.length);
}

/** With where one comes to by leaving out what may be left out. */
function from(places: readonly Place[], start: readonly number[]): Set<number> {
  const at = new Set(start);
  // What is added while it is gone through is gone through too.
  for (const i of at) {
    const place = places[i];
    if (place === undefined) continue;
    if (place.isOptional) at.add(i + 1);
    if (place.leaves > 0) at.add(i + place.leaves);
  }
  return at;
}

function placesOf(pattern: string): Place[] {
  const places: Place[] = [];
  const add = (fits: Place['fits'], how: Partial<Place> = {}): void =>
    void places.push({ fits, isOptional: false, isMany: false, leaves: 0, ...how });
  for (const [part] of pattern.matchAll(PART)) {
    const before = places.at(-1);
    if (part === '**/') {
      // "**/x" is also "x" itself.
      add(isAny, { isOptional: true, isMany: true, leaves: 2 });
      add((c) => c === '/');
    } else if (part === '**') add(isAny, { isOptional: true, isMany: true });
    else if (part === '*') add((c) => c !== '/', { isOptional: true, isMany: true });
    else if (part === '?' && before !== undefined) before.isOptional = true;
    else if (part === '+' && before !== undefined) before.isMany = true;
    else if (part.length > 2 && part.startsWith('[')) add(ofClass(part.slice(1, -1)));
    else add((c) => c === part);
  }
  return places;
}

const isAny = (): boolean => true;

/** @param inside "a-z0-9" */
function ofClass(inside: string): Place['fits'] {
  const ranges = [...inside.matchAll(/(\w)-(\w)|[\w-]/g)].map((m) => [m[1] ?? m[0], m[2] ?? m[0]] as const);
  return (c) => ranges.some(([first, last]) => c >= first && c <= last);
}
