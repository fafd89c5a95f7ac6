// The verdict over one commit's checks.
import type { CheckFault } from './faults.ts';

/** One attempt of one check. */
export interface CheckRun {
  /** Ascending: of two attempts the later has the higher. */
  readonly id: number;
  /** The app's short name, like "github-actions". */
  readonly app: string;
  readonly appId: number | null;
  readonly suite: number;
  /**
   * Which workflow it belongs to and what set it off, like ".github/workflows/a.yml on push"; null where the
   * forge does not tell.
   */
  readonly workflow: string | null;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly url: string | null;
  /** What it says of itself, in a line or two. */
  readonly summary: string;
  /** Its runner says that it can't run where it is, so it has neither passed nor failed. */
  readonly notHere: boolean;
  /** Why its failure is none of the code; absent where nothing tells. */
  readonly fault?: CheckFault | null;
  /** ISO times. */
  readonly startedAt: string | null;
  readonly completedAt: string | null;
}
/** What an app does on one commit: a workflow run of Actions, all checks of another app. */
export interface CheckSuite {
  readonly id: number;
  readonly app: string;
  readonly workflow: string | null;
  readonly status: string | null;
  readonly conclusion: string | null;
  /** How often it was run; null where the forge does not tell. */
  readonly attempt: number | null;
  readonly url: string | null;
  /** ISO time. */
  readonly createdAt: string | null;
}
/** The older way to say how a commit fares. */
export interface CommitStatus {
  readonly id: number;
  readonly context: string;
  readonly state: string;
  readonly url: string | null;
  readonly summary: string;
  /** ISO time. */
  readonly at: string | null;
}
/** A check without which the base branch takes nothing. */
export interface RequiredCheck {
  readonly name: string;
  /** Null: any app may report it. */
  readonly appId: number | null;
}
/** All that the forge tells of one commit. */
export interface CiFacts {
  readonly checks: readonly CheckRun[];
  readonly suites: readonly CheckSuite[];
  readonly statuses: readonly CommitStatus[];
  readonly required: readonly RequiredCheck[];
}

/** A check by its name, with what it said. */
export interface NamedCheck {
  readonly name: string;
  readonly url: string | null;
  readonly summary: string;
  /** Id of the job of GitHub Actions whose log tells more; null for what has none. */
  readonly job: number | null;
  /** Its environment did not let it begin: running it again asks the same again. */
  readonly isRefused?: true;
}
export interface AwaitedCheck {
  readonly name: string;
  /** ISO time since when; null: since the commit is there. */
  readonly since: string | null;
  readonly required: boolean;
  /** A rule of its environment holds it back: somebody approves it on the forge, or a time passes. */
  readonly isHeld?: true;
}
export type CiOutcome =
  /** `notHere`: what of it could not run on this forge. */
  | { readonly is: 'green'; readonly notHere: readonly string[] }
  | { readonly is: 'red'; readonly failed: readonly NamedCheck[] }
  | { readonly is: 'pending'; readonly awaited: readonly AwaitedCheck[] }
  /** Everything was skipped, or there is nothing at all. */
  | { readonly is: 'nothing_ran'; readonly skipped: readonly string[] }
  /** Nothing ran but what says that it can't run here. */
  | {
      readonly is: 'not_run_here';
      readonly checks: readonly string[];
      /** What the runner says it lacks, of the first that says it; '' where none does. */
      readonly why: string;
    }
  /** No fault of the code: cancelled, never started, lost by the forge, waits for somebody's approval or did not get it. */
  | { readonly is: 'infrastructure'; readonly troubled: readonly NamedCheck[] };

/** How many checks there are of each kind; what was skipped counts nowhere. */
export interface CiVerdict {
  readonly outcome: CiOutcome;
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
  /** Which are green, and which did not run: skipped, or not to be run here. By name. */
  readonly names: { readonly passed: readonly string[]; readonly notRun: readonly string[] };
}

type Judgement = 'passed' | 'failed' | 'pending' | 'skipped' | 'not_here' | 'trouble';
interface Judged extends NamedCheck {
  readonly is: Judgement;
  /** As a rule of the branch would name it; null for what no rule can name. */
  readonly context: string | null;
  readonly since: string | null;
  readonly isHeld: boolean;
}

export const ACTIONS = 'github-actions';
/**
 * The `external_id` of a check with which a runner says that the job can't run where it is. GitHub leaves
 * that field to who makes the check.
 */
export const NOT_HERE = 'mainloop-not-run-here';
/**
 * A job waits for a rule of its environment:
 * https://docs.github.com/actions/concepts/workflows-and-actions/deployment-environments
 */
const HELD = 'waiting';
/**
 * GitHub opens a suite for every app that might report, and many never do: after so long one without any
 * check holds nothing up.
 */
export const SILENT_APP_MS = 10 * 60_000;

