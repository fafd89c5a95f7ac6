// Slots: how many runs may have a sandbox at once, and which of those that wait is next.
import { fullPeriod, NOTHING_SPENT, sumSpent, type Limits } from '../../flow/money.ts';
import { readSpent } from '../money/limits.ts';
import { mayStart } from '../../flow/slots.ts';
import { isAllPaused } from './pause.ts';
import { takeLock } from '../locks.ts';
import { withTx, type Db, type Tx } from '../pool.ts';
import { rows, run as runStatement, tables } from '../rows.ts';

/**
 * Takes a slot when fewer runs than the caps are active and nobody older could have it. Slots are given in order.
 * @param caps.ofProject from the settings of a project
 * @param caps.money of the run's owner: where a limit is spent no run starts, and nobody else waits for that
 */
export async function takeSlot(
  db: Db,
  runId: string,
  caps: {
    readonly all: number;
    readonly ofProject: (settings: unknown) => number;
    readonly money?: MoneyCaps;
  },
): Promise<{ got: boolean; ahead: number }> {
  return withTx(db, async (tx) => {
    await takeLock(tx, 'slots');
    const runs = await rows(
      tx,
      tables
        .selectFrom('runs as r')
        .innerJoin('tasks as t', 't.id', 'r.task_id')
        .innerJoin('projects as p', 'p.id', 't.project_id')
        .select([
          'r.id',
          'r.state',
          'r.owner_id',
          't.project_id',
          'p.settings',
          (eb) => eb('t.waiting_for', 'is not distinct from', 'permission').as('waits'),
        ])
        .where('r.state', '<>', 'ended')
        .orderBy('r.created_at')
        .orderBy('r.id'),
    );
    const me = runs.find((r) => r.id === runId);
    if (!me) return { got: false, ahead: 0 };
    if (me.state !== 'queued') return { got: true, ahead: 0 };
    const ahead = runs.slice(0, runs.indexOf(me)).filter((r) => r.state === 'queued').length;
    if (await isAllPaused(tx, me.owner_id)) return { got: false, ahead };
    const settings = new Map(runs.map((r) => [r.project_id, r.settings]));
    const isSpent = await spentIn(tx, me.owner_id, caps.money, settings);
    const starting = mayStart(
      runs.map((run) => ({
        id: run.id,
        projectId: run.project_id,
        isActive: run.state !== 'queued',
        waits: run.state === 'running' && run.waits === true,
      })),
      {
        all: isSpent(null) ? 0 : caps.all,
        ofProject: (projectId) => (isSpent(projectId) ? 0 : caps.ofProject(settings.get(projectId))),
      },
    );
    if (!starting.includes(runId)) return { got: false, ahead };
    await runStatement(tx, tables.updateTable('runs').set({ state: 'starting' }).where('id', '=', runId));
    return { got: true, ahead: 0 };
  });
}

interface MoneyCaps {
  readonly owner: Limits;
  readonly ofProject: (settings: unknown) => Limits;
}

/** @returns whether the owner's limit (null) or that of a project leaves no room for new work */
async function spentIn(
  tx: Tx,
  ownerId: string,
  money: MoneyCaps | undefined,
  settings: ReadonlyMap<string, unknown>,
): Promise<(projectId: string | null) => boolean> {
  if (money === undefined) return () => false;
  const spent = await readSpent(tx, ownerId, Date.now());
  return (projectId) =>
    projectId === null
      ? fullPeriod(sumSpent(spent.values()), money.owner) !== null
      : fullPeriod(spent.get(projectId) ?? NOTHING_SPENT, money.ofProject(settings.get(projectId))) !== null;
}
