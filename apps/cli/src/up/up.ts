// `mainloop up`: everything on this machine, in order, until Ctrl-C.
import { existsSync } from 'node:fs';
import net from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { COMPILE_CACHE, NODE_FLAGS } from '@mainloop/models/contracts/node';
import { closeHome } from './closed.ts';
import { embedderFiles, fetchEmbedder, type EmbedderFiles } from './embedder.ts';
import { ensureKit } from './kit.ts';
import { adopt, canConnect, POSTGRES_SOCKET, startPostgres, urlFor } from './postgres.ts';
import { isAlive } from './pids.ts';
import { DATABASE_ROLES, KUBERNETES, ROOT, SIGN_IN, type Settings } from './settings.ts';
import { ensureClosedFolder, socketsOf } from './sockets.ts';
import { endLeftovers, readRunFile, Supervisor, type Service } from './supervisor.ts';
import { OPEN_PORT, ownNetwork, TEMPORAL_SOCKET, temporalCommand } from './temporal.ts';
import { ensureToolchains, findToolchains } from './toolchains.ts';
import { ensureTool } from './wheels.ts';

const httpOk = (url: string) => async (): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;

/**
 * @param say one line of progress
 * @returns the address to open, and how to end it all
 * @throws Error with one sentence that says what to do
 */
export async function up(
  settings: Settings,
  say: (line: string) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const url = `http://localhost:${settings.WEB_PORT}`;
  const before = readRunFile(settings.home);
  if (
    before &&
    before.pid !== 0 &&
    before.pid !== process.pid &&
    before.processes.some(isAlive) &&
    isMainloop(before.pid)
  )
    throw new Error(
      `mainloop already runs with this data folder: ${before.url} (pid ${before.pid}). Another instance needs its own MAINLOOP_HOME and ports.`,
    );
  await foreignPartsAnswer(settings);
  await endLeftovers(settings.home);
  await portsFree(settings);
  closeHome(settings.home);
  const temporalBin = settings.TEMPORAL_ADDRESS ? null : ensureTool('temporal', settings.cache, say);
  const kit = ensureKit(settings.home, {
    bwrap: ensureTool('bwrap', settings.cache, say),
    act: settings.localGitHub ? ensureTool('act', settings.cache, say) : null,
  });
  const tools = { ...kit, toolchains: path.join(settings.home, 'toolchains') };
  ensureToolchains(
    tools.toolchains,
    findToolchains(process.env.PATH ?? '', homedir()),
    process.getuid?.() === 0,
  );
  const embedder = embedderFiles(settings.cache);
  const temporal = temporalBin === null ? null : temporalService(settings, temporalBin, tools.bwrap, say);
  const sup = new Supervisor(settings.home, url);
  try {
    const databaseUrl = settings.DATABASE_URL ?? (await database(settings, sup, say));
    for (const service of services(settings, { ...tools, embedder }, temporal, databaseUrl)) {
      say(`starting ${service.name}`);
      await sup.start(service);
    }
    if (settings.localGitHub) await addDemoProject(settings);
  } catch (err) {
    await sup.stop();
    throw err;
  }
  const stopFetching = fetchEmbedder(settings.cache, say);
  return {
    url,
    stop() {
      stopFetching();
      return sup.stop();
    },
  };
}

/**
 * Made when it is not there. Started as root, Postgres runs under another account and passes through to a
 * folder of its own.
 */
function socketFolder(home: string): string {
  const uid = process.getuid!();
  const dir = socketsOf(home, POSTGRES_SOCKET);
  ensureClosedFolder(dir, uid === 0 ? 0o711 : 0o700, [uid]);
  return dir;
}

/** What every process of ours is told. */
const baseEnv = (settings: Settings): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: process.env.HOME ?? '/',
  LANG: 'C.UTF-8',
  NODE_ENV: 'production',
  NO_COLOR: '1',
  MAINLOOP_HOME: settings.home,
  // glibc keeps an arena of memory a thread, and Node has many threads that hardly ask for any.
  MALLOC_ARENA_MAX: '2',
  NODE_COMPILE_CACHE: path.join(ROOT, COMPILE_CACHE),
  MAINLOOP_LOCAL_USERS: settings.MAINLOOP_LOCAL_USERS ?? '',
  // Pods reach what listens here under an address of their own.
  MAINLOOP_HOSTS: settings.MAINLOOP_GATEWAY_ADDRESS?.replace(/:\d+$/, '') ?? '',
});

