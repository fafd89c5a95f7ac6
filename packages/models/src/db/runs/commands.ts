// What reaches a running agent from outside: commands to its runner, things said to it, and leave that was given or refused.
import type { RunnerCommand } from '../../contracts/runner.ts';
import { append, lockLog } from '../log.ts';
import { inboxClosed } from '../../events/inbox.ts';
import { taskAllowed, taskSteered } from '../../events/tasks.ts';
import type { PermissionAsk } from '../../flow/events.ts';
import { MAX_RULE } from '../../flow/permissions.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { isEnded } from '../../flow/states.ts';
import { payloadText, permissionOf } from '../payload.ts';
import { many, one, withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { resolveProjectSettings, settingsChanged } from '../projects/settings.ts';

/**
 * Commands of one run after a cursor, and whatever was said to its task that no agent has heard yet. What was said comes
 * again until it is noted as delivered, so a runner keeps the ids it has passed on.
 */
export const commandsFor = (q: Queryable, run: { id: string; task_id: string }, after: number): Promise<{ id: number; command: RunnerCommand }[]> =>
  many(
    q,
    `select id, payload as command from run_commands
      where (run_id = $1 and task_id is null and id > $2) or (task_id = $3 and delivered_at is null) order by id limit 50`,
    [run.id, after, run.task_id],
  );

export const sendCommand = async (q: Queryable, runId: string, command: RunnerCommand): Promise<void> =>
  void (await q.query('insert into run_commands (run_id, payload) values ($1, $2)', [runId, JSON.stringify(command)]));

export async function noteDelivered(q: Queryable, taskId: string, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await q.query('update run_commands set delivered_at = now() where task_id = $1 and id = any($2) and delivered_at is null', [taskId, ids]);
}

/** Takes what nobody has heard, for the prompt of a new run. Call it in the transaction that makes the run. */
export async function takeUnheard(tx: Tx, taskId: string): Promise<string[]> {
  const rows = await many<{ id: number; payload: { text: string } }>(
    tx,
    'update run_commands set delivered_at = now() where task_id = $1 and delivered_at is null returning id, payload',
    [taskId],
  );
  return rows.sort((a, b) => a.id - b.id).map((r) => r.payload.text);
}

export const hasUnheard = async (q: Queryable, taskId: string): Promise<boolean> =>
  (await one(q, 'select 1 from run_commands where task_id = $1 and delivered_at is null limit 1', [taskId])) !== null;

type NotLive = Refusal<'no_task' | 'task_ended'>;

type Told = { readonly ok: true; readonly heard: 'now' | 'next_run' } | NotLive;
interface Telling {
  readonly ownerId: string;
  readonly taskId: string;
  readonly text: string;
  readonly by: string;
}

/** Says something to a task. A running agent hears it before its next model call, otherwise the next run starts with it. */
export const steer = (db: Db, i: Telling): Promise<Told> => withTx(db, (tx) => tell(tx, i));

export async function tell(tx: Tx, i: Telling): Promise<Told> {
  const t = await liveTask(tx, i);
  if (!t.ok) return t;
  await append(tx, [taskSteered.new({ taskId: i.taskId, actor: i.by, payload: { text: i.text } })], i.ownerId);
  await tx.query('insert into run_commands (run_id, task_id, payload) values ($1, $2, $3)', [
    t.runId ?? '',
    i.taskId,
    JSON.stringify({ type: 'steer', text: i.text } satisfies RunnerCommand),
  ]);
  return { ok: true, heard: t.runId === null ? 'next_run' : 'now' };
}

/** Stops the running agent where it stands. The workflow then asks whether to go on. */
export async function pause(db: Db, i: { ownerId: string; taskId: string }): Promise<{ readonly ok: true } | NotLive | Refusal<'no_agent'>> {
  return withTx(db, async (tx) => {
    const t = await liveTask(tx, i);
    if (!t.ok) return t;
    if (t.runId === null) return refusal('no_agent');
    await sendCommand(tx, t.runId, { type: 'stop', why: 'stopped' });
    return { ok: true };
  });
}

async function liveTask(tx: Tx, i: { ownerId: string; taskId: string }): Promise<{ ok: true; runId: string | null } | NotLive> {
  await lockLog(tx);
  const t = await one<{ state: string }>(tx, 'select state from tasks where id = $1 and owner_id = $2', [i.taskId, i.ownerId]);
  if (!t) return refusal('no_task');
  if (isEnded(t.state)) return refusal('task_ended', t.state);
  const run = await one<{ id: string }>(tx, "select id from runs where task_id = $1 and state in ('starting','running') order by n desc limit 1", [
    i.taskId,
  ]);
  return { ok: true, runId: run?.id ?? null };
}

/** Whether "always" can be said to a permission request: its rule is short enough to be remembered whole. */
export async function canBeKept(tx: Tx, itemId: string): Promise<boolean> {
  const asked = await one<{ rule: string | null }>(tx, `select ${permissionOf().rule} as rule from events where dedupe_key = $1`, [
    `inbox/${itemId}`,
  ]);
  return asked?.rule != null && asked.rule.length <= MAX_RULE;
}

/** What the person said to a permission request reaches the runner in the transaction that keeps the decision. */
export async function passPermissionOn(
  tx: Tx,
  i: { ownerId: string; taskId: string; itemId: string; decision: string; text: string; by: string },
): Promise<void> {
  const asked = await one<{ permission: PermissionAsk; project_id: string; settings: unknown }>(
    tx,
    `select ${permissionOf('e.payload').all} as permission, p.id as project_id, p.settings from events e
       join tasks t on t.id = e.task_id join projects p on p.id = t.project_id where e.dedupe_key = $1`,
    [`inbox/${i.itemId}`],
  );
  if (!asked?.permission) return;
  const { runId, requestId, rule } = asked.permission;
  if (i.decision === 'allow_task') await append(tx, [taskAllowed.new({ taskId: i.taskId, actor: i.by, payload: { rule } })], i.ownerId);
  if (i.decision === 'allow_project') {
    const allowRules = [...new Set([...resolveProjectSettings(asked.settings).allowRules, rule])].slice(-500);
    await append(tx, [settingsChanged(asked.project_id, { allowRules }, i.by)], i.ownerId);
  }
  const allow = i.decision !== 'deny';
  const message = allow ? '' : `The reader refused this${i.text.trim() ? `: ${i.text.trim()}` : '. Find another way, or ask.'}`;
  await sendCommand(tx, runId, { type: 'permission', requestId, allow, message });
}

/** Whether somebody said "always" to this rule, for the task or for its project. */
export async function isAllowed(q: Queryable, i: { taskId: string; rule: string; projectSettings: unknown }): Promise<boolean> {
  if (resolveProjectSettings(i.projectSettings).allowRules.includes(i.rule)) return true;
  return (
    (await one(q, `select 1 from events where task_id = $1 and type = 'task.allowed' and ${payloadText('task.allowed', 'rule')} = $2 limit 1`, [
      i.taskId,
      i.rule,
    ])) !== null
  );
}

/** Requests of a process that is gone can't be answered any more. */
export async function closePermissions(tx: Tx, i: { ownerId: string; taskId: string; why: string }): Promise<void> {
  const open = await many<{ id: string }>(tx, "select id from inbox_items where task_id = $1 and kind = 'permission' and state = 'open'", [i.taskId]);
  await append(
    tx,
    open.map((o) => inboxClosed.new({ taskId: i.taskId, actor: 'mainloop', payload: { id: o.id, why: i.why } })),
    i.ownerId,
  );
}
