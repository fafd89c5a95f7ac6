// How a run ends: once, whoever notices first.
import { YOU } from '../../flow/actors.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import { runEnded } from '../../events/runs.ts';
import type { RunOutcome } from '../../flow/runs/outcomes.ts';
import { SIGNALS, type HumanSignal, type RunEndedSignal } from '../../flow/workflow.ts';
import { closePermissions, hasUnreceived } from './commands.ts';
import { append, lockLog, toOutbox } from '../log.ts';
import { payloadField } from '../payload.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { anyOf, now, row, rows, tables } from '../rows.ts';
import { attemptsOf } from './runs.ts';
import { wake } from './slots.ts';

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
    const real = await realOutcome(tx, runId, outcome);
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
      ...(real.kind === 'asked' && real.permission === true ? { but: real.itemIds ?? [] } : {}),
    });
    await append(
      tx,
      [
        runEnded.new({
          taskId: run.task_id,
          actor: 'agent',
          payload: { runId, phase: run.phase, epoch, outcome: forLog(real) },
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
    for (const waiting of next) await wake(tx, waiting.task_id);
    return 'ended';
  });
}

/** Its long text stays with the run. */
function forLog(outcome: RunOutcome): RunOutcome {
  if (outcome.kind === 'completed') return { ...outcome, summary: outcome.summary.slice(0, 4_000) };
  if (outcome.kind !== 'asked') return outcome;
  const { summary: _, ...asked } = outcome;
  return asked;
}

async function realOutcome(tx: Tx, runId: string, outcome: RunOutcome): Promise<RunOutcome> {
  if (outcome.kind === 'completed') return whatItCameTo(tx, runId, outcome);
  if (outcome.kind === 'interrupted' && outcome.reason === 'stopped') return stoppedBy(tx, runId);
  return outcome.kind === 'asked' ? whatItWaitsFor(tx, runId, outcome) : outcome;
}

/** A runner that is told to stop does not know by whom: the log does. */
async function stoppedBy(tx: Tx, runId: string): Promise<RunOutcome> {
  const paused = await row(
    tx,
    tables
      .selectFrom('events')
      .select('actor')
      .where('type', '=', 'task.paused')
      .where(payloadField('task.paused', 'runId'), '=', runId)
      .orderBy('seq', 'desc')
      .limit(1),
  );
  const by = paused?.actor ?? YOU;
  return { kind: 'interrupted', reason: 'stopped', ...(by === YOU ? {} : { by }) };
}

/**
 * What a run waited for whose session was ended meanwhile. What was answered in that very moment nobody has
 * passed on to the workflow yet.
 * @param said by its runner: only what is an open or answered request of this run is believed
 */
async function whatItWaitsFor(
  tx: Tx,
  runId: string,
  { itemIds: said = [], summary }: Extract<RunOutcome, { kind: 'asked' }>,
): Promise<RunOutcome> {
  const items = await rows(
    tx,
    tables
      .selectFrom('inbox_items')
      .select(['id', 'task_id as taskId', 'answer'])
      .where('run_id', '=', runId)
      .where('kind', '=', 'permission')
      .where('state', 'in', ['open', 'answered'])
      .where('id', '=', anyOf(said))
      .orderBy('created_at')
      .orderBy('id'),
  );
  const [first] = items;
  if (first === undefined) return { kind: 'interrupted', reason: 'lost' };
  for (const { id, taskId, answer } of items)
    if (answer !== null && taskId !== null)
      await toOutbox(tx, {
        kind: 'signal',
        workflowId: taskWorkflowId(taskId),
        name: SIGNALS.human,
        payload: { id, kind: answer.decision, itemId: id } satisfies HumanSignal,
      });
  return {
    kind: 'asked',
    itemId: first.id,
    itemIds: items.map((item) => item.id),
    permission: true,
    ...(summary === undefined ? {} : { summary }),
  };
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
          eb.and([
            eb('i.kind', 'in', ['ci_files', 'guardrail']),
            eb('i.created_at', '>=', eb.ref('r.started_at')),
          ]),
        ]),
      )
      .orderBy('i.created_at')
      .orderBy('i.question_no')
      .orderBy('i.id')
      .limit(20),
  );
  const last = asked.at(-1);
  if (last !== undefined) return { kind: 'asked', itemId: last.id, itemIds: asked.map((a) => a.id) };
  return (await hasUnreceivedIn(tx, runId)) ? { kind: 'interrupted', reason: 'steered' } : outcome;
}

async function hasUnreceivedIn(tx: Queryable, runId: string): Promise<boolean> {
  const of = await row(tx, tables.selectFrom('runs').select('task_id').where('id', '=', runId));
  return of !== null && hasUnreceived(tx, of.task_id);
}
