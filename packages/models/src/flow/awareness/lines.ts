// Which lines of a file two changes of it meet in, by the rule of git's own merge. Pure.

/** The first and the last line, counted from 1. */
export type Lines = readonly [from: number, to: number];

/** Which lines meet, as each side has them. */
export interface MetLines {
  readonly ours: readonly Lines[];
  readonly theirs: readonly Lines[];
}

interface Hunk {
  /** Lines of the old file: the first, and how many. */
  readonly at: number;
  readonly count: number;
  readonly now: Lines;
  readonly text: string;
}

const HEAD = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Of a place where lines were taken out, the line before it; that of the first line is 1. */
const linesAt = (at: number, count: number): Lines => [
  Math.max(1, at),
  Math.max(1, at + Math.max(0, count - 1)),
];

function hunksOf(diff: string): Hunk[] {
  const hunks: { at: number; count: number; now: Lines; text: string }[] = [];
  for (const line of diff.split('\n')) {
    const head = HEAD.exec(line);
    if (head === null) {
      const last = hunks.at(-1);
      if (last !== undefined && line.startsWith('+')) last.text += `${line}\n`;
      continue;
    }
    const [, at, count = '1', now, many = '1'] = head;
    // With none taken out, git names the line before.
    const first = count === '0' ? Number(at) + 1 : Number(at);
    hunks.push({ at: first, count: Number(count), now: linesAt(Number(now), Number(many)), text: '' });
  }
  return hunks;
}

/** Git takes two changes for one conflict also where they only touch, and none where they are the same. */
const meet = (a: Hunk, b: Hunk): boolean =>
  a.at <= b.at + b.count &&
  b.at <= a.at + a.count &&
  !(a.at === b.at && a.count === b.count && a.text === b.text);

/**
 * The lines in which two changes of one file meet.
 * @param ours from the file as both had it, as `git diff -U0` prints it
 * @param theirs the same of the other side
 */
export function meetingLines(ours: string, theirs: string): MetLines {
  const [mine, others] = [hunksOf(ours), hunksOf(theirs)];
  return {
    ours: joined(mine.filter((hunk) => others.some((other) => meet(hunk, other)))),
    theirs: joined(others.filter((hunk) => mine.some((other) => meet(hunk, other)))),
  };
}

/**
 * The lines in which two files differ that both sides have added.
 * @param diff from ours to theirs, as `git diff -U0` prints it
 */
export function differingLines(diff: string): MetLines {
  const hunks = hunksOf(diff);
  return {
    ours: hunks.map(({ at, count }) => linesAt(count === 0 ? at - 1 : at, count)),
    theirs: hunks.map(({ now }) => now),
  };
}

function joined(hunks: readonly Hunk[]): Lines[] {
  const all: Lines[] = [];
  for (const { now } of hunks) {
    const last = all.at(-1);
    if (last !== undefined && now[0] <= last[1] + 1)
      all[all.length - 1] = [last[0], Math.max(last[1], now[1])];
    else all.push(now);
  }
  return all;
}
