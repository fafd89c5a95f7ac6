// Pull requests that somebody closes, and repositories that lack something or move: the task goes on, or asks
// one question.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { NO_CI, walkToEnd, type Item, type Task, type TaskEvent } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let stack: Stack;
const work = mkdtempSync('/tmp/odd-repositories-');

beforeAll(async () => {
  const story = path.join(work, 'story.yaml');
  writeFileSync(story, STORY);
  stack = await startStack({
    MAINLOOP_DEMO_SCRIPT: story,
    CI_GRACE_SECONDS: '2',
    LOCAL_GITHUB_USERS: 'toky=you',
  });
});
afterAll(() => stack?.stop());

const detail = (id: string): Promise<Task> => stack.call('getTask', { id });
const events = (id: string): Promise<TaskEvent[]> => stack.call('listEvents', { id });
const told = async (id: string, type: string): Promise<TaskEvent[]> =>
  (await events(id)).filter((e) => e.type === type);
const itemOf = async (id: string, kind: Item['kind']): Promise<Item | undefined> =>
  (await stack.call('listInbox')).find((i) => i.taskId === id && i.kind === kind);
const inState = (id: string, state: string): Promise<Task> =>
  until(`${id} to be ${state}`, async () => {
    const task = await detail(id);
    return task.state === state ? task : null;
  });

