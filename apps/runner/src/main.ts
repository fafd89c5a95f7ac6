// The process beside Claude Code. It owns the agent's stdio, spools what it prints, takes commands, and says
// how it ended. It knows no database and no forge: everything goes through the gateway, and a gateway that is
// away is waited for.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CHECKPOINT_MAX_BYTES, HOLDS, RunSpec } from '@mainloop/models/contracts/runner';
import type { RunOutcome } from '@mainloop/models/flow/runs/outcomes';
import { bringsNothingToRun, startAgent } from './agent.ts';
import type { Around } from './around.ts';
import { adoptKept, ensureSetup, setupIsDone, verify } from './commands.ts';
import { loadConfig, type RunnerConfig } from './config.ts';
import { Control } from './control.ts';
import { environment, packagesAt } from './environment.ts';
import { ensureFolder, setAside } from './folders.ts';
import { FencedOut, gatewayLink, relay } from './gateway-link.ts';
import { afterCreate, afterRun, beforeRun, noHookIsLeft } from './hooks.ts';
import { say, setIds } from './log.ts';
import { exposedWords, prove } from './probe.ts';
import { Spool } from './spool.ts';
import { checkpoint, ensureWorkspace, WorkspaceError } from './workspace.ts';

const CHECKPOINT_MS = 60_000;
const PLACE_MS = 1_000;

async function main(): Promise<void> {
  const configured = loadConfig(process.env);
  const link = gatewayLink(configured, `${HOLDS}${randomUUID()}`);
  // Of no use to anybody but the run that wrote it, and who knows what lies there by now.
  setAside(configured.spool);
  ensureFolder(configured.spool);
  leaveWithoutPlace(configured.spool);
  const gatewayPort = await relay(configured);
  const config: RunnerConfig = { ...configured, gatewayPort, gatewayUrl: `http://127.0.0.1:${gatewayPort}` };
  const spec = RunSpec.parse(JSON.parse((await link.patiently('GET', '/run/spec')).body.toString()));
  setIds(spec);
  const spool = new Spool(
    path.join(config.spool, `${spec.runId}-${spec.epoch}.jsonl`),
    spec.outputOffset,
    link,
  );
  const around: Around = {
    config,
    spec,
    link,
    spool,
    env: { ...environment(config, spec.askPermissions), ...(await packagesAt(config, spec.packages)) },
  };
  const pumping = spool.pump();
  const save = (): Promise<unknown> => checkpoint(config, spec, link, around.env, CHECKPOINT_MAX_BYTES);
  // Its node is drained, or it is evicted: what is not pushed is saved, and the next epoch starts from there.
  process.once('SIGTERM', () => void save().finally(() => process.exit(143)));
  const control = new Control(() => void save());
  const beating = control.heartbeat(link);
  let outcome: RunOutcome;
  try {
    outcome = spec.done === null ? await work(around, control, save) : await goOn(around, spec.done);
    if (outcome.kind === 'completed') outcome = await verified(around, control, outcome);
  } catch (err) {
    outcome = {
      kind: 'failed',
      reason: err instanceof WorkspaceError ? 'workspace' : 'setup',
      detail: (err as Error).message.slice(0, 4_000),
    };
  }
  await save();
  spool.close();
  await pumping;
  await beating.stop();
  await link.patiently('POST', '/run/result', JSON.stringify({ outcome, outputEnd: spool.end }), {
    'content-type': 'application/json',
  });
  process.exit(0);
}

/** Moments of a start, for its story. */
type Mark = 'process' | 'spec' | 'probe' | 'clone' | 'prompt';

