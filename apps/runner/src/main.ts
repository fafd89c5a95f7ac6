// The process beside Claude Code. It owns the agent's stdio, spools what it prints, takes commands, and says how it ended.
// It knows no database and no forge: everything goes through the gateway, and a gateway that is away is waited for.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { claudeCode } from '@mainloop/adapters/agent/claude-code';
import { CHECKPOINT_MAX_BYTES, RunSpec } from '@mainloop/models/contracts/runner';
import type { RunOutcome } from '@mainloop/models/flow/outcomes';
import { ensureSetup, verify, type Around } from './commands.ts';
import { loadConfig, type RunnerConfig } from './config.ts';
import { Control } from './control.ts';
import { ensureFolder } from './folders.ts';
import { FencedOut, gatewayLink, relay } from './gateway-link.ts';
import { exposedWords, prove } from './probe.ts';
import { languageServersOf } from './languages.ts';
import { LineSplitter, MAX_LINE_BYTES, Spool } from './spool.ts';
import { checkpoint, ensureWorkspace, gitEnv, WorkspaceError } from './workspace.ts';

const CHECKPOINT_MS = 60_000;
const PLACE_MS = 1_000;

async function main(): Promise<void> {
  const configured = loadConfig(process.env);
  const link = gatewayLink(configured);
  ensureFolder(configured.spool);
  leaveWithoutPlace(configured.spool);
  const gatewayPort = await relay(configured);
  const config: RunnerConfig = { ...configured, gatewayPort, gatewayUrl: `http://127.0.0.1:${gatewayPort}` };
  const spec = RunSpec.parse(
    JSON.parse((await link.patiently('GET', '/run/spec', undefined, { 'x-mainloop-holder': randomUUID() })).body.toString()),
  );
  const spool = new Spool(path.join(config.spool, `${spec.runId}-${spec.epoch}.jsonl`), spec.outputOffset, link);
  const around: Around = { config, spec, link, spool, env: environment(config) };
  const pumping = spool.pump();
  const save = (): Promise<unknown> => checkpoint(config, spec, link, around.env, CHECKPOINT_MAX_BYTES);
  // Its node is drained, or it is evicted: what is not pushed is saved, and the next epoch starts from there.
  process.once('SIGTERM', () => void save().finally(() => process.exit(143)));
  const control = new Control(() => void save());
  const beating = control.heartbeat(link);
  let outcome: RunOutcome;
  try {
    outcome = await work(around, control, save);
    if (outcome.kind === 'completed') await verify(around);
  } catch (err) {
    outcome = { kind: 'failed', reason: err instanceof WorkspaceError ? 'workspace' : 'setup', detail: (err as Error).message.slice(0, 4_000) };
  }
  await save();
  spool.close();
  await pumping;
  await beating.stop();
  await link.patiently('POST', '/run/result', JSON.stringify({ outcome, outputEnd: spool.end }), { 'content-type': 'application/json' });
  process.exit(0);
}

/** What the agent, git and the project's commands see. The only credential in it is the run's own token. */
function environment(c: RunnerConfig): Record<string, string> {
  const tmpDir = path.join(c.home, 'tmp');
  ensureFolder(tmpDir);
  const proxy = `http://run:${c.token}@127.0.0.1:${c.gatewayPort}`;
  return {
    PATH: `${c.kit}:/usr/local/bin:/usr/bin:/bin`,
    HOME: c.home,
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
    TERM: 'dumb',
    TMPDIR: tmpDir,
    TZ: 'UTC',
    MAINLOOP_TOKEN: c.token,
    MAINLOOP_GATEWAY: c.gatewayUrl,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    ...gitEnv(c),
  };
}

