// Which accounts behave as a machine, by what the forge says of them and by how they write. Pure.
import { ownWords } from './small-talk.ts';

export interface Account {
  readonly author: string;
  /** The forge says that it belongs to an app. */
  readonly bot: boolean;
}

const LOGIN =
  /\[bot\]$|(?:^|[-_])(?:bot|robot)(?:[-_]|$)|[-_](?:ci|automation|machine|svc)$|^(?:dependabot|renovate|greenkeeper|rustbot|mergify|googlebot|imgbot|allcontributors|codecov(?:-commenter|-io)?|coveralls|sonarcloud|sonarqubecloud|netlify|vercel|snyk|cla-?assistant|circleci|web-flow|ghost-writer)$/i;

/** @param name of an account or the author of a commit @returns whether a machine bears such a name */
export const isMachineName = (name: string): boolean => LOGIN.test(name);

/** How often an account wrote something of the same shape. */
export type Times = (body: string) => number;

/** @param said what one account wrote on a page */
export function timesOf(said: readonly string[]): Times {
  const counts = new Map<string, number>();
  for (const shape of said.map(shapeOf)) counts.set(shape, (counts.get(shape) ?? 0) + 1);
  return (body) => counts.get(shapeOf(body)) ?? 0;
}

/**
 * @param times of what the account wrote on the page, this comment too
 * @returns whether the comment is a machine's: an app's, one with a marker by which a tool finds its own comment again, or one that is written
 *   again and again with other figures
 */
export function isMachines(account: Account, body: string, times: Times): boolean {
  if (account.bot || isMachineName(account.author) || body.includes('<!--')) return true;
  const shape = shapeOf(body);
  if (!shape.includes('0') && shape.length < 120) return false;
  if (!asks(body)) return times(body) >= 2;
  // A person asks in the same words about one line after the other, but not with what was measured.
  return isMeasured(ownWords(body)) && times(body) >= 3;
}

/** Characters; what a machine writes again begins alike. */
const LONGEST_SHAPE = 2_000;

/** @returns the words with every figure, commit and address in the place of any other */
const shapeOf = (body: string): string =>
  ownWords(body.slice(0, LONGEST_SHAPE))
    .toLowerCase()
    .replace(/https?:\/\/\S+/g, 'u')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b/g, '0')
    .replace(/[+\u2212-]?\d+(?:[.,:]\d+)*/g, '0')
    .replace(/[\u{1F300}-\u{1FAFF}\u2600-\u27BF\u2B06\u2B07\u2191\u2193]\uFE0F?/gu, '')
    .replace(/\b(?:in|de)creased?\b|\bup\b|\bdown\b/g, 'moved')
    .replace(/\s+/g, ' ')
    .trim();

const ASKS =
  /\b(?:please|pls|plz|can|could|would|should(?:n't)?|must|needs?|have to|has to|rename|remove|delete|drop|add|fix|change|replace|move|use(?! of)|revert|undo|instead|consider|nit|typo|why|how|what|wrong|broken|bug|missing|don'?t|do not|not|unless|but|however|only|too|todo|suggest|better|prefer|wonder(?:ing)?|maybe|perhaps)\b|\?/i;
/**
 * Whether words may want something done. Errs towards yes.
 * @param body a comment on the forge
 */
export const asks = (body: string): boolean => ASKS.test(ownWords(body));

const PERSON = /\b(?:i|i'm|i've|my|me|we|our|us|you|your)\b/i;
const MEASURED =
  /\b(?:coverage|bundle|size|build|tests?|lint(?:er)?|benchmarks?|lighthouse|score|deploy(?:ed|ment|s)?|preview|artifacts?|report|pipeline|jobs?|duration|performance|passed|failed|succeeded|vulnerabilit(?:y|ies))\b/i;
const FIGURE =
  /\d\s*(?:%|k?i?b\b|mi?b\b|gi?b\b|ms\b|s\b)|\d+\s*(?:\/|of)\s*\d+|https?:\/\/|\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b|!\[[^\]]*\]\(|^[ \t]*\|.*\|[ \t]*$|\b\d+ (?:tests?|checks?|files?|lines?|jobs?)\b/im;

/**
 * Whether it only tells what was measured, as tools do: a figure and what it is of, and nobody who speaks.
 * @param body a comment on the forge
 */
export function isReport(body: string): boolean {
  const own = ownWords(body);
  return !asks(own) && !PERSON.test(own.replace(/https?:\/\/\S+/g, '')) && isMeasured(own);
}

const isMeasured = (own: string): boolean => MEASURED.test(own) && FIGURE.test(own);
