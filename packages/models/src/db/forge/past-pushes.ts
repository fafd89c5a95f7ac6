// What was pushed before, judged by guardrails once more.
import type { z } from 'zod';
import type { TriedGuardrails, TryGuardrails } from '../../contracts/guardrails.ts';
import { changeOf } from '../../flow/guardrails/past.ts';
import { judge, judgementSentence, type From } from '../../flow/guardrails/judge.ts';
import { NO_GUARDRAILS, type Guardrails } from '../../flow/guardrails/rules.ts';
import { payloadField } from '../payload.ts';
import type { Queryable } from '../pool.ts';
import { getSettings, resolveProjectSettings } from '../projects/settings.ts';
import { row, rows, tables } from '../rows.ts';

type Asked = z.infer<typeof TryGuardrails>;

/** The newest pushes that reached the forge, by what was noted of each. */
const pastPushes = (database: Queryable, ownerId: string, { project, last }: Asked) =>
  rows(
    database,
    tables
      .selectFrom('events as e')
      .innerJoin('tasks as t', 't.id', 'e.task_id')
      .innerJoin('projects as p', 'p.id', 't.project_id')
      .select([
        't.id as taskId',
        't.title',
        'e.at',
        'p.settings',
        payloadField('branch.pushed', 'pushId', 'e.payload').as('pushId'),
        payloadField('branch.pushed', 'sha', 'e.payload').as('sha'),
        payloadField('branch.pushed', 'files', 'e.payload').as('files'),
        payloadField('branch.pushed', 'additions', 'e.payload').as('additions'),
        payloadField('branch.pushed', 'deletions', 'e.payload').as('deletions'),
      ])
      .where('e.owner_id', '=', ownerId)
      .where('e.type', '=', 'branch.pushed')
      .$if(project !== undefined, (query) => query.where('t.project_id', '=', project!))
      .orderBy('e.seq', 'desc')
      .limit(last),
  );

/** @returns '' where it was not kept */
const diffOf = async (database: Queryable, pushId: string): Promise<string> =>
  (await row(database, tables.selectFrom('pushes').select('diff').where('id', '=', pushId)))?.diff ?? '';

/**
 * Judges what was pushed before: by the function that judges a push now.
 * @param asked whose pushes, how many, and by which rules
 */
export async function tryGuardrails(
  database: Queryable,
  ownerId: string,
  asked: Asked,
): Promise<TriedGuardrails> {
  const all = await getSettings(database, ownerId);
  const rulesFor = (settings: unknown): Record<From, Guardrails> => {
    if (asked.rules === undefined) return { project: resolveProjectSettings(settings), all };
    const only = { ...NO_GUARDRAILS, ...asked.rules };
    return asked.project === undefined
      ? { project: NO_GUARDRAILS, all: only }
      : { project: only, all: NO_GUARDRAILS };
  };
  const stopped: TriedGuardrails['stopped'] = [];
  const pushes = await pastPushes(database, ownerId, asked);
  let partly = 0;
  // One at a time: a diff may be long.
  for (const { taskId, title, sha, at, pushId, settings, ...noted } of pushes) {
    const { change, isWhole } = changeOf({
      files: Number(noted.files),
      additions: Number(noted.additions),
      deletions: Number(noted.deletions),
      diff: await diffOf(database, pushId),
    });
    if (!isWhole) partly++;
    const judgement = judge(change, rulesFor(settings));
    if (judgement.verdict !== 'pass')
      stopped.push({
        taskId,
        title,
        sha,
        at,
        verdict: judgement.verdict,
        sentence: judgementSentence(judgement),
      });
  }
  return { pushes: pushes.length, stopped, partly };
}
