// Which rules fade because what they stand on is gone: the files that they are about, or the comments that said
// them. Pure.
import { isAbout } from './learnings.ts';

export const STANDS_ON = ['files', 'comments'] as const;
export type StandsOn = (typeof STANDS_ON)[number];
export const PRESENCE = ['there', 'gone'] as const;
export type Presence = (typeof PRESENCE)[number];

/** What was seen of what a rule stands on; null where it was not looked for, or never was there. */
interface Standing {
  readonly files: Presence | null;
  readonly comments: Presence | null;
}
/** @returns why agents are not given it any more; null where they are */
export function whyFaded({ files, comments }: Standing): StandsOn | null {
  if (files === 'gone') return 'files';
  return comments === 'gone' ? 'comments' : null;
}

export interface Change {
  readonly id: string;
  readonly of: StandsOn;
  readonly are: Presence;
}

/**
 * What is to be said of the files of rules. A rule may be about files that are yet to come: it fades only when
 * there were some.
 * @param seen all files of the repository, and the folder of it that the project is ('' for all of it).
 * `isWhole`: false where the forge lists only some; then none is gone, and what is seen is there
 */
export function filesOf(
  rules: readonly { readonly id: string; readonly path: string; readonly files: Presence | null }[],
  seen: { readonly files: readonly string[]; readonly isWhole: boolean; readonly folder: string },
): Change[] {
  const within = seen.folder === '' ? '' : `${seen.folder}/`;
  const here = seen.files.filter((file) => file.startsWith(within));
  // A pattern is written from the root of the repository, or from that of the project.
  const names = within === '' ? here : [...here, ...here.map((file) => file.slice(within.length))];
  return rules.flatMap(({ id, path, files }): Change[] => {
    const isThere = names.some((file) => isAbout(path, file));
    if (isThere) return files === 'there' ? [] : [{ id, of: 'files', are: 'there' }];
    return files === 'there' && seen.isWhole ? [{ id, of: 'files', are: 'gone' }] : [];
  });
}

/**
 * Rules of which every comment was deleted. What was also said elsewhere stands on that.
 * @param rules `saidIn`: ids of comments, null for a time that it was said otherwise
 * @param left comments that are there, or that nobody could look for
 */
export const withoutComments = (
  rules: readonly { readonly id: string; readonly saidIn: readonly (string | null)[] }[],
  left: ReadonlySet<string>,
): Change[] =>
  rules
    .filter(({ saidIn }) => saidIn.length > 0 && saidIn.every((id) => id !== null && !left.has(id)))
    .map(({ id }) => ({ id, of: 'comments', are: 'gone' }));

/**
 * So many of a list in one round, so that with the rounds each has its turn.
 * @param round counted on by one each time
 */
export function turnOf<T>(all: readonly T[], most: number, round: number): T[] {
  if (all.length <= most) return [...all];
  const from = (round * most) % all.length;
  return [...all.slice(from), ...all.slice(0, from)].slice(0, most);
}
