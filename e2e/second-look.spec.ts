// A second look: another agent reads the change before the person does, its author works through what was found,
// and the person decides with what is left.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openBrowser, openPage, visit } from '@mainloop/testkit/browser';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let stack: Stack;
let browser: Browser;
const dir = path.join(mkdtempSync('/tmp/second-look-'), 'till');
const R = 'local/till';
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `second-look-${name}.png`);
const git = (...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], { cwd: dir, encoding: 'utf8' });

let projectId: string;
beforeAll(async () => {
  const story = path.join(mkdtempSync('/tmp/second-look-story-'), 'story.yaml');
  writeFileSync(story, STORY);
  stack = await startStack({ MAINLOOP_DEMO_SCRIPT: story, CI_GRACE_SECONDS: '2' });
  mkdirSync(path.join(dir, 'src'), { recursive: true });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(dir, 'src/till.ts'), 'export const sum = (all: number[]) => 0;\n');
  git('add', '-A');
  git('commit', '-qm', 'first');
  projectId = (await stack.call('addProject', { body: { source: dir } })).id;
  await stack.call('changeProject', { id: projectId, body: { secondLook: true, verifyCommand: 'true' } });
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function spawn(name: string): Promise<string> {
  await stack.call('sendMessage', { body: { text: `case ${name}` } });
  const proposal = await until(`a proposal for ${name}`, async () =>
    (await stack.call('listProposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await stack.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest } })).taskId;
}
/** Four agents work one after the other before it is there. */
const reviewOf = (id: string) =>
  until(
    'the review',
    async () => (await stack.call('listInbox')).find((i) => i.taskId === id && i.kind === 'review'),
    300_000,
  );
/** Which phases a task has had, oldest first. */
async function phasesOf(taskId: string): Promise<string[]> {
  const { runs } = await stack.call('getTask', { id: taskId });
  return runs.map((run) => run.phase);
}

test('what it finds goes to the author, who answers; it looks again, and the person sees what is left', async () => {
  const id = await spawn('sum');
  await reviewOf(id);
  expect(await phasesOf(id)).toEqual(['implement', 'second_look', 'address_review', 'second_look']);
  const comments = await stack.call('listComments', { id });
  expect(
    comments.map(({ via, weight, path: at, line, answer }) => ({ via, weight, at, line, answer })),
  ).toEqual([
    { via: 'look', weight: 'must', at: 'src/till.ts', line: 2, answer: 'It begins at 0 now.' },
    { via: 'look', weight: 'note', at: null, line: null, answer: null },
  ]);
  // It is a reader: what it pushed never came to the branch, and nobody on the forge was asked for anything.
  const { prNumber } = await stack.call('getTask', { id });
  const ask = async (route: string): Promise<unknown> => {
    const headers = { authorization: `token ${stack.githubToken}` };
    return (await fetch(`${stack.github}/repos/${R}${route}`, { headers })).json();
  };
  expect(JSON.stringify(await ask(`/issues/${prNumber}/comments`))).not.toContain('counted twice');
  const log = (await ask(`/pulls/${prNumber}/commits`)) as { commit: { message: string } }[];
  expect(log.map((commit) => commit.commit.message)).toEqual(['Add up', 'Begin at 0']);
});

(hasBrowser ? test : test.skip)(
  'at both sizes: the card says what it came to, and the change shows what was found at its line',
  async () => {
    const id = await spawn('other');
    await reviewOf(id);
    for (const size of ['phone', 'desktop'] as const) {
      const { page, complaints } = await openPage(browser, size);
      await visit(page, `${stack.web}/inbox`);
      const card = page.getByRole('article').filter({ hasText: 'Case other' }).first();
      await card.getByText('A second look found nothing; left from before: 1 note').waitFor();
      await card.getByText(/ of \$\d+\.\d\d · Second look \$0\.\d\d/).waitFor();
      await page.screenshot({ path: shot(`card-${size}`), fullPage: true });
      await visit(page, `${stack.web}/task/${id}/changes`);
      const finding = page.getByRole('article').filter({ hasText: 'The first price is counted twice' });
      await finding.getByText('must change').waitFor();
      await finding.getByText('It begins at 0 now.').waitFor();
      await page.getByText('for you to know').waitFor();
      await page.screenshot({ path: shot(`change-${size}`), fullPage: true });
      await visit(page, `${stack.web}/task/${id}`);
      await page.getByText('The second look found: 1 must, 1 note.').waitFor();
      await page.getByText('The second look found nothing.').waitFor();
      await page.getByText(/opus-5-5 · \$.* · Second look \$0\.\d\d · /).waitFor();
      await page.screenshot({ path: shot(`task-${size}`), fullPage: true });
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  },
);

test('a project that wants none has none', async () => {
  await stack.call('changeProject', { id: projectId, body: { secondLook: false } });
  const id = await spawn('plain');
  await reviewOf(id);
  expect(await phasesOf(id)).toEqual(['implement']);
});

const STORY = `
version: 1
chat:
  - when: '^case (\\w+)'
    steps:
      - text: Here.
        tool: { name: spawn_task, input: { project: ${R}, title: "Case {{1}}", prompt: "Add up the prices.", skipPlan: true } }
      - text: On the card.
agent:
  - when: '# Phase: implement'
    steps:
      - bash: |
          printf 'export const sum = (all: number[]) =>\\n  all.reduce((a, b) => a + b, all[0] ?? 0); // '$RANDOM'\\n' > src/till.ts
          git commit -qam "Add up"; git push 2>&1 | tail -2
      - text: Added up.
  - when: '# Phase: second_look.*What was found before.*It begins at 0 now'
    steps:
      - bash: git diff origin/main...HEAD
      - text: It begins at 0 now.
  - when: '# Phase: second_look'
    steps:
      - bash: mainloop find must "The first price is counted twice. [1, 2] gives 4, and 3 would be right." --at src/till.ts:2
      - bash: mainloop find note "Prices are numbers, not cents."
      - bash: echo "// mine" >> src/till.ts; git commit -qam Meddle; git push 2>&1 | tail -3; git reset -q --hard HEAD~1
      - text: Two findings.
  - when: '# Phase: address_review.*Comment (\\S+) from an agent'
    steps:
      - bash: |
          sed -i 's/all.0. .. 0/0/' src/till.ts; git commit -qam "Begin at 0"; git push 2>&1 | tail -2
          mainloop reply "{{1}}" "It begins at 0 now."
      - text: Answered.
`;
