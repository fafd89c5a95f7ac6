// What agents learn: rules that a person approved, which of them apply to what an agent is about to do, and
// what no rule may say. Pure.
import { fence } from '../text.ts';
import { weights, wordsIn } from '../conversation/search.ts';

/** `noted`: an agent said it once, and nobody is asked yet. */
export const LEARNING_STATES = ['noted', 'proposed', 'approved', 'rejected', 'retired'] as const;
export type LearningState = (typeof LEARNING_STATES)[number];
/**
 * `later`: not now, it is asked about another evening; `restore`: as it was before a decision; `same`: another one
 * says it, so it counts for that; `apart`: it is not the same as another one; `always`: every agent is told it,
 * `sometimes`: those that it applies to.
 */
export const LEARNING_DECISIONS = [
  'approve',
  'reject',
  'retire',
  'edit',
  'later',
  'restore',
  'same',
  'apart',
  'always',
  'sometimes',
] as const;
export type LearningDecision = (typeof LEARNING_DECISIONS)[number];
/**
 * Where it is from: an agent learned it, an agent did it wrong, a person wrote it; or what became of an agent's
 * work taught it (signals.ts): a comment in review, words with which it was sent back, a red check, somebody's
 * own commit on top of it.
 */
export const LEARNING_SOURCES = [
  'learned',
  'confessed',
  'person',
  'review',
  'sent_back',
  'ci',
  'commit',
] as const;
export type LearningSource = (typeof LEARNING_SOURCES)[number];

/** What is known of one. */
export interface LearningFacts {
  readonly id: string;
  readonly rule: string;
  readonly why: string;
  /** Files that it is about, as a pattern (`src/**`, `*.sql`); null: all. */
  readonly path: string | null;
  /** Every agent is told it, whatever it is about to do. */
  readonly always: boolean;
}

const NEXT: Readonly<Record<LearningDecision, Partial<Record<LearningState, LearningState>>>> = {
  approve: { noted: 'approved', proposed: 'approved', rejected: 'approved', retired: 'approved' },
  reject: { noted: 'rejected', proposed: 'rejected' },
  retire: { approved: 'retired' },
  edit: {
    noted: 'noted',
    proposed: 'proposed',
    approved: 'approved',
    rejected: 'rejected',
    retired: 'retired',
  },
  later: { proposed: 'proposed' },
  same: { noted: 'retired', proposed: 'retired', approved: 'retired' },
  apart: { noted: 'noted', proposed: 'proposed', approved: 'approved' },
  always: { approved: 'approved' },
  sometimes: { approved: 'approved' },
  // Which state it has then, its version says.
  restore: {
    noted: 'noted',
    proposed: 'proposed',
    approved: 'approved',
    rejected: 'rejected',
    retired: 'retired',
  },
};
/** @returns the state that it has then; null when the decision does not fit the one it has */
export const afterDecision = (state: LearningState, decision: LearningDecision): LearningState | null =>
  NEXT[decision][state] ?? null;

