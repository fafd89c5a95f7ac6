// Holds the automations against what happens: once for each event, whichever worker, and wherever it is ended.
import { automationFired } from '../../events/automations.ts';
import type { LoggedEvent } from '../../events/registry.ts';
import { judge, keepMemory, NO_MEMORY, readMemory, readyRule } from '../../flow/automations/evaluate.ts';
import { goesOut } from '../../flow/automations/rule.ts';
import { automationWorkflowId } from '../../flow/ids.ts';
import { AUTOMATION_WORKFLOW, type AutomationWorkflowInput } from '../../flow/workflow.ts';
import { findCursor, saveCursor } from '../cursors.ts';
import { claimLock } from '../locks.ts';
import { append, eventsAfter, lockLog, toOutbox } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { hasRow, rows, run, tables } from '../rows.ts';
import { loadPatterns } from './pattern.ts';
import { seenEvents } from './seen.ts';

/** So many events at once. */
const BATCH = 500;
const KEY = 'automations';

/** Whoever judges does at once what is due, for so long; what is not done by then, a workflow does. */
export const AT_ONCE_MS = 1_500;
/** Its workflow waits for that, and a little longer. */
const START_AFTER_MS = AT_ONCE_MS + 500;

export interface Judged {
  /** Whether there may be more; false also when another worker is at it. */
  readonly mayBeMore: boolean;
  /** What came and has to wait for nothing, in the order in which it came. */
  readonly due: readonly AutomationWorkflowInput[];
}
const NOTHING: Judged = { mayBeMore: false, due: [] };

/**
 * Goes on in the log where it stopped the last time. What comes of it, what the rules remember and how far it
 * came are kept together.
 * @param hit where a test may end the process
 */
export async function judgeLog(
  db: Db,
  ownerId: string,
  hit: (point: string) => void = () => undefined,
): Promise<Judged> {
  const from = await findCursor(db, ownerId, KEY);
  // Most of the time nothing has happened.
  if ((await eventsAfter(db, ownerId, from, 1)).upTo === from) return NOTHING;
  const judged = await withTx(db, async (tx) => {
    if (!(await claimLock(tx, 'automations'))) return NOTHING;
    // The events first: a rule that is saved between the two is about none of them.
    const { events, upTo, isLast } = await eventsAfter(
      tx,
      ownerId,
      await findCursor(tx, ownerId, KEY),
      BATCH,
    );
    const due = await judgeEvents(tx, ownerId, events);
    await saveCursor(tx, ownerId, KEY, upTo);
    hit('automation.judge.before');
    return { mayBeMore: !isLast, due };
  });
  hit('automation.judge.after');
  return judged;
}

/** @returns what is due */
async function judgeEvents(
  tx: Tx,
  ownerId: string,
  events: readonly LoggedEvent[],
): Promise<AutomationWorkflowInput[]> {
  const standing = await listStanding(tx, ownerId);
  if (standing.length === 0) return [];
  const wanted = new Set(standing.flatMap(({ ready }) => ready.rule.when));
  const seen = await seenEvents(
    tx,
    events.filter(({ type }) => wanted.has(type)),
  );
  const { firings, memories } = judge(standing, seen);
  // Appends wait only where there is something to write.
  if (firings.length > 0) await lockLog(tx);
  const byId = new Map(standing.map((one) => [one.id, one]));
  const due: AutomationWorkflowInput[] = [];
  for (const { id, event, dueMs } of firings) {
    const { version, ready } = byId.get(id)!;
    const firing = { ownerId, id, version, seq: event.seq, dueMs };
    // The clock of this process may be behind that of the log.
    const isDue = dueMs <= Math.max(event.atMs, Date.now());
    const isQuick = isDue && !ready.rule.actions.some(goesOut);
    if ((await fire(tx, firing, isQuick ? START_AFTER_MS : 0)) && isDue) due.push(firing);
  }
  for (const { id, version, memory } of standing) {
    const after = memories.get(id) ?? memory;
    if (after !== memory) await saveMemory(tx, id, version, JSON.stringify(keepMemory(after)));
  }
  return due;
}

/** Appended once, and its workflow started once: both have its name. @returns whether it was not there yet */
async function fire(tx: Tx, firing: AutomationWorkflowInput, afterMs: number): Promise<boolean> {
  const { ownerId, id, version, seq, dueMs } = firing;
  const payload = { id, version, seq, due: new Date(dueMs).toISOString() };
  const fresh = await append(tx, [automationFired.new({ actor: 'mainloop', payload })], ownerId);
  if (fresh.length === 0) return false;
  await toOutbox(tx, {
    kind: 'start',
    workflowId: automationWorkflowId(firing),
    name: AUTOMATION_WORKFLOW,
    payload: firing,
    afterMs,
  });
  return true;
}

/** All that are not paused, with what they remember of their version. */
async function listStanding(tx: Tx, ownerId: string) {
  const kept = await rows(
    tx,
    tables
      .selectFrom('automations as a')
      .leftJoin('automation_memories as m', (join) =>
        join.onRef('m.automation_id', '=', 'a.id').onRef('m.version', '=', 'a.version'),
      )
      .select(['a.id', 'a.rule', 'a.version', 'a.since_seq as sinceSeq', 'm.memory'])
      .where('a.owner_id', '=', ownerId)
      .where('a.paused', '=', false)
      .orderBy('a.id'),
  );
  if (kept.length === 0) return [];
  const read = await loadPatterns();
  return kept.map(({ id, rule, version, sinceSeq, memory }) => ({
    id,
    version,
    sinceSeq,
    ready: readyRule(rule, read),
    memory: memory === null ? NO_MEMORY : readMemory(memory),
  }));
}

const saveMemory = (tx: Tx, id: string, version: number, memory: string): Promise<number> =>
  run(
    tx,
    tables
      .insertInto('automation_memories')
      .values({ automation_id: id, version, memory })
      .onConflict((conflict) => conflict.column('automation_id').doUpdateSet({ version, memory })),
  );

/** Whether a rule is still the one that fired. */
export const isStanding = (
  database: Queryable,
  { ownerId, id, version }: Pick<AutomationWorkflowInput, 'ownerId' | 'id' | 'version'>,
): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('automations')
      .select('id')
      .where('owner_id', '=', ownerId)
      .where('id', '=', id)
      .where('version', '=', version)
      .where('paused', '=', false),
  );
