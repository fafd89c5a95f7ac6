// A folder of the user's own as a project, and the proposal that sets one up.
import { expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { walkToEnd } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { items, output, printed, projectId, s, spawn } from './stage.ts';

test('init-repo is a card like any other, and does nothing by itself', async () => {
  const { proposalId } = await s.call('initProject', { id: projectId, body: { parts: ['ci', 'database'] } });
  const card = (await s.call('listProposals')).find((p) => p.id === proposalId);
  expect(card?.title).toBe('Set up CI, previews and a database for each preview');
  expect(card?.prompt).toContain('.github/workflows/preview.yml');
  await s.call('declineProposal', { id: proposalId });
  await expect(s.call('POST', `/api/projects/${projectId}/init`, { parts: ['world'] })).rejects.toThrow(
    /400/,
  );
});

test('a folder of mine: its commits and tags are there for the next task, its files stay its own, and one command brings the work back', async () => {
  const own = path.join(mkdtempSync('/tmp/agent-own-'), 'channel');
  mkdirSync(own);
  const git = (...a: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: own,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(own, 'TASK.md'), 'Mine.\n');
  git('add', '-A');
  git('commit', '-qm', 'first');
  const add = () => s.call('addProject', { body: { source: own } });
  const project = await add();
  expect(project).toMatchObject({ repo: 'local/channel-2', localPath: own, look: { outcome: 'added' } });
  git('commit', '-q', '--allow-empty', '-m', 'said after it was added');
  git('tag', 'v1.2.0');
  const id = await spawn('own');
  await until('the gate of a repository without CI', async () => {
    const gate = (await items(id)).find((i) => i.kind === 'gate');
    return gate && s.call('decide', { id: gate.id, body: { decision: 'allow' } });
  });
  expect((await walkToEnd(s, id)).state).toBe('done');
  const out = await output(id);
  expect(out).toContain('stands on v1.2.0, said after it was added');
  expect(out).toContain('the brief is do it');

  // Worked on at both ends, nothing starts from half of it; the words of the refusal are the way out.
  git('commit', '-q', '--allow-empty', '-m', 'meanwhile');
  const next = await spawn('own');
  const refused = await until('the refusal', async () =>
    (await items(next)).find((i) => i.kind === 'failure'),
  );
  const command = /Run (git .*) and then Retry\./.exec(refused.title)?.[1] ?? refused.title;
  execFileSync('sh', ['-c', command], {
    cwd: '/',
    env: {
      ...process.env,
      GIT_AUTHOR_NAME: 'x',
      GIT_AUTHOR_EMAIL: 'x@x',
      GIT_COMMITTER_NAME: 'x',
      GIT_COMMITTER_EMAIL: 'x@x',
    },
    stdio: 'pipe',
  });
  expect(readFileSync(path.join(own, 'made.txt'), 'utf8')).toBe('made\n');
  expect(readFileSync(path.join(own, 'TASK.md'), 'utf8')).toBe('Mine.\n');
  await s.call('decide', { id: refused.id, body: { decision: 'retry' } });
  await printed(next, 'the brief is do it');
  await s.call('cancelTask', { id: next });
  expect((await add()).look).toEqual({ outcome: 'unchanged', commits: 0 });
});