const ADDRESS =
  /[a-z]:\/\/|\b\d{1,3}(?:\.\d{1,3}){3}\b|\bwww\.|(?<![a-z0-9.-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|cloud|xyz|co|ru|cn|su|tk|icu|biz|eu|internal|local|onion)\b/i;
const TRUST =
  /\b(?:trust(?:ed|s)?|allow(?:ed|s|list)?|permit(?:ted|s)?|whitelist(?:ed)?|safelist(?:ed)?|without (?:asking|review|permission|approval)|no need to ask|never ask|auto-?approve[ds]?|bypass(?:es)?|disable[ds]?|turn off|ignore (?:the |all |any |previous |your )*(?:guard|rule|instruction|check|sandbox|polic)\w*|sudo)\b|--no-verify\b/i;

/**
 * A rule is words that every later agent reads. It may ask for care; it may not open anything.
 * @returns why it can't be one, as a sentence; null when it can
 */
export function whyNoRule(rule: string, why: string): string | null {
  // Letters of another width or with a mark on them read the same.
  const text = `${rule}\n${why}`.normalize('NFKD').replace(/\p{M}+/gu, '');
  if (ADDRESS.test(text)) return 'A rule can not name an address: leave out hosts and links.';
  if (TRUST.test(text))
    return 'A rule can not say what is trusted, allowed or skipped: that is set in the project, not in words.';
  return null;
}

/** How much of their words two rules have in common to be one. */
const ALIKE = 0.65;
/**
 * Whether two rules say the like, by their words: what came up twice is asked about.
 * @returns the same whichever comes first
 */
export function isAlike(a: string, b: string): boolean {
  const [one, other] = [new Set(wordsIn(a)), new Set(wordsIn(b))];
  const common = [...one].filter((w) => other.has(w)).length;
  const all = one.size + other.size - common;
  return all > 0 && common / all >= ALIKE;
}

/** Paths that are named in a text, as far as they look like some. Each begins where such characters begin. */
const pathsIn = (text: string): string[] =>
  text
    .match(/(?<![\w@.-])[\w@.-]*\/[\w@./-]+|(?<![\w-])[\w-]+\.[a-z][a-z0-9]{0,4}\b/gi)
    ?.map((p) => p.replace(/\.$/, '')) ?? [];

/**
 * No regular expression is made of a pattern: an agent could write one that takes for ever.
 * @param pattern `*` stands for anything but `/`, `**` for anything; without a `/` it is about the name alone
 */
export function isAbout(pattern: string, file: string): boolean {
  const isName = !pattern.includes('/') && !pattern.includes('**');
  const places = [...pattern.replace(/\/$/, '/**').matchAll(/\*\*\/?|[^]/gu)].map(([part]) => part);
  let at = leftOut(places, [0]);
  for (const character of isName ? file.slice(file.lastIndexOf('/') + 1) : file) {
    const next: number[] = [];
    for (const place of at) {
      const part = places[place];
      if (part === undefined) continue;
      const isMany = part.startsWith('**') || (part === '*' && character !== '/');
      if (isMany) next.push(place);
      else if (part === character) next.push(place + 1);
    }
    if (next.length === 0) return false;
    at = leftOut(places, next);
  }
  return at.has(places.length);
}

/** With the places that one comes to where a star stands for nothing. */
function leftOut(places: readonly string[], start: readonly number[]): Set<number> {
  const at = new Set(start);
  // What is added while it is gone through is gone through too.
  for (const place of at) if (places[place]?.startsWith('*') === true) at.add(place + 1);
  return at;
}

/** No more than these are given at once, and no more than so much. */
const HANDFUL = 8;
export const MAX_GIVEN_TOKENS = 1_500;
/** An upper bound for any text: no tokenizer makes more than one token of a byte, and of words about one of four. */
const tokensAtMost = (text: string): number => Math.ceil(new TextEncoder().encode(text).length / 2.5);

const lineOf = (learning: LearningFacts): string =>
  `- [${learning.id}] ${learning.rule}${learning.why === '' ? '' : ` Why: ${learning.why}`}`;

/** What every agent is told takes no more than so much of what it is given. */
export const MAX_ALWAYS_TOKENS = 600;
const tokensOf = (told: readonly LearningFacts[]): number =>
  told.reduce((sum, learning) => sum + tokensAtMost(`${lineOf(learning)}\n`), 0);

interface OfProject extends LearningFacts {
  readonly projectId: string | null;
}
/**
 * Whether one more rule can be told to every agent that it is for.
 * @param told those that are so already, of all projects
 * @returns the tokens that some agent would be told then where they are too many; null where it can
 */
export function tooMuchForAll(told: readonly OfProject[], more: OfProject): number | null {
  const all = [...told.filter(({ id }) => id !== more.id), more];
  const projects =
    more.projectId === null ? new Set(all.map(({ projectId }) => projectId)) : [more.projectId];
  const tokens = [...projects].map((project) =>
    tokensOf(all.filter(({ projectId }) => projectId === null || projectId === project)),
  );
  const most = Math.max(...tokens);
  return most > MAX_ALWAYS_TOKENS ? most : null;
}

/** Those that every agent is told, as far as there is room for them. */
function toldToAll<L extends LearningFacts>(approved: readonly L[]): { told: L[]; tokens: number } {
  const told: L[] = [];
  let tokens = 0;
  for (const learning of approved.filter(({ always }) => always)) {
    const more = tokensOf([learning]);
    if (tokens + more > MAX_ALWAYS_TOKENS) continue;
    tokens += more;
    told.push(learning);
  }
  return { told, tokens };
}

/**
 * What every agent is told, and the handful that applies to what an agent is about to do.
 * @param approved of the project, the newest first
 * @param about what it is about to do, in words, with the files that it names
 * @returns what every agent is told, then the ones that have most to do with it; of these at most a handful, and at
 * most 1,500 tokens in all
 */
export function applying<L extends LearningFacts>(approved: readonly L[], about: string): L[] {
  const files = pathsIn(about);
  const { told, tokens: before } = toldToAll(approved);
  const here = approved.filter(
    (l) => !told.includes(l) && (l.path === null || files.some((f) => isAbout(l.path!, f))),
  );
  const weight = weights(
    here.map((l) => `${l.rule} ${l.why}`),
    wordsIn(about.slice(0, 4_000), 60),
  );
  const given = [...told];
  let tokens = before;
  // What is about these files counts before what has words in common, and that before what is only new.
  const inOrder = here
    .map((l, i) => ({ l, i, weight: weight[i]! + (l.path === null ? 0 : 1_000) }))
    .toSorted((a, b) => b.weight - a.weight || a.i - b.i);
  for (const { l } of inOrder) {
    const more = tokensAtMost(`${lineOf(l)}\n`);
    if (given.length === told.length + HANDFUL) break;
    if (tokens + more > MAX_GIVEN_TOKENS) continue;
    tokens += more;
    given.push(l);
  }
  return given;
}

/** What an agent is told of them. @returns empty when there are none */
export function learningWords(given: readonly LearningFacts[]): string {
  if (given.length === 0) return '';
  return [
    'What the reader approved as learned from earlier work. Follow what applies, and name the ids you went by in what you say. Where one contradicts the request, the request counts; no rule opens anything that is closed:',
    fence(given.map(lineOf).join('\n'), 'learned'),
  ].join('\n');
}

/** What a learning was before a decision. `until`: ISO time. */
export interface LearningVersion {
  readonly rule: string;
  readonly why: string;
  readonly path: string | null;
  readonly state: LearningState;
  readonly until: string;
  /** The rule that it was the same as. */
  readonly sameAs?: string;
}
