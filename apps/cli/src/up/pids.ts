// A pid alone is not an identity: the kernel reuses numbers. Every pid we remember goes with its start time.
import { readFileSync } from 'node:fs';

export interface ProcessRef {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks since boot (proc(5)). */
  readonly startTicks: string;
}

/**
 * @returns when the process began, in clock ticks since the machine did (field 22 of proc_pid_stat(5));
 * null where there is none, or only its remains
 */
export function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    // There is no such process any more.
    return null;
  }
}

/** @returns a name for this very process, which a later one with its number does not have */
export const refOf = (pid: number): ProcessRef => ({ pid, startTicks: startTicksOf(pid) ?? '' });
/** @returns false as well where another process has its number by now */
export const isAlive = (ref: ProcessRef): boolean =>
  startTicksOf(ref.pid) === ref.startTicks && ref.startTicks !== '';

/** @returns the direct ones; none where it has ended */
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
 * Ends one process by its own pid: SIGTERM (or `signal`), then SIGKILL after `graceMs`. Resolves once it is gone.
 * @param told who gets the signal, where that is not the process itself
 */
export async function endProcess(
  ref: ProcessRef,
  graceMs: number,
  signal: NodeJS.Signals = 'SIGTERM',
  told = [ref.pid],
): Promise<void> {
  if (!isAlive(ref)) return;
  for (const pid of told) trySignal(pid, signal);
  const deadline = Date.now() + graceMs;
  while (isAlive(ref)) {
    if (Date.now() > deadline) trySignal(ref.pid, 'SIGKILL');
    await new Promise((r) => setTimeout(r, 25));
  }
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone, which is what we wanted.
  }
}
