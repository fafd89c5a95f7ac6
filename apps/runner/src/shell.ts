// One shell command of the project.
import { spawn } from 'node:child_process';

const TAIL_BYTES = 16_000;

/**
 * One shell command in the clone, with its whole process group ended at the limit. Keeps the end of what
 * it printed.
 * @param around where it runs, and all variables that it sees
 * @param limitMs milliseconds
 * @returns `code` is null when it was ended by a signal; `ms` how long it took
 */
export function shell(
  command: string,
  around: { readonly repo: string; readonly env: Record<string, string> },
  limitMs: number,
): Promise<{ code: number | null; ms: number; tail: string }> {
  return new Promise((resolve) => {
    const began = performance.now();
    let tail = Buffer.alloc(0);
    const child = spawn('/bin/bash', ['-c', command], {
      cwd: around.repo,
      env: around.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const keep = (data: Buffer): void => {
      tail = Buffer.concat([tail, data]).subarray(-TAIL_BYTES);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const kill = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, limitMs);
    const end = (code: number | null, words = ''): void => {
      clearTimeout(timer);
      // What it left running in the background would hold the pipes and the tree.
      kill();
      resolve({
        code: late ? null : (code ?? 137),
        ms: Math.round(performance.now() - began),
        tail: (tail.toString('utf8') + words).slice(-TAIL_BYTES),
      });
    };
    child.once('error', (err) => end(127, err.message));
    child.once('exit', (code) => setTimeout(() => end(code), 50));
  });
}
