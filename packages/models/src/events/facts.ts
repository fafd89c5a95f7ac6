// What a change can be judged by without another page: what and why, what was checked and what was not. Pure.
import type { LoggedEvent } from './registry.ts';
import { countsOf } from '../flow/ci/counts.ts';
import { foundWords, leftBefore, type Found } from '../flow/review/second-look.ts';
import { onlyReads } from '../flow/states.ts';
import { tellingLines } from '../flow/text.ts';

export interface CheckLine {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'plain';
  /** What it is about by name, or what it said last; '' when there is no more. */
  readonly more: string;
}

const MOST_CHARS = 280;

/**
 * The beginning of a text in markdown, as plain words: two sentences at most, cut at a word.
 * @returns '' where it has no words; headings and code are none
 */
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

const NOTHING: Found = { must: 0, should: 0, note: 0 };

/**
 * @param events of the task, oldest first
 * @param open what second looks found and nobody has answered
 * @returns a line for everything that was checked on the newest commit, and a line for what was not
 */
export function checksOf(events: readonly LoggedEvent[], open = NOTHING): CheckLine[] {
  const verdict = events.findLast((e) => e.type === 'ci.verdict');
  const head = verdict?.payload.sha ?? events.findLast((e) => e.type === 'evidence.recorded')?.payload.sha;
  const ran = new Map(
    events.flatMap((event) =>
      event.type === 'evidence.recorded' && event.payload.what !== 'probe' && event.payload.sha === head
        ? [[event.payload.what, event.payload]]
        : [],
    ),
  );
  const lines: CheckLine[] = [];
  if (verdict === undefined || verdict.payload.verdict === 'none')
    lines.push({ text: 'No CI checked this change.', tone: 'bad', more: '' });
  else lines.push(...ciLines(verdict.payload));
  const notRun = verdict?.payload.notRun ?? [];
  if (notRun.length > 0)
    lines.push({
      text: `CI did not run ${someOf(notRun)}`,
      tone: 'plain',
      more: notRun.length > 3 ? notRun.join('\n') : '',
    });
  for (const event of ran.values()) lines.push(evidenceLine(event));
  if (!ran.has('verify') && !ran.has('tests'))
    lines.push({
      text:
        ran.size === 0
          ? 'No verify command ran in the sandbox on this commit.'
          : 'No tests ran in the sandbox on this commit.',
      tone: 'plain',
      more: '',
    });
  const look = events.findLast((e) => e.type === 'review.second_looked');
  if (look !== undefined) lines.push(lookLine(look.payload, head, open));
  return lines;
}

/** @param head the newest commit */
function lookLine(
  look: Extract<LoggedEvent, { type: 'review.second_looked' }>['payload'],
  head: string | undefined,
  open: Found,
): CheckLine {
  const left = leftBefore(look, open);
  const [found, before] = [foundWords(look), foundWords(left)];
  const also = before === '' ? '' : `; left from before: ${before}`;
  if (look.sha !== head)
    return { text: `The second look was of an earlier commit${also}`, tone: 'plain', more: '' };
  if (found === '' && before === '') return { text: 'A second look found nothing', tone: 'good', more: '' };
  const tone = look.must + left.must > 0 ? 'bad' : 'plain';
  return { text: `A second look found ${found || 'nothing'}${also}`, tone, more: '' };
}

function ciLines(verdict: Extract<LoggedEvent, { type: 'ci.verdict' }>['payload']): CheckLine[] {
  const { passed, failed, pending, failures, green = [] } = verdict;
  const all = passed + failed + pending;
  const named = (failures ?? []).map((f) => f.name).join(', ');
  const names = green.length === 0 || named !== '' ? '' : `: ${someOf(green)}`;
  const text = `CI: ${passed} of ${all} passed${named === '' ? names : `, not ${named}`}`;
  const first = {
    text,
    tone: passed === all ? 'good' : 'bad',
    more: green.length > 3 ? green.join('\n') : '',
  } as const;
  return pending > 0
    ? [first, { text: `CI: ${pending} of ${all} did not finish`, tone: 'bad', more: '' }]
    : [first];
}

const someOf = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;

/** A command that is not there has not run. */
const NOT_THERE = new Set([126, 127]);
const LAST_LINES = 12;

/** What the runner ran and recorded: from its exit code, and from what the tool counted. */
function evidenceLine(evidence: Extract<LoggedEvent, { type: 'evidence.recorded' }>['payload']): CheckLine {
  const instead =
    evidence.insteadOf === undefined
      ? ''
      : `; ${evidence.insteadOf}, which the repository names, is not here`;
  const counted = evidence.what === 'verify' || evidence.what === 'tests' ? countsOf(evidence.tail) : null;
  const counts =
    counted === null
      ? []
      : [`${counted.passed} passed`, ...(counted.failed > 0 ? [`${counted.failed} failed`] : [])];
  const how = [
    ...counts,
    `${(evidence.ms / 1000).toFixed(1)} s`,
    ...(evidence.clean ? [] : ['with files that are in no commit']),
  ].join(', ');
  if (evidence.exitCode !== null && NOT_THERE.has(evidence.exitCode))
    return {
      text: `“${evidence.command}” could not run in the sandbox`,
      tone: 'plain',
      more: lastLines(evidence.tail),
    };
  if (evidence.exitCode === 0)
    return {
      text: `“${evidence.command}” passed in the sandbox (${how})${instead}`,
      tone: evidence.clean ? 'good' : 'plain',
      more: '',
    };
  const end = evidence.exitCode === null ? 'ran out of time' : `failed with exit ${evidence.exitCode}`;
  if (evidence.redBefore === true)
    return {
      text: `“${evidence.command}” ${end} in the sandbox, and was red in the same way before this change (${how})`,
      tone: 'plain',
      more: lastLines(evidence.tail),
    };
  return {
    text: `“${evidence.command}” ${end} in the sandbox (${how})${instead}`,
    tone: 'bad',
    more: lastLines(evidence.tail),
  };
}

const lastLines = (tail: string): string => tellingLines(tail).slice(-LAST_LINES).join('\n');

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
  const done = events.findLast(
    (e) => e.type === 'run.ended' && !onlyReads(e.payload.phase) && e.payload.outcome.kind === 'completed',
  );
  return done?.type === 'run.ended' && done.payload.outcome.kind === 'completed'
    ? done.payload.outcome.summary
    : '';
}

/** What a failure is about by name, and what was tried. */
export interface FailureFacts {
  readonly checks: readonly {
    readonly name: string;
    readonly url: string | null;
    readonly message: string;
  }[];
  /** '' when nothing was. */
  readonly tried: string;
}

/**
 * @param events of the task, oldest first
 * @returns the checks that are red on the newest commit, and how often the agent worked on them
 */
export function failureFacts(events: readonly LoggedEvent[]): FailureFacts {
  const verdict = events.findLast((e) => e.type === 'ci.verdict');
  const failures = verdict?.payload.verdict === 'red' ? (verdict.payload.failures ?? []) : [];
  const repairs = events.filter(
    (e) => e.type === 'run.ended' && e.payload.phase === 'fix_ci' && e.payload.outcome.kind === 'completed',
  ).length;
  const did = twoSentences(summaryOf(events));
  const tried =
    repairs === 0
      ? ''
      : `Claude tried ${repairs === 1 ? 'one repair' : `${repairs} repairs`}${did === '' ? '.' : `. The last: ${did}`}`;
  return {
    checks: failures
      .slice(0, 3)
      .map(({ name, url, message }) => ({ name, url, message: message.split('\n')[0] ?? '' })),
    tried,
  };
}
