// The api's settings, read once. It holds no forge, cluster or model key: only its own token for the gateway.
import { listenerSettings, type ListenerSettings } from '@mainloop/network/listener';
import { whyNotOpen } from '@mainloop/models/flow/machine/listeners';
import { z } from 'zod';
import { readEnvironment } from '@mainloop/models/flow/machine/environment';

const optional = z
  .string()
  .transform((s) => s.trim() || undefined)
  .optional();
const optionalUrl = optional.refine((u) => u === undefined || URL.canParse(u), 'that should be a URL');

const Env = z.object({
  DATABASE_URL: z.string().startsWith('postgres'),
  /** Whether to bring the schema up to date at the start: not where somebody with more rights does. */
  MAINLOOP_MIGRATE: z.enum(['yes', 'no'], 'MAINLOOP_MIGRATE should be yes or no').default('yes'),
  /** In a cluster others come from elsewhere: 0.0.0.0. */
  MAINLOOP_LISTEN: z.string().default('127.0.0.1'),
  API_PORT: z.coerce.number().int().min(0).max(65_535),
  GATEWAY_URL: z.url(),
  MAINLOOP_CHAT_TOKEN: z.string().min(16),
  GITHUB_WEBHOOK_SECRET: z.string().min(8),
  /** Set where only a subscription is there: the chat then goes through this Claude Code. */
  MAINLOOP_CHAT_CLAUDE: z.string().optional(),
  /** For tests: a push service on this machine. */
  MAINLOOP_PUSH_LOOPBACK: z.enum(['yes', 'no']).default('no'),
  /** Where people reach mainloop from elsewhere. Set, everybody has to sign in. */
  MAINLOOP_PUBLIC_URL: optionalUrl.refine(
    (u) => u === undefined || u.startsWith('https://') || /^http:\/\/localhost(:\d+)?\/?$/.test(u),
    'MAINLOOP_PUBLIC_URL should start with https://: without it there are no passkeys and no notifications',
  ),
  MAINLOOP_AUTH_SECRET: optional.refine(
    (s) => s === undefined || s.length >= 32,
    'MAINLOOP_AUTH_SECRET should have 32 characters or more',
  ),
  /** What the command line shows instead of a sign-in. */
  MAINLOOP_API_TOKEN: optional.refine(
    (s) => s === undefined || s.length >= 24,
    'MAINLOOP_API_TOKEN should have 24 characters or more',
  ),
  /** github.com, or a GitHub Enterprise Server of one's own. */
  GITHUB_OAUTH_URL: optionalUrl,
  GITHUB_OAUTH_CLIENT_ID: optional,
  GITHUB_OAUTH_CLIENT_SECRET: optional,
  OIDC_DISCOVERY_URL: optionalUrl,
  OIDC_CLIENT_ID: optional,
  OIDC_CLIENT_SECRET: optional,
  MAINLOOP_DEMO: z.enum(['yes', 'no']).default('no'),
  /** The sentence model and its words (files): what search by meaning stands on. Not set: search is by words alone. */
  MAINLOOP_EMBEDDER: z.string().optional(),
  MAINLOOP_EMBEDDER_WORDS: z.string().optional(),
});

export interface SignInConfig {
  readonly publicUrl: string;
  readonly secret: string;
  readonly github: { readonly url: string; readonly clientId: string; readonly clientSecret: string } | null;
  readonly oidc: {
    readonly discoveryUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
  } | null;
}

export interface ApiConfig {
  /** null: open to this machine only, without a sign-in. */
  readonly signIn: SignInConfig | null;
  readonly apiToken: string | null;
  readonly databaseUrl: string;
  readonly migrate: boolean;
  readonly host: string;
  readonly listener: ListenerSettings;
  readonly port: number;
  readonly gatewayUrl: string;
  readonly chatToken: string;
  readonly webhookSecret: string;
  readonly chatClaude: string | null;
  /** null: search is by words alone. */
  readonly embedder: { readonly model: string; readonly tokenizer: string } | null;
  /** The demo model answers, so the chat says so. */
  readonly demo: boolean;
  readonly insecurePush: boolean;
}

/**
 * Reads the environment.
 * @throws with every name that is wrong and why
 */
export function loadConfig(env: Record<string, string | undefined>): ApiConfig {
  const e = readEnvironment(Env, env);
  if (e.MAINLOOP_PUBLIC_URL && !e.MAINLOOP_AUTH_SECRET)
    throw new Error(
      'MAINLOOP_AUTH_SECRET should be set beside MAINLOOP_PUBLIC_URL: 32 random characters, the same for every replica',
    );
  const listener = listenerSettings(env);
  const closed = whyNotOpen(listener);
  if (closed !== null) throw new Error(closed);
  return Object.freeze({
    signIn:
      e.MAINLOOP_PUBLIC_URL && e.MAINLOOP_AUTH_SECRET
        ? {
            publicUrl: e.MAINLOOP_PUBLIC_URL,
            secret: e.MAINLOOP_AUTH_SECRET,
            github:
              e.GITHUB_OAUTH_CLIENT_ID && e.GITHUB_OAUTH_CLIENT_SECRET
                ? {
                    url: (e.GITHUB_OAUTH_URL ?? 'https://github.com').replace(/\/+$/, ''),
                    clientId: e.GITHUB_OAUTH_CLIENT_ID,
                    clientSecret: e.GITHUB_OAUTH_CLIENT_SECRET,
                  }
                : null,
            oidc:
              e.OIDC_DISCOVERY_URL && e.OIDC_CLIENT_ID && e.OIDC_CLIENT_SECRET
                ? {
                    discoveryUrl: e.OIDC_DISCOVERY_URL,
                    clientId: e.OIDC_CLIENT_ID,
                    clientSecret: e.OIDC_CLIENT_SECRET,
                  }
                : null,
          }
        : null,
    apiToken: e.MAINLOOP_API_TOKEN ?? null,
    databaseUrl: e.DATABASE_URL,
    migrate: e.MAINLOOP_MIGRATE === 'yes',
    host: e.MAINLOOP_LISTEN,
    listener,
    port: e.API_PORT,
    gatewayUrl: e.GATEWAY_URL,
    chatToken: e.MAINLOOP_CHAT_TOKEN,
    webhookSecret: e.GITHUB_WEBHOOK_SECRET,
    chatClaude: e.MAINLOOP_CHAT_CLAUDE || null,
    embedder:
      e.MAINLOOP_EMBEDDER && e.MAINLOOP_EMBEDDER_WORDS
        ? { model: e.MAINLOOP_EMBEDDER, tokenizer: e.MAINLOOP_EMBEDDER_WORDS }
        : null,
    demo: e.MAINLOOP_DEMO === 'yes',
    insecurePush: e.MAINLOOP_PUSH_LOOPBACK === 'yes',
  });
}