/** By the hand of a person who may write. */
async function forge<T>(method: string, route: string, body?: unknown): Promise<T> {
  const response = await fetch(`${stack.github}/repos/${route}`, {
    method,
    headers: { authorization: 'token toky', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<T>;
}
interface Pull {
  readonly state: string;
  readonly draft: boolean;
  readonly merged: boolean;
  readonly head: { readonly sha: string; readonly ref: string };
}

/** @param how `folder`: added as a folder of this machine; `name`: as a repository that only the forge has */
async function project(name: string, how: 'folder' | 'name' = 'folder'): Promise<string> {
  const dir = path.join(work, name);
  mkdirSync(dir);
  execFileSync('git', ['init', '-q', '-b', 'main', dir]);
  const author = ['-c', 'user.name=x', '-c', 'user.email=x@x'];
  execFileSync('git', [...author, 'commit', '-q', '--allow-empty', '-m', 'first'], { cwd: dir });
  const full = `local/${name}`;
  if (how === 'name') await stack.arrangeForge('import', { full, folder: dir, branch: 'main' });
  await stack.call('addProject', { body: { source: how === 'name' ? full : dir } });
  await until(`${full} to be there`, async () =>
    (await stack.call('listProjects')).some((p) => p.repo === full),
  );
  return full;
}

/** @param word the kind of task: `planned`, or one that begins at once @param repo by its name, without its owner */
async function spawn(word: string, repo: string): Promise<string> {
  const title = `Case ${word} in ${repo}`;
  await stack.call('sendMessage', { body: { text: `case ${word} in ${repo}` } });
  const card = await until(`a proposal for ${title}`, async () =>
    (await stack.call('listProposals')).find((x) => x.title === title),
  );
  return (await stack.call('confirmProposal', { id: card.id, body: { digest: card.digest } })).taskId;
}
/** Nothing checks what is done here, and the person says go on. */
const inReview = (id: string): Promise<Item> =>
  until('the review', async () => {
    const gate = await itemOf(id, 'gate');
    if (gate && NO_CI.test(gate.title))
      await stack
        .call('decide', { id: gate.id, body: { decision: 'allow', text: '' } })
        .catch(() => undefined);
    return itemOf(id, 'review');
  });

test('a pull request that is closed and opened again in a moment: nobody is asked, nothing is lost; closed for good: asked once, and the branch stays as long as it is wanted', async () => {
  const R = await project('closing');
  const id = await spawn('closed', 'closing');
  const review = await inReview(id);
  const n = (await detail(id)).prNumber!;
  const { ref } = (await forge<Pull>('GET', `${R}/pulls/${n}`)).head;
  await forge('PATCH', `${R}/pulls/${n}`, { state: 'closed' });
  await until('the closing to be told', async () => (await told(id, 'pr.closed')).length === 1);
  await forge('PATCH', `${R}/pulls/${n}`, { state: 'open' });
  await until('the opening to be told', async () => (await told(id, 'pr.reopened')).length === 1);
  expect([await itemOf(id, 'pr_closed'), (await itemOf(id, 'review'))?.id]).toEqual([undefined, review.id]);
  expect((await detail(id)).state).toBe('in_review');

  await forge('PATCH', `${R}/pulls/${n}`, { state: 'closed' });
  const asked = await until('the question', () => itemOf(id, 'pr_closed'), 180_000);
  expect(asked.title).toBe('you closed the pull request.');
  // The branch is never gone before somebody said so.
  await forge('GET', `${R}/branches/${ref}`);
  await stack.call('decide', { id: asked.id, body: { decision: 'keep', text: '' } });
  await inState(id, 'cancelled');
  await forge('GET', `${R}/branches/${ref}`);
  expect((await forge<Pull>('GET', `${R}/pulls/${n}`)).state).toBe('closed');
});

test('closed while CI runs, which then fails: no repair is paid; opened again, it is repaired and merged', async () => {
  const R = await project('spending');
  // Until that has reported CI is pending.
  await stack.arrangeForge('rules', { full: R, rules: { required: ['late'] } });
  const id = await spawn('late', 'spending');
  const n = (
    await until('a draft', async () => {
      const task = await detail(id);
      return task.phase === 'ci' && task.prNumber !== null ? task : null;
    })
  ).prNumber!;
  const head = async (): Promise<string> => (await forge<Pull>('GET', `${R}/pulls/${n}`)).head.sha;
  const sha = await head();
  const paid = async (): Promise<readonly [runs: number, microusd: number]> => {
    const { runs, costMicrousd } = await detail(id);
    return [runs.length, costMicrousd];
  };
  const before = await paid();
  await forge('PATCH', `${R}/pulls/${n}`, { state: 'closed' });
  await until('the closing to be told', async () => (await told(id, 'pr.closed')).length === 1);
  await forge('POST', `${R}/statuses/${sha}`, { state: 'failure', context: 'late', description: 'It broke' });
  const asked = await until('the question', () => itemOf(id, 'pr_closed'), 180_000);
  expect(await paid()).toEqual(before);

  await stack.call('decide', { id: asked.id, body: { decision: 'reopen', text: '' } });
  await until('the repair', async () => (await head()) !== sha, 180_000);
  expect((await forge<Pull>('GET', `${R}/pulls/${n}`)).state).toBe('open');
  expect((await detail(id)).runs.filter((r) => r.phase === 'fix_ci')).toHaveLength(1);
  await forge('POST', `${R}/statuses/${await head()}`, { state: 'success', context: 'late' });
  expect((await walkToEnd(stack, id)).state).toBe('done');
}, 600_000);

test('a repository without drafts and without issues: the plan is decided in the app, said once, and the change is merged', async () => {
  const R = await project('lacking');
  await stack.arrangeForge('rules', { full: R, rules: { without: ['drafts', 'issues'] } });
  const id = await spawn('planned', 'lacking');
  await inState(id, 'awaiting_plan');
  const said = (await told(id, 'forge.unreadable')).map((e) => e.payload.sentence);
  expect(said).toEqual(['This repository has no issues, so the plan is only here.']);
  expect((await detail(id)).issueNumber).toBeNull();
  const plan = (await itemOf(id, 'plan'))!;
  await stack.call('decide', { id: plan.id, body: { decision: 'approve', text: '' } });
  await inReview(id);
  const n = (await detail(id)).prNumber!;
  expect(await forge<Pull>('GET', `${R}/pulls/${n}`)).toMatchObject({ draft: false, state: 'open' });
  expect((await walkToEnd(stack, id, NO_CI)).state).toBe('done');
  expect(await forge<Pull>('GET', `${R}/pulls/${n}`)).toMatchObject({ merged: true });
});

test('a repository that is renamed in mid-review and then given to another owner: what is open is merged there, the next task begins there', async () => {
  const R = await project('moving', 'name');
  const [id, other] = [await spawn('kept', 'moving'), await spawn('other', 'moving')];
  await inReview(id);
  await inReview(other);
  const n = (await detail(id)).prNumber!;
  await forge('PATCH', R, { name: 'moved' });
  // Said under the new name, heard by the task under the old one.
  await forge('POST', `local/moved/issues/${n}/comments`, { body: 'Please say it louder.' });
  await until('the comment to be worked on', async () =>
    (await detail(id)).runs.some((r) => r.phase === 'address_review' && r.state === 'ended'),
  );
  expect((await told(id, 'project.renamed')).map((e) => [e.payload.before, e.payload.repo])).toEqual([
    [R, 'local/moved'],
  ]);
  expect((await walkToEnd(stack, id, NO_CI)).state).toBe('done');
  expect(await forge<Pull>('GET', `local/moved/pulls/${n}`)).toMatchObject({ merged: true });

  await forge('POST', 'local/moved/transfer', { new_owner: 'acme' });
  expect((await walkToEnd(stack, other, NO_CI)).state).toBe('done');
  const last = await spawn('kept', 'moved');
  expect((await walkToEnd(stack, last, NO_CI)).state).toBe('done');
  expect((await told(last, 'project.renamed')).map((e) => e.payload.repo)).toEqual(['acme/moved']);
  expect(await forge<Pull>('GET', `acme/moved/pulls/${(await detail(last)).prNumber!}`)).toMatchObject({
    merged: true,
  });
}, 600_000);

const STORY = `
version: 1
chat:
  - when: '^case planned in (\\w+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: "local/{{1}}", title: "Case planned in {{1}}", prompt: do it } }
      - text: ok
  - when: '^case (\\w+) in (\\w+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: "local/{{2}}", title: "Case {{1}} in {{2}}", prompt: do it, skipPlan: true } }
      - text: ok
agent:
  - when: '# Phase: plan'
    steps:
      - text: "## Problem analysis\\nNothing\\n## Proposed approach\\n-\\n## Implementation plan\\n1. do it"
  - when: '(?=.*Task: Case (\\w+))(?=.*# Phase: (implement|address_review|fix_ci))'
    steps:
      - bash: date +%N >> notes-{{1}}; git add -A; git commit -qm "A note"; git push 2>&1 | tail -2
      - text: pushed
  - when: '.'
    steps: [{ text: I did nothing. }]
`;
