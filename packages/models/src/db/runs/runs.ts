// Runs: one phase, one attempt of the agent, as a row with a lease and a fencing epoch.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { runId as makeRunId, taskWorkflowId } from '../../flow/ids.ts';
import { runEnded, runStarted } from '../../events/runs.ts';
import type { AttachmentRef } from '../../flow/events.ts';
import { mayPrint, OUTPUT_LIMITS } from '../../flow/limits.ts';
import { isCutOff, spendsSession, type RunOutcome } from '../../flow/outcomes.ts';
import type { Phase } from '../../flow/states.ts';
import { mayStart } from '../../flow/slots.ts';
import { SIGNALS, type RunEndedSignal } from '../../flow/workflow.ts';
import { closePermissions, hasUnheard, takeUnheard } from './commands.ts';
import { OUTPUT_CHANNEL } from '../listen.ts';
import { LOCKS } from '../locks.ts';
import { append, lockLog, toOutbox } from '../log.ts';
import { many, one, withTx, type Db, type Queryable } from '../pool.ts';

export const LEASE_MS = 15_000;

export interface RunRow {
  readonly id: string;
  readonly owner_id: string;
  readonly task_id: string;
  readonly phase: Phase;
  readonly n: number;
  readonly state: 'queued' | 'starting' | 'running' | 'ended';
  readonly epoch: number;
  readonly session_id: string;
  readonly resume: boolean;
  readonly prompt: string;
  readonly model: string;
  readonly budget_microusd: number;
  readonly cost_microusd: number;
  readonly outcome: RunOutcome | null;
  readonly lease_until: Date | null;
  readonly output_at: Date | null;
  readonly started_at: Date | null;
}

const hash = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Makes the row once; asking again gives the same run. The session is carried over from the task's last run, unless that
 * run ended because the session had grown too long for the model: resumed, it would be refused for ever.
 * @param i.prompt made from what the person said since the last run ended, oldest first; `freshSession`: what was said in
 *   earlier runs is not in this one's session, so the prompt has to bring it
 */
export async function ensureRun(
  db: Db,
  i: { ownerId: string; taskId: string; n: number; phase: Phase; prompt: (said: string[], freshSession: boolean) => string; model: string },
): Promise<string> {
  const id = makeRunId(i.taskId, i.n);
  const last = await one<{ session_id: string; outcome: RunOutcome | null }>(
    db,
    'select session_id, outcome from runs where task_id = $1 and n < $2 and started_at is not null order by n desc limit 1',
    [i.taskId, i.n],
  );
  const freshSession = last !== null && spendsSession(last.outcome);
  const resumed = last !== null && !freshSession ? last.session_id : null;
  await withTx(db, async (tx) => {
    if (await one(tx, 'select 1 from runs where id = $1', [id])) return;
    const prompt = i.prompt(await takeUnheard(tx, i.taskId), freshSession);
    await tx.query(
      `insert into runs (id, owner_id, task_id, phase, n, state, session_id, resume, prompt, model, budget_microusd)
       select $1,$2,$3,$4,$5,'queued',$6,$7,$8,$9, greatest(0, budget_cents::bigint * 10000 - cost_microusd) from tasks where id = $3`,
      [id, i.ownerId, i.taskId, i.phase, i.n, resumed ?? randomUUID(), resumed !== null, prompt, i.model],
    );
  });
  return id;
}

/**
 * Takes a slot when fewer runs than the caps are active and nobody older could have it. Slots are given in order.
 * @param caps.ofProject from the settings of a project
 */
export async function takeSlot(
  db: Db,
  runId: string,
  caps: { readonly all: number; readonly ofProject: (settings: unknown) => number },
): Promise<{ got: boolean; ahead: number }> {
  return withTx(db, async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCKS.slots]);
    const runs = await many<{ id: string; state: string; project_id: string; settings: unknown }>(
      tx,
      `select r.id, r.state, t.project_id, p.settings from runs r join tasks t on t.id = r.task_id join projects p on p.id = t.project_id
        where r.state <> 'ended' order by r.created_at, r.id`,
    );
    const me = runs.find((r) => r.id === runId);
    if (!me) return { got: false, ahead: 0 };
    if (me.state !== 'queued') return { got: true, ahead: 0 };
    const settings = new Map(runs.map((r) => [r.project_id, r.settings]));
    const starting = mayStart(
      runs.map((r) => ({ id: r.id, projectId: r.project_id, isActive: r.state !== 'queued' })),
      { all: caps.all, ofProject: (projectId) => caps.ofProject(settings.get(projectId)) },
    );
    if (!starting.includes(runId)) return { got: false, ahead: runs.slice(0, runs.indexOf(me)).filter((r) => r.state === 'queued').length };
    await tx.query("update runs set state = 'starting' where id = $1", [runId]);
    return { got: true, ahead: 0 };
  });
}

