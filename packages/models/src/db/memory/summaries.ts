// Summaries of the conversation, what they are written from, and what a model answered when it was asked for one.
import { createHash } from 'node:crypto';
import { memorySummarised } from '../../events/memory.ts';
import type { Due, Kept, OpenDay } from '../../flow/memory/due.ts';
import {
  addDays,
  dayOf,
  daysIn,
  PART_MESSAGE_CHARS,
  startOfDay,
  uncovered,
  type Level,
} from '../../flow/memory/levels.ts';
import type { Told } from '../../flow/memory/prompt.ts';
import type { ToldBy } from '../../flow/memory/view.ts';
import type { SourceLine } from '../../flow/memory/sentences.ts';
import { speakersOf } from '../../flow/memory/speakers.ts';
import { linesOf } from '../../flow/memory/summary.ts';
import { tokensAtMost } from '../../flow/memory/tokens.ts';
import { sql } from 'kysely';
import { append, decideAndAppend, freshId } from '../log.ts';
import type { Db, Queryable } from '../pool.ts';
import { anyOf, now, nowAnd, row, rows, run, tables } from '../rows.ts';

const current = tables.selectFrom('summaries').where('replaced_at', 'is', null);

/** @returns all that count now, oldest first, without their words */
export async function listKept(database: Queryable, ownerId: string): Promise<Kept[]> {
  const found = await rows(
    database,
    current
      .select(['id', 'level', 'label', 'from_at', 'to_at', 'first_seq', 'last_seq', 'sources'])
      .where('owner_id', '=', ownerId)
      .orderBy('from_at')
      .orderBy('first_seq'),
  );
  return found.map((s) => ({ ...rangeOf(s), id: s.id, level: s.level, label: s.label, sources: s.sources }));
}

const rangeOf = (s: { from_at: Date; to_at: Date; first_seq: number; last_seq: number }) => ({
  fromMs: s.from_at.getTime(),
  toMs: s.to_at.getTime(),
  firstSeq: s.first_seq,
  lastSeq: s.last_seq,
});

/**
 * Those that count now with their words and who wrote them, oldest first.
 * @param which months, weeks, and what is of a day since then; or all of one month, as 2026-11
 */
export async function listToldBy(
  database: Queryable,
  ownerId: string,
  which: { readonly since: Date } | { readonly month: string },
): Promise<ToldBy[]> {
  const found = await rows(
    database,
    current
      .select(['id', 'level', 'label', 'from_at', 'to_at', 'first_seq', 'last_seq', 'text', 'written_by'])
      .where('owner_id', '=', ownerId)
      .where((is) =>
        'month' in which
          ? is(sql<string>`left(${is.ref('label')}, 7)`, '=', which.month)
          : is.or([is('level', 'in', ['week', 'month']), is('from_at', '>=', which.since)]),
      )
      .orderBy('from_at')
      .orderBy('first_seq'),
  );
  return found.map((s) => ({
    ...rangeOf(s),
    id: s.id,
    level: s.level,
    label: s.label,
    text: s.text,
    writtenBy: s.written_by,
  }));
}

/** Older than this, days and their parts are told by weeks and months. */
const DAYS_TOLD = 60;
/** Older than this, a week is told by its month, where there is one. */
const WEEKS_TOLD = 100;

/**
 * What a prompt may tell: all months, the weeks that no month tells, and the days and parts of two months. Oldest
 * first.
 * @param at when something was said last, before what is to be answered; after a long silence that is long ago
 */
export async function listTold(database: Queryable, ownerId: string, at: Date): Promise<Told[]> {
  const monthsOf = (owner: string) =>
    current.select('label').where('owner_id', '=', owner).where('level', '=', 'month');
  const before = (days: number): Date => new Date(at.getTime() - days * 86_400_000);
  const found = await rows(
    database,
    tables
      .selectFrom('summaries')
      .select(['id', 'level', 'label', 'from_at', 'to_at', 'first_seq', 'last_seq', 'text'])
      .where('replaced_at', 'is', null)
      .where('owner_id', '=', ownerId)
      .where((is) =>
        is.or([
          is('level', '=', 'month'),
          is.and([
            is('level', '=', 'week'),
            is.or([
              is('from_at', '>=', before(WEEKS_TOLD)),
              // A month is the weeks whose Monday lies in it.
              is(sql<string>`left(${is.ref('label')}, 7)`, 'not in', monthsOf(ownerId)),
            ]),
          ]),
          is('from_at', '>=', before(DAYS_TOLD)),
        ]),
      )
      .orderBy('from_at')
      .orderBy('first_seq'),
  );
  return found.map((s) => ({ ...rangeOf(s), id: s.id, level: s.level, label: s.label, text: s.text }));
}

/**
 * Days that no summary tells, with the messages of each, oldest first. Today is one of them.
 * @param limit how many at most
 */
