// What `mainloop up` runs with: ports, the data folder, and which embedded parts are replaced by real ones.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { signInOf, type ForgeSignIn } from '@mainloop/models/flow/forge/github-app';
import { isPackageSetting } from '@mainloop/models/flow/runs/packages';
import { config as readDotenv } from 'dotenv';
import { z } from 'zod';
import { listenerOf } from './closed.ts';

export const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../..');

const port = (fallback: number, name: string) =>
  z.coerce
    .number({ error: `${name} should be a port number` })
    .int()
    .min(1, `${name} should be a port number`)
    .max(65_535, `${name} should be a port number`)
    .default(fallback);
const optional = z
  .string()
  .trim()
  .transform((s) => (s === '' ? undefined : s))
  .optional();
/** What the worker is told when its sandboxes are in a cluster; it checks them. */
export const KUBERNETES = [
  'KUBECONFIG',
  'MAINLOOP_AGENT_IMAGE',
  'MAINLOOP_AGENT_PULL_POLICY',
  'MAINLOOP_AGENT_CPU',
  'MAINLOOP_AGENT_MEMORY',
  'MAINLOOP_AGENT_DISK',
  'MAINLOOP_RUNTIME_CLASS',
  'MAINLOOP_GATEWAY_ADDRESS',
  'MAINLOOP_INSTANCE',
  'MAINLOOP_SERVICE_ACCOUNT',
  'MAINLOOP_MUST_NOT_REACH',
] as const;
/** What the api and the pages are told of the sign-in; the api checks them. */
export const SIGN_IN = [
  'MAINLOOP_PUBLIC_URL',
  'GITHUB_OAUTH_URL',
  'GITHUB_OAUTH_CLIENT_ID',
  'GITHUB_OAUTH_CLIENT_SECRET',
  'OIDC_DISCOVERY_URL',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
] as const;
const Env = z
  .object({
    MAINLOOP_HOME: optional,
    WEB_PORT: port(3000, 'WEB_PORT'),
    API_PORT: port(8000, 'API_PORT'),
    GATEWAY_PORT: port(8700, 'GATEWAY_PORT'),
    TEMPORAL_PORT: port(8233, 'TEMPORAL_PORT'),
    LOCAL_GITHUB_PORT: port(8600, 'LOCAL_GITHUB_PORT'),
    DEMO_MODEL_PORT: port(8601, 'DEMO_MODEL_PORT'),
    DATABASE_URL: optional.refine(
      (u) => u === undefined || /^postgres(ql)?:\/\//.test(u),
      'DATABASE_URL should look like postgres://user:password@host:5432/name',
    ),
    WEB_DATABASE_URL: optional,
    GATEWAY_DATABASE_URL: optional,
    TEMPORAL_ADDRESS: optional.refine(
      (a) => a === undefined || /^[\w.-]+:\d+$/.test(a),
      'TEMPORAL_ADDRESS should look like host:7233',
    ),
    TEMPORAL_NAMESPACE: optional,
    ANTHROPIC_API_KEY: optional.refine(
      (k) => k === undefined || k.startsWith('sk-ant-'),
      'ANTHROPIC_API_KEY should start with sk-ant-',
    ),
    CLAUDE_CODE_OAUTH_TOKEN: optional.refine(
      (k) => k === undefined || k.startsWith('sk-ant-oat'),
      'CLAUDE_CODE_OAUTH_TOKEN should start with sk-ant-oat; make setup-claude-creds makes one',
    ),
    ANTHROPIC_BASE_URL: optional.refine(
      (u) => u === undefined || URL.canParse(u),
      'ANTHROPIC_BASE_URL should be a URL',
    ),
    GITHUB_TOKEN: optional,
    GITHUB_APP_ID: optional,
    GITHUB_APP_PRIVATE_KEY: optional,
    GITHUB_API_URL: optional.refine(
      (u) => u === undefined || URL.canParse(u),
      'GITHUB_API_URL should be a URL like https://api.github.com',
    ),
    GITHUB_WEBHOOK_SECRET: optional,
    MAINLOOP_DEMO_SCRIPT: optional.refine(
      (f) => f === undefined || existsSync(f),
      'MAINLOOP_DEMO_SCRIPT names a file that does not exist',
    ),
    MAINLOOP_UNCONFINED: z.enum(['yes', 'no'], 'MAINLOOP_UNCONFINED should be yes or no').default('no'),
    MAINLOOP_SANDBOX: z
      .enum(['local', 'kubernetes'], 'MAINLOOP_SANDBOX should be local or kubernetes')
      .default('local'),
    ...(Object.fromEntries(KUBERNETES.map((n) => [n, optional])) as Record<
      (typeof KUBERNETES)[number],
      typeof optional
    >),
    MAINLOOP_CHAT_VIA: z
      .enum(['api', 'claude-code'], 'MAINLOOP_CHAT_VIA should be api or claude-code')
      .optional(),
    MAINLOOP_FAILPOINTS: optional,
    DEMO_PACE_MS: optional,
    LOCAL_GITHUB_STALE_MS: optional,
    LOCAL_GITHUB_USERS: optional,
    FORGE_POLL_SECONDS: optional,
    FORGE_SETTLE_MS: optional,
    CI_GRACE_SECONDS: optional,
    SILENCE_MINUTES: optional,
    CI_PATIENCE_MINUTES: optional,
    REVIEW_QUIET_SECONDS: optional,
    PERMISSION_PATIENCE_SECONDS: optional,
    MAINLOOP_LOCAL_USERS: optional,
    MAINLOOP_SANDBOX_PROCESSES: optional,
    MAINLOOP_SANDBOX_MEMORY_MIB: optional,
    MAINLOOP_SANDBOX_DISK_MIB: optional,
    MAINLOOP_KEPT_MIB: optional,
    MAINLOOP_CONTACT: optional,
    ...(Object.fromEntries(SIGN_IN.map((n) => [n, optional])) as Record<
      (typeof SIGN_IN)[number],
      typeof optional
    >),
    MAINLOOP_PUSH_LOOPBACK: optional,
  })
  .superRefine((env, ctx) => {
    if (env.MAINLOOP_SANDBOX !== 'kubernetes') return;
    const need: [(typeof KUBERNETES)[number], boolean, string][] = [
      [
        'KUBECONFIG',
        env.KUBECONFIG !== undefined && existsSync(env.KUBECONFIG),
        'name the kubeconfig of the cluster that MAINLOOP_SANDBOX=kubernetes means',
      ],
      [
        'MAINLOOP_AGENT_IMAGE',
        env.MAINLOOP_AGENT_IMAGE !== undefined,
        'name the agent image, which you build from docker/Dockerfile',
      ],
      [
        'MAINLOOP_GATEWAY_ADDRESS',
        /^[\d.]+:\d+$/.test(env.MAINLOOP_GATEWAY_ADDRESS ?? ''),
        'be IP:port, as a pod of the cluster reaches the gateway of this machine',
      ],
    ];
    for (const [name, ok, words] of need)
      if (!ok) ctx.addIssue({ code: 'custom', message: `${name} should ${words}` });
  });

