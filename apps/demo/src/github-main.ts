// Starts the local GitHub as a process of its own.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectAfterStart } from '@mainloop/network/after-start';
import { listenerSettings } from '@mainloop/network/listener';
import { z } from 'zod';
import { log } from './github/log.ts';
import { startLocalGitHub } from './github/server.ts';
import { seedDemo } from './seed.ts';
import { loadStory } from './story.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const env = z
  .object({
    MAINLOOP_HOME: z.string(),
    LOCAL_GITHUB_PORT: z.coerce.number().int(),
    LOCAL_GITHUB_URL: z.url().optional(),
    GITHUB_TOKEN: z.string().min(1),
    /** What the operator shows at /_local/. */
    LOCAL_GITHUB_OPERATOR_SECRET: z.string().min(16),
    GITHUB_WEBHOOK_SECRET: z.string(),
    WEBHOOK_URL: z.url(),
    MAINLOOP_ACT: z.string(),
    /** Not set only in a pod, which is the confinement. */
    MAINLOOP_BWRAP: z.string().optional(),
    MAINLOOP_TOOLCHAINS: z.string().optional(),
    MAINLOOP_NODE: z.string(),
    /** Signs what its jobs show at the gateway, for their packages. */
    MAINLOOP_CI_SECRET: z.string().min(16).optional(),
    MAINLOOP_DEMO_SCRIPT: z.string().default(path.join(here, '../stories/odd-cent.yaml')),
    LOCAL_GITHUB_STALE_MS: z.coerce.number().default(0),
    /** More people, for tests: "token=login", with commas between. Their rights are those of their login. */
    LOCAL_GITHUB_USERS: z.string().default(''),
    LOCAL_GITHUB_SEED: z.string().default('yes'),
    MAINLOOP_FAILPOINTS: z.string().optional(),
  })
  .parse(process.env);

const github = await startLocalGitHub({
  root: path.join(env.MAINLOOP_HOME, 'local-github'),
  port: env.LOCAL_GITHUB_PORT,
  listener: listenerSettings(process.env),
  ...(env.LOCAL_GITHUB_URL ? { url: env.LOCAL_GITHUB_URL } : {}),
  tokens: new Map([...pairs(env.LOCAL_GITHUB_USERS), [env.GITHUB_TOKEN, 'mainloop']]),
  operatorSecret: env.LOCAL_GITHUB_OPERATOR_SECRET,
  webhook: { url: env.WEBHOOK_URL, secret: env.GITHUB_WEBHOOK_SECRET },
  ci: {
    act: env.MAINLOOP_ACT,
    bwrap: env.MAINLOOP_BWRAP ?? null,
    toolchains: env.MAINLOOP_TOOLCHAINS ?? null,
    node: env.MAINLOOP_NODE,
    packages: env.MAINLOOP_CI_SECRET
      ? { gatewayDir: path.join(env.MAINLOOP_HOME, 'run/gateway'), secret: env.MAINLOOP_CI_SECRET }
      : null,
  },
  reviewers: loadStory(env.MAINLOOP_DEMO_SCRIPT).reviews,
  staleMs: env.LOCAL_GITHUB_STALE_MS,
  failpoints: env.MAINLOOP_FAILPOINTS ?? null,
});
if (env.LOCAL_GITHUB_SEED === 'yes')
  await seedDemo(github, path.join(here, '../seed'), path.join(env.MAINLOOP_HOME, 'local-github', 'seed'));
void collectAfterStart();
log.info({ url: github.url }, 'the local GitHub is listening');
process.once('SIGTERM', () => void github.close().then(() => process.exit(0)));

function pairs(users: string): [token: string, login: string][] {
  return users
    .split(',')
    .map((u) => u.split('='))
    .filter((u): u is [string, string] => u.length === 2 && u[0] !== '');
}
