// git over what an agent pushed: its output is read up to a limit and no further, its memory and its time are bounded.
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';

/** Memory that one git may take for itself, in KiB; files that it only reads do not count. */
const MAX_DATA_KIB = 1024 * 1024;
const TIMEOUT_MS = 120_000;

export class GitFailed extends Error {
  readonly stderr: string;
  constructor(stderr: string, message: string) {
    super(message);
    this.stderr = stderr;
  }
}

/** How a git is run that nobody waits for. */
export interface Aside {
  /** What it reads; null: nothing. */
  readonly input?: string | Buffer | null;
  /** Milliseconds, at most two minutes. */
  readonly timeoutMs?: number;
  /** It gives way to every other process. */
  readonly isAside?: boolean;
}
/** As `nice` counts: 19 gives way the most. */
const ASIDE_PRIORITY = 10;

export interface GitOutput {
  readonly bytes: Buffer;
  /** There was more; git was ended. */
  readonly cut: boolean;
}

/**
 * `ulimit -d` and no more is asked of the shell: the arguments are passed through.
 * @param args of git
 * @returns the program and its arguments, for a spawn
 */
export const bounded = (args: readonly string[]): [string, string[]] => [
  '/bin/sh',
  ['-c', `ulimit -d ${MAX_DATA_KIB} 2>/dev/null; exec git "$@"`, 'sh', ...args],
];

/**
 * Hands every chunk to `take` until that says stop. Throws GitFailed when git ends badly by itself, or takes
 * longer than two minutes.
 */
function streamGit(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  take: (chunk: Buffer) => 'more' | 'stop',
  { input = null, timeoutMs = TIMEOUT_MS, isAside = false }: Aside = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(...bounded(args), {
      env,
      cwd: '/',
      stdio: [input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: Math.min(TIMEOUT_MS, timeoutMs),
      killSignal: 'SIGKILL',
    });
    if (isAside && child.pid !== undefined) giveWay(child.pid);
    // One that ends before it has read all says why by its end.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    let stderr = '';
    let stopped = false;
    child.stderr!.on('data', (data: Buffer) => {
      stderr = (stderr + data.toString()).slice(-4_000);
    });
    child.stdout!.on('data', (data: Buffer) => {
      if (stopped) return;
      try {
        if (take(data) === 'more') return;
      } catch (err) {
        reject(err as Error);
      }
      stopped = true;
      child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (stopped || code === 0) resolve();
      else
        reject(
          new GitFailed(
            stderr,
            signal === null
              ? stderr.trim() || `git ended with ${code}`
              : 'git took too long or too much memory',
          ),
        );
    });
  });
}

function giveWay(pid: number): void {
  try {
    setPriority(pid, ASIDE_PRIORITY);
  } catch {
    // It has ended already, or the machine does not let us: then it runs like any other.
  }
}

/**
 * Hands over what git prints, as it comes.
 * @param input what it reads
 * @param take after `stop` git is ended
 */
export const feedGit = (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: Buffer,
  take: (chunk: Buffer) => 'more' | 'stop',
): Promise<void> => streamGit(args, env, take, { input });

/** @param maxBytes of its output; what is beyond is not read */
export async function readGit(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  maxBytes: number,
  aside: Aside = {},
): Promise<GitOutput> {
  const parts: Buffer[] = [];
  let size = 0;
  const take = (data: Buffer): 'more' | 'stop' => {
    parts.push(data.subarray(0, maxBytes - size));
    size += data.length;
    return size > maxBytes ? 'stop' : 'more';
  };
  await streamGit(args, env, take, aside);
  return { bytes: Buffer.concat(parts), cut: size > maxBytes };
}

/**
 * Hands over one record at a time of an output whose records end in NUL. A record over 64 KiB ends it.
 * @param take is given a record without its NUL; after `stop` git is ended
 */
export async function recordsOfGit(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  take: (record: Buffer) => 'more' | 'stop',
  aside: Aside = {},
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  const read = (data: Buffer): 'more' | 'stop' => {
    const all = rest.length === 0 ? data : Buffer.concat([rest, data]);
    let from = 0;
    for (let to = all.indexOf(0, from); to !== -1; to = all.indexOf(0, from)) {
      if (take(all.subarray(from, to)) === 'stop') return 'stop';
      from = to + 1;
    }
    rest = all.subarray(from);
    if (rest.length > 64 * 1024) throw new GitFailed('', 'a file name of this change is too long');
    return 'more';
  };
  await streamGit(args, env, read, aside);
}

/** @returns the line of an error that says why, without what git shows the forge */
export const lastLine = (err: unknown): string => {
  const thrown = err as { stderr?: string; message: string };
  const line =
    (thrown.stderr ?? '')
      .trim()
      .split('\n')
      .filter((l) => /fatal|error|rejected|remote/.test(l))
      .at(-1) ?? thrown.message.split('\n')[0]!;
  return line
    .replace(/^(fatal|error): /, '')
    .replace(/Authorization:.*/g, '')
    .slice(0, 300);
};
