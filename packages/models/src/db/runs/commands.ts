// What reaches a running agent from outside: commands to its runner, things said to it, and permission that
// was given or refused.
import { RUNNER_ASKS, type RunnerCommand } from '../../contracts/runner.ts';
import { append, lockLog } from '../log.ts';
import { inboxClosed } from '../../events/inbox.ts';
import { taskAllowed, taskAllowedOnce, taskPaused, taskSteered } from '../../events/tasks.ts';
import { YOU } from '../../flow/actors.ts';
import { MAX_RULE, sayRefused } from '../../flow/runs/permissions.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { isCutOff, type RunOutcome } from '../../flow/runs/outcomes.ts';
import { isEnded, type Phase } from '../../flow/states.ts';
import { payloadField, permissionFields } from '../payload.ts';
import { sql } from 'kysely';
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
  database: Queryable,
  run: { id: string; task_id: string; phase: Phase },
  after: number,
): Promise<{ id: number; command: RunnerCommand }[]> =>
  rows(
    database,
    tables
      .selectFrom('run_commands')
      .select(['id', 'payload as command'])
      .where((eb) =>
        eb.or([
          eb.and([eb('run_id', '=', run.id), eb('task_id', 'is', null), eb('id', '>', after)]),
          eb.and([eb('task_id', '=', run.task_id), eb('delivered_at', 'is', null)]),
        ]),
      )
      .$if(!isTold(run.phase), (said) => said.where('about', 'is', null))
      .orderBy('id')
      .limit(50),
  );

/** Whether its agent is told what mainloop tells of its own accord: whoever only reads a change can do nothing about it. */
const isTold = (phase: Phase): boolean => phase !== 'second_look';

/**
 * Leaves a command for a run's runner, which asks for it.
 * @param runId a run that has ended never asks again
 */
export const sendCommand = async (
  database: Queryable,
  runId: string,
  command: RunnerCommand,
): Promise<void> =>
  void (await runStatement(
    database,
    tables.insertInto('run_commands').values({ run_id: runId, payload: JSON.stringify(command) }),
  ));

/**
 * Notes what a runner has passed on, so that it does not come again.
 * @param ids ids of commands as `commandsFor` gave them
 */
export async function noteDelivered(
  database: Queryable,
  taskId: string,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  await runStatement(database, markReceived(taskId).where('id', '=', anyOf(ids)));
}

const markReceived = (taskId: string) =>
  tables
    .updateTable('run_commands')
    .set({ delivered_at: now })
    .where('task_id', '=', taskId)
    .where('delivered_at', 'is', null);

/** What no agent has heard, in the order in which it was said. */
export interface Unreceived {
  /** What the person said. */
  readonly said: readonly string[];
  /** What mainloop tells of its own accord. */
  readonly told: readonly string[];
}
/**
 * Takes what nobody has heard, for the prompt of a new run. Call it in the transaction that makes the run.
 * @param makePrompt makes the prompt of it; where it makes '', because no agent is asked, what is told waits on
 * @returns the prompt
 */
export async function takeUnreceived(
  tx: Tx,
  { taskId, phase }: { readonly taskId: string; readonly phase: Phase },
  makePrompt: (unreceived: Unreceived) => string,
): Promise<string> {
  const waiting = tables
    .selectFrom('run_commands')
    .select(['id', 'payload', 'about'])
    .where('task_id', '=', taskId)
    .where('delivered_at', 'is', null)
    .$if(!isTold(phase), (said) => said.where('about', 'is', null));
  const all = await rows(tx, waiting.orderBy('id').forUpdate());
  const texts = (isOurs: boolean): string[] =>
    all.flatMap(({ payload, about }) =>
      payload.type === 'steer' && (about !== null) === isOurs ? [payload.text] : [],
    );
  const prompt = makePrompt({ said: texts(false), told: texts(true) });
  const heard = all.filter(({ about }) => about === null || prompt !== '').map(({ id }) => id);
  await noteDelivered(tx, taskId, heard);
  return prompt;
}

/** @returns whether a person said something to the task that no agent has received */
export const hasUnreceived = (database: Queryable, taskId: string): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('run_commands')
      .select('id')
      .where('task_id', '=', taskId)
      .where('delivered_at', 'is', null)
      .where('about', 'is', null)
      .limit(1),
  );

/**
 * Tells the agent of a task something of our own accord: one that works hears it at its next turn, otherwise the next
 * run starts with it. No run is started for it, and none goes on because of it.
 * @param note `about`: what it is about; what was told of the same and nobody has heard is taken back
 */
