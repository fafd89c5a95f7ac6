// The campfire: at the hour that the user chose, what waits for them of what was learned becomes one inbox item.
import { sql } from 'kysely';
import { zoneOf } from '../../contracts/settings.ts';
import { inboxClosed, inboxOpened } from '../../events/inbox.ts';
import { campfireDay, campfireItemId, campfireWords, CAMPFIRE_RULES } from '../../flow/learnings/campfire.ts';
import { isIgnored } from '../../flow/learnings/citations.ts';
import { oppositesIn } from '../../flow/learnings/opposites.ts';
import { append, lockLog } from '../log.ts';
import { claimLock } from '../locks.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { getSettings } from '../projects/settings.ts';
import { row, rows, run, tables } from '../rows.ts';
import { listLearnings } from './learnings.ts';

const KEY = 'campfire';
const DAY_MS = 24 * 3_600_000;

/**
 * Lights the campfire whose hour has come. One that nobody answered makes room for the next.
 * @returns `none`: its day has come and there was nothing to ask about
 */
export async function lightCampfire(
  db: Db,
  ownerId: string,
  nowMs: number,
): Promise<'lit' | 'none' | 'not_due'> {
  if ((await dueDay(db, ownerId, nowMs)) === null) return 'not_due';
  return withTx(db, async (tx) => {
    if (!(await claimLock(tx, 'campfire'))) return 'not_due';
    await lockLog(tx);
    const day = await dueDay(tx, ownerId, nowMs);
    if (day === null) return 'not_due';
    await saveLastDay(tx, ownerId, day);
    return (await openItem(tx, ownerId, day, nowMs)) ? 'lit' : 'none';
  });
}

/** @returns whether the hour of the campfire has come, and it was not lit */
export const isCampfireDue = async (database: Queryable, ownerId: string, nowMs: number): Promise<boolean> =>
  (await dueDay(database, ownerId, nowMs)) !== null;

async function dueDay(database: Queryable, ownerId: string, nowMs: number): Promise<string | null> {
  const settings = await getSettings(database, ownerId);
  const { campfireAt: at } = settings;
  if (at === null) return null;
  return campfireDay({ at, zone: zoneOf(settings), nowMs, last: await findLastDay(database, ownerId) });
}

async function openItem(tx: Tx, ownerId: string, day: string, nowMs: number): Promise<boolean> {
  const all = await listLearnings(tx, ownerId);
  const waiting = all
    .filter((l) => l.state === 'proposed' && (l.quietUntil === null || l.quietUntil.getTime() <= nowMs))
    .toSorted((a, b) => b.times - a.times || b.updatedAt.getTime() - a.updatedAt.getTime());
  const rules = waiting.slice(0, CAMPFIRE_RULES);
  if (rules.length === 0) return false;
  const opposed = new Set(oppositesIn(all).map(({ against }) => against.id));
  const words = campfireWords({
    day,
    ...(await workOf(tx, ownerId, new Date(nowMs - DAY_MS))),
    rules,
    more: waiting.length - rules.length,
    against: rules.filter(({ id }) => opposed.has(id)).length,
    ignored: all.filter((l) => l.state === 'approved' && isIgnored(l)).length,
  });
  const id = campfireItemId(day);
  const unanswered = await rows(
    tx,
    tables
      .selectFrom('inbox_items')
      .select('id')
      .where('owner_id', '=', ownerId)
      .where('kind', '=', 'campfire')
      .where('state', '=', 'open'),
  );
  const learnings = rules.map((rule) => rule.id);
  await append(
    tx,
    [
      ...unanswered.map((old) =>
        inboxClosed.new({ actor: 'mainloop', payload: { id: old.id, why: 'The next campfire asks again.' } }),
      ),
      inboxOpened.new({
        actor: 'mainloop',
        payload: { id, kind: 'campfire', ...words, options: [], about: day, learnings },
      }),
    ],
    ownerId,
  );
  return true;
}

/** What happened to tasks since then. */
async function workOf(tx: Tx, ownerId: string, since: Date) {
  const moved = await rows(
    tx,
    tables
      .selectFrom('tasks')
      .select(['id', 'title', 'state', 'ended_at as endedAt'])
      .where('owner_id', '=', ownerId)
      .where('updated_at', '>=', since)
      .orderBy('updated_at')
      .limit(500),
  );
  const merged = moved.filter((t) => t.state === 'done' && t.endedAt !== null && t.endedAt >= since);
  return { worked: moved.length, merged: merged.map(({ id, title }) => ({ id, title })) };
}

async function findLastDay(database: Queryable, ownerId: string): Promise<string | null> {
  const kept = await row(
    database,
    tables.selectFrom('settings').select('value').where('owner_id', '=', ownerId).where('key', '=', KEY),
  );
  const day = (kept?.value as { day?: unknown } | undefined)?.day;
  return typeof day === 'string' ? day : null;
}

const saveLastDay = async (tx: Tx, ownerId: string, day: string): Promise<void> =>
  void (await run(
    tx,
    tables
      .insertInto('settings')
      .values({ owner_id: ownerId, key: KEY, value: sql<string>`${JSON.stringify({ day })}::jsonb` })
      .onConflict((conflict) =>
        conflict.columns(['owner_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      ),
  ));
