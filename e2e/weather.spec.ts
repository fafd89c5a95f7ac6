// Bad weather: each fault ends in one clear sentence in the right place, and "Retry" goes on.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let s: Stack;
beforeAll(async () => {
  const story = path.join(mkdtempSync('/tmp/weather-'), 'story.yaml');
  writeFileSync(story, STORY);
  s = await startStack({ MAINLOOP_DEMO_SCRIPT: story, CI_GRACE_SECONDS: '5' });
}, 120_000);
afterAll(() => s?.stop(), 60_000);

interface Failure {
  id: string;
  kind: string;
  title: string;
  body: string;
  taskId: string;
}

async function spawn(name: string, edits: object = {}): Promise<string> {
  await s.call('POST', '/api/chat', { text: `case ${name}` });
  const p = await until(`a proposal for ${name}`, async () =>
    (await s.call<{ id: string; digest: string; title: string }[]>('GET', '/api/proposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await s.call<{ taskId: string }>('POST', `/api/proposals/${p.id}/confirm`, { digest: p.digest, edits })).taskId;
}
const failureOf = (taskId: string): Promise<Failure> =>
  until('a failure', async () => (await s.call<Failure[]>('GET', '/api/inbox')).find((i) => i.taskId === taskId && i.kind === 'failure'), 60_000);

test.each([
  ['nopush', {}, 'Claude ended without pushing anything. Look at its output, then retry.'],
  ['credit', {}, 'The account of the model key has no credit left. Top it up, then retry.'],
  ['model', {}, 'The model of this task does not exist for this key. Choose another one in the project, then retry.'],
  ['long', {}, 'The conversation grew too long for the model. Retry starts a fresh session with the plan.'],
  ['poor', { budgetCents: 1 }, 'The budget of this task is spent. Raise it and retry, or cancel.'],
  ['overloaded', {}, 'Claude ended without pushing anything. Look at its output, then retry.'],
  ['cut', {}, 'Claude ended without pushing anything. Look at its output, then retry.'],
  ['wrongbranch', {}, 'Claude ended without pushing anything. Look at its output, then retry.'],
  ['deleted', {}, 'Claude ended without pushing anything. Look at its output, then retry.'],
])(
  'an agent that meets "%s"',
  async (name, edits, sentence) => {
    const f = await failureOf(await spawn(name, edits));
    expect(f.title).toBe(sentence);
  },
  90_000,
);

test('a wrong key says so, and Retry goes on when it is right again', async () => {
  const id = await spawn('key');
  const f = await failureOf(id);
  expect(f.title).toBe('The model refused our key. Check ANTHROPIC_API_KEY, then retry.');
  await s.call('POST', `/api/inbox/${f.id}`, { decision: 'retry' });
  const next = await until('the next failure', async () =>
    (await s.call<Failure[]>('GET', '/api/inbox')).find((i) => i.taskId === id && i.id !== f.id),
  );
  expect(next.title).toMatch(/without pushing/);
}, 120_000);

test('a spent budget is raised, and the task goes on', async () => {
  const id = await spawn('poorer', { budgetCents: 1 });
  const f = await failureOf(id);
  expect(f.title).toMatch(/budget of this task is spent/);
  await s.call('POST', `/api/tasks/${id}/budget`, { budgetCents: 500 });
  await s.call('POST', `/api/inbox/${f.id}`, { decision: 'retry' });
  const next = await until('the next failure', async () =>
    (await s.call<Failure[]>('GET', '/api/inbox')).find((i) => i.taskId === id && i.id !== f.id),
  );
  expect(next.title).toMatch(/without pushing/);
}, 90_000);

test.each([
  [
    'of all agents',
    (cents: number | null) => s.call('PATCH', '/api/settings', { dayBudgetCents: cents }),
    "Today's limit for all agents is spent. Raise it in Settings and retry, or retry tomorrow.",
  ],
  [
    'of the project',
    async (cents: number | null) => {
      const tally = (await s.call<{ id: string; repo: string }[]>('GET', '/api/projects')).find((p) => p.repo === 'demo/tally')!;
      await s.call('PATCH', `/api/projects/${tally.id}/settings`, { dayBudgetCents: cents });
    },
    "Today's limit for this project is spent. Raise it with the project and retry, or retry tomorrow.",
  ],
])(
  'a limit for the day, %s, holds the next call back; without it the task goes on',
  async (_, limit, sentence) => {
    await limit(1);
    const id = await spawn('poorer', {});
    const f = await failureOf(id);
    expect(f.title).toBe(sentence);
    await limit(null);
    await s.call('POST', `/api/inbox/${f.id}`, { decision: 'retry' });
    const next = await until('the next failure', async () =>
      (await s.call<Failure[]>('GET', '/api/inbox')).find((i) => i.taskId === id && i.id !== f.id),
    );
    expect(next.title).toMatch(/without pushing/);
  },
  90_000,
);

test('a repository without CI never counts as green: the person says to go on', async () => {
  const dir = path.join(mkdtempSync('/tmp/weather-repo-'), 'noci');
  execFileSync('git', ['init', '-q', '-b', 'main', dir]);
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-q', '--allow-empty', '-m', 'first'], { cwd: dir });
  await s.call('POST', '/api/projects', { source: dir });
  const id = await spawn('noci');
  const f = await until(
    'a failure',
    async () => (await s.call<Failure[]>('GET', '/api/inbox')).find((i) => i.taskId === id && i.kind === 'failure'),
    120_000,
  );
  expect(f.title).toMatch(/This repository has no CI/);
  expect((await s.forgeCalls()).some((c) => c.path === '/graphql')).toBe(false);
  expect((await walkToEnd(s, id, 60_000)).state).toBe('done');
}, 200_000);

test('a hundred megabytes without a newline harm nobody', async () => {
  const id = await spawn('noise');
  expect((await failureOf(id)).title).toMatch(/without pushing/);
  const t = await s.call<{ runs: { id: string }[] }>('GET', `/api/tasks/${id}`);
  const o = await s.call<{ text: string }>('GET', `/api/runs/${t.runs[0]!.id}/output?from=0`);
  expect(o.text.length).toBeLessThan(1_500_000);
}, 120_000);

test('the chat says it when the model is down', async () => {
  await s.call('POST', '/api/chat', { text: 'storm' });
  await until(
    'an honest reply',
    async () =>
      (await s.call<{ role: string; text: string }[]>('GET', '/api/chat/messages')).some(
        (m) => m.role === 'assistant' && m.text.includes('The model is overloaded. Try again in a minute.'),
      ),
    60_000,
  );
}, 90_000);

test('a comment brings neither HTML nor a script to the page', async () => {
  await s.call('POST', '/api/chat', { text: 'html' });
  await until('the reply', async () => (await s.call<{ text: string }[]>('GET', '/api/chat/messages')).some((m) => m.text.includes('onerror')));
  const html = await (await fetch(s.web)).text();
  const page = html.replace(/<script[\s\S]*?<\/script>/g, '');
  expect(page).not.toContain('<img src=x');
  expect(page).not.toContain('javascript:');
}, 60_000);

const STORY = `
version: 1
chat:
  - when: '^case noci'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/noci, title: Case noci, prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^case (\\w+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: demo/tally, title: "Case\\u001b\\n {{1}}", prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^storm'
    steps: [{ text: never, fault: { status: 529, times: 9 } }]
  - when: '^html'
    steps: [{ text: '<img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3))' }]
agent:
  - when: 'Task: Case noci'
    steps:
      - bash: echo x > x; git add -A; git commit -qm x; git push 2>&1 | tail -2
      - text: pushed
  - when: 'Task: Case credit'
    steps: [{ text: x, fault: { status: 400, message: Your credit balance is too low to access the Anthropic API., times: 99 } }]
  - when: 'Task: Case model'
    steps: [{ text: x, fault: { status: 404, message: 'model: nope', times: 99 } }]
  - when: 'Task: Case long'
    steps: [{ text: x, fault: { status: 400, message: 'prompt is too long: 250000 tokens > 200000 maximum', times: 99 } }]
  - when: 'Task: Case overloaded'
    steps: [{ text: here again, fault: { status: 529, times: 2 } }]
  - when: 'Task: Case cut'
    steps: [{ text: a text that is long enough to be cut in two, fault: { stream: cut, times: 1 } }]
  - when: 'Task: Case key'
    steps: [{ text: let in, fault: { status: 401, times: 4 } }]
  - when: 'Task: Case wrongbranch'
    steps:
      - bash: git checkout -q -b elsewhere; echo x > x; git add -A; git commit -qm x; git push origin elsewhere 2>&1; git push origin HEAD:main 2>&1
      - text: tried
  - when: 'Task: Case deleted'
    steps:
      - bash: rm -rf .git * .github; ls -la
      - text: gone
  - when: 'Task: Case noise'
    steps:
      - bash: head -c 100000000 /dev/zero | tr '\\0' 'x'
      - text: that was loud
  - when: '.'
    steps: [{ text: I did nothing. }]
`;