export async function listOpenDays(
  database: Queryable,
  ownerId: string,
  there: {
    readonly kept: readonly Kept[];
    readonly nowMs: number;
    readonly zone: string;
    readonly limit: number;
  },
): Promise<OpenDay[]> {
  const { zone, limit } = there;
  const first = await nextSaid(database, ownerId, 0, there.nowMs + 1);
  if (first === null) return [];
  const fromMs = startOfDay(dayOf(first, zone), zone);
  const toMs = startOfDay(addDays(dayOf(there.nowMs, zone), 1), zone);
  const days: OpenDay[] = [];
  for (const hole of uncovered(
    { fromMs, toMs },
    there.kept.filter((k) => k.level === 'day'),
  )) {
    let at = hole.fromMs;
    while (days.length < limit) {
      const said = await nextSaid(database, ownerId, at, hole.toMs);
      if (said === null) break;
      // Its day, or as much of it as lies in the hole.
      const start = Math.max(hole.fromMs, startOfDay(dayOf(said, zone), zone));
      const day = daysIn({ fromMs: start, toMs: hole.toMs }, zone)[0]!;
      days.push({ ...day, marks: await marksOf(database, ownerId, day.fromMs, day.toMs) });
      at = day.toMs;
    }
  }
  return days;
}

async function nextSaid(
  database: Queryable,
  ownerId: string,
  fromMs: number,
  toMs: number,
): Promise<number | null> {
  const found = await row(
    database,
    tables
      .selectFrom('messages')
      .select('at')
      .where('owner_id', '=', ownerId)
      .where('at', '>=', new Date(fromMs))
      .where('at', '<', new Date(toMs))
      .orderBy('at')
      .limit(1),
  );
  return found?.at.getTime() ?? null;
}

const marksOf = (database: Queryable, ownerId: string, fromMs: number, toMs: number) =>
  rows(
    database,
    tables
      .selectFrom('messages')
      .select((eb) => ['seq', sql<number>`length(${eb.ref('text')})`.as('chars')])
      .where('owner_id', '=', ownerId)
      .where('at', '>=', new Date(fromMs))
      .where('at', '<', new Date(toMs))
      .orderBy('seq'),
  );

/** What a summary is written from, and a name for exactly that. */
export interface Source {
  readonly lines: readonly SourceLine[];
  readonly hash: string;
}

/** @returns null when a summary that it should be written from is not there any more, or nothing was said */
export async function findSource(database: Queryable, ownerId: string, due: Due): Promise<Source | null> {
  if (due.sources.length === 0) return messagesOf(database, ownerId, due);
  const found = await rows(
    database,
    current
      .select(['id', 'label', 'text', 'said_by as saidBy'])
      .where('owner_id', '=', ownerId)
      .where('id', '=', anyOf(due.sources))
      .orderBy('from_at')
      .orderBy('first_seq'),
  );
  if (found.length !== due.sources.length) return null;
  const lines = found.flatMap(({ label, text, saidBy }) =>
    linesOf(text).map((line, at): SourceLine => {
      const [, day, rest] = /^(\d{4}-\d\d-\d\d): ([^]+)$/.exec(line) ?? [];
      const named = due.level === 'day' ? null : (day ?? (label.length === 10 ? label : null));
      return { who: saidBy?.[at] ?? 'note', text: rest ?? line, day: named };
    }),
  );
  return { lines, hash: hashOf(found.map((s) => `${s.id} ${s.text}`)) };
}

async function messagesOf(database: Queryable, ownerId: string, due: Due): Promise<Source | null> {
  const found = await rows(
    database,
    tables
      .selectFrom('messages')
      .select(['id', 'role', 'text'])
      .where('owner_id', '=', ownerId)
      .where('at', '>=', new Date(due.fromMs))
      .where('at', '<', new Date(due.toMs))
      .where('seq', '>=', due.firstSeq)
      .where('seq', '<=', due.lastSeq)
      .orderBy('seq'),
  );
  if (found.length === 0) return null;
  return {
    lines: found.map((m) => ({ who: m.role, text: m.text.slice(0, PART_MESSAGE_CHARS), day: null })),
    hash: hashOf(found.map((m) => `${m.id} ${m.text}`)),
  };
}

const hashOf = (pieces: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(pieces)).digest('hex');

/** A question to a model: for this summary, from exactly this, the n-th. */
export interface AnswerKey {
  readonly ownerId: string;
  readonly level: Level;
  readonly label: string;
  readonly hash: string;
  readonly attempt: number;
}

/** @returns the answer that is there, or whether the question is ours to ask now; `busy` while somebody else asks it */
export async function claimAnswer(
  database: Queryable,
  key: AnswerKey,
  leaseMs: number,
): Promise<
  { readonly is: 'answered'; readonly text: string } | { readonly is: 'mine' } | { readonly is: 'busy' }
