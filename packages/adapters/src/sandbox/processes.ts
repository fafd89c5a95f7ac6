// Processes of this machine, looked at through /proc. One is only itself together with its start time: pids
// are used again.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @returns when a living process started, in clock ticks since boot; null for one that is gone or only waits
 * to be reaped
 */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    // There is no such process any more.
    return null;
  }
}

/**
 * @param ticks when the process started, as /proc says it
 * @returns false when its number was given to another since
 */
export const isSame = (pid: number, ticks: string): boolean => startTicks(pid) === ticks;

/** @returns pids; none for a process that is gone */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map(Number);
  } catch {
    // It has ended, and its children are nobody's.
    return [];
  }
}

/**
 * The outer processes and inits of sandboxes that were started with exactly this argument. Finds a sandbox
 * again whose starter died before it could write down what it had started. What only runs inside of one does
 * not count, whatever it calls itself; nor does another program that was given the same path, such as a
 * person's editor.
 * @param program what starts a sandbox: bubblewrap's path
 */
export function sandboxesWith(program: string, argument: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return (
          isOf(program, words) &&
          words.includes(argument) &&
          /^NSpid:\t\d+(\t1)?$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) &&
          startTicks(Number(pid)) !== null
        );
      } catch {
        // It ended while we looked.
        return false;
      }
    })
    .map(Number);
}

/** By its name: another version of us may have brought it elsewhere. */
const isOf = (program: string, words: readonly string[]): boolean =>
  path.basename(words[0] ?? '') === path.basename(program);

/**
 * Ends a process at once; one that is gone already is fine.
 * @param pid its number on this machine
 */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
