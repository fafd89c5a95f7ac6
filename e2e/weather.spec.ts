// Bad weather: each fault ends in one clear sentence in the right place, and "Retry" goes on.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { NO_CI, walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let stack: Stack;
beforeAll(async () => {
  const story = path.join(mkdtempSync('/tmp/weather-'), 'story.yaml');
  writeFileSync(story, STORY);
  stack = await startStack({ MAINLOOP_DEMO_SCRIPT: story, CI_GRACE_SECONDS: '5' });
});
afterAll(() => stack?.stop());

interface Failure {
  id: string;
  kind: string;
  title: string;
  body: string;
  taskId: string | null;
}
interface Call {
  rule: string;
  about: string;
  fault: string | null;
  ended: string;
}

async function spawn(name: string, edits: object = {}): Promise<string> {
  await stack.call('sendMessage', { body: { text: `case ${name}` } });
  const proposal = await until(`a proposal for ${name}`, async () =>
    (await stack.call('listProposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await stack.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest, edits } }))
    .taskId;
}
const failureOf = (taskId: string, but = ''): Promise<Failure> =>
  until('a failure', async () =>
    (await stack.call('listInbox')).find((i) => i.taskId === taskId && i.kind === 'failure' && i.id !== but),
  );
/** The model's own list of calls: what it was asked for a case, and which fault it answered with. */
const callsOf = async (name: string): Promise<Call[]> =>
  ((await (await fetch(`${stack.model}/_requests`)).json()) as Call[]).filter(
    (c) => c.about.includes(`Task: Case ${name}\n`) || c.about === name,
  );
const faultsOf = async (name: string): Promise<string[]> =>
  (await callsOf(name)).flatMap((c) => c.fault ?? []);
const refusalsOf = async (taskId: string): Promise<string[]> =>
  (await stack.call('listEvents', { id: taskId }))
    .filter((e) => e.type === 'push.refused')
    .map((e) => String(e.payload.reason));
/** What the agent printed in all runs of a task. */
async function outputOf(taskId: string): Promise<string> {
  const task = await stack.call('getTask', { id: taskId });
  return (
    await Promise.all(
      task.runs.map(async (r) => (await stack.call('readOutput', { id: r.id, query: { from: 0 } })).text),
    )
  ).join('\n');
}

const NOTHING_PUSHED = 'Claude ended without pushing anything. Look at its output, then retry.';

// What the model answers with for good, or until it gives way: the person reads one sentence that names it.
test.each([
  ['credit', '400', 'The account of the model key has no credit left. Top it up, then retry.'],
  [
    'model',
    '404',
    'The model of this task does not exist for this key. Choose another one in the project, then retry.',
  ],
  ['key', '401', 'The model refused our key. Check ANTHROPIC_API_KEY, then retry.'],
])(
  'the model answers with a fault, the person reads what it is, and Retry goes on when it is gone: "%s"',
  async (name, fault, sentence) => {
    const id = await spawn(name);
    const failure = await failureOf(id);
    const met = await faultsOf(name);
    expect([failure.title, [...new Set(met)]]).toEqual([sentence, [fault]]);
    // The fault was for so many answers; whatever is left of it meets Retry again, so it is used up first.
    let last = failure;
    for (let tries = 0; last.title === sentence && tries < 4; tries++) {
      await stack.call('decide', { id: last.id, body: { decision: 'retry' } });
      last = await failureOf(id, last.id);
    }
    expect([last.title, (await faultsOf(name)).length]).toEqual([NOTHING_PUSHED, 4]);
  },
);

test.each([
  ['overloaded', ['529', '529'], 'here again'],
  ['cut', ['cut'], 'a text that is long enough to be cut in two'],
])(
  'the model stumbles and comes back: the agent goes on by itself, nobody is asked about it: "%s"',
  async (name, faults, text) => {
    const id = await spawn(name);
    // The story's agent does nothing but say its words, which is what the person reads about.
    expect((await failureOf(id)).title).toBe(NOTHING_PUSHED);
    expect(await faultsOf(name)).toEqual(faults);
    expect(await outputOf(id)).toContain(text);
  },
);

test('a conversation that grew too long is said so, and Retry has a new session with the plan, not the spent one', async () => {
  const id = await spawn('long');
  const plan = await until('the plan', async () =>
    (await stack.call('listInbox')).find((i) => i.taskId === id && i.kind === 'plan'),
  );
  await stack.call('decide', { id: plan.id, body: { decision: 'approve' } });
  const failure = await failureOf(id);
  expect(failure.title).toBe(
    'The conversation grew too long for the model. Retry starts a fresh session with the plan.',
  );
  expect(new Set(await faultsOf('long'))).toEqual(new Set(['400']));
  const met = (await faultsOf('long')).length;
  await stack.call('decide', { id: failure.id, body: { decision: 'retry' } });
  // The model refuses whatever is as long as the spent session, so only a new one gets here.
  await until('the draft', async () => (await stack.call('getTask', { id })).prNumber !== null);
  expect((await faultsOf('long')).length).toBe(met);
  const sessions = path.join(stack.home, 'sandboxes', id, 'work/home/.claude/projects/-work-repo');
  const texts = readdirSync(sessions)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => readFileSync(path.join(sessions, file), 'utf8'));
  expect(texts).toHaveLength(2);
  const fresh = texts.filter((text) =>
    text.includes('This is a new session: the one before grew too long and is closed.'),
  );
  expect(fresh).toHaveLength(1);
  expect([fresh[0]!.includes('Write a small file'), fresh[0]!.includes('noise noise')]).toEqual([
    true,
    false,
  ]);
  await stack.call('cancelTask', { id });
});

test('an agent that ends without a push', async () => {
  const id = await spawn('nopush');
  expect((await failureOf(id)).title).toBe(NOTHING_PUSHED);
  expect([await outputOf(id), await refusalsOf(id)]).toEqual([expect.stringContaining('I did nothing.'), []]);
});

test('an agent that pushes where it may not reads why, and so does the person', async () => {
  const id = await spawn('wrongbranch');
  expect((await failureOf(id)).title).toBe(NOTHING_PUSHED);
  const branch = (await stack.call('getTask', { id })).branch;
  const reason = (tried: string): string => `this task may only push to ${branch}, not ${tried}`;
  expect(await refusalsOf(id)).toEqual([reason('elsewhere'), reason('main')]);
  for (const r of await refusalsOf(id)) expect(await outputOf(id)).toContain(r);
});

test('an agent that deletes its own repository finds it again on the next try', async () => {
  const id = await spawn('deleted');
  const failure = await failureOf(id);
  expect(failure.title).toBe(NOTHING_PUSHED);
  expect(await outputOf(id)).toContain('left 0');
  await stack.call('decide', { id: failure.id, body: { decision: 'retry' } });
  await until('the draft', async () => (await stack.call('getTask', { id })).prNumber !== null);
  await stack.call('cancelTask', { id });
});

test('a budget that is too small for one call: the model is not even asked', async () => {
  const id = await spawn('poor', { budgetCents: 1 });
  expect((await failureOf(id)).title).toBe(
    'The budget of this task is spent. Raise it and retry, or cancel.',
  );
  expect(await callsOf('poor')).toEqual([]);
});

test('a spent budget is raised, and the task goes on', async () => {
  const id = await spawn('poorer', { budgetCents: 1 });
  const failure = await failureOf(id);
  expect(failure.title).toBe('The budget of this task is spent. Raise it and retry, or cancel.');
  expect(await callsOf('poorer')).toEqual([]);
  await stack.call('setBudget', { id, body: { budgetCents: 500 } });
  await stack.call('decide', { id: failure.id, body: { decision: 'retry' } });
  expect((await failureOf(id, failure.id)).title).toBe(NOTHING_PUSHED);
  expect((await callsOf('poorer')).length).toBeGreaterThan(0);
});

test.each([
  [
    'of all agents',
    (cents: number | null) => stack.call('changeSettings', { body: { dayBudgetCents: cents } }),
  ],
  [
    'of the project',
    async (cents: number | null) => {
      const tally = (await stack.call('listProjects')).find((p) => p.repo === 'demo/tally')!;
      await stack.call('changeProject', { id: tally.id, body: { dayBudgetCents: cents } });
    },
  ],
])(
  'a limit for the day, %s, that is spent lets new work wait; without it the task goes on by itself',
  async (_, limit) => {
    // Something is spent today.
    await failureOf(await spawn('poorer', {}));
    await limit(1);
    const asked = (await callsOf('poorer')).length;
    const id = await spawn('poorer', {});
    await until(
      'its agent to wait for its turn',
      async () => (await stack.call('getPause', {})).queued === 1,
    );
    expect((await stack.call('listInbox')).filter((item) => item.taskId === id)).toEqual([]);
    expect((await callsOf('poorer')).length).toBe(asked);
    await limit(null);
    expect((await failureOf(id)).title).toBe(NOTHING_PUSHED);
    expect((await callsOf('poorer')).length).toBeGreaterThan(asked);
  },
);

test('a repository without CI never counts as green: the person says to go on', async () => {
  const dir = path.join(mkdtempSync('/tmp/weather-repo-'), 'noci');
  execFileSync('git', ['init', '-q', '-b', 'main', dir]);
  execFileSync(
    'git',
    ['-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-q', '--allow-empty', '-m', 'first'],
    { cwd: dir },
  );
  await stack.call('addProject', { body: { source: dir } });
  const id = await spawn('noci');
  const f = await until('a gate', async () =>
    (await stack.call('listInbox')).find((i) => i.taskId === id && i.kind === 'gate'),
  );
  expect(f.title).toBe(
    'This repository has no CI, so nothing has checked the change. Allow it to go to review without checks: look closely.',
  );
  // Nobody has said "go on" yet, so the forge still has it as a draft.
  const { prNumber } = await stack.call('getTask', { id });
  const pull = await fetch(`${stack.github}/repos/local/noci/pulls/${prNumber}`, {
    headers: { authorization: `token ${stack.githubToken}` },
  });
  expect(await pull.json()).toMatchObject({ state: 'open', draft: true });
  expect((await walkToEnd(stack, id, NO_CI)).state).toBe('done');
});

test('a hundred megabytes without a newline harm nobody', async () => {
  const id = await spawn('noise');
  expect((await failureOf(id)).title).toBe(NOTHING_PUSHED);
  const text = await outputOf(id);
  // It was there and it was printed, by its own count and by its first letters.
  expect(text).toContain('100000000 of them');
  expect(text).toContain('x'.repeat(1_000));
  expect(text.length).toBeLessThan(1_500_000);
});

test('the chat says it when the model is down', async () => {
  await stack.call('sendMessage', { body: { text: 'storm' } });
  await until('an honest reply', async () =>
    (await stack.call('listMessages')).some(
      (m) => m.role === 'assistant' && m.text.includes('The model is overloaded. Try again in a minute.'),
    ),
  );
  expect(new Set(await faultsOf('storm'))).toEqual(new Set(['529']));
});

test('a comment brings neither HTML nor a script to the page', async () => {
  await stack.call('sendMessage', { body: { text: 'html' } });
  await until('the reply', async () =>
    (await stack.call('listMessages')).some((m) => m.text.includes('and there')),
  );
  const html = await (await fetch(stack.web)).text();
  const page = html.replace(/<script[\s\S]*?<\/script>/g, '');
  // What was said is on the page as text, and nothing of it is an element, an attribute or an address.
  expect(page).toMatch(/Look here:.*&lt;img src=x.*and there/s);
  expect(page).not.toMatch(
    /<img src=x|<[^>]*\bonerror\b|alert\(2\)\s*<\/script|(href|src)\s*=\s*["']?\s*javascript:/i,
  );
});

const STORY = `
version: 1
chat:
  - when: '^case noci'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/noci, title: Case noci, prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^case long'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: demo/tally, title: Case long, prompt: do it } }
      - text: ok
  - when: '^case (\\w+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: demo/tally, title: "Case\\u001b\\n {{1}}", prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^storm'
    steps: [{ text: never, fault: { status: 529, times: 9 } }]
  - when: '^html'
    steps: [{ text: 'Look here: <img src=x onerror=alert(1)> <script>alert(2)</script> [x](javascript:alert(3)) and there' }]
agent:
  - when: 'Task: Case noci'
    steps:
      - bash: echo x > x; git add -A; git commit -qm x; git push 2>&1 | tail -2
      - text: pushed
  - when: 'Task: Case credit'
    steps: [{ text: paid, fault: { status: 400, message: Your credit balance is too low to access the Anthropic API., times: 4 } }]
  - when: 'Task: Case model'
    steps: [{ text: there is one, fault: { status: 404, message: 'model: nope', times: 4 } }]
  - when: 'Task: Case key'
    steps: [{ text: let in, fault: { status: 401, times: 4 } }]
  - when: '# Phase: plan.*Task: Case long'
    steps:
      - bash: printf 'noise %.0s' $(seq 1000)
      - bash: printf 'noise %.0s' $(seq 1001)
      - bash: printf 'noise %.0s' $(seq 1002)
      - bash: printf 'noise %.0s' $(seq 1003)
      - text: "## Problem analysis\\nNone.\\n\\n## Proposed approach\\nWrite a small file.\\n\\n## Implementation plan\\n1. Write a small file."
  - when: '# Phase: implement.*Task: Case long'
    steps:
      - bash: echo x > long; git add -A; git commit -qm long; git push 2>&1 | tail -2
        fault: { status: 400, message: 'prompt is too long: 250000 tokens > 200000 maximum', times: 99, longerThan: 20000 }
      - text: pushed
  - when: 'Task: Case overloaded'
    steps: [{ text: here again, fault: { status: 529, times: 2 } }]
  - when: 'Task: Case cut'
    steps: [{ text: a text that is long enough to be cut in two, fault: { stream: cut, times: 1 } }]
  - when: 'Task: Case wrongbranch'
    steps:
      - bash: git checkout -q -b elsewhere; echo x > x; git add -A; git commit -qm x; git push origin elsewhere 2>&1; git push origin HEAD:main 2>&1
      - text: tried
  - when: 'Task: Case deleted'
    steps:
      - bash: bash ~/once.sh || (echo 'echo x > deleted; git add -A; git commit -qm x; git push 2>&1 | tail -2' > ~/once.sh; find . -mindepth 1 -delete; echo "left $(ls -A | wc -l)")
      - text: gone
  - when: 'Task: Case noise'
    steps:
      - bash: head -c 100000000 /dev/zero | tr '\\0' 'x' > /tmp/noise; echo "$(wc -c < /tmp/noise) of them"; cat /tmp/noise
      - text: that was loud
  - when: '.'
    steps: [{ text: I did nothing. }]
`;
