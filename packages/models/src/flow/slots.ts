// Which queued runs may start: in the order they came, within the cap in all and the cap of each project.

/** A run that has not ended. */
export interface SlotRun {
  readonly id: string;
  readonly projectId: string;
  readonly isActive: boolean;
  /** It is active and stands still until the person allows or refuses something: its slot is another's meanwhile. */
  readonly waits: boolean;
}

export interface SlotCaps {
  readonly all: number;
  readonly ofProject: (projectId: string) => number;
}

/**
 * What waits still has its sandbox, and goes on at once when it is answered: with those, there are at most so
 * many times the cap.
 */
export const WITH_WAITING = 2;

/**
 * @param runs that have not ended, oldest first
 * @returns ids of the queued ones that may start now. One whose project is full waits and keeps nobody else waiting.
 */
export function mayStart(runs: readonly SlotRun[], caps: SlotCaps): string[] {
  const used = { working: new Map<string, number>(), active: new Map<string, number>() };
  const add = (to: Map<string, number>, projectId: string): void =>
    void to.set(projectId, (to.get(projectId) ?? 0) + 1);
  const active = runs.filter((r) => r.isActive);
  const working = active.filter((r) => !r.waits);
  for (const run of active) add(used.active, run.projectId);
  for (const run of working) add(used.working, run.projectId);
  const starting: string[] = [];
  const isFull = (projectId: string): boolean => {
    const cap = caps.ofProject(projectId);
    return (
      (used.working.get(projectId) ?? 0) >= cap || (used.active.get(projectId) ?? 0) >= cap * WITH_WAITING
    );
  };
  for (const run of runs) {
    if (
      working.length + starting.length >= caps.all ||
      active.length + starting.length >= caps.all * WITH_WAITING
    )
      break;
    if (run.isActive || isFull(run.projectId)) continue;
    add(used.active, run.projectId);
    add(used.working, run.projectId);
    starting.push(run.id);
  }
  return starting;
}
