// What reaches a running agent from outside: commands to its runner, things said to it, and permission that was given or refused.
import type { RunnerCommand } from '../../contracts/runner.ts';
import { append, lockLog } from '../log.ts';
import { inboxClosed } from '../../events/inbox.ts';
import { taskAllowed, taskSteered } from '../../events/tasks.ts';
import { MAX_RULE } from '../../flow/permissions.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { isEnded } from '../../flow/states.ts';
import { payloadField, permissionFields } from '../payload.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { anyOf, hasRow, now, row, rows, run as runStatement, tables } from '../rows.ts';
import { takeOut } from '../forge/train.ts';
import { resolveProjectSettings, settingsChanged } from '../projects/settings.ts';

/**
 * Commands of one run after a cursor, and whatever was said to its task that no agent has heard yet. What
 * was said comes
 * again until it is noted as delivered, so a runner keeps the ids it has passed on.
 * @param after the id of the last command that the runner has, 0 for all
 * @returns oldest first
 */
export const commandsFor = (
  q: Queryable,
  run: { id: string; task_id: string },
  after: number,
): Promise<{ id: number; command: RunnerCommand }[]> =>
  rows(
    q,
    tables
      .selectFrom('run_commands')
      .select(['id', 'payload as command'])
      .where((eb) =>
        eb.or([
          eb.and([eb('run_id', '=', run.id), eb('task_id', 'is', null), eb('id', '>', after)]),
          eb.and([eb('task_id', '=', run.task_id), eb('delivered_at', 'is', null)]),
        ]),
      )
      .orderBy('id')
      .limit(50),
  );

/**
 * Leaves a command for a run's runner, which asks for it.
 * @param runId a run that has ended never asks again
 */
export const sendCommand = async (q: Queryable, runId: string, command: RunnerCommand): Promise<void> =>
  void (await runStatement(
    q,
    tables.insertInto('run_commands').values({ run_id: runId, payload: JSON.stringify(command) }),
  ));

/**
 * Notes what a runner has passed on, so that it does not come again.
 * @param ids ids of commands as `commandsFor` gave them
 */
export async function noteDelivered(q: Queryable, taskId: string, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await runStatement(q, nowHeard(taskId).where('id', '=', anyOf(ids)));
}

const nowHeard = (taskId: string) =>
  tables
    .updateTable('run_commands')
    .set({ delivered_at: now })
    .where('task_id', '=', taskId)
    .where('delivered_at', 'is', null);

/**
 * Takes what nobody has heard, for the prompt of a new run. Call it in the transaction that makes the run.
 * @returns the texts in the order in which they were said
 */
export async function takeUnheard(tx: Tx, taskId: string): Promise<string[]> {
  const heard = await rows(tx, nowHeard(taskId).returning(['id', 'payload']));
  return heard
    .sort((a, b) => a.id - b.id)
    .flatMap(({ payload }) => (payload.type === 'steer' ? [payload.text] : []));
}

/** @returns whether something was said to the task that no agent has received */
export const hasUnheard = (q: Queryable, taskId: string): Promise<boolean> =>
  hasRow(
    q,
    tables
      .selectFrom('run_commands')
      .select('id')
      .where('task_id', '=', taskId)
      .where('delivered_at', 'is', null)
      .limit(1),
  );

type NotLive = Refusal<'no_task' | 'task_ended'>;

type Told = { readonly ok: true; readonly heard: 'now' | 'next_run' } | NotLive;
interface Telling {
  readonly ownerId: string;
  readonly taskId: string;
  readonly text: string;
  readonly by: string;
}

/**
 * Says something to a task. A running agent hears it before its next model call, otherwise the next run
 * starts with it.
 * @returns whether a running agent receives it now or the next run does; or why not: no such task, or it
 * has ended
 */
export const steer = (db: Db, i: Telling): Promise<Told> => withTx(db, (tx) => tell(tx, i));

/** @returns see `steer`, of which this is the part inside a transaction */
export async function tell(tx: Tx, i: Telling): Promise<Told> {
  const t = await liveTask(tx, i);
  if (!t.ok) return t;
  await append(
    tx,
    [taskSteered.new({ taskId: i.taskId, actor: i.by, payload: { text: i.text } })],
    i.ownerId,
  );
  const payload = JSON.stringify({ type: 'steer', text: i.text } satisfies RunnerCommand);
  await runStatement(
    tx,
    tables.insertInto('run_commands').values({ run_id: t.runId ?? '', task_id: i.taskId, payload }),
  );
  return { ok: true, heard: t.runId === null ? 'next_run' : 'now' };
}

/**
 * Stops the running agent where it stands; the workflow then asks whether to go on. What waits to be
 * merged is taken out of the train.
 * @returns `ok`, or `no_agent` where none is running
 */
