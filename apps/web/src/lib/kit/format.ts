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
  const seconds = Math.max(0, Math.round((now - at.getTime()) / 1000));
  if (seconds < 45) return 'now';
  if (seconds < 3_600) return `${Math.max(1, Math.round(seconds / 60))} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
/**
 * As above, where nothing else says that it is an age: "just now", "4 min ago".
 * @param now milliseconds since 1970
 */
export const aged = (at: Date, now = serverNow()): string =>
  ago(at, now) === 'now' ? 'just now' : `${ago(at, now)} ago`;
/**
 * When something that was put off comes back: "Back today at 17:30".
 * @param now in milliseconds, by the server's clock
 */
export function backAt(at: Date, now = serverNow()): string {
  const day = (date: Date): string => date.toDateString();
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
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const min = Math.round(seconds / 60);
  if (min < 60) return `${min} min`;
  return min % 60 === 0 ? `${min / 60} h` : `${Math.floor(min / 60)} h ${min % 60} min`;
}

const HOUR_MS = 3_600_000;
/** How long "Later" is, unless another time is chosen, in milliseconds. */
export const LATER_MS = 3 * HOUR_MS;
/**
 * The name of a tab: how much needs the person, then what the page is.
 * @param page parts of its name, the nearest first
 */
export const tabName = (waiting: number, ...page: readonly string[]): string =>
  `${waiting > 0 ? `(${waiting}) ` : ''}${[...page, 'mainloop'].join(' · ')}`;
