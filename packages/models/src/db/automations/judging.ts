// Holds the automations against what happens: once for each event, whichever worker, and wherever it is ended.
import { automationFired } from '../../events/automations.ts';
import { judge, keepMemory, NO_MEMORY, readMemory, readyRule } from '../../flow/automations/evaluate.ts';
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

/**
 * Goes on in the log where it stopped the last time. What comes of it, what the rules remember and how far it
 * came are kept together.
 * @param hit where a test may end the process
 * @returns whether there may be more; false also when another worker is at it
 */
export async function judgeLog(
  db: Db,
  ownerId: string,
  hit: (point: string) => void = () => undefined,
): Promise<boolean> {
  const from = await findCursor(db, ownerId, KEY);
  // Most of the time nothing has happened.
  if ((await eventsAfter(db, ownerId, from, 1)).upTo === from) return false;
  const mayBeMore = await withTx(db, async (tx) => {
    if (!(await claimLock(tx, 'automations'))) return false;
    // The events first: a rule that is saved between the two is about none of them.
    const { events, upTo, isLast } = await eventsAfter(
      tx,
      ownerId,
      await findCursor(tx, ownerId, KEY),
      BATCH,
    );
    const standing = await listStanding(tx, ownerId);
    if (standing.length > 0) {
      const wanted = new Set(standing.flatMap(({ ready }) => ready.rule.when));
      const seen = await seenEvents(
        tx,
        events.filter(({ type }) => wanted.has(type)),
      );
      const { firings, memories } = judge(standing, seen);
      // Appends wait only where there is something to write.
      if (firings.length > 0) await lockLog(tx);
      const versionOf = new Map(standing.map(({ id, version }) => [id, version]));
      for (const { id, event, dueMs } of firings)
        await fire(tx, { ownerId, id, version: versionOf.get(id) ?? 0, seq: event.seq, dueMs });
      for (const { id, version, memory } of standing) {
        const after = memories.get(id) ?? memory;
        if (after !== memory) await saveMemory(tx, id, version, JSON.stringify(keepMemory(after)));
      }
    }
    await saveCursor(tx, ownerId, KEY, upTo);
    hit('automation.judge.before');
    return !isLast;
  });
  hit('automation.judge.after');
  return mayBeMore;
}

/** Appended once, and its workflow started once: both have its name. */
async function fire(tx: Tx, firing: AutomationWorkflowInput): Promise<void> {
  const { ownerId, id, version, seq, dueMs } = firing;
  const payload = { id, version, seq, due: new Date(dueMs).toISOString() };
  const fresh = await append(tx, [automationFired.new({ actor: 'mainloop', payload })], ownerId);
  if (fresh.length === 0) return;
  await toOutbox(tx, {
    kind: 'start',
    workflowId: automationWorkflowId(firing),
    name: AUTOMATION_WORKFLOW,
    payload: firing,
  });
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
