// What is made of GitHub's answers about one commit: what a token may not see, what is run again, what is asked
// once. The answers are a table that a test writes.
import { expect, test } from '@jest/globals';
import { ACTIONS, NOT_HERE } from '@mainloop/models/flow/ci/verdict';
import { checksReader, type ChecksReader } from './checks-reader.ts';

const AT = { owner: 'acme', repo: 'api' };
const TIME = '2026-11-20T10:00:00Z';

/** An answer, or the status with which it is refused. */
type Answer = readonly object[] | object | number;
interface Answers {
  readonly runs?: Answer;
  readonly checks?: Answer;
  readonly suites?: Answer;
  readonly statuses?: readonly object[];
  readonly branch?: Answer;
  readonly rules?: Answer;
  readonly jobs?: Answer;
  readonly annotations?: Answer;
  /** The status of a run that is to be run again. */
  readonly again?: number;
}

function reader(answers: Answers): { reader: ChecksReader; asked: string[] } {
  const asked: string[] = [];
  const answer = (name: string, given: Answer, of?: number) => () => {
    asked.push(of === undefined ? name : `${name} ${of}`);
    if (typeof given === 'number' && given >= 300)
      return Promise.reject(Object.assign(new Error(name), { status: given }));
    return Promise.resolve({ data: given });
  };
  const again = (name: string) => (input: { run_id: number }) =>
    answer(name, answers.again ?? 201, input.run_id)();
  const kit = {
    paginate: async (list: (input: object) => Promise<{ data: unknown }>, input: object) =>
      (await list(input)).data,
    actions: {
      listWorkflowRunsForRepo: answer('runs', answers.runs ?? []),
      listJobsForWorkflowRun: answer('jobs', answers.jobs ?? []),
      reRunWorkflow: again('whole'),
      reRunWorkflowFailedJobs: again('failed jobs'),
    },
    checks: {
      listForRef: answer('checks', answers.checks ?? []),
      listSuitesForRef: answer('suites', answers.suites ?? []),
      listAnnotations: (input: { check_run_id: number }) =>
        answer('annotations', answers.annotations ?? [], input.check_run_id)(),
    },
    repos: {
      getCombinedStatusForRef: ({ page }: { page: number }) =>
        answer(
          'statuses',
          { statuses: (answers.statuses ?? []).slice((page - 1) * 100, page * 100) },
          page,
        )(),
      getBranch: answer('branch', answers.branch ?? {}),
      getBranchRules: answer('rules', answers.rules ?? []),
    },
  };
  return { reader: checksReader(kit as never), asked };
}

const workflowRun = (id: number, over: object = {}): object => ({
  id,
  check_suite_id: 10 + id,
  path: '.github/workflows/a.yml@main',
  event: 'push',
  run_attempt: 1,
  status: 'completed',
  conclusion: 'failure',
  html_url: `https://forge/runs/${id}`,
  created_at: TIME,
  ...over,
});
const checkRun = (id: number, over: object = {}): object => ({
  id,
  app: { slug: ACTIONS, id: 15368 },
  check_suite: { id: 11 },
  name: `job ${id}`,
  status: 'completed',
  conclusion: 'failure',
  html_url: null,
  output: { title: 'Broke', summary: 'It broke.', annotations_count: 0 },
  external_id: '',
  started_at: TIME,
  completed_at: TIME,
  ...over,
});

test('a check has the workflow of its suite, and says of itself where it could not run', async () => {
  const { reader: r } = reader({
    runs: [workflowRun(1)],
    checks: [checkRun(1), checkRun(2, { check_suite: null, app: null, external_id: NOT_HERE })],
  });
  const { checks, unreadable } = await r.listChecks(AT, 'sha', 'main');
  expect(checks).toMatchObject([
    {
      id: 1,
      app: ACTIONS,
      suite: 11,
      workflow: '.github/workflows/a.yml on push',
      summary: 'Broke\nIt broke.',
    },
    { id: 2, app: '', appId: null, suite: 0, workflow: null, notHere: true },
  ]);
  expect([checks[0]!.notHere, unreadable]).toEqual([false, []]);
});

test.each([403, 404])('what a token may not see (%i) is named, and jobs stand for checks', async (status) => {
  const { reader: r } = reader({
    runs: [workflowRun(1)],
    checks: status,
    suites: status,
    branch: status,
    rules: status,
    jobs: [{ id: 5, name: 'test', status: 'queued', conclusion: null, html_url: null, started_at: TIME }],
  });
  const seen = await r.listChecks(AT, 'sha', 'main');
  expect(seen.unreadable).toEqual([
    'checks',
    'check suites',
    'protection of the branch',
    'rules of the branch',
  ]);
  expect(seen.checks).toMatchObject([{ id: 5, suite: 11, workflow: '.github/workflows/a.yml on push' }]);
  expect(seen.suites).toMatchObject([{ id: 11, app: ACTIONS, attempt: 1, conclusion: 'failure' }]);
});