/**
 * What the forge tells of one commit, in one word. The order of the lists says nothing.
 * @param nowMs in milliseconds since 1970
 * @see https://docs.github.com/rest/checks/runs for statuses and conclusions
 */
export function ciVerdict({ checks, suites, statuses, required }: CiFacts, nowMs: number): CiVerdict {
  const standing = standingChecks(checks, suites);
  const contexts = latestStatuses(statuses);
  const judged = [
    ...standing.map(judgedCheck),
    ...contexts.map(judgedStatus),
    ...judgeSuites(suites, checks, nowMs),
  ];
  const isReported = (wanted: RequiredCheck): boolean =>
    standing.some((c) => c.name === wanted.name && (wanted.appId === null || c.appId === wanted.appId)) ||
    contexts.some((s) => s.context === wanted.name);
  const isRequired = ({ context }: Judged): boolean => required.some((r) => r.name === context);
  const missing = unique(required).filter((r) => !isReported(r));
  const of = (is: Judgement): Judged[] => byName(judged.filter((j) => j.is === is));
  const [green, failed, pending] = [of('passed'), of('failed'), of('pending')];
  const passed = green.length;
  const count = { passed, failed: failed.length, pending: pending.length + missing.length };
  const named = ({ name, url, summary, job, isRefused }: Judged): NamedCheck => ({
    name,
    url,
    summary,
    job,
    ...(isRefused === true ? { isRefused } : {}),
  });
  const outcome = (): CiOutcome => {
    if (failed.length > 0) return { is: 'red', failed: failed.map(named) };
    if (count.pending > 0) {
      const awaited = pending.map((j) => ({
        name: j.name,
        since: j.since,
        required: isRequired(j),
        ...(j.isHeld ? { isHeld: true as const } : {}),
      }));
      return {
        is: 'pending',
        awaited: byName([...awaited, ...missing.map((r) => ({ name: r.name, since: null, required: true }))]),
      };
    }
    const troubled = of('trouble');
    if (troubled.length > 0) return { is: 'infrastructure', troubled: troubled.map(named) };
    const absent = of('not_here');
    const notHere = absent.map((j) => j.name);
    if (passed > 0 && !absent.some(isRequired)) return { is: 'green', notHere };
    const why = absent.find((check) => check.summary !== '')?.summary ?? '';
    if (notHere.length > 0) return { is: 'not_run_here', checks: notHere, why };
    return { is: 'nothing_ran', skipped: of('skipped').map((j) => j.name) };
  };
  const names = {
    passed: green.map((j) => j.name),
    notRun: [...of('skipped'), ...of('not_here')].map((j) => j.name),
  };
  return { outcome: outcome(), ...count, names };
}

const judgedCheck = (check: CheckRun): Judged => ({
  is: judgeCheck(check),
  name: nameOf(check),
  context: check.name,
  url: check.url,
  summary: summaryOf(check),
  job: jobOf(check),
  since: check.startedAt,
  isHeld: check.status === HELD,
  ...(judgeCheck(check) === 'trouble' && check.fault?.is === 'refused' ? { isRefused: true as const } : {}),
});

const judgedStatus = (status: CommitStatus): Judged => ({
  is: judgeStatus(status.state),
  name: status.context,
  context: status.context,
  url: status.url,
  summary: status.summary,
  job: null,
  since: status.at,
  isHeld: false,
});

/** Sorted, so that the same verdict reads the same. */
function byName<T extends { readonly name: string }>(values: readonly T[]): T[] {
  const keyed = values.map((x) => ({ x, key: JSON.stringify([x.name, x]) }));
  return keyed.sort((a, b) => Number(a.key > b.key) - Number(a.key < b.key)).map(({ x }) => x);
}

/** Two workflows may have a job of one name, so the workflow is part of it. */
const nameOf = (check: CheckRun): string =>
  check.workflow === null ? check.name : `${check.name} (${shortWorkflow(check.workflow)})`;
const summaryOf = (check: CheckRun): string =>
  judgeCheck(check) === 'trouble'
    ? (check.fault?.words ?? words(check.conclusion ?? 'without a conclusion'))
    : check.summary;
