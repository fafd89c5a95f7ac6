// The worker's settings, read once.
import path from 'node:path';
import { z } from 'zod';

const Env = z.object({
  MAINLOOP_HOME: z.string().min(1),
  DATABASE_URL: z.string().startsWith('postgres'),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  GITHUB_TOKEN: z.string().min(1),
  GITHUB_API_URL: z.url(),
  MAINLOOP_BWRAP: z.string().min(1),
  MAINLOOP_UNCONFINED: z.enum(['yes', 'no']).default('no'),
  MAINLOOP_FAILPOINTS: z.string().optional(),
  MAINLOOP_WORKFLOW_BUNDLE: z.string().optional(),
  FORGE_POLL_SECONDS: z.coerce.number().positive().default(15),
  FORGE_SETTLE_MS: z.coerce.number().min(0).default(3_000),
  /** How long a push may have no checks before there are taken to be none. */
  CI_GRACE_SECONDS: z.coerce.number().positive().default(60),
  /** A run that prints nothing for so long is asked what it does; after four times that it is stopped. */
  SILENCE_MINUTES: z.coerce.number().positive().default(5),
});

export function loadConfig(env: Record<string, string | undefined>) {
  const r = Env.safeParse(env);
  if (!r.success) throw new Error(r.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
  const e = r.data;
  return Object.freeze({
    home: e.MAINLOOP_HOME,
    databaseUrl: e.DATABASE_URL,
    temporalAddress: e.TEMPORAL_ADDRESS,
    temporalNamespace: e.TEMPORAL_NAMESPACE,
    githubToken: e.GITHUB_TOKEN,
    githubApiUrl: e.GITHUB_API_URL,
    sandbox: {
      root: path.join(e.MAINLOOP_HOME, 'sandboxes'),
      kit: path.join(e.MAINLOOP_HOME, 'kit', 'current'),
      gatewayDir: path.join(e.MAINLOOP_HOME, 'run', 'gateway'),
      mirrors: path.join(e.MAINLOOP_HOME, 'git', 'mirrors'),
      bwrap: e.MAINLOOP_BWRAP,
      unconfined: e.MAINLOOP_UNCONFINED === 'yes',
    },
    failpoints: e.MAINLOOP_FAILPOINTS ?? null,
    workflowBundle: e.MAINLOOP_WORKFLOW_BUNDLE ?? null,
    forgePollMs: e.FORGE_POLL_SECONDS * 1000,
    forgeSettleMs: e.FORGE_SETTLE_MS,
    ciGraceMs: e.CI_GRACE_SECONDS * 1000,
    silenceMs: e.SILENCE_MINUTES * 60_000,
  });
}