test.each(['checks', 'suites', 'runs', 'rules'] as const)(
  'a forge that is away while %s are read is no right that is missing',
  async (what) => {
    const { reader: r } = reader({ [what]: 502 });
    await expect(r.listChecks(AT, 'sha', 'main')).rejects.toMatchObject({ status: 502 });
  },
);

test('statuses are read page by page until one is not full', async () => {
  const one = (n: number): object => ({
    id: n,
    context: `c${n}`,
    state: 'success',
    target_url: null,
    created_at: TIME,
  });
  const { reader: r, asked } = reader({ statuses: Array.from({ length: 200 }, (_, n) => one(n)) });
  const { statuses } = await r.listChecks(AT, 'sha', 'main');
  expect([statuses.length, asked.filter((a) => a.startsWith('statuses'))]).toEqual([
    200,
    ['statuses 1', 'statuses 2', 'statuses 3'],
  ]);
  expect(statuses[0]).toMatchObject({ summary: '', url: null });
});

test('what is required comes from the protection and from the rules; -1 is any app', async () => {
  const { reader: r } = reader({
    branch: {
      protection: {
        required_status_checks: {
          checks: [
            { context: 'lint', app_id: -1 },
            { context: 'e2e', app_id: 7 },
          ],
        },
      },
    },
    rules: [
      { type: 'deletion' },
      { type: 'required_status_checks', parameters: { required_status_checks: [{ context: 'scan' }] } },
    ],
  });
  expect((await r.listChecks(AT, 'sha', 'main')).required).toEqual([
    { name: 'lint', appId: null },
    { name: 'e2e', appId: 7 },
    { name: 'scan', appId: null },
  ]);
  const old = reader({ branch: { protection: { required_status_checks: { contexts: ['old'] } } } });
  expect((await old.reader.listChecks(AT, 'sha', 'main')).required).toEqual([{ name: 'old', appId: null }]);
});

test('rules are kept for a while for each branch, unless they could not be read', async () => {
  const { reader: r, asked } = reader({});
  for (const base of ['main', 'main', 'next']) await r.listChecks(AT, 'sha', base);
  expect(asked.filter((a) => a === 'rules')).toHaveLength(2);
  const away = reader({ rules: 500 });
  for (let look = 0; look < 2; look++)
    await expect(away.reader.listChecks(AT, 'sha', 'main')).rejects.toMatchObject({ status: 500 });
  expect(away.asked.filter((a) => a === 'rules')).toHaveLength(2);
});

test('what is written beside a failed job is asked for once, of ten of them, and of no other app', async () => {
  const annotated = { output: { title: null, summary: null, annotations_count: 1 } };
  const failed = Array.from({ length: 12 }, (_, n) => checkRun(n + 1, annotated));
  const others = [
    checkRun(20, { ...annotated, app: { slug: 'scanner', id: 1 } }),
    checkRun(21, { ...annotated, conclusion: 'success' }),
    checkRun(22),
  ];
  const words = "The deployment was rejected or didn't satisfy other protection rules.";
  const { reader: r, asked } = reader({ checks: [...others, ...failed], annotations: [{ message: words }] });
  for (let look = 0; look < 2; look++) {
    const { checks } = await r.listChecks(AT, 'sha', 'main');
    expect(checks.filter((c) => c.fault !== undefined).map((c) => c.id)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  }
  expect(asked.filter((a) => a.startsWith('annotations'))).toHaveLength(10);
});

test.each([
  ['failed', { conclusion: 'failure' }, ['failed jobs 1'], 1],
  ['was cancelled', { conclusion: 'cancelled' }, ['failed jobs 1'], 1],
  ['never began', { conclusion: 'startup_failure' }, ['whole 1'], 1],
  ['passed', { conclusion: 'success' }, [], 0],
  ['runs', { status: 'in_progress', conclusion: null }, [], 0],
  ['was run again before', { run_attempt: 2 }, [], 1],
])('a workflow that %s is run again as far as it has to be', async (_, over, asks, taken) => {
  const { reader: r, asked } = reader({ runs: [workflowRun(1, over)] });
  expect(await r.rerun(AT, 'sha')).toBe(taken);
  expect(asked.filter((a) => a !== 'runs')).toEqual(asks);
});

test('of each workflow the newest run goes again', async () => {
  const other = { path: '.github/workflows/b.yml' };
  const { reader: r, asked } = reader({
    runs: [workflowRun(2), workflowRun(1), workflowRun(3, { conclusion: 'success' }), workflowRun(4, other)],
  });
  expect(await r.rerun(AT, 'sha')).toBe(1);
  expect(asked).toEqual(['runs', 'failed jobs 4']);
});

test.each([403, 404, 409, 422])(
  'a run that GitHub refuses to run again (%i) is not counted',
  async (again) => {
    expect(await reader({ runs: [workflowRun(1)], again }).reader.rerun(AT, 'sha')).toBe(0);
  },
);

test('what may pass is tried again by whoever asked', async () => {
  const { reader: r } = reader({ runs: [workflowRun(1)], again: 503 });
  await expect(r.rerun(AT, 'sha')).rejects.toMatchObject({ status: 503 });
  expect(await reader({ runs: 403 }).reader.rerun(AT, 'sha')).toBe(0);
});
