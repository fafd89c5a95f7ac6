// The legs of a matrix, as GitHub makes them, and which of them this machine can run. `act` says the machine of
// one leg for all of them, whichever is asked first (0.2.89: it fills in the job's own `runs-on`): a job for three
// systems then runs on all of them as if they were this one, or on none. So it is only given the legs that are
// ours. Pure.
import { own } from '@mainloop/models/flow/look';
import { isMap, parse, parseDocument, visit, type Document } from 'yaml';

type Leg = Readonly<Record<string, unknown>>;
type Matrix = Readonly<Record<string, unknown>>;

/** A leg that this machine can't run. */
export interface AbsentLeg {
  readonly job: string;
  /** Its values, as GitHub shows them: "1.22, macos-latest". */
  readonly leg: string;
}

/** GitHub refuses a matrix with more: https://docs.github.com/actions/reference/limits */
const MAX_LEGS = 256;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const records = (value: unknown): readonly Leg[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * @param matrix of a job, with values that are known
 * @returns its legs, in GitHub's order
 * @see https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
 */
export function combinations({ include, exclude, ...keys }: Matrix): readonly Leg[] {
  const product = Object.entries(keys).reduce<readonly Leg[]>(
    (legs, [key, values]) =>
      legs.flatMap((leg) => (values as unknown[]).map((value) => ({ ...leg, [key]: value }))),
    [{}],
  );
  const isExcluded = (leg: Leg): boolean =>
    records(exclude).some((not) => Object.entries(not).every(([key, value]) => same(own(leg, key), value)));
  const originals = Object.keys(keys).length === 0 ? [] : product.filter((leg) => !isExcluded(leg));
  const legs = originals.map((original) => ({ original, all: original }));
  const further: Leg[] = [];
  for (const more of records(include)) {
    const takes = legs.filter(({ original }) =>
      Object.entries(more).every(
        ([key, value]) => !Object.hasOwn(original, key) || same(own(original, key), value),
      ),
    );
    if (takes.length === 0) further.push(more);
    for (const leg of takes) leg.all = { ...leg.all, ...more };
  }
  return [...legs.map(({ all }) => all), ...further];
}

/** @returns how many legs there are before any is excluded; null for what is no matrix, or one that is known only later */
function sizeOf(matrix: unknown): number | null {
  if (!isRecord(matrix) || JSON.stringify(matrix).includes('${{')) return null;
  const { include, exclude, ...keys } = matrix;
  const lists = Object.values(keys);
  const isKnown = [...lists, include ?? [], exclude ?? []].every((list) => Array.isArray(list));
  if (!isKnown) return null;
  const product =
    lists.length === 0 ? 0 : lists.reduce<number>((n, list) => n * (list as unknown[]).length, 1);
  return product + records(include).length;
}

/** @returns the machine that a leg asks for; null when its matrix does not say */
function machineOf(runsOn: string, leg: Leg): string | null {
  const said = runsOn.replace(/\$\{\{\s*matrix((?:\.[\w-]+)+)\s*\}\}/g, (whole, path: string) => {
    const value = path
      .slice(1)
      .split('.')
      .reduce<unknown>((at, key) => (isRecord(at) ? own(at, key) : undefined), leg);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
  });
  return said.includes('${{') ? null : said;
}

const shown = (leg: Leg): string =>
  Object.values(leg)
    .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
    .join(', ');

interface Split {
  /** A machine for all that is left; null: as the job says. */
  readonly runsOn: string | null;
  readonly include: readonly Leg[];
  readonly absent: readonly Leg[];
}

/** @returns null where all legs may stay, or nobody can say yet */
function split(matrix: unknown, runsOn: unknown, has: (machine: string) => boolean): Split | null {
  const size = sizeOf(matrix);
  if (size === null || size === 0 || size > MAX_LEGS || typeof runsOn !== 'string' || !runsOn.includes('${{'))
    return null;
  const legs = combinations(matrix as Matrix).map((leg) => ({ leg, machine: machineOf(runsOn, leg) }));
  if (legs.some(({ machine }) => machine === null)) return null;
  const absent = legs.filter(({ machine }) => !has(machine!));
  const here = legs.filter(({ machine }) => has(machine!)).map(({ leg }) => leg);
  const [first] = absent;
  return here.length === 0 && first !== undefined
    ? { runsOn: first.machine, include: [first.leg], absent: absent.map(({ leg }) => leg) }
    : { runsOn: null, include: here, absent: absent.map(({ leg }) => leg) };
}

/**
 * @param text of a workflow
 * @param machine `has`: whether it is one of those by their names; `parallel`: legs of a job that it runs at once
 * @returns the workflow that `act` is given, and the legs that are left out of it
 */
export function legsHere(
  text: string,
  machine: { readonly has: (name: string) => boolean; readonly parallel: number },
): { readonly text: string; readonly absent: readonly AbsentLeg[] } {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents) || hasAliases(document))
    return { text, absent: [] };
  const { jobs } = parse(text) as { readonly jobs?: unknown };
  const absent: AbsentLeg[] = [];
  let isChanged = false;
  for (const [id, job] of isRecord(jobs) ? Object.entries(jobs) : []) {
    const strategy = isRecord(job) && isRecord(job.strategy) ? job.strategy : null;
    if (!isRecord(job) || strategy === null || !('matrix' in strategy)) continue;
    const legs = split(strategy.matrix, job['runs-on'], machine.has);
    const own = strategy['max-parallel'];
    const parallel = typeof own === 'number' ? Math.min(own, machine.parallel) : machine.parallel;
    document.setIn(['jobs', id, 'strategy'], {
      ...strategy,
      ...(legs === null ? {} : { matrix: { include: legs.include } }),
      'max-parallel': parallel,
    });
    if (legs?.runsOn) document.setIn(['jobs', id, 'runs-on'], legs.runsOn);
    absent.push(...(legs?.absent ?? []).map((leg) => ({ job: id, leg: shown(leg) })));
    isChanged = true;
  }
  return { text: isChanged ? document.toString({ lineWidth: 0 }) : text, absent };
}

/** What one job has, another may name: it can't be changed alone. */
function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}
