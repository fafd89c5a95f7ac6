// What a task does about a verdict, and in which sentences a person hears of it.
import type { AwaitedCheck, CiVerdict, CiWord, NamedCheck } from './verdict.ts';
import type { GateReason } from '../runs/outcomes.ts';
import { cleanTitle, tellingLines } from '../text.ts';

/** How a check failed, fit to be compared with how it failed before. */
export interface Failure {
  readonly name: string;
  readonly url: string | null;
  /** Without what differs from run to run; '' when it is not known. */
  readonly message: string;
}
/** What a task does besides waiting and repairing, and why; in sentences, because nobody can decide by a word. */
export interface CiReport {
  readonly pull: 'open' | 'closed' | 'merged';
  /** Set when only a person gets any further. */
  readonly ask: string | null;
  /** What is red, and how, for when the repairs are used up; '' when nothing is. */
  readonly red: string;
  /** Whether the last repair left the branch as it was. */
  readonly pushedNothing: boolean;
  /** Why nothing has checked the change, when there is more to say than that there is no CI. */
  readonly unchecked: string | null;
  /** What is red, where all of it was red in the same way before the change; left out otherwise. */
  readonly before?: string;
}

export interface Situation {
  readonly sha: string;
  readonly pull: CiReport['pull'];
  /** How the checks failed that are red now. */
  readonly failures: readonly Failure[];
  /** The commit that the last repair was about, and how that had failed; null when there was none. */
  readonly repaired: { readonly sha: string; readonly failures: readonly Failure[] } | null;
  /** How the checks failed on the commit that the change is from; null when that is not known, or they did not. */
  readonly base: { readonly sha: string; readonly failures: readonly Failure[] } | null;
  /** What came of the one time that it was asked to run again. */
  readonly rerun: 'not_yet' | 'settling' | 'done' | 'refused';
  /** ISO time of the commit's arrival. */
  readonly since: string;
  readonly nowMs: number;
  /** After so many milliseconds, what is pending is told. */
  readonly patienceMs: number;
}

/**
 * What a task is told of the checks of its commit.
 * @param situation the situation on the forge: its pull request, the last fix and what that was about
 */
export function reportOnCi({ outcome }: CiVerdict, situation: Situation): CiReport {
  const report = {
    pull: situation.pull,
    ask: null,
    red: '',
    unchecked: null,
    pushedNothing: situation.repaired?.sha === situation.sha,
  };
  if (situation.pull === 'closed')
    return {
      ...report,
      ask: 'The pull request was closed before it was ready. Open it again to go on, or cancel the task.',
    };
  switch (outcome.is) {
    case 'green':
      return report;
    case 'red': {
      const red = sayRed(situation.failures, 'is red');
      const { base, failures } = situation;
      if (base === null || !failures.every(isWhole) || !isAllOf(failures, base.failures))
        return { ...report, red, ask: sayStuck(situation) };
      return {
        ...report,
        red,
        before: `${sayRed(failures, `was red before this change, and is red in the same way on ${base.sha.slice(0, 7)}, which it is from`)}`,
      };
    }
    case 'pending':
      return { ...report, ask: sayHeld(outcome.awaited) ?? sayOverdue(outcome.awaited, situation) };
    case 'infrastructure':
      return {
        ...report,
        ask: isAllRefused(outcome.troubled)
          ? sayRefused(outcome.troubled)
          : sayTroubled(outcome.troubled, situation.rerun),
      };
    case 'nothing_ran':
      return outcome.skipped.length === 0
        ? report
        : {
            ...report,
            unchecked: `CI ran nothing, every check was skipped (${list(outcome.skipped)}), so nothing has checked the change. ${CLOSELY}`,
          };
    case 'not_run_here':
      return {
        ...report,
        unchecked: `CI could not run here (${list([...new Set(outcome.checks)])}${becauseOf(outcome.why)}), so nothing has checked the change. ${CLOSELY}`,
      };
  }
}

/** What the runner says of such a check begins so in its title. */
const becauseOf = (why: string): string => {
  const words = firstLine(why, 100)
    .replace(/^Not run here: /, '')
    .replace(/[.\s]+$/, '');
  return words === '' ? '' : `: ${words}`;
};
const CLOSELY = 'Allow it to go to review without checks: look closely.';

