// Which queued runs may start, and why each of the others waits: what has to end before them, how urgent they
// are, and how many agents may work at once. Pure.

/** The most urgent first. */
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Whoever has waited so long counts as one step more urgent, so that nobody waits for ever. */
export const STEP_MS = 60 * 60_000;

/** A run that has not ended. */
export interface DispatchRun {
  readonly id: string;
  readonly taskId: string;
  readonly projectId: string;
  readonly ownerId: string;
  readonly isActive: boolean;
  /** It is active and stands still until the person allows or refuses something: its slot is another's meanwhile. */
  readonly waits: boolean;
  readonly priority: Priority;
  /** Milliseconds since 1970. */
  readonly queuedAtMs: number;
  /** Tasks that have to end before it starts; those that have ended are not named. */
  readonly blockedBy: readonly string[];
}

export interface Caps {
  readonly all: number;
  readonly ofPerson: (ownerId: string) => number;
  readonly ofProject: (projectId: string) => number;
  /**
   * Of a project that works on one task at a time: its tasks that have begun, have not ended and wait for no
   * other task. null: it works on as many as its cap lets it.
   */
  readonly underWay: (projectId: string) => readonly string[] | null;
}

/**
 * What waits still has its sandbox, and goes on at once when it is answered: with those, there are at most so
 * many times the cap.
 */
export const WITH_WAITING = 2;

/** Why a queued run has not started. */
export type Wait =
  /** Nothing holds it: it starts as soon as it looks. */
  | { readonly is: 'next' }
  /** Those tasks have to end first. */
  | { readonly is: 'blocked'; readonly by: readonly string[] }
  /** Its project works on one task at a time, and that is this other one. */
  | { readonly is: 'serial'; readonly taskId: string }
  /** As many agents work as may at once: in the project, for the person, or in all. */
  | { readonly is: 'full'; readonly of: 'project' | 'person' | 'all'; readonly agents: number };

/** How many have a sandbox, and how many of those do not wait for the person. */
class Count {
  active = 0;
  working = 0;
  add(waits: boolean): void {
    this.active += 1;
    if (!waits) this.working += 1;
  }
  isFull(cap: number): boolean {
    return this.working >= cap || this.active >= cap * WITH_WAITING;
  }
}

class Counts {
  readonly all = new Count();
  private readonly each = new Map<string, Count>();
  of(id: string): Count {
    let count = this.each.get(id);
    if (count === undefined) this.each.set(id, (count = new Count()));
    return count;
  }
}

/**
 * How urgent a run is, by its priority and by how long it has waited.
 * @returns 0 for the most urgent; nobody rises above that
 */
export const levelOf = (run: Pick<DispatchRun, 'priority' | 'queuedAtMs'>, nowMs: number): number =>
  Math.max(0, PRIORITIES.indexOf(run.priority) - Math.floor(Math.max(0, nowMs - run.queuedAtMs) / STEP_MS));

/** What of one project may start: a list for each level, oldest first. */
interface Line {
  readonly projectId: string;
  readonly ownerId: string;
  readonly levels: DispatchRun[][];
  /** The level that its next one is of, and the place of that in its list. */
  level: number;
  at: number;
}

const headOf = (line: Line): DispatchRun => line.levels[line.level]![line.at]!;
/** @returns whether there is a next one */
function settle(line: Line): boolean {
  while (line.level < PRIORITIES.length && line.at >= line.levels[line.level]!.length) {
    line.level += 1;
    line.at = 0;
  }
  return line.level < PRIORITIES.length;
}

/**
 * Gives slots. The more urgent goes first; among equals that of the project with the fewest agents at work,
 * and then whoever waits longest. One that is held keeps nobody else waiting.
 * @param runs that have not ended, oldest first
 * @param nowMs milliseconds since 1970
 * @returns ids of the queued ones that may start now, in their order, and why each of the others waits
 */
export function dispatch(
  runs: readonly DispatchRun[],
  caps: Caps,
  nowMs: number,
): { readonly starting: readonly string[]; readonly waits: ReadonlyMap<string, Wait> } {
  const projects = new Counts();
  const persons = new Counts();
  const waits = new Map<string, Wait>();
  for (const run of runs)
    if (run.isActive)
      for (const count of [projects.all, projects.of(run.projectId), persons.of(run.ownerId)])
        count.add(run.waits);
  const free = freeOf(runs, caps, waits);
  const lines = linesOf(free, nowMs);
  const isBefore = (a: Line, b: Line): boolean => {
    const [first, second] = [headOf(a), headOf(b)];
    const load = projects.of(a.projectId).working - projects.of(b.projectId).working;
    const age = first.queuedAtMs - second.queuedAtMs;
    return (a.level - b.level || load || age || (first.id < second.id ? -1 : 1)) < 0;
  };
  lines.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const starting: string[] = [];
  /** Of projects that work on one task at a time and had none: the one that is their next. */
  const only = new Map<string, DispatchRun>();
  while (lines.length > 0 && !projects.all.isFull(caps.all)) {
    const line = lines.shift()!;
    // What is full does not become less so: the line is left out.
    if (projects.of(line.projectId).isFull(caps.ofProject(line.projectId))) continue;
    if (persons.of(line.ownerId).isFull(caps.ofPerson(line.ownerId))) continue;
    const run = headOf(line);
    line.at += 1;
    starting.push(run.id);
    for (const count of [projects.all, projects.of(run.projectId), persons.of(run.ownerId)]) count.add(false);
    if (caps.underWay(run.projectId)?.length === 0) only.set(run.projectId, run);
    else if (settle(line)) lines.splice(placeOf(lines, line, isBefore), 0, line);
  }
  const chosen = new Set(starting);
  for (const run of free) {
    const other = only.get(run.projectId);
    if (chosen.has(run.id)) waits.set(run.id, { is: 'next' });
    else if (other !== undefined) waits.set(run.id, { is: 'serial', taskId: other.taskId });
    else waits.set(run.id, fullOf(run, caps, projects, persons));
  }
  return { starting, waits };
}

