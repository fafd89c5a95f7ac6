// Slots: how many runs may have a sandbox at once, which of those that wait is next, and why the others wait.
import { resolveProjectSettings } from '../../contracts/settings.ts';
import { dispatch, waitWords, type Caps, type DispatchRun, type Wait } from '../../flow/runs/dispatch.ts';
import { fullPeriod, NOTHING_SPENT, sumSpent, type Limits } from '../../flow/money/money.ts';
import { underWorkflow, type KeptWorkflow } from '../../flow/projects/workflow-file.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { readSpent } from '../money/limits.ts';
import { getSettings } from '../projects/settings.ts';
import { isAllPaused } from './pause.ts';
import { takeLock } from '../locks.ts';
import { toOutbox } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { anyOf, row, rows, run as runStatement, tables } from '../rows.ts';

/** How many agents may work at once, and for what money. */
export interface SlotCaps {
  readonly all: number;
  /** From the settings of a project. */
  readonly ofProject: (settings: unknown) => number;
  /** Whether a project works on one task at a time, from its settings. */
  readonly isSerial?: (settings: unknown) => boolean;
  /** Of the run's owner: where a limit is spent no run starts, and nobody else waits for that. */
  readonly money?: MoneyCaps;
}

interface MoneyCaps {
  readonly owner: Limits;
  readonly ofProject: (settings: unknown) => Limits;
}

interface Slot {
  readonly got: boolean;
  /** How many that wait are older. */
  readonly ahead: number;
}
const NONE: Slot = { got: false, ahead: 0 };
/** A look at all that waits counts so long for whoever asks by their timer. Their timers are as long. */
export const LOOK_COUNTS_MS = 15_000;

/**
 * Gives slots, with one look for all that wait: whoever asks first looks at everything and wakes the others
 * that may start, and whoever asks by a timer soon after is told what that look came to.
 * @param nowMs milliseconds that only grow
 */
export class Slots {
  private readonly db: Db;
  private readonly nowMs: () => number;
  /** By owner, because caps are an owner's. */
  private readonly looks = new Map<string, { readonly atMs: number; readonly waiting: readonly string[] }>();
  /** When a run was woken: one that does not come is woken again at a later look. */
  private readonly wokenAtMs = new Map<string, number>();
  constructor(db: Db, nowMs: () => number = () => performance.now()) {
    this.db = db;
    this.nowMs = nowMs;
  }

  /**
   * Takes a slot when the run is the next that may have one.
   * @param caps of the run's owner; asked for only where everything is looked at
   * @param isByTimer nothing has happened that the run was told of
   */
  async take(runId: string, caps: () => Promise<SlotCaps>, isByTimer: boolean): Promise<Slot> {
    const me = await findQueued(this.db, runId);
    if (me === null) return NONE;
    if (me.state !== 'queued') return { got: true, ahead: 0 };
    const known = this.looks.get(me.ownerId);
    const ahead = known?.waiting.indexOf(runId) ?? -1;
    if (isByTimer && known !== undefined && ahead >= 0 && this.nowMs() - known.atMs < LOOK_COUNTS_MS)
      return { got: false, ahead };
    const looked = await lookForAll(this.db, runId, await caps(), (ids) => this.asleep(ids));
    this.looks.set(me.ownerId, { atMs: this.nowMs(), waiting: looked.waiting });
    return { got: looked.got, ahead: Math.max(0, looked.waiting.indexOf(runId)) };
  }

  /** @returns those of these runs that were not woken a moment ago, and takes them for woken */
  private asleep(runIds: readonly string[]): readonly string[] {
    const atMs = this.nowMs();
    for (const [id, woken] of this.wokenAtMs) if (atMs - woken >= LOOK_COUNTS_MS) this.wokenAtMs.delete(id);
    const asleep = runIds.filter((id) => !this.wokenAtMs.has(id));
    for (const id of asleep) this.wokenAtMs.set(id, atMs);
    return asleep;
  }
}

/** @returns null for a run that has ended, or is not there */
export const findQueued = (
  database: Queryable,
  runId: string,
): Promise<{ readonly state: string; readonly ownerId: string } | null> =>
  row(
    database,
    tables
      .selectFrom('runs')
      .select(['state', 'owner_id as ownerId'])
      .where('id', '=', runId)
      .where('state', '<>', 'ended'),
  );

/** One look alone, with nobody woken. @param caps `all` counts for the run's owner */
export const takeSlot = async (db: Db, runId: string, caps: SlotCaps): Promise<Slot> => {
  const { got, waiting } = await lookForAll(db, runId, caps, () => []);
  return { got, ahead: Math.max(0, waiting.indexOf(runId)) };
};

