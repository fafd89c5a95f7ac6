// The agent's process: its stdio, its words to the spool, and how it ended. It starts without a prompt and
// waits for one.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { claudeCode, readObject } from '@mainloop/adapters/agent/claude-code';
import type { RunOutcome } from '@mainloop/models/flow/runs/outcomes';
import type { Around } from './around.ts';
import type { Control } from './control.ts';
import { ensureFolder, workFolder } from './folders.ts';
import { languageServersOf } from './languages.ts';
import { LineSplitter, MAX_LINE_BYTES } from './spool.ts';

/** How long an agent that has said its result may take to leave, and what it printed to arrive after that. */
const END_GRACE_MS = 5_000;
const LAST_WORDS_MS = 1_000;

export interface Agent {
  /** Says the prompt. From now on it may be steered, and its time runs. @returns how it ended */
  work(): Promise<RunOutcome>;
  kill(): void;
}

/**
 * Starts Claude Code on a run, in the project's folder.
 * @param control passes on what is said to it from outside
 */
export function startAgent(around: Around, control: Control): Agent {
  const { config, spec, spool, env } = around;
  const configDir = path.join(config.home, '.claude');
  const cmd = claudeCode.command({
    executable: path.join(config.kit, 'claude'),
    model: spec.model,
    sessionId: spec.sessionId,
    resume: spec.resume && hasSession(configDir, workFolder(config, spec), spec.sessionId),
    maxTurns: spec.maxTurns,
    askPermissions: spec.askPermissions,
    configDir,
    tmpDir: env.TMPDIR!,
    gatewayUrl: config.gatewayUrl,
    token: config.token,
    pluginDir: ensurePlugin(around),
  });
  const reader = claudeCode.reader();
  const child = spawn(cmd.file, [...cmd.args], {
    cwd: workFolder(config, spec),
    env: { ...env, ...cmd.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Whyever we go, the agent goes with us.
  process.once('exit', () => child.kill('SIGKILL'));
  child.stdin.on('error', () => undefined);
  let stderrTail = '';
  child.stderr.on('data', (data: Buffer) => {
    stderrTail = (stderrTail + data.toString()).slice(-4_000);
  });
  const lines = new LineSplitter((line, dropped) => {
    if (dropped > 0) {
      spool.write(
        JSON.stringify({ type: 'mainloop', subtype: 'clipped', dropped, start: line.slice(0, 2_000) }),
      );
      return;
    }
    spool.write(asAgents(line));
    control.beginPatience(around);
    const signal = reader.read(line);
    if (signal.kind === 'permission') void control.ask(around, signal.requestId, signal.tool, signal.input);
    if (signal.kind === 'turn_ended') {
      control.deafen();
      child.stdin.end();
      setTimeout(() => child.kill('SIGKILL'), END_GRACE_MS).unref();
    }
  }, MAX_LINE_BYTES * 16);
  child.stdout.on('data', (d: Buffer) => lines.push(d));
  const ended = new Promise<{ code: number | null; signal: string | null; error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
    // What it left running may hold its output open for ever.
    child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), LAST_WORDS_MS));
  });
  return {
    async work() {
      child.stdin.write(claudeCode.userLine(spec.prompt));
      control.attach(child);
      const overtime = setTimeout(() => control.stop('time'), spec.maxMinutes * 60_000);
      const end = await ended;
      clearTimeout(overtime);
      control.deafen();
      lines.flush();
      if (end.error) return { kind: 'failed', reason: 'startup', detail: end.error.message };
      return control.ended() ?? reader.outcome({ ...end, stderrTail }, Date.now());
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/**
 * Its lines are the agent's, each of them: whatever runs beside Claude Code can write there, and only the
 * runner speaks as the runner.
 */
const asAgents = (line: string): string =>
  readObject(line)?.type === 'mainloop'
    ? JSON.stringify({
        type: 'mainloop',
        subtype: 'note',
        text: `The agent wrote a line in the name of its runner: ${line.slice(0, 500)}`,
      })
    : line;

/**
 * Whether Claude Code runs nothing of this clone before its first prompt. A repository's settings may name
 * a command for the
 * key, and its MCP file servers.
 * @see https://code.claude.com/docs/en/settings ("apiKeyHelper", "awsAuthRefresh", "otelHeadersHelper")
 * @param repo the clone
 * @param folder the project's, below it
 */
export const bringsNothingToRun = (repo: string, folder = ''): boolean =>
  ['', ...folder.split('/').map((_, i, all) => all.slice(0, i + 1).join('/'))].every((dir) =>
    ['.claude', '.mcp.json'].every((f) => !existsSync(path.join(repo, dir, f))),
  );

/**
 * An agent that has to ask before it runs something gets no language server: it may edit files, and a server
 * runs what lies in the clone.
 * @returns null when there is none
 */
function ensurePlugin({ config, spec, env }: Around): string | null {
  const servers = spec.askPermissions
    ? {}
    : languageServersOf(workFolder(config, spec), env.PATH ?? '', config.kit);
  if (Object.keys(servers).length === 0) return null;
  const dir = path.join(config.home, 'plugin');
  for (const [file, text] of Object.entries(claudeCode.pluginFiles(servers))) {
    ensureFolder(path.dirname(path.join(dir, file)));
    writeFileSync(path.join(dir, file), text);
  }
  return dir;
}

/** A session that was never written (killed before its first turn) can't be resumed; Claude Code would exit at once. */
function hasSession(configDir: string, repo: string, sessionId: string): boolean {
  const slug = repo.replace(/[^A-Za-z0-9]/g, '-');
  return existsSync(path.join(configDir, 'projects', slug, `${sessionId}.jsonl`));
}
