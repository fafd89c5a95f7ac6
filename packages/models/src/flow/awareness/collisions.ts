// Two tasks at work on one repository whose changes will conflict: what of it is told, to whom, and in which
// words. It is information, never a lock. Pure.
import { fence } from '../text.ts';
import type { Lines } from './lines.ts';
import type { Meeting, Merge, MetFile } from './merge-tree.ts';

/** A file in which a task collides with another, from its own side. */
export interface Collision {
  readonly path: string;
  readonly how: Meeting;
  /** Its own lines; none where they are not known, or where it is not about lines. */
  readonly lines: readonly Lines[];
  /** The lines of the other task. */
  readonly theirs: readonly Lines[];
}

/** So many files of one collision are kept; that there are more is said. */
export const MOST_FILES = 50;

/**
 * The files in which two branches will conflict, because of each other. What one of them conflicts in with the
 * base already is told as that, and not a second time as this.
 * @param together the merge of the two
 * @param bases the merge of each with the base that both go to
 */
export function collidingFiles(together: Merge, bases: readonly Merge[]): MetFile[] {
  const known = new Set(bases.flatMap(({ files }) => files.map(({ path }) => path)));
  return together.files.filter(({ path }) => !known.has(path));
}

const OTHER_SIDE: Readonly<Record<Meeting, Meeting>> = {
  changed: 'changed',
  added: 'added',
  deleted_here: 'deleted_there',
  deleted_there: 'deleted_here',
  renamed: 'renamed',
  binary: 'binary',
  submodule: 'submodule',
  kind: 'kind',
};

/** @returns the same collisions, from the side of the other task */
export const otherSide = (files: readonly Collision[]): Collision[] =>
  files.map(({ path, how, lines, theirs }) => ({ path, how: OTHER_SIDE[how], lines: theirs, theirs: lines }));

/** What follows from a look at a pair of tasks. `isNews`: their agents are told. */
export type AfterLook =
  { readonly do: 'nothing' } | { readonly do: 'clear' } | { readonly do: 'note'; readonly isNews: boolean };

/**
 * What follows from a look at two tasks. Told is a file that they did not collide in before; lines move with
 * every push.
 * @param before what is known of them; null: they did not collide
 * @param now what the look found
 */
export function afterLook(before: readonly Collision[] | null, now: readonly Collision[]): AfterLook {
  if (now.length === 0) return { do: before === null ? 'nothing' : 'clear' };
  if (before !== null && JSON.stringify(before.map(fieldsOf)) === JSON.stringify(now.map(fieldsOf)))
    return { do: 'nothing' };
  const known = new Set((before ?? []).map(({ path }) => path));
  return { do: 'note', isNews: now.some(({ path }) => !known.has(path)) };
}
/** In one order, whichever the database keeps them in. */
const fieldsOf = ({ path, how, lines, theirs }: Collision): unknown => [path, how, lines, theirs];

/** @returns as "line 3" or "lines 3–9, 14"; '' for none */
export function sayLines(lines: readonly Lines[]): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, 4).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  const isOne = lines.length === 1 && lines[0]![0] === lines[0]![1];
  return `${isOne ? 'line' : 'lines'} ${shown.join(', ')}${lines.length > 4 ? ', …' : ''}`;
}

const MEETING: Readonly<Record<Meeting, string>> = {
  changed: 'both change the same lines',
  added: 'both add it, each in its own way',
  deleted_here: 'deleted here, changed there',
  deleted_there: 'changed here, deleted there',
  renamed: 'each moves it elsewhere',
  binary: 'both change it, and it is not text',
  submodule: 'both move the submodule',
  kind: 'it is of another kind here and there',
};

/** How a task collides in one file, without its name, as "lines 3–9" or "deleted here, changed there". */
export function sayCollision({ how, lines }: Pick<Collision, 'how' | 'lines'>): string {
  if (how === 'changed') return sayLines(lines) || MEETING.changed;
  return MEETING[how];
}

/** The other task of a collision, as it is told to an agent. */
export interface OtherTask {
  readonly title: string;
  readonly branch: string;
}
/** So many files stand in what an agent is told. */
const TOLD_FILES = 20;

/**
 * What an agent is told of a collision, for its next turn.
 * @param other the task it collides with
 * @param base the branch that both go to
 * @returns names of files and the title of a task are data, in a fence
 */
export function collisionWords(other: OtherTask, base: string, files: readonly Collision[]): string {
  const rows = files.slice(0, TOLD_FILES).map((file) => {
    const theirs = file.how === 'changed' ? sayLines(file.theirs) : '';
    return `${file.path}: ${sayCollision(file)}${theirs === '' ? '' : ` (${theirs} there)`}`;
  });
  const more = files.length - TOLD_FILES;
  return [
    'Another task of this repository is at work on the same places as you. As both stand now, they will conflict:',
    fence(
      [`Task: ${other.title}`, ...rows, ...(more > 0 ? [`and ${more} more files`] : [])].join('\n'),
      'collision',
    ),
    `This is for your information. It stops nothing: go on with your task, and undo none of it. Where you have a choice, keep your change to these places small, or look at theirs first (\`git fetch origin\`, \`git diff origin/${base}...origin/${other.branch}\`). Whichever is merged second brings the two together.`,
  ].join('\n');
}
