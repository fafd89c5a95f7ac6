// What a run did already, counted in the log under its lock: requests side by side can't all pass the same limit.
import type { EventType, Payloads } from '../../events/registry.ts';
import { mayTalk, type Talk, type TalkVerdict } from '../../flow/limits.ts';
import { lockLog } from '../log.ts';
import { payloadText } from '../payload.ts';
import { one, type Tx } from '../pool.ts';
import { attemptsOf, questionsOf } from './runs.ts';

/** The event that each of them leaves, and what else tells it from others of that type. */
const LEAVES: Record<Talk, { type: EventType; kind: Payloads['inbox.opened']['kind'] | null }> = {
  says: { type: 'agent.said', kind: null },
  questions: { type: 'inbox.opened', kind: 'question' },
  permissions: { type: 'inbox.opened', kind: 'permission' },
  replies: { type: 'review.replied', kind: null },
  heldPushes: { type: 'push.held', kind: null },
  refusedPushes: { type: 'push.refused', kind: null },
};

const KIND = payloadText('inbox.opened', 'kind');

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
  const n = (await one<{ aRun: number; aMinute: number; events: number; open: number }>(
    tx,
    `select count(*) filter (where type = $2 and ($3::text is null or ${KIND} = $3) and at >= $4)::int as "aRun",
            count(*) filter (where type = $2 and ($3::text is null or ${KIND} = $3) and at > now() - interval '1 minute')::int as "aMinute",
            count(*) filter (where at > now() - interval '1 minute')::int as events,
            (select count(*)::int from inbox_items i where i.task_id = $1 and i.state = 'open' and i.created_at >= $4) as open
       from events where task_id = $1 and actor in ('agent', 'gateway') and at >= least($4, now() - interval '1 minute')`,
    [run.task_id, type, kind, run.started_at ?? new Date(0)],
  ))!;
  const verdict = mayTalk(talk, n);
  return verdict.ok ? { ok: true, n: n.aRun } : verdict;
}

/**
 * Whether an agent that was lost and does its work anew has told this already, in the attempts before: then nobody needs to hear it twice.
 * Under the log's lock, so that two of the same at once are one.
 * @param payload what an event of the agent has to say for it to be the same
 * @param again it is said once more because the answer to it was lost, so this attempt may have told it too
 */
export async function hasTold<T extends 'agent.said' | 'review.replied' | 'inbox.opened'>(
  tx: Tx,
  run: { readonly id: string; readonly task_id: string; readonly epoch: number },
  type: T,
  payload: Partial<Payloads[T]>,
  again: boolean,
): Promise<boolean> {
  const attempts = await attemptsOf(tx, run.id);
  if (!again && run.epoch === 1 && attempts.length === 1) return false;
  const told = await one(
    tx,
    `select 1 from events where task_id = $1 and type = $2 and actor = 'agent' and payload @> $3
        and (${payloadText('agent.said', 'runId')} = any($4) or ${payloadText('inbox.opened', 'id')} like any($5)) limit 1`,
    [run.task_id, type, JSON.stringify(payload), attempts, attempts.map(questionsOf)],
  );
  return told !== null;
}
