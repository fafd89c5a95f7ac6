// What happened in one telling of a story, read from everybody who saw it: the forge's and the model's own lists, our
// database, Temporal, the phone. In words without ids, hashes and times, so that two tellings can be compared.
import type { ModelCall } from '@mainloop/demo/model/server';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { SIGNALS } from '@mainloop/models/flow/workflow';
import pg from 'pg';
import type { CostRow, Entry, PaidCall, Trace } from './differences.ts';
import type { Received } from './push-service.ts';
import type { Stack } from './stack.ts';

export interface Told {
  readonly taskId: string;
  /** The word of the story's sentence that nobody else has. */
  readonly name: string;
}
export interface ForgeCall {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly user: string | null;
  readonly body: Record<string, unknown> | null;
}

/**
 * What was killed between two times, in milliseconds since 1970, that may have cut a call off or kept a whole
 * one's cost from being written.
 */
export type CutBy = (fromMs: number, toMs: number, whole: boolean) => string | null;

interface TaskRow {
  id: string;
  repo: string;
  branch: string;
  title: string;
  state: string;
  status_line: string;
  issue_number: number | null;
  pr_number: number | null;
}
interface RunRow {
  id: string;
  n: number;
  phase: string;
  state: string;
  outcome: { kind: string; reason?: string } | null;
}
interface EventRow {
  type: string;
  actor: string;
  payload: Record<string, unknown>;
}

/**
 * What differs in every run of a story and says nothing: ids of rows, hashes, times, amounts that are
 * compared elsewhere.
 */
const UNTOLD = new Set([
  'pushId',
  'sha',
  'url',
  'ms',
  'tail',
  'forgeId',
  'digest',
  'expiresAt',
  'outcome',
  'epoch',
  'turnId',
  'projectId',
  'proposalId',
  'commit_id',
  'taps',
]);

/** Waits for Postgres where it was killed a moment ago. */
export async function rows<T>(stack: Stack, text: string, values: unknown[] = []): Promise<T[]> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query(text, values)).rows as T[];
    } catch (err) {
      if (tries > 100) throw err;
      await new Promise((r) => setTimeout(r, 300));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** What is the same in every telling, said the same. */
export function plain(
  text: string,
  task: Pick<TaskRow, 'id' | 'repo' | 'branch' | 'issue_number' | 'pr_number'>,
  name: string,
  runs: ReadonlyMap<string, string>,
): string {
  let out = text.replaceAll(task.branch, 'BRANCH').replaceAll(encodeURIComponent(task.branch), 'BRANCH');
  out = out.replaceAll(task.repo, 'REPO').replaceAll(path.basename(task.repo), 'REPO');
  for (const [id, label] of [...runs].toSorted(([a], [b]) => b.length - a.length))
    out = out.replaceAll(id, `RUN-${label}`);
  out = out
    .replace(
      new RegExp(`${task.id}-review-(\\d+)`, 'g'),
      (_, n: string) => `TASK-review-after-${runs.get(`${task.id}-r${n}`) ?? '?'}`,
    )
    .replace(new RegExp(`${task.id}-(line|review|talk)\\d+`, 'g'), 'TASK-$1')
    .replaceAll(task.id, 'TASK')
    .replace(new RegExp(`\\b${name}\\b`, 'gi'), 'NAME');
  for (const [n, word] of [
    [task.issue_number, 'ISSUE'],
    [task.pr_number, 'PULL'],
  ] as const)
    if (n !== null) out = out.replace(new RegExp(`((?:/issues/|/pulls?/|#))${n}\\b`, 'g'), `$1${word}`);
  return out
    .replace(/:(say|reply)-\d+ -->/g, ':$1 -->')
    .replace(/\/comments\/\d+/g, '/comments/N')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/^index [0-9a-f]+\.\.[0-9a-f]+.*$/gm, 'index')
    .replace(/\b[0-9a-f]{40}\b/g, 'SHA')
    .replace(/`[0-9a-f]{7}`/g, '`SHA`')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\$\d+(\.\d+)?/g, '$N')
    .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, 'DURATION');
}