/** The embedded Temporal behind its proxy; where the machine has no network for it, on a port, and that is said. */
function temporalService(
  settings: Settings,
  program: string,
  bwrap: string,
  say: (line: string) => void,
): { service: Service; address: string } {
  const network = ownNetwork(bwrap);
  const socket = path.join(socketFolder(settings.home), TEMPORAL_SOCKET);
  if (network === null) say(OPEN_PORT);
  else ensureClosedFolder(path.dirname(socket), 0o700, [process.getuid!()]);
  const database = path.join(settings.home, 'temporal.sqlite');
  const { command, address } = temporalCommand({
    program,
    database,
    port: settings.TEMPORAL_PORT,
    bwrap,
    network,
    socket,
    node: process.execPath,
  });
  const service: Service = {
    name: 'temporal',
    port: network === null ? settings.TEMPORAL_PORT : null,
    env: baseEnv(settings),
    ready: () => canConnect(network === null ? { port: settings.TEMPORAL_PORT } : { path: socket }),
    endsByChild: network !== null,
    command,
  };
  return { service, address };
}

/**
 * The embedded Postgres, with its roles and tables in place.
 * @returns the superuser's URL, which no process is given
 */
async function database(settings: Settings, sup: Supervisor, say: (line: string) => void): Promise<string> {
  say('starting postgres');
  const dir = path.join(settings.home, 'postgres');
  const sockets = socketFolder(settings.home);
  const start = async (): Promise<string> => {
    const postgres = await startPostgres(
      dir,
      sockets,
      settings.secrets.postgresSuperuser,
      sup.logFile('postgres'),
    );
    sup.adopt('postgres', postgres.process, null, 'SIGINT');
    return postgres.url;
  };
  const url = await start();
  // Postgres is nobody's child after an adoption, so it is watched by looking.
  // One start at a time: two servers that find the same stale lock file remove each other's.
  let starting = false;
  const watch = setInterval(() => {
    if (starting || adopt(dir) !== null) return;
    starting = true;
    void start()
      // It is looked for again a moment later, and says in its own log why it did not start.
      .catch(() => undefined)
      .finally(() => {
        starting = false;
      });
  }, 500);
  watch.unref();
  const stop = sup.stop.bind(sup);
  sup.stop = async () => {
    clearInterval(watch);
    await stop();
  };
  await sup.once(
    'prepare',
    [process.execPath, ...NODE_FLAGS, path.join(ROOT, 'packages/models/src/db/prepare-main.ts')],
    {
      PATH: '/usr/bin:/bin',
      SUPERUSER_DATABASE_URL: url,
      MAINLOOP_ROLE_PASSWORDS: JSON.stringify(
        Object.fromEntries(DATABASE_ROLES.map((r) => [r, settings.secrets[r]])),
      ),
    },
  );
  return url;
}

