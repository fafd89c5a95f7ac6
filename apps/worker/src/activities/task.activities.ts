// What a task workflow does to our own records: state, plan, inbox. Postgres only.
import { append, decideAndAppend } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { findOutcome, lastNumber } from '@mainloop/models/db/runs/lists';
import { findItem } from '@mainloop/models/db/inbox/items';
import { lineOf } from '@mainloop/models/db/tasks/status';
import { takeOut, wakeBehind } from '@mainloop/models/db/forge/train';
import { wakeBlocked } from '@mainloop/models/db/tasks/order';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { messageSaid } from '@mainloop/models/events/conversation';
import { inboxClosed, inboxOpened } from '@mainloop/models/events/inbox';
import { endingIn, statusIn } from '@mainloop/models/events/before-codes';
import type { NewEvent, Payloads } from '@mainloop/models/events/registry';
import { planWritten, taskEnded, taskStateChanged } from '@mainloop/models/events/tasks';
import type { ItemKind, Option } from '@mainloop/models/flow/events';
import type { ErrorCode } from '@mainloop/models/flow/runs/outcomes';
import {
  ENDING_SENTENCE,
  isEnded,
  sentences,
  type TaskState,
  type WaitingFor,
} from '@mainloop/models/flow/states';
import type { Status } from '@mainloop/models/flow/status';

/**
 * What a task's workflow reads and writes of its own records.
 * @param deps `ciGraceMs`: milliseconds that checks are waited for where none has begun
 * @returns activities; each takes one object with a `taskId`
 */
export const taskActivities = ({ db, ciGraceMs }: { db: Db; ciGraceMs: number }) => ({
  async loadTask(input: {
    taskId: string;
  }): Promise<{ skipPlan: boolean; planRevision: number; hasPr: boolean; runs: number; ciGraceMs: number }> {
    const task = await getTask(db, input.taskId);
    return {
      skipPlan: task.skipPlan,
      planRevision: task.planRevision,
      hasPr: task.prNumber !== null,
      runs: await lastNumber(db, input.taskId),
      ciGraceMs,
    };
  },

  async setState(
    input: { taskId: string; state: TaskState; phase: string } & ({ status: Status } | OldStatus),
  ): Promise<void> {
    const { taskId, state, phase } = input;
    // A worker from before there were codes says it in words.
    const status = 'status' in input ? input.status : statusIn(input.statusLine);
    const waitingFor = 'waitingFor' in input ? input.waitingFor : undefined;
    const said = status.is === 'account_limit' ? status.is : waitingFor;
    await decideAndAppend(db, async (tx) => {
      const task = await getTask(tx, taskId);
      if (
        isEnded(task.state) ||
        (task.state === state && task.phase === phase && task.statusLine === (await lineOf(tx, status)))
      )
        return;
      // An agent whose session was ended while it waited for permission waits for it still.
      const item = status.is === 'item' ? await findItem(tx, status.itemId) : null;
      const waitingFor = item?.kind === 'permission' ? item.kind : said;
      await append(
        tx,
        [taskStateChanged.new({ taskId, actor: 'mainloop', payload: { state, phase, status, waitingFor } })],
        task.ownerId,
      );
      if (state === 'blocked') await wakeBehind(tx, taskId);
    });
  },

  /** The final text of a planning run becomes the next revision of the plan. */
  async writePlan(input: { taskId: string; runId: string }): Promise<{ revision: number; empty: boolean }> {
    const outcome = await findOutcome(db, input.runId);
    const markdown = planOf(outcome?.kind === 'completed' ? outcome.summary : '');
    return decideAndAppend(db, async (tx) => {
      const task = await getTask(tx, input.taskId);
      if (markdown === '') return { revision: task.planRevision, empty: true };
      const revision = task.planRevision + 1;
      const [fresh] = await append(
        tx,
        [
          planWritten.new({
            taskId: input.taskId,
            actor: 'agent',
            key: { runId: input.runId },
            payload: { revision, markdown },
          }),
        ],
        task.ownerId,
      );
      return { revision: fresh ? revision : task.planRevision, empty: false };
    });
  },

  async openItem(item: {
    taskId: string;
    id: string;
    kind: ItemKind;
    title: string;
    body: string;
    options: Option[];
    errorCode?: ErrorCode;
  }): Promise<void> {
    const { taskId, ...payload } = item;
    await decideAndAppend(db, async (tx) => {
      const task = await getTask(tx, taskId);
      // A try that comes late opens nothing on a task that has ended.
      if (isEnded(task.state)) return;
      await append(tx, [inboxOpened.new({ taskId, actor: 'mainloop', payload })], task.ownerId);
    });
  },

  async closeItem(item: { taskId: string; id: string; why: string }): Promise<void> {
    await decideAndAppend(db, async (tx) => {
      const task = await getTask(tx, item.taskId);
      await append(
        tx,
        [
          inboxClosed.new({
            taskId: item.taskId,
            actor: 'mainloop',
            payload: { id: item.id, why: item.why },
          }),
        ],
        task.ownerId,
      );
    });
  },

  /** The end of a task, and the note of it in the chat. */
  async endTask(
    input: { taskId: string; state: 'done' | 'cancelled' } & (Ended | { statusLine: string }),
  ): Promise<void> {
    // A worker from before endings had a name says how it ended in words.
    const { how, left } = 'statusLine' in input ? endingIn(input.statusLine) : input;
    await decideAndAppend(db, async (tx) => {
      const task = await getTask(tx, input.taskId);
      await takeOut(tx, {
        ownerId: task.ownerId,
        taskId: task.id,
        by: 'mainloop',
        why: 'The task has ended.',
      });
      await append(
        tx,
        [
          taskEnded.new({
            taskId: input.taskId,
            actor: 'mainloop',
            payload: { state: input.state, how, left },
          }),
          endNote(
            input.taskId,
            NOTES[input.state](task, sentences(how === null ? '' : ENDING_SENTENCE[how], left)),
          ),
        ],
        task.ownerId,
      );
      await wakeBlocked(tx, task.id);
    });
  },
});

interface OldStatus {
  readonly statusLine: string;
  readonly waitingFor?: WaitingFor;
}

type Ended = Pick<Payloads['task.ended'], 'how' | 'left'>;

const endNote = (taskId: string, text: string): NewEvent<'message.said'> =>
  messageSaid.endNote({
    taskId,
    actor: 'mainloop',
    payload: { id: `m-${taskId}-ended`, role: 'note', text, turnId: null },
  });

const link = (task: TaskRow): string => `[${task.title}](/task/${task.id})`;
const NOTES: Record<'done' | 'cancelled', (task: TaskRow, line: string) => string> = {
  done: (t) => `${link(t)} is merged.`,
  cancelled: (t, line) => `${link(t)} is cancelled. ${line}`,
};

/** The plan starts at its first heading; what the agent said before is talk. */
function planOf(summary: string): string {
  const at = summary.search(/^#{1,3} /m);
  return (at > 0 ? summary.slice(at) : summary).trim();
}
