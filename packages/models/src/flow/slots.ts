// Which queued runs may start: in the order they came, within the cap in all and the cap of each project.

/** A run that has not ended. */
export interface SlotRun {
  readonly id: string;
  readonly projectId: string;
  readonly isActive: boolean;
}

export interface SlotCaps {
  readonly all: number;
  readonly ofProject: (projectId: string) => number;
}

/**
 * @param runs that have not ended, oldest first
 * @returns ids of the queued ones that may start now. One whose project is full waits and keeps nobody else waiting.
 */
export function mayStart(runs: readonly SlotRun[], caps: SlotCaps): string[] {
  const used = new Map<string, number>();
  const take = (projectId: string): void => void used.set(projectId, (used.get(projectId) ?? 0) + 1);
  const active = runs.filter((r) => r.isActive);
  for (const r of active) take(r.projectId);
  const starting: string[] = [];
  for (const r of runs) {
    if (active.length + starting.length >= caps.all) break;
    if (r.isActive || (used.get(r.projectId) ?? 0) >= caps.ofProject(r.projectId)) continue;
    take(r.projectId);
    starting.push(r.id);
  }
  return starting;
}
