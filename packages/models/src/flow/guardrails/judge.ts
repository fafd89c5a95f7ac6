// What guardrails say of a change: the one way in which one is judged, at the push or in a dry run. Pure.
import { reveal } from '../text.ts';
import {
  foldPath,
  readGlob,
  type ChangedPath,
  type FoldedPath,
  type Guardrails,
  type Outcome,
} from './rules.ts';

/** A change as far as guardrails look at it. */
export interface Change {
  readonly files: number;
  /** Added and taken away, together. */
  readonly lines: number;
  /** What is different on the branch, and what any of its commits touched. */
  readonly paths: readonly ChangedPath[];
  readonly secrets: readonly FoundSecret[];
}
export interface FoundSecret {
  /** As `a token of GitHub`. */
  readonly kind: string;
  /** Its beginning; never more. */
  readonly shown: string;
  /** A path, or which commit says it. */
  readonly place: string;
}

/** Who says so: the project of the change, or all projects. */
export type From = 'project' | 'all';
export interface Hit {
  readonly rule: 'path' | 'files' | 'lines' | 'secret';
  readonly outcome: Outcome;
  readonly from: From;
  /** The glob, the number, or the kind of secret. */
  readonly says: string;
  /** The path, the number, or where the secret is. */
  readonly what: string;
}
export interface Judgement {
  readonly verdict: 'pass' | Outcome;
  /** The strictest of each thing, `never` first, in an order that no rule's place decides. */
  readonly hits: readonly Hit[];
}

/**
 * Judges a change. Each rule of the project and each of all projects counts, so neither can loosen the other.
 * @param rules `project`: of its own; `all`: of all projects
 */
export function judge(change: Change, rules: Readonly<Record<From, Guardrails>>): Judgement {
  const strictest = new Map<string, Hit>();
  const paths = change.paths.map(foldPath);
  for (const from of ['all', 'project'] as const)
    for (const hit of hitsOf({ ...change, paths }, rules[from], from)) {
      const key = `${hit.rule}\0${hit.what}`;
      const known = strictest.get(key);
      if (known === undefined || inOrder(hit, known) < 0) strictest.set(key, hit);
    }
  const hits = [...strictest.values()].toSorted(inOrder);
  return { verdict: hits[0]?.outcome ?? 'pass', hits };
}

function* hitsOf(
  change: Change & { readonly paths: readonly FoldedPath[] },
  rules: Guardrails,
  from: From,
): Generator<Hit> {
  for (const [outcome, globs] of [
    ['never', rules.neverPaths],
    ['ask', rules.askPaths],
  ] as const)
    for (const says of globs) {
      const isLike = readGlob(says);
      for (const changed of change.paths)
        if (isLike(changed)) yield { rule: 'path', outcome, from, says, what: changed.path };
    }
  const { changeFiles, changeLines, overSize: outcome, secrets } = rules;
  if (changeFiles !== null && change.files > changeFiles)
    yield { rule: 'files', outcome, from, says: String(changeFiles), what: String(change.files) };
  if (changeLines !== null && change.lines > changeLines)
    yield { rule: 'lines', outcome, from, says: String(changeLines), what: String(change.lines) };
  if (secrets !== 'let')
    for (const { kind, shown, place } of change.secrets)
      yield { rule: 'secret', outcome: secrets, from, says: kind, what: `${place}: ${shown}` };
}

const OUTCOMES = ['never', 'ask'];
const FROMS = ['all', 'project'];
/** The stricter first, then who says it, then by letters. */
function inOrder(a: Hit, b: Hit): number {
  return (
    OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) ||
    byLetters(a.rule, b.rule) ||
    byLetters(a.what, b.what) ||
    FROMS.indexOf(a.from) - FROMS.indexOf(b.from) ||
    byLetters(a.says, b.says)
  );
}
const byLetters = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Hits of a kind that are named in a sentence. */
const NAMED = 3;

/**
 * What an agent is told, and what the story says.
 * @param hits at least one
 */
export function judgementSentence({ verdict, hits }: Judgement): string {
  const first = hits.filter((hit) => hit.outcome === verdict);
  const parts = (['path', 'files', 'lines', 'secret'] as const)
    .map((rule) => first.filter((hit) => hit.rule === rule))
    .filter((ofRule) => ofRule.length > 0)
    .map(partWords);
  return parts.join('; ');
}

const nameOf = (what: string): string => reveal(what).slice(0, 200);
function partWords(hits: readonly Hit[]): string {
  const [hit] = hits as readonly [Hit, ...Hit[]];
  const more = hits.length > NAMED ? ` and ${hits.length - NAMED} more` : '';
  const names = hits
    .slice(0, NAMED)
    .map(({ what, says }) =>
      hit.rule === 'path' ? `${nameOf(what)} (${says})` : `${says} in ${nameOf(what)}`,
    );
  const guarded = hit.outcome === 'never' ? 'may not change' : 'changes only with a yes';
  switch (hit.rule) {
    case 'path':
      return `it changes what ${guarded}: ${names.join(', ')}${more}`;
    case 'files':
      return `the change touches ${hit.what} files, and ${ofSize(hit)} is at most ${hit.says}`;
    case 'lines':
      return `the change has ${hit.what} lines, and ${ofSize(hit)} is at most ${hit.says}`;
    case 'secret':
      return `it holds what looks like a secret: ${names.join(', ')}${more}`;
  }
}
const ofSize = (hit: Hit): string => (hit.outcome === 'never' ? 'what passes' : 'what passes without a yes');

/** What to do about it, for the agent. */
export function repairWords({ verdict, hits }: Judgement): string {
  const rules = new Set(hits.filter((hit) => hit.outcome === verdict).map((hit) => hit.rule));
  if (rules.has('secret') || rules.has('path'))
    return 'take it out of every commit of the branch, not only of the last one, then push again';
  return 'make the change smaller, then push again';
}
