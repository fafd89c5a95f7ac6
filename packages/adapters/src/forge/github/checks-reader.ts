// All that GitHub tells of one commit: check runs, suites, workflow runs, statuses, and the rules of the
// branch it is meant for.
import type { Octokit } from '@octokit/rest';
import {
  ACTIONS,
  NOT_HERE,
  type CheckRun,
  type CheckSuite,
  type CommitStatus,
  type RequiredCheck,
} from '@mainloop/models/flow/ci/verdict';
import { faultIn, type CheckFault } from '@mainloop/models/flow/ci/faults';
import type { SeenChecks } from '../port.ts';
import { isStatus } from './errors.ts';

type Kit = Octokit & { paginate: Octokit['paginate'] };
interface Name {
  readonly owner: string;
  readonly repo: string;
}
/** A page of GitHub's lists. */
const PAGE = 100;
/** Rules change seldom, and a pull request is looked at often. */
const RULES_MS = 5 * 60_000;
/** GitHub's id for "any app" in a rule. */
const ANY_APP = -1;
const MAX_SUMMARY_CHARS = 500;
/** Of so many failed jobs is asked what stands beside them: one that failed by itself decides for all. */
const MAX_ANNOTATED = 10;
/** So many answers about jobs that have ended are kept. */
const MAX_FAULTS = 1_000;

export interface ChecksReader {
  listChecks(at: Name, sha: string, base: string): Promise<SeenChecks>;
  rerun(at: Name, sha: string): Promise<number>;
}

/**
 * Reads what GitHub says of a commit: checks, statuses, workflow runs, and which of them a branch asks for.
 * @returns a reader that keeps the rules of branches for a while
 */
export function checksReader(kit: Kit): ChecksReader {
  const rules = new Map<string, { untilMs: number; found: Promise<Readable<RequiredCheck[]>> }>();
  const rulesOf = (at: Name, base: string): Promise<Readable<RequiredCheck[]>> => {
    const key = `${at.owner}/${at.repo} ${base}`;
    const known = rules.get(key);
    if (known !== undefined && known.untilMs > Date.now()) return known.found;
    const found = readRules(kit, at, base);
    rules.set(key, { untilMs: Date.now() + RULES_MS, found });
    // One that failed is asked for anew by the next look.
    found.catch(() => rules.delete(key));
    return found;
  };
  const faultOf = faultReader(kit);
  return {
    async listChecks(at, sha, base) {
      const [runs, checks, suites, statuses, required] = await Promise.all([
        mayRead('workflow runs', [], () => workflowRuns(kit, at, sha)),
        mayRead('checks', null, () =>
          kit.paginate(kit.checks.listForRef, { ...at, ref: sha, filter: 'all', per_page: PAGE }),
        ),
        mayRead('check suites', null, () =>
          kit.paginate(kit.checks.listSuitesForRef, { ...at, ref: sha, per_page: PAGE }),
        ),
        allStatuses(kit, at, sha),
        rulesOf(at, base),
      ]);
      const runOf = new Map(runs.found.map((r) => [r.suite, r]));
      const faults = await faultsOf(at, checks.found ?? [], faultOf);
      return {
        checks:
          checks.found === null
            ? await jobsOf(kit, at, runs.found)
            : checks.found.map((check) =>
                checkOf(check, runOf.get(check.check_suite?.id ?? 0)?.workflow ?? null, faults),
              ),
        suites:
          suites.found === null
            ? runs.found.map(suiteOf)
            : suites.found.map((suite): CheckSuite => {
                const run = runOf.get(suite.id);
                return {
                  id: suite.id,
                  app: suite.app?.slug ?? '',
                  workflow: run?.workflow ?? null,
                  status: suite.status,
                  conclusion: suite.conclusion,
                  attempt: run?.attempt ?? null,
                  url: run?.url ?? null,
                  createdAt: suite.created_at,
                };
              }),
        statuses,
        required: required.found,
        unreadable: [checks, suites, runs, required].flatMap((x) => x.unreadable),
      };
    },

    async rerun(at, sha) {
      const { found: runs } = await mayRead('workflow runs', [], () => workflowRuns(kit, at, sha));
      const newest = new Map(runs.toSorted((a, b) => a.suite - b.suite).map((r) => [r.workflow, r]));
      let asked = 0;
      for (const run of newest.values()) {
        // It was run again already: by an earlier try that was not answered, or by somebody else.
        if ((run.attempt ?? 1) > 1) {
          asked++;
          continue;
        }
        if (run.conclusion === null || !AGAIN.has(run.conclusion)) continue;
        const again = { ...at, run_id: run.id };
        const whole = !PARTLY.has(run.conclusion);
        if (
          await isTaken(() =>
            whole ? kit.actions.reRunWorkflow(again) : kit.actions.reRunWorkflowFailedJobs(again),
          )
        )
          asked++;
      }
      return asked;
    },
  };
}

