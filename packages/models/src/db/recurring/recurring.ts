// Plans of skills, and what becomes of a time that has come: it goes the way that all skills go.
import { zoneOf } from '../../contracts/settings.ts';
import type { Recurring, SaveRecurring } from '../../contracts/recurring.ts';
import {
  recurringCame,
  recurringPaused,
  recurringRemoved,
  recurringSaved,
  recurringSeen,
} from '../../events/recurring.ts';
import { inboxClosed, inboxOpened } from '../../events/inbox.ts';
import { alarmOf, dueOf, nextTimes, type RecurringOutcome } from '../../flow/conversation/recurring.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { fillSkill } from '../../flow/conversation/skills.ts';
import { confirmIn } from '../conversation/proposals.ts';
import { callSkill, findSkill } from '../conversation/skills.ts';
import { append, freshId, lockLog } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { findProject } from '../projects/projects.ts';
import { getSettings } from '../projects/settings.ts';
import { row, rows, tables } from '../rows.ts';
import { readPlan } from './cron.ts';
import { nextOf } from './next.ts';

/** So many of its times are told. */
const TOLD = 5;

const plans = tables
  .selectFrom('recurring as r')
  .leftJoin('projects as p', 'p.id', 'r.project_id')
  .select(['r.id', 'r.owner_id as ownerId', 'r.skill', 'r.given', 'r.project_id as projectId'])
  .select(['p.name as project', 'r.cron', 'r.zone', 'r.start_cents as startCents', 'r.paused'])
  .select(['r.alarm', 'r.since']);

/**
 * What became of the newest times of these plans, newest first. A plan by the minute has half a million a
 * year, so no others are read.
 * @param of.each how many of each plan @param of.called whether only those count that came to a proposal
 */
async function cameOf(
  database: Queryable,
  ids: readonly string[],
  now: Date,
  of: { readonly each: number; readonly called: boolean },
) {
  const all = await rows(
    database,
    tables
      .selectFrom('recurring as r')
      .innerJoinLateral(
        (eb) =>
          eb
            .selectFrom('recurring_times')
            .select(['recurring_id', 'due_at', 'came_at', 'outcome', 'sentence', 'proposal_id'])
            .whereRef('recurring_id', '=', 'r.id')
            .$if(of.called, (times) => times.where('proposal_id', 'is not', null))
            .orderBy('due_at', 'desc')
            .limit(of.each)
            .as('c'),
        (join) => join.onTrue(),
      )
      .leftJoin('proposals as p', 'p.id', 'c.proposal_id')
      .leftJoin('tasks as t', 't.id', 'p.task_id')
      .select(['c.recurring_id as recurringId', 'c.due_at as dueAt', 'c.came_at as cameAt', 'c.outcome'])
      .select(['c.sentence', 'p.state as proposal', 'p.task_id as taskId', 'p.expires_at as expiresAt'])
      .select(['t.created_at as startedAt', 't.ended_at as finishedAt'])
      .where('r.id', 'in', [...ids])
      .orderBy('c.due_at', 'desc'),
  );
  // That the time of one is over is written down only when somebody taps it.
  return all.map(({ expiresAt, proposal, ...one }) => ({
    ...one,
    proposal: proposal === 'open' && expiresAt !== null && expiresAt <= now ? ('expired' as const) : proposal,
  }));
}

/** @returns the plans of an owner with their next and their last times, by the name of the skill */
export async function listRecurring(database: Queryable, ownerId: string, now: Date): Promise<Recurring[]> {
  const all = await rows(
    database,
    plans.where('r.owner_id', '=', ownerId).orderBy('r.skill').orderBy('r.id'),
  );
  if (all.length === 0) return [];
  const came = Map.groupBy(
    await cameOf(
      database,
      all.map(({ id }) => id),
      now,
      { each: TOLD, called: false },
    ),
    (one) => one.recurringId,
  );
  return all.map(({ ownerId: _, since: __, ...plan }) => ({
    ...plan,
    next: plan.paused ? [] : nextOf(plan.cron, plan.zone, now.getTime()),
    came: (came.get(plan.id) ?? []).map(({ recurringId: ___, ...one }) => one),
  }));
}

