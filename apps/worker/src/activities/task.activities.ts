// What a task workflow does to our own records: state, plan, inbox. Postgres only.
import { append, decideAndAppend } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { findOutcome, lastNumber } from '@mainloop/models/db/runs/lists';
import { lineOf } from '@mainloop/models/db/tasks/status';
import { takeOut } from '@mainloop/models/db/forge/train';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { messageSaid } from '@mainloop/models/events/conversation';
import { inboxClosed, inboxOpened } from '@mainloop/models/events/inbox';
import { endingIn, statusIn } from '@mainloop/models/events/before-codes';
import type { NewEvent, Payloads } from '@mainloop/models/events/registry';
import { planWritten, taskEnded, taskStateChanged } from '@mainloop/models/events/tasks';
import type { ItemKind, Option } from '@mainloop/models/flow/events';
import type { ErrorCode } from '@mainloop/models/flow/outcomes';
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
  async loadTask(i: {
    taskId: string;
  }): Promise<{ skipPlan: boolean; planRevision: number; hasPr: boolean; runs: number; ciGraceMs: number }> {
    const t = await getTask(db, i.taskId);
    return {
      skipPlan: t.skipPlan,
      planRevision: t.planRevision,
      hasPr: t.prNumber !== null,
      runs: await lastNumber(db, i.taskId),
      ciGraceMs,
    };
  },

  async setState(
    i: { taskId: string; state: TaskState; phase: string } & ({ status: Status } | OldStatus),
  ): Promise<void> {
    const { taskId, state, phase } = i;
    // A worker from before there were codes says it in words.
    const status = 'status' in i ? i.status : statusIn(i.statusLine);
    const waitingFor =
      status.is === 'account_limit' ? status.is : 'waitingFor' in i ? i.waitingFor : undefined;
    await decideAndAppend(db, async (tx) => {
      const t = await getTask(tx, taskId);
      if (
        isEnded(t.state) ||
        (t.state === state && t.phase === phase && t.statusLine === (await lineOf(tx, status)))
      )
        return;
      await append(
        tx,
        [taskStateChanged.new({ taskId, actor: 'mainloop', payload: { state, phase, status, waitingFor } })],
        t.ownerId,
      );
    });
  },

  /** The final text of a planning run becomes the next revision of the plan. */
  async writePlan(i: { taskId: string; runId: string }): Promise<{ revision: number; empty: boolean }> {
    const outcome = await findOutcome(db, i.runId);
    const markdown = planOf(outcome?.kind === 'completed' ? outcome.summary : '');
    return decideAndAppend(db, async (tx) => {
      const t = await getTask(tx, i.taskId);
      if (markdown === '') return { revision: t.planRevision, empty: true };
      const revision = t.planRevision + 1;
      const [fresh] = await append(
        tx,
        [
          planWritten.new({
            taskId: i.taskId,
            actor: 'agent',
            key: { runId: i.runId },
            payload: { revision, markdown },
          }),
        ],
        t.ownerId,
      );
      return { revision: fresh ? revision : t.planRevision, empty: false };
    });
  },

  async openItem(i: {
    taskId: string;
    id: string;
    kind: ItemKind;
    title: string;
    body: string;
    options: Option[];
    errorCode?: ErrorCode;
  }): Promise<void> {
    const { taskId, ...payload } = i;
    await decideAndAppend(db, async (tx) => {
      const t = await getTask(tx, taskId);
      // A try that comes late opens nothing on a task that has ended.
      if (isEnded(t.state)) return;
      await append(tx, [inboxOpened.new({ taskId, actor: 'mainloop', payload })], t.ownerId);
    });
  },

  async closeItem(i: { taskId: string; id: string; why: string }): Promise<void> {
    await decideAndAppend(db, async (tx) => {
      const t = await getTask(tx, i.taskId);
      await append(
        tx,
        [inboxClosed.new({ taskId: i.taskId, actor: 'mainloop', payload: { id: i.id, why: i.why } })],
        t.ownerId,
      );
    });
  },

  /** The end of a task, and the note of it in the chat. */
  async endTask(
    i: { taskId: string; state: 'done' | 'cancelled' } & (Ended | { statusLine: string }),
  ): Promise<void> {
    // A worker from before endings had a name says how it ended in words.
    const { how, left } = 'statusLine' in i ? endingIn(i.statusLine) : i;
    await decideAndAppend(db, async (tx) => {
      const t = await getTask(tx, i.taskId);
      await takeOut(tx, { ownerId: t.ownerId, taskId: t.id, by: 'mainloop', why: 'The task has ended.' });
      await append(
        tx,
        [
          taskEnded.new({ taskId: i.taskId, actor: 'mainloop', payload: { state: i.state, how, left } }),
          endNote(i.taskId, NOTES[i.state](t, sentences(how === null ? '' : ENDING_SENTENCE[how], left))),
        ],
        t.ownerId,
      );
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

const link = (t: TaskRow): string => `[${t.title}](/task/${t.id})`;
const NOTES: Record<'done' | 'cancelled', (t: TaskRow, line: string) => string> = {
  done: (t) => `${link(t)} is merged.`,
  cancelled: (t, line) => `${link(t)} is cancelled. ${line}`,
};

/** The plan starts at its first heading; what the agent said before is talk. */
function planOf(summary: string): string {
  const at = summary.search(/^#{1,3} /m);
  return (at > 0 ? summary.slice(at) : summary).trim();
}
