// How times and money are said.
const NO_SKEW_MS = 90_000;
let skewMs = 0;

/**
 * A phone's clock may be off by hours. From here on times are told by the server's.
 * @param date the `Date` header of an answer that just came
 * @returns whether the two differ by more than a slow network explains
 */
export function learnServerTime(date: string | null, now = Date.now()): boolean {
  const off = Date.parse(date ?? '') - now;
  skewMs = Math.abs(off) > NO_SKEW_MS ? off : 0;
  return skewMs !== 0;
}
/**
 * @param now milliseconds since 1970, by this device
 * @returns the same by the server's clock
 */
export const serverNow = (now = Date.now()): number => now + skewMs;

/** @returns an age in words: "now", "4 min", "2 h", and days after that */
export function ago(at: Date, now = serverNow()): string {
  const s = Math.max(0, Math.round((now - at.getTime()) / 1000));
  if (s < 45) return 'now';
  if (s < 3_600) return `${Math.max(1, Math.round(s / 60))} min`;
  if (s < 86_400) return `${Math.round(s / 3_600)} h`;
  return `${Math.round(s / 86_400)} d`;
}
/**
 * As above, where nothing else says that it is an age: "just now", "4 min ago".
 * @param now milliseconds since 1970
 */
export const aged = (at: Date, now = serverNow()): string =>
  ago(at, now) === 'now' ? 'just now' : `${ago(at, now)} ago`;
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
/** A day that somebody typed: "2026-11-03", "3 Nov", "November 3, 2025", "yesterday". @returns its beginning; null for what is none */
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
/**
 * When something that was put off comes back: "Back today at 17:30".
 * @param now milliseconds since 1970
 */
export function backAt(at: Date, now = serverNow()): string {
  const day = (d: Date): string => d.toDateString();
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (day(at) === day(new Date(now))) return `Back today at ${time}`;
  if (day(at) === day(new Date(now + 24 * 3_600_000))) return `Back tomorrow at ${time}`;
  return `Back on ${at.toLocaleDateString('en-GB', { weekday: 'long' })} at ${time}`;
}
/**
 * @param microusd millionths of a dollar
 * @returns with two digits, as $0.25
 */
export const dollars = (microusd: number): string => `$${(microusd / 1e6).toFixed(2)}`;
/** @param dollars as they are typed @returns whole cents; null for none, which is no limit */
export const centsIn = (dollars: string): number | null =>
  dollars.trim() === '' ? null : Math.round(Number(dollars) * 100);

/**
 * How long something took: "40 s", "12 min", "2 h 5 min".
 * @param ms milliseconds
 */
export function took(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min} min`;
  return min % 60 === 0 ? `${min / 60} h` : `${Math.floor(min / 60)} h ${min % 60} min`;
}

const HOUR_MS = 3_600_000;
/** How long "Later" is, unless another time is chosen, in milliseconds. */
export const LATER_MS = 3 * HOUR_MS;
const EVENING = 20;
const MORNING = 8;
const at = (day: Date, hour: number): Date =>
  new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour);

/**
 * When else something may come back, soonest first: this evening, if it is not nearly there, the next
 * morning, and the next Monday.
 * @returns labels for a menu, with their times
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

/**
 * The name of a tab: how much needs the person, then what the page is.
 * @param waiting how much needs the person
 * @param page from the narrow to the wide
 */
export const tabName = (waiting: number, ...page: readonly string[]): string =>
  `${waiting > 0 ? `(${waiting}) ` : ''}${[...page, 'mainloop'].join(' · ')}`;