/** Raises the epoch and makes a fresh token: whoever held the old one is locked out from here on. */
export async function openEpoch(db: Db, runId: string): Promise<{ run: RunRow; token: string }> {
  const token = `mlr_${randomBytes(32).toString('base64url')}`;
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const run = await one<RunRow>(
      tx,
      `update runs set epoch = epoch + 1, token_hash = $2, holder = null, state = 'starting', started_at = coalesce(started_at, now()), lease_until = now() + $3 * interval '1 millisecond'
        where id = $1 and state <> 'ended' returning *`,
      [runId, hash(token), LEASE_MS * 2],
    );
    if (!run) throw new Error(`run ${runId} has ended`);
    await closePermissions(tx, { ownerId: run.owner_id, taskId: run.task_id, why: 'The agent was started again and asks anew.' });
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

export const getRun = (q: Queryable, id: string): Promise<RunRow | null> => one<RunRow>(q, 'select * from runs where id = $1', [id]);

export interface RunByToken extends RunRow {
  readonly title: string;
  readonly task_prompt: string;
  readonly branch: string;
  readonly repo: string;
  readonly remote_url: string;
  readonly default_branch: string;
  readonly project_id: string;
  readonly project_settings: Record<string, unknown>;
  readonly budget_cents: number;
  readonly attachments: readonly AttachmentRef[];
  readonly task_cost: number;
  readonly plan: string | null;
}

/** The live run a token belongs to. A token dies with its run and with its epoch. */
export function findRunByToken(q: Queryable, token: string): Promise<RunByToken | null> {
  return one<RunByToken>(
    q,
    `select r.*, t.title, t.prompt as task_prompt, t.attachments, t.branch, t.budget_cents, t.cost_microusd as task_cost, t.plan, p.repo, p.remote_url, p.default_branch, p.id as project_id, p.settings as project_settings
       from runs r join tasks t on t.id = r.task_id join projects p on p.id = t.project_id where r.token_hash = $1 and r.state <> 'ended'`,
    [hash(token)],
  );
}

/**
 * A token is for one process: the first that claims the epoch holds it, and asking again is its right. A Job of Kubernetes
 * may start its pod twice (https://kubernetes.io/docs/concepts/workloads/controllers/job/#handling-pod-and-container-failures).
 * @returns false for everybody else
 */
export async function claimEpoch(q: Queryable, runId: string, epoch: number, holder: string): Promise<boolean> {
  const r = await q.query('update runs set holder = $3 where id = $1 and epoch = $2 and (holder is null or holder = $3)', [runId, epoch, holder]);
  return r.rowCount === 1;
}

export async function renewLease(q: Queryable, runId: string, epoch: number): Promise<boolean> {
  const r = await q.query(
    `update runs set state = 'running', lease_until = now() + $3 * interval '1 millisecond' where id = $1 and epoch = $2 and state <> 'ended'`,
    [runId, epoch, LEASE_MS],
  );
  return r.rowCount === 1;
}

/**
 * Appends output at `offset`. A repeat of what is known is dropped, a gap is refused.
 * @returns the offset the next chunk must have; null: it comes too fast, and should come again
 */
export async function appendOutput(db: Db, runId: string, offset: number, chunk: Buffer): Promise<number | null> {
  return withTx(db, async (tx) => {
    const run = await one<{ age: number }>(
      tx,
      'select extract(epoch from now() - coalesce(started_at, now()))::float8 as age from runs where id = $1 for update',
      [runId],
    );
    const end = (await one<{ end: number }>(tx, `select coalesce(max("offset" + length(chunk)), 0) as end from run_output where run_id = $1`, [
      runId,
    ]))!.end;
    // Whoever has printed all it may goes on printing, and nothing is kept of it.
    if (end >= OUTPUT_LIMITS.aRun) return Math.max(end, offset + chunk.length);
    if (offset > end) return end;
    const all = chunk.subarray(end - offset);
    if (all.length === 0) return end;
    const verdict = mayPrint(end, all.length, run?.age ?? 0);
    if (verdict.kind === 'wait') return null;
    const fresh = all.subarray(0, verdict.bytes);
    await tx.query('insert into run_output (run_id, "offset", chunk) values ($1,$2,$3)', [runId, end, fresh]);
    await tx.query('update runs set output_at = now() where id = $1', [runId]);
    await tx.query('select pg_notify($1, $2)', [OUTPUT_CHANNEL, JSON.stringify({ runId, end: end + fresh.length })]);
    return end + fresh.length;
  });
}

export const outputEnd = async (q: Queryable, runId: string): Promise<number> =>
  (await one<{ end: number }>(q, `select coalesce(max("offset" + length(chunk)), 0) as end from run_output where run_id = $1`, [runId]))!.end;

export async function readOutput(q: Queryable, runId: string, from: number, maxBytes = 512 * 1024): Promise<{ from: number; data: Buffer }> {
  const rows = await many<{ offset: number; chunk: Buffer }>(
    q,
    `select "offset", chunk from run_output where run_id = $1 and "offset" + length(chunk) > $2 order by "offset" limit 400`,
    [runId, from],
  );
  const parts: Buffer[] = [];
  let size = 0;
  for (const r of rows) {
    const part = r.offset < from ? r.chunk.subarray(from - r.offset) : r.chunk;
    parts.push(part);
    size += part.length;
    if (size >= maxBytes) break;
  }
  return { from, data: Buffer.concat(parts) };
}

/**
 * The attempts at one piece of work: a run, and those right before it in its phase that were cut off and whose work it took up.
 * What one of them said or asked, the next one says again.
 * @returns their ids, the run itself first
 */
export async function attemptsOf(q: Queryable, runId: string): Promise<string[]> {
  const before = await many<{ id: string; phase: string; outcome: RunOutcome | null }>(
    q,
    `select b.id, b.phase, b.outcome from runs b join runs r on r.task_id = b.task_id and b.n <= r.n where r.id = $1 order by b.n desc limit 20`,
    [runId],
  );
  const first = before.findIndex((b, i) => i > 0 && !(b.phase === before[0]!.phase && isCutOff(b.outcome)));
  return before.slice(0, first < 0 ? undefined : first).map((b) => b.id);
}

/** The ids of a run's questions, for `like`. */
export const questionsOf = (runId: string): string => `${runId}-q%`;

/** Ends a run once, whoever notices first: the event and the signal that wakes the workflow are in one transaction. */
export async function endRun(db: Db, runId: string, epoch: number, outcome: RunOutcome): Promise<'ended' | 'stale'> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    // Whatever it asked in this run, answered meanwhile or not: it ended its turn to be woken with the answer.
    const asked = await many<{ id: string }>(
      tx,
      `select i.id from inbox_items i join runs r on r.task_id = i.task_id
        where r.id = $1 and i.state in ('open', 'answered') and (i.id like any($2) or (i.kind = 'ci_files' and i.created_at >= r.started_at)) order by i.created_at, i.id limit 20`,
      [runId, (await attemptsOf(tx, runId)).map(questionsOf)],
    );
    const real: RunOutcome =
      outcome.kind !== 'completed'
        ? outcome
        : asked.length > 0
          ? { kind: 'asked', itemId: asked.at(-1)!.id, itemIds: asked.map((a) => a.id) }
          : (await unheardIn(tx, runId))
            ? { kind: 'interrupted', reason: 'steered' }
            : outcome;
    const run = await one<RunRow>(
      tx,
      `update runs set state = 'ended', outcome = $3, ended_at = now(), token_hash = null where id = $1 and epoch = $2 and state <> 'ended' returning *`,
      [runId, epoch, JSON.stringify(real)],
    );
    if (!run) return 'stale';
    await closePermissions(tx, { ownerId: run.owner_id, taskId: run.task_id, why: 'The run ended before it was answered.' });
    const forLog: RunOutcome = real.kind === 'completed' ? { ...real, summary: real.summary.slice(0, 4_000) } : real;
    await append(
      tx,
      [runEnded.new({ taskId: run.task_id, actor: 'agent', payload: { runId, phase: run.phase, epoch, outcome: forLog } })],
      run.owner_id,
    );
    await toOutbox(tx, {
      kind: 'signal',
      workflowId: taskWorkflowId(run.task_id),
      name: SIGNALS.runEnded,
      payload: { runId, epoch } satisfies RunEndedSignal,
    });
    // Whoever waits for a slot looks again now instead of at its next timer: the oldest of each project, since the oldest of all may be
    // one whose project is full.
    const next = await many<{ task_id: string }>(
      tx,
      `select task_id from (select distinct on (t.project_id) r.task_id, r.created_at, r.id from runs r join tasks t on t.id = r.task_id
        where r.state = 'queued' order by t.project_id, r.created_at, r.id) oldest order by created_at, id limit 20`,
    );
    for (const w of next) await toOutbox(tx, { kind: 'signal', workflowId: taskWorkflowId(w.task_id), name: SIGNALS.poke, payload: {} });
    return 'ended';
  });
}

async function unheardIn(tx: Queryable, runId: string): Promise<boolean> {
  const r = await one<{ task_id: string }>(tx, 'select task_id from runs where id = $1', [runId]);
  return r !== null && hasUnheard(tx, r.task_id);
}