/** A plan as its clock needs it. */
export interface ClockedPlan {
  readonly id: string;
  readonly ownerId: string;
  readonly cron: string;
  readonly zone: string;
  readonly since: Date;
}

/** @returns all that are not paused, of everybody */
export const listClocked = (database: Queryable): Promise<ClockedPlan[]> =>
  rows(
    database,
    tables
      .selectFrom('recurring')
      .select(['id', 'owner_id as ownerId', 'cron', 'zone', 'since'])
      .where('paused', '=', false)
      .orderBy('id'),
  );

const findPlan = (tx: Queryable, ownerId: string, id: string) =>
  row(tx, plans.where('r.owner_id', '=', ownerId).where('r.id', '=', id));

/**
 * Keeps a plan. What it would call has to work now: a skill that wants something that is not given is refused here.
 * @returns its id and its next times, or why it was refused
 */
export const saveRecurring = (
  db: Db,
  ownerId: string,
  asked: SaveRecurring,
  now = new Date(),
): Promise<
  | { readonly ok: true; readonly id: string; readonly next: Date[] }
  | Refusal<'no_skill' | 'skill_wrong' | 'skill_nowhere' | 'no_project' | 'no_recurring' | 'plan_wrong'>
> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    const zone = asked.zone ?? zoneOf(await getSettings(tx, ownerId));
    const plan = readPlan(asked.cron, zone, now.getTime());
    if (!plan.ok) return refusal('plan_wrong', plan.sentence);
    const skill = await findSkill(tx, ownerId, asked.skill);
    if (!skill) return refusal('no_skill', asked.skill);
    const filled = fillSkill(skill, asked.given);
    if (!filled.ok) return refusal('skill_wrong', filled.sentence);
    const projectId = asked.projectId ?? skill.projectId;
    if (projectId === null) return refusal('skill_nowhere', asked.skill);
    if (!(await findProject(tx, ownerId, projectId))) return refusal('no_project');
    if (asked.id !== null && !(await findPlan(tx, ownerId, asked.id))) return refusal('no_recurring');
    const id = asked.id ?? `rc-${freshId()}`;
    const payload = { ...asked, id, cron: asked.cron.trim(), zone };
    await append(tx, [recurringSaved.new({ actor: 'you', payload })], ownerId);
    return { ok: true, id, next: nextTimes(plan.next, now.getTime(), TOLD).map((at) => new Date(at)) };
  });

/** @param closes why what its alarm waits for is over; left out where it goes on waiting */
const change = (
  db: Db,
  ownerId: string,
  id: string,
  event: (id: string) => Parameters<typeof append>[1][number],
  closes?: string,
): Promise<{ readonly ok: true } | Refusal<'no_recurring'>> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    if (!(await findPlan(tx, ownerId, id))) return refusal('no_recurring');
    await append(tx, [event(id)], ownerId);
    if (closes !== undefined) await closeAlarms(tx, ownerId, id, closes);
    return { ok: true };
  });

/**
 * Pauses a plan, or lets it go on from now: what was due meanwhile is not made up.
 * @returns `ok`, or `no_recurring`
 */
export const pauseRecurring = (db: Db, ownerId: string, id: string, paused: boolean) =>
  change(db, ownerId, id, () => recurringPaused.new({ actor: 'you', payload: { id, paused } }));
/** Removes a plan, and closes what it asks. @returns `ok`, or `no_recurring` */
export const removeRecurring = (db: Db, ownerId: string, id: string) =>
  change(
    db,
    ownerId,
    id,
    () => recurringRemoved.new({ actor: 'you', payload: { id } }),
    'The plan was removed.',
  );
/** The person has read the alarm. @returns `ok`, or `no_recurring` */
export const seeRecurring = (db: Db, ownerId: string, id: string) =>
  change(db, ownerId, id, () => recurringSeen.new({ actor: 'you', payload: { id } }), 'You have read it.');

/**
 * Does what is due of a plan, once: whoever asks, and however often. The newest time stands for all that were
 * missed.
 * @returns what became of it; null when nothing is due
 */