type Found = Awaited<ReturnType<Kit['checks']['listForRef']>>['data']['check_runs'][number];

const checkOf = (
  check: Found,
  workflow: string | null,
  faults: ReadonlyMap<number, CheckFault>,
): CheckRun => ({
  id: check.id,
  app: check.app?.slug ?? '',
  appId: check.app?.id ?? null,
  suite: check.check_suite?.id ?? 0,
  workflow,
  name: check.name,
  status: check.status,
  conclusion: check.conclusion,
  url: check.html_url,
  summary: summaryOf(check.output.title, check.output.summary),
  notHere: check.external_id === NOT_HERE,
  ...(faults.has(check.id) ? { fault: faults.get(check.id)! } : {}),
  startedAt: check.started_at,
  completedAt: check.completed_at,
});

type FaultOf = (at: Name, check: number) => Promise<CheckFault | null>;
interface Ended {
  readonly id: number;
  readonly conclusion: string | null;
  readonly app: { readonly slug?: string } | null;
  readonly output: { readonly annotations_count: number };
}

/** What is written beside a job that has ended stays as it is, and is asked for once. */
function faultReader(kit: Kit): FaultOf {
  const known = new Map<number, Promise<CheckFault | null>>();
  const read: FaultOf = async (at, id) => {
    const annotations = await mayRead('annotations', [], async () => {
      const asked = { ...at, check_run_id: id, per_page: PAGE };
      return (await kit.checks.listAnnotations(asked)).data;
    });
    return faultIn(annotations.found.map((a) => a.message ?? ''));
  };
  return (at, id) => {
    const found = known.get(id) ?? read(at, id);
    known.set(id, found);
    if (known.size > MAX_FAULTS) known.delete(known.keys().next().value!);
    found.catch(() => known.delete(id));
    return found;
  };
}

/** @returns by the id of the check, those that the forge ended itself */
async function faultsOf(
  at: Name,
  checks: readonly Ended[],
  faultOf: FaultOf,
): Promise<Map<number, CheckFault>> {
  const asked = checks
    .filter((c) => c.app?.slug === ACTIONS && c.conclusion === 'failure' && c.output.annotations_count > 0)
    .slice(0, MAX_ANNOTATED);
  const found = await Promise.all(asked.map(async ({ id }) => [id, await faultOf(at, id)] as const));
  return new Map(found.flatMap(([id, fault]) => (fault === null ? [] : [[id, fault]])));
}

const AGAIN = new Set(['cancelled', 'stale', 'timed_out', 'startup_failure', 'failure']);
/** Of these some jobs may have passed. */
const PARTLY = new Set(['cancelled', 'timed_out', 'failure']);

interface Readable<T> {
  readonly found: T;
  readonly unreadable: readonly string[];
}

/** What a token may not see is told and left out; anything else that goes wrong goes up. */
async function mayRead<T, U>(what: string, without: U, read: () => Promise<T>): Promise<Readable<T | U>> {
  try {
    return { found: await read(), unreadable: [] };
  } catch (err) {
    if (!isClosed(err)) throw err;
    return { found: without, unreadable: [what] };
  }
}

/** Refused by its rights. GitHub says 404 where it hides something. */
const isClosed = (err: unknown): boolean => isStatus(err, 403, 404);

async function isTaken(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (err) {
    // It may not be run again, or not by us: the person is told. What may pass goes up and is tried again.
    if (isClosed(err) || [409, 422].includes((err as { status?: number }).status ?? 0)) return false;
    throw err;
  }
}

