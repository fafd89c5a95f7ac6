// confirm -> Claude Code's first model request, next to a bare `claude -p` in the same tree against the same model.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { until } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const N = 5;

/** @returns when an agent first asked the model since then */
export const firstAfter = (model: string, t: number, waitMs = 60_000): Promise<number> =>
  until(
    'the first request',
    async () =>
      ((await (await fetch(`${model}/_requests`)).json()) as { at: number; agent: boolean }[]).find(
        (r) => r.agent && r.at >= t,
      )?.at,
    waitMs,
    20,
  );

/** When the runner of a task's first run came how far, as it wrote down itself. */
export async function marksOf(stack: Stack, taskId: string): Promise<Record<string, number> | null> {
  const { runs } = await stack.call('getTask', { id: taskId });
  if (runs.length === 0) return null;
  const { text } = await stack.call('readOutput', { id: runs[0]!.id, query: { from: 0 } });
  const line = text.split('\n').find((l) => l.includes('"subtype":"started"'));
  return line === undefined ? null : (JSON.parse(line) as { at: Record<string, number> }).at;
}

/** @returns milliseconds from confirm to the agent's first model request; `split` gets the parts of each */
export async function startTimes(
  stack: Stack,
  model: string,
  n: number,
  split: Record<string, number[]> = {},
): Promise<number[]> {
  const ours: number[] = [];
  const part = (name: string, ms: number): void => void (split[name] ??= []).push(Math.max(0, ms));
  for (let i = 0; i < n; i++) {
    await stack.call('sendMessage', { body: { text: 'Splitting loses a cent, just do it.' } });
    const proposal = await until('a proposal', async () => (await stack.call('listProposals'))[0]);
    const startedMs = Date.now();
    const { taskId } = await stack.call('confirmProposal', {
      id: proposal.id,
      body: { digest: proposal.digest },
    });
    const at = await firstAfter(model, startedMs);
    ours.push(at - startedMs);
    const events = await stack.call('listEvents', { id: taskId });
    const when = (is: (e: (typeof events)[number]) => boolean): number =>
      new Date(events.find(is)?.at ?? 0).getTime();
    const queued = when((e) => e.type === 'task.state'),
      drafting = when((e) => e.type === 'task.state' && e.payload.state === 'drafting'),
      started = when((e) => e.type === 'run.started');
    part('outbox', (queued || drafting) - startedMs);
    part('workflow', drafting - (queued || drafting));
    part('sandbox', started - drafting);
    const marks = await until('the marks', () => marksOf(stack, taskId));
    part('place and process', marks.process! - started);
    part('runner', marks.spec! - marks.process!);
    part('clone', marks.clone! - marks.spec!);
    part('proof, beside the clone', marks.probe! - marks.spec!);
    part('agent', at - Math.max(marks.clone!, marks.probe!));
    await stack.call('cancelTask', { id: taskId }).catch(() => undefined);
    await until('the end', async () =>
      ['done', 'cancelled'].includes((await stack.call('getTask', { id: taskId })).state),
    );
  }
  return ours;
}

export async function benchStart(stack: Stack, model: string): Promise<Result[]> {
  const split: Record<string, number[]> = {};
  const ours = await startTimes(stack, model, N, split);
  const bare: number[] = [];
  const tree = mkdtempSync('/tmp/bench-bare-');
  execFileSync('git', ['clone', '-q', `${stack.github}/demo/tally.git`, tree]);
  for (let i = 0; i < N; i++) {
    const home = mkdtempSync('/tmp/bench-home-');
    const startedMs = Date.now();
    const child = spawn(
      path.join(stack.home, 'kit/current/claude'),
      [
        '-p',
        '# Phase: plan',
        '--output-format',
        'stream-json',
        '--verbose',
        '--dangerously-skip-permissions',
        '--tools',
        'Bash,Edit,Read,Write',
      ],
      {
        cwd: tree,
        stdio: 'ignore',
        env: {
          PATH: process.env.PATH,
          HOME: home,
          CLAUDE_CONFIG_DIR: home,
          ANTHROPIC_BASE_URL: model,
          ANTHROPIC_API_KEY: 'demo',
          IS_SANDBOX: '1',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
          DISABLE_TELEMETRY: '1',
        },
      },
    );
    bare.push((await firstAfter(model, startedMs)) - startedMs);
    child.kill('SIGKILL');
    await new Promise((r) => child.once('exit', r));
  }
  const [a, b] = [quantile(ours, 0.5), quantile(bare, 0.5)];
  return [
    result('confirm to first model request', a, 'ms', b, 'at most bare plus 1,000 ms', a <= b + 1_000),
    ...Object.entries(split).map(([key, values]) =>
      result(`  of it ${key}`, quantile(values, 0.5), 'ms', null, 'reported', true),
    ),
  ];
}
