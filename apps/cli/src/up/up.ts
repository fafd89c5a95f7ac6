// `mainloop up`: everything on this machine, in order, until Ctrl-C.
import { existsSync } from 'node:fs';
import net from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { COMPILE_CACHE, NODE_FLAGS } from '@mainloop/models/contracts/node';
import { closeHome } from './closed.ts';
import { ensureEmbedder, type EmbedderFiles } from './embedder.ts';
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
  s: Settings,
  say: (line: string) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const url = `http://localhost:${s.WEB_PORT}`;
  const before = readRunFile(s.home);
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
  await foreignPartsAnswer(s);
  await endLeftovers(s.home);
  await portsFree(s);
  closeHome(s.home);
  const temporalBin = s.TEMPORAL_ADDRESS ? null : ensureTool('temporal', s.cache, say);
  const kit = ensureKit(s.home, {
    bwrap: ensureTool('bwrap', s.cache, say),
    act: s.localGitHub ? ensureTool('act', s.cache, say) : null,
  });
  const tools = { ...kit, toolchains: path.join(s.home, 'toolchains') };
  ensureToolchains(
    tools.toolchains,
    findToolchains(process.env.PATH ?? '', homedir()),
    process.getuid?.() === 0,
  );
  const embedder = ensureEmbedder(s.cache, say);
  const temporal = temporalBin === null ? null : temporalService(s, temporalBin, tools.bwrap, say);
  const sup = new Supervisor(s.home, url);
  try {
    const databaseUrl = s.DATABASE_URL ?? (await database(s, sup, say));
    for (const service of services(s, { ...tools, embedder }, temporal, databaseUrl)) {
      say(`starting ${service.name}`);
      await sup.start(service);
    }
    if (s.localGitHub) await addDemoProject(s);
  } catch (err) {
    await sup.stop();
    throw err;
  }
  return { url, stop: () => sup.stop() };
}

/** Made when it is not there. Started as root, Postgres runs under another account and passes through to a folder of its own. */
function socketFolder(home: string): string {
  const uid = process.getuid!();
  const dir = socketsOf(home, POSTGRES_SOCKET);
  ensureClosedFolder(dir, uid === 0 ? 0o711 : 0o700, [uid]);
  return dir;
}

/** What every process of ours is told. */
const baseEnv = (s: Settings): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: process.env.HOME ?? '/',
  LANG: 'C.UTF-8',
  NODE_ENV: 'production',
  NO_COLOR: '1',
  MAINLOOP_HOME: s.home,
  // glibc keeps an arena of memory a thread, and Node has many threads that hardly ask for any.
  MALLOC_ARENA_MAX: '2',
  NODE_COMPILE_CACHE: path.join(ROOT, COMPILE_CACHE),
  MAINLOOP_LOCAL_USERS: s.MAINLOOP_LOCAL_USERS ?? '',
  // Pods reach what listens here under an address of their own.
  MAINLOOP_HOSTS: s.MAINLOOP_GATEWAY_ADDRESS?.replace(/:\d+$/, '') ?? '',
});

/** The embedded Temporal behind its door; where the machine has no network for it, on a port, and that is said. */
function temporalService(
  s: Settings,
  program: string,
  bwrap: string,
  say: (line: string) => void,
): { service: Service; address: string } {
  const network = ownNetwork(bwrap);
  const socket = path.join(socketFolder(s.home), TEMPORAL_SOCKET);
  if (network === null) say(OPEN_PORT);
  else ensureClosedFolder(path.dirname(socket), 0o700, [process.getuid!()]);
  const database = path.join(s.home, 'temporal.sqlite');
  const { command, address } = temporalCommand({
    program,
    database,
    port: s.TEMPORAL_PORT,
    bwrap,
    network,
    socket,
    node: process.execPath,
  });
  const service: Service = {
    name: 'temporal',
    port: network === null ? s.TEMPORAL_PORT : null,
    env: baseEnv(s),
    ready: () => canConnect(network === null ? { port: s.TEMPORAL_PORT } : { path: socket }),
    endsByChild: network !== null,
    command,
  };
  return { service, address };
}