export async function informAgent(
  tx: Tx,
  { taskId, about, text }: { readonly taskId: string; readonly about: string; readonly text: string },
): Promise<void> {
  await withdraw(tx, taskId, about);
  const payload = JSON.stringify({ type: 'steer', by: 'mainloop', text } satisfies RunnerCommand);
  await runStatement(
    tx,
    tables.insertInto('run_commands').values({ run_id: '', task_id: taskId, payload, about }),
  );
}

/** Takes back what an agent was to be told and has not heard. @param about as `informAgent` had it */
export const withdraw = async (tx: Tx, taskId: string, about: string): Promise<void> =>
  void (await runStatement(tx, markReceived(taskId).where('about', '=', about)));

type NotLive = Refusal<'no_task' | 'task_ended'>;

type Steered = { readonly ok: true; readonly heard: 'now' | 'next_run' } | NotLive;
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
export const steer = (db: Db, telling: Telling): Promise<Steered> => withTx(db, (tx) => tell(tx, telling));

/** @returns see `steer`, of which this is the part inside a transaction */
export async function tell(tx: Tx, telling: Telling): Promise<Steered> {
  const task = await liveTask(tx, telling);
  if (!task.ok) return task;
  await append(
    tx,
    [taskSteered.new({ taskId: telling.taskId, actor: telling.by, payload: { text: telling.text } })],
    telling.ownerId,
  );
  const payload = JSON.stringify({ type: 'steer', text: telling.text } satisfies RunnerCommand);
  await runStatement(
    tx,
    tables.insertInto('run_commands').values({ run_id: task.runId ?? '', task_id: telling.taskId, payload }),
  );
  return { ok: true, heard: task.runId === null ? 'next_run' : 'now' };
}

/**
 * Stops the running agent where it stands; the workflow then asks whether to go on. What waits to be
 * merged is taken out of the train.
 * @returns `ok`, or `no_agent` where none is running
 */
export async function pause(
  db: Db,
  input: { ownerId: string; taskId: string },
): Promise<{ readonly ok: true } | NotLive | Refusal<'no_agent'>> {
  return withTx(db, async (tx) => {
    const task = await liveTask(tx, input);
    if (!task.ok) return task;
    const wasIn = await takeOut(tx, { ...input, by: 'you', why: 'You took it out before it was merged.' });
    // It may be in the train while its agent brings the base into it.
    if (task.runId === null) return wasIn ? { ok: true } : refusal('no_agent');
    const payload = { runId: task.runId };
    await append(tx, [taskPaused.new({ taskId: input.taskId, actor: YOU, payload })], input.ownerId);
    await sendCommand(tx, task.runId, { type: 'stop', why: 'stopped' });
    return { ok: true };
  });
}

