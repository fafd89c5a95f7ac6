// What the runner recorded about a commit: which command it ran there and how that ended.
import type { Evidence } from '../../contracts/runner.ts';
import type { Payloads } from '../../events/registry.ts';
import { sql } from 'kysely';
import { payloadField } from '../payload.ts';
import type { Queryable } from '../pool.ts';
import { row, tables } from '../rows.ts';

const field = (name: keyof Payloads['evidence.recorded']) => payloadField('evidence.recorded', name);

/** @returns the newest run of the verify command, or of another check, on exactly this commit with nothing changed beside it; null when none is known */
export async function findEvidence(q: Queryable, taskId: string, sha: string, what: Evidence['what']): Promise<Evidence | null> {
  const found = await row(
    q,
    tables
      .selectFrom('events')
      .select('payload')
      .where('task_id', '=', taskId)
      .where('type', '=', 'evidence.recorded')
      .where(field('what'), '=', what)
      .where(field('sha'), '=', sha)
      .where(sql<boolean>`(${field('clean')})::boolean`)
      .orderBy('seq', 'desc')
      .limit(1),
  );
  return (found?.payload as Evidence | undefined) ?? null;
}
