// The api's settings, read once. It holds no forge, cluster or model key: only its own token for the gateway.
import { z } from 'zod';

const Env = z.object({
  DATABASE_URL: z.string().startsWith('postgres'),
  /** In a cluster others come from elsewhere: 0.0.0.0. Never on a machine of your own: there is no sign-in yet. */
  MAINLOOP_LISTEN: z.string().default('127.0.0.1'),
  API_PORT: z.coerce.number().int().min(0).max(65_535),
  GATEWAY_URL: z.url(),
  MAINLOOP_CHAT_TOKEN: z.string().min(16),
  GITHUB_WEBHOOK_SECRET: z.string().min(8),
  /** Set where only a subscription is there: the chat then goes through this Claude Code. */
  MAINLOOP_CHAT_CLAUDE: z.string().optional(),
  /** For tests: a push service on this machine. */
  MAINLOOP_PUSH_LOOPBACK: z.enum(['yes', 'no']).default('no'),
  MAINLOOP_DEMO: z.enum(['yes', 'no']).default('no'),
});

export interface ApiConfig {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  readonly gatewayUrl: string;
  readonly chatToken: string;
  readonly webhookSecret: string;
  readonly chatClaude: string | null;
  /** The demo model answers, so the chat says so. */
  readonly demo: boolean;
  readonly insecurePush: boolean;
}

export function loadConfig(env: Record<string, string | undefined>): ApiConfig {
  const r = Env.safeParse(env);
  if (!r.success) throw new Error(r.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
  const e = r.data;
  return Object.freeze({
    databaseUrl: e.DATABASE_URL,
    host: e.MAINLOOP_LISTEN,
    port: e.API_PORT,
    gatewayUrl: e.GATEWAY_URL,
    chatToken: e.MAINLOOP_CHAT_TOKEN,
    webhookSecret: e.GITHUB_WEBHOOK_SECRET,
    chatClaude: e.MAINLOOP_CHAT_CLAUDE || null,
    demo: e.MAINLOOP_DEMO === 'yes',
    insecurePush: e.MAINLOOP_PUSH_LOOPBACK === 'yes',
  });
}