/** @returns the queued ones that no task keeps from starting; the others are put into `waits` */
function freeOf(runs: readonly DispatchRun[], caps: Caps, waits: Map<string, Wait>): DispatchRun[] {
  const under = new Map<string, readonly string[] | null>();
  const free: DispatchRun[] = [];
  const queued = runs.filter((run) => !run.isActive);
  for (const run of queued) {
    if (run.blockedBy.length > 0) waits.set(run.id, { is: 'blocked', by: run.blockedBy });
    else free.push(run);
    if (!under.has(run.projectId)) under.set(run.projectId, caps.underWay(run.projectId));
  }
  if ([...under.values()].every((tasks) => tasks === null)) return free;
  return free.filter((run) => {
    const tasks = under.get(run.projectId) ?? null;
    if (tasks === null || tasks.includes(run.taskId)) return true;
    const first = tasks[0];
    if (first !== undefined) waits.set(run.id, { is: 'serial', taskId: first });
    return first === undefined;
  });
}

function linesOf(free: readonly DispatchRun[], nowMs: number): Line[] {
  const lines = new Map<string, Line>();
  for (const run of free) {
    let line = lines.get(run.projectId);
    if (line === undefined) {
      line = {
        projectId: run.projectId,
        ownerId: run.ownerId,
        levels: PRIORITIES.map(() => []),
        level: 0,
        at: 0,
      };
      lines.set(run.projectId, line);
    }
    line.levels[levelOf(run, nowMs)]!.push(run);
  }
  return [...lines.values()].filter(settle);
}

/** @returns where it belongs among lines that are in order */
function placeOf(lines: readonly Line[], line: Line, isBefore: (a: Line, b: Line) => boolean): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isBefore(lines[middle]!, line)) from = middle + 1;
    else to = middle;
  }
  return from;
}

function fullOf(run: DispatchRun, caps: Caps, projects: Counts, persons: Counts): Wait {
  const ofProject = caps.ofProject(run.projectId);
  if (projects.of(run.projectId).isFull(ofProject)) return { is: 'full', of: 'project', agents: ofProject };
  const ofPerson = caps.ofPerson(run.ownerId);
  if (persons.of(run.ownerId).isFull(ofPerson)) return { is: 'full', of: 'person', agents: ofPerson };
  return { is: 'full', of: 'all', agents: caps.all };
}

/** What the words about a wait need to know. */
export interface Named {
  /** The title of a task. */
  readonly title: (taskId: string) => string;
  /** What its project is called. */
  readonly project: string;
}

/** @returns why it waits, in a sentence or two for a person */
export function waitWords(wait: Wait, named: Named): string {
  switch (wait.is) {
    case 'next':
      return 'It starts in a moment. You are not needed.';
    case 'blocked':
      return `It waits until ${listOf(wait.by.map((id) => `"${named.title(id)}"`))} ${wait.by.length === 1 ? 'has' : 'have'} ended.`;
    case 'serial':
      return `${named.project} works on one task at a time. "${named.title(wait.taskId)}" comes first.`;
    case 'full':
      return `${agentsWords(wait.agents)} ${wait.of === 'project' ? `that ${named.project} may have at once` : 'that may work at once'} ${wait.agents === 1 ? 'is' : 'are'} at work. You are not needed.`;
  }
}

/** So many are named; the others are counted. */
const NAMED = 3;
const listOf = (names: readonly string[]): string => {
  const shown =
    names.length > NAMED ? [...names.slice(0, NAMED - 1), `${names.length - NAMED + 1} more`] : names;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
};
const agentsWords = (agents: number): string => (agents === 1 ? 'The one agent' : `All ${agents} agents`);

/** So many tasks may be waited for by one. */
export const MAX_BLOCKERS = 50;

/**
 * Whether tasks would wait for each other in a circle.
 * @param taskId the one that is to wait
 * @param blockers for those
 * @param blockersOf of every other task
 * @returns the circle, from `taskId` to itself, each waiting for the next; null when there is none
 */
export function circleOf(
  taskId: string,
  blockers: readonly string[],
  blockersOf: (taskId: string) => readonly string[],
): readonly string[] | null {
  /** Who led to whom. */
  const from = new Map<string, string>(blockers.map((id) => [id, taskId]));
  const open = [...blockers];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === taskId) return pathTo(taskId, from);
    for (const blocker of blockersOf(next)) {
      if (from.has(blocker)) continue;
      from.set(blocker, next);
      open.push(blocker);
    }
  }
  return null;
}

function pathTo(taskId: string, from: ReadonlyMap<string, string>): string[] {
  const path = [taskId];
  for (let at = from.get(taskId)!; at !== taskId; at = from.get(at)!) path.unshift(at);
  return [taskId, ...path];
}
