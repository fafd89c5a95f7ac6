// What is said of tasks beside each other, and of who knows the files of a change. Read it aloud before you change it.
import { sayCollision, type Collision } from '@mainloop/models/flow/awareness/collisions';

export const COLLISIONS = 'Conflicts to come';
/** In front of the other task's title. */
export const WILL_CONFLICT_WITH = 'Will conflict with';
/** What it means for the reader, who might wait for it otherwise. */
export const NEITHER_WAITS = 'Both go on. Whichever is merged second brings the two together.';

/**
 * Behind files that are listed.
 * @param files how many there are besides; 0 has no words
 */
export function moreFiles(files: number): string {
  if (files === 0) return '';
  return files === 1 ? 'and one more file' : `and ${files} more files`;
}

/**
 * On a row of the inbox, behind the other task's title.
 * @param files at least one
 * @param more how many files there are besides these
 * @returns as "in src/a.ts, lines 3–9" or "in 4 files"
 */
export function whereWords(files: readonly Collision[], more: number): string {
  const all = files.length + more;
  return all === 1 ? `in ${files[0]!.path}, ${sayCollision(files[0]!)}` : `in ${all} files`;
}

export const KNOWS_THIS_AREA = 'Knows this area:';
/** In front of titles of earlier tasks. */
export const EARLIER_TASKS = 'earlier tasks:';
