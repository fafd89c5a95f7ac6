// The process beside Claude Code. It owns the agent's stdio, spools what it prints, takes commands, and says how it ended.
// It knows no database and no forge: everything goes through the gateway, and a gateway that is away is waited for.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { claudeCode } from '@mainloop/adapters/agent/claude-code';
import { CHECKPOINT_MAX_BYTES, HeartbeatReply, RunSpec, type RunnerCommand } from '@mainloop/models/contracts/runner';
import type { RunOutcome } from '@mainloop/models/flow/outcomes';
import { loadConfig, type RunnerConfig } from './config.ts';
import { FencedOut, gatewayLink, relay, type GatewayLink } from './gateway-link.ts';
import { LineSplitter, MAX_LINE_BYTES, Spool } from './spool.ts';
import { checkpoint, ensureWorkspace, gitEnv, WorkspaceError } from './workspace.ts';

const HEARTBEAT_MS = 1_000;
const CHECKPOINT_MS = 60_000;

async function main(): Promise<void> {
  const configured = loadConfig(process.env);
  const link = gatewayLink(configured);
  mkdirSync(configured.spool, { recursive: true });
  const gatewayPort = await relay(configured);
  const c: RunnerConfig = { ...configured, gatewayPort, gatewayUrl: `http://127.0.0.1:${gatewayPort}` };
  const spec = RunSpec.parse(JSON.parse((await link.patiently('GET', '/run/spec')).body.toString()));
  const spool = new Spool(path.join(c.spool, `${spec.runId}-${spec.epoch}.jsonl`), spec.outputOffset, link);
  const pumping = spool.pump();
  const agent: Agent = { child: null, stopping: null, answered: new Map() };
  const beating = heartbeat(c, spec, link, agent);
  let outcome: RunOutcome;
  try {
    outcome = await work(c, spec, link, spool, agent);
  } catch (err) {
    outcome = { kind: 'failed', reason: err instanceof WorkspaceError ? 'workspace' : 'setup', detail: (err as Error).message.slice(0, 4_000) };
  }
  const env = { ...process.env, HOME: c.home, ...gitEnv(c) } as Record<string, string>;
  await checkpoint(c, spec, link, env, CHECKPOINT_MAX_BYTES);
  spool.close();
  await pumping;
  beating.stop();
  await link.patiently('POST', '/run/result', JSON.stringify({ outcome, outputEnd: spool.end }), { 'content-type': 'application/json' });
  process.exit(0);
}

interface Agent {
  child: ChildProcess | null;
  /** Why we are ending it ourselves, if we are. */
  stopping: 'stopped' | 'time' | null;
  /** Inputs of permission requests that wait for an answer, by request id. */
  readonly answered: Map<string, unknown>;
}