/**
 * Looks at all that waits.
 * @param asleep which of the others that may start have to be woken
 * @returns whether the run has a slot now, and what waits still, the oldest first
 */
async function lookForAll(
  db: Db,
  runId: string,
  caps: SlotCaps,
  asleep: (runIds: readonly string[]) => readonly string[],
): Promise<{ readonly got: boolean; readonly waiting: readonly string[] }> {
  return withTx(db, async (tx) => {
    await takeLock(tx, 'slots');
    const me = await findQueued(tx, runId);
    if (me?.state !== 'queued') return { got: me !== null, waiting: [] };
    const runs = await listUnendedRuns(tx);
    const waiting = runs.filter((r) => !r.isActive).map(({ id }) => id);
    if (await isAllPaused(tx, me.ownerId)) return { got: false, waiting };
    const settings = await settingsOf(tx, runs);
    const isSpent = await spentIn(tx, me.ownerId, caps.money, settings);
    const { starting } = dispatch(
      runs,
      await capsFor(tx, runs, settings, {
        ...caps,
        all: isSpent(null) ? 0 : caps.all,
        isFull: isSpent,
      }),
      Date.now(),
    );
    // Their own workers know the caps of others' runs.
    const others = runs.filter((r) => r.id !== runId && r.ownerId === me.ownerId && starting.includes(r.id));
    const waking = new Set(asleep(others.map(({ id }) => id)));
    for (const { taskId } of others.filter(({ id }) => waking.has(id))) await wake(tx, taskId);
    if (!starting.includes(runId)) return { got: false, waiting };
    await runStatement(tx, tables.updateTable('runs').set({ state: 'starting' }).where('id', '=', runId));
    return { got: true, waiting };
  });
}

/** Lets a task that waits for its slot look again now instead of at its next timer. */
export const wake = (tx: Tx, taskId: string): Promise<void> =>
  toOutbox(tx, {
    kind: 'signal',
    workflowId: taskWorkflowId(taskId),
    name: SIGNALS.lookAgain,
    payload: {},
  });

/** @returns what has not ended, of all owners, oldest first */
async function listUnendedRuns(database: Queryable): Promise<DispatchRun[]> {
  const unended = await rows(
    database,
    tables
      .selectFrom('runs as r')
      .innerJoin('tasks as t', 't.id', 'r.task_id')
      .select(['r.id', 'r.task_id', 'r.state', 'r.owner_id', 'r.created_at'])
      .select(['t.project_id', 't.priority', 't.blocked_by', 't.waiting_for'])
      .where('r.state', '<>', 'ended')
      .orderBy('r.created_at')
      .orderBy('r.id'),
  );
  const named = [...new Set(unended.flatMap((r) => (r.state === 'queued' ? r.blocked_by : [])))];
  const open = new Set(
    named.length === 0
      ? []
      : (
          await rows(
            database,
            tables
              .selectFrom('tasks')
              .select('id')
              .where('id', '=', anyOf(named))
              .where('ended_at', 'is', null),
          )
        ).map(({ id }) => id),
  );
  return unended.map((r) => ({
    id: r.id,
    taskId: r.task_id,
    projectId: r.project_id,
    ownerId: r.owner_id,
    isActive: r.state !== 'queued',
    waits: r.state === 'running' && r.waiting_for === 'permission',
    priority: r.priority,
    queuedAtMs: r.created_at.getTime(),
    blockedBy: r.blocked_by.filter((id) => open.has(id)),
  }));
}

/** Of projects: what was set, and what is kept of their WORKFLOW.md. */
type SettingsOf = ReadonlyMap<string, { readonly settings: unknown; readonly workflow: KeptWorkflow | null }>;
async function settingsOf(database: Queryable, runs: readonly DispatchRun[]): Promise<SettingsOf> {
  const ids = [...new Set(runs.map((r) => r.projectId))];
  const found = await rows(
    database,
    tables.selectFrom('projects').select(['id', 'settings', 'workflow']).where('id', '=', anyOf(ids)),
  );
  return new Map(found.map(({ id, ...of }) => [id, of]));
}

