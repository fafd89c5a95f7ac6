// Set-up and verify commands of the project. What they did is evidence: recorded here, not told by the agent.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Evidence } from '@mainloop/models/contracts/runner';
import type { Around } from './around.ts';
import { checksOf } from './checks.ts';
import type { Control } from './control.ts';
import { readPlain } from './folders.ts';
import { findSetup, setupKey } from './setup.ts';

const run = promisify(execFile);
const LIMIT_MS = { setup: 15 * 60_000, verify: 15 * 60_000, diagnostics: 5 * 60_000, lint: 5 * 60_000 } as const;
const TAIL_BYTES = 16_000;

/** Whether there is nothing to set up in this clone, or nothing any more. */
export function setupIsDone(a: Around): boolean {
  const setup = wantedSetup(a);
  return setup === null || readPlain(doneFile(a)) === setup.key;
}

/**
 * Runs the set-up command once for each clone and each wording of it. Where agents ask, it needs leave on a clone that one of them
 * has changed already: the command runs what lies there. One that nobody has set and that was only found is run once for each content
 * of the files it was found from; the agent works without it when it fails.
 * @returns the output of the project's own command when it failed
 */
export async function ensureSetup(a: Around, control: Control): Promise<string | null> {
  const setup = wantedSetup(a);
  if (setup === null || readPlain(doneFile(a)) === setup.key) return null;
  const { command, key, from } = setup;
  if (from !== null) {
    const e = await record(a, 'setup', command, { from: [...from], before: await versionWords(a) });
    if (e.exitCode === 0) writeFileSync(doneFile(a), key);
    return null;
  }
  if (a.spec.askPermissions && !(await isUntouched(a)) && !(await control.askLeave(a, 'mainloop-setup', command, SETUP_WORDS)))
    return `${command}: it was not allowed to run on what the agent has changed.`;
  const e = await record(a, 'setup', command);
  if (e.exitCode !== 0) return `${command}: ${e.exitCode === null ? 'ran out of time' : `exit ${e.exitCode}`}\n${e.tail}`;
  writeFileSync(doneFile(a), key);
  return null;
}

const doneFile = ({ config }: Around): string => path.join(config.repo, '.git', 'mainloop-setup');

/** @returns `from`: the files it was found from; null when it is the project's own */
function wantedSetup({ config, spec, env }: Around): { command: string; key: string; from: readonly string[] | null } | null {
  if (spec.setupCommand !== null)
    return { command: spec.setupCommand, key: createHash('sha256').update(spec.setupCommand).digest('hex'), from: null };
  // A plan is read, not run. Where agents ask, nothing is run that was only found.
  if (!spec.findSetup || spec.askPermissions || spec.phase === 'plan') return null;
  const { found } = findSetup(config.repo, env.PATH ?? '');
  return found && { ...found, key: setupKey(config.repo, found.command, found.from) };
}

/** Which versions run here of what the repository names a version for: nobody chooses them by it yet. */
async function versionWords(a: Around): Promise<string> {
  const lines: string[] = [];
  for (const { tool, wanted, from } of findSetup(a.config.repo, a.env.PATH ?? '').versions) {
    const [program, ...args] = VERSION_OF[tool];
    const runs = await run(program, args, { cwd: '/', env: a.env }).then(
      (r) => `${(r.stdout || r.stderr).trim().split('\n', 1)[0]} runs here`,
      // No such program, which is the answer.
      () => 'there is none here',
    );
    lines.push(`${from} asks for ${tool} ${wanted}; ${runs}.\n`);
  }
  return lines.join('');
}
const VERSION_OF = { node: ['node', '--version'], python: ['python3', '--version'], go: ['go', 'version'] } as const;

const SETUP_WORDS = 'The set-up command of the project. The clone has changes of the agent, and the command runs what lies there.';
const VERIFY_WORDS = 'The verify command of the project, now that the agent is done. It runs what the agent has written.';

/** Whether the clone is still the base branch, to the letter. */
async function isUntouched(a: Around): Promise<boolean> {
  const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: a.config.repo, env: a.env })).stdout.trim();
  try {
    const [head, base, changed] = await Promise.all([
      git('rev-parse', '--verify', 'HEAD'),
      git('rev-parse', '--verify', `refs/remotes/origin/${a.spec.base}`),
      git('status', '--porcelain', '--ignored'),
    ]);
    return head === base && changed.split('\n').every((line) => line === '' || line === '!! TASK.md');
  } catch {
    // What can't be compared is not the same.
    return false;
  }
}

/**
 * Runs what the repository and the project have to check the work with, unless the agent ended its turn to ask something. All of it
 * runs what the agent has written: where agents ask, the verify command needs leave like a command of theirs, and nothing is run
 * that was only found in the clone.
 */
export async function verify(a: Around, control: Control): Promise<void> {
  if (a.spec.phase === 'plan') return;
  const checks = a.spec.askPermissions ? [] : checksOf(a.config.repo, a.env.PATH ?? '');
  if (a.spec.verifyCommand === null && checks.length === 0) return;
  const asked = await a.link.patiently('GET', '/run/asked');
  if (asked.status === 200 && (JSON.parse(asked.body.toString()) as { asked: boolean }).asked) return;
  for (const c of checks) await record(a, c.what, c.command);
  if (a.spec.verifyCommand === null) return;
  if (a.spec.askPermissions && !(await control.askLeave(a, 'mainloop-verify', a.spec.verifyCommand, VERIFY_WORDS))) return;
  await record(a, 'verify', a.spec.verifyCommand);
}

/** @param found of a set-up that nobody has set: the files it comes from, and what is said before its output */
async function record(
  a: Around,
  what: keyof typeof LIMIT_MS,
  command: string,
  found: { readonly from: string[]; readonly before: string } | null = null,
): Promise<Evidence> {
  const { code, ms, tail: printed } = await shell(command, a, LIMIT_MS[what]);
  const tail = `${found?.before ?? ''}${printed}`;
  const git = async (...args: string[]): Promise<string> =>
    // The evidence says `?` where git could not be asked.
    (await run('git', args, { cwd: a.config.repo, env: a.env, maxBuffer: 16 * 1024 * 1024 }).catch(() => ({ stdout: '?' }))).stdout.trim();
  const evidence: Evidence = {
    what,
    command,
    exitCode: code,
    ms,
    tail,
    sha: (await git('rev-parse', 'HEAD')).slice(0, 64),
    clean: (await git('status', '--porcelain')) === '',
    ...(found === null ? {} : { from: found.from }),
  };
  a.spool.write(JSON.stringify({ type: 'mainloop', subtype: 'command', what, command, exitCode: code, ms, tail }));
  await a.link.patiently('POST', '/run/evidence', JSON.stringify(evidence), { 'content-type': 'application/json' });
  return evidence;
}

/** One shell command in the clone, with its whole process group ended at the limit. Keeps the end of what it printed. */
function shell(command: string, a: Around, limitMs: number): Promise<{ code: number | null; ms: number; tail: string }> {
  return new Promise((resolve) => {
    const began = performance.now();
    let tail = Buffer.alloc(0);
    const child = spawn('/bin/bash', ['-c', command], { cwd: a.config.repo, env: a.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const keep = (d: Buffer): void => {
      tail = Buffer.concat([tail, d]).subarray(-TAIL_BYTES);
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