async function work(c: RunnerConfig, spec: RunSpec, link: GatewayLink, spool: Spool, agent: Agent): Promise<RunOutcome> {
  const tmpDir = path.join(c.home, 'tmp');
  mkdirSync(tmpDir, { recursive: true });
  const base: Record<string, string> = {
    PATH: `${c.kit}:/usr/local/bin:/usr/bin:/bin`,
    HOME: c.home,
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
    TERM: 'dumb',
    TMPDIR: tmpDir,
    TZ: 'UTC',
    MAINLOOP_TOKEN: c.token,
    MAINLOOP_GATEWAY: c.gatewayUrl,
    HTTPS_PROXY: `http://run:${c.token}@127.0.0.1:${c.gatewayPort}`,
    https_proxy: `http://run:${c.token}@127.0.0.1:${c.gatewayPort}`,
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    ...gitEnv(c),
  };
  await ensureWorkspace(c, spec, link, base);
  const configDir = path.join(c.home, '.claude');
  const cmd = claudeCode.command({
    executable: path.join(c.kit, 'claude'),
    model: spec.model,
    sessionId: spec.sessionId,
    resume: spec.resume && hasSession(configDir, c.repo, spec.sessionId),
    maxTurns: spec.maxTurns,
    askPermissions: spec.askPermissions,
    configDir,
    tmpDir,
    gatewayUrl: c.gatewayUrl,
    token: c.token,
  });
  const reader = claudeCode.reader();
  const child = spawn(cmd.file, [...cmd.args], { cwd: c.repo, env: { ...base, ...cmd.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  agent.child = child;
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
    if (s.kind === 'turn_ended') child.stdin.end();
    if (s.kind === 'permission') agent.answered.set(s.requestId, s.input);
  }, MAX_LINE_BYTES * 16);
  child.stdout.on('data', (d: Buffer) => lines.push(d));
  child.stdin.write(claudeCode.userLine(spec.prompt));
  const overtime = setTimeout(() => {
    agent.stopping ??= 'time';
    child.kill('SIGTERM');
  }, spec.maxMinutes * 60_000);
  const saving = setInterval(() => void checkpoint(c, spec, link, base, CHECKPOINT_MAX_BYTES), CHECKPOINT_MS);
  const end = await new Promise<{ code: number | null; signal: string | null; error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  clearTimeout(overtime);
  clearInterval(saving);
  lines.flush();
  if (end.error) return { kind: 'failed', reason: 'startup', detail: end.error.message };
  if (agent.stopping === 'time') return { kind: 'limit', reason: 'time' };
  if (agent.stopping === 'stopped') return { kind: 'interrupted', reason: 'stopped' };
  return reader.outcome({ ...end, stderrTail }, Date.now());
}

/** A session that was never written (killed before its first turn) can't be resumed; Claude Code would exit at once. */
function hasSession(configDir: string, repo: string, sessionId: string): boolean {
  const slug = repo.replace(/[^A-Za-z0-9]/g, '-');
  return existsSync(path.join(configDir, 'projects', slug, `${sessionId}.jsonl`));
}

function heartbeat(c: RunnerConfig, spec: RunSpec, link: GatewayLink, agent: Agent): { stop(): void } {
  let after = 0,
    stopped = false;
  const beat = async (): Promise<void> => {
    while (!stopped) {
      try {
        const r = await link.once('POST', '/run/heartbeat', JSON.stringify({ afterCommand: after }), { 'content-type': 'application/json' });
        if (r.status === 200) {
          for (const { id, command } of HeartbeatReply.parse(JSON.parse(r.body.toString())).commands) {
            after = Math.max(after, id);
            obey(command, c, spec, link, agent);
          }
        }
      } catch (err) {
        if (err instanceof FencedOut) leave(agent);
      }
      await new Promise((r) => setTimeout(r, HEARTBEAT_MS));
    }
  };
  void beat();
  return {
    stop: () => {
      stopped = true;
    },
  };
}

function obey(command: RunnerCommand, c: RunnerConfig, spec: RunSpec, link: GatewayLink, agent: Agent): void {
  switch (command.type) {
    case 'stop':
      agent.stopping ??= 'stopped';
      agent.child?.kill('SIGTERM');
      return;
    case 'steer':
      agent.child?.stdin?.write(claudeCode.userLine(command.text));
      return;
    case 'permission':
      agent.child?.stdin?.write(claudeCode.permissionLine(command.requestId, command.allow, command.message, agent.answered.get(command.requestId)));
      agent.answered.delete(command.requestId);
      return;
    case 'checkpoint':
      void checkpoint(c, spec, link, { ...process.env, HOME: c.home, ...gitEnv(c) } as Record<string, string>, CHECKPOINT_MAX_BYTES);
  }
}

/** Somebody else runs this task now, or it has ended. Everything we still did would be wrong. */
function leave(agent: Agent): never {
  agent.child?.kill('SIGKILL');
  process.exit(3);
}

process.on('unhandledRejection', (err) => {
  console.error(err instanceof FencedOut ? 'fenced out' : err);
  process.exit(err instanceof FencedOut ? 3 : 1);
});
await main().catch((err: unknown) => {
  console.error(err);
  process.exit(err instanceof FencedOut ? 3 : 1);
});
