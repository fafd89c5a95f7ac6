// What WORKFLOW.md comes to in the prompt of a run, and what happens to a run whose template can't be filled in.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { getRun } from '@mainloop/models/db/runs/runs';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import type { Workflow } from '@mainloop/models/flow/projects/workflow-file';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { runActivities, type RunDeps } from './activities/run.activities.ts';
import { workflowPrompt } from './workflow-prompt.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

const keep = (file: Workflow): Promise<unknown> =>
  database.db.query("update projects set workflow = $1 where id = 'pr-1'", [
    JSON.stringify({ digest: 'd', problem: '', file }),
  ]);
/** Of the default branch; null: it can't be asked. */
let merged: string | null = null;
const forge = {
  findNow: async (full: string) => ({ full, isArchived: false, defaultBranch: 'main' }),
  getRepo: async (full: string) => {
    if (merged === null) throw new ForgeError('unavailable', 'away');
    return {
      full,
      defaultBranch: 'main',
      cloneUrl: '',
      empty: false,
      tip: 'c1',
      canPush: true,
      isInOurWay: false,
    };
  },
  listFiles: async () => ({ files: [], isWhole: true }),
  readText: async () => (merged === '' ? null : merged),
};
const activities = () => runActivities({ db: database.db, forge } as unknown as RunDeps);
const prepare = async (taskId: string, n = 1) => {
  const prepared = await activities().prepareRun({
    taskId,
    n,
    phase: 'implement',
    context: { answered: [] },
  });
  return { prepared, run: (await getRun(database.db, prepared.runId))! };
};

test('the template and the prompts of the phases reach the prompt of the run', async () => {
  await keep({
    given: {
      'mainloop.prompts.done': 'make check is green on {{ mainloop.base }}.',
      'mainloop.prompts.plan': 'Not now.',
    },
    template:
      'You work on {{ issue.title }} ({{ issue.priority }}){% if attempt %}, attempt {{ attempt }}{% endif %}.',
  });
  const taskId = await seedTask(database.db, 'told');
  const { title } = await getTask(database.db, taskId);
  const { run } = await prepare(taskId);
  expect(run.prompt).toContain(`\`\`\`workflow\nYou work on ${title} (3).\n\`\`\`\n`);
  expect(run.prompt).toMatch(/\n```workflow\nmake check is green on main\.\n```$/);
  expect(run.prompt).not.toContain('Not now.');
});

test('each phase has its own prompt, and a later run its attempt', async () => {
  await keep({
    given: { 'mainloop.prompts.plan': 'Plan {{ issue.state }}.', 'mainloop.prompts.review': 'Answer.' },
    template: '{{ attempt }}',
  });
  const task = await getTask(database.db, await seedTask(database.db, 'phases'));
  const says = async (phase: 'plan' | 'fix_ci' | 'address_review', n: number) => {
    const prompt = await workflowPrompt({ db: database.db, forge }, task, { phase, n }, 'main');
    return [prompt.told.says, prompt.told.phase];
  };
  expect(await says('plan', 1)).toEqual(['', 'Plan plan.']);
  expect(await says('fix_ci', 2)).toEqual(['1', '']);
  expect(await says('address_review', 5)).toEqual(['4', 'Answer.']);
  expect(
    await workflowPrompt(
      { db: database.db, forge },
      { ...task, workflow: null },
      { phase: 'plan', n: 1 },
      'main',
    ),
  ).toEqual({
    told: { says: '', phase: '', done: '' },
    problem: null,
  });
});

test('a template that can not be filled in fails its run alone, before it has a sandbox, with the line and column', async () => {
  // As a file that an earlier version of us took for a good one.
  await keep({ given: {}, template: 'Do it.\n{{ issue.nobody }}' });
  const taskId = await seedTask(database.db, 'half');
  const { prepared, run } = await prepare(taskId);
  expect(prepared.slot).toEqual({ got: true, ahead: 0 });
  expect(run).toMatchObject({
    state: 'ended',
    outcome: {
      kind: 'failed',
      reason: 'workflow_file',
      detail:
        "The prompt of WORKFLOW.md can't be filled in. Line 2, column 4: undefined variable: issue.nobody",
    },
  });
  // A worker that died before it was written down asks again.
  expect((await prepare(taskId)).prepared).toEqual(prepared);
  await keep({ given: {}, template: 'Do it.' });
  expect((await prepare(taskId, 2)).run).toMatchObject({ state: 'starting' });
});

test('what was merged a moment ago counts for the next run, and what can not be used does not', async () => {
  await keep({ given: {}, template: 'As before.' });
  const taskId = await seedTask(database.db, 'fresh');
  const told = async (text: string | null, n: number): Promise<string> => {
    merged = text;
    return (await prepare(taskId, n)).run.prompt;
  };
  expect(await told(null, 1)).toContain('```workflow\nAs before.\n');
  expect(await told('As merged.', 2)).toContain('```workflow\nAs merged.\n');
  expect(await told('{{ nobody }}', 3)).toContain('```workflow\nAs merged.\n');
  expect(await told('', 4)).not.toContain('workflow');
});
