// A pid alone is not an identity: the kernel reuses numbers. Every pid we remember goes with its start time.
import { readFileSync } from 'node:fs';

export interface ProcessRef {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks since boot (proc(5)). */
  readonly startTicks: string;
}

export function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export const refOf = (pid: number): ProcessRef => ({ pid, startTicks: startTicksOf(pid) ?? '' });
export const isAlive = (ref: ProcessRef): boolean => startTicksOf(ref.pid) === ref.startTicks && ref.startTicks !== '';

/** Ends one process by its own pid: SIGTERM (or `signal`), then SIGKILL after `graceMs`. Resolves once it is gone. */
export async function endProcess(ref: ProcessRef, graceMs: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!isAlive(ref)) return;
  trySignal(ref.pid, signal);
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
