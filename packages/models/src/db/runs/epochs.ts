// Epochs: who holds a run. Each attempt has an epoch, a token of its own and a lease that it renews.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { HOLDS } from '../../contracts/runner.ts';
import { runStarted } from '../../events/runs.ts';
import { closePermissions } from './commands.ts';
import { append, lockLog } from '../log.ts';
import { withTx, type Db, type Queryable } from '../pool.ts';
import { now, nowAnd, row, run as runStatement, tables } from '../rows.ts';
import { type RunByToken, type RunRow, runsOfTasks } from './runs.ts';

export const LEASE_MS = 15_000;

const hash = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Raises the epoch and makes a fresh token: whoever held the old one is locked out from here on.
 * @returns the run as it is now and the token, which is nowhere else: only its hash is kept
 * @throws where the run has ended
 */
export async function openEpoch(db: Db, runId: string): Promise<{ run: RunRow; token: string }> {
  const token = `mlr_${randomBytes(32).toString('base64url')}`;
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const run = await row(
      tx,
      tables
        .updateTable('runs')
        .set((eb) => ({
          epoch: eb('epoch', '+', 1),
          token_hash: hash(token),
          holder: null,
          state: 'starting',
          started_at: eb.fn.coalesce('started_at', now),
          lease_until: nowAnd(LEASE_MS * 2),
        }))
        .where('id', '=', runId)
        .where('state', '<>', 'ended')
        .returningAll(),
    );
    if (!run) throw new Error(`run ${runId} has ended`);
    await closePermissions(tx, {
      ownerId: run.owner_id,
      taskId: run.task_id,
      why: 'The agent was started again and asks anew.',
    });
    await append(
      tx,
      [
        runStarted.new({
          taskId: run.task_id,
          actor: 'mainloop',
          payload: { runId, phase: run.phase, n: run.n, epoch: run.epoch },
        }),
      ],
      run.owner_id,
    );
    return { run, token };
  });
}

/**
 * The live run a token belongs to. A token dies with its run and with its epoch.
 * @param token as the runner sends it
 * @returns the run with what the gateway needs of its task and project, or null
 */
export const findRunByToken = (database: Queryable, token: string): Promise<RunByToken | null> =>
  row(database, runsOfTasks().where('r.token_hash', '=', hash(token)).where('r.state', '<>', 'ended'));

/**
 * A token is for one process: the first that claims the epoch holds it, and asking again is its right. A Job
 * of Kubernetes may start its pod twice
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#handling-pod-and-container-failures).
 * @returns false for everybody else
 */
export async function claimEpoch(
  database: Queryable,
  runId: string,
  epoch: number,
  holder: string,
): Promise<boolean> {
  const kept = keptHolder(holder);
  const claimed = await runStatement(
    database,
    tables
      .updateTable('runs')
      .set({ holder: kept })
      .where('id', '=', runId)
      .where('epoch', '=', epoch)
      .where((eb) => eb.or([eb('holder', 'is', null), eb('holder', '=', kept)])),
  );
  return claimed === 1;
}

/** A name that only its runner knows is kept as what nobody can say it from. */
const keptHolder = (holder: string): string =>
  holder.startsWith(HOLDS) ? `${HOLDS}${hash(holder)}` : holder;

/**
 * Whether a request comes from the process that has claimed the run. The agent beside it has the token as well.
 * @param holder as the request says it; '' when it says none
 * @returns `unknown` when the run was claimed by a runner that does not say it, or by none
 */
export function holderOf(run: Pick<RunByToken, 'holder'>, holder: string): 'runner' | 'somebody' | 'unknown' {
  if (run.holder === null || !run.holder.startsWith(HOLDS)) return 'unknown';
  const [kept, said] = [Buffer.from(run.holder), Buffer.from(keptHolder(holder))];
  return holder.startsWith(HOLDS) && kept.length === said.length && timingSafeEqual(kept, said)
    ? 'runner'
    : 'somebody';
}

/**
 * Says that a run is alive.
 * @returns false: it has ended, or another attempt holds it
 */
export async function renewLease(database: Queryable, runId: string, epoch: number): Promise<boolean> {
  const renewed = tables.updateTable('runs').set({ state: 'running', lease_until: nowAnd(LEASE_MS) });
  return (
    (await runStatement(
      database,
      renewed.where('id', '=', runId).where('epoch', '=', epoch).where('state', '<>', 'ended'),
    )) === 1
  );
}
