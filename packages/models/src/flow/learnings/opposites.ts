// Which rules say the opposite of each other, by their words, so that a person decides between them. Pure.
import { stemOf, wordsIn } from '../conversation/search.ts';

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
const NO = /\b(?:not|never|no|avoid|without|stop|forbid|nothing|none)\b|\wn['’]t\b/i;
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

/** A rule, looked through once: a page compares each with each. */
interface Looked {
  readonly said: ReadonlySet<string>;
  readonly isNegated: boolean;
  readonly about: ReadonlySet<string>;
}
const look = (rule: string): Looked => ({
  said: saidIn(rule),
  isNegated: NO.test(rule),
  about: aboutOf(rule),
});

/** @returns whether an agent could not follow both, as far as their words tell */
export const isOpposite = (a: string, b: string): boolean => areOpposite(look(a), look(b));

function areOpposite(a: Looked, b: Looked): boolean {
  const [one, other] = [a.said, b.said];
  const turned = TURNS.find(
    ([x, y]) =>
      (one.has(x) && other.has(y) && !one.has(y) && !other.has(x)) ||
      (one.has(y) && other.has(x) && !one.has(x) && !other.has(y)),
  );
  const negated = a.isNegated !== b.isNegated;
  // A "no" and a turned word together say the same again: never with tabs, always with spaces.
  const isNoAndNotItself = negated && turned !== undefined && !turned.some((word) => NO.test(word));
  if ((!negated && turned === undefined) || isNoAndNotItself) return false;
  const isTurned = new Set(turned?.map(stemOf));
  const left = [...a.about].filter((word) => !isTurned.has(word));
  const right = [...b.about].filter((word) => !isTurned.has(word));
  const common = left.filter((word) => b.about.has(word)).length;
  const all = left.length + right.length - common;
  return all > 0 && common > 0 && common / all >= SAME_THING;
}

/** What is looked at of a rule. */
interface Standing {
  readonly id: string;
  readonly rule: string;
  readonly state: string;
  readonly projectId: string | null;
  /** Rules of which a person said that both hold. */
  readonly apart: readonly string[];
}

/**
 * Pairs of which both would count if nobody decided: both approved, or one approved and one that waits for it.
 * @returns the one that counts already, or is older, first; in the order in which they were given
 */
export function oppositesIn<L extends Standing>(
  rules: readonly L[],
): { readonly stands: L; readonly against: L }[] {
  const asked = rules
    .filter((l) => l.state === 'approved' || l.state === 'proposed')
    .map((rule) => ({ rule, looked: look(rule.rule) }));
  return asked.flatMap(({ rule: against, looked }, i) =>
    asked.slice(i + 1).flatMap(({ rule: stands, looked: other }) => {
      if (against.state !== 'approved' && stands.state !== 'approved') return [];
      const meet =
        against.projectId === null || stands.projectId === null || against.projectId === stands.projectId;
      const isSettled = against.apart.includes(stands.id) || stands.apart.includes(against.id);
      if (!meet || isSettled || !areOpposite(other, looked)) return [];
      return stands.state === 'approved' ? [{ stands, against }] : [{ stands: against, against: stands }];
    }),
  );
}
