// Who knows an area: people and earlier tasks of ours, from what git's log says of the files of a change. Pure.
import { isMachineName } from '../forge/machines.ts';
import { cleanTitle, fence, reveal } from '../text.ts';

/** One commit that changed some of the files. */
export interface PastCommit {
  readonly sha: string;
  /** Name and address as the commit has them: outside text. */
  readonly author: string;
  readonly email: string;
  readonly atMs: number;
}

/** What `git log` has to print for `pastCommits`, behind `--format=`; a NUL stands behind each. */
export const PAST_FORMAT = '%H%x09%at%x09%ae%x09%an';

/**
 * Reads what `git log -z` prints in that format.
 * @param output commits, each with a NUL behind it; what is no such commit is left out
 */
export function pastCommits(output: string): PastCommit[] {
  return output.split('\0').flatMap((record) => {
    const [sha = '', seconds = '', email = '', ...name] = record.trim().split('\t');
    if (!/^[0-9a-f]{40,64}$/.test(sha) || !/^\d{1,11}$/.test(seconds)) return [];
    return [{ sha, atMs: Number(seconds) * 1_000, email, author: name.join('\t') }];
  });
}

/** Who is known to know an area. */
export interface KnownBy {
  /** Names of people, who knows it best first. */
  readonly people: readonly string[];
  /** Ids of earlier tasks of ours, the newest first. */
  readonly tasks: readonly string[];
}

const DAY_MS = 86_400_000;
/** What somebody changed so long ago counts half of what they change today. */
const HALF_MS = 180 * DAY_MS;
const MOST_PEOPLE = 3;
const MOST_TASKS = 3;
const MAX_NAME = 60;

interface Person {
  name: string;
  weight: number;
  lastMs: number;
}

/**
 * @param commits that changed files of the change, in any order; each counts once
 * @param taskOf which task of ours a commit is from, if it is
 * @param nowMs milliseconds since 1970
 * @returns no machine among the people, and nobody for what a task did under their name
 */
export function whoKnows(
  commits: readonly PastCommit[],
  taskOf: (sha: string) => string | undefined,
  nowMs: number,
): KnownBy {
  const people = new Map<string, Person>();
  const tasks = new Map<string, number>();
  const seen = new Set<string>();
  for (const { sha, author, email, atMs } of commits) {
    if (seen.has(sha)) continue;
    seen.add(sha);
    const task = taskOf(sha);
    if (task !== undefined) {
      tasks.set(task, Math.max(tasks.get(task) ?? 0, atMs));
      continue;
    }
    const name = cleanTitle(reveal(author), MAX_NAME);
    if (name === '' || isMachineName(name) || isMachineName(email.split('@')[0] ?? '')) continue;
    // One person under several names is told by the address, which itself is shown nowhere.
    const who = email.toLowerCase() || name.toLowerCase();
    const known = people.get(who) ?? { name, weight: 0, lastMs: -1 };
    // A clock that ran ahead gives nobody more than today does.
    known.weight += 0.5 ** (Math.max(0, nowMs - atMs) / HALF_MS);
    if (atMs > known.lastMs) [known.name, known.lastMs] = [name, atMs];
    people.set(who, known);
  }
  return {
    people: distinct(
      [...people.values()]
        .toSorted((a, b) => b.weight - a.weight || b.lastMs - a.lastMs || (a.name < b.name ? -1 : 1))
        .map(({ name }) => name),
    ).slice(0, MOST_PEOPLE),
    tasks: [...tasks]
      .toSorted(([a, aMs], [b, bMs]) => bMs - aMs || (a < b ? -1 : 1))
      .slice(0, MOST_TASKS)
      .map(([id]) => id),
  };
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)];

/**
 * What an agent is told of who changed the files of a change before it.
 * @param known names of people and titles of tasks: data, in a fence
 * @returns '' where nobody is known
 */
export function areaWords({
  people,
  tasks,
}: {
  readonly people: readonly string[];
  readonly tasks: readonly string[];
}): string {
  const rows = [
    ...(people.length > 0 ? [`People: ${people.join(', ')}`] : []),
    ...tasks.map((title) => `Earlier task: ${cleanTitle(title)}`),
  ];
  if (rows.length === 0) return '';
  return `Who changed these files before; \`git log\` says what for:\n${fence(rows.join('\n'), 'history')}`;
}
