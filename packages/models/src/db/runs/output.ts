// What a run prints, in pieces by their offset in bytes.
import { mayPrint, OUTPUT_LIMITS } from '../../flow/runs/limits.ts';
import type { DB } from '../generated/tables.ts';
import { OUTPUT_CHANNEL } from '../listen.ts';
import { withTx, type Db, type Queryable } from '../pool.ts';
import { notify, now, row, rows, run as runStatement, tables } from '../rows.ts';
import { sql } from 'kysely';

/**
 * Appends output at `offset`. A repeat of what is known is dropped, a gap is refused.
 * @returns the offset the next chunk must have; null: it comes too fast, and should come again
 */
export async function appendOutput(
  db: Db,
  runId: string,
  offset: number,
  chunk: Buffer,
): Promise<number | null> {
  return withTx(db, async (tx) => {
    const run = await row(
      tx,
      tables
        .selectFrom('runs')
        .select((eb) =>
          sql<number>`extract(epoch from now() - ${eb.fn.coalesce('started_at', now)})::float8`.as('age'),
        )
        .where('id', '=', runId)
        .forUpdate(),
    );
    const end = await outputEnd(tx, runId);
    // Whoever has printed all it may goes on printing, and nothing is kept of it.
    if (end >= OUTPUT_LIMITS.aRun) return Math.max(end, offset + chunk.length);
    if (offset > end) return end;
    const all = chunk.subarray(end - offset);
    if (all.length === 0) return end;
    const verdict = mayPrint(end, all.length, run?.age ?? 0);
    if (verdict.kind === 'wait') return null;
    const fresh = all.subarray(0, verdict.bytes);
    await runStatement(
      tx,
      tables.insertInto('run_output').values({ run_id: runId, offset: end, chunk: fresh }),
    );
    await runStatement(tx, tables.updateTable('runs').set({ output_at: now }).where('id', '=', runId));
    await notify(tx, OUTPUT_CHANNEL, JSON.stringify({ runId, end: end + fresh.length }));
    return end + fresh.length;
  });
}

const endOf = sql<number>`${sql.ref('offset' satisfies keyof DB['run_output'])} + length(${sql.ref('chunk' satisfies keyof DB['run_output'])})`;

/** @returns how many bytes of its output have arrived */
export const outputEnd = async (database: Queryable, runId: string): Promise<number> =>
  (
    await row(
      database,
      tables
        .selectFrom('run_output')
        .select((eb) => eb.fn.max<number | null>(endOf).as('end'))
        .where('run_id', '=', runId),
    )
  )?.end ?? 0;

/**
 * Reads a run's output from an offset.
 * @param from in bytes
 * @param maxBytes a piece more may come, as pieces are never cut
 * @returns `from` is where the data begins
 */
export async function readOutput(
  database: Queryable,
  runId: string,
  from: number,
  maxBytes = 512 * 1024,
): Promise<{ from: number; data: Buffer }> {
  const chunks = await rows(
    database,
    tables
      .selectFrom('run_output')
      .select(['offset', 'chunk'])
      .where('run_id', '=', runId)
      .where(endOf, '>', from)
      .orderBy('offset')
      .limit(400),
  );
  const parts: Buffer[] = [];
  let size = 0;
  for (const chunk of chunks) {
    const part = chunk.offset < from ? chunk.chunk.subarray(from - chunk.offset) : chunk.chunk;
    parts.push(part);
    size += part.length;
    if (size >= maxBytes) break;
  }
  return { from, data: Buffer.concat(parts) };
}
