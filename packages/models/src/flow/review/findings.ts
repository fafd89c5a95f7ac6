// What a reviewer found, held against the rounds before it: new, back again, or caused by the fix. Pure.

export interface Finding {
  readonly id: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly body: string;
}
export type FindingKind = { readonly is: 'new' | 'fix' } | { readonly is: 'again'; readonly of: string };

/** Lines that the fix before wrote, by path. */
type Written = ReadonlyMap<string, ReadonlySet<number>>;

/** How far the lines of a file may have moved between two rounds. */
const NEAR = 3;

/**
 * @param earlier what was worked on in rounds before this one
 * @param written by the last fix
 */
export function findingOf(finding: Finding, earlier: readonly Finding[], written: Written): FindingKind {
  const before = earlier.find((e) => e.id !== finding.id && isSame(finding, e));
  if (before !== undefined) return { is: 'again', of: before.id };
  const { path, line } = finding;
  return path !== null && line !== null && written.get(path)?.has(line) ? { is: 'fix' } : { is: 'new' };
}

function isSame(a: Finding, b: Finding): boolean {
  if (a.path !== b.path) return false;
  const alike = likeness(a.body, b.body);
  if (a.path === null || a.line === null || b.line === null) return alike >= 0.6;
  const away = Math.abs(a.line - b.line);
  // On the same line somebody goes on about the same thing.
  if (away === 0) return alike >= 0.15;
  return alike >= (away <= NEAR ? 0.3 : 0.6);
}

const FILLERS = new Set(
  'a an the to of in on is are it this that please and or for with be not still again here you can could'.split(
    ' ',
  ),
);
const wordsOf = (text: string): Set<string> =>
  new Set((text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).filter((w) => !FILLERS.has(w)));

/** @returns the share of words that two texts have in common, from 0 to 1 */
function likeness(a: string, b: string): number {
  const [x, y] = [wordsOf(a), wordsOf(b)];
  const both = [...x].filter((w) => y.has(w)).length;
  const all = x.size + y.size - both;
  return all === 0 ? 1 : both / all;
}

/** @param delta a unified diff @returns the lines that it adds, by path */
export function writtenBy(delta: string): Written {
  const written = new Map<string, Set<number>>();
  let lines: Set<number> | null = null;
  let at = 0;
  let left = 0;
  for (const line of delta.split('\n')) {
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (left > 0 && /^[+ ]/.test(line)) {
      if (line.startsWith('+')) lines?.add(at);
      at++;
      left--;
    } else if (hunk) {
      at = Number(hunk[1]);
      left = Number(hunk[2] ?? '1');
    } else if (line.startsWith('+++ b/')) {
      const path = line.slice('+++ b/'.length).replace(/\t$/, '');
      written.set(path, (lines = written.get(path) ?? new Set()));
    } else if (line.startsWith('+++ ')) lines = null;
  }
  return written;
}

/** A finding for the person who decides how it goes on, as a line of Markdown. */
export const FINDING_WORDS: Record<FindingKind['is'], string> = {
  new: 'new',
  again: 'back again',
  fix: 'caused by the fix',
};
