// Which tasks are stuck: their workflow is gone, or they say that they work and nothing happens. Pure.
import type { WaitingFor } from '../states.ts';

/** A task that has not ended, as the cycle finds it. */
export interface AtHand {
  readonly taskId: string;
  readonly title: string;
  readonly state: string;
  readonly waitingFor: WaitingFor | null;
  /** Something of it waits for the person. */
  readonly isAsked: boolean;
  /** Its next run waits for its turn. */
  readonly isQueued: boolean;
  /** When it last said or did anything, in milliseconds since 1970. */
  readonly signMs: number;
}

/** So long after its last sign a task may be between two homes: its start is on its way. */
export const SETTLE_MS = 2 * 60_000;
/** A task at work that has given no sign for so long is told to look where it stands. */
export const WAKE_AFTER_MS = 30 * 60_000;
/** And the person is told when that did not help. */
export const TELL_AFTER_MS = 60 * 60_000;

export type StuckWhy = 'gone' | 'silent';
export interface Stuck {
  readonly taskId: string;
  readonly title: string;
  readonly why: StuckWhy;
  /** `wake`: its workflow is told to look; `tell`: the person is told. */
  readonly do: 'wake' | 'tell';
  readonly signMs: number;
}

/**
 * How much is known of what is stuck. `all`: what is not named is not stuck; `silent`: that holds of those that say
 * nothing, and was not looked at for workflows that are gone; `some`: there may be more.
 */
export type Certain = 'all' | 'silent' | 'some';

/** States in which an agent is said to be at work. */
const AT_WORK: ReadonlySet<string> = new Set(['planning', 'drafting']);

/** @returns whether its workflow could be gone: only then it is worth to ask about it */
export const mayBeGone = ({ signMs }: Pick<AtHand, 'signMs'>, nowMs: number): boolean =>
  nowMs - signMs >= SETTLE_MS;

/**
 * Whether a task is stuck.
 * @param isGone whether its workflow runs no more
 * @param isPaused whether everything is paused: then nobody is expected to work
 * @returns null when all is as it should be
 */
export function stuckOf(
  task: AtHand,
  {
    nowMs,
    isGone,
    isPaused,
  }: { readonly nowMs: number; readonly isGone: boolean; readonly isPaused: boolean },
): Stuck | null {
  const { taskId, title, signMs } = task;
  if (isGone && mayBeGone(task, nowMs)) return { taskId, title, why: 'gone', do: 'tell', signMs };
  const waits = isPaused || task.isAsked || task.isQueued || task.waitingFor !== null;
  if (waits || !AT_WORK.has(task.state)) return null;
  const silentMs = nowMs - signMs;
  if (silentMs < WAKE_AFTER_MS) return null;
  return { taskId, title, why: 'silent', do: silentMs < TELL_AFTER_MS ? 'wake' : 'tell', signMs };
}

/** Stands in an address as it is. One that went on and fell silent again is told of anew. */
export const stuckItemId = ({ taskId, why, signMs }: Omit<Stuck, 'title' | 'do'>): string =>
  `stuck-${taskId}-${why === 'gone' ? why : signMs}`;

/** What the person is told. */
export function stuckWords({ title, why, signMs }: Stuck, nowMs: number): { title: string; body: string } {
  switch (why) {
    case 'gone':
      return {
        title: `“${title}” is stuck: nothing goes on with it.`,
        body: 'Its workflow was ended outside of mainloop, so nobody looks after this task any more. Its branch is as it was. Start a new task for what is left of it.',
      };
    case 'silent':
      return {
        title: `“${title}” says that it works, and nothing happens.`,
        body: `There has been no sign of it for ${Math.round((nowMs - signMs) / 60_000)} minutes, and looking again did not help. Look at its page. Cancel it there, or say something to it.`,
      };
  }
}

/** @returns whether a task that such an item tells of, and that is not named any more, goes on */
export const goesOn = (itemId: string, certain: Certain): boolean =>
  certain === 'all' || (certain === 'silent' && !itemId.endsWith('-gone'));
