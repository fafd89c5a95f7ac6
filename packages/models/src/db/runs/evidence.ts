// What the runner recorded about a commit: which command it ran there and how that ended.
import type { Baseline, Evidence } from '../../contracts/runner.ts';
import type { Payloads } from '../../events/registry.ts';
import { sql } from 'kysely';
import { payloadField } from '../payload.ts';
import type { Queryable } from '../pool.ts';
import { row, tables } from '../rows.ts';
import { isRed } from '../../flow/ci/baseline.ts';
import type { RedCheck } from '../../flow/ci/report.ts';

const field = (name: keyof Payloads['evidence.recorded']) => payloadField('evidence.recorded', name);

/**
 * @returns the newest run of the verify command, or of another check, on exactly this commit with nothing
 * changed beside it; null when none is known
 */
export async function findEvidence(
  database: Queryable,
  taskId: string,
  sha: string,
  what: Evidence['what'],
): Promise<Evidence | null> {
  const found = await row(
    database,
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

const ALL = ['verify', 'tests', 'lint', 'diagnostics'] as const;

/** @returns how each check ended that ran on exactly this commit, the newest of each */
export async function listEvidence(database: Queryable, taskId: string, sha: string): Promise<Evidence[]> {
  const found = await Promise.all(ALL.map((what) => findEvidence(database, taskId, sha, what)));
  return found.filter((evidence) => evidence !== null);
}

const NAMED = ['lint', 'diagnostics', 'tests'] as const;
const MAX_TAIL_CHARS = 4_000;

/**
 * @returns the checks which the repository itself names, and which are red on exactly this commit. One that could not run, or ran out of time,
 *   is not red; one that was red in the same way before the change is not the change's
 */
export async function listRedChecks(database: Queryable, taskId: string, sha: string): Promise<RedCheck[]> {
  const found = await Promise.all(
    NAMED.map(async (what) => ({ what, e: await findEvidence(database, taskId, sha, what) })),
  );
  return found.flatMap(({ what, e }) =>
    e === null || !isRed(e) || e.redBefore === true
      ? []
      : [{ what, command: e.command, tail: e.tail.slice(-MAX_TAIL_CHARS) }],
  );
}

const baseField = (name: keyof Payloads['baseline.recorded']) => payloadField('baseline.recorded', name);

/** @returns how a check ended on a commit, whichever task of the project ran it there; null when none did */
export async function findBaseline(
  database: Queryable,
  projectId: string,
  asked: Pick<Baseline, 'what' | 'command' | 'sha'>,
): Promise<Baseline | null> {
  const found = await row(
    database,
    tables
      .selectFrom('events')
      .select('payload')
      .where('task_id', 'in', (eb) =>
        eb.selectFrom('tasks as t').select('t.id').where('t.project_id', '=', projectId),
      )
      .where('type', '=', 'baseline.recorded')
      .where(baseField('sha'), '=', asked.sha)
      .where(baseField('what'), '=', asked.what)
      .where(baseField('command'), '=', asked.command)
      .orderBy('seq', 'desc')
      .limit(1),
  );
  return (found?.payload as Baseline | undefined) ?? null;
}
