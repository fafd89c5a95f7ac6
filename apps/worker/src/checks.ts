// How the checks of a commit stand, told once and the same to whoever asks: the CI loop, the review, the
// merge, the repair.
import { setTimeout } from 'node:timers/promises';
import { ForgeError, isRetryable, type Forge, type PullInfo } from '@mainloop/adapters/forge/port';
import { findFailures, findPushedAt } from '@mainloop/models/db/forge/effects';
import { append, appendOnce } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { ciJudged, forgeUnreadable } from '@mainloop/models/events/forge';
import { ciVerdict, wordOf, type CiVerdict, type NamedCheck } from '@mainloop/models/flow/ci/verdict';
import { sayUnreadable } from '@mainloop/models/flow/ci/unreadable';
import {
  failureOf,
  isAllRefused,
  reportOnCi,
  type CiReport,
  type Failure,
  type Situation,
} from '@mainloop/models/flow/ci/report';
import type { Effect } from './effects.ts';

const LOG_BYTES = 2 * 1024 * 1024;
/** Of how many red checks the log is read. */
const MAX_LOGS = 3;
const MAX_FAILURES = 20;
/** Of so many jobs is kept what they said. */
const MAX_SAID = 500;
/** So many checks are kept by name. */
const MAX_NAMES = 50;
/** Until then the forge may not show yet that it runs something again. */
const RERUN_SETTLE_MS = 60_000;

export interface ChecksDeps {
  readonly db: Db;
  readonly forge: Pick<Forge, 'listChecks' | 'ensureRerun' | 'jobLog'>;
  readonly effect: Effect;
  readonly patienceMs: number;
  /** How jobs of commits failed that changes are from, by the job: what one has said stays. */
  readonly said: Map<string, string>;
}

/** @returns the verdict; what the token may not see of it is told in the story, once for each repository */
export async function readVerdict(
  { db, forge }: Pick<ChecksDeps, 'db' | 'forge'>,
  task: TaskRow,
  sha: string,
): Promise<CiVerdict> {
  const { unreadable, ...facts } = await forge.listChecks(task.repo, sha, task.defaultBranch);
  await appendOnce(
    db,
    unreadable.map((name) =>
      forgeUnreadable.new({
        taskId: task.id,
        actor: 'mainloop',
        key: { repo: task.repo },
        payload: { sentence: sayUnreadable([name]) },
      }),
    ),
    task.ownerId,
  );
  return ciVerdict(facts, Date.now());
}

/**
 * Looks at the checks of a commit, writes the verdict down, and asks for one more run of what nobody can
 * blame on the code.
 * @param redSha the commit that the last repair was about; null without one
 */
export async function lookAtChecks(
  deps: ChecksDeps,
  task: TaskRow,
  input: {
    readonly sha: string;
    readonly pull: PullInfo | null;
    readonly round: number;
    readonly redSha: string | null;
  },
): Promise<{ verdict: CiVerdict; told: CiReport }> {
  const { db, patienceMs } = deps;
  const verdict = await readVerdict(deps, task, input.sha);
  const { outcome, passed, failed, pending, names } = verdict;
  const failures = outcome.is === 'red' ? await failuresOf(deps, task, input.sha, outcome.failed) : [];
  const word = wordOf(outcome);
  await withTx(db, (tx) =>
    append(
      tx,
      [
        ciJudged.new({
          taskId: task.id,
          actor: 'mainloop',
          key: { names: failures.map((f) => f.name).join() },
          payload: {
            sha: input.sha,
            round: input.round,
            verdict: word,
            outcome: outcome.is,
            passed,
            failed,
            pending,
            ...(names.passed.length > 0 ? { green: names.passed.slice(0, MAX_NAMES) } : {}),
            ...(names.notRun.length > 0 ? { notRun: names.notRun.slice(0, MAX_NAMES) } : {}),
            ...(failures.length > 0 ? { failures } : {}),
          },
        }),
      ],
      task.ownerId,
    ),
  );
  const pull = stateOf(input.pull);
  const situation: Situation = {
    sha: input.sha,
    pull,
    failures,
    repaired:
      input.redSha === null
        ? null
        : { sha: input.redSha, failures: (await findFailures(db, task.id, input.redSha)) ?? [] },
    base: await onBase(deps, task, input.pull, failures),
    rerun:
      outcome.is === 'infrastructure' && pull === 'open' && !isAllRefused(outcome.troubled)
        ? await rerunOnce(deps, task, input.sha)
        : 'not_yet',
    since: ((await findPushedAt(db, task.id, input.sha)) ?? new Date()).toISOString(),
    nowMs: Date.now(),
    patienceMs,
  };
  return { verdict, told: reportOnCi(verdict, situation) };
}

