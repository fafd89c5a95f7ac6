// Ten tasks that write at the same place of one file: how soon each of them knows that its base has moved from
// under it, by webhook alone, and how long they take through the merge train next to the CI that none can spare.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until, type Stack } from '../packages/testkit/src/stack.ts';
import type { TaskEvent } from '../packages/testkit/src/story.ts';
import { quantile, result, type Result } from './lib.ts';

const REPO = 'local/ride';
const TASKS = 10;
/** A check that waits takes as long on a busy machine as on an idle one. */
const CI_SECONDS = 20;
const MAX_OF_CI = 1.3;
const MAX_KNOWN_S = 5;
const PATIENCE_MS = 20 * 60_000;

/** A long pause between looks of the poller: what is known here in time is known by webhook. */
export const TRAIN_ENV = { FORGE_POLL_SECONDS: '600', LOCAL_GITHUB_USERS: 'toky=you' };

export async function benchTrain(stack: Stack): Promise<Result[]> {
  const dir = path.join(mkdtempSync('/tmp/bench-train-'), 'ride');
  const git = (...a: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  mkdirSync(path.join(dir, '.github/workflows'), { recursive: true });
  writeFileSync(path.join(dir, '.github/workflows/ci.yml'), JSON.stringify(WORKFLOW));
  writeFileSync(path.join(dir, 'notes.txt'), 'first\n');
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'first');
  await stack.call('addProject', { body: { source: dir } });
  const ids: string[] = [];
  for (let n = 1; n <= TASKS; n++) ids.push(await confirm(stack, n));
  await until('all to be ready', async () => (await reviews(stack)).length === TASKS, PATIENCE_MS, 500);

  const movedMs = Date.now();
  writeFileSync(path.join(dir, 'notes.txt'), 'first\nby a colleague\n');
  git('commit', '-qam', 'A colleague');
  git('push', '-q', stack.github.replace('//', '//x:toky@') + `/${REPO}.git`, 'HEAD:main');
  const known = await Promise.all(ids.map(async (id) => (await conflictAfter(stack, id, movedMs)) - movedMs));
  await until('all to be ready again', async () => (await reviews(stack)).length === TASKS, PATIENCE_MS, 500);

  const startedMs = Date.now();
  let isOver = false;
  const person = approveAll(stack, () => isOver);
  await until(
    'all to be merged',
    async () =>
      (await Promise.all(ids.map((id) => stack.call('getTask', { id })))).every((t) => t.state === 'done'),
    PATIENCE_MS,
    500,
  );
  isOver = true;
  await person;
  const told = await Promise.all(ids.map((id) => stack.call('listEvents', { id })));
  rmSync(path.dirname(dir), { recursive: true, force: true });
  return rideResults(told, startedMs, known, await ciSeconds(stack));
}

function rideResults(
  told: readonly (readonly TaskEvent[])[],
  startedMs: number,
  knownMs: readonly number[],
  ran: ReadonlyMap<string, number>,
): Result[] {
  const mergedMs = told.map((events) => timeOf(events.find((e) => e.type === 'pr.merged')!));
  const wall = (Math.max(...mergedMs) - startedMs) / 1000;
  // What was looked at last before each was merged: nobody merges without that.
  const ci = told
    .map((events) => events.findLast((e) => e.type === 'ci.verdict' && e.payload.verdict === 'green')!)
    .reduce((sum, event) => sum + (ran.get(event.payload.sha as string) ?? Number.NaN), 0);
  const known = quantile(knownMs, 0.95) / 1000;
  const count = (is: (event: TaskEvent) => boolean): number =>
    told.flatMap((events) => events.filter((e) => timeOf(e) >= startedMs && is(e))).length;
  const repairs = count((e) => e.type === 'run.started');
  const approvals = count((e) => e.type === 'train.joined');
  return [
    result(
      'base moved to conflict known by webhook, p95 of ten tasks',
      known,
      's',
      null,
      `at most ${MAX_KNOWN_S} s`,
      known <= MAX_KNOWN_S,
    ),
    result(
      'ten conflicting tasks through the merge train',
      wall,
      's',
      ci,
      `at most ${MAX_OF_CI}x the sum of their CI`,
      wall <= ci * MAX_OF_CI,
    ),
    result('  of it runs of the agent', repairs, 'runs', null, 'reported', true),
    result('  of it approvals', approvals, 'approvals', null, 'reported', true),
  ];
}

