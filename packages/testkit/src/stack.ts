// The whole of mainloop as a newcomer gets it, started through its own command with ports and a data folder of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bridgeTo } from '@mainloop/network/bridge';
import {
  fetchOptions,
  requestOf,
  sentenceOf,
  type Call,
  type Request,
} from '@mainloop/models/contracts/client';
import { ROUTES, type Route, type RouteName } from '@mainloop/models/contracts/routes';
import { POSTGRES_SOCKET, postgresUrl } from '../../../apps/cli/src/up/postgres.ts';
import { childrenOf } from '../../../apps/cli/src/up/pids.ts';
import { socketsOf } from '../../../apps/cli/src/up/sockets.ts';
import { TEMPORAL_SOCKET } from '../../../apps/cli/src/up/temporal.ts';
import { freePort } from '../../../tools/free-port.ts';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** What a test sends that no client of ours would. */
type RawCall = <T>(method: Route['method'], path: `/${string}`, body?: unknown) => Promise<T>;

export interface Stack {
  readonly home: string;
  readonly web: string;
  readonly api: string;
  readonly github: string;
  readonly gateway: string;
  readonly temporal: string;
  readonly model: string;
  /** The superuser's, to look at and to arrange anything. */
  readonly databaseUrl: string;
  /** The token of the local GitHub's owner. */
  readonly githubToken: string;
  pidOf(name: string): number;
  /** That process and all that descend from it: some of ours only keep another one. */
  pidsOf(name: string): number[];
  /** Asks the api by the name of a route; a refusal is an error with its status and its words. */
  readonly call: Call & RawCall;
  /** What was asked of the local GitHub, as it logged it. */
  forgeCalls(): Promise<{ method: string; path: string; body: Record<string, unknown> | null }[]>;
  /**
   * What only the operator of the local GitHub may: bring a folder in, or say what a repository has and wants
   * (`RepoRules`).
   */
  arrangeForge(what: 'import' | 'rules', body: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
  log(name: string): string;
}

export async function startStack(env: Record<string, string> = {}): Promise<Stack> {
  const home = env.MAINLOOP_HOME ?? mkdtempSync('/tmp/mainloop-test-');
  chmodSync(home, 0o711);
  const names = [
    'WEB_PORT',
    'API_PORT',
    'GATEWAY_PORT',
    'TEMPORAL_PORT',
    'LOCAL_GITHUB_PORT',
    'DEMO_MODEL_PORT',
  ] as const;
  const ports = Object.fromEntries(
    await Promise.all(names.map(async (n) => [n, env[n] ?? String(await freePort())])),
  ) as Record<(typeof names)[number], string>;
  const out = path.join(home, 'up.log');
  const descriptor = openSync(out, 'a', 0o600);
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) =>
        !/^(ANTHROPIC_|CLAUDE_|GITHUB_|DATABASE_URL|TEMPORAL_|MAINLOOP_|NODE_OPTIONS|JEST_)/.test(key),
    ),
  );
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(ROOT, 'apps/cli/src/main.ts'), 'up'],
    {
      env: {
        ...clean,
        ...ports,
        MAINLOOP_HOME: home,
        DEMO_PACE_MS: '0',
        FORGE_POLL_SECONDS: '2',
        FORGE_SETTLE_MS: '1500',
        REVIEW_QUIET_SECONDS: '2',
        ...env,
      } as NodeJS.ProcessEnv,
      stdio: ['ignore', descriptor, descriptor],
    },
  );
  closeSync(descriptor);
  // One that fails ends, and is told at once: this is for a machine that is very busy.
  const deadline = Date.now() + 300_000;
  while (!readFileSync(out, 'utf8').includes('mainloop is up')) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`mainloop did not come up:\n${readFileSync(out, 'utf8')}`);
    await new Promise((r) => setTimeout(r, 100));
  }
  const api = `http://127.0.0.1:${ports.API_PORT}`;
  const socket = path.join(socketsOf(home, POSTGRES_SOCKET), TEMPORAL_SOCKET);
  const temporal = await bridgeTo(existsSync(socket) ? `unix:${socket}` : `127.0.0.1:${ports.TEMPORAL_PORT}`);
  const github = `http://127.0.0.1:${ports.LOCAL_GITHUB_PORT}`;
  const { localGitHubToken, localGitHubOperator, apiToken, postgresSuperuser } = JSON.parse(
    readFileSync(path.join(home, 'secrets.json'), 'utf8'),
  ) as Record<'localGitHubToken' | 'localGitHubOperator' | 'apiToken' | 'postgresSuperuser', string>;
  const pidOf = (name: string): number => {
    const file = JSON.parse(readFileSync(path.join(home, 'run/processes.json'), 'utf8')) as {
      processes: { name: string; pid: number }[];
    };
    return file.processes.find((p) => p.name === name)?.pid ?? 0;
  };
  return {
    home,
    api,
    github,
    web: `http://localhost:${ports.WEB_PORT}`,
    gateway: `http://127.0.0.1:${ports.GATEWAY_PORT}`,
    temporal: temporal.address,
    model: `http://127.0.0.1:${ports.DEMO_MODEL_PORT}`,
    databaseUrl: postgresUrl(
      path.join(socketsOf(home, POSTGRES_SOCKET), 'pg'),
      'mainloop',
      postgresSuperuser,
    ),
    githubToken: localGitHubToken,
    pidOf,
    pidsOf(name) {
      const found = [pidOf(name)].filter((pid) => pid !== 0);
      for (const pid of found) found.push(...childrenOf(pid));
      return found;
    },
    call: callerOf(api, apiToken),
    forgeCalls: async () =>
      (
        await fetch(`${github}/_local/calls`, { headers: { authorization: `token ${localGitHubOperator}` } })
      ).json() as Promise<{ method: string; path: string; body: Record<string, unknown> | null }[]>,
    async arrangeForge(what, body) {
      const response = await fetch(`${github}/_local/${what}`, {
        method: 'POST',
        headers: { authorization: `token ${localGitHubOperator}` },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
    },
    log: (name) => readFileSync(path.join(home, 'logs', `${name}.log`), 'utf8'),
    async stop() {
      temporal.close();
      child.kill('SIGTERM');
      await new Promise<void>((r) =>
        child.exitCode !== null || child.signalCode !== null ? r() : child.once('exit', () => r()),
      );
      if (env.MAINLOOP_HOME === undefined)
        rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Asks until something is there. The sentence says what never came. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  ms = 240_000,
  everyMs = 150,
): Promise<T> {
  const deadline = Date.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
    } catch (err) {
      last = err;
    }
    if (Date.now() > deadline)
      throw new Error(
        `waited ${ms / 1000} s for ${what}${last instanceof Error ? ` (${last.message})` : ''}`,
      );
    await new Promise((r) => setTimeout(r, everyMs));
  }
}

/** @param api where the api answers, or a page's server before it @param token of a person */
export function callerOf(api: string, token: string): Call & RawCall {
  const send = async <T>(request: Request): Promise<T> => {
    const { method, path } = request;
    const response = await fetch(
      `${api}${path}`,
      fetchOptions(request, { authorization: `Bearer ${token}` }),
    );
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await sentenceOf(response)}`);
    return (await response.json()) as T;
  };
  return (first: string, ...more: readonly unknown[]): Promise<never> =>
    Object.hasOwn(ROUTES, first)
      ? send(requestOf(first as RouteName, (more[0] ?? {}) as never))
      : send({ method: first as Route['method'], path: more[0] as string, body: more[1] });
}