async function capsFor(
  database: Queryable,
  runs: readonly DispatchRun[],
  settings: SettingsOf,
  caps: SlotCaps & { readonly isFull: (projectId: string) => boolean },
): Promise<Caps> {
  const allowed = (projectId: string) => {
    const of = settings.get(projectId);
    const isSerial = caps.isSerial?.(of?.settings) ?? false;
    return underWorkflow(
      { maxRuns: caps.ofProject(of?.settings), dispatch: isSerial ? 'serial' : 'parallel' },
      of?.workflow ?? null,
    );
  };
  const serial = [...settings.keys()].filter((projectId) => allowed(projectId).dispatch === 'serial');
  const underWay = await listUnderWay(database, serial);
  return {
    all: caps.all,
    ofPerson: () => caps.all,
    ofProject: (projectId) => (caps.isFull(projectId) ? 0 : allowed(projectId).maxRuns),
    underWay: (projectId) => (serial.includes(projectId) ? (underWay.get(projectId) ?? []) : null),
  };
}

/** @returns by project the tasks whose agent has worked, which have not ended and wait for no other; oldest first */
async function listUnderWay(
  database: Queryable,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, string[]>> {
  if (projectIds.length === 0) return new Map();
  const begun = await rows(
    database,
    tables
      .selectFrom('tasks as t')
      .select(['t.id', 't.project_id as projectId'])
      .where('t.project_id', '=', anyOf(projectIds))
      .where('t.ended_at', 'is', null)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('runs as r')
            .select('r.id')
            .whereRef('r.task_id', '=', 't.id')
            .where('r.state', '<>', 'queued'),
        ),
      )
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('tasks as b')
              .select('b.id')
              .where('b.ended_at', 'is', null)
              .where((of) => of('b.id', '=', of.fn.any('t.blocked_by'))),
          ),
        ),
      )
      .orderBy('t.created_at')
      .orderBy('t.id'),
  );
  return new Map(
    [...Map.groupBy(begun, (t) => t.projectId)].map(([projectId, of]) => [projectId, of.map(({ id }) => id)]),
  );
}

/** A task whose next run waits for its slot. */
export interface QueuedTask {
  readonly taskId: string;
  readonly wait: Wait;
  /** The same for a person. */
  readonly sentence: string;
}

/**
 * Every task of an owner whose next run waits for its slot, the longest first, and why. A pause of everything
 * and what is spent are not looked at: they are told for all tasks at once.
 * @returns none of those that run
 */
export async function listQueued(database: Queryable, ownerId: string): Promise<QueuedTask[]> {
  const runs = await listUnendedRuns(database);
  const mine = runs.filter((r) => r.ownerId === ownerId && !r.isActive);
  if (mine.length === 0) return [];
  const [own, settings] = await Promise.all([getSettings(database, ownerId), settingsOf(database, runs)]);
  const caps = await capsFor(database, runs, settings, {
    all: own.maxRuns,
    ofProject: (of) => resolveProjectSettings(of).maxRuns,
    isSerial: (of) => resolveProjectSettings(of).dispatch === 'serial',
    isFull: () => false,
  });
  const { waits } = dispatch(runs, caps, Date.now());
  const queued = mine.map((r) => ({ ...r, wait: waits.get(r.id) ?? ({ is: 'next' } as const) }));
  const titles = await titlesOf(
    database,
    queued.flatMap(({ wait }) => aboutOf(wait)),
  );
  const names = await namesOf(database, [...settings.keys()]);
  return queued.map(({ taskId, projectId, wait }) => ({
    taskId,
    wait,
    sentence: waitWords(wait, {
      title: (id) => titles.get(id) ?? id,
      project: names.get(projectId) ?? 'The project',
    }),
  }));
}

const aboutOf = (wait: Wait): readonly string[] => {
  if (wait.is === 'blocked') return wait.by;
  return wait.is === 'serial' ? [wait.taskId] : [];
};

async function titlesOf(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const found = await rows(
    database,
    tables
      .selectFrom('tasks')
      .select(['id', 'title'])
      .where('id', '=', anyOf([...new Set(ids)])),
  );
  return new Map(found.map(({ id, title }) => [id, title]));
}

async function namesOf(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await rows(
    database,
    tables.selectFrom('projects').select(['id', 'name']).where('id', '=', anyOf(ids)),
  );
  return new Map(found.map(({ id, name }) => [id, name]));
}

/** @returns whether the owner's limit (null) or that of a project leaves no room for new work */
async function spentIn(
  tx: Tx,
  ownerId: string,
  money: MoneyCaps | undefined,
  settings: SettingsOf,
): Promise<(projectId: string | null) => boolean> {
  if (money === undefined) return () => false;
  const spent = await readSpent(tx, ownerId, Date.now());
  return (projectId) =>
    projectId === null
      ? fullPeriod(sumSpent(spent.values()), money.owner) !== null
      : fullPeriod(
          spent.get(projectId) ?? NOTHING_SPENT,
          money.ofProject(settings.get(projectId)?.settings),
        ) !== null;
}