const timeOf = (event: Pick<TaskEvent, 'at'>): number => new Date(event.at).getTime();

async function confirm(stack: Stack, n: number): Promise<string> {
  await stack.call('sendMessage', { body: { text: `ride ${n}` } });
  const proposal = await until('a proposal', async () =>
    (await stack.call('listProposals')).find((p) => p.title === `Ride ${n}`),
  );
  return (await stack.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest } })).taskId;
}

const reviews = async (stack: Stack) =>
  (await stack.call('listInbox')).filter((item) => item.kind === 'review');

/** @returns when the task was told that it conflicts, in milliseconds of the clock */
async function conflictAfter(stack: Stack, id: string, sinceMs: number): Promise<number> {
  const event = await until(
    `${id} to know of its conflict`,
    async () =>
      (await stack.call('listEvents', { id })).find(
        (e) =>
          timeOf(e) >= sinceMs &&
          e.type === 'inbox.closed' &&
          `${e.payload.why as string}`.includes('conflicts'),
      ),
    PATIENCE_MS,
    500,
  );
  return timeOf(event);
}

/** The person, who approves whatever is offered as soon as it is. */
async function approveAll(stack: Stack, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    for (const item of await reviews(stack))
      // One that is gone meanwhile is offered again.
      await stack
        .call('decide', { id: item.id, body: { decision: 'merge', text: '' } })
        .catch(() => undefined);
    await new Promise((r) => setTimeout(r, 250));
  }
}

interface WorkflowRun {
  readonly head_sha: string;
  readonly run_started_at: string;
  readonly updated_at: string;
  readonly created_at: string;
}

/** @returns how long CI took on each commit, from its creation on */
async function ciSeconds(stack: Stack): Promise<Map<string, number>> {
  const took = new Map<string, number>();
  for (let page = 1; ; page++) {
    const response = await fetch(`${stack.github}/repos/${REPO}/actions/runs?per_page=100&page=${page}`, {
      headers: { authorization: 'token toky' },
    });
    const { workflow_runs: runs } = (await response.json()) as { workflow_runs: WorkflowRun[] };
    for (const run of runs)
      took.set(run.head_sha, (Date.parse(run.updated_at) - Date.parse(run.created_at)) / 1000);
    if (runs.length < 100) return took;
  }
}

const WORKFLOW = {
  on: { push: { 'branches-ignore': ['main'] } },
  jobs: {
    check: {
      'runs-on': 'ubuntu-latest',
      steps: [
        { uses: 'actions/checkout@v4' },
        { run: `! grep -n "^<<<<<<<" notes.txt && sleep ${CI_SECONDS}` },
      ],
    },
  },
};

export const TRAIN_STORY = `
version: 1
chat:
  - when: '^ride (\\d+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: ${REPO}, title: 'Ride {{1}}', prompt: do it, skipPlan: true } }
      - text: ok
agent:
  - when: '# Phase: fix_ci'
    steps:
      - bash: git fetch -q origin; git merge -q origin/main || { sed -i -E '/^(<<<<<<<|=======|>>>>>>>)/d' notes.txt; git commit -qam 'Merge main'; }; git push 2>&1 | tail -2
      - text: brought it in
  - when: '(?=.*Task: Ride (\\d+))(?=.*# Phase: implement)'
    steps:
      - bash: echo 'by {{1}}' >> notes.txt; git commit -qam 'Ride {{1}}'; git push 2>&1 | tail -2
      - text: pushed
  - when: '.'
    steps: [{ text: I did nothing. }]
`;
