// Runs: one phase, one attempt of the agent, as a row with a lease and a fencing epoch.
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { HOLDS } from '../../contracts/runner.ts';
import { runId as makeRunId, taskWorkflowId } from '../../flow/ids.ts';
import { runEnded, runStarted } from '../../events/runs.ts';
import type { AttachmentRef } from '../../flow/events.ts';
import { fullPeriod, NOTHING_SPENT, sumSpent, type Limits } from '../../flow/money.ts';
import { readSpent } from '../money/limits.ts';
import { mayPrint, OUTPUT_LIMITS } from '../../flow/limits.ts';
import { isCutOff, spendsSession, type RunOutcome } from '../../flow/outcomes.ts';
import type { Phase } from '../../flow/states.ts';
import { mayStart } from '../../flow/slots.ts';
import { SIGNALS, type RunEndedSignal } from '../../flow/workflow.ts';
import { closePermissions, hasUnheard, takeUnheard } from './commands.ts';
import { isAllPaused } from './pause.ts';
import type { DB } from '../generated/tables.ts';
import { OUTPUT_CHANNEL } from '../listen.ts';
import { takeLock } from '../locks.ts';
import { append, lockLog, toOutbox } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { anyOf, hasRow, notify, now, nowAnd, row, rows, run as runStatement, tables } from '../rows.ts';
import { sql } from 'kysely';

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
  input: {
    ownerId: string;
    taskId: string;
    n: number;
    phase: Phase;
    prompt: (said: string[], freshSession: boolean) => string;
    model: string;
  },
): Promise<string> {
  const id = makeRunId(input.taskId, input.n);
  const before = tables
    .selectFrom('runs')
    .select(['session_id', 'outcome'])
    .where('task_id', '=', input.taskId)
    .where('n', '<', input.n);
  const last = await row(db, before.where('started_at', 'is not', null).orderBy('n', 'desc').limit(1));
  const freshSession = last !== null && spendsSession(last.outcome);
  const resumed = last !== null && !freshSession ? last.session_id : null;
  await withTx(db, async (tx) => {
    if (await hasRow(tx, tables.selectFrom('runs').select('id').where('id', '=', id))) return;
    const prompt = input.prompt(await takeUnheard(tx, input.taskId), freshSession);
    await runStatement(
      tx,
      tables
        .insertInto('runs')
        .columns([
          'id',
          'owner_id',
          'task_id',
          'phase',
          'n',
          'state',
          'session_id',
          'resume',
          'prompt',
          'model',
          'budget_microusd',
        ])
        .expression((eb) =>
          eb
            .selectFrom('tasks')
            .select((of) => [
              sql<string>`${id}::text`.as('id'),
              sql<string>`${input.ownerId}::text`.as('owner_id'),
              'tasks.id as task_id',
              sql<Phase>`${input.phase}::text`.as('phase'),
              sql<number>`${input.n}::int`.as('n'),
              sql<'queued'>`'queued'`.as('state'),
              sql<string>`${resumed ?? randomUUID()}::text`.as('session_id'),
              sql<boolean>`${resumed !== null}::boolean`.as('resume'),
              sql<string>`${prompt}::text`.as('prompt'),
              sql<string>`${input.model}::text`.as('model'),
              sql<number>`greatest(0, ${of.ref('tasks.budget_cents')}::bigint * 10000 - ${of.ref('tasks.cost_microusd')})`.as(
                'budget_microusd',
              ),
            ])
            .where('tasks.id', '=', input.taskId),
        ),
    );
  });
  return id;
}

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

/** @returns the whole row; null where there is none */
export const getRun = (database: Queryable, id: string): Promise<RunRow | null> =>
  row(database, tables.selectFrom('runs').selectAll().where('id', '=', id));

export interface RunByToken extends RunRow {
  readonly title: string;
  readonly task_prompt: string;
  readonly branch: string;
  readonly repo: string;
  readonly remote_url: string;
  readonly default_branch: string;
  readonly project_id: string;
  readonly project_settings: unknown;
  readonly budget_cents: number;
  readonly attachments: readonly AttachmentRef[];
  readonly task_cost: number;
  readonly plan: string | null;
  /** Of the process that has claimed the epoch, as it is kept; null before one has. */
  readonly holder: string | null;
}

