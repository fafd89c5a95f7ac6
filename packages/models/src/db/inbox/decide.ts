// Human decisions. A conditional write: the first one counts, whichever surface it came from, and the others
// are told who answered.
import { actorNow } from '../acting.ts';
import { ANSWERED_WHERE } from '../../flow/forge/answers.ts';
import { inboxAnswered, inboxClosed, inboxNotNeeded, inboxSeen, inboxSnoozed } from '../../events/inbox.ts';
import { readEvents } from '../../events/read.ts';
import type { NewEvent } from '../../events/registry.ts';
import { reviewSubmitted } from '../../events/review.ts';
import {
  taskBudgetRaised,
  taskLooked,
  taskModelChanged,
  taskRetried,
  taskStateChanged,
} from '../../events/tasks.ts';
import type { Via } from '../../flow/events.ts';
import { gateAnswer, isGate } from '../../flow/review/gates.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import { wayRefused } from '../../flow/forge/merge-messages.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { isEnded } from '../../flow/states.ts';
import {
  DECISIONS_OF,
  MERGE_METHODS,
  SIGNALS,
  type Decision,
  type HumanSignal,
  type MergeMethod,
} from '../../flow/workflow.ts';
import { canBeKept, passPermissionOn } from '../runs/commands.ts';
import { findActing } from '../forge/effects.ts';
import { takeOut } from '../forge/train.ts';
import { putOffCampfire } from '../learnings/learnings.ts';
import { append, lockLog, storedEvents, toOutbox } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { row, rows, tables } from '../rows.ts';
import { draftsOf, hasUnanswered } from '../review/comments.ts';

export type DecideResult =
  /** `taskId`: null where the item was about no task. */
  | { readonly ok: true; readonly taskId: string | null }
  | Refusal<
      | 'no_item'
      | 'item_answered'
      | 'item_closed'
      | 'wrong_decision'
      | 'gate_unseen'
      | 'not_shown_whole'
      | 'rule_too_long'
      | 'acting_commits'
      | 'nothing_said'
    >;
/** What came of changing a task. */
type TaskResult = { readonly ok: true; readonly taskId: string } | Refusal<'no_task' | 'task_ended'>;

export interface DecideInput {
  readonly ownerId: string;
  readonly itemId: string;
  readonly decision: Decision;
  readonly text: string;
  readonly via: Via;
  readonly by: string;
  readonly method?: MergeMethod | undefined;
  /** Made by the sender: an answer that is sent twice, by a retry or from a queue, counts once and is told so. */
  readonly answerId?: string | undefined;
  readonly taps?: number | undefined;
  readonly ms?: number | undefined;
}

/**
 * Keeps a decision about an inbox item and passes it on, to the workflow or to the agent that asked.
 * @returns `ok` with the id of the task, or why the item can't be decided so; the same answer (`answerId`)
 * twice is `ok` twice
 */
export const decide = (db: Db, input: DecideInput): Promise<DecideResult> =>
  withTx(db, (tx) => decideIn(tx, input));

