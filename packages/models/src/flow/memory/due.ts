// Which summaries are to be written now, given what is there. Pure.
import {
  addDays,
  dayLabel,
  dayOf,
  monthOf,
  PART_CHARS,
  PART_MESSAGE_CHARS,
  weekOf,
  type Level,
  type Range,
} from './levels.ts';

/** A summary that counts now, without its words. */
export interface Kept extends Range {
  readonly id: string;
  readonly level: Level;
  /** What it is of: 2026-11-26 for a day and its parts, the Monday for a week, 2026-11 for a month. */
  readonly label: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Ids of the summaries it was written from, in order; empty where it was messages. */
  readonly sources: readonly string[];
}

/** A message, as far as it matters for where a part ends. */
export interface Mark {
  readonly seq: number;
  readonly chars: number;
}

/** A day that no summary tells, with its messages. */
export interface OpenDay extends Range {
  readonly marks: readonly Mark[];
}

/** One summary to write. */
export interface Due extends Range {
  readonly level: Level;
  readonly label: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly sources: readonly string[];
}

interface Part {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** No later message joins it. */
  readonly isClosed: boolean;
}

/**
 * A day in parts of about one size. What comes later never changes a closed one.
 * @param marks its messages, oldest first
 */
export function partsOf(marks: readonly Mark[]): Part[] {
  const parts: { firstSeq: number; lastSeq: number; isClosed: boolean }[] = [];
  let chars = 0;
  for (const mark of marks) {
    const size = Math.min(mark.chars, PART_MESSAGE_CHARS);
    const last = parts.at(-1);
    if (last && chars + size <= PART_CHARS) {
      last.lastSeq = mark.seq;
      chars += size;
      continue;
    }
    if (last) last.isClosed = true;
    parts.push({ firstSeq: mark.seq, lastSeq: mark.seq, isClosed: false });
    chars = size;
  }
  return parts;
}

/**
 * What can be written now: each from what is there already, so that what stands on it is due the next time.
 * @param days those that no summary tells and that have messages, oldest first
 * @returns oldest first, parts before days before weeks before months
 */
export function dueOf(there: {
  readonly days: readonly OpenDay[];
  readonly kept: readonly Kept[];
  readonly nowMs: number;
  readonly zone: string;
}): Due[] {
  const { days, kept, nowMs, zone } = there;
  const today = dayOf(nowMs, zone);
  const open = days.map((day) => ({ ...day, label: dayLabel(day, zone) }));
  const fromMessages = open.flatMap((day) => dueOfDay(day, kept, day.toMs <= nowMs && day.label < today));
  // A day that is not told yet, but over, keeps its week and its month waiting.
  const waiting = new Set(open.filter((day) => day.label < today).map((day) => weekOf(day.label)));
  const weeks = gathered('week', kept, 'day', (day) => weekOf(day)).filter(
    (due) => addDays(due.label, 7) <= today && !waiting.has(due.label),
  );
  const late = new Set([...waiting, ...weeks.map((w) => w.label)].map(monthOf));
  const months = gathered('month', kept, 'week', monthOf).filter(
    (due) => due.label < monthOf(weekOf(today)) && !late.has(due.label),
  );
  return [...fromMessages, ...weeks, ...months];
}

function dueOfDay(day: OpenDay & { readonly label: string }, kept: readonly Kept[], isOver: boolean): Due[] {
  const parts = partsOf(day.marks);
  const there = kept.filter((k) => k.level === 'part' && k.fromMs === day.fromMs);
  const summaryOf = (part: Part): Kept | undefined =>
    there.find((k) => k.firstSeq === part.firstSeq && k.lastSeq === part.lastSeq);
  const range = { label: day.label, fromMs: day.fromMs, toMs: day.toMs };
  const due = parts
    .filter((part) => (part.isClosed || (isOver && parts.length > 1)) && !summaryOf(part))
    .map(({ firstSeq, lastSeq }): Due => ({ level: 'part', ...range, firstSeq, lastSeq, sources: [] }));
  if (!isOver || due.length > 0 || parts.length === 0) return due;
  const sources = parts.length === 1 ? [] : parts.map((part) => summaryOf(part)!.id);
  return [
    {
      level: 'day',
      ...range,
      firstSeq: parts[0]!.firstSeq,
      lastSeq: Math.max(...day.marks.map((m) => m.seq)),
      sources,
    },
  ];
}

/** Those of a level that are not there, or stand on other summaries than there are now. */
function gathered(
  level: Level,
  kept: readonly Kept[],
  from: Level,
  labelOf: (label: string) => string,
): Due[] {
  const groups = new Map<string, Kept[]>();
  for (const k of kept.filter((one) => one.level === from).toSorted((a, b) => a.fromMs - b.fromMs)) {
    const label = labelOf(k.label);
    const group = groups.get(label);
    if (group) group.push(k);
    else groups.set(label, [k]);
  }
  const there = new Map(kept.filter((k) => k.level === level).map((k) => [k.label, k]));
  return [...groups]
    .map(([label, group]): Due => ({
      level,
      label,
      fromMs: group[0]!.fromMs,
      toMs: Math.max(...group.map((k) => k.toMs)),
      firstSeq: Math.min(...group.map((k) => k.firstSeq)),
      lastSeq: Math.max(...group.map((k) => k.lastSeq)),
      sources: group.map((k) => k.id),
    }))
    .filter((due) => there.get(due.label)?.sources.join() !== due.sources.join());
}