interface Run {
  readonly id: number;
  readonly suite: number;
  readonly workflow: string;
  readonly attempt: number | null;
  readonly status: string | null;
  readonly conclusion: string | null;
  readonly url: string;
  readonly createdAt: string;
}

async function workflowRuns(kit: Kit, at: Name, sha: string): Promise<Run[]> {
  const runs = await kit.paginate(kit.actions.listWorkflowRunsForRepo, {
    ...at,
    head_sha: sha,
    per_page: PAGE,
  });
  return runs.map((run) => ({
    id: run.id,
    suite: run.check_suite_id ?? run.id,
    workflow: `${run.path.replace(/@.*$/, '')} on ${run.event}`,
    attempt: run.run_attempt ?? null,
    status: run.status,
    conclusion: run.conclusion,
    url: run.html_url,
    createdAt: run.created_at,
  }));
}

const suiteOf = (run: Run): CheckSuite => ({
  id: run.suite,
  app: ACTIONS,
  workflow: run.workflow,
  status: run.status,
  conclusion: run.conclusion,
  attempt: run.attempt,
  url: run.url,
  createdAt: run.createdAt,
});

/** For tokens that may read Actions and no checks. */
async function jobsOf(kit: Kit, at: Name, runs: readonly Run[]): Promise<CheckRun[]> {
  const checks: CheckRun[] = [];
  for (const run of runs)
    for (const j of await kit.paginate(kit.actions.listJobsForWorkflowRun, {
      ...at,
      run_id: run.id,
      filter: 'all',
      per_page: PAGE,
    }))
      checks.push({
        id: j.id,
        app: ACTIONS,
        appId: null,
        suite: run.suite,
        workflow: run.workflow,
        name: j.name,
        status: j.status,
        conclusion: j.conclusion,
        url: j.html_url,
        summary: '',
        notHere: false,
        startedAt: j.started_at,
        completedAt: j.completed_at,
      });
  return checks;
}

/** Page by page by hand: octokit does not take this answer for a list. */
async function allStatuses(kit: Kit, at: Name, sha: string): Promise<CommitStatus[]> {
  const statuses: CommitStatus[] = [];
  for (let page = 1; ; page++) {
    const { data } = await kit.repos.getCombinedStatusForRef({ ...at, ref: sha, per_page: PAGE, page });
    for (const status of data.statuses)
      statuses.push({
        id: status.id,
        context: status.context,
        state: status.state,
        url: status.target_url,
        summary: summaryOf(status.description),
        at: status.created_at,
      });
    if (data.statuses.length < PAGE) return statuses;
  }
}

/** What the branch's protection and its rulesets require. Both may be read by whoever may read the branch. */
async function readRules(kit: Kit, at: Name, base: string): Promise<Readable<RequiredCheck[]>> {
  const [branch, rules] = await Promise.all([
    mayRead(
      'protection of the branch',
      null,
      async () => (await kit.repos.getBranch({ ...at, branch: base })).data,
    ),
    mayRead('rules of the branch', [], () =>
      kit.paginate(kit.repos.getBranchRules, { ...at, branch: base, per_page: PAGE }),
    ),
  ]);
  const checks = branch.found?.protection?.required_status_checks;
  const named = checks?.checks ?? checks?.contexts.map((context) => ({ context, app_id: null })) ?? [];
  const ruled = rules.found.flatMap((rule) =>
    rule.type === 'required_status_checks' ? (rule.parameters?.required_status_checks ?? []) : [],
  );
  return {
    found: [
      ...named.map((c) => ({ name: c.context, appId: anyApp(c.app_id) })),
      ...ruled.map((c) => ({ name: c.context, appId: anyApp(c.integration_id) })),
    ],
    unreadable: [...branch.unreadable, ...rules.unreadable],
  };
}

const anyApp = (id: number | null | undefined): number | null => (id === ANY_APP ? null : (id ?? null));
const summaryOf = (...parts: (string | null | undefined)[]): string =>
  parts
    .filter((p) => typeof p === 'string' && p !== '')
    .join('\n')
    .slice(0, MAX_SUMMARY_CHARS);
