// How one agent run ended: the closed union every runtime maps its own errors into.
import { actorWords, YOU } from '../actors.ts';

export type RunOutcome =
  | { readonly kind: 'completed'; readonly summary: string }
  /**
   * `itemIds`: all that was asked in this run, oldest first; left out by older ones, which knew of one.
   * `permission`: it did not end its turn to ask, but waited for permission for so long that its session was
   * ended; the next run takes the session up with the answer. `summary`: of an agent that was done with its
   * work; what waits is a command of the project, and the next run has nothing else to do.
   */
  | {
      readonly kind: 'asked';
      readonly itemId: string;
      readonly itemIds?: string[] | undefined;
      readonly permission?: boolean | undefined;
      readonly summary?: string | undefined;
    }
  | { readonly kind: 'limit'; readonly reason: LimitReason }
  | { readonly kind: 'wait'; readonly reason: string; readonly untilMs: number }
  | {
      readonly kind: 'retry';
      readonly reason: 'rate_limit' | 'overloaded' | 'server_error' | 'network';
      readonly backoffMs: number;
    }
  /** `by`: who stopped it, as the log names them; left out where it was the user, and by older ones. */
  | { readonly kind: 'interrupted'; readonly reason: InterruptReason; readonly by?: string | undefined }
  | { readonly kind: 'failed'; readonly reason: FailReason; readonly detail: string };

/** `all_paused`: the person paused everything, so it goes on by itself when they resume. `stopped`: they paused this one. */
export const INTERRUPT_REASONS = ['killed', 'stopped', 'all_paused', 'silent', 'lost', 'steered'] as const;
export type InterruptReason = (typeof INTERRUPT_REASONS)[number];

export const LIMIT_REASONS = [
  'turns',
  'budget',
  'day',
  'week',
  'month',
  'project_day',
  'project_week',
  'project_month',
  'time',
  'disk',
] as const;
export type LimitReason = (typeof LIMIT_REASONS)[number];

/** An outcome without its long text, which stays in Postgres. */
export type RunEnd = Exclude<RunOutcome, { kind: 'completed' }> | { readonly kind: 'completed' };

/**
 * @param outcome null while it runs
 * @returns what the agent said of its work, where the run waits for no more than a command of the project
 */
export const doneBefore = (outcome: RunOutcome | null): string | null =>
  outcome?.kind === 'asked' && outcome.permission === true ? (outcome.summary ?? null) : null;

export const FAIL_REASONS = [
  'auth',
  'billing',
  'model',
  'context',
  'startup',
  'execution',
  'api',
  'workspace',
  'setup',
  'setup_command',
  'workflow_file',
  'exposed',
] as const;
export type FailReason = (typeof FAIL_REASONS)[number];

/**
 * Whether no later run may resume the session of one that ended so: it is longer than the model takes.
 * @param outcome null while it runs
 */
export const spendsSession = (outcome: RunOutcome | null): boolean =>
  outcome?.kind === 'failed' && outcome.reason === 'context';

/**
 * Whether a run was lost in the middle, or its model failed it there, so that the next one does its work anew.
 * @param outcome null while it runs
 */
export const isCutOff = (outcome: RunOutcome | null): boolean =>
  outcome?.kind === 'retry' ||
  outcome?.kind === 'wait' ||
  (outcome?.kind === 'interrupted' && ['killed', 'lost', 'all_paused'].includes(outcome.reason));

export type AfterRun =
  | { readonly do: 'go_on' }
  /** `permission`: nothing was asked that others could answer on the forge. */
  | { readonly do: 'await_answer'; readonly itemIds: readonly string[]; readonly permission: boolean }
  | { readonly do: 'again'; readonly delayMs: number }
  /** `detail`: what the agent or a program said of it; '' when nothing did. */
  | {
      readonly do: 'ask_human';
      readonly code: ErrorCode;
      readonly sentence: string;
      readonly detail: string;
    };

/**
 * What stands at a gate: tests that are weaker, a change that nothing checks, checks of the repository that
 * are red in the sandbox, CI that was red before the change.
 */
export const GATE_REASONS = ['weakened', 'unchecked', 'red', 'red_before'] as const;
export type GateReason = (typeof GATE_REASONS)[number];

export const ERROR_CODES = [
  'paused',
  'silent',
  'lost',
  'model_failing',
  ...LIMIT_REASONS,
  ...FAIL_REASONS,
  ...GATE_REASONS,
  'gate',
] as const;
/** Why a task stopped. `gate`: what is a gate today, told as a failure by tasks from before there were gates. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What a task stopped at. */
export interface TaskFailure {
  readonly itemId: string;
  readonly sentence: string;
  readonly detail: string;
  /** Left out where nothing is known but the sentence. */
  readonly code?: ErrorCode;
}