async function work(around: Around, control: Control, save: () => Promise<unknown>): Promise<RunOutcome> {
  const { config: c, spec, link, spool, env } = around;
  // The first code of somebody else's runs after both: the clone brings none to run.
  const [, proof] = await Promise.all([ensureWorkspace(c, spec, link, env), prove(around, process.env)]);
  if (proof.open.length > 0 || proof.untried.length > 0) return { kind: 'failed', reason: 'exposed', detail: exposedWords(proof) };
  const failed = await ensureSetup(around);
  if (failed !== null) return { kind: 'failed', reason: 'setup_command', detail: failed.slice(-4_000) };
  const configDir = path.join(c.home, '.claude');
  const cmd = claudeCode.command({
    executable: path.join(c.kit, 'claude'),
    model: spec.model,
    sessionId: spec.sessionId,
    resume: spec.resume && hasSession(configDir, c.repo, spec.sessionId),
    maxTurns: spec.maxTurns,
    askPermissions: spec.askPermissions,
    configDir,
    tmpDir: env.TMPDIR!,
    gatewayUrl: c.gatewayUrl,
    token: c.token,
    pluginDir: ensurePlugin(around),
  });
  const reader = claudeCode.reader();
  const child = spawn(cmd.file, [...cmd.args], { cwd: c.repo, env: { ...env, ...cmd.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  let stderrTail = '';
  child.stderr.on('data', (d: Buffer) => {
    stderrTail = (stderrTail + d.toString()).slice(-4_000);
  });
  const lines = new LineSplitter((line, dropped) => {
    if (dropped > 0) {
      spool.write(JSON.stringify({ type: 'mainloop', subtype: 'clipped', dropped, start: line.slice(0, 2_000) }));
      return;
    }
    spool.write(line);
    const s = reader.read(line);
    if (s.kind === 'permission') control.ask(link, s.requestId, s.tool, s.input);
    if (s.kind === 'turn_ended') {
      control.deafen();
      child.stdin.end();
    }
  }, MAX_LINE_BYTES * 16);
  child.stdout.on('data', (d: Buffer) => lines.push(d));
  child.stdin.write(claudeCode.userLine(spec.prompt));
  control.attach(child);
  const overtime = setTimeout(() => control.stop('time'), spec.maxMinutes * 60_000);
  const saving = setInterval(() => void save(), CHECKPOINT_MS);
  const end = await new Promise<{ code: number | null; signal: string | null; error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  clearTimeout(overtime);
  clearInterval(saving);
  control.deafen();
  lines.flush();
  if (end.error) return { kind: 'failed', reason: 'startup', detail: end.error.message };
  if (control.stopping === 'time') return { kind: 'limit', reason: 'time' };
  if (control.stopping !== null) return { kind: 'interrupted', reason: control.stopping };
  return reader.outcome({ ...end, stderrTail }, Date.now());
}

/**
 * An agent that has to ask before it runs something gets no language server: it may edit files, and a server runs what lies in
 * the clone.
 * @returns null when there is none
 */
function ensurePlugin({ config: c, spec, env }: Around): string | null {
  const servers = spec.askPermissions ? {} : languageServersOf(c.repo, env.PATH ?? '', c.kit);
  if (Object.keys(servers).length === 0) return null;
  const dir = path.join(c.home, 'plugin');
  for (const [file, text] of Object.entries(claudeCode.pluginFiles(servers))) {
    ensureFolder(path.dirname(path.join(dir, file)));
    writeFileSync(path.join(dir, file), text);
  }
  return dir;
}

/**
 * Ends the process when somebody removes the sandbox under it: a runner without a place has nothing to do.
 */
function leaveWithoutPlace(folder: string): void {
  setInterval(() => {
    if (!existsSync(folder)) process.exit(4);
  }, PLACE_MS).unref();
}

/** A session that was never written (killed before its first turn) can't be resumed; Claude Code would exit at once. */
function hasSession(configDir: string, repo: string, sessionId: string): boolean {
  const slug = repo.replace(/[^A-Za-z0-9]/g, '-');
  return existsSync(path.join(configDir, 'projects', slug, `${sessionId}.jsonl`));
}

process.on('unhandledRejection', (err) => {
  console.error(err instanceof FencedOut ? 'fenced out' : err);
  process.exit(err instanceof FencedOut ? 3 : 1);
});
await main().catch((err: unknown) => {
  console.error(err);
  process.exit(err instanceof FencedOut ? 3 : 1);
});