const runsOfTasks = () =>
  tables
    .selectFrom('runs as r')
    .innerJoin('tasks as t', 't.id', 'r.task_id')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .selectAll('r')
    .select([
      't.title',
      't.prompt as task_prompt',
      't.attachments',
      't.branch',
      't.budget_cents',
      't.cost_microusd as task_cost',
      't.plan',
    ])
    .select([
      'p.repo',
      'p.remote_url',
      'p.default_branch',
      'p.id as project_id',
      'p.settings as project_settings',
    ]);

/**
 * The live run a token belongs to. A token dies with its run and with its epoch.
 * @param token as the runner sends it
 * @returns the run with what the gateway needs of its task and project, or null
 */
export const findRunByToken = (database: Queryable, token: string): Promise<RunByToken | null> =>
  row(database, runsOfTasks().where('r.token_hash', '=', hash(token)).where('r.state', '<>', 'ended'));

/** @returns the last run of a task that goes on, also one that has ended */
export const findLastRun = (database: Queryable, taskId: string): Promise<RunByToken | null> =>
  row(
    database,
    runsOfTasks()
      .where('r.task_id', '=', taskId)
      .where('t.ended_at', 'is', null)
      .orderBy('r.n', 'desc')
      .limit(1),
  );

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

/**
 * Appends output at `offset`. A repeat of what is known is dropped, a gap is refused.
 * @returns the offset the next chunk must have; null: it comes too fast, and should come again
 */
export async function appendOutput(
  db: Db,
  runId: string,
  offset: number,
  chunk: Buffer,
): Promise<number | null> {
  return withTx(db, async (tx) => {
    const run = await row(
      tx,
      tables
        .selectFrom('runs')
        .select((eb) =>
          sql<number>`extract(epoch from now() - ${eb.fn.coalesce('started_at', now)})::float8`.as('age'),
        )
        .where('id', '=', runId)
        .forUpdate(),
    );
    const end = await outputEnd(tx, runId);
    // Whoever has printed all it may goes on printing, and nothing is kept of it.
    if (end >= OUTPUT_LIMITS.aRun) return Math.max(end, offset + chunk.length);
    if (offset > end) return end;
    const all = chunk.subarray(end - offset);
    if (all.length === 0) return end;
    const verdict = mayPrint(end, all.length, run?.age ?? 0);
    if (verdict.kind === 'wait') return null;
    const fresh = all.subarray(0, verdict.bytes);
    await runStatement(
      tx,
      tables.insertInto('run_output').values({ run_id: runId, offset: end, chunk: fresh }),
    );
    await runStatement(tx, tables.updateTable('runs').set({ output_at: now }).where('id', '=', runId));
    await notify(tx, OUTPUT_CHANNEL, JSON.stringify({ runId, end: end + fresh.length }));
    return end + fresh.length;
  });
}

const endOf = sql<number>`${sql.ref('offset' satisfies keyof DB['run_output'])} + length(${sql.ref('chunk' satisfies keyof DB['run_output'])})`;

/** @returns how many bytes of its output have arrived */
export const outputEnd = async (database: Queryable, runId: string): Promise<number> =>
  (
    await row(
      database,
      tables
        .selectFrom('run_output')
        .select((eb) => eb.fn.max<number | null>(endOf).as('end'))
        .where('run_id', '=', runId),
    )
  )?.end ?? 0;

/**
 * Reads a run's output from an offset.
 * @param from in bytes
 * @param maxBytes a piece more may come, as pieces are never cut
 * @returns `from` is where the data begins
 */
export async function readOutput(
  database: Queryable,
  runId: string,
  from: number,
  maxBytes = 512 * 1024,
): Promise<{ from: number; data: Buffer }> {
  const chunks = await rows(
    database,
    tables
      .selectFrom('run_output')
      .select(['offset', 'chunk'])
      .where('run_id', '=', runId)
      .where(endOf, '>', from)
      .orderBy('offset')
      .limit(400),
  );
  const parts: Buffer[] = [];
  let size = 0;
  for (const chunk of chunks) {
    const part = chunk.offset < from ? chunk.chunk.subarray(from - chunk.offset) : chunk.chunk;
    parts.push(part);
    size += part.length;
    if (size >= maxBytes) break;
  }
  return { from, data: Buffer.concat(parts) };
}

/**
 * The attempts at one piece of work: a run, and those right before it in its phase that were cut off and
 * whose work it took up. What one of them said or asked, the next one says again.
 * @returns their ids, the run itself first
 */