/** @returns see `decide`, of which this is the part inside a transaction */
export async function decideIn(tx: Tx, input: DecideInput): Promise<DecideResult> {
  await lockLog(tx);
  const item = await findDecidable(tx, input);
  if (!item) return refusal('no_item');
  if (item.state === 'answered' && input.answerId !== undefined && item.answer?.answerId === input.answerId)
    return { ok: true, taskId: item.task_id };
  if (item.state === 'answered')
    return refusal(
      'item_answered',
      item.answered_by ?? 'somebody',
      item.answered_via === null ? '' : ANSWERED_WHERE[item.answered_via],
    );
  if (item.state !== 'open') return refusal('item_closed', await findWhyClosed(tx, input));
  if (!DECISIONS_OF[item.kind].includes(input.decision))
    return refusal('wrong_decision', DECISIONS_OF[item.kind]);
  if (item.task_id === null) {
    await append(tx, [answered(input, null)], input.ownerId);
    if (item.kind === 'campfire') await putOffCampfire(tx, input.ownerId, input.itemId, input.by);
    return { ok: true, taskId: null };
  }
  const about = { ...item, taskId: item.task_id };
  const refused = await findRefusal(tx, input, about);
  if (refused !== null) return refused;
  // What the person has begun to say of the change is not sent by a rule.
  const drafts =
    input.decision === 'changes' && input.via !== 'automation' ? await draftsOf(tx, about.taskId) : [];
  const said =
    input.text.trim() !== '' ||
    drafts.length > 0 ||
    (input.decision === 'changes' && (await hasUnanswered(tx, about.taskId)));
  if (NEEDS_TEXT.has(input.decision) && !said) return refusal('nothing_said');
  // What was let through at a gate, or has to come back, is named by us and not by whoever answers.
  const text = item.kind === 'gate' ? gateAnswer(item) : input.text;
  await append(tx, deedsOf({ ...input, text }, about.taskId, drafts), input.ownerId);
  await passOn(tx, { ...input, text }, about);
  return { ok: true, taskId: about.taskId };
}

const findDecidable = (tx: Tx, { itemId, ownerId }: DecideInput) =>
  row(
    tx,
    tables
      .selectFrom('inbox_items')
      .select([
        'task_id',
        'kind',
        'state',
        'answer',
        'answered_via',
        'answered_by',
        'options',
        'title',
        'body',
        'error_code as errorCode',
        'held',
      ])
      .where('id', '=', itemId)
      .where('owner_id', '=', ownerId),
  );
type Decidable = NonNullable<Awaited<ReturnType<typeof findDecidable>>> & { readonly taskId: string };

/** @returns why an open item of a task can't be decided so, from there; null where nothing stands against it */
async function findRefusal(tx: Tx, input: DecideInput, item: Decidable) {
  // Neither a button on a notification nor the chat shows what would be let through.
  if ((input.via === 'push' || input.via === 'chat') && isGate(item)) return refusal('gate_unseen');
  // What could not be shown whole is allowed from no surface.
  if (
    (item.kind === 'ci_files' || item.kind === 'guardrail') &&
    input.decision === 'allow' &&
    item.held?.mayAllow !== true
  )
    return refusal('not_shown_whole');
  if (
    (input.decision === 'allow_task' || input.decision === 'allow_project') &&
    !(await canBeKept(tx, input.itemId))
  )
    return refusal('rule_too_long');
  const refused =
    input.decision === 'merge'
      ? wayRefused(input.method ?? MERGE_METHODS[0], await findActing(tx, item.taskId))
      : null;
  return refused === null ? null : refusal('acting_commits', refused);
}

/** What the log says of a decision. @param drafts ids of the comments that go with it */
const deedsOf = (input: DecideInput, taskId: string, drafts: readonly string[]): NewEvent[] => [
  answered(input, taskId),
  ...(drafts.length > 0
    ? [reviewSubmitted.new({ taskId, actor: input.by, payload: { ids: [...drafts] } })]
    : []),
  ...(input.decision === 'retry'
    ? [taskRetried.new({ taskId, actor: input.by, payload: { itemId: input.itemId } })]
    : []),
];

/** To the agent that asked, or to the workflow. */
async function passOn(tx: Tx, input: DecideInput, { kind, taskId }: Decidable): Promise<void> {
  if (kind === 'permission') {
    const { isReceived } = await passPermissionOn(tx, { ...input, taskId });
    // Where its session was ended meanwhile, it is the workflow that goes on with the answer.
    if (isReceived) return;
  }
  const signal: HumanSignal = {
    id: input.itemId,
    kind: input.decision,
    itemId: input.itemId,
    // Without one the repository's own way is taken.
    text: input.decision === 'merge' ? (input.method ?? '') : input.text,
    ...(input.decision === 'retry' ? { onlyRetry: true } : {}),
  };
  await toOutbox(tx, {
    kind: 'signal',
    workflowId: taskWorkflowId(taskId),
    name: SIGNALS.human,
    payload: signal,
  });
}

