// Money for model calls: promised before a call is forwarded, paid when it is over. Both are in Postgres,
// because several gateways may serve one task, and because a gateway may die in the middle of an answer.
import { randomUUID } from 'node:crypto';
import type { MoneyLimits, SpentLimit } from '../../flow/money/money.ts';
import { costMicrousd, type Usage } from '../../flow/money/pricing.ts';
import { costMetered } from '../../events/money.ts';
import { append, lockLog } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { hasRow, now, nowAnd, row, rows, run, tables } from '../rows.ts';
import { sql } from 'kysely';

/** How long a call counts as alive after its gateway last said so. */
export const CALL_LEASE_MS = 30_000;

export interface ModelCall {
  readonly id: string;
  readonly ownerId: string;
  /** Empty for the owner's own chat, which no limit stops; what it costs counts for the day like everything else. */
  readonly projectId: string;
  readonly taskId: string | null;
  readonly runId: string | null;
  readonly gateway: string;
  readonly model: string;
  /** An estimate: the bill of a call that nobody saw the end of. */
  readonly inputTokens: number;
}

/** @returns an id that no other call has */
export const newCallId = (): string => `call_${randomUUID()}`;

/**
 * Takes money for a call, or more of it for one that already has some. One at a time over all gateways, all or nothing.
 * @param microusd how much more
 * @returns the limit that has no room for it, or null
 */
export async function reserve(
  database: Queryable,
  call: ModelCall,
  microusd: number,
  { owner, project }: MoneyLimits,
): Promise<SpentLimit | null> {
  const microusdOf = (cents: number | null): number | null => (cents === null ? null : cents * 10_000);
  const full = sql<SpentLimit | null>`reserve_model_call(${call.id},${call.ownerId},${call.projectId},${call.taskId},${call.runId},${call.gateway},${call.model},
    ${microusd},${call.inputTokens},${microusdOf(owner.day)},${microusdOf(owner.week)},${microusdOf(owner.month)},
    ${microusdOf(project.day)},${microusdOf(project.week)},${microusdOf(project.month)},${CALL_LEASE_MS})`;
  const result = await row(database, tables.selectNoFrom(full.as('full')));
  return result!.full;
}

/**
 * Writes down what a call cost and lets go of what was reserved for it, both or neither. Saying it twice
 * counts once.
 * @param used tokens, as the provider counts them
 */
export const settle = (db: Db, call: ModelCall, used: Usage): Promise<void> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    await release(tx, call.id);
    await bill(tx, call, costMicrousd(call.model, used), tokensIn(used), used.output_tokens ?? 0);
  });

/**
 * A call that cost nothing: the provider refused it or was not there.
 * @param callId one that is not reserved any more is fine
 */
export const release = async (database: Queryable, callId: string): Promise<void> =>
  void (await run(database, tables.deleteFrom('model_calls').where('id', '=', callId)));

/**
 * Says that a gateway's calls are alive.
 * @param gateway the process that carries them; reserves of one that says nothing lapse
 */
export const renewCalls = async (database: Queryable, gateway: string): Promise<void> =>
  void (await run(
    database,
    tables
      .updateTable('model_calls')
      .set({ lease_until: nowAnd(CALL_LEASE_MS) })
      .where('gateway', '=', gateway),
  ));

/**
 * Pays for calls whose gateway died in the middle. What they really cost nobody can tell any more, so it is
 * all that was reserved for them: a limit may be reached too early by that, and never too late.
 * @returns how many there were
 */
export const settleLapsed = (db: Db): Promise<number> =>
  withTx(db, async (tx) => {
    if (
      !(await hasRow(
        tx,
        tables.selectFrom('model_calls').select('id').where('lease_until', '<', now).limit(1),
      ))
    )
      return 0;
    await lockLog(tx);
    const lapsed = await rows(
      tx,
      tables.deleteFrom('model_calls').where('lease_until', '<', now).returningAll(),
    );
    for (const c of lapsed) {
      const call: ModelCall = {
        id: c.id,
        ownerId: c.owner_id,
        projectId: c.project_id,
        taskId: c.task_id,
        runId: c.run_id,
        gateway: c.gateway,
        model: c.model,
        inputTokens: c.input_tokens,
      };
      await bill(tx, call, c.reserved_microusd, c.input_tokens, 0);
    }
    return lapsed.length;
  });

const tokensIn = (usage: Usage): number =>
  (usage.input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);

async function bill(
  tx: Tx,
  call: ModelCall,
  microusd: number,
  inputTokens: number,
  outputTokens: number,
): Promise<void> {
  if (microusd === 0) return;
  const event = costMetered.new({
    taskId: call.taskId,
    actor: 'gateway',
    key: { callId: call.id },
    payload: { runId: call.runId, model: call.model, microusd, inputTokens, outputTokens },
  });
  const fresh = await append(tx, [event], call.ownerId);
  if (fresh.length === 0 || call.runId === null) return;
  const dearer = tables
    .updateTable('runs')
    .set((eb) => ({ cost_microusd: eb('cost_microusd', '+', microusd) }));
  await run(tx, dearer.where('id', '=', call.runId));
}
