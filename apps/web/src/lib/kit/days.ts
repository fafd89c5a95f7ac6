// Days, as they are said and as somebody types them, and when something may come back. Apart from the other
// words: the first paint of an inbox needs none of them.
import { serverNow } from './format.ts';

/**
 * The day of something, for a reader: "Today", "Yesterday", "Tuesday 3 November", with the year where it
 * is another.
 * @param now milliseconds since 1970
 */
export function dayOf(at: Date, now = serverNow()): string {
  const day = at.toDateString();
  if (day === new Date(now).toDateString()) return 'Today';
  if (day === new Date(now - 24 * 3_600_000).toDateString()) return 'Yesterday';
  const isThisYear = at.getFullYear() === new Date(now).getFullYear();
  const words = at.toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(isThisYear ? {} : { year: 'numeric' }),
  });
  // With a comma or without one, as the year is said or not.
  return words.replace(',', '');
}

/**
 * A day that somebody typed: "2026-11-03", "3 Nov", "November 3, 2025", "yesterday".
 * @returns its beginning; null for what is none
 */
export function dayIn(typed: string, now = serverNow()): Date | null {
  const text = typed.trim().toLowerCase();
  const today = new Date(now);
  const back = new Map([
    ['today', 0],
    ['yesterday', 1],
  ]).get(text);
  if (back !== undefined) return new Date(today.getFullYear(), today.getMonth(), today.getDate() - back);
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return dayAt(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const named = /^(?:(\d{1,2})\.? ([a-z]{3,9})|([a-z]{3,9}) (\d{1,2}))(?:,? (\d{4}))?$/.exec(text);
  const month = MONTHS.findIndex((m) => named !== null && m.startsWith(named[2] ?? named[3]!));
  if (named === null || month === -1) return null;
  const date = Number(named[1] ?? named[4]);
  if (named[5] !== undefined) return dayAt(Number(named[5]), month, date);
  const thisYear = dayAt(today.getFullYear(), month, date);
  // Without a year it is the last one that there was.
  return thisYear !== null && thisYear.getTime() > now
    ? dayAt(today.getFullYear() - 1, month, date)
    : thisYear;
}
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
function dayAt(year: number, month: number, date: number): Date | null {
  const day = new Date(year, month, date);
  return day.getMonth() === month && day.getDate() === date && day.getFullYear() === year ? day : null;
}

const HOUR_MS = 3_600_000;
const EVENING = 20;
const MORNING = 8;
const at = (day: Date, hour: number): Date =>
  new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour);

/**
 * When else something may come back, soonest first: this evening, if it is not nearly there, the next
 * morning, and the next Monday.
 * @param now by this device's clock and zone
 */
export function laterTimes(now: Date): { readonly label: string; readonly at: Date }[] {
  const inDays = (days: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);
  const tonight = at(now, EVENING);
  const untilMonday = (8 - now.getDay()) % 7 || 7;
  return [
    ...(tonight.getTime() - now.getTime() > HOUR_MS ? [{ label: 'Tonight', at: tonight }] : []),
    { label: 'Tomorrow', at: at(inDays(1), MORNING) },
    ...(untilMonday > 1 ? [{ label: 'Monday', at: at(inDays(untilMonday), MORNING) }] : []),
  ];
}
