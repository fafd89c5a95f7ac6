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
export const serverNow = (now = Date.now()): number => now + skewMs;

export function ago(at: Date, now = serverNow()): string {
  const s = Math.max(0, Math.round((now - at.getTime()) / 1000));
  if (s < 45) return 'now';
  if (s < 3_600) return `${Math.max(1, Math.round(s / 60))} min`;
  if (s < 86_400) return `${Math.round(s / 3_600)} h`;
  return `${Math.round(s / 86_400)} d`;
}
/** When something that was put off comes back: "Back today at 17:30". */
export function backAt(at: Date, now = serverNow()): string {
  const day = (d: Date): string => d.toDateString();
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (day(at) === day(new Date(now))) return `Back today at ${time}`;
  if (day(at) === day(new Date(now + 24 * 3_600_000))) return `Back tomorrow at ${time}`;
  return `Back on ${at.toLocaleDateString('en-GB', { weekday: 'long' })} at ${time}`;
}
export const dollars = (microusd: number): string => `$${(microusd / 1e6).toFixed(2)}`;
/** @param dollars as they are typed @returns whole cents; null for none, which is no limit */
export const centsIn = (dollars: string): number | null => (dollars.trim() === '' ? null : Math.round(Number(dollars) * 100));