/** A repair that changed nothing about the failure is the last one. */
function sayStuck({ sha, failures, repaired }: Situation): string | null {
  if (repaired === null) return null;
  if (repaired.sha === sha)
    return `${sayRed(failures, 'is still red, and the repair pushed nothing')} ${LOOK}`;
  return isAllOf(failures, repaired.failures) && failures.length >= repaired.failures.length
    ? `${sayRed(failures, 'failed again in the same way after a repair')} ${LOOK}`
    : null;
}
const LOOK = 'Look at it, then Retry.';

/**
 * Rather says that something is new: what is wrongly called old would never be looked at.
 * @returns whether each of them failed before, in the same way
 */
function isAllOf(failures: readonly Failure[], before: readonly Failure[]): boolean {
  const failed = new Map(before.map((f) => [f.name, f.message]));
  return failures.length > 0 && failures.every((f) => f.message !== '' && failed.get(f.name) === f.message);
}

function sayRed(failures: readonly Failure[], how: string): string {
  const [first, ...others] = failures;
  if (first === undefined) return `CI ${how}.`;
  const line = firstLine(first.message, 160).replace(/[.\s]+$/, '');
  return `${nameAll([first, ...others])} ${how}${line === '' ? '' : `: ${line}`}.`;
}

/** Nothing else is on its way, so time alone may change nothing: it is told at once. */
function sayHeld(awaited: readonly AwaitedCheck[]): string | null {
  if (!awaited.every((a) => a.isHeld === true)) return null;
  return `CI waits for ${nameAll(awaited)}: a rule of its environment wants an approval, or some time to pass. Approve it on GitHub; it goes on by itself then, and Retry looks again.`;
}

function sayOverdue(
  awaited: readonly AwaitedCheck[],
  { since, nowMs, patienceMs }: Situation,
): string | null {
  const startOf = (a: AwaitedCheck): number => {
    const ms = Date.parse(a.since ?? since);
    return Number.isNaN(ms) ? nowMs : ms;
  };
  const late = awaited.filter((a) => nowMs - startOf(a) >= patienceMs);
  if (late.length === 0 || late.length < awaited.length) return null;
  const from = Math.min(...late.map(startOf));
  const what = late.some((a) => a.required) ? 'which is required' : 'which has not said how it ended';
  return `CI waits for ${nameAll(late)}, ${what}, since ${new Date(from).toISOString().slice(11, 16)} UTC (${Math.floor((nowMs - from) / 60_000)} min). It goes on by itself as soon as it reports; Retry looks again.`;
}

/**
 * @param troubled checks that are no fault of the code
 * @returns whether running them again would only ask the same people again
 */
export const isAllRefused = (troubled: readonly NamedCheck[]): boolean =>
  troubled.length > 0 && troubled.every((check) => check.isRefused === true);

const sayRefused = (troubled: readonly NamedCheck[]): string =>
  `${nameAll(troubled)} was not let through: ${sentence(troubled[0]!.summary)} That is no fault of the change, so nothing is repaired. Run it again on GitHub and approve it there, or change the rules of its environment; then Retry.`;
const sentence = (said: string): string => `${firstLine(said, 160).replace(/[.\s]+$/, '')}.`;

function sayTroubled(troubled: readonly NamedCheck[], rerun: Situation['rerun']): string | null {
  if (rerun !== 'done' && rerun !== 'refused') return null;
  const [first] = troubled;
  const why = first === undefined || first.summary === '' ? '' : ` (${firstLine(first.summary, 80)})`;
  const tried =
    rerun === 'done' ? 'running it once more did not help' : 'it could not be run again from here';
  return `${nameAll(troubled)} did not run to its end${why}, which is no fault of the change, and ${tried}. Run it again on GitHub, then Retry.`;
}

const nameAll = (checks: readonly { readonly name: string }[]): string =>
  `"${cleanTitle(checks[0]?.name ?? '', 60)}"${checks.length > 1 ? ` and ${checks.length - 1} more` : ''}`;
const list = (names: readonly string[]): string =>
  `${names
    .slice(0, 4)
    .map((n) => cleanTitle(n, 40))
    .join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`;
const firstLine = (text: string, max: number): string =>
  cleanTitle(text.split('\n').find((l) => l.trim() !== '') ?? '', max);

/** How long a failure is kept, in characters. */
const MAX_FAILURE_CHARS = 1_000;
const MAX_FAILURE_LINES = 20;
/** What is cut off may be what is new. */
const isWhole = ({ message }: Failure): boolean =>
  message.length < MAX_FAILURE_CHARS && message.split('\n').length < MAX_FAILURE_LINES;

