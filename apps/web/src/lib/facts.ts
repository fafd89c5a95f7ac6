// What a change can be judged by without another page: what and why, what was checked and what was not. Pure.
import type { LoggedEvent } from '@mainloop/models/events/registry';

export interface ReviewFacts {
  /** What was done, in the agent's words, two sentences at most. */
  readonly what: string;
  /** What was asked for. */
  readonly why: string;
  readonly checks: readonly { readonly text: string; readonly tone: 'good' | 'bad' | 'plain' }[];
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
  /** Pushes since the person last looked; null when they never did. */
  readonly unseen: number | null;
  /** The newest push, which is what there is to read. */
  readonly newest: string | null;
  readonly costMicrousd: number;
  readonly budgetCents: number;
}

const MOST_CHARS = 280;

/** The beginning of a text in markdown, as plain words: two sentences at most, cut at a word. */
export function twoSentences(markdown: string): string {
  const words = markdown
    .replace(/```[\s\S]*?(```|$)/g, ' ')
    .split('\n')
    .filter((l) => !/^\s*#/.test(l))
    .join(' ')
    .replace(/[`*_]{1,3}(?=\S)|(?<=\S)[`*]{1,3}/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const two = (/^(?:.*?[.!?](?=\s|$)){1,2}/.exec(words)?.[0] ?? words).trim();
  if (two.length <= MOST_CHARS) return two;
  return `${two.slice(0, MOST_CHARS).replace(/\s+\S*$/, '')} …`;
}

/**
 * @param events of the task, oldest first
 * @returns a line for everything that was checked on the newest commit, and a line for what was not
 */
export function checksOf(events: readonly LoggedEvent[]): ReviewFacts['checks'] {
  const ci = events.findLast((e) => e.type === 'ci.verdict');
  const head = ci?.payload.sha ?? events.findLast((e) => e.type === 'evidence.recorded')?.payload.sha;
  const ran = new Map(
    events.flatMap((e) =>
      e.type === 'evidence.recorded' && e.payload.what !== 'probe' && e.payload.sha === head ? [[e.payload.what, e.payload]] : [],
    ),
  );
  const lines: { text: string; tone: 'good' | 'bad' | 'plain' }[] = [];
  if (ci === undefined || ci.payload.verdict === 'none') lines.push({ text: 'No CI checked this change.', tone: 'bad' });
  else {
    const { passed, failed, pending, failures } = ci.payload;
    const all = passed + failed + pending;
    const named = (failures ?? []).map((f) => f.name).join(', ');
    lines.push({ text: `CI: ${passed} of ${all} passed${named === '' ? '' : `, not ${named}`}`, tone: passed === all ? 'good' : 'bad' });
    if (pending > 0) lines.push({ text: `CI: ${pending} of ${all} did not finish`, tone: 'bad' });
  }
  for (const e of ran.values()) {
    const end = e.exitCode === 0 ? 'passed' : e.exitCode === null ? 'ran out of time' : `failed with exit ${e.exitCode}`;
    lines.push({ text: `“${e.command}” ${end} in the sandbox`, tone: e.exitCode === 0 ? 'good' : 'bad' });
  }
  if (!ran.has('verify')) lines.push({ text: 'No verify command ran in the sandbox on this commit.', tone: 'plain' });
  return lines;
}

/** What a plan says that the one before did not, and how many of its lines are gone. */
export interface PlanChanges {
  readonly lines: readonly string[];
  readonly gone: number;
}

/** @returns null where nothing but blank lines and marks of markdown differs */
export function planChanges(before: string, now: string): PlanChanges | null {
  // Another number in front of a step is no other step.
  const bare = (line: string): string => line.replace(/^[\s>#*-]*(\d+[.)])?\s*/, '').trim();
  const linesOf = (text: string): string[] =>
    text
      .split('\n')
      .map(bare)
      .filter((l) => l !== '');
  const [old, fresh] = [linesOf(before), linesOf(now)];
  const [had, has] = [new Set(old), new Set(fresh)];
  const lines = [...has].filter((l) => !had.has(l));
  const gone = [...had].filter((l) => !has.has(l)).length;
  return lines.length + gone === 0 ? null : { lines, gone };
}

/** What was done, as the agent summed it up when it last changed something. @returns '' when it did not */
export function summaryOf(events: readonly LoggedEvent[]): string {
  const done = events.findLast((e) => e.type === 'run.ended' && e.payload.phase !== 'plan' && e.payload.outcome.kind === 'completed');
  return done?.type === 'run.ended' && done.payload.outcome.kind === 'completed' ? done.payload.outcome.summary : '';
}
