// An agent that waits for permission for long: its session ends, its slot is another's, and the answer takes
// the same session up again. The real Claude Code.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import type { Item } from '@mainloop/testkit/story';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let stack: Stack;
beforeAll(async () => {
  const story = path.join(mkdtempSync('/tmp/waiting-story-'), 'story.yaml');
  writeFileSync(story, STORY);
  stack = await startStack({ MAINLOOP_DEMO_SCRIPT: story, PERMISSION_PATIENCE_SECONDS: '3' });
  const dir = path.join(mkdtempSync('/tmp/waiting-repo-'), 'waiting');
  mkdirSync(dir);
  writeFileSync(path.join(dir, 'readme'), 'x\n');
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: dir,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  const { id } = await stack.call('addProject', { body: { source: dir } });
  await stack.call('changeProject', { id, body: { permissions: 'ask', findSetup: false, maxRuns: 1 } });
});
afterAll(() => stack?.stop());

async function spawn(name: string): Promise<string> {
  await stack.call('sendMessage', { body: { text: `case ${name}` } });
  const proposal = await until(`a proposal for ${name}`, async () =>
    (await stack.call('listProposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await stack.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest } })).taskId;
}
const runsOf = async (id: string) => (await stack.call('getTask', { id })).runs;
const asked = (id: string, title: string, but = ''): Promise<Item> =>
  until(`"${title}"`, async () =>
    (await stack.call('listInbox')).find((i) => i.taskId === id && i.title === title && i.id !== but),
  );
const said = (id: string, words: string): Promise<unknown> =>
  until(`"${words}"`, async () =>
    (await stack.call('listEvents', { id })).find((e) => e.type === 'agent.said' && e.payload.text === words),
  );

test('the session ends and the item stays; the answer resumes it, and counts once', async () => {
  const id = await spawn('one');
  const first = await asked(id, 'Run: touch one');
  await until('the session to end', async () => (await runsOf(id)).every((run) => run.state === 'ended'));
  expect(await asked(id, 'Run: touch one')).toMatchObject({ id: first.id });
  expect((await stack.call('getTask', { id })).waitingFor).toBe('permission');
  // The one slot of the project is free.
  const other = await spawn('two');
  await said(other, 'two is there');
  await stack.call('cancelTask', { id: other });
  await stack.call('decide', { id: first.id, body: { decision: 'allow' } });
  await said(id, 'one is there');
  // The same command once more is asked about anew.
  const again = await asked(id, 'Run: touch one', first.id);
  await stack.call('decide', { id: again.id, body: { decision: 'deny', text: 'Once was enough.' } });
  await said(id, 'heard: Once was enough.');
  const sessions = new Set(
    (await stack.call('listEvents', { id })).filter((e) => e.type === 'run.started').map((e) => e.payload.n),
  );
  expect(sessions.size).toBeGreaterThan(1);
  await stack.call('cancelTask', { id });
}, 600_000);

const STORY = `
version: 1
chat:
  - when: '^case (\\w+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/waiting, title: "Case {{1}}", prompt: do it, skipPlan: true } }
      - text: ok
agent:
  - when: 'Task: Case one.*(Once was enough)'
    steps:
      - bash: 'mainloop say "heard: Once was enough."'
      - text: done
  - when: 'Task: Case one.*You may do it now'
    steps:
      - bash: touch one
      - bash: mainloop say "one is there"
      - bash: touch one
      - bash: 'mainloop say "heard: Once was enough."'
      - text: done
  - when: 'Task: Case one'
    steps:
      - bash: touch one
      - bash: mainloop say "this session was never ended"
      - text: done
  - when: 'Task: Case two'
    steps:
      - bash: mainloop say "two is there"
      - text: done
`;
