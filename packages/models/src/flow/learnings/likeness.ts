// Which rules may say the same in other words, so that a person is asked "the same as …?" and agents are not given
// both. Pure.
import { isOpposite } from './opposites.ts';
import { stemOf, wordsIn } from '../conversation/search.ts';
import type { LearningState } from './learnings.ts';

export const LIKENED_BY = ['meaning', 'words'] as const;
export type LikenedBy = (typeof LIKENED_BY)[number];

/**
 * How near two rules are by the sentence model, to be asked about. Of fifteen pairs that say the same twelve are at
 * least as near, of twenty that do not two are (likeness.fixture.ts).
 */
const NEAR = 0.58;
/** Without the model: how many of the words of the shorter one the other has, and how many it has at least. */
const COMMON = 0.8;
const LEAST_WORDS = 3;

/** What is looked at of a rule. */
export interface Likenable {
  readonly id: string;
  readonly rule: string;
  readonly state: LearningState;
  readonly projectId: string | null;
  /** Rules of which a person said that they say something else. */
  readonly apart: readonly string[];
}
/** The one that counts stays; of two alike the older does. What was rejected or retired is no second entry. */
const RANK: Readonly<Partial<Record<LearningState, number>>> = { noted: 1, proposed: 2, approved: 3 };

const meet = (a: string | null, b: string | null): boolean => a === null || b === null || a === b;

/** @returns those of which it may be a second entry, as far as nobody looks at their words */
function besides<L extends Likenable>(rule: Likenable, olderFirst: readonly L[]): L[] {
  const rank = RANK[rule.state];
  if (rank === undefined) return [];
  const at = olderFirst.findIndex(({ id }) => id === rule.id);
  return olderFirst.filter((other, i) => {
    const others = RANK[other.state];
    if (others === undefined || other.id === rule.id) return false;
    const stays = others > rank || (others === rank && i < at);
    const isApart = rule.apart.includes(other.id) || other.apart.includes(rule.id);
    return stays && !isApart && meet(rule.projectId, other.projectId) && !isOpposite(rule.rule, other.rule);
  });
}

const stems = (text: string): Set<string> => new Set(wordsIn(text, 60).map(stemOf));
/** How many of the words of the shorter one both have, of 1; 0 where it has too few to tell. */
function commonWords(a: string, b: string): number {
  const [one, other] = [stems(a), stems(b)];
  const least = Math.min(one.size, other.size);
  if (least < LEAST_WORDS) return 0;
  return [...one].filter((word) => other.has(word)).length / least;
}

/**
 * The rule that this one may say again.
 * @param olderFirst all of the user
 * @param nearness by the sentence model, of 1; null where there is none, then their words decide
 * @returns the nearest; null when it says something of its own
 */
export function sameAs<L extends Likenable>(
  rule: Likenable,
  olderFirst: readonly L[],
  nearness: ((a: string, b: string) => number) | null,
): { readonly to: L; readonly by: LikenedBy } | null {
  const by: LikenedBy = nearness === null ? 'words' : 'meaning';
  const least = nearness === null ? COMMON : NEAR;
  const near = nearness ?? commonWords;
  const [best] = besides(rule, olderFirst)
    .map((to) => ({ to, weight: near(rule.rule, to.rule) }))
    .filter(({ weight }) => weight >= least)
    .toSorted((a, b) => b.weight - a.weight);
  return best === undefined ? null : { to: best.to, by };
}

/** A rule with the one that it was likened to. */
interface Likened extends Likenable {
  readonly nearTo: string | null;
}
/**
 * Pairs that a person is asked about: what has been decided since is none any more.
 * @returns by the id of the rule that would go, the one that would stay
 */
export function offersIn<L extends Likened>(all: readonly L[]): Map<string, L> {
  const known = new Map(all.map((rule) => [rule.id, rule]));
  return new Map(
    all.flatMap((rule) => {
      const to = rule.nearTo === null ? undefined : known.get(rule.nearTo);
      if (to === undefined || RANK[rule.state] === undefined) return [];
      const stays = (RANK[to.state] ?? 0) >= RANK[rule.state]!;
      return stays && !rule.apart.includes(to.id) ? [[rule.id, to] as const] : [];
    }),
  );
}
