// The kill matrix: one task, a kill somewhere, and what the local GitHub's own call log says afterwards.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack, type Stack } from './stack.ts';
import { spawnTask, walkToEnd } from './story.ts';

export const PROCESSES = ['api', 'gateway', 'worker', 'temporal', 'postgres', 'local-github', 'runner', 'agent'] as const;
const AROUND = [
  'sandbox.start',
  'sandbox.release',
  'forge.issue',
  'forge.pr',
  'forge.say',
  'forge.summary',
  'forge.ready',
  'forge.merge',
  'forge.clean',
  'relay',
] as const;
/** "after" is "applied, reply lost": the effect is there and nobody was told. */
export const FAILPOINTS = AROUND.flatMap((n) => [`${n}.before`, `${n}.after`]);

export type Kill =
  | { readonly kind: 'process'; readonly name: (typeof PROCESSES)[number]; readonly afterMs: number }
  | { readonly kind: 'failpoint'; readonly name: string };

/** mulberry32: small, seeded, good enough to choose victims. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function chooseKill(random: () => number): Kill {
  if (random() < 0.5) return { kind: 'failpoint', name: FAILPOINTS[Math.floor(random() * FAILPOINTS.length)]! };
  return { kind: 'process', name: PROCESSES[Math.floor(random() * PROCESSES.length)]!, afterMs: Math.floor(random() * 9_000) };
}

/** A stack whose failpoints can be armed, and whose lists lag behind by a second as GitHub's may. */
export async function startKillable(): Promise<Stack & { failpoints: string }> {
  const failpoints = path.join('/tmp', `mainloop-failpoints-${process.pid}-${Date.now()}`);
  mkdirSync(failpoints, { recursive: true });
  const dir = mkdtempSync('/tmp/again-');
  const story = path.join(mkdtempSync('/tmp/again-story-'), 'story.yaml');
  const template = path.join(path.dirname(fileURLToPath(import.meta.url)), '../stories/again.yaml');
  writeFileSync(story, readFileSync(template, 'utf8').replaceAll('{{project}}', `local/${path.basename(dir)}`));
  const stack = await startStack({ MAINLOOP_FAILPOINTS: failpoints, LOCAL_GITHUB_STALE_MS: '700', MAINLOOP_DEMO_SCRIPT: story });
  mkdirSync(path.join(dir, '.github/workflows'), { recursive: true });
  writeFileSync(
    path.join(dir, '.github/workflows/ci.yml'),
    'on: push\njobs:\n  whole:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: test ! -e broken\n',
  );
  const git = (...a: string[]): void => void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], { cwd: dir, stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'first');
  await stack.call('POST', '/api/projects', { source: dir });
  return { ...stack, failpoints };
}

export interface RoundResult {
  readonly kills: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly note: string;
}

/** One task with some kills. Resolves when the task has ended or is lost. */
export async function round(s: Stack & { failpoints: string }, kills: readonly Kill[]): Promise<RoundResult> {
  for (const k of kills) if (k.kind === 'failpoint') writeFileSync(path.join(s.failpoints, k.name), '');
  const taskId = await spawnTask(s, 'Do it again.');
  let done = false;
  let fired = 0;
  const killers = kills.map(async (k) => {
    if (k.kind === 'failpoint') return;
    const at = Date.now() + k.afterMs;
    while (!done) {
      if (Date.now() >= at) {
        const pid = victim(s, taskId, k.name);
        if (pid > 0) {
          try {
            process.kill(pid, 'SIGKILL');
            fired++;
          } catch {
            // It ended by itself in between.
          }
          return;
        }
      }
      await new Promise((r) => setTimeout(r, 15));
    }
  });
  let state = 'lost';
  try {
    state = (await walkToEnd(s, taskId, 100_000)).state;
  } catch (err) {
    state = (err as Error).message;
  }
  done = true;
  await Promise.all(killers);
  fired += kills.filter((k) => k.kind === 'failpoint' && !existsSync(path.join(s.failpoints, k.name))).length;
  const made = (await s.forgeCalls()).filter((c) => c.method === 'POST' && JSON.stringify(c.body ?? '').includes(`mainloop:${taskId}:`));
  const count = (re: RegExp, what: string): number =>
    made.filter((c) => re.test(c.path) && String(c.body?.body ?? '').includes(`:${what} -->`)).length;
  const seen = [count(/\/issues$/, 'plan'), count(/\/pulls$/, 'pr'), count(/\/comments$/, 'summary')];
  const duplicates = seen.reduce((n, c) => n + Math.max(0, c - 1), 0);
  const missing = state === 'done' && seen.some((c) => c < 1) ? 1 : 0;
  return {
    kills: fired,
    duplicates,
    lost: state === 'done' ? missing : 1,
    note: `${kills.map((k) => (k.kind === 'process' ? `${k.name}@${k.afterMs}ms` : k.name)).join(' + ')}: ${state}, issue/pr/summary ${seen.join('/')}`,
  };
}

function victim(s: Stack, taskId: string, name: Kill['name']): number {
  if (name !== 'runner' && name !== 'agent') return s.pidOf(name);
  try {
    const { innerPid, pid } = JSON.parse(readFileSync(path.join(s.home, 'sandboxes', taskId, 'run.json'), 'utf8')) as {
      innerPid: number;
      pid: number;
    };
    return findIn(innerPid || pid, name === 'runner' ? 'runner.mjs' : '/claude');
  } catch {
    return 0;
  }
}

function findIn(root: number, word: string): number {
  const queue = [root];
  while (queue.length > 0) {
    const pid = queue.shift()!;
    try {
      const cmd = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 2).join(' ');
      if (cmd.includes(word) && !cmd.includes('/bin/sh') && !cmd.includes('bwrap')) return pid;
      queue.push(...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number));
    } catch {
      // Ended while we looked.
    }
  }
  return 0;
}
