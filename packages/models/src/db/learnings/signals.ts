// Learns from what became of an agent's work: goes through the log once and keeps what may be a rule.
import type { LoggedEvent } from '../../events/registry.ts';
import { signalsOf, type Happened, type Signal } from '../../flow/learnings/signals.ts';
import { findCursor, saveCursor } from '../cursors.ts';
import { claimLock } from '../locks.ts';
import { eventsAfter, lockLog } from '../log.ts';
import { withTx, type Db, type Tx } from '../pool.ts';
import { anyOf, row, rows, tables } from '../rows.ts';
import { noteLearning } from './learnings.ts';

/** So many events at once. */
const BATCH = 500;
const KEY = 'signals';

/**
 * Goes on in the log where it stopped the last time. What is learned and how far it came are kept together, so
 * nothing is learned twice or left out, wherever it is ended.
 * @returns whether there may be more; false also when another worker is at it
 */
export const learnFromLog = async (db: Db, ownerId: string): Promise<boolean> => {
  const from = await findCursor(db, ownerId, KEY);
  // Most of the time nothing has happened, and then nobody's append has to wait.
  if ((await eventsAfter(db, ownerId, from, 1)).upTo === from) return false;
  return withTx(db, async (tx) => {
    if (!(await claimLock(tx, 'signals'))) return false;
    const { events, upTo, isLast } = await eventsAfter(
      tx,
      ownerId,
      await findCursor(tx, ownerId, KEY),
      BATCH,
    );
    const taught: Taught[] = [];
    for (const event of events) taught.push(...(await taughtBy(tx, event)));
    // Appends wait only where there is something to write: an old log is long.
    if (taught.length > 0) await lockLog(tx);
    for (const one of taught) await keep(tx, ownerId, one);
    await saveCursor(tx, ownerId, KEY, upTo);
    return !isLast;
  });
};

interface Taught {
  readonly taskId: string;
  /** Names the event and which of its signals it is. */
  readonly from: string;
  readonly signal: Signal;
  /** Of the forge, that said it. */
  readonly commentId?: string;
}

async function taughtBy(tx: Tx, event: LoggedEvent): Promise<Taught[]> {
  const { taskId, seq } = event;
  if (taskId === null) return [];
  const signals = (await happenedIn(tx, event)).flatMap(signalsOf);
  const isForges = event.type === 'review.commented' && event.payload.via === 'github';
  const said = isForges ? { commentId: event.payload.id } : {};
  return signals.map((signal, i) => ({ taskId, from: `${seq}/${i}`, signal, ...said }));
}

async function keep(tx: Tx, ownerId: string, { taskId, from, signal, ...said }: Taught): Promise<void> {
  const task = await row(
    tx,
    tables.selectFrom('tasks').select('project_id as projectId').where('id', '=', taskId),
  );
  if (task === null) return;
  // What can be no rule is left out, like an address or a word of trust: nobody waits for an answer here.
  await noteLearning(tx, {
    ...signal,
    ...said,
    ownerId,
    taskId,
    projectId: task.projectId,
    runId: null,
    from,
  });
}

/** What an event says of the work of an agent; most say nothing. */
async function happenedIn(tx: Tx, event: LoggedEvent): Promise<Happened[]> {
  switch (event.type) {
    case 'review.commented': {
      const { state, author, via, text, path } = event.payload;
      // A draft is read when it is sent.
      // Nor is an agent's word one of the person, or of somebody who knows the house.
      return state === 'draft' || via === 'look'
        ? []
        : [{ is: 'comment', author, isUsers: via === 'app', text, path }];
    }
    case 'review.submitted':
      return (await listSent(tx, event.payload.ids)).map((sent) => ({
        is: 'comment',
        author: sent.author,
        isUsers: sent.via === 'app',
        text: sent.body,
        path: sent.path,
      }));
    case 'inbox.answered': {
      const { decision, text, by, via } = event.payload;
      const isBack = decision === 'changes' || decision === 'revise';
      return isBack ? [{ is: 'sent_back', author: by, isUsers: via !== 'github', text }] : [];
    }
    case 'ci.verdict':
      return event.payload.verdict === 'red' ? [{ is: 'red', failures: event.payload.failures ?? [] }] : [];
    case 'branch.seen':
      return [{ is: 'commit', author: event.payload.by, title: event.payload.title }];
    default:
      return [];
  }
}

const listSent = (tx: Tx, ids: readonly string[]) =>
  rows(
    tx,
    tables
      .selectFrom('review_comments')
      .select(['author', 'via', 'body', 'path'])
      .where('id', '=', anyOf(ids))
      .orderBy('created_at')
      .orderBy('id'),
  );
