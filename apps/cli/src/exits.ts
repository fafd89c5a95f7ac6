// With what number the command line ends, for scripts. Pure.
import { CommanderError } from 'commander';
import { Away } from './client.ts';

/** Never changed, only added to: scripts ask for them. */
export const EXITS = {
  /** It was done. */
  done: 0,
  /** It was refused, with one sentence; or something of ours is broken, and said. */
  refused: 1,
  /** It was not understood: a verb, an argument or an option. */
  misused: 2,
  /** mainloop does not answer. */
  away: 3,
  /** The task that was watched has ended, and is not done. */
  notDone: 4,
} as const;

/** What each means, for people. */
export const EXIT_WORDS: Readonly<Record<keyof typeof EXITS, string>> = {
  done: 'it was done',
  refused: 'it was refused, and the sentence says why',
  misused: 'it was not understood: mainloop help lists the verbs',
  away: 'mainloop does not answer',
  notDone: 'the task that was watched ended and is not done',
};

/** A task that was watched ended otherwise than done. What happened was printed. */
export class NotDone extends Error {}

/** @param error what a verb threw */
export function exitOf(error: unknown): number {
  // It throws after its help as well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXITS.done : EXITS.misused;
  if (error instanceof NotDone) return EXITS.notDone;
  return error instanceof Away ? EXITS.away : EXITS.refused;
}
