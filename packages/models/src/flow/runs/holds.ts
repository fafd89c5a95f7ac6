// What keeps agents from starting: the pause of everything, and limits of money that are spent. Pure.
import {
  ALL_AGENTS,
  fullPeriod,
  NOTHING_SPENT,
  spentWords,
  sumSpent,
  type Limits,
  type Period,
  type Spent,
} from '../money/money.ts';

/** A limit that is spent. */
export interface SpentHold {
  /** null: of all agents. */
  readonly projectId: string | null;
  readonly period: Period;
  readonly cents: number;
  /** `all agents`, or the name of the project. */
  readonly of: string;
}
export interface Holds {
  /** Everything is paused. */
  readonly paused: boolean;
  /** The owner's first. */
  readonly spent: readonly SpentHold[];
  /** Why each task waits whose next run is queued. */
  readonly queued: readonly { readonly taskId: string; readonly sentence: string }[];
}
export const NOTHING_HELD: Holds = { paused: false, spent: [], queued: [] };

/** What was spent of the limits of a project, or of the owner (null). */
export interface Account {
  readonly projectId: string | null;
  readonly of: string;
  readonly limits: Limits;
  readonly spent: Spent;
}

/**
 * The accounts of an owner: all agents together first, then each project.
 * @param spent by project; of the chat under ''
 */
export const accountsOf = (
  mine: Limits,
  projects: readonly { readonly id: string; readonly name: string; readonly limits: Limits }[],
  spent: ReadonlyMap<string, Spent>,
): Account[] => [
  { projectId: null, of: ALL_AGENTS, limits: mine, spent: sumSpent(spent.values()) },
  ...projects.map(({ id, name, limits }) => ({
    projectId: id,
    of: name,
    limits,
    spent: spent.get(id) ?? NOTHING_SPENT,
  })),
];

/** @returns those whose limit is spent, in the order given */
export const spentOf = (accounts: readonly Account[]): SpentHold[] =>
  accounts.flatMap(({ projectId, of, limits, spent }) => {
    const period = fullPeriod(spent, limits);
    const cents = period === null ? null : limits[period];
    return period === null || cents === null ? [] : [{ projectId, of, period, cents }];
  });

/** Of a task that would go on by itself. */
export const ALL_PAUSED = 'Everything is paused. It waits until you resume.';

/** @returns why the next run of that task has no slot, in a sentence or two; '' when nothing is known to hold it up */
export function holdOf(
  holds: Holds,
  { id, projectId }: { readonly id: string; readonly projectId: string },
): string {
  if (holds.paused) return ALL_PAUSED;
  const spent = holds.spent.find((hold) => hold.projectId === null || hold.projectId === projectId);
  if (spent !== undefined) return spentWords(spent, 'It waits');
  return holds.queued.find(({ taskId }) => taskId === id)?.sentence ?? '';
}