const jobOf = (check: CheckRun): number | null => (check.app === ACTIONS ? check.id : null);
const shortWorkflow = (workflow: string): string =>
  workflow.replace(/^\.github\/workflows\//, '').replace(/ on .*$/, '');

function judgeCheck(check: CheckRun): Judgement {
  if (check.status !== 'completed') return 'pending';
  switch (check.conclusion) {
    case 'success':
      return 'passed';
    case 'failure':
      return check.fault ? 'trouble' : 'failed';
    case 'timed_out':
      // It had its time, or it waited for a machine all the while.
      return check.startedAt !== null && check.startedAt !== check.completedAt ? 'failed' : 'trouble';
    case 'neutral':
    case 'skipped':
      return check.notHere ? 'not_here' : 'skipped';
    default:
      // cancelled, stale, action_required, startup_failure, and words that GitHub has not said so far:
      // neither good nor the code's fault.
      return 'trouble';
  }
}

function judgeStatus(state: string): Judgement {
  switch (state) {
    case 'success':
      return 'passed';
    case 'pending':
      return 'pending';
    case 'failure':
    case 'error':
      return 'failed';
    default:
      return 'trouble';
  }
}

/**
 * The attempts that count: of each app, workflow and name the latest, and a red one until something of the
 * same key passes.
 */
function standingChecks(checks: readonly CheckRun[], suites: readonly CheckSuite[]): CheckRun[] {
  const attempts = new Map(suites.map((s) => [s.id, s.attempt]));
  const byKey = new Map<string, CheckRun[]>();
  for (const check of unique(checks)) {
    // Without the workflow's name only the suite tells two of them apart.
    const key = JSON.stringify([check.app, check.workflow ?? check.suite, check.name]);
    byKey.set(key, [...(byKey.get(key) ?? []), check]);
  }
  const isCovered = (earlier: CheckRun, later: CheckRun): boolean => {
    if (later.id <= earlier.id) return false;
    const says = judgeCheck(later);
    if (judgeCheck(earlier) === 'failed' && says !== 'passed' && says !== 'failed' && says !== 'pending')
      return false;
    if (later.app !== ACTIONS || later.suite !== earlier.suite) return true;
    // One workflow may hold two jobs of one name. A second attempt begins when the first is over.
    if (attempts.get(later.suite) === 1 || earlier.completedAt === null) return false;
    return later.startedAt === null || later.startedAt >= earlier.completedAt;
  };
  return [...byKey.values()].flatMap((same) =>
    same.filter((c) => !same.some((other) => isCovered(c, other))),
  );
}

function latestStatuses(statuses: readonly CommitStatus[]): CommitStatus[] {
  const all = unique(statuses);
  return all.filter((s) => !all.some((other) => other.context === s.context && other.id > s.id));
}

/** A list that grows while its pages are read may show one entry twice. */
const unique = <T>(values: readonly T[]): T[] => [
  ...new Map(values.map((x) => [JSON.stringify(x), x])).values(),
];

/** What suites tell that none of their checks does: more is to come, or there never was one. */
function judgeSuites(suites: readonly CheckSuite[], checks: readonly CheckRun[], nowMs: number): Judged[] {
  const filled = new Set(checks.map((c) => c.suite));
  const isRunAnew = (suite: CheckSuite): boolean =>
    suite.workflow !== null &&
    suites.some((x) => x.id > suite.id && x.app === suite.app && x.workflow === suite.workflow);
  /** Whether all that is left of it waits so, which those checks tell; what needs them comes after them. */
  const isToldByHeld = (suite: CheckSuite): boolean => {
    const left = checks.filter((c) => c.suite === suite.id && c.status !== 'completed');
    return left.length > 0 && left.every((c) => c.status === HELD);
  };
  return suites.flatMap((suite): Judged[] => {
    const isEmpty = !filled.has(suite.id);
    const name = suite.workflow === null ? suite.app : shortWorkflow(suite.workflow);
    const told = (is: Judgement, summary = ''): Judged[] => [
      {
        is,
        name,
        context: null,
        url: suite.url,
        summary,
        job: null,
        since: suite.createdAt,
        isHeld: suite.status === HELD,
      },
    ];
    if (suite.status !== 'completed') {
      // Jobs that need others are there when those are done. What another app is about is told by its checks.
      if (suite.app === ACTIONS) return isToldByHeld(suite) ? [] : told('pending');
      const isSilent = suite.createdAt !== null && nowMs - Date.parse(suite.createdAt) >= SILENT_APP_MS;
      return isEmpty && !isSilent ? told('pending') : [];
    }
    if (!isEmpty || isRunAnew(suite)) return [];
    switch (suite.conclusion) {
      case 'failure':
      case 'timed_out':
        return told('failed', 'It ended before any of its jobs began; look at the file of the workflow.');
      case 'cancelled':
      case 'stale':
      case 'action_required':
      case 'startup_failure':
        return told('trouble', words(suite.conclusion));
      default:
        return told('skipped');
    }
  });
}

const words = (conclusion: string): string => conclusion.replaceAll('_', ' ');

/** The same in the words that tasks were told in from before there were six. */
export type CiWord = 'pending' | 'green' | 'red' | 'none';
const WORDS: Record<CiOutcome['is'], CiWord> = {
  green: 'green',
  red: 'red',
  pending: 'pending',
  nothing_ran: 'none',
  not_run_here: 'none',
  infrastructure: 'pending',
};
export const CI_OUTCOMES = Object.keys(WORDS) as [CiOutcome['is'], ...CiOutcome['is'][]];
/** @returns the one word that an outcome comes to */
export const wordOf = (outcome: CiOutcome): CiWord => WORDS[outcome.is];