/** @param taskId null for what is about no task: nobody but the log is told of the decision */
const answered = (input: DecideInput, taskId: string | null): NewEvent =>
  inboxAnswered.new({
    taskId,
    actor: input.by,
    payload: {
      id: input.itemId,
      decision: input.decision,
      text: input.text,
      via: input.via,
      by: actorNow(input.by),
      ...(input.answerId === undefined ? {} : { answerId: input.answerId }),
      ...(input.taps === undefined ? {} : { taps: input.taps }),
      ...(input.ms === undefined ? {} : { ms: input.ms }),
    },
  });

const taskOf = (input: { readonly ownerId: string; readonly taskId: string }) =>
  tables
    .selectFrom('tasks')
    .select(['state', 'phase'])
    .where('id', '=', input.taskId)
    .where('owner_id', '=', input.ownerId);

/**
 * Changes a task that has not ended, under the log's lock.
 * @param change what is done to it, in the same transaction
 * @returns `ok`, or `no_task` and `task_ended`
 */
const changeOpenTask = (
  db: Db,
  input: { readonly ownerId: string; readonly taskId: string },
  change: (tx: Tx, task: { readonly phase: string }) => Promise<void>,
): Promise<TaskResult> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    const task = await row(tx, taskOf(input));
    if (!task) return refusal('no_task');
    if (isEnded(task.state)) return refusal('task_ended', task.state);
    await change(tx, task);
    return { ok: true, taskId: input.taskId };
  });

/**
 * Cancels a task that has not ended. Asking twice is harmless.
 * @returns `ok`, or `no_task` and `task_ended`
 * @param input `by` names the user in the event
 */
export async function cancelTask(
  db: Db,
  input: { ownerId: string; taskId: string; by: string },
): Promise<TaskResult> {
  return changeOpenTask(db, input, async (tx, task) => {
    await takeOut(tx, { ...input, why: 'The task is cancelled.' });
    const fresh = await append(
      tx,
      [
        taskStateChanged.cancelling({
          taskId: input.taskId,
          actor: input.by,
          payload: { state: 'blocked', phase: task.phase, status: { is: 'cancelling' } },
        }),
      ],
      input.ownerId,
    );
    if (fresh.length > 0)
      await toOutbox(tx, {
        kind: 'signal',
        workflowId: taskWorkflowId(input.taskId),
        name: SIGNALS.human,
        payload: { id: `cancel-${input.taskId}`, kind: 'cancel' } satisfies HumanSignal,
      });
  });
}

/**
 * Changes what a task may cost. The gateway looks at it on every call, so it counts at once.
 * @param input `budgetCents` is the new whole budget, not what is added
 * @returns `ok`, or `no_task` and `task_ended`
 */
export async function setBudget(
  db: Db,
  input: { ownerId: string; taskId: string; budgetCents: number; by: string },
): Promise<TaskResult> {
  return changeOpenTask(db, input, async (tx) => {
    await append(
      tx,
      [
        taskBudgetRaised.new({
          taskId: input.taskId,
          actor: input.by,
          payload: { budgetCents: input.budgetCents },
        }),
      ],
      input.ownerId,
    );
  });
}

const NEEDS_TEXT = new Set<Decision>(['answer', 'revise', 'changes']);

/**
 * The next run of a task uses this model. A task that waits for a usage limit goes on at once.
 * @returns `ok`, or `no_task` and `task_ended`
 */
export async function setModel(
  db: Db,
  input: { ownerId: string; taskId: string; model: string; by: string },
): Promise<TaskResult> {
  return changeOpenTask(db, input, async (tx) => {
    const [event] = await append(
      tx,
      [taskModelChanged.new({ taskId: input.taskId, actor: input.by, payload: { model: input.model } })],
      input.ownerId,
    );
    const signal: HumanSignal = { id: `go-on-${event!.seq}`, kind: 'go_on' };
    await toOutbox(tx, {
      kind: 'signal',
      workflowId: taskWorkflowId(input.taskId),
      name: SIGNALS.human,
      payload: signal,
    });
  });
}

