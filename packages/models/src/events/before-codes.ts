// Events from before there were codes: what was decided by their sentences and ids is read from them once,
// here. New ones say it. The migration `codes` says the same of rows that were there.
import { z } from 'zod';
import type { ErrorCode } from '../flow/runs/outcomes.ts';
import type { Ending } from '../flow/states.ts';
import type { Status } from '../flow/status.ts';

const Said = z.looseObject({ statusLine: z.string() });

/**
 * Version 1 of `task.state`: that it waits for its account was known by how its words begin.
 * @param payload of version 1
 * @returns version 2
 */
export function withWaitingFor(payload: unknown): unknown {
  const old = Said.parse(payload);
  return old.statusLine.startsWith("The account's usage limit is reached.")
    ? { ...old, waitingFor: 'account_limit' }
    : old;
}

/** @param line what a task said of itself, in words */
export const statusIn = (line: string): Status =>
  line === '' ? { is: 'plain' } : { is: 'words', words: line };

/**
 * Version 2 of `task.state`: what it said of itself was a sentence.
 * @param payload of version 2
 * @returns version 3, with a code
 */
export function withStatus(payload: unknown): unknown {
  const { statusLine, ...old } = Said.parse(payload);
  return { ...old, status: statusIn(statusLine) };
}

const ENDED: readonly (readonly [Ending, string])[] = [
  ['merged', 'Merged.'],
  ['closed', 'The pull request was closed without a merge.'],
  ['kept', 'The pull request was closed without a merge; its branch is kept.'],
  ['cancelled', 'Cancelled by you.'],
  ['cancelled_in_temporal', 'Cancelled in Temporal.'],
];

/** @param line how a task ended, and what is left of it, as one text */
export function endingIn(line: string): { readonly how: Ending | null; readonly left: string } {
  const [how, words] = ENDED.find(([, w]) => line.startsWith(w)) ?? [null, ''];
  return { how, left: line.slice(words.length).trimStart() };
}

/**
 * Version 1 of `task.ended`: how it ended and what is left were one text.
 * @param payload of version 1
 * @returns version 2
 */
export function withEnding(payload: unknown): unknown {
  const { statusLine, ...old } = Said.parse(payload);
  return { ...old, ...endingIn(statusLine) };
}

/**
 * Version 2 of `inbox.opened`: the diff of a held change stood in its body, behind a fence that nothing in
 * it closes, and whether it could be
 * allowed was an option's name.
 * @param payload of version 2
 * @returns version 3, with the field `held`
 */
export function withHeld(payload: unknown): unknown {
  const old = OldItem.parse(payload);
  const fenced = old.kind === 'ci_files' ? /\n\n(`{3,})diff\n/.exec(old.body) : null;
  if (fenced === null) return old;
  const from = fenced.index + fenced[0].length;
  const diff = old.body.slice(from, Math.max(from, old.body.length - fenced[1]!.length - 1));
  return {
    ...old,
    body: old.body.slice(0, fenced.index),
    held: { diff, mayAllow: old.options.some((o) => o.label === 'Allow') },
  };
}

const OldItem = z.looseObject({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  body: z.string(),
  options: z.array(z.looseObject({ label: z.string() })),
});

const CODES: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['stopped', 'paused'],
  ['silent', 'silent'],
  ['killed', 'lost'],
  ['lost', 'lost'],
  ['rate_limit', 'model_failing'],
  ['overloaded', 'model_failing'],
  ['server_error', 'model_failing'],
  ['network', 'model_failing'],
  ['turns', 'turns'],
  ['budget', 'budget'],
  ['day', 'day'],
  ['project_day', 'project_day'],
  ['time', 'time'],
  ['disk', 'disk'],
]);
const OLD_GATES = [
  'The checks are green, but the change removes or skips tests.',
  'This repository has no CI, so nothing has checked the change.',
];

/**
 * Version 1 of `inbox.opened`: the asking run stood in the id, why it stopped in the body or in the title,
 * and a title that was cut ended in "…".
 * @param payload of version 1
 * @returns version 2
 */
export function withItemCodes(payload: unknown): unknown {
  const old = OldItem.parse(payload);
  const { id, kind, title, body } = old;
  if (kind === 'question') {
    const [, runId, no] = /^(.*)-q(\d+)$/s.exec(id) ?? [];
    return runId === undefined ? old : { ...old, runId, questionNo: Number(no) };
  }
  if (kind === 'permission') {
    const runId = /^(.*)-p[0-9a-f]{10}$/s.exec(id)?.[1];
    return runId === undefined ? old : { ...old, runId, titleIsWhole: !title.endsWith('…') };
  }
  if (kind !== 'failure') return old;
  const errorCode =
    CODES.get(body) ?? (OLD_GATES.some((words) => title.startsWith(words)) ? 'gate' : undefined);
  return errorCode === undefined ? old : { ...old, errorCode };
}
