// The campfire: when it is, what it asks about, and the short read of the day that it begins with. Pure; markdown
// with links of our own.
import type { LearningSource } from './learnings.ts';
import { addDays, dayOf, timeOf } from '../memory/levels.ts';

/** More than this are not asked about in one evening; the others come the next. */
export const CAMPFIRE_RULES = 10;
/** "Not now" is for so long, in milliseconds. */
export const NOT_NOW_MS = 7 * 24 * 3_600_000;
export const NOT_NOW_WORDS = 'Not now. You are asked again in a week.';
/** @param day YYYY-MM-DD */
export const campfireItemId = (day: string): string => `campfire-${day}`;

/**
 * The day whose campfire is to be lit now, by the user's clock: one that was missed is lit late, an hour that the
 * clock leaves out is taken for the one after it, and one that comes twice counts once.
 * @param when `at`: HH:MM; `last`: the day that was looked at last; null at first
 * @returns YYYY-MM-DD; null when that day has been looked at
 */
export function campfireDay(when: {
  readonly at: string;
  readonly zone: string;
  readonly nowMs: number;
  readonly last: string | null;
}): string | null {
  const { at, zone, nowMs, last } = when;
  const today = dayOf(nowMs, zone);
  const day = timeOf(nowMs, zone) >= at ? today : addDays(today, -1);
  // A clock that ran ahead and was put right would else leave out all days between.
  const isAhead = last !== null && last > addDays(today, 1);
  return last === null || isAhead || day > last ? day : null;
}

interface NamedTask {
  readonly id: string;
  readonly title: string;
}
export interface DayFacts {
  /** YYYY-MM-DD */
  readonly day: string;
  /** How many tasks something happened to. */
  readonly worked: number;
  readonly merged: readonly NamedTask[];
  readonly rules: readonly { readonly source: LearningSource; readonly author: string }[];
  /** How many more wait that this evening does not ask about. */
  readonly more: number;
  /** How many of the rules say the opposite of one that agents go by. */
  readonly against: number;
  /** How many that agents go by were given to many runs and named by none. */
  readonly ignored: number;
}

/** @returns the item's title, and what happened in at most six sentences */
export function campfireWords(facts: DayFacts): { readonly title: string; readonly body: string } {
  const { day, rules, more, against, ignored } = facts;
  const name = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' }).format(Date.parse(day));
  const sentences = [
    workWords(facts),
    `${capital(joined(originsOf(rules)))}.`,
    against === 0
      ? ''
      : `${count(against, 'of them says', 'of them say')} [the opposite](/learnings#opposites) of what agents go by.`,
    more === 0 ? '' : `${count(more, 'more waits', 'more wait')} for another evening.`,
    ignored === 0
      ? ''
      : `${count(ignored, 'rule', 'rules')} that agents are given again and again ${ignored === 1 ? 'is' : 'are'} named by none: [look](/learnings).`,
    'Agents hear only what you approve.',
  ];
  return {
    title: `What ${name} taught: ${count(rules.length, 'rule', 'rules').toLowerCase()}`,
    body: sentences.filter(Boolean).join(' '),
  };
}

function workWords({ worked, merged }: DayFacts): string {
  if (merged.length === 0)
    return worked === 0 ? '' : `${count(worked, 'task', 'tasks')} moved, none was merged.`;
  const was = merged.length === 1 ? 'was' : 'were';
  const others = worked - merged.length;
  const rest = others <= 0 ? '' : `, and ${count(others, 'other moved', 'others moved').toLowerCase()}`;
  return `${linked(merged)} ${was} merged${rest}.`;
}

const FROM: Readonly<Record<LearningSource, string>> = {
  review: 'came up in review',
  sent_back: 'came up when work was sent back',
  ci: 'came from a red check',
  commit: 'came from a commit on top of an agent’s',
  learned: 'was offered by an agent',
  confessed: 'was owned up to by an agent',
  person: 'was written by you',
};

/** Where rules are from, those of one kind together: "two came up in review (ada, mona)". */
function originsOf(rules: DayFacts['rules']): string[] {
  const bySource = Map.groupBy(rules, (rule) => rule.source);
  return [...bySource].map(([source, all]) => {
    const names = [...new Set(all.map(({ author }) => author))].filter((name) => name !== 'agent');
    const who = names.length === 0 ? '' : ` (${names.slice(0, 3).map(plain).join(', ')})`;
    const from = all.length === 1 ? FROM[source] : FROM[source].replace(/^was /, 'were ');
    return `${count(all.length, '', '').trim().toLowerCase()} ${from}${who}`;
  });
}

const NUMBERS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];
const count = (n: number, one: string, many: string): string => `${NUMBERS[n] ?? n} ${n === 1 ? one : many}`;
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
const joined = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
/** A name of the forge or of a check, as words that are no markdown. */
const plain = (name: string): string => name.replace(/[[\]\\`*_<>!()#|~]/g, '').slice(0, 60);

function linked(tasks: readonly NamedTask[]): string {
  const named = tasks
    .slice(0, 3)
    .map(({ id, title }) => `[${title.replace(/[[\]\\]/g, '')}](/task/${encodeURIComponent(id)})`);
  const rest = tasks.length - named.length;
  return joined(rest > 0 ? [...named, count(rest, 'more', 'more').toLowerCase()] : named);
}