/** The embedded Postgres, with its roles and tables in place. @returns the superuser's URL, which no process is given */
async function database(s: Settings, sup: Supervisor, say: (line: string) => void): Promise<string> {
  say('starting postgres');
  const dir = path.join(s.home, 'postgres');
  const sockets = socketFolder(s.home);
  const start = async (): Promise<string> => {
    const pg = await startPostgres(dir, sockets, s.secrets.postgresSuperuser, sup.logFile('postgres'));
    sup.adopt('postgres', pg.process, null, 'SIGINT');
    return pg.url;
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
        Object.fromEntries(DATABASE_ROLES.map((r) => [r, s.secrets[r]])),
      ),
    },
  );
  return url;
}

function services(
  s: Settings,
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
  const base = baseEnv(s);
  const embedded = s.DATABASE_URL === undefined;
  /** Our own server: each process its role. Somebody else's: the one URL, unless there is one for this process. */
  const urlOf = (role: (typeof DATABASE_ROLES)[number], given?: string): string =>
    given ?? (embedded ? urlFor(databaseUrl, role, s.secrets[role]) : databaseUrl);
  const githubToken = s.GITHUB_TOKEN ?? s.secrets.localGitHubToken;
  const githubApi =
    s.GITHUB_API_URL ??
    (s.localGitHub ? `http://127.0.0.1:${s.LOCAL_GITHUB_PORT}` : 'https://api.github.com');
  const webhookSecret = s.GITHUB_WEBHOOK_SECRET ?? s.secrets.webhookSecret;
  const given = (o: Record<string, string | undefined>): Record<string, string> =>
    Object.fromEntries(Object.entries(o).filter((e): e is [string, string] => e[1] !== undefined));
  const modelEnv = s.demoModel
    ? { ANTHROPIC_BASE_URL: `http://127.0.0.1:${s.DEMO_MODEL_PORT}`, ANTHROPIC_API_KEY: 'demo' }
    : given({
        ANTHROPIC_BASE_URL: s.ANTHROPIC_BASE_URL,
        ANTHROPIC_API_KEY: s.ANTHROPIC_API_KEY,
        CLAUDE_CODE_OAUTH_TOKEN: s.CLAUDE_CODE_OAUTH_TOKEN,
      });
  // A subscription's token is for Claude Code's own requests, so then the chat is one of them.
  const chatViaClaudeCode =
    s.MAINLOOP_CHAT_VIA === 'claude-code' ||
    (s.MAINLOOP_CHAT_VIA === undefined && !s.demoModel && !s.ANTHROPIC_API_KEY);
  const embedderEnv: Record<string, string> =
    tools.embedder === null
      ? {}
      : { MAINLOOP_EMBEDDER: tools.embedder.model, MAINLOOP_EMBEDDER_WORDS: tools.embedder.words };
  const app = (...p: string[]): string => path.join(ROOT, 'apps', ...p);
  // These make what sandboxes read: other uids, where root starts them.
  const shared = process.getuid?.() === 0 ? 0o022 : 0o077;
  const list: (Service | null)[] = [
    temporal?.service ?? null,
    !s.demoModel
      ? null
      : {
          name: 'demo-model',
          port: s.DEMO_MODEL_PORT,
          ready: httpOk(`http://127.0.0.1:${s.DEMO_MODEL_PORT}/healthz`),
          command: [...node, app('demo/src/model-main.ts')],
          env: {
            ...base,
            DEMO_MODEL_PORT: String(s.DEMO_MODEL_PORT),
            ...given({ MAINLOOP_DEMO_SCRIPT: s.MAINLOOP_DEMO_SCRIPT, DEMO_PACE_MS: s.DEMO_PACE_MS }),
          },
        },
    !s.localGitHub
      ? null
      : {
          name: 'local-github',
          umask: shared,
          port: s.LOCAL_GITHUB_PORT,
          ready: () => canConnect({ port: s.LOCAL_GITHUB_PORT }),
          command: [...node, app('demo/src/github-main.ts')],
          env: {
            ...base,
            LOCAL_GITHUB_PORT: String(s.LOCAL_GITHUB_PORT),
            GITHUB_TOKEN: githubToken,
            LOCAL_GITHUB_OPERATOR_SECRET: s.secrets.localGitHubOperator,
            GITHUB_WEBHOOK_SECRET: webhookSecret,
            WEBHOOK_URL: `http://127.0.0.1:${s.API_PORT}/api/webhooks/github`,
            MAINLOOP_ACT: tools.act!,
            MAINLOOP_BWRAP: tools.bwrap,
            MAINLOOP_TOOLCHAINS: tools.toolchains,
            MAINLOOP_NODE: tools.node,
            MAINLOOP_CI_SECRET: s.secrets.ciSecret,
            LOCAL_GITHUB_SEED: s.demoModel ? 'yes' : 'no',
            ...given({
              MAINLOOP_DEMO_SCRIPT: s.MAINLOOP_DEMO_SCRIPT,
              LOCAL_GITHUB_STALE_MS: s.LOCAL_GITHUB_STALE_MS,
              LOCAL_GITHUB_USERS: s.LOCAL_GITHUB_USERS,
              MAINLOOP_FAILPOINTS: s.MAINLOOP_FAILPOINTS,
            }),
          },
        },
    {
      name: 'api',
      port: s.API_PORT,
      ready: httpOk(`http://127.0.0.1:${s.API_PORT}/api/healthz`),
      command: [...node, app('api/dist/main.js')],
      env: {
        ...base,
        DATABASE_URL: urlOf('mainloop_api'),
        MAINLOOP_MIGRATE: embedded ? 'no' : 'yes',
        API_PORT: String(s.API_PORT),
        GATEWAY_URL: `http://127.0.0.1:${s.GATEWAY_PORT}`,
        MAINLOOP_CHAT_TOKEN: s.secrets.chatToken,
        MAINLOOP_AUTH_SECRET: s.secrets.authSecret,
        MAINLOOP_API_TOKEN: s.secrets.apiToken,
        GITHUB_WEBHOOK_SECRET: webhookSecret,
        MAINLOOP_DEMO: s.demoModel ? 'yes' : 'no',
        ...embedderEnv,
        ...given({
          MAINLOOP_CHAT_CLAUDE: chatViaClaudeCode ? path.join(s.home, 'kit/current/claude') : undefined,
          MAINLOOP_PUSH_LOOPBACK: s.MAINLOOP_PUSH_LOOPBACK,
          ...Object.fromEntries(SIGN_IN.map((n) => [n, s[n]])),
        }),
      },
    },
    {
      name: 'gateway',
      umask: shared,
      port: s.GATEWAY_PORT,
      ready: httpOk(`http://127.0.0.1:${s.GATEWAY_PORT}/healthz`),
      command: [...node, app('gateway/src/main.ts')],
      env: {
        ...base,
        GATEWAY_DATABASE_URL: urlOf('mainloop_gateway', s.GATEWAY_DATABASE_URL),
        GATEWAY_PORT: String(s.GATEWAY_PORT),
        MAINLOOP_CHAT_TOKEN: s.secrets.chatToken,
        // For jobs of the local CI, and for set-ups that are to be kept.
        MAINLOOP_CI_SECRET: s.secrets.ciSecret,
        ...given({ MAINLOOP_FAILPOINTS: s.MAINLOOP_FAILPOINTS }),
        GITHUB_TOKEN: githubToken,
        ...s.packages,
        ...modelEnv,
      },
    },
    {
      name: 'worker',
      umask: shared,
      port: null,
      ready: httpOk(`http://127.0.0.1:${s.API_PORT}/api/healthz`),
      command: [...node, app('worker/src/main.ts')],
      env: {
        ...base,
        DATABASE_URL: urlOf('mainloop_worker'),
        TEMPORAL_ADDRESS: s.TEMPORAL_ADDRESS ?? temporal!.address,
        GITHUB_TOKEN: githubToken,
        GITHUB_API_URL: githubApi,
        GATEWAY_URL: `http://127.0.0.1:${s.GATEWAY_PORT}`,
        MAINLOOP_CHAT_TOKEN: s.secrets.chatToken,
        MAINLOOP_BWRAP: tools.bwrap,
        MAINLOOP_TOOLCHAINS: tools.toolchains,
        MAINLOOP_UNCONFINED: s.MAINLOOP_UNCONFINED,
        MAINLOOP_CI_SECRET: s.secrets.ciSecret,
        MAINLOOP_WORKFLOW_BUNDLE: app('worker/dist/workflows.js'),
        ...embedderEnv,
        ...given({
          MAINLOOP_CHAT_CLAUDE: chatViaClaudeCode ? path.join(s.home, 'kit/current/claude') : undefined,
          ...(s.MAINLOOP_SANDBOX === 'kubernetes'
            ? Object.fromEntries(KUBERNETES.map((n) => [n, s[n]]))
            : {}),
          LOCAL_GITHUB_OPERATOR_SECRET: s.localGitHub ? s.secrets.localGitHubOperator : undefined,
          MAINLOOP_SANDBOX: s.MAINLOOP_SANDBOX,
          TEMPORAL_NAMESPACE: s.TEMPORAL_NAMESPACE,
          MAINLOOP_FAILPOINTS: s.MAINLOOP_FAILPOINTS,
          FORGE_POLL_SECONDS: s.FORGE_POLL_SECONDS,
          FORGE_SETTLE_MS: s.FORGE_SETTLE_MS,
          CI_GRACE_SECONDS: s.CI_GRACE_SECONDS,
          SILENCE_MINUTES: s.SILENCE_MINUTES,
          CI_PATIENCE_MINUTES: s.CI_PATIENCE_MINUTES,
          REVIEW_QUIET_SECONDS: s.REVIEW_QUIET_SECONDS,
          MAINLOOP_SANDBOX_PROCESSES: s.MAINLOOP_SANDBOX_PROCESSES,
          MAINLOOP_SANDBOX_MEMORY_MIB: s.MAINLOOP_SANDBOX_MEMORY_MIB,
          MAINLOOP_SANDBOX_DISK_MIB: s.MAINLOOP_SANDBOX_DISK_MIB,
          MAINLOOP_KEPT_MIB: s.MAINLOOP_KEPT_MIB,
          MAINLOOP_CONTACT: s.MAINLOOP_CONTACT,
          MAINLOOP_PUSH_LOOPBACK: s.MAINLOOP_PUSH_LOOPBACK,
        }),
      },
    },
    {
      name: 'web',
      port: s.WEB_PORT,
      ready: httpOk(`http://127.0.0.1:${s.WEB_PORT}/healthz`),
      command: [...node, app('web/server.ts')],
      env: {
        ...base,
        WEB_PORT: String(s.WEB_PORT),
        API_URL: `http://127.0.0.1:${s.API_PORT}`,
        WEB_DATABASE_URL: urlOf('mainloop_web', s.WEB_DATABASE_URL),
        MAINLOOP_DEMO: s.demoModel ? 'yes' : 'no',
        MAINLOOP_LOCAL_GITHUB: s.localGitHub ? 'yes' : 'no',
        ...given({ MAINLOOP_PUBLIC_URL: s.MAINLOOP_PUBLIC_URL }),
      },
    },
  ];
  return list.filter((x) => x !== null);
}