type AttentionNote =
  | { readonly what: 'shown' | 'opened'; readonly via: Via }
  | { readonly until: Date; readonly untilCi: boolean }
  | 'not_needed';

/**
 * Whether CI of the task that an item is about has still to say something: its checks are pending, or its
 * newest push has none yet.
 * @returns false as well where there is no such item of this user
 */
export async function waitsForCi(
  database: Queryable,
  input: { ownerId: string; itemId: string },
): Promise<boolean> {
  const of = tables
    .selectFrom('inbox_items as i')
    .innerJoin('tasks as t', 't.id', 'i.task_id')
    .select(['t.ci', 't.state', 't.head_sha']);
  const task = await row(
    database,
    of.where('i.id', '=', input.itemId).where('i.owner_id', '=', input.ownerId),
  );
  if (task === null || isEnded(task.state) || task.head_sha === null) return false;
  return task.ci === null || task.ci.verdict === 'pending';
}

/**
 * Notes what the person has seen of a task. What they saw before, or what has not happened yet, is not written.
 * @param input `seen`: when the last of it had happened
 */
export async function noteTaskLooked(
  db: Db,
  input: { ownerId: string; taskId: string; seen: Date; by: string },
): Promise<void> {
  await withTx(db, async (tx) => {
    await lockLog(tx);
    const of = tables
      .selectFrom('tasks')
      .select(['updated_at', 'looked_at'])
      .where('id', '=', input.taskId)
      .where('owner_id', '=', input.ownerId);
    const task = await row(tx, of);
    if (task === null) return;
    const seen = input.seen > task.updated_at ? task.updated_at : input.seen;
    if (task.looked_at !== null && task.looked_at >= seen) return;
    await append(
      tx,
      [taskLooked.new({ taskId: input.taskId, actor: input.by, payload: { seen: seen.toISOString() } })],
      input.ownerId,
    );
  });
}

/**
 * Notes that an item was seen, is looked at later, or did not need the person. An item that is not there
 * is passed over.
 * @param input `note` says which of the three it is
 */
export async function noteAttention(
  db: Db,
  input: { ownerId: string; itemId: string; by: string; note: AttentionNote },
): Promise<void> {
  const item = await row(
    db,
    tables
      .selectFrom('inbox_items')
      .select('task_id')
      .where('id', '=', input.itemId)
      .where('owner_id', '=', input.ownerId),
  );
  if (!item) return;
  const event = attentionEvent(input, { taskId: item.task_id, actor: input.by });
  await withTx(db, (tx) => append(tx, [event], input.ownerId));
}

function attentionEvent(
  input: { itemId: string; note: AttentionNote },
  about: { taskId: string | null; actor: string },
): NewEvent {
  const { itemId: id, note } = input;
  if (note === 'not_needed') return inboxNotNeeded.new({ ...about, payload: { id } });
  if ('until' in note)
    return inboxSnoozed.new({
      ...about,
      payload: { id, until: note.until.toISOString(), ...(note.untilCi ? { untilCi: true } : {}) },
    });
  return inboxSeen.new({ ...about, payload: { id, what: note.what, via: note.via } });
}

/** @returns what closed it; null where that is not known */
async function findWhyClosed(tx: Tx, { itemId, ownerId }: DecideInput): Promise<string | null> {
  const { dedupeKey } = inboxClosed.new({ actor: '', payload: { id: itemId, why: '' } });
  const found = await rows(
    tx,
    storedEvents.where('owner_id', '=', ownerId).where('dedupe_key', '=', dedupeKey),
  );
  const [closed] = readEvents(found).events;
  return closed?.type === 'inbox.closed' ? closed.payload.why : null;
}
