// A repository of 500 MB: what its second task costs in time and disk, next to a plain clone of it.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { until } from '../packages/testkit/src/stack.ts';
import { result, type Result } from './lib.ts';
import { marksOf } from './start.ts';

const FILES = 50,
  FILE_MB = 10;
/** Of `git clone` from the same forge: the mirror is filled and lent, and nothing comes twice. */
const MAX_FIRST = 1.5;

export async function benchClone(stack: Stack): Promise<Result[]> {
  const dir = path.join(mkdtempSync('/tmp/bench-big-'), 'big');
  execFileSync('git', ['init', '-q', '-b', 'main', dir]);
  // Random bytes do not compress: 500 MB here are 500 MB on every wire.
  for (let i = 0; i < FILES; i++)
    writeFileSync(path.join(dir, `blob-${i}`), randomBytes(FILE_MB * 1024 * 1024));
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: dir,
      stdio: 'ignore',
    });
  // Straight into a pack, as a clone from GitHub would have it; loose ones of this size take git two minutes to send.
  git('-c', 'core.bigFileThreshold=1m', '-c', 'core.compression=0', 'add', '-A');
  git('commit', '-qm', 'big');
  await stack.call('addProject', { body: { source: dir } });
  const [first, second] = [await once(stack, 'local/big'), await once(stack, 'local/big')];
  const plain = mkdtempSync('/tmp/bench-plain-');
  const startedMs = performance.now();
  execFileSync('git', ['clone', '-q', `${stack.github}/local/big.git`, path.join(plain, 'c')]);
  const bare = (performance.now() - startedMs) / 1000;
  const bareMb = megabytes(path.join(plain, 'c/.git'));
  rmSync(plain, { recursive: true, force: true });
  rmSync(path.dirname(dir), { recursive: true, force: true });
  return [
    result(
      'clone of a 500 MB repository, first task',
      first.seconds,
      's',
      bare,
      `at most ${MAX_FIRST}x`,
      first.seconds <= bare * MAX_FIRST,
    ),
    result('  of it until the agent speaks', first.spokeSeconds, 's', null, 'reported', true),
    result('clone of a 500 MB repository, second task', second.seconds, 's', bare, 'reported', true),
    result('  of it disk for its history', second.gitMb, 'MB', bareMb, 'reported', true),
    result('  of it disk for its files', second.treeMb, 'MB', null, 'reported', true),
  ];
}

const megabytes = (dir: string): number =>
  Number(execFileSync('du', ['-sm', dir], { encoding: 'utf8' }).split('\t')[0]);

interface Cloned {
  /** From the runner's first look at its task to a clone that is checked out. */
  readonly seconds: number;
  /** From the start of the run to the agent's first words. */
  readonly spokeSeconds: number;
  readonly gitMb: number;
  readonly treeMb: number;
}

async function once(stack: Stack, project: string): Promise<Cloned> {
  await stack.call('sendMessage', { body: { text: `big ${project}` } });
  const proposal = await until('a proposal', async () => (await stack.call('listProposals'))[0]);
  const { taskId } = await stack.call('confirmProposal', {
    id: proposal.id,
    body: { digest: proposal.digest },
  });
  const events = () => stack.call('listEvents', { id: taskId });
  await until('the agent to end', async () => (await events()).some((e) => e.type === 'run.ended'), 300_000);
  const at = (type: string, all: { type: string; at: string }[]): number =>
    new Date(all.find((e) => e.type === type)!.at).getTime();
  const all = await events();
  const tree = path.join(stack.home, 'sandboxes', taskId, 'work/repo');
  const gitMb = megabytes(path.join(tree, '.git'));
  const treeMb = megabytes(tree) - gitMb;
  const spokeSeconds = (at('agent.said', all) - at('run.started', all)) / 1000;
  const marks = await marksOf(stack, taskId);
  const seconds = (marks!.clone! - marks!.spec!) / 1000;
  await stack.call('cancelTask', { id: taskId });
  await until(
    'the end',
    async () => (await stack.call('getTask', { id: taskId })).state === 'cancelled',
    60_000,
  );
  return { seconds, spokeSeconds, gitMb, treeMb };
}

export const BIG_STORY = `
version: 1
chat:
  - when: '^big (\\S+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: '{{1}}', title: Big, prompt: do it, skipPlan: true } }
      - text: ok
agent:
  - when: '.'
    steps:
      - bash: mainloop say "I am there."
      - text: done
`;