/** The demo project is added through the front door, like any other. */
async function addDemoProject(s: Settings): Promise<void> {
  if (!s.demoModel) return;
  const api = `http://127.0.0.1:${s.API_PORT}/api/projects`;
  const who = { authorization: `Bearer ${s.secrets.apiToken}` };
  if (((await (await fetch(api, { headers: who })).json()) as unknown[]).length > 0) return;
  const r = await fetch(api, {
    method: 'POST',
    headers: { ...who, 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'demo/tally' }),
  });
  if (!r.ok)
    throw new Error(`The demo project could not be added: ${((await r.json()) as { error: string }).error}`);
}

/** Somebody else's servers are asked before anything of ours is started. */
async function foreignPartsAnswer(s: Settings): Promise<void> {
  const parts: [string, string | undefined, number][] = [
    ['DATABASE_URL', s.DATABASE_URL, 5432],
    ['TEMPORAL_ADDRESS', s.TEMPORAL_ADDRESS && `tcp://${s.TEMPORAL_ADDRESS}`, 7233],
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
async function portsFree(s: Settings): Promise<void> {
  for (const name of PORTS) {
    const free = await new Promise<boolean>((resolve) => {
      const probe = net.createServer();
      probe.once('error', () => resolve(false));
      probe.listen(s[name], '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (!free)
      throw new Error(
        `Port ${s[name]} is taken by another program. Free it, or set ${name} to another port.`,
      );
  }
}

function isMainloop(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
