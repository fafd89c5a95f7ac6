// The gateway's settings, read once. It is the only process that holds the model key; it also holds the forge token.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PERMISSION_PATIENCE_MS } from '@mainloop/models/contracts/runner';
import { listenerSettings, type ListenerSettings } from '@mainloop/network/listener';
import { signInOf, type ForgeSignIn } from '@mainloop/models/flow/forge/github-app';
import { isPackageSetting } from '@mainloop/models/flow/runs/packages';
import { z } from 'zod';
import { readEnvironment } from '@mainloop/models/flow/machine/environment';

const Env = z.object({
  MAINLOOP_HOME: z.string().min(1),
  GATEWAY_DATABASE_URL: z.string().startsWith('postgres'),
  /** In a cluster others come from elsewhere: 0.0.0.0. Never on a machine of your own: there is no sign-in yet. */
  MAINLOOP_LISTEN: z.string().default('127.0.0.1'),
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535),
  /** Shared with the api, for the chat's own model calls. */
  MAINLOOP_CHAT_TOKEN: z.string().min(16),
  ANTHROPIC_BASE_URL: z.url().default('https://api.anthropic.com'),
  ANTHROPIC_API_KEY: z.string().optional(),
  CLAUDE_CODE_OAUTH_TOKEN: z.string().optional(),
  GITHUB_TOKEN: z.string().optional(),
  /** In place of a token: an App, and where GitHub's API is. */
  GITHUB_APP_ID: z.string().optional(),
  GITHUB_APP_PRIVATE_KEY: z.string().optional(),
  GITHUB_API_URL: z.url().default('https://api.github.com'),
  /**
   * How long the head of a request may take to arrive, and all of it. Slower ones are cut off, or they would
   * hold their place for ever.
   */
  GATEWAY_HEADERS_SECONDS: z.coerce.number().min(0.1).max(600).default(15),
  GATEWAY_BODY_SECONDS: z.coerce.number().min(0.1).max(3_600).default(300),
  /** How long a package registry may take until its answer begins, and how long it may be silent in it. */
  GATEWAY_REGISTRY_SECONDS: z.coerce.number().min(0.1).max(600).default(8),
  /** The packages that are kept, in all. */
  GATEWAY_PACKAGES_MIB: z.coerce.number().int().min(0).default(20_480),
  /** Signs what a job of the local CI shows. Where there is no local CI nobody has it. */
  MAINLOOP_CI_SECRET: z.string().min(16).optional(),
  /** How long an agent's session is kept running while it waits for permission. */
  PERMISSION_PATIENCE_SECONDS: z.coerce
    .number()
    .positive()
    .default(PERMISSION_PATIENCE_MS / 1000),
  /** A folder in which a test names where this process ends. */
  MAINLOOP_FAILPOINTS: z.string().optional(),
});

export interface GatewayConfig {
  readonly databaseUrl: string;
  readonly host: string;
  readonly listener: ListenerSettings;
  readonly port: number;
  readonly socketDir: string;
  readonly gitDir: string;
  readonly chatToken: string;
  readonly model: {
    readonly baseUrl: string;
    readonly apiKey: string | null;
    readonly oauthToken: string | null;
  };
  readonly forge: ForgeSignIn;
  readonly githubApiUrl: string;
  readonly headersMs: number;
  readonly bodyMs: number;
  readonly packages: {
    readonly folder: string;
    readonly maxBytes: number;
    readonly ms: number;
    /** The operator's own, as far as it is about packages. */
    readonly env: Readonly<Record<string, string | undefined>>;
  };
  readonly ciSecret: string | null;
  readonly permissionPatienceMs: number;
  readonly failpoints: string | null;
}

/**
 * Reads the environment once, at the start.
 * @throws with one line that names every variable that is missing or wrong
 */
export function loadConfig(env: Record<string, string | undefined>): GatewayConfig {
  const e = readEnvironment(Env, env);
  const forge = signInOf(e, (name) => readFileSync(name, 'utf8'));
  if (forge === null) throw new Error('GITHUB_TOKEN: how the forge is signed in to is not set');
  return Object.freeze({
    databaseUrl: e.GATEWAY_DATABASE_URL,
    host: e.MAINLOOP_LISTEN,
    listener: listenerSettings(env),
    port: e.GATEWAY_PORT,
    socketDir: path.join(e.MAINLOOP_HOME, 'run', 'gateway'),
    gitDir: path.join(e.MAINLOOP_HOME, 'git'),
    chatToken: e.MAINLOOP_CHAT_TOKEN,
    model: {
      baseUrl: e.ANTHROPIC_BASE_URL.replace(/\/$/, ''),
      apiKey: e.ANTHROPIC_API_KEY || null,
      oauthToken: e.CLAUDE_CODE_OAUTH_TOKEN || null,
    },
    forge,
    githubApiUrl: e.GITHUB_API_URL,
    headersMs: e.GATEWAY_HEADERS_SECONDS * 1_000,
    // Node insists that all of a request may take no less than its head.
    bodyMs: Math.max(e.GATEWAY_HEADERS_SECONDS, e.GATEWAY_BODY_SECONDS) * 1_000,
    packages: {
      folder: path.join(e.MAINLOOP_HOME, 'packages'),
      maxBytes: e.GATEWAY_PACKAGES_MIB * 1024 * 1024,
      ms: e.GATEWAY_REGISTRY_SECONDS * 1_000,
      env: Object.fromEntries(
        Object.entries(env).filter(([name]) => name === 'HOME' || isPackageSetting(name)),
      ),
    },
    ciSecret: e.MAINLOOP_CI_SECRET ?? null,
    permissionPatienceMs: e.PERMISSION_PATIENCE_SECONDS * 1000,
    failpoints: e.MAINLOOP_FAILPOINTS ?? null,
  });
}
