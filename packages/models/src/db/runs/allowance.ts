// What a run did already, counted in the log under its lock: requests side by side can't all pass the same limit.
import type { EventType, Payloads } from '../../events/registry.ts';
import { mayTalk, type Talk, type TalkVerdict } from '../../flow/runs/limits.ts';
import { lockLog } from '../log.ts';
import { sql } from 'kysely';
import { payloadField } from '../payload.ts';
import type { Tx } from '../pool.ts';
import { anyOf, hasRow, nowAnd, row, tables } from '../rows.ts';
import { attemptsOf } from './runs.ts';

/** The event that each of them leaves, and what else tells it from others of that type. */
const LEAVES: Record<Talk, { type: EventType; kind: Payloads['inbox.opened']['kind'] | null }> = {
  says: { type: 'agent.said', kind: null },
  questions: { type: 'inbox.opened', kind: 'question' },
  permissions: { type: 'inbox.opened', kind: 'permission' },
  shows: { type: 'agent.showed', kind: null },
  findings: { type: 'review.commented', kind: null },
  replies: { type: 'review.replied', kind: null },
  learnings: { type: 'learning.noted', kind: null },
  askings: { type: 'learning.given', kind: null },
  heldPushes: { type: 'push.held', kind: null },
  guardrailAsks: { type: 'inbox.opened', kind: 'guardrail' },
  guardrailHits: { type: 'guardrail.hit', kind: null },
  refusedPushes: { type: 'push.refused', kind: null },
};

/**
 * Asks whether a run may do one thing more. Call it in the transaction that appends the event of it.
 * @returns how many of this kind the run has left in the log so far, or the sentence of the limit
 */
export async function takeAllowance(
  tx: Tx,
  run: { readonly task_id: string; readonly started_at: Date | null },
  talk: Talk,
): Promise<Extract<TalkVerdict, { ok: false }> | { readonly ok: true; readonly n: number }> {
  await lockLog(tx);
  const { type, kind } = LEAVES[talk];
  const start = run.started_at ?? new Date(0);
  const aMinuteAgo = nowAnd(-60_000);
  const used = (await row(
    tx,
    tables
      .selectFrom('events')
      .select((eb) => {
        const isOfKind = kind === null ? eb.lit(true) : eb(payloadField('inbox.opened', 'kind'), '=', kind);
        const same = eb.and([eb('type', '=', type), isOfKind]);
        return [
          eb.fn
            .countAll<number>()
            .filterWhere(eb.and([same, eb('at', '>=', start)]))
            .as('aRun'),
          eb.fn
            .countAll<number>()
            .filterWhere(eb.and([same, eb('at', '>', aMinuteAgo)]))
            .as('aMinute'),
          eb.fn.countAll<number>().filterWhere('at', '>', aMinuteAgo).as('events'),
          eb
            .selectFrom('inbox_items as i')
            .select((of) => of.fn.countAll<number>().as('n'))
            .where('i.task_id', '=', run.task_id)
            .where('i.state', '=', 'open')
            .where('i.created_at', '>=', start)
            .as('open'),
        ];
      })
      .where('task_id', '=', run.task_id)
      .where('actor', 'in', ['agent', 'gateway'])
      .where('at', '>=', sql<Date>`least(${start}::timestamptz, ${aMinuteAgo})`),
  ))!;
  const verdict = mayTalk(talk, { ...used, open: used.open ?? 0 });
  return verdict.ok ? { ok: true, n: used.aRun } : verdict;
}

/**
 * Whether an agent that was lost and does its work anew has told this already, in the attempts before: then
 * nobody needs to hear it twice. Under the log's lock, so that two of the same at once are one.
 * @param payload what an event of the agent has to say for it to be the same
 * @param again it is said once more because the answer to it was lost, so this attempt may have told it too
 */
export async function hasSaid<
  T extends 'agent.said' | 'agent.showed' | 'review.commented' | 'review.replied' | 'inbox.opened',
>(
  tx: Tx,
  run: { readonly id: string; readonly task_id: string; readonly epoch: number },
  type: T,
  payload: Partial<Payloads[T]>,
  again: boolean,
): Promise<boolean> {
  const attempts = await attemptsOf(tx, run.id);
  if (!again && run.epoch === 1 && attempts.length === 1) return false;
  return hasRow(
    tx,
    tables
      .selectFrom('events')
      .select('seq')
      .where('task_id', '=', run.task_id)
      .where('type', '=', type)
      .where('actor', '=', 'agent')
      .where((eb) => sql<boolean>`${eb.ref('payload')} @> ${JSON.stringify(payload)}`)
      .where((eb) =>
        eb.or([
          eb(payloadField('agent.said', 'runId'), '=', anyOf(attempts)),
          // By the item: in the log itself only newer ones say which run asked.
          eb.exists(
            eb
              .selectFrom('inbox_items as i')
              .select('i.id')
              .where('i.id', '=', payloadField('inbox.opened', 'id'))
              .where('i.kind', '=', 'question')
              .where('i.run_id', '=', anyOf(attempts)),
          ),
        ]),
      )
      .limit(1),
  );
}
