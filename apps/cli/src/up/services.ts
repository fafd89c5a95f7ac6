// What each process of ours is told, and nothing that it does not need: one function a process.
import path from 'node:path';
import { COMPILE_CACHE, NODE_FLAGS } from '@mainloop/models/contracts/node';
import type { EmbedderFiles } from './embedder.ts';
import { canConnect, urlFor } from './postgres.ts';
import { DATABASE_ROLES, KUBERNETES, ROOT, SIGN_IN, type Settings } from './settings.ts';
import type { Service } from './supervisor.ts';

const httpOk = (url: string) => async (): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;

/** @returns what every process of ours is told */
export const baseEnv = (settings: Settings): Record<string, string> => ({
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

/** What `mainloop up` has fetched or found on this machine. */
interface Tools {
  readonly bwrap: string;
  readonly act: string | null;
  readonly node: string;
  readonly toolchains: string;
  readonly embedder: EmbedderFiles | null;
}

/** What several of the processes are told. */
interface Shared {
  readonly settings: Settings;
  readonly tools: Tools;
  readonly base: Record<string, string>;
  /** Of what makes files that sandboxes read: other uids, where root starts them. */
  readonly umask: number;
  readonly githubApi: string;
  readonly webhookSecret: string;
  /** How the forge is signed in to. */
  readonly signIn: Record<string, string>;
  readonly embedder: Record<string, string>;
  /** A subscription's token is for Claude Code's own requests, so then the chat is one of them. */
  readonly chatClaude: string | undefined;
  /** Our own server: each process its role. Somebody else's: the one URL, unless there is one for this process. */
  urlOf(role: (typeof DATABASE_ROLES)[number], given?: string): string;
}

const given = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

const app = (...parts: string[]): string => path.join(ROOT, 'apps', ...parts);
const nodeOf = (script: string): [string, ...string[]] => [process.execPath, ...NODE_FLAGS, script];
const local = (port: number, rest = ''): string => `http://127.0.0.1:${port}${rest}`;

function sharedBy(settings: Settings, tools: Tools, databaseUrl: string): Shared {
  const forge = settings.forge ?? { kind: 'token', token: settings.secrets.localGitHubToken };
  const chatViaClaudeCode =
    settings.MAINLOOP_CHAT_VIA === 'claude-code' ||
    (settings.MAINLOOP_CHAT_VIA === undefined && !settings.demoModel && !settings.ANTHROPIC_API_KEY);
  return {
    settings,
    tools,
    base: baseEnv(settings),
    umask: process.getuid?.() === 0 ? 0o022 : 0o077,
    githubApi:
      settings.GITHUB_API_URL ??
      (settings.localGitHub ? local(settings.LOCAL_GITHUB_PORT) : 'https://api.github.com'),
    webhookSecret: settings.GITHUB_WEBHOOK_SECRET ?? settings.secrets.webhookSecret,
    signIn:
      forge.kind === 'token'
        ? { GITHUB_TOKEN: forge.token }
        : { GITHUB_APP_ID: forge.appId, GITHUB_APP_PRIVATE_KEY: forge.privateKey },
    embedder:
      tools.embedder === null
        ? {}
        : { MAINLOOP_EMBEDDER: tools.embedder.model, MAINLOOP_EMBEDDER_WORDS: tools.embedder.words },
    chatClaude: chatViaClaudeCode ? path.join(settings.home, 'kit/current/claude') : undefined,
    urlOf: (role, own) =>
      own ??
      (settings.DATABASE_URL === undefined ? urlFor(databaseUrl, role, settings.secrets[role]) : databaseUrl),
  };
}

/**
 * What `mainloop up` starts beside the databases, in that order: how, and what each is told.
 * @param temporal the embedded one; null where there is another's
 * @param databaseUrl the superuser's of our own Postgres, or the one that the settings name
 */
export function services(
  settings: Settings,
  tools: Tools,
  temporal: { service: Service; address: string } | null,
  databaseUrl: string,
): Service[] {
  const shared = sharedBy(settings, tools, databaseUrl);
  return [
    ...(temporal === null ? [] : [temporal.service]),
    ...(settings.demoModel ? [demoModelService(shared)] : []),
    ...(settings.localGitHub ? [localGitHubService(shared)] : []),
    apiService(shared),
    gatewayService(shared),
    workerService(shared, settings.TEMPORAL_ADDRESS ?? temporal!.address),
    webService(shared),
  ];
}

const demoModelService = ({ settings, base }: Shared): Service => ({
  name: 'demo-model',
  port: settings.DEMO_MODEL_PORT,
  ready: httpOk(local(settings.DEMO_MODEL_PORT, '/healthz')),
  command: nodeOf(app('demo/src/model-main.ts')),
  env: {
    ...base,
    DEMO_MODEL_PORT: String(settings.DEMO_MODEL_PORT),
    ...given({
      MAINLOOP_DEMO_SCRIPT: settings.MAINLOOP_DEMO_SCRIPT,
      DEMO_PACE_MS: settings.DEMO_PACE_MS,
    }),
  },
});

const localGitHubService = ({ settings, tools, base, umask, webhookSecret }: Shared): Service => ({
  name: 'local-github',
  umask,
  port: settings.LOCAL_GITHUB_PORT,
  ready: () => canConnect({ port: settings.LOCAL_GITHUB_PORT }),
  command: nodeOf(app('demo/src/github-main.ts')),
  env: {
    ...base,
    LOCAL_GITHUB_PORT: String(settings.LOCAL_GITHUB_PORT),
    GITHUB_TOKEN: settings.secrets.localGitHubToken,
    LOCAL_GITHUB_OPERATOR_SECRET: settings.secrets.localGitHubOperator,
    GITHUB_WEBHOOK_SECRET: webhookSecret,
    WEBHOOK_URL: local(settings.API_PORT, '/api/webhooks/github'),
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
});

const apiService = ({ settings, base, webhookSecret, embedder, chatClaude, urlOf }: Shared): Service => ({
  name: 'api',
  port: settings.API_PORT,
  ready: httpOk(local(settings.API_PORT, '/api/healthz')),
  command: nodeOf(app('api/dist/main.js')),
  env: {
    ...base,
    DATABASE_URL: urlOf('mainloop_api'),
    MAINLOOP_MIGRATE: settings.DATABASE_URL === undefined ? 'no' : 'yes',
    API_PORT: String(settings.API_PORT),
    GATEWAY_URL: local(settings.GATEWAY_PORT),
    MAINLOOP_CHAT_TOKEN: settings.secrets.chatToken,
    MAINLOOP_AUTH_SECRET: settings.secrets.authSecret,
    MAINLOOP_API_TOKEN: settings.secrets.apiToken,
    GITHUB_WEBHOOK_SECRET: webhookSecret,
    MAINLOOP_DEMO: settings.demoModel ? 'yes' : 'no',
    ...embedder,
    ...given({
      MAINLOOP_CHAT_CLAUDE: chatClaude,
      MAINLOOP_PUSH_LOOPBACK: settings.MAINLOOP_PUSH_LOOPBACK,
      ...Object.fromEntries(SIGN_IN.map((name) => [name, settings[name]])),
    }),
  },
});

function gatewayService({ settings, base, umask, signIn, githubApi, urlOf }: Shared): Service {
  const modelEnv = settings.demoModel
    ? { ANTHROPIC_BASE_URL: local(settings.DEMO_MODEL_PORT), ANTHROPIC_API_KEY: 'demo' }
    : given({
        ANTHROPIC_BASE_URL: settings.ANTHROPIC_BASE_URL,
        ANTHROPIC_API_KEY: settings.ANTHROPIC_API_KEY,
        CLAUDE_CODE_OAUTH_TOKEN: settings.CLAUDE_CODE_OAUTH_TOKEN,
      });
  return {
    name: 'gateway',
    umask,
    port: settings.GATEWAY_PORT,
    ready: httpOk(local(settings.GATEWAY_PORT, '/healthz')),
    command: nodeOf(app('gateway/src/main.ts')),
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
  };
}

const workerService = (
  { settings, tools, base, umask, signIn, githubApi, embedder, chatClaude, urlOf }: Shared,
  temporalAddress: string,
): Service => ({
  name: 'worker',
  umask,
  port: null,
  ready: httpOk(local(settings.API_PORT, '/api/healthz')),
  command: nodeOf(app('worker/src/main.ts')),
  env: {
    ...base,
    DATABASE_URL: urlOf('mainloop_worker'),
    TEMPORAL_ADDRESS: temporalAddress,
    ...signIn,
    GITHUB_API_URL: githubApi,
    GATEWAY_URL: local(settings.GATEWAY_PORT),
    MAINLOOP_CHAT_TOKEN: settings.secrets.chatToken,
    MAINLOOP_BWRAP: tools.bwrap,
    MAINLOOP_TOOLCHAINS: tools.toolchains,
    MAINLOOP_UNCONFINED: settings.MAINLOOP_UNCONFINED,
    MAINLOOP_CI_SECRET: settings.secrets.ciSecret,
    MAINLOOP_WORKFLOW_BUNDLE: app('worker/dist/workflows.js'),
    ...embedder,
    ...given({
      MAINLOOP_CHAT_CLAUDE: chatClaude,
      ...(settings.MAINLOOP_SANDBOX === 'kubernetes'
        ? Object.fromEntries(KUBERNETES.map((name) => [name, settings[name]]))
        : {}),
      LOCAL_GITHUB_OPERATOR_SECRET: settings.localGitHub ? settings.secrets.localGitHubOperator : undefined,
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
});

const webService = ({ settings, base, urlOf }: Shared): Service => ({
  name: 'web',
  port: settings.WEB_PORT,
  ready: httpOk(local(settings.WEB_PORT, '/healthz')),
  command: nodeOf(app('web/server.ts')),
  env: {
    ...base,
    WEB_PORT: String(settings.WEB_PORT),
    API_URL: local(settings.API_PORT),
    WEB_DATABASE_URL: urlOf('mainloop_web', settings.WEB_DATABASE_URL),
    MAINLOOP_DEMO: settings.demoModel ? 'yes' : 'no',
    MAINLOOP_LOCAL_GITHUB: settings.localGitHub ? 'yes' : 'no',
    ...given({ MAINLOOP_PUBLIC_URL: settings.MAINLOOP_PUBLIC_URL }),
  },
});
