// Runs as others ask about them: which are active, which are silent, how they ended. What changes them is in runs.ts.
import type { Run } from '../../contracts/runs.ts';
import type { RunOutcome } from '../../flow/outcomes.ts';
import type { Phase } from '../../flow/states.ts';
import { many, one, type Queryable } from '../pool.ts';

/** Runs of all users that have had two seconds to start and have not ended. */
export const listActive = (q: Queryable): Promise<{ readonly id: string; readonly taskId: string; readonly epoch: number }[]> =>
  many(q, `select id, task_id as "taskId", epoch from runs where state in ('starting', 'running') and started_at < now() - interval '2 seconds'`);

export interface SilentRun {
  readonly id: string;
  readonly taskId: string;
  readonly ownerId: string;
  readonly epoch: number;
  /** Milliseconds since its last output, or since its start. */
  readonly ms: number;
}

/** Runs that have printed nothing for longer than `ms`. One that waits for a permission is not silent, it waits. */
export const listSilent = (q: Queryable, ms: number): Promise<SilentRun[]> =>
  many(
    q,
    `select id, task_id as "taskId", owner_id as "ownerId", epoch, floor(extract(epoch from now() - coalesce(output_at, started_at)) * 1000)::bigint as ms
       from runs r where state = 'running' and coalesce(output_at, started_at) < now() - $1 * interval '1 millisecond'
        and not exists (select 1 from inbox_items i where i.task_id = r.task_id and i.kind = 'permission' and i.state = 'open')`,
    [ms],
  );

/** Runs of a task that have not ended, whether they have started or not. */
export const listUnended = (q: Queryable, taskId: string): Promise<{ readonly id: string; readonly epoch: number; readonly state: string }[]> =>
  many(q, "select id, epoch, state from runs where task_id = $1 and state <> 'ended'", [taskId]);

export interface CompletedRun {
  readonly phase: Phase;
  readonly outcome: Extract<RunOutcome, { kind: 'completed' }>;
}

/** Runs of a task that did what they were for, besides planning, in their order. */
export const listCompleted = (q: Queryable, taskId: string): Promise<CompletedRun[]> =>
  many(q, "select phase, outcome from runs where task_id = $1 and phase <> 'plan' and outcome->>'kind' = 'completed' order by n", [taskId]);

/** @returns the number of the newest run of a task; 0 when it has none */
export const lastNumber = async (q: Queryable, taskId: string): Promise<number> =>
  (await one<{ n: number }>(q, 'select coalesce(max(n), 0)::int as n from runs where task_id = $1', [taskId]))!.n;

/** @returns how a run ended; null while it has not, and for one that is not there */
export const findOutcome = async (q: Queryable, runId: string): Promise<RunOutcome | null> =>
  (await one<{ outcome: RunOutcome | null }>(q, 'select outcome from runs where id = $1', [runId]))?.outcome ?? null;

/** All runs of a task, in their order. */
export const listRuns = (q: Queryable, taskId: string): Promise<Run[]> =>
  many(
    q,
    'select id, phase, n, state, epoch, outcome, cost_microusd as "costMicrousd", started_at as "startedAt", ended_at as "endedAt" from runs where task_id = $1 order by n',
    [taskId],
  );

/** Whether this user has such a run. */
export const hasRun = async (q: Queryable, ownerId: string, id: string): Promise<boolean> =>
  (await one(q, 'select 1 from runs where id = $1 and owner_id = $2', [id, ownerId])) !== null;