/**
 * What a job's log says went wrong, without what is another in each run: times, commits, temporary folders, ports.
 * @returns '' for a log that says nothing
 */
export const failureOf = (log: string): string =>
  tellingLines(log, MAX_FAILURE_LINES)
    .map((line) =>
      line
        .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\b\d\d:\d\d:\d\d(\.\d+)?\b/g, '<time>')
        .replace(/\b\d+(\.\d+)?\s?(ms|s|sec|seconds|m|min)\b/g, '<time>')
        .replace(/\/(tmp|var\/folders)\/[^\s:'")]+/g, '<tmp>')
        .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/g, '<id>')
        .replace(/\b(localhost|127\.0\.0\.1):\d+/g, '$1:<port>'),
    )
    .join('\n')
    .slice(0, MAX_FAILURE_CHARS);

export type AfterCi =
  | { readonly do: 'wait' }
  | { readonly do: 'review' }
  | { readonly do: 'repair'; readonly round: number }
  /** Something stands against the change that only the person may let through. */
  | { readonly do: 'gate'; readonly what: GateReason }
  | { readonly do: 'ask_human'; readonly sentence: string }
  /** Somebody has merged it meanwhile. */
  | { readonly do: 'finish' };

/** What the project's own verify command said about this commit, when the runner ran it. */
export type Verified = 'passed' | 'failed' | 'unknown';

/** A check that the repository names, and that is red on this commit in the sandbox, whatever CI says. */
export interface RedCheck {
  readonly what: 'lint' | 'diagnostics' | 'tests';
  readonly command: string;
  /** What it printed last. */
  readonly tail: string;
}

export interface AtCi {
  readonly repairs: number;
  readonly maxRepairs: number;
  readonly waitedMs: number;
  readonly graceMs: number;
  readonly weakened: boolean;
  readonly verified: Verified;
  /** Whether a check that the repository names is red, and nobody has let it through; absent in older histories. */
  readonly named?: boolean;
  /** Whether the person has let this commit through; absent in older histories. */
  readonly accepted?: boolean;
  /** Absent in histories from before it was told. */
  readonly told?: CiReport | undefined;
}

/**
 * What a task does next when it has looked at its checks.
 * @param verdict what all checks say together
 * @param input how often it was fixed, how long it has waited (in milliseconds), and what else was told
 */
export function afterCi(verdict: CiWord, input: AtCi): AfterCi {
  if (input.told?.pull === 'merged') return { do: 'finish' };
  if (typeof input.told?.ask === 'string') return { do: 'ask_human', sentence: input.told.ask };
  if (verdict === 'pending') return { do: 'wait' };
  const isBlamed = input.verified === 'failed' || input.named === true;
  if (verdict === 'red' && input.told?.before !== undefined && !isBlamed)
    // The agent has not done it, so it is not paid for it unless a person says so.
    return input.accepted === true ? { do: 'review' } : { do: 'gate', what: 'red_before' };
  const red = verdict === 'red' || input.verified === 'failed';
  if (!red && verdict === 'none' && input.waitedMs < input.graceMs) return { do: 'wait' };
  if (!red && input.named === true) {
    // The agent is told once for each commit. What it leaves red then, or red after its last repair, is the
    // person's to let through.
    const isTold = input.told?.pushedNothing === true || input.repairs >= input.maxRepairs;
    return isTold ? { do: 'gate', what: 'red' } : { do: 'repair', round: input.repairs + 1 };
  }
  if (!red && verdict === 'none') {
    if (input.verified === 'unknown') return { do: 'gate', what: 'unchecked' };
  }
  if (!red) return input.weakened ? { do: 'gate', what: 'weakened' } : { do: 'review' };
  if (verdict !== 'red' && input.told?.pushedNothing === true)
    return {
      do: 'ask_human',
      sentence: `The verify command still fails, and the repair pushed nothing. ${LOOK}`,
    };
  if (input.repairs < input.maxRepairs) return { do: 'repair', round: input.repairs + 1 };
  const spent = `after ${input.maxRepairs} repairs.`;
  if (verdict !== 'red') return { do: 'ask_human', sentence: `The verify command still fails ${spent}` };
  return {
    do: 'ask_human',
    sentence: `CI is still red ${spent}${input.told ? ` ${input.told.red} ${LOOK}` : ''}`,
  };
}
