// When something that is put off comes back. Pure.

const MINUTE_MS = 60_000;
/** The longest that something may be put off. */
export const MOST_LATER_MINUTES = 92 * 24 * 60;
/** A day without a time means its morning. */
const MORNING = '08:00';

/**
 * @param words a day, or a day and a time, as a clock here shows them: "2027-01-31", "2027-01-31 08:30", or
 * with a T between
 * @returns whole minutes from now, at least one; null for what is no time, is over, or is further than three
 * months away
 */
export function minutesUntil(words: string, now: Date): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}:\d{2}))?$/.exec(words.trim());
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute] = (match[4] ?? MORNING).split(':').map(Number) as [number, number];
  const at = new Date(year, month - 1, day, hour, minute);
  // The 31st of February would be the 3rd of March.
  if (at.getMonth() !== month - 1 || at.getDate() !== day || hour > 23 || minute > 59) return null;
  const minutes = Math.ceil((at.getTime() - now.getTime()) / MINUTE_MS);
  return minutes < 1 || minutes > MOST_LATER_MINUTES ? null : minutes;
}
