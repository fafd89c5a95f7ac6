// All of the memory, line by line: messages, summaries that count, and pins.
import type { Queryable } from '../pool.ts';
import { rows, tables } from '../rows.ts';
import { listPins } from './pins.ts';

/** Read at once. */
const PAGE = 1_000;

/** One line of the export. */
export type ExportLine = { readonly kind: 'message' | 'summary' | 'pin' } & Readonly<Record<string, unknown>>;

/** @returns messages oldest first, then summaries, then pins; read page by page */
export async function* exportLines(database: Queryable, ownerId: string): AsyncGenerator<ExportLine> {
  let after = 0;
  for (;;) {
    const page = await rows(
      database,
      tables
        .selectFrom('messages')
        .select(['id', 'role', 'text', 'at', 'seq'])
        .where('owner_id', '=', ownerId)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(PAGE),
    );
    for (const { seq: _, ...message } of page) yield { kind: 'message', ...message };
    if (page.length < PAGE) break;
    after = page.at(-1)!.seq;
  }
  const summaries = await rows(
    database,
    tables
      .selectFrom('summaries')
      .select(['id', 'level', 'label', 'from_at as from', 'to_at as to', 'text', 'written_by as writtenBy'])
      .where('owner_id', '=', ownerId)
      .where('replaced_at', 'is', null)
      .orderBy('from_at'),
  );
  for (const summary of summaries) yield { kind: 'summary', ...summary };
  for (const pin of await listPins(database, ownerId)) yield { kind: 'pin', ...pin };
}