function services(
  settings: Settings,
  tools: {
    bwrap: string;
    act: string | null;
    node: string;
    toolchains: string;
    embedder: EmbedderFiles | null;
  },
  temporal: { service: Service; address: string } | null,
  databaseUrl: string,
): Service[] {
  const node = [process.execPath, ...NODE_FLAGS] as const;
  const base = baseEnv(settings);
  const embedded = settings.DATABASE_URL === undefined;
  /** Our own server: each process its role. Somebody else's: the one URL, unless there is one for this process. */
  const urlOf = (role: (typeof DATABASE_ROLES)[number], given?: string): string =>
    given ?? (embedded ? urlFor(databaseUrl, role, settings.secrets[role]) : databaseUrl);
  const forge = settings.forge ?? { kind: 'token', token: settings.secrets.localGitHubToken };
  const signIn: Record<string, string> =
    forge.kind === 'token'
      ? { GITHUB_TOKEN: forge.token }
      : { GITHUB_APP_ID: forge.appId, GITHUB_APP_PRIVATE_KEY: forge.privateKey };
  const githubApi =
    settings.GITHUB_API_URL ??
    (settings.localGitHub ? `http://127.0.0.1:${settings.LOCAL_GITHUB_PORT}` : 'https://api.github.com');
  const webhookSecret = settings.GITHUB_WEBHOOK_SECRET ?? settings.secrets.webhookSecret;
  const given = (values: Record<string, string | undefined>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).filter((e): e is [string, string] => e[1] !== undefined));
  const modelEnv = settings.demoModel
    ? { ANTHROPIC_BASE_URL: `http://127.0.0.1:${settings.DEMO_MODEL_PORT}`, ANTHROPIC_API_KEY: 'demo' }
    : given({
        ANTHROPIC_BASE_URL: settings.ANTHROPIC_BASE_URL,
        ANTHROPIC_API_KEY: settings.ANTHROPIC_API_KEY,
        CLAUDE_CODE_OAUTH_TOKEN: settings.CLAUDE_CODE_OAUTH_TOKEN,
      });
  // A subscription's token is for Claude Code's own requests, so then the chat is one of them.
  const chatViaClaudeCode =
    settings.MAINLOOP_CHAT_VIA === 'claude-code' ||
    (settings.MAINLOOP_CHAT_VIA === undefined && !settings.demoModel && !settings.ANTHROPIC_API_KEY);
  const embedderEnv: Record<string, string> =
    tools.embedder === null
      ? {}
      : { MAINLOOP_EMBEDDER: tools.embedder.model, MAINLOOP_EMBEDDER_WORDS: tools.embedder.words };
  const app = (...parts: string[]): string => path.join(ROOT, 'apps', ...parts);
  // These make what sandboxes read: other uids, where root starts them.
  const shared = process.getuid?.() === 0 ? 0o022 : 0o077;
  const list: (Service | null)[] = [
    temporal?.service ?? null,
    !settings.demoModel
      ? null
      : {
          name: 'demo-model',
          port: settings.DEMO_MODEL_PORT,
          ready: httpOk(`http://127.0.0.1:${settings.DEMO_MODEL_PORT}/healthz`),
          command: [...node, app('demo/src/model-main.ts')],
          env: {
            ...base,
            DEMO_MODEL_PORT: String(settings.DEMO_MODEL_PORT),
            ...given({
              MAINLOOP_DEMO_SCRIPT: settings.MAINLOOP_DEMO_SCRIPT,
              DEMO_PACE_MS: settings.DEMO_PACE_MS,
            }),
          },
        },
    !settings.localGitHub
      ? null
      : {
          name: 'local-github',
          umask: shared,
          port: settings.LOCAL_GITHUB_PORT,
          ready: () => canConnect({ port: settings.LOCAL_GITHUB_PORT }),
          command: [...node, app('demo/src/github-main.ts')],
          env: {
            ...base,
            LOCAL_GITHUB_PORT: String(settings.LOCAL_GITHUB_PORT),
            GITHUB_TOKEN: settings.secrets.localGitHubToken,
            LOCAL_GITHUB_OPERATOR_SECRET: settings.secrets.localGitHubOperator,
            GITHUB_WEBHOOK_SECRET: webhookSecret,
            WEBHOOK_URL: `http://127.0.0.1:${settings.API_PORT}/api/webhooks/github`,
            MAINLOOP_ACT: tools.act!,
            MAINLOOP_BWRAP: tools.bwrap,
            MAINLOOP_TOOLCHAINS: tools.toolchains,
            MAINLOOP_NODE: tools.node,
            MAINLOOP_CI_SECRET: settings.secrets.ciSecret,
            LOCAL_GITHUB_SEED: settings.demoModel ? 'yes' : 'no',
            ...given({
              MAINLOOP_DEMO_SCRIPT: settings.MAINLOOP_DEMO_SCRIPT,
              LOCAL_GITHUB_STALE_MS: settings.LOCAL_GITHUB_STALE_MS,
              LOCAL_GITHUB_USERS: settings.LOCAL_GITHUB_USERS,
              MAINLOOP_FAILPOINTS: settings.MAINLOOP_FAILPOINTS,
            }),
          },
        },
    {
      name: 'api',
      port: settings.API_PORT,
      ready: httpOk(`http://127.0.0.1:${settings.API_PORT}/api/healthz`),
      command: [...node, app('api/dist/main.js')],
      env: {
        ...base,
        DATABASE_URL: urlOf('mainloop_api'),
        MAINLOOP_MIGRATE: embedded ? 'no' : 'yes',
        API_PORT: String(settings.API_PORT),
        GATEWAY_URL: `http://127.0.0.1:${settings.GATEWAY_PORT}`,
        MAINLOOP_CHAT_TOKEN: settings.secrets.chatToken,
        MAINLOOP_AUTH_SECRET: settings.secrets.authSecret,
        MAINLOOP_API_TOKEN: settings.secrets.apiToken,
        GITHUB_WEBHOOK_SECRET: webhookSecret,
        MAINLOOP_DEMO: settings.demoModel ? 'yes' : 'no',
        ...embedderEnv,
        ...given({
          MAINLOOP_CHAT_CLAUDE: chatViaClaudeCode
            ? path.join(settings.home, 'kit/current/claude')
            : undefined,
          MAINLOOP_PUSH_LOOPBACK: settings.MAINLOOP_PUSH_LOOPBACK,
          ...Object.fromEntries(SIGN_IN.map((n) => [n, settings[n]])),
        }),
      },
    },
    {
      name: 'gateway',
      umask: shared,
      port: settings.GATEWAY_PORT,
      ready: httpOk(`http://127.0.0.1:${settings.GATEWAY_PORT}/healthz`),
      command: [...node, app('gateway/src/main.ts')],
      env: {
        ...base,
        GATEWAY_DATABASE_URL: urlOf('mainloop_gateway', settings.GATEWAY_DATABASE_URL),
        GATEWAY_PORT: String(settings.GATEWAY_PORT),
        MAINLOOP_CHAT_TOKEN: settings.secrets.chatToken,
        // For jobs of the local CI, and for set-ups that are to be kept.
        MAINLOOP_CI_SECRET: settings.secrets.ciSecret,
        ...given({
          MAINLOOP_FAILPOINTS: settings.MAINLOOP_FAILPOINTS,
          PERMISSION_PATIENCE_SECONDS: settings.PERMISSION_PATIENCE_SECONDS,
        }),
        ...signIn,
        GITHUB_API_URL: githubApi,
        ...settings.packages,
        ...modelEnv,
      },
    },
    {
      name: 'worker',
      umask: shared,
      port: null,
      ready: httpOk(`http://127.0.0.1:${settings.API_PORT}/api/healthz`),
      command: [...node, app('worker/src/main.ts')],
      env: {
        ...base,
        DATABASE_URL: urlOf('mainloop_worker'),
        TEMPORAL_ADDRESS: settings.TEMPORAL_ADDRESS ?? temporal!.address,
        ...signIn,
        GITHUB_API_URL: githubApi,
        GATEWAY_URL: `http://127.0.0.1:${settings.GATEWAY_PORT}`,
        MAINLOOP_CHAT_TOKEN: settings.secrets.chatToken,
        MAINLOOP_BWRAP: tools.bwrap,
        MAINLOOP_TOOLCHAINS: tools.toolchains,
        MAINLOOP_UNCONFINED: settings.MAINLOOP_UNCONFINED,
        MAINLOOP_CI_SECRET: settings.secrets.ciSecret,
        MAINLOOP_WORKFLOW_BUNDLE: app('worker/dist/workflows.js'),
        ...embedderEnv,
        ...given({
          MAINLOOP_CHAT_CLAUDE: chatViaClaudeCode
            ? path.join(settings.home, 'kit/current/claude')
            : undefined,
          ...(settings.MAINLOOP_SANDBOX === 'kubernetes'
            ? Object.fromEntries(KUBERNETES.map((n) => [n, settings[n]]))
            : {}),
          LOCAL_GITHUB_OPERATOR_SECRET: settings.localGitHub
            ? settings.secrets.localGitHubOperator
            : undefined,
          MAINLOOP_SANDBOX: settings.MAINLOOP_SANDBOX,
          TEMPORAL_NAMESPACE: settings.TEMPORAL_NAMESPACE,
          MAINLOOP_FAILPOINTS: settings.MAINLOOP_FAILPOINTS,
          FORGE_POLL_SECONDS: settings.FORGE_POLL_SECONDS,
          FORGE_SETTLE_MS: settings.FORGE_SETTLE_MS,
          CI_GRACE_SECONDS: settings.CI_GRACE_SECONDS,
          SILENCE_MINUTES: settings.SILENCE_MINUTES,
          CI_PATIENCE_MINUTES: settings.CI_PATIENCE_MINUTES,
          REVIEW_QUIET_SECONDS: settings.REVIEW_QUIET_SECONDS,
          MAINLOOP_SANDBOX_PROCESSES: settings.MAINLOOP_SANDBOX_PROCESSES,
          MAINLOOP_SANDBOX_MEMORY_MIB: settings.MAINLOOP_SANDBOX_MEMORY_MIB,
          MAINLOOP_SANDBOX_DISK_MIB: settings.MAINLOOP_SANDBOX_DISK_MIB,
          MAINLOOP_KEPT_MIB: settings.MAINLOOP_KEPT_MIB,
          MAINLOOP_CONTACT: settings.MAINLOOP_CONTACT,
          MAINLOOP_PUSH_LOOPBACK: settings.MAINLOOP_PUSH_LOOPBACK,
        }),
      },
    },
    {
      name: 'web',
      port: settings.WEB_PORT,
      ready: httpOk(`http://127.0.0.1:${settings.WEB_PORT}/healthz`),
      command: [...node, app('web/server.ts')],
      env: {
        ...base,
        WEB_PORT: String(settings.WEB_PORT),
        API_URL: `http://127.0.0.1:${settings.API_PORT}`,
        WEB_DATABASE_URL: urlOf('mainloop_web', settings.WEB_DATABASE_URL),
        MAINLOOP_DEMO: settings.demoModel ? 'yes' : 'no',
        MAINLOOP_LOCAL_GITHUB: settings.localGitHub ? 'yes' : 'no',
        ...given({ MAINLOOP_PUBLIC_URL: settings.MAINLOOP_PUBLIC_URL }),
      },
    },
  ];
  return list.filter((x) => x !== null);
}

