// Keeps the processes of one machine: starts them in order, restarts what dies, ends them in reverse order by
// their own pids.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { closeHome } from './closed.ts';
import { childrenOf, endProcess, isAlive, refOf, type ProcessRef } from './pids.ts';

export interface Service {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly port: number | null;
  /** 0o077 unless another account has to read what it makes, below a folder that only that account passes. */
  readonly umask?: number;
  /** What we start only waits for its one child: that is whom to ask to end. */
  readonly endsByChild?: boolean;
  /** Asked until it says yes; the next service starts then. */
  readonly ready: () => Promise<boolean>;
}
interface Kept {
  readonly service: Service;
  child: ChildProcess | null;
  ref: ProcessRef;
  restarts: number;
  startedAt: number;
}
export interface RunFile {
  readonly pid: number;
  readonly url: string;
  readonly processes: { name: string; pid: number; startTicks: string; port: number | null }[];
}

const MAX_LOG_BYTES = 20 * 1024 * 1024;

export class Supervisor {
  private readonly kept: Kept[] = [];
  private readonly adopted: { name: string; ref: ProcessRef; port: number | null; signal: NodeJS.Signals }[] =
    [];
  private stopping = false;
  private readonly home: string;
  private readonly url: string;

  constructor(home: string, url: string) {
    this.home = home;
    this.url = url;
    closeHome(home);
  }

  logFile(name: string): string {
    return path.join(this.home, 'logs', `${name}.log`);
  }

  /** Something that was started another way (Postgres) but is ended with the rest. */
  adopt(name: string, ref: ProcessRef, port: number | null, signal: NodeJS.Signals): void {
    const old = this.adopted.find((a) => a.name === name);
    if (old) this.adopted.splice(this.adopted.indexOf(old), 1);
    this.adopted.push({ name, ref, port, signal });
    this.write();
  }

  async start(service: Service, timeoutMs = 60_000): Promise<void> {
    const kept: Kept = { service, child: null, ref: { pid: 0, startTicks: '' }, restarts: 0, startedAt: 0 };
    this.kept.push(kept);
    this.launch(kept);
    const deadline = Date.now() + timeoutMs;
    // Not ready yet; what is wrong stands in its log, which is quoted when it takes too long.
    while (!(await service.ready().catch(() => false))) {
      if (kept.restarts >= 3)
        throw new Error(`${service.name} does not start: ${this.lastWords(service.name)}`);
      if (Date.now() > deadline)
        throw new Error(
          `${service.name} was not ready within ${timeoutMs / 1000} s. Its log is ${this.logFile(service.name)}.`,
        );
      await new Promise((r) => setTimeout(r, 50));
    }
  }

  /**
   * Runs something to its end before the services start.
   * @throws Error with the last thing it said when it fails
   */
  async once(
    name: string,
    command: readonly [string, ...string[]],
    env: Readonly<Record<string, string>>,
  ): Promise<void> {
    const [file, ...args] = command;
    const log = openSync(this.logFile(name), 'w', 0o600);
    const child = spawn(file, args, { env, stdio: ['ignore', log, log] });
    closeSync(log);
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('exit', resolve).once('error', reject),
    );
    if (code !== 0) throw new Error(`${name} failed: ${this.lastWords(name)}`);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const kept of this.kept.toReversed())
      await endProcess(
        kept.ref,
        8_000,
        'SIGTERM',
        kept.service.endsByChild ? childrenOf(kept.ref.pid) : [kept.ref.pid],
      );
    // SIGINT is Postgres's fast shutdown: it ends sessions and writes a checkpoint.
    for (const adopted of this.adopted.toReversed()) await endProcess(adopted.ref, 20_000, adopted.signal);
    this.write();
  }

  private launch(kept: Kept): void {
    if (this.stopping) return;
    const again = (): void =>
      void setTimeout(() => this.launch(kept), Math.min(10_000, 200 * 2 ** Math.max(0, kept.restarts - 1)));
    const { name, command, env } = kept.service;
    rotate(this.logFile(name));
    let log: number;
    try {
      log = openSync(this.logFile(name), 'a', 0o600);
    } catch {
      // A full disk may refuse even a new log file. Whoever keeps the others alive must outlive it.
      kept.restarts++;
      return again();
    }
    const [file, ...args] = command;
    const before = process.umask(kept.service.umask ?? 0o077);
    const child = spawn(file, args, { env, stdio: ['ignore', log, log], detached: true });
    process.umask(before);
    closeSync(log);
    kept.child = child;
    kept.startedAt = Date.now();
    if (child.pid !== undefined) kept.ref = refOf(child.pid);
    child.once('error', (err) => this.note(name, err.message));
    child.once('exit', (code, signal) => {
      if (this.stopping) return;
      this.note(name, `mainloop: ${name} ended (${signal ?? code}), starting it again`);
      kept.restarts = Date.now() - kept.startedAt > 30_000 ? 0 : kept.restarts + 1;
      again();
    });
    this.write();
  }

  private note(name: string, line: string): void {
    try {
      appendFileSync(this.logFile(name), `${line}\n`);
    } catch {
      // The disk is full. The process matters, its log line does not.
    }
  }

  private lastWords(name: string): string {
    const lines = readFileSync(this.logFile(name), 'utf8')
      .trim()
      .split('\n')
      .filter((l) => !l.startsWith('mainloop:') && /error|taken|EADDR|should|can't|refus|not |:/i.test(l));
    const telling =
      lines.findLast((l) => /^\w*Error:|EADDRINUSE|: error/.test(l)) ?? lines.at(-1) ?? 'it said nothing';
    const taken = /EADDRINUSE.*?:(\d+)/.exec(telling);
    return taken
      ? `port ${taken[1]} is taken by another program. Free it, or set another ${name.toUpperCase().replace('-', '_')}_PORT.`
      : telling.replace(/^Error: /, '').slice(0, 400);
  }

  private write(): void {
    const file = path.join(this.home, 'run', 'processes.json');
    const all = [
      ...this.adopted.map((a) => ({ name: a.name, ...a.ref, port: a.port })),
      ...this.kept.map((k) => ({ name: k.service.name, ...k.ref, port: k.service.port })),
    ];
    const data: RunFile = {
      pid: this.stopping ? 0 : process.pid,
      url: this.url,
      processes: this.stopping ? [] : all,
    };
    try {
      writeFileSync(`${file}.new`, JSON.stringify(data, null, 1), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (err) {
      if ((err as { code?: string }).code !== 'ENOSPC') throw err;
    }
  }
}

/**
 * @returns what was started from this data folder; null where nothing was, or what is there cannot be read
 */
export function readRunFile(home: string): RunFile | null {
  try {
    return JSON.parse(readFileSync(path.join(home, 'run', 'processes.json'), 'utf8')) as RunFile;
  } catch {
    // Nothing has been started here, or a full disk left half a file.
    return null;
  }
}

/**
 * A supervisor that was killed leaves its children: end them by pid and start time, so that ours can take
 * their ports.
 * @param home the data folder. Postgres is left: it is taken over
 * @returns when they are gone
 */
export async function endLeftovers(home: string): Promise<void> {
  for (const p of readRunFile(home)?.processes ?? []) {
    if (p.name !== 'postgres' && isAlive(p)) await endProcess(p, 5_000);
  }
}

function rotate(file: string): void {
  try {
    if (statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // No log yet.
  }
}