> {
  const mine = await run(
    database,
    tables
      .insertInto('summary_answers')
      .values({ ...keyColumns(key), lease_until: nowAnd(leaseMs) })
      .onConflict((conflict) =>
        conflict
          .columns(['owner_id', 'level', 'label', 'source_hash', 'attempt'])
          .doUpdateSet({ lease_until: nowAnd(leaseMs) })
          .where('summary_answers.text', 'is', null)
          .where('summary_answers.lease_until', '<', now),
      ),
  );
  if (mine > 0) return { is: 'mine' };
  const there = await row(
    database,
    tables
      .selectFrom('summary_answers')
      .select('text')
      .where('owner_id', '=', key.ownerId)
      .where('level', '=', key.level)
      .where('label', '=', key.label)
      .where('source_hash', '=', key.hash)
      .where('attempt', '=', key.attempt),
  );
  return there?.text == null ? { is: 'busy' } : { is: 'answered', text: there.text };
}

/** Keeps what a model answered. The first answer stays. */
export const saveAnswer = async (database: Queryable, key: AnswerKey, text: string): Promise<void> =>
  void (await run(
    database,
    tables
      .updateTable('summary_answers')
      .set({ text })
      .where('owner_id', '=', key.ownerId)
      .where('level', '=', key.level)
      .where('label', '=', key.label)
      .where('source_hash', '=', key.hash)
      .where('attempt', '=', key.attempt)
      .where('text', 'is', null),
  ));

/** Lets go of a question that nobody answered, so that the next try need not wait. */
export const releaseAnswer = async (database: Queryable, key: AnswerKey): Promise<void> =>
  void (await run(
    database,
    tables
      .deleteFrom('summary_answers')
      .where('owner_id', '=', key.ownerId)
      .where('level', '=', key.level)
      .where('label', '=', key.label)
      .where('source_hash', '=', key.hash)
      .where('attempt', '=', key.attempt)
      .where('text', 'is', null),
  ));

const keyColumns = (key: AnswerKey) => ({
  owner_id: key.ownerId,
  level: key.level,
  label: key.label,
  source_hash: key.hash,
  attempt: key.attempt,
});

/** `there`: it stood already; `stale`: what it was written from has changed meanwhile, so it is due anew. */
export type SavedSummary = 'written' | 'there' | 'stale';

/** Puts a summary in its place, if its source is still what it was written from. Saying it twice writes it once. */
export const saveSummary = (
  db: Db,
  ownerId: string,
  due: Due,
  written: { readonly hash: string; readonly text: string; readonly by: 'model' | 'extract' },
): Promise<SavedSummary> =>
  decideAndAppend(db, async (tx) => {
    const source = await findSource(tx, ownerId, due);
    if (source?.hash !== written.hash) return 'stale';
    const same = await rows(
      tx,
      tables
        .selectFrom('summaries')
        .select(['version', 'replaced_at'])
        .where('owner_id', '=', ownerId)
        .where('level', '=', due.level)
        .where('label', '=', due.label)
        .where('source_hash', '=', written.hash),
    );
    if (same.some((s) => s.replaced_at === null)) return 'there';
    let old = tables
      .updateTable('summaries')
      .set({ replaced_at: now })
      .where('owner_id', '=', ownerId)
      .where('level', '=', due.level)
      .where('label', '=', due.label)
      .where('replaced_at', 'is', null);
    // Of a day there are several parts; and after a change of the time zone there may be two days of one name.
    if (due.level === 'part') old = old.where('first_seq', '=', due.firstSeq);
    if (due.level === 'day') old = old.where('from_at', '=', new Date(due.fromMs));
    await run(tx, old);
    const id = `s-${freshId()}`;
    const tokens = tokensAtMost(written.text);
    await run(
      tx,
      tables.insertInto('summaries').values({
        id,
        owner_id: ownerId,
        level: due.level,
        label: due.label,
        from_at: new Date(due.fromMs),
        to_at: new Date(due.toMs),
        first_seq: due.firstSeq,
        last_seq: due.lastSeq,
        sources: [...due.sources],
        source_hash: written.hash,
        version: 1 + same.length,
        text: written.text,
        written_by: written.by,
        said_by: JSON.stringify(speakersOf(written.text, source.lines)),
        tokens,
      }),
    );
    const payload = { id, level: due.level, label: due.label, by: written.by, tokens };
    await append(tx, [memorySummarised.new({ actor: 'mainloop', payload })], ownerId);
    return 'written';
  });

/** @returns how many messages before a place in the log no summary tells; at most some thousands are counted */
export async function countUntold(database: Queryable, ownerId: string, beforeSeq: number): Promise<number> {
  const told = await row(
    database,
    current
      .select('last_seq as seq')
      .where('owner_id', '=', ownerId)
      .where('level', 'in', ['part', 'day'])
      .orderBy('last_seq', 'desc')
      .limit(1),
  );
  const untold = tables
    .selectFrom('messages')
    .select('seq')
    .where('owner_id', '=', ownerId)
    .where('seq', '>', told?.seq ?? 0)
    .where('seq', '<', beforeSeq)
    .limit(20_000);
  const counted = await row(
    database,
    tables.selectFrom(untold.as('m')).select((eb) => eb.fn.countAll<number>().as('count')),
  );
  return Number(counted?.count ?? 0);
}