export const comeDue = (
  db: Db,
  ownerId: string,
  id: string,
  now = new Date(),
): Promise<RecurringOutcome | null> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    const plan = await findPlan(tx, ownerId, id);
    if (!plan || plan.paused) return null;
    // A plan was read when it was kept; what never comes any more is due never.
    const read = readPlan(plan.cron, plan.zone, plan.since.getTime());
    const due = read.ok ? dueOf(read.next, plan.since.getTime(), now.getTime()) : null;
    if (due === null) return null;
    const dueIso = new Date(due.dueMs).toISOString();
    const became = (await isOpen(tx, id, now))
      ? { outcome: 'skipped' as const, proposalId: null, sentence: '' }
      : await call(tx, plan, `recurring/${id}/${dueIso}`);
    const alarm = alarmOf({
      skill: plan.skill,
      due,
      atMs: now.getTime(),
      zone: plan.zone,
      refused: became.sentence,
    });
    const payload = { id, due: dueIso, ...became, missed: due.missed, alarm };
    await append(tx, [recurringCame.new({ actor: 'mainloop', payload })], ownerId);
    if (alarm !== '') await tellAlarm(tx, plan, { dueIso, alarm });
    return became.outcome;
  });

/** In the inbox, so that it reaches the person wherever they are. The newest stands for those before it. */
async function tellAlarm(
  tx: Tx,
  { id, ownerId, skill }: { readonly id: string; readonly ownerId: string; readonly skill: string },
  { dueIso, alarm }: { readonly dueIso: string; readonly alarm: string },
): Promise<void> {
  await closeAlarms(tx, ownerId, id, 'A newer one stands for it.');
  const item = {
    // Pages and notifications put it into an address as it is.
    id: `${id}-${dueIso.replaceAll(/\W/g, '-')}`,
    kind: 'recurring' as const,
    title: `/${skill} did not come as planned.`,
  };
  const opened = inboxOpened.new({
    actor: 'mainloop',
    payload: { ...item, body: alarm, options: [], about: id },
  });
  await append(tx, [opened], ownerId);
}

async function closeAlarms(tx: Tx, ownerId: string, planId: string, why: string): Promise<void> {
  const open = await rows(
    tx,
    tables
      .selectFrom('inbox_items')
      .select('id')
      .where('owner_id', '=', ownerId)
      .where('kind', '=', 'recurring')
      .where('about', '=', planId)
      .where('state', '=', 'open'),
  );
  const closed = open.map(({ id }) => inboxClosed.new({ actor: 'mainloop', payload: { id, why } }));
  await append(tx, closed, ownerId);
}

/** Whether what it last came to still waits for Start, or is worked on. */
async function isOpen(tx: Tx, id: string, now: Date): Promise<boolean> {
  const [last] = await cameOf(tx, [id], now, { each: 1, called: true });
  if (last === undefined) return false;
  return last.proposal === 'open' || (last.startedAt !== null && last.finishedAt === null);
}

async function call(
  tx: Tx,
  plan: NonNullable<Awaited<ReturnType<typeof findPlan>>>,
  key: string,
): Promise<{ outcome: RecurringOutcome; proposalId: string | null; sentence: string }> {
  const { ownerId, skill, given, projectId, startCents } = plan;
  const called = await callSkill(tx, { ownerId, name: skill, given, projectId, key, turnId: null });
  if (!called.ok) return { outcome: 'refused', proposalId: null, sentence: called.sentence };
  const { proposalId } = called;
  if (startCents === null) return { outcome: 'proposed', proposalId, sentence: '' };
  const made = await row(
    tx,
    tables.selectFrom('proposals').select(['digest', 'budget_cents']).where('id', '=', proposalId),
  );
  const budgetCents = Math.min(startCents, made?.budget_cents ?? startCents);
  const asked = { digest: made?.digest ?? '', edits: { budgetCents } };
  const started = await confirmIn(tx, ownerId, proposalId, asked, 'mainloop');
  return started.ok
    ? { outcome: 'started', proposalId, sentence: '' }
    : { outcome: 'refused', proposalId, sentence: started.sentence };
}
