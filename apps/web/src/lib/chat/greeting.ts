// What happened while the person was away, in four sentences at most, and what holds work up. Pure; markdown with links of our own.
import { waitsWords } from '@mainloop/models/flow/inbox/waits';

interface Happened {
  readonly type: string;
  readonly taskId: string;
  readonly title: string;
}

const AWAY_MS = 15 * 60_000;
const WAITS = new Set([
  'inbox.question',
  'inbox.plan',
  'inbox.permission',
  'inbox.review',
  'inbox.ci_files',
  'inbox.guardrail',
  'inbox.gate',
  'inbox.pr_closed',
]);

/**
 * @param open tasks with an item that still waits
 * @param failed tasks that wait for a retry
 * @param waiting all that is stopped on the person, as the badge shows it
 * @param held what keeps agents from starting, a sentence or two each
 * @returns null when there is nothing to tell, or the person was hardly away
 */
export function greetingOf(
  away: { readonly since: Date; readonly events: readonly Happened[] } | null,
  open: ReadonlySet<string>,
  failed: ReadonlySet<string>,
  waiting: number,
  held: readonly string[],
  nowMs: number,
): string | null {
  if (away === null || nowMs - away.since.getTime() < AWAY_MS) return null;
  const once = (types: (t: string) => boolean, ids: (id: string) => boolean): Happened[] => [
    ...new Map(away.events.filter((e) => types(e.type) && ids(e.taskId)).map((e) => [e.taskId, e])).values(),
  ];
  const merged = once(
    (t) => t === 'pr.merged',
    () => true,
  );
  const waits = once(
    (t) => WAITS.has(t),
    (id) => open.has(id),
  );
  const broke = once(
    (t) => t === 'inbox.failure',
    (id) => failed.has(id),
  );
  const said = [
    merged.length > 0 ? `${list(merged)} ${merged.length === 1 ? 'was' : 'were'} merged.` : '',
    waits.length > 0 ? `${list(waits)} ${waits.length === 1 ? 'waits' : 'wait'} for you.` : '',
    broke.length > 0 ? `${list(broke)} did not get through.` : '',
  ].filter(Boolean);
  if (said.length + held.length === 0) return null;
  const all = waiting > 0 ? [waitsWords(waiting)] : [];
  return `While you were away (${gone(nowMs - away.since.getTime())}): ${[...said, ...all, ...held].join(' ')}`;
}

function list(tasks: readonly Happened[]): string {
  const named = tasks
    .slice(0, 3)
    .map((t) => `[${t.title.replace(/[[\]\\]/g, '')}](/task/${encodeURIComponent(t.taskId)})`);
  const rest = tasks.length - named.length;
  const all = rest > 0 ? [...named, rest === 1 ? 'one more' : `${rest} more`] : named;
  return all.length === 1 ? all[0]! : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

const gone = (ms: number): string => {
  const hours = ms / 3_600_000;
  if (hours < 1) return `${Math.round(hours * 60)} min`;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
};