/** The demo project is added through the api, like any other. */
async function addDemoProject(settings: Settings): Promise<void> {
  if (!settings.demoModel) return;
  const api = `http://127.0.0.1:${settings.API_PORT}/api/projects`;
  const who = { authorization: `Bearer ${settings.secrets.apiToken}` };
  if (((await (await fetch(api, { headers: who })).json()) as unknown[]).length > 0) return;
  const response = await fetch(api, {
    method: 'POST',
    headers: { ...who, 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'demo/tally' }),
  });
  if (!response.ok)
    throw new Error(
      `The demo project could not be added: ${((await response.json()) as { error: string }).error}`,
    );
}

/** Somebody else's servers are asked before anything of ours is started. */
async function foreignPartsAnswer(settings: Settings): Promise<void> {
  const parts: [string, string | undefined, number][] = [
    ['DATABASE_URL', settings.DATABASE_URL, 5432],
    ['TEMPORAL_ADDRESS', settings.TEMPORAL_ADDRESS && `tcp://${settings.TEMPORAL_ADDRESS}`, 7233],
  ];
  for (const [name, url, fallback] of parts) {
    if (url === undefined) continue;
    const { hostname, port, searchParams } = new URL(url);
    const folder = searchParams.get('host');
    if (folder?.startsWith('/')) {
      const socket = path.join(folder, `.s.PGSQL.${port || fallback}`);
      if (await canConnect({ path: socket })) continue;
      throw new Error(
        `Nothing answers at ${socket}, where ${name} points. Start it there, or unset ${name} to use the embedded one.`,
      );
    }
    if (!(await canConnect({ port: Number(port) || fallback, host: hostname || '127.0.0.1' })))
      throw new Error(
        `Nothing answers at ${hostname}:${port || fallback}, where ${name} points. Start it there, or unset ${name} to use the embedded one.`,
      );
  }
}

const PORTS = [
  'WEB_PORT',
  'API_PORT',
  'GATEWAY_PORT',
  'TEMPORAL_PORT',
  'LOCAL_GITHUB_PORT',
  'DEMO_MODEL_PORT',
] as const;
async function portsFree(settings: Settings): Promise<void> {
  for (const name of PORTS) {
    const free = await new Promise<boolean>((resolve) => {
      const probe = net.createServer();
      probe.once('error', () => resolve(false));
      probe.listen(settings[name], '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (!free)
      throw new Error(
        `Port ${settings[name]} is taken by another program. Free it, or set ${name} to another port.`,
      );
  }
}

function isMainloop(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
