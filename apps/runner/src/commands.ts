// Set-up and verify commands of the project. What they did is evidence: recorded here, not told by the agent.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { RUNNER_ASKS, type Evidence } from '@mainloop/models/contracts/runner';
import { trunkTrouble } from '@mainloop/models/flow/ci/baseline';
import { packagesIn } from '@mainloop/models/flow/runs/packages';
import { readsAnything, setupTrouble } from '@mainloop/models/flow/runs/setup';
import { onlyReads } from '@mainloop/models/flow/states';
import type { Around } from './around.ts';
import { isRedBefore, type OnChange } from './baseline.ts';
import { checksOf } from './checks.ts';
import type { Control } from './control.ts';
import { isExactly } from './exactly.ts';
import { ensureFetched, pathWithoutFetched } from './fetched.ts';
import { inFolder, readPlain, workFolder } from './folders.ts';
import { placeGradle } from './gradle-wrapper.ts';
import { keptIn, keptKey, takeKept } from './kept.ts';
import { say } from './log.ts';
import { findSetup, setupKey } from './setup.ts';
import { shell } from './shell.ts';
import { ownFiles } from './workspace.ts';

const run = promisify(execFile);
const LIMIT_MS = {
  setup: 15 * 60_000,
  verify: 15 * 60_000,
  tests: 10 * 60_000,
  diagnostics: 5 * 60_000,
  lint: 5 * 60_000,
} as const;

/**
 * Whether there is nothing to set up in this clone, or nothing any more.
 * @returns false as well when the command or what it reads has changed since
 */
export function setupIsDone(around: Around): boolean {
  const setup = wantedSetup(around);
  return setup === null || readPlain(doneFile(around)) === setup.key;
}

/**
 * Takes the set-up that the sandbox was given, where it is the one that this clone asks for, and says so
 * as evidence. Otherwise it is made
 * by `ensureSetup`, as if there had been none.
 * @returns when it stands in the clone, or could not be taken
 */
export async function adoptKept(around: Around): Promise<void> {
  // Whatever is wrong with it, the set-up can be made here.
  await adopt(around).catch((err: unknown) => say('warn', 'a kept set-up could not be taken', err));
}

async function adopt(around: Around): Promise<void> {
  if (keptIn(around.config) === null) return;
  const setup = wantedSetup(around);
  // Of a plan nothing is wanted yet; the next run of this task is here again.
  if (setup === null || !(await isUntouched(around))) return;
  const began = performance.now();
  const { key } = await keptKey(
    around.config.repo,
    around.env,
    inFolder(around.spec.folder, setup.command),
    readsAnything(setup.from),
  );
  if (!takeKept(around.config, key)) return;
  writeFileSync(doneFile(around), setup.key);
  await tell(around, {
    what: 'setup',
    command: setup.command,
    exitCode: 0,
    ms: Math.round(performance.now() - began),
    tail: KEPT_WORDS,
    ...(await standing(around, 'setup')),
    ...(setup.from === null ? {} : { from: [...setup.from] }),
  });
}
const KEPT_WORDS = 'Kept from before: the same lock files, command and tools. Nothing was installed anew.\n';

/**
 * Runs the set-up command once for each clone and each wording of it. Where agents ask, it needs permission
 * on a clone that one of them has changed already: the command runs what lies there. One that nobody has set
 * and that was only found is run once for each content of the files it was found from; the agent works
 * without it when it fails.
 * @returns the output of the project's own command when it failed
 */
export async function ensureSetup(around: Around, control: Control): Promise<string | null> {
  const setup = wantedSetup(around);
  if (setup === null) return null;
  ensureFetched(around.config.home, workFolder(around.config, around.spec), setup.command);
  if (readPlain(doneFile(around)) === setup.key) return null;
  const { command, key, from } = setup;
  if (from !== null) {
    const evidence = await record(around, 'setup', command, {
      from: [...from],
      before: (await versionWords(around)) + (await gradleWords(around)),
    });
    if (evidence.exitCode === 0) writeFileSync(doneFile(around), key);
    return null;
  }
  if (
    around.spec.askPermissions &&
    !(await isUntouched(around)) &&
    !(await control.askPermission(around, RUNNER_ASKS.setup, command, SETUP_WORDS))
  )
    return `${command}: it was not allowed to run on what the agent has changed.`;
  const e = await record(around, 'setup', command, { before: await gradleWords(around) });
  if (e.exitCode !== 0)
    return `${command}: ${e.exitCode === null ? 'ran out of time' : `exit ${e.exitCode}`}\n${e.tail}`;
  writeFileSync(doneFile(around), key);
  return null;
}