/**
 * Whether the user asked for the stop. It is no failure: nothing is red, and what goes on is called Resume.
 * @param code the item's; none for one that is no failure
 */
export const isPaused = (code: ErrorCode | null | undefined): boolean => code === 'paused';

export const MAX_ATTEMPTS = 4;

/**
 * Decides what follows a finished run.
 * @param attempt 1 for the first try of this phase round
 */
export function afterRun(ended: RunEnd, attempt: number, nowMs: number): AfterRun {
  const last = attempt >= MAX_ATTEMPTS;
  switch (ended.kind) {
    case 'completed':
      return { do: 'go_on' };
    case 'asked':
      return {
        do: 'await_answer',
        itemIds: ended.itemIds ?? [ended.itemId],
        permission: ended.permission === true,
      };
    case 'wait':
      return { do: 'again', delayMs: Math.max(1_000, ended.untilMs - nowMs) };
    case 'retry':
      return last
        ? ask('model_failing', `The model kept failing (${words(ended.reason)}). Try again in a while.`)
        : { do: 'again', delayMs: ended.backoffMs * 2 ** (attempt - 1) };
    case 'interrupted':
      if (ended.reason === 'stopped')
        return ask('paused', `Paused by ${actorWords(ended.by ?? YOU)}. Resume continues from here.`);
      if (ended.reason === 'silent')
        return ask(
          'silent',
          'The agent hung without a word and was stopped. Look at its output, then retry.',
        );
      // Somebody said something in the very moment the turn ended: the next run hears it.
      if (ended.reason === 'steered') return { do: 'again', delayMs: 0 };
      // The next run stands in the queue, which gives no slot before everything is resumed.
      if (ended.reason === 'all_paused') return { do: 'again', delayMs: 0 };
      return last
        ? ask('lost', 'The agent was lost four times in a row. Look at its output, then retry.')
        : { do: 'again', delayMs: 500 * attempt };
    case 'limit':
      return ask(ended.reason, LIMITS[ended.reason]);
    case 'failed':
      return ask(ended.reason, FAILURES[ended.reason], ended.detail);
  }
}

const ask = (code: ErrorCode, sentence: string, detail = ''): AfterRun => ({
  do: 'ask_human',
  code,
  sentence,
  detail,
});

const LIMITS: Record<LimitReason, string> = {
  day: "Today's limit for all agents is spent. Raise it in Settings and retry, or retry tomorrow.",
  project_day:
    "Today's limit for this project is spent. Raise it with the project and retry, or retry tomorrow.",
  week: "This week's limit for all agents is spent. Raise it in Settings and retry, or retry on Monday.",
  month:
    "This month's limit for all agents is spent. Raise it in Settings and retry, or retry in the next month.",
  project_week:
    "This week's limit for this project is spent. Raise it with the project and retry, or retry on Monday.",
  project_month:
    "This month's limit for this project is spent. Raise it with the project and retry, or retry in the next month.",
  turns: 'The agent used all its turns. Retry goes on from where it stopped.',
  budget: 'The budget of this task is spent. Raise it and retry, or cancel.',
  disk: 'The sandbox used more disk than it may, so the run was ended. Retry starts in a fresh place from the last checkpoint; MAINLOOP_SANDBOX_DISK_MIB raises the limit.',
  time: 'The agent ran out of time. Retry goes on from where it stopped.',
};

const FAILURES: Record<FailReason, string> = {
  auth: 'The model refused our key. Check ANTHROPIC_API_KEY, then retry.',
  billing: 'The account of the model key has no credit left. Top it up, then retry.',
  model: 'The model of this task does not exist for this key. Choose another one in the project, then retry.',
  context: 'The conversation grew too long for the model. Retry starts a fresh session with the plan.',
  startup: 'Claude Code did not start. The output below says why.',
  execution: 'Claude Code stopped in the middle of its work. The output below says why.',
  api: 'The model refused the request. The output below says why.',
  workspace:
    'The repository could not be cloned into the sandbox. Check that it exists and has a first commit.',
  setup_command:
    'The set-up command of this project failed. Its output is below; fix the command in the project, then retry.',
  workflow_file:
    'What WORKFLOW.md of this repository asks for did not work. The details are below; fix it on the default branch, then retry.',
  setup: 'The sandbox could not be prepared on this machine.',
  exposed:
    'The sandbox is not closed, so the agent was not started. The details say what it could reach and why that may be.',
};

/** @param step name of the activity, in camel case: "ensureDraftPr" */
export const tookTooLong = (step: string): string =>
  `A step took too long and was given up: ${step.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)}. Retry tries it again.`;

/** @param stage of the task's workflow: "fix_ci" */
export const unexpected = (stage: string): string =>
  `mainloop ran into something it did not expect (${words(stage)}). Retry goes on from there.`;

const words = (reason: string): string => reason.replaceAll('_', ' ');
