// WORKFLOW.md of a repository: what it says reaches the real agent, and its hooks run in the sandbox around it.
import { expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dir, items, output, s, spawn } from './stage.ts';

const FILE = (beforeRun: string): string => `---
hooks:
  after_create: echo created >> .git/created
  before_run: ${beforeRun}
  after_run: echo "after $(git log -1 --format=%s)"
mainloop:
  prompts:
    done: The house is clean.
---
The house rule of {{ issue.title }}.
`;

test('WORKFLOW.md of the default branch rules a task: its hooks run in the sandbox, and its prompts reach the agent', async () => {
  const ruled = path.join(path.dirname(dir), 'ruled');
  mkdirSync(ruled);
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: ruled,
      stdio: 'ignore',
    });
  const commit = (beforeRun: string): void => {
    writeFileSync(path.join(ruled, 'WORKFLOW.md'), FILE(beforeRun));
    git('add', '-A');
    git('commit', '-q', '-m', 'Rule');
  };
  git('init', '-q', '-b', 'main');
  commit('echo not yet; exit 9');
  const { id: project } = await s.call('addProject', { body: { source: ruled } });
  await s.call('changeProject', { id: project, body: { verifyCommand: 'test -e made.txt' } });
  const id = await spawn('ruled');
  const failure = await until('the failure', async () => (await items(id)).find((i) => i.kind === 'failure'));
  expect(failure.title).toMatch(/^What WORKFLOW\.md of this repository asks for did not work/);
  expect(failure.body).toContain('hooks.before_run of WORKFLOW.md ended with exit 9.');
  expect(failure.body).toContain('not yet');
  // What was repaired counts for the next run, at once.
  commit('echo prepared >> .git/prepared');
  await s.call('decide', { id: failure.id, body: { decision: 'retry' } });
  expect((await walkToEnd(s, id)).state).toBe('done');
  const printed = await output(id);
  expect(printed).toContain('found created prepared');
  expect(printed).toContain('after Make it');
});