export type Settings = z.infer<typeof Env> & {
  readonly home: string;
  readonly cache: string;
  readonly secrets: Secrets;
  readonly demoModel: boolean;
  /** Null: the local GitHub. */
  readonly forge: ForgeSignIn | null;
  readonly localGitHub: boolean;
  /** Where packages come from, in npm's own names, for the gateway. */
  readonly packages: Readonly<Record<string, string>>;
};
/**
 * Who logs in to a Postgres of our own: whoever migrates, and each process under its own name
 * (packages/models/src/db/roles.ts).
 */
export const DATABASE_ROLES = [
  'mainloop_owner',
  'mainloop_api',
  'mainloop_worker',
  'mainloop_gateway',
  'mainloop_web',
] as const;
const SECRETS = [
  'chatToken',
  'webhookSecret',
  'localGitHubToken',
  'localGitHubOperator',
  'ciSecret',
  'authSecret',
  'apiToken',
  'postgresSuperuser',
  ...DATABASE_ROLES,
] as const;
type Secrets = Readonly<Record<(typeof SECRETS)[number], string>>;

/** @throws Error with one sentence that names the variable and what it should be */
export function loadSettings(env: Record<string, string | undefined>): Settings {
  const file: Record<string, string> = {};
  readDotenv({ path: path.join(ROOT, '.env'), processEnv: file, quiet: true });
  const all = { ...file, ...env };
  const result = Env.safeParse(all);
  if (!result.success) throw new Error(result.error.issues[0]!.message);
  const forge = signInOf(result.data, (name) => readFileSync(path.resolve(ROOT, name), 'utf8'));
  const home = path.resolve(result.data.MAINLOOP_HOME ?? defaultHome());
  mkdirSync(home, { recursive: true });
  chmodSync(home, listenerOf('.', process.getuid?.() === 0).mode);
  return Object.freeze({
    ...result.data,
    home,
    cache: path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop'),
    secrets: loadSecrets(home),
    demoModel: !result.data.ANTHROPIC_API_KEY && !result.data.CLAUDE_CODE_OAUTH_TOKEN,
    forge,
    localGitHub: forge === null,
    packages: Object.fromEntries(
      Object.entries(all).filter(
        (entry): entry is [string, string] => entry[1] !== undefined && isPackageSetting(entry[0]),
      ),
    ),
  });
}

/**
 * The data folder, whatever else is set: a client of a running instance needs none of it.
 * @param env MAINLOOP_HOME, or the default below the home of this account
 * @returns an absolute path, which need not be there
 */
export const homeOf = (env: Record<string, string | undefined>): string => env.MAINLOOP_HOME ?? defaultHome();

/**
 * What this machine's own command line shows the api, or null where the data folder is somebody else's.
 * @param env MAINLOOP_API_TOKEN, or MAINLOOP_HOME with the secrets of `mainloop up`
 */
export function apiToken(env: Record<string, string | undefined>): string | null {
  if (env.MAINLOOP_API_TOKEN) return env.MAINLOOP_API_TOKEN;
  try {
    return (
      (JSON.parse(readFileSync(path.join(homeOf(env), 'secrets.json'), 'utf8')) as Partial<Secrets>)
        .apiToken ?? null
    );
  } catch {
    // Not there yet, or not for us to read: the api says what is missing.
    return null;
  }
}

/** Root's home is closed to everybody else, and the sandboxes are somebody else. */
function defaultHome(): string {
  if (process.getuid?.() === 0) return '/var/lib/mainloop';
  return path.join(process.env.XDG_DATA_HOME ?? path.join(os.homedir(), '.local', 'share'), 'mainloop');
}

/** Made once. A secret that a newer version brings is added to what is there. */
function loadSecrets(home: string): Secrets {
  const file = path.join(home, 'secrets.json');
  const there = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>) : {};
  const all: Secrets = z
    .record(z.enum(SECRETS), z.string())
    .parse(Object.fromEntries(SECRETS.map((n) => [n, there[n] ?? randomBytes(24).toString('base64url')])));
  if (SECRETS.some((n) => there[n] === undefined)) {
    writeFileSync(`${file}.new`, JSON.stringify(all), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  chmodSync(file, 0o600);
  return all;
}
