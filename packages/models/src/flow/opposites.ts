// Which rules say the opposite of each other, by their words, so that a person decides between them. Pure.
import { stemOf, wordsIn } from './search.ts';

/** Words of which the one turns a rule into its opposite when the other stands in its place. */
const TURNS: readonly (readonly [string, string])[] = [
  ['always', 'never'],
  ['tabs', 'spaces'],
  ['up', 'down'],
  ['single', 'double'],
  ['before', 'after'],
  ['with', 'without'],
  ['use', 'avoid'],
  ['prefer', 'avoid'],
  ['add', 'remove'],
  ['allow', 'forbid'],
  ['sync', 'async'],
  ['camelcase', 'snake_case'],
  ['relative', 'absolute'],
];
const NO = /\b(?:not|never|no|avoid|without|stop|forbid|nothing|none)\b|\w+n['’]t\b/i;
/** Words that carry a "no", or its opposite, and nothing of what the rule is about. */
const SIGNS = new Set(
  'not never no avoid without stop forbid always use do don dont please prefer should must with only ever'.split(
    ' ',
  ),
);
/** How much of what they are about two rules have in common to be about one thing. */
const SAME_THING = 0.6;

const aboutOf = (rule: string): Set<string> =>
  new Set(
    wordsIn(rule.replaceAll(/n['’]t\b/gi, 'n not'), 60)
      .filter((word) => !SIGNS.has(word))
      .map(stemOf),
  );
const saidIn = (rule: string): Set<string> => new Set(rule.toLowerCase().match(/[\p{L}_]+/gu) ?? []);

/** @returns whether an agent could not follow both, as far as their words tell */
export function isOpposite(a: string, b: string): boolean {
  const [one, other] = [saidIn(a), saidIn(b)];
  const turned = TURNS.find(
    ([x, y]) =>
      (one.has(x) && other.has(y) && !one.has(y) && !other.has(x)) ||
      (one.has(y) && other.has(x) && !one.has(x) && !other.has(y)),
  );
  const negated = NO.test(a) !== NO.test(b);
  // A "no" and a turned word together say the same again: never with tabs, always with spaces.
  const isNoAndNotItself = negated && turned !== undefined && !turned.some((word) => NO.test(word));
  if ((!negated && turned === undefined) || isNoAndNotItself) return false;
  const [left, right] = [aboutOf(a), aboutOf(b)].map(
    (words) => new Set([...words].filter((word) => !turned?.some((t) => stemOf(t) === word))),
  ) as [Set<string>, Set<string>];
  const common = [...left].filter((word) => right.has(word)).length;
  const all = left.size + right.size - common;
  return all > 0 && common > 0 && common / all >= SAME_THING;
}

/** What is looked at of a rule. */
interface Standing {
  readonly id: string;
  readonly rule: string;
  readonly state: string;
  readonly projectId: string | null;
}

/**
 * Pairs of which both would count if nobody decided: both approved, or one approved and one that waits for it.
 * @returns the one that counts already, or is older, first; in the order in which they were given
 */
export function oppositesIn<L extends Standing>(
  rules: readonly L[],
): { readonly stands: L; readonly against: L }[] {
  const asked = rules.filter((l) => l.state === 'approved' || l.state === 'proposed');
  return asked.flatMap((against, i) =>
    asked.slice(i + 1).flatMap((stands) => {
      if (against.state !== 'approved' && stands.state !== 'approved') return [];
      const meet =
        against.projectId === null || stands.projectId === null || against.projectId === stands.projectId;
      if (!meet || !isOpposite(stands.rule, against.rule)) return [];
      return stands.state === 'approved' ? [{ stands, against }] : [{ stands: against, against: stands }];
    }),
  );
}