async function liveTask(
  tx: Tx,
  input: { ownerId: string; taskId: string },
): Promise<{ ok: true; runId: string | null } | NotLive> {
  await lockLog(tx);
  const task = await row(
    tx,
    tables
      .selectFrom('tasks')
      .select('state')
      .where('id', '=', input.taskId)
      .where('owner_id', '=', input.ownerId),
  );
  if (!task) return refusal('no_task');
  if (isEnded(task.state)) return refusal('task_ended', task.state);
  const active = tables
    .selectFrom('runs')
    .select('id')
    .where('task_id', '=', input.taskId)
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
 * @param input `text` is the reason of a refusal, for the agent
 */
export async function passPermissionOn(
  tx: Tx,
  input: { ownerId: string; taskId: string; itemId: string; decision: string; text: string; by: string },
): Promise<{ readonly isReceived: boolean }> {
  const asked = await row(
    tx,
    tables
      .selectFrom('events as e')
      .innerJoin('tasks as t', 't.id', 'e.task_id')
      .innerJoin('projects as p', 'p.id', 't.project_id')
      .select([permissionFields('e.payload').all.as('permission'), 'p.id as project_id', 'p.settings'])
      .where('e.dedupe_key', '=', `inbox/${input.itemId}`),
  );
  if (!asked?.permission) return { isReceived: true };
  const { runId, requestId, rule } = asked.permission;
  if (input.decision === 'allow_task')
    await append(
      tx,
      [taskAllowed.new({ taskId: input.taskId, actor: input.by, payload: { rule } })],
      input.ownerId,
    );
  if (input.decision === 'allow_project') {
    const allowRules = [...new Set([...resolveProjectSettings(asked.settings).allowRules, rule])].slice(-500);
    await append(tx, [settingsChanged(asked.project_id, { allowRules }, input.by)], input.ownerId);
  }
  const allow = input.decision !== 'deny';
  const message = allow ? '' : sayRefused(input.text);
  await sendCommand(tx, runId, { type: 'permission', requestId, allow, message });
  const run = await row(tx, tables.selectFrom('runs').select('state').where('id', '=', runId));
  return { isReceived: run?.state !== 'ended' };
}

/**
 * Takes what the user answered while the session was ended, for the request that the next run makes again.
 * "Allow once" counts once, for the very same request, and only in the run that goes on with the answer. A
 * refusal answers what has the same id besides: an agent that asks again names another.
 * @param input `runId`: the run that asks; `rule`: of what it asks
 * @returns null where nothing was said to it
 */
export async function takeAnswered(
  tx: Tx,
  input: {
    readonly ownerId: string;
    readonly taskId: string;
    readonly runId: string;
    readonly requestId: string;
    readonly rule: string;
  },
): Promise<{ readonly allow: boolean; readonly text: string } | null> {
  await lockLog(tx);
  const answered = await rows(
    tx,
    tables
      .selectFrom('inbox_items as i')
      .innerJoin('events as e', (join) =>
        join.on('e.dedupe_key', '=', sql<string>`'inbox/' || ${sql.ref('i.id' satisfies 'i.id')}`),
      )
      .select(['i.id', 'i.answer', permissionFields('e.payload').requestId.as('request_id')])
      .where('i.id', '=', anyOf(await waitedForBefore(tx, input.runId)))
      .where('i.state', '=', 'answered')
      .where(permissionFields('e.payload').rule, '=', input.rule),
  );
  for (const { id, answer, request_id } of answered) {
    if (answer?.decision === 'deny' && request_id === input.requestId)
      return { allow: false, text: answer.text };
    if (answer?.decision !== 'allow') continue;
    const about = { taskId: input.taskId, actor: 'agent', payload: { itemId: id } };
    if ((await append(tx, [taskAllowedOnce.new(about)], input.ownerId)).length > 0)
      return { allow: true, text: '' };
  }
  return null;
}

/** @returns ids of the requests at which the run ended that this one goes on from; none where it ended otherwise */
async function waitedForBefore(tx: Tx, runId: string): Promise<readonly string[]> {
  const run = await row(tx, tables.selectFrom('runs').select(['task_id', 'n']).where('id', '=', runId));
  const last = run === null ? null : await findOutcomeBefore(tx, { taskId: run.task_id, n: run.n });
  return last?.kind === 'asked' && last.permission === true ? (last.itemIds ?? []) : [];
}

/**
 * What the run came to that the n-th of a task goes on from: those that were cut off are passed over.
 * @returns null where there is none
 */
export async function findOutcomeBefore(
  database: Queryable,
  { taskId, n }: { readonly taskId: string; readonly n: number },
): Promise<RunOutcome | null> {
  const before = tables.selectFrom('runs').select('outcome').where('task_id', '=', taskId).where('n', '<', n);
  const outcomes = (await rows(database, before.orderBy('n', 'desc').limit(20))).map((run) => run.outcome);
  return outcomes.find((outcome) => !isCutOff(outcome)) ?? null;
}

/** @returns those of these requests for permission that the runner has made, not the agent */
export async function listOfRunner(
  database: Queryable,
  itemIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const asked = tables
    .selectFrom('events')
    .select('dedupe_key')
    .where('dedupe_key', '=', anyOf(itemIds.map((id) => `inbox/${id}`)))
    .where(permissionFields().requestId, '=', anyOf(Object.values(RUNNER_ASKS)));
  return new Set((await rows(database, asked)).map((event) => event.dedupe_key!.slice('inbox/'.length)));
}

/**
 * Whether somebody said "always" to this rule, for the task or for its project.
 * @param input `projectSettings` as the project's row has them
 */
export async function isAllowed(
  database: Queryable,
  input: { taskId: string; rule: string; projectSettings: unknown },
): Promise<boolean> {
  if (resolveProjectSettings(input.projectSettings).allowRules.includes(input.rule)) return true;
  const allowed = tables
    .selectFrom('events')
    .select('seq')
    .where('task_id', '=', input.taskId)
    .where('type', '=', 'task.allowed');
  return hasRow(database, allowed.where(payloadField('task.allowed', 'rule'), '=', input.rule).limit(1));
}

/**
 * Requests of a process that is gone can't be answered any more.
 * @param input `why` is shown as the reason that the item was closed. `but`: ids of items that stay, because
 * another process takes the answer
 */
export async function closePermissions(
  tx: Tx,
  input: { ownerId: string; taskId: string; why: string; but?: readonly string[] },
): Promise<void> {
  const permissions = tables
    .selectFrom('inbox_items')
    .select('id')
    .where('task_id', '=', input.taskId)
    .where('kind', '=', 'permission');
  const open = await rows(tx, permissions.where('state', '=', 'open'));
  await append(
    tx,
    open
      .filter((item) => input.but?.includes(item.id) !== true)
      .map((item) =>
        inboxClosed.new({
          taskId: input.taskId,
          actor: 'mainloop',
          payload: { id: item.id, why: input.why },
        }),
      ),
    input.ownerId,
  );
}