export async function attemptsOf(database: Queryable, runId: string): Promise<string[]> {
  const before = await rows(
    database,
    tables
      .selectFrom('runs as b')
      .innerJoin('runs as r', (join) => join.onRef('r.task_id', '=', 'b.task_id').onRef('b.n', '<=', 'r.n'))
      .select(['b.id', 'b.phase', 'b.outcome'])
      .where('r.id', '=', runId)
      .orderBy('b.n', 'desc')
      .limit(20),
  );
  const first = before.findIndex((b, i) => i > 0 && !(b.phase === before[0]!.phase && isCutOff(b.outcome)));
  return before.slice(0, first < 0 ? undefined : first).map((b) => b.id);
}

/**
 * Ends a run once, whoever notices first: the event and the signal that wakes the workflow are in one
 * transaction.
 * @param epoch who says so: only the attempt that holds the run ends it
 * @returns `stale` where it has ended or is held by a later attempt
 */
export async function endRun(
  db: Db,
  runId: string,
  epoch: number,
  outcome: RunOutcome,
): Promise<'ended' | 'stale'> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const real = outcome.kind === 'completed' ? await whatItCameTo(tx, runId, outcome) : outcome;
    const ended = tables
      .updateTable('runs')
      .set({ state: 'ended', outcome: JSON.stringify(real), ended_at: now, token_hash: null });
    const run = await row(
      tx,
      ended.where('id', '=', runId).where('epoch', '=', epoch).where('state', '<>', 'ended').returningAll(),
    );
    if (!run) return 'stale';
    await closePermissions(tx, {
      ownerId: run.owner_id,
      taskId: run.task_id,
      why: 'The run ended before it was answered.',
    });
    const forLog: RunOutcome =
      real.kind === 'completed' ? { ...real, summary: real.summary.slice(0, 4_000) } : real;
    await append(
      tx,
      [
        runEnded.new({
          taskId: run.task_id,
          actor: 'agent',
          payload: { runId, phase: run.phase, epoch, outcome: forLog },
        }),
      ],
      run.owner_id,
    );
    await toOutbox(tx, {
      kind: 'signal',
      workflowId: taskWorkflowId(run.task_id),
      name: SIGNALS.runEnded,
      payload: { runId, epoch } satisfies RunEndedSignal,
    });
    // Whoever waits for a slot looks again now instead of at its next timer: the oldest of each project,
    // since the oldest of all may be one whose project is full.
    const oldest = tables
      .selectFrom('runs as r')
      .innerJoin('tasks as t', 't.id', 'r.task_id')
      .distinctOn('t.project_id')
      .select(['r.task_id', 'r.created_at', 'r.id'])
      .where('r.state', '=', 'queued')
      .orderBy('t.project_id')
      .orderBy('r.created_at')
      .orderBy('r.id');
    const next = await rows(
      tx,
      tables.selectFrom(oldest.as('oldest')).select('task_id').orderBy('created_at').orderBy('id').limit(20),
    );
    for (const waiting of next)
      await toOutbox(tx, {
        kind: 'signal',
        workflowId: taskWorkflowId(waiting.task_id),
        name: SIGNALS.poke,
        payload: {},
      });
    return 'ended';
  });
}

/** What a run that says it is done came to: it may have asked something, or not have heard all that was said to it. */
async function whatItCameTo(tx: Tx, runId: string, outcome: RunOutcome): Promise<RunOutcome> {
  // Whatever it asked, answered meanwhile or not: it ended its turn to be woken with the answer.
  const attempts = await attemptsOf(tx, runId);
  const asked = await rows(
    tx,
    tables
      .selectFrom('inbox_items as i')
      .innerJoin('runs as r', 'r.task_id', 'i.task_id')
      .select('i.id')
      .where('r.id', '=', runId)
      .where('i.state', 'in', ['open', 'answered'])
      .where((eb) =>
        eb.or([
          eb.and([eb('i.kind', '=', 'question'), eb('i.run_id', '=', anyOf(attempts))]),
          eb.and([eb('i.kind', '=', 'ci_files'), eb('i.created_at', '>=', eb.ref('r.started_at'))]),
        ]),
      )
      .orderBy('i.created_at')
      .orderBy('i.question_no')
      .orderBy('i.id')
      .limit(20),
  );
  const last = asked.at(-1);
  if (last !== undefined) return { kind: 'asked', itemId: last.id, itemIds: asked.map((a) => a.id) };
  return (await unheardIn(tx, runId)) ? { kind: 'interrupted', reason: 'steered' } : outcome;
}

async function unheardIn(tx: Queryable, runId: string): Promise<boolean> {
  const of = await row(tx, tables.selectFrom('runs').select('task_id').where('id', '=', runId));
  return of !== null && hasUnheard(tx, of.task_id);
}