async function work(around: Around, control: Control, save: () => Promise<unknown>): Promise<RunOutcome> {
  const marks: Partial<Record<Mark, number>> = {
    process: Math.round(performance.timeOrigin),
    spec: Date.now(),
  };
  const mark = (name: Mark): void => void (marks[name] = Date.now());
  const proving = prove(around, process.env).finally(() => mark('probe'));
  for (const text of await ensureWorkspace(around.config, around.spec, around.link, around.env))
    around.spool.write(JSON.stringify({ type: 'mainloop', subtype: 'note', text }));
  mark('clone');
  await adoptKept(around);
  // Nothing of the clone runs before the proof. Claude Code alone may start meanwhile, and waits for its
  // prompt: that takes it as long.
  const early =
    setupIsDone(around) && noHookIsLeft(around) && bringsNothingToRun(around.config.repo, around.spec.folder)
      ? startAgent(around, control)
      : null;
  const proof = await proving;
  if (proof.open.length > 0 || proof.untried.length > 0) {
    early?.kill();
    return { kind: 'failed', reason: 'exposed', detail: exposedWords(proof) };
  }
  const outcome = await attempt(around, control, save, { early, mark, marks });
  // What is not pushed is safe, whatever the hook does.
  if (around.spec.hooks?.afterRun != null) await save();
  const spoilt = await afterRun(around);
  return spoilt === null ? outcome : hookFailed(spoilt);
}

const hookFailed = (detail: string): RunOutcome => ({
  kind: 'failed',
  reason: 'workflow_file',
  detail: detail.slice(0, 4_000),
});

interface Started {
  /** The agent, where it may start before all is proven. */
  readonly early: ReturnType<typeof startAgent> | null;
  readonly mark: (name: Mark) => void;
  readonly marks: Partial<Record<Mark, number>>;
}

/** What comes between the proof and the agent, and the agent. */
async function attempt(
  around: Around,
  control: Control,
  save: () => Promise<unknown>,
  { early, mark, marks }: Started,
): Promise<RunOutcome> {
  const uncreated = await afterCreate(around);
  if (uncreated !== null) return hookFailed(uncreated);
  const failed = await ensureSetup(around, control);
  const ended = failed === null ? null : control.ended();
  if (ended !== null) return ended;
  if (failed !== null) return { kind: 'failed', reason: 'setup_command', detail: failed.slice(-4_000) };
  const unready = await beforeRun(around);
  if (unready !== null) return hookFailed(unready);
  mark('prompt');
  around.spool.write(JSON.stringify({ type: 'mainloop', subtype: 'started', at: marks }));
  const saving = setInterval(() => void save(), CHECKPOINT_MS);
  try {
    return await (early ?? startAgent(around, control)).work();
  } finally {
    clearInterval(saving);
  }
}

/** The agent was done before: its clone is here again, and whatever comes after its work is left to do. */
async function goOn(around: Around, summary: string): Promise<RunOutcome> {
  await ensureWorkspace(around.config, around.spec, around.link, around.env);
  return { kind: 'completed', summary };
}

/** @returns `done`, unless the run was ended before all of it was looked at */
async function verified(
  around: Around,
  control: Control,
  done: Extract<RunOutcome, { kind: 'completed' }>,
): Promise<RunOutcome> {
  const isVerified = await verify(around, control);
  return isVerified ? done : (control.ended(done.summary) ?? done);
}

/**
 * Ends the process when somebody removes the sandbox under it: a runner without a place has nothing to do.
 */
function leaveWithoutPlace(folder: string): void {
  setInterval(() => {
    if (!existsSync(folder)) process.exit(4);
  }, PLACE_MS).unref();
}

function tellEnd(err: unknown): void {
  if (err instanceof FencedOut) say('info', 'fenced out: another runner has this run now');
  else say('fatal', 'the runner ends', err);
}

// It would end us where it opens no debugger.
process.on('SIGUSR1', () => undefined);
process.on('unhandledRejection', (err) => {
  tellEnd(err);
  process.exit(err instanceof FencedOut ? 3 : 1);
});
await main().catch((err: unknown) => {
  tellEnd(err);
  process.exit(err instanceof FencedOut ? 3 : 1);
});