const doneFile = ({ config }: Around): string => path.join(config.repo, '.git', 'mainloop-setup');

/** @returns `from`: the files it was found from; null when it is the project's own */
function wantedSetup({
  config,
  spec,
  env,
}: Around): { command: string; key: string; from: readonly string[] | null } | null {
  if (spec.setupCommand !== null)
    return {
      command: spec.setupCommand,
      key: createHash('sha256').update(spec.setupCommand).digest('hex'),
      from: null,
    };
  // A plan is read, not run. Where agents ask, nothing is run that was only found.
  if (!spec.findSetup || spec.askPermissions || spec.phase === 'plan') return null;
  const work = workFolder(config, spec);
  const { found } = findSetup(work, pathWithoutFetched(env.PATH ?? ''));
  return found && { ...found, key: setupKey(work, found.command, found.from) };
}

/** Which versions run here of what the repository names a version for: nobody chooses them by it yet. */
async function versionWords(around: Around): Promise<string> {
  const lines: string[] = [];
  for (const { tool, wanted, from } of findSetup(
    workFolder(around.config, around.spec),
    around.env.PATH ?? '',
  ).versions) {
    const [program, ...args] = VERSION_OF[tool];
    const runs = await run(program, args, { cwd: '/', env: around.env }).then(
      (r) => `${(r.stdout || r.stderr).trim().split('\n', 1)[0]} runs here`,
      // No such program, which is the answer.
      () => 'there is none here',
    );
    lines.push(`${from} asks for ${tool} ${wanted}; ${runs}.\n`);
  }
  return lines.join('');
}

/** Before a set-up may call a wrapper. @returns why it will find no Gradle; '' where it does, or needs none */
async function gradleWords({ config, spec, env }: Around): Promise<string> {
  const words = await placeGradle(workFolder(config, spec), config.home, packagesIn(env));
  return words === '' ? '' : `${words}\n`;
}

const VERSION_OF = {
  node: ['node', '--version'],
  python: ['python3', '--version'],
  go: ['go', 'version'],
  ruby: ['ruby', '--version'],
  rust: ['rustc', '--version'],
} as const;

const SETUP_WORDS =
  'The set-up command of the project. The clone has changes of the agent, and the command runs what lies there.';
const VERIFY_WORDS =
  'The verify command of the project, now that the agent is done. It runs what the agent has written.';

/** Whether the clone is still the base branch, to the letter. */
async function isUntouched(around: Around): Promise<boolean> {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: around.config.repo, env: around.env })).stdout.trim();
  try {
    const [head, base, changed] = await Promise.all([
      git('rev-parse', '--verify', 'HEAD'),
      git('rev-parse', '--verify', `refs/remotes/origin/${around.spec.base}`),
      git('status', '--porcelain', '--ignored'),
    ]);
    return (
      head === base && changed.split('\n').every((line) => line === '' || /^!! (?:.*\/)?TASK\.md$/.test(line))
    );
  } catch {
    // What can't be compared is not the same.
    return false;
  }
}

/**
 * Runs what the repository and the project have to check the work with, unless the agent ended its turn to
 * ask something. All of it
 * runs what the agent has written: where agents ask, the verify command needs permission like a command of
 * theirs, and nothing is run
 * that was only found in the clone.
 * @returns once all of it has ended and is sent as evidence; false where permission for it was not given
 */
