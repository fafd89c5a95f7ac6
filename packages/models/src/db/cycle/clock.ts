// Where the cycle of an owner stands. One row, and all that a cycle leaves that had nothing to tell.
import { z } from 'zod';
import { NEWS_TYPES, NO_CYCLE, TOLD_TYPES, type CycleClock, type Woken } from '../../flow/cycle/cycle.ts';
import type { Queryable, Tx } from '../pool.ts';
import { anyOf, row, rows, run, tables } from '../rows.ts';

const KEY = 'cycle';
const Clock = z.object({
  lastId: z.string().nullable(),
  endedMs: z.number(),
  seq: z.number(),
  quiet: z.number(),
});

/** @returns that of before the first cycle where nothing was kept that can be read */
export async function getClock(database: Queryable, ownerId: string): Promise<CycleClock> {
  const kept = await row(
    database,
    tables.selectFrom('settings').select('value').where('owner_id', '=', ownerId).where('key', '=', KEY),
  );
  return Clock.safeParse(kept?.value).data ?? NO_CYCLE;
}

export const saveClock = async (tx: Tx, ownerId: string, clock: CycleClock): Promise<void> =>
  void (await run(
    tx,
    tables
      .insertInto('settings')
      .values({ owner_id: ownerId, key: KEY, value: JSON.stringify(clock) })
      .onConflict((conflict) =>
        conflict.columns(['owner_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      ),
  ));

/** What happened in a stretch of the log. */
export interface Gathered extends Woken {
  /** Events that something is told of, by type. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What a cycle itself brings to the inbox is told by it, not by the next. */
const ITS_OWN = ['stuck', 'campfire'];

/** @param after number of an event, which is not part of it @param upTo the last that is */
export async function gatherLog(
  database: Queryable,
  ownerId: string,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<Gathered> {
  const types = [...new Set([...TOLD_TYPES, ...NEWS_TYPES, 'cycle.asked'])];
  const found = await rows(
    database,
    tables
      .selectFrom('events')
      .select((eb) => ['type', eb.fn.countAll<number>().as('count')])
      .where('owner_id', '=', ownerId)
      .where('seq', '>', after)
      .where('seq', '<=', upTo)
      .where('type', '=', anyOf(types))
      .where((eb) =>
        eb.or([
          eb('type', '<>', 'inbox.opened'),
          eb.not(eb(eb.fn('jsonb_extract_path_text', ['payload', eb.val('kind')]), '=', anyOf(ITS_OWN))),
        ]),
      )
      .groupBy('type'),
  );
  const counts = Object.fromEntries(found.map(({ type, count }) => [type, Number(count)]));
  return {
    counts,
    asked: (counts['cycle.asked'] ?? 0) > 0,
    news: NEWS_TYPES.some((type) => (counts[type] ?? 0) > 0),
  };
}

/**
 * What does not wait for the clock.
 * @param after number of an event: only later ones count
 * @returns the number of the newest event of each kind; 0 where there is none
 */
export async function newestWord(
  database: Queryable,
  ownerId: string,
  after: number,
): Promise<{ readonly asked: number; readonly news: number }> {
  const found = await rows(
    database,
    tables
      .selectFrom('events')
      .select((eb) => ['type', eb.fn.max('seq').as('seq')])
      .where('owner_id', '=', ownerId)
      .where('seq', '>', after)
      .where('type', '=', anyOf<string>([...NEWS_TYPES, 'cycle.asked']))
      .groupBy('type'),
  );
  const newest = (of: (type: string) => boolean): number =>
    Math.max(0, ...found.flatMap(({ type, seq }) => (of(type) ? Number(seq) : [])));
  return { asked: newest((type) => type === 'cycle.asked'), news: newest((type) => type !== 'cycle.asked') };
}
