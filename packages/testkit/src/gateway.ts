// The gateway alone: its real process over a database of the test, with a model of the test's own behind it.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '@mainloop/models/contracts/node';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { ensureRun } from '@mainloop/models/db/runs/runs';
import { openEpoch } from '@mainloop/models/db/runs/epochs';
import { projectSettings } from '@mainloop/models/events/projects';
import { OWNER } from '@mainloop/models/flow/ids';
import { freePort } from '../../../tools/free-port.ts';
import { until } from './stack.ts';

const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../apps/gateway/src/main.ts');
export const CHAT_TOKEN = 'the-chat-token-of-a-test';

export interface TestGateway {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  readonly home: string;
  /** null while it lives. */
  exit(): number | string | null;
  rssMiB(): number;
  /** The most that it ever had. */
  peakMiB(): number;
  log(): string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts the process as its own database role. @param databaseUrl of a superuser
 * @param env what its configuration should say besides
 */
export async function startGateway(
  databaseUrl: string,
  modelUrl: string,
  env: Record<string, string> = {},
): Promise<TestGateway> {
  const home = mkdtempSync('/tmp/mainloop-gateway-');
  const port = await freePort();
  const url = new URL(databaseUrl);
  url.searchParams.set('options', '-c role=mainloop_gateway');
  let said = '';
  const child: ChildProcess = spawn(process.execPath, [...NODE_FLAGS, MAIN], {
    env: {
      PATH: process.env.PATH,
      MAINLOOP_HOME: home,
      GATEWAY_DATABASE_URL: url.href,
      GATEWAY_PORT: String(port),
      MAINLOOP_CHAT_TOKEN: CHAT_TOKEN,
      ANTHROPIC_BASE_URL: modelUrl,
      ANTHROPIC_API_KEY: 'the-real-key',
      GITHUB_TOKEN: 'the-forge-token',
      GITHUB_API_URL: 'http://127.0.0.1:9',
      // Nobody's: a test that wants packages says where from.
      npm_config_registry: 'http://127.0.0.1:9/',
      PIP_INDEX_URL: 'http://127.0.0.1:9/',
      GOPROXY: 'http://127.0.0.1:9/',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const hear = (data: Buffer): void => {
    said = (said + data.toString()).slice(-200_000);
  };
  child.stdout!.on('data', hear);
  child.stderr!.on('data', hear);
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  await until('the gateway', async () => {
    if (child.exitCode !== null) throw new Error(said);
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  });
  const memory = (what: 'VmRSS' | 'VmHWM'): number =>
    Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) /
    1024;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    home,
    exit: () => child.exitCode ?? child.signalCode,
    rssMiB: () => memory('VmRSS'),
    peakMiB: () => memory('VmHWM'),
    log: () => said,
    async kill(signal) {
      child.kill(signal);
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A task with a run that is under way. @returns its token */
export async function seedRun(db: Db, taskId: string, n = 1): Promise<{ runId: string; token: string }> {
  const runId = await ensureRun(db, {
    ownerId: OWNER,
    taskId,
    n,
    phase: 'implement',
    prompt: () => 'do it',
    model: 'claude-opus-5-5',
  });
  return { runId, token: (await openEpoch(db, runId)).token };
}

/** What a project lets its agents do. */
export const setProject = (db: Db, projectId: string, settings: Record<string, unknown>): Promise<unknown> =>
  withTx(db, (tx) =>
    append(tx, [projectSettings.new({ actor: 'test', payload: { id: projectId, settings } })], OWNER),
  );

/** A model that answers as the test says, and keeps what it was asked. */
export async function startModel(
  answer: (
    body: Record<string, unknown>,
    res: http.ServerResponse,
    req: http.IncomingMessage,
  ) => void | Promise<void>,
): Promise<{
  url: string;
  asked: { raw: string; headers: http.IncomingHttpHeaders; url: string }[];
  close(): void;
}> {
  const asked: { raw: string; headers: http.IncomingHttpHeaders; url: string }[] = [];
  const server = http.createServer(async (req, res) => {
    let raw = '';
    for await (const c of req) raw += c;
    asked.push({ raw, headers: req.headers, url: req.url ?? '' });
    await answer(raw === '' ? {} : (JSON.parse(raw) as Record<string, unknown>), res, req);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