function told(payload: unknown): unknown {
  if (Array.isArray(payload)) return payload.map(told);
  if (payload === null || typeof payload !== 'object') return payload;
  return Object.fromEntries(
    Object.entries(payload)
      .filter(([key]) => !UNTOLD.has(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, v]) => [key, key === 'number' && typeof v === 'number' ? 'NUMBER' : told(v)]),
  );
}

/** A run that was cut off bears the name of the one that did its work in the end. */
function labelsOf(runs: readonly RunRow[]): Map<string, string> {
  const done: Record<string, number> = {};
  const labels = new Map<string, string>();
  for (const run of runs) {
    const k = (done[run.phase] ??= 1);
    labels.set(run.id, `${run.phase}.${k}`);
    if (run.outcome !== null && !wasCutOff(run)) done[run.phase] = k + 1;
  }
  return labels;
}
const wasCutOff = (row: RunRow): boolean =>
  row.outcome?.kind === 'interrupted' || row.outcome?.kind === 'retry';

/**
 * @param i.forge what the local GitHub was asked since the story began
 * @param i.model the model's calls since then
 * @param i.phone what the phone was told
 * @param i.workflow where its workflow stands, in Temporal's word
 * @param i.cutBy what was killed between two times, or null
 */
export async function traceOf(
  stack: Stack,
  { taskId, name }: Told,
  input: {
    forge: readonly ForgeCall[];
    model: readonly ModelCall[];
    phone: readonly Received[];
    workflow: string;
    cutBy: CutBy;
  },
): Promise<Trace> {
  const [task] = await rows<TaskRow>(
    stack,
    'select t.*, p.repo from tasks t join projects p on p.id = t.project_id where t.id = $1',
    [taskId],
  );
  if (!task) throw new Error(`there is no task ${taskId}`);
  const runs = await rows<RunRow>(
    stack,
    'select id, n, phase, state, outcome from runs where task_id = $1 order by n',
    [taskId],
  );
  const labels = labelsOf(runs);
  const phaseOf = new Map(runs.map((r) => [r.id, r.phase]));
  const say = (text: string): string => plain(text, task, name, labels);
  const json = (value: unknown): string => say(JSON.stringify(told(value)));
  const entries: Entry[] = [];
  const add = (entry: Entry): void => void entries.push(entry);

  const events = await rows<EventRow>(
    stack,
    'select type, actor, payload from events where task_id = $1 order by seq',
    [taskId],
  );
  const begun: Record<string, number> = {};
  for (const event of events) {
    const phase = String(event.payload.phase ?? phaseOf.get(String(event.payload.runId)) ?? '');
    // Costs have an account of their own. How far CI had come at a look depends on the second, and what is
    // learned from a review on what other stories had taught; db/signals.test holds that it is learned once.
    if (
      event.type === 'cost.metered' ||
      event.type.startsWith('learning.') ||
      // Noticed beside the work: a push that comes while one is looked at is looked at with it.
      event.type.startsWith('area.') ||
      event.type.startsWith('collision.') ||
      (event.type === 'ci.verdict' && !['red', 'green'].includes(String(event.payload.verdict)))
    )
      continue;
    if (event.type === 'run.started') {
      begun[phase] = (begun[phase] ?? 0) + 1;
      add({ where: 'event', what: `run.started ${phase}`, redo: phase });
    } else if (event.type === 'run.ended') {
      const outcome = event.payload.outcome as RunRow['outcome'];
      const cut = outcome?.kind === 'interrupted' || outcome?.kind === 'retry';
      add({
        where: 'event',
        what: `run.ended ${phase} ${cut ? `${outcome.kind} ${outcome.reason}` : say(JSON.stringify(outcome))}`,
        ...(cut ? { redo: phase } : {}),
      });
    } else if (
      event.type === 'task.state' &&
      ['queued', 'planning', 'drafting'].includes(String(event.payload.state))
    ) {
      add({ where: 'event', what: `${event.type} ${json(event.payload)}`, redo: phase });
    } else if (event.type === 'evidence.recorded') {
      add({ where: 'event', what: `${event.type} ${phase} ${json(event.payload)}`, redo: phase });
    } else add({ where: 'event', what: `${event.type} by ${say(event.actor)} ${json(event.payload)}` });
  }

  const items = await rows<{
    id: string;
    kind: string;
    title: string;
    body: string;
    state: string;
    answer: object | null;
    answered_via: string | null;
  }>(
    stack,
    'select id, kind, title, body, state, answer, answered_via from inbox_items where task_id = $1 order by created_at, id',
    [taskId],
  );
  for (const item of items)
    add({
      where: 'item',
      what: `${item.kind} ${say(item.id)} "${say(item.title)}" ${say(item.body)} ${item.state} ${json(item.answer)} ${item.answered_via ?? ''}`,
    });
  // What went away by itself need not have been told in time.
  const withdrawn = new Set(items.filter((x) => x.state === 'closed').map((x) => x.id));
  for (const { notification } of input.phone) {
    const id = String(notification.itemId);
    if (!id.startsWith(taskId)) continue;
    const what = `${String(notification.type)} ${say(id)} ${say(JSON.stringify([notification.title ?? '', notification.body ?? '', notification.actions ?? []]))}`;
    add({ where: 'push', what, mayRepeat: true, ...(withdrawn.has(id) ? { mayMiss: true } : {}) });
  }

  const outbox = await rows<{
    kind: string;
    name: string;
    payload: Record<string, unknown>;
    sent_at: Date | null;
    error: string | null;
  }>(stack, 'select kind, name, payload, sent_at, error from outbox where workflow_id = $1 order by id', [
    `task/${taskId}`,
  ]);
  for (const o of outbox) {
    const sent = o.sent_at === null ? `not sent: ${o.error ?? ''}` : 'sent';
    const phase = phaseOf.get(String(o.payload.runId));
    // To look again may be said at any time.
    if (o.name === SIGNALS.lookAgain && o.sent_at !== null) continue;
    if (phase !== undefined)
      add({ where: 'outbox', what: `${o.kind} ${o.name} ${phase} ${sent}`, redo: phase });
    else add({ where: 'outbox', what: `${o.kind} ${o.name} ${json(o.payload)} ${sent}` });
  }

  for (const call of input.forge.filter((x) => belongs(x, task)))
    add({ where: 'forge', what: forgeWords(call, say, json) });
  const ask = async (route: string): Promise<Record<string, unknown>> =>
    (await (
      await fetch(`${stack.github}/repos/${task.repo}${route}`, {
        headers: { authorization: `token ${stack.githubToken}` },
      })
    ).json()) as Record<string, unknown>;
  const issue = task.issue_number === null ? null : await ask(`/issues/${task.issue_number}`);
  const pull = task.pr_number === null ? null : await ask(`/pulls/${task.pr_number}`);
  const branch = await ask(`/branches/${encodeURIComponent(task.branch)}`);
  add({
    where: 'place',
    what: `issue ${String(issue?.state)}, pull request ${String(pull?.state)} merged ${String(pull?.merged)}`,
  });
  add({ where: 'place', what: `branch ${branch.name === task.branch ? 'is there' : 'is gone'}` });
  add({
    where: 'place',
    what: `sandbox ${existsSync(path.join(stack.home, 'sandboxes', taskId)) ? 'is there' : 'is gone'}`,
  });
  const left = await rows<{ what: string }>(
    stack,
    `select 'run ' || phase || ' ' || state as what from runs where task_id = $1 and state <> 'ended'
     union all select 'checkpoint' from checkpoints where task_id = $1
     union all select 'effect ' || key || ' ' || state from forge_effects where task_id = $1 and state <> 'done'
     union all select 'proposal ' || state from proposals where title = $2 and state <> 'confirmed'`,
    [taskId, task.title],
  );
  for (const l of left) add({ where: 'place', what: `left behind: ${say(l.what)}` });
  add({ where: 'workflow', what: `${input.workflow}, task ${task.state} "${say(task.status_line)}"` });

  const chat = await rows<{ role: string; text: string; state: string }>(
    stack,
    `select role, text, state from messages where turn_id in (select turn_id from messages where role = 'user' and text ~ $1) or (role = 'user' and text ~ $1)
      or id = $2 order by seq`,
    [`\\m${name}\\M`, `m-${taskId}-ended`],
  );
  for (const m of chat) add({ where: 'chat', what: `${m.role} ${m.state}: ${say(m.text)}` });

  const calls = input.model
    .filter((c) => new RegExp(`\\b${name}\\b`).test(c.about))
    .map((c) => paid(c, input.cutBy));
  return { entries, begun, calls, costs: [] };
}