export async function pause(
  db: Db,
  i: { ownerId: string; taskId: string },
): Promise<{ readonly ok: true } | NotLive | Refusal<'no_agent'>> {
  return withTx(db, async (tx) => {
    const t = await liveTask(tx, i);
    if (!t.ok) return t;
    if (await takeOut(tx, { ...i, by: 'you', why: 'You took it out before it was merged.' }))
      return { ok: true };
    if (t.runId === null) return refusal('no_agent');
    await sendCommand(tx, t.runId, { type: 'stop', why: 'stopped' });
    return { ok: true };
  });
}

async function liveTask(
  tx: Tx,
  i: { ownerId: string; taskId: string },
): Promise<{ ok: true; runId: string | null } | NotLive> {
  await lockLog(tx);
  const t = await row(
    tx,
    tables.selectFrom('tasks').select('state').where('id', '=', i.taskId).where('owner_id', '=', i.ownerId),
  );
  if (!t) return refusal('no_task');
  if (isEnded(t.state)) return refusal('task_ended', t.state);
  const active = tables
    .selectFrom('runs')
    .select('id')
    .where('task_id', '=', i.taskId)
    .where('state', 'in', ['starting', 'running']);
  const run = await row(tx, active.orderBy('n', 'desc').limit(1));
  return { ok: true, runId: run?.id ?? null };
}

/**
 * Whether "always" can be said to a permission request: its rule is short enough to be remembered whole.
 * @param itemId the request's inbox item
 */
export async function canBeKept(tx: Tx, itemId: string): Promise<boolean> {
  const asked = await row(
    tx,
    tables
      .selectFrom('events')
      .select(permissionFields().rule.as('rule'))
      .where('dedupe_key', '=', `inbox/${itemId}`),
  );
  return asked?.rule != null && asked.rule.length <= MAX_RULE;
}

/**
 * What the person said to a permission request reaches the runner in the transaction that keeps the
 * decision.
 * @param i `text` is the reason of a refusal, for the agent
 */
export async function passPermissionOn(
  tx: Tx,
  i: { ownerId: string; taskId: string; itemId: string; decision: string; text: string; by: string },
): Promise<void> {
  const asked = await row(
    tx,
    tables
      .selectFrom('events as e')
      .innerJoin('tasks as t', 't.id', 'e.task_id')
      .innerJoin('projects as p', 'p.id', 't.project_id')
      .select([permissionFields('e.payload').all.as('permission'), 'p.id as project_id', 'p.settings'])
      .where('e.dedupe_key', '=', `inbox/${i.itemId}`),
  );
  if (!asked?.permission) return;
  const { runId, requestId, rule } = asked.permission;
  if (i.decision === 'allow_task')
    await append(tx, [taskAllowed.new({ taskId: i.taskId, actor: i.by, payload: { rule } })], i.ownerId);
  if (i.decision === 'allow_project') {
    const allowRules = [...new Set([...resolveProjectSettings(asked.settings).allowRules, rule])].slice(-500);
    await append(tx, [settingsChanged(asked.project_id, { allowRules }, i.by)], i.ownerId);
  }
  const allow = i.decision !== 'deny';
  const message = allow
    ? ''
    : `The reader refused this${i.text.trim() ? `: ${i.text.trim()}` : '. Find another way, or ask.'}`;
  await sendCommand(tx, runId, { type: 'permission', requestId, allow, message });
}

/**
 * Whether somebody said "always" to this rule, for the task or for its project.
 * @param i `projectSettings` as the project's row has them
 */
export async function isAllowed(
  q: Queryable,
  i: { taskId: string; rule: string; projectSettings: unknown },
): Promise<boolean> {
  if (resolveProjectSettings(i.projectSettings).allowRules.includes(i.rule)) return true;
  const allowed = tables
    .selectFrom('events')
    .select('seq')
    .where('task_id', '=', i.taskId)
    .where('type', '=', 'task.allowed');
  return hasRow(q, allowed.where(payloadField('task.allowed', 'rule'), '=', i.rule).limit(1));
}

/**
 * Requests of a process that is gone can't be answered any more.
 * @param i `why` is shown as the reason that the item was closed
 */
export async function closePermissions(
  tx: Tx,
  i: { ownerId: string; taskId: string; why: string },
): Promise<void> {
  const permissions = tables
    .selectFrom('inbox_items')
    .select('id')
    .where('task_id', '=', i.taskId)
    .where('kind', '=', 'permission');
  const open = await rows(tx, permissions.where('state', '=', 'open'));
  await append(
    tx,
    open.map((o) =>
      inboxClosed.new({ taskId: i.taskId, actor: 'mainloop', payload: { id: o.id, why: i.why } }),
    ),
    i.ownerId,
  );
}
