// The Temporal Pyramid: how much is kept of which time, and where one period ends and the next begins, by the
// clock of the person. Pure.

export const LEVELS = ['part', 'day', 'week', 'month'] as const;
export type Level = (typeof LEVELS)[number];

interface LevelRule {
  /** A summary of this level has no more tokens than this, whatever a model says. */
  readonly ceilingTokens: number;
  /** What it is written from; a day of one part is written from its messages. */
  readonly from: 'messages' | Level;
  /**
   * How many days (or weeks, or months) are told at this level at least, before the next one tells them; null
   * for ever.
   */
  readonly told: number | null;
}

/** Levels and sizes. Nothing else says them again. */
export const PYRAMID: Readonly<Record<Level, LevelRule>> = {
  part: { ceilingTokens: 300, from: 'messages', told: null },
  day: { ceilingTokens: 320, from: 'part', told: 7 },
  week: { ceilingTokens: 480, from: 'day', told: 5 },
  month: { ceilingTokens: 480, from: 'week', told: null },
};
/** For so long each message is told as it was said. */
export const WORD_FOR_WORD_MS = 24 * 3_600_000;
/** A part is closed when so many characters were said; of one message no more than half of it count. */
export const PART_CHARS = 12_000;
/** Of one message a summary is written from so much of its beginning. */
export const PART_MESSAGE_CHARS = PART_CHARS / 2;
/** What the prompt of the chat may take, in tokens, if nothing else was set. */
export const PROMPT_TOKENS = 24_000;

/** A stretch of time, from then on and before then, in milliseconds since 1970. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 24 * 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(zone, made);
  return made;
}

/** What the person's clock shows, as if it were UTC: whole seconds, in milliseconds. */
function clockMs(ms: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format(zone).formatToParts(ms)) part[type] = Number(value);
  return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
}

/**
 * The day of the person at that time.
 * @param ms since 1970
 * @returns as 2026-11-26
 */
export const dayOf = (ms: number, zone: string): string =>
  new Date(clockMs(ms, zone)).toISOString().slice(0, 10);

/**
 * When it is that time of the day for the person, as 14:05.
 * @param ms since 1970
 * @param zone as `Europe/Vienna`
 */
export const timeOf = (ms: number, zone: string): string =>
  new Date(clockMs(ms, zone)).toISOString().slice(11, 16);

/** @param days how many later; may be negative @returns that day, as 2026-11-26 */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/**
 * When a day begins for the person: the first moment at which the clock shows it. Where midnight is left out,
 * that is later.
 * @param day as 2026-11-26
 * @param zone as `Europe/Vienna`
 * @returns milliseconds since 1970
 */
export function startOfDay(day: string, zone: string): number {
  const wanted = Date.parse(day);
  const guess = wanted - (clockMs(wanted, zone) - wanted);
  if (dayOf(guess, zone) === day && dayOf(guess - 1, zone) < day) return guess;
  // A clock is never more than 14 hours off, and a change of it moves it by a day at most.
  let low = wanted - 2 * DAY_MS;
  let high = wanted + 2 * DAY_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (dayOf(middle, zone) >= day) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * @returns the stretches of a time that lie between the person's midnights, in order: 23, 24 or 25 hours each
 * but for the ends
 */
export function daysIn(range: Range, zone: string): Range[] {
  const days: Range[] = [];
  let fromMs = range.fromMs;
  while (fromMs < range.toMs) {
    const next = startOfDay(addDays(dayOf(fromMs, zone), 1), zone);
    const toMs = Math.min(Math.max(next, fromMs + 1), range.toMs);
    days.push({ fromMs, toMs });
    fromMs = toMs;
  }
  return days;
}

/** The stretches of a time that none of the others covers, in order. @param covered in any order, they may overlap */
export function uncovered(range: Range, covered: readonly Range[]): Range[] {
  const left: Range[] = [];
  let fromMs = range.fromMs;
  for (const other of covered.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (other.toMs <= fromMs || other.fromMs >= range.toMs) continue;
    if (other.fromMs > fromMs) left.push({ fromMs, toMs: other.fromMs });
    fromMs = Math.max(fromMs, other.toMs);
  }
  if (fromMs < range.toMs) left.push({ fromMs, toMs: range.toMs });
  return left;
}

/**
 * What a stretch is called: the day that most of it is on. A change of the time zone makes one that is longer
 * or shorter than a day; where two have one name they belong to the same week all the same.
 * @param zone as `Europe/Vienna`
 * @returns as 2026-11-26
 */
export const dayLabel = ({ fromMs, toMs }: Range, zone: string): string =>
  dayOf(Math.floor((fromMs + toMs) / 2), zone);

/**
 * The Monday of a day's week, which is what the week is called.
 * @param day as 2026-11-26
 * @returns as 2026-11-23
 */
export const weekOf = (day: string): string =>
  addDays(day, -((new Date(Date.parse(day)).getUTCDay() + 6) % 7));

/**
 * The month of a week: that of its Monday, so that no week is told in two months. As 2026-11.
 * @param week its Monday, as 2026-11-23
 */
export const monthOf = (week: string): string => week.slice(0, 7);

/** Where each level begins to tell, as the person's days: what is older is told by the next one. */
export interface Window {
  /** From here on each message is told as it was said, in milliseconds. */
  readonly messagesFromMs: number;
  /** The first day that may be told word for word. */
  readonly messagesFrom: string;
  /** A Monday: from here on days are told by themselves, at least seven of them. */
  readonly daysFrom: string;
  /** The Monday with which a month begins: from here on weeks are told by themselves, at least five of them. */
  readonly weeksFrom: string;
}

/**
 * @param lastSaidMs when the newest message before this one was said, so that a pause does not hide what was
 * spoken of last; null for none
 */
export function windowAt(nowMs: number, lastSaidMs: number | null, zone: string): Window {
  const messagesFrom = dayOf(Math.min(nowMs - WORD_FOR_WORD_MS, lastSaidMs ?? nowMs), zone);
  const daysFrom = weekOf(addDays(messagesFrom, -PYRAMID.day.told!));
  const month = monthOf(addDays(daysFrom, -7 * PYRAMID.week.told!));
  const first = weekOf(`${month}-07`);
  return { messagesFromMs: startOfDay(messagesFrom, zone), messagesFrom, daysFrom, weeksFrom: first };
}
