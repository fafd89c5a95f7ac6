// Three tasks of one repository, approved at once: two that do not touch each other, and one that writes what
// the first writes.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let stack: Stack;
const R = 'local/train';
const dir = path.join(mkdtempSync('/tmp/train-repo-'), 'train');

beforeAll(async () => {
  const story = path.join(mkdtempSync('/tmp/train-story-'), 'story.yaml');
  writeFileSync(story, STORY);
  stack = await startStack({ MAINLOOP_DEMO_SCRIPT: story, LOCAL_GITHUB_USERS: 'toky=you' });
  mkdirSync(path.join(dir, '.github/workflows'), { recursive: true });
  // Red on a main that lacks what an earlier merge brought, and on a conflict that nobody has resolved.
  const test = 'test -z "$(grep -rl "^<<<<<<<" . --include=*.txt)" && ls *.txt';
  const ci = {
    on: 'push',
    jobs: { t: { 'runs-on': 'ubuntu-latest', steps: [{ uses: 'actions/checkout@v4' }, { run: test }] } },
  };
  writeFileSync(path.join(dir, '.github/workflows/ci.yml'), JSON.stringify(ci));
  writeFileSync(path.join(dir, 'first.txt'), 'first\n');
  writeFileSync(path.join(dir, 'shared.txt'), 'shared\n');
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: dir,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  await stack.call('addProject', { body: { source: dir } });
});
afterAll(() => stack?.stop());

interface Event {
  readonly seq: number;
  readonly type: string;
  readonly payload: Record<string, unknown>;
}
interface Run {
  readonly head_sha: string;
  readonly head_branch: string;
  readonly status: string;
  readonly conclusion: string | null;
}
const events = (id: string): Promise<Event[]> => stack.call('listEvents', { id });
async function forge<T>(route: string): Promise<T> {
  const response = await fetch(`${stack.github}/repos/${R}${route}`, {
    headers: { authorization: 'token toky' },
  });
  if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<T>;
}
async function spawn(name: string): Promise<string> {
  await stack.call('sendMessage', { body: { text: `case ${name}` } });
  const proposal = await until(`a proposal for ${name}`, async () =>
    (await stack.call('listProposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await stack.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest } })).taskId;
}

test('all end merged in the order in which they joined, and main is green after every merge', async () => {
  const ids = [await spawn('one'), await spawn('two'), await spawn('three')];
  const reviews = await until(
    'all three to be ready',
    async () => {
      const open = (await stack.call('listInbox')).filter((i) => i.kind === 'review');
      return open.length === 3 ? ids.map((id) => open.find((i) => i.taskId === id)!) : null;
    },
    300_000,
  );
  for (const review of reviews)
    await stack.call('decide', { id: review.id, body: { decision: 'merge', text: '' } });
  // Approved within a moment, they join in whatever order the log has.
  await Promise.all(
    ids.map((id) =>
      until(`${id} to be in the train`, async () =>
        (await events(id)).find((e) => e.type === 'train.joined'),
      ),
    ),
  );
  expect((await Promise.all(ids.map((id) => walkToEnd(stack, id)))).map((t) => t.state)).toEqual([
    'done',
    'done',
    'done',
  ]);

  const told = await Promise.all(ids.map(events));
  const seqs = (of: Event[], type: string): number[] => of.filter((e) => e.type === type).map((e) => e.seq);
  // One approval each. Of the two that write the same file the one that joined later was joined with its base by
  // its agent when its turn had come, in its place.
  const [one, two, three] = told as [Event[], Event[], Event[]];
  const late = seqs(one, 'train.joined')[0]! < seqs(three, 'train.joined')[0]! ? three : one;
  for (const of of told) {
    expect(of.filter((e) => e.type === 'train.left').map((e) => e.payload.how)).toEqual(['merged']);
    expect(seqs(of, 'train.joined')).toHaveLength(1);
  }
  const repairs = (of: Event[]): Event[] =>
    of.filter((e) => e.type === 'run.started' && e.payload.phase === 'fix_ci');
  expect([one, two, three].filter((of) => repairs(of).length > 0)).toEqual([late]);
  const byPlace = [...told].sort((a, b) => seqs(a, 'train.joined')[0]! - seqs(b, 'train.joined')[0]!);
  const mergedAt = byPlace.map((es) => seqs(es, 'pr.merged')[0]!);
  expect([...mergedAt].sort((a, b) => a - b)).toEqual(mergedAt);
  // The base was merged into the second of them, and CI ran again, before it went.
  const second = byPlace
    .filter((es) => es !== late)[1]!
    .filter(
      (event) =>
        event.type === 'branch.seen' ||
        (event.type === 'ci.verdict' && event.payload.verdict === 'green') ||
        event.type === 'pr.merged',
    );
  expect(second.map((e) => e.type).slice(-3)).toEqual(['branch.seen', 'ci.verdict', 'pr.merged']);

  const runs = await until(
    'CI on main',
    async () => {
      const { workflow_runs: all } = await forge<{ workflow_runs: Run[] }>(
        '/actions/runs?branch=main&per_page=50',
      );
      const shas = new Set(all.map((r) => r.head_sha));
      return shas.size >= 3 && all.every((r) => r.status === 'completed') ? all : null;
    },
    120_000,
  );
  expect(runs.map((r) => r.conclusion).filter((c) => c !== 'success')).toEqual([]);
  execFileSync('git', ['fetch', '-q', `${stack.github}/${R}.git`, 'main'], { cwd: dir });
  const show = (what: string): string =>
    execFileSync('git', ['show', `FETCH_HEAD:${what}`], { cwd: dir, encoding: 'utf8' });
  expect([show('shared.txt'), show('two.txt')]).toEqual(['shared\none\nthree\n', 'two\n']);
}, 900_000);

const STORY = `
version: 1
chat:
  - when: '^case (\\w+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: ${R}, title: "Case {{1}}", prompt: do it, skipPlan: true } }
      - text: ok
agent:
  - when: '(?=.*Task: Case (one|three))(?=.*# Phase: fix_ci)'
    steps:
      - bash: git fetch -q origin; git merge -q origin/main; printf 'shared\\none\\nthree\\n' > shared.txt; git add -A; git commit -qm "Merge main"; git push 2>&1 | tail -2
      - text: brought it in
  - when: '(?=.*Task: Case two)(?=.*# Phase: implement)'
    steps:
      - bash: echo two > two.txt; git add -A; git commit -qm "Two"; git push 2>&1 | tail -2
      - text: pushed
  - when: '(?=.*Task: Case (one|three))(?=.*# Phase: implement)'
    steps:
      - bash: echo {{1}} >> shared.txt; git add -A; git commit -qm "{{1}}"; git push 2>&1 | tail -2
      - text: pushed
  - when: '.'
    steps: [{ text: I did nothing. }]
`;