/** How the same checks failed on the commit that the change is from; its logs are read only where all of them did. */
async function onBase(
  { db, forge, said }: ChecksDeps,
  task: TaskRow,
  pull: PullInfo | null,
  now: readonly Failure[],
): Promise<Situation['base']> {
  if (pull === null || now.length === 0) return null;
  const sha = pull.baseSha;
  const { outcome } = await readVerdict({ db, forge }, task, sha);
  if (outcome.is !== 'red') return null;
  const names = new Set(now.map((f) => f.name));
  const same = outcome.failed.filter((check) => names.has(check.name));
  // No more logs than were read of the change: of what has none nobody knows how it failed.
  if (same.length < names.size || same.length > MAX_LOGS) return null;
  const failures = same.map(async ({ name, url, job, summary }): Promise<Failure> => {
    const key = `${task.repo} ${job}`;
    const log = job === null ? '' : (said.get(key) ?? failureOf(await logOf(forge, task.repo, job)));
    if (said.size >= MAX_SAID) said.clear();
    if (log !== '') said.set(key, log);
    return { name, url, message: log || failureOf(summary) };
  });
  return { sha, failures: await Promise.all(failures) };
}

function stateOf(pull: PullInfo | null): CiReport['pull'] {
  if (pull?.merged === true) return 'merged';
  return pull?.state ?? 'open';
}

async function rerunOnce(
  { forge, effect }: ChecksDeps,
  task: TaskRow,
  sha: string,
): Promise<Situation['rerun']> {
  const { asked, atMs } = await effect(task, { kind: 'rerun', of: sha }, async () => ({
    ...(await forge.ensureRerun(task.repo, sha)),
    atMs: Date.now(),
  }));
  if (asked === 0) return 'refused';
  return Date.now() - atMs < RERUN_SETTLE_MS ? 'settling' : 'done';
}

/** Logs are read once for each verdict: looking again costs nothing. */
async function failuresOf(
  { db, forge }: ChecksDeps,
  task: TaskRow,
  sha: string,
  failed: readonly NamedCheck[],
): Promise<Failure[]> {
  const known = new Map((await findFailures(db, task.id, sha))?.map((f) => [f.name, f]));
  const failures: Failure[] = [];
  for (const [n, check] of failed.slice(0, MAX_FAILURES).entries()) {
    const log =
      known.has(check.name) || check.job === null || n >= MAX_LOGS
        ? ''
        : await logOf(forge, task.repo, check.job);
    const message = failureOf(log) || failureOf(check.summary);
    failures.push(known.get(check.name) ?? { name: check.name, url: check.url, message });
  }
  return failures;
}

/** How long a forge that starts anew, or a store of logs that stumbles, is waited for. */
const LOG_WAITS_MS = [1_000, 4_000, 10_000] as const;

/**
 * A log is a help and no condition, but the reason that a person and the agent are told is in it.
 * @param job its number at the forge
 * @param waitsMs between the tries at what is only away
 * @returns the end of the log; '' where it can't be had
 */
export async function logOf(
  forge: Pick<Forge, 'jobLog'>,
  repo: string,
  job: number,
  waitsMs: readonly number[] = LOG_WAITS_MS,
): Promise<string> {
  for (const waitMs of [...waitsMs, null])
    try {
      return await forge.jobLog(repo, job, LOG_BYTES);
    } catch (err) {
      const isAway = !(err instanceof ForgeError) || isRetryable(err.kind);
      if (!isAway || waitMs === null) return '';
      await setTimeout(waitMs);
    }
  return '';
}