/** What the model has on its bill; a call that still runs has been cut by whoever looks. */
export function paid(call: ModelCall, cutBy: CutBy): PaidCall {
  const phase = call.agent ? (/^# Phase: (\w+)/m.exec(call.about)?.[1] ?? 'agent') : 'chat';
  return {
    phase,
    model: call.model,
    inputTokens: call.inputTokens,
    outputTokens: call.outputTokens,
    ended: call.ended === 'open' ? 'cut' : call.ended,
    cutBy: cutBy(call.at, (call.endedAt ?? Date.now()) + WRITTEN_MS, call.ended === 'whole'),
  };
}
/** So long after the last word of an answer its cost is in the database, or nobody is there to write it. */
const WRITTEN_MS = 1_500;

export const costsSince = async (stack: Stack, seq: number): Promise<CostRow[]> =>
  (
    await rows<{ payload: { model: string; inputTokens: number; outputTokens: number } }>(
      stack,
      "select payload from events where type = 'cost.metered' and seq > $1 order by seq",
      [seq],
    )
  ).map(({ payload: { model, inputTokens, outputTokens } }) => ({ model, inputTokens, outputTokens }));

/** Whether a call to the forge is about this task: by its marker, its branch, or its numbers. */
export function belongs(
  call: ForgeCall,
  task: Pick<TaskRow, 'id' | 'repo' | 'branch' | 'issue_number' | 'pr_number'>,
): boolean {
  if (call.status >= 300) return false;
  if (call.path.endsWith('/git-receive-pack')) return false;
  const at = decodeURIComponent(call.path);
  const body = JSON.stringify(call.body ?? '');
  if (body.includes(task.id) || at.endsWith(task.branch)) return true;
  if (!at.startsWith(`/repos/${task.repo}/`)) return false;
  const number = Number(/\/(?:issues|pulls)\/(\d+)(?:\/|$)/.exec(at)?.[1] ?? 0);
  return (
    number > 0 && !at.includes('/comments/') && (number === task.issue_number || number === task.pr_number)
  );
}

function forgeWords(
  call: ForgeCall,
  say: (text: string) => string,
  json: (value: unknown) => string,
): string {
  const body = call.body ?? {};
  const mutation =
    call.path === '/graphql' ? (/\b(\w+)\(input/.exec(String(body.query))?.[1] ?? 'query') : '';
  return `${call.method} ${say(decodeURIComponent(call.path))} ${mutation} ${mutation ? '' : json(body)} by ${call.user ?? 'nobody'}`.replace(
    / +/g,
    ' ',
  );
}

/** Calls that changed the forge and belong to none of the stories. */
export const strays = (
  calls: readonly ForgeCall[],
  tasks: readonly Pick<TaskRow, 'id' | 'repo' | 'branch' | 'issue_number' | 'pr_number'>[],
): ForgeCall[] =>
  calls.filter(
    (call) =>
      call.status < 300 &&
      call.path !== '/graphql' &&
      !call.path.endsWith('/git-receive-pack') &&
      !tasks.some((t) => belongs(call, t)),
  );