export async function verify(around: Around, control: Control): Promise<boolean> {
  if (onlyReads(around.spec.phase)) return true;
  // What the project has set takes the place of tests that were only found.
  const checks = around.spec.askPermissions
    ? []
    : checksOf(workFolder(around.config, around.spec), around.env.PATH ?? '').filter(
        (c) => c.what !== 'tests' || around.spec.verifyCommand === null,
      );
  if (around.spec.verifyCommand === null && checks.length === 0) return true;
  const asked = await around.link.patiently('GET', '/run/asked');
  if (asked.status === 200 && (JSON.parse(asked.body.toString()) as { asked: boolean }).asked) return true;
  for (const check of checks) await look(around, check.what, check.command, check.insteadOf);
  if (around.spec.verifyCommand === null) return true;
  if (
    around.spec.askPermissions &&
    !(await control.askPermission(around, RUNNER_ASKS.verify, around.spec.verifyCommand, VERIFY_WORDS))
  )
    return false;
  await look(around, 'verify', around.spec.verifyCommand);
  return true;
}

/** Runs a check on what the agent has left. One that is red is looked at on the commit before the change too. */
async function look(
  around: Around,
  what: OnChange['what'],
  command: string,
  insteadOf?: string,
): Promise<void> {
  const {
    code,
    ms,
    tail: printed,
  } = await shell(command, { repo: workFolder(around.config, around.spec), env: around.env }, LIMIT_MS[what]);
  const trouble = trunkTrouble(command, { exitCode: code, tail: printed });
  const done = {
    command,
    exitCode: trouble === null ? code : DID_NOT_RUN,
    ms,
    tail: trouble === null ? printed : `${trouble}\n${printed}`,
  };
  const stood = await standing(around, what);
  // What the project has set is what a change has to meet, however it stood before.
  const redBefore = what !== 'verify' && (await isRedBefore(around, { what, ...done, ...stood }));
  await tell(around, {
    what,
    ...done,
    ...stood,
    ...(redBefore ? { redBefore } : {}),
    ...(insteadOf === undefined ? {} : { insteadOf }),
  });
}
/** As a shell says it of what is not there. */
const DID_NOT_RUN = 127;

/** @param found of a set-up that nobody has set: the files it comes from, and what is said before its output */
async function record(
  around: Around,
  what: keyof typeof LIMIT_MS,
  command: string,
  found: { readonly from?: string[]; readonly before: string } | null = null,
): Promise<Evidence> {
  const {
    code,
    ms,
    tail: printed,
  } = await shell(command, { repo: workFolder(around.config, around.spec), env: around.env }, LIMIT_MS[what]);
  const trouble = what === 'setup' && code !== 0 ? setupTrouble(printed, code) : null;
  const tail = `${found?.before ?? ''}${trouble === null ? '' : `${trouble}\n`}${printed}`;
  return tell(around, {
    what,
    command,
    exitCode: code,
    ms,
    tail,
    ...(await standing(around, what)),
    ...(found?.from === undefined ? {} : { from: found.from }),
  });
}

/** The commit that the clone is at, and whether it is that and nothing else. */
async function standing(around: Around, what: Evidence['what']): Promise<Pick<Evidence, 'sha' | 'clean'>> {
  const git = async (...args: string[]): Promise<string> => {
    const options = { cwd: around.config.repo, env: around.env, maxBuffer: 16 * 1024 * 1024 };
    // The evidence says `?` where git could not be asked.
    const { stdout } = await run('git', args, options).catch(() => ({ stdout: '?' }));
    return stdout.trim();
  };
  const sha = (await git('rev-parse', 'HEAD')).slice(0, 64);
  // Nothing is ready by a set-up, and reading each file of a large repository would hold up the agent.
  const isSetup = what === 'setup';
  return {
    sha,
    clean: isSetup
      ? (await git('status', '--porcelain')) === ''
      : await isExactly(around.config.repo, sha, ownFiles(around.spec), around.env),
  };
}

/** Keeps it as evidence. */
async function tell(around: Around, evidence: Evidence): Promise<Evidence> {
  const { what, command, exitCode, ms, tail } = evidence;
  around.spool.write(
    JSON.stringify({ type: 'mainloop', subtype: 'command', what, command, exitCode, ms, tail }),
  );
  await around.link.patiently('POST', '/run/evidence', JSON.stringify(evidence), {
    'content-type': 'application/json',
  });
  return evidence;
}
