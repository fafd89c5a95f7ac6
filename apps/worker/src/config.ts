// The worker's settings, read once.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_PROCESSES } from '@mainloop/adapters/sandbox/limits';
import type { KubernetesSandboxOptions } from '@mainloop/adapters/sandbox/kubernetes/manifests';
import { signInOf } from '@mainloop/models/flow/forge/github-app';
import { MustNotReach } from '@mainloop/models/contracts/runner';
import { z } from 'zod';
import { readEnvironment } from '@mainloop/models/flow/machine/environment';

/** The runner ends a run long before; this is for a runner that is gone from its senses. */
const LONGEST_RUN_S = 24 * 3600;

const Env = z.object({
  MAINLOOP_HOME: z.string().min(1),
  DATABASE_URL: z.string().startsWith('postgres'),
  /** host:port, or unix:/path */
  TEMPORAL_ADDRESS: z.string().min(1),
  MAINLOOP_LOCAL_USERS: z.string().default(''),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  GITHUB_TOKEN: z.string().optional(),
  /** In place of a token. */
  GITHUB_APP_ID: z.string().optional(),
  GITHUB_APP_PRIVATE_KEY: z.string().optional(),
  GITHUB_API_URL: z.url(),
  /** Set where the forge is our local GitHub: for bringing folders of this machine in. */
  LOCAL_GITHUB_OPERATOR_SECRET: z.string().min(16).optional(),
  MAINLOOP_SANDBOX: z
    .enum(['local', 'kubernetes'], 'MAINLOOP_SANDBOX should be local or kubernetes')
    .default('local'),
  MAINLOOP_BWRAP: z.string().default('bwrap'),
  MAINLOOP_TOOLCHAINS: z.string().optional(),
  MAINLOOP_UNCONFINED: z.enum(['yes', 'no']).default('no'),
  /** Limits of each local sandbox; not set: derived from the machine. */
  MAINLOOP_SANDBOX_PROCESSES: z.coerce.number().int().min(64).optional(),
  MAINLOOP_SANDBOX_MEMORY_MIB: z.coerce.number().int().min(512).optional(),
  MAINLOOP_SANDBOX_DISK_MIB: z.coerce.number().int().min(100).optional(),
  /** Shared with the gateway: opens its package proxy for a set-up that is to be kept. Not set: none is kept. */
  MAINLOOP_CI_SECRET: z.string().min(16).optional(),
  /** How much the kept set-ups of all repositories may take, with the copies that wait for a task. */
  MAINLOOP_KEPT_MIB: z.coerce.number().int().min(0).default(10_240),
  MAINLOOP_FAILPOINTS: z.string().optional(),
  /** Where the model is asked for summaries of the conversation, and what is shown there; not set: none are written. */
  GATEWAY_URL: z.url().optional(),
  MAINLOOP_CHAT_TOKEN: z.string().min(16).optional(),
  /** Set where only a subscription is there, as for the api. */
  MAINLOOP_CHAT_CLAUDE: z.string().optional(),
  /** Whom a push service writes to when our notifications make trouble (RFC 8292): mailto: or https:. */
  MAINLOOP_CONTACT: z
    .string()
    .regex(
      /^(mailto:.+@.+|https:\/\/.+)$/,
      'MAINLOOP_CONTACT should be mailto:you@example.com or an https address',
    )
    .default('mailto:owner@example.com'),
  /** For a push service of a test on this machine. */
  MAINLOOP_PUSH_LOOPBACK: z.enum(['yes', 'no']).default('no'),
  MAINLOOP_WORKFLOW_BUNDLE: z.string().optional(),
  /** The sentence model and its words (files): what search by meaning stands on. Not set: search is by words alone. */
  MAINLOOP_EMBEDDER: z.string().optional(),
  MAINLOOP_EMBEDDER_WORDS: z.string().optional(),
  FORGE_POLL_SECONDS: z.coerce.number().positive().default(15),
  FORGE_SETTLE_MS: z.coerce.number().min(0).default(3_000),
  /** How long a push may have no checks before there are taken to be none. */
  CI_GRACE_SECONDS: z.coerce.number().positive().default(60),
  /** How long a check may be pending, or a required one missing, before the person is told. */
  CI_PATIENCE_MINUTES: z.coerce.number().positive().default(60),
  /** How long nobody may have written before comments on a pull request are taken up. */
  REVIEW_QUIET_SECONDS: z.coerce.number().positive().default(60),
  /** Where the backlog is told to the cluster's autoscaler; not set: nowhere. */
  MAINLOOP_BACKLOG_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  /** Activities one worker does at the same time. */
  MAINLOOP_WORKER_SLOTS: z.coerce.number().int().min(1).max(1_000).default(40),
  /** A run that prints nothing for so long is asked what it does; after four times that it is stopped. */
  SILENCE_MINUTES: z.coerce.number().positive().default(5),
});

/** Only for MAINLOOP_SANDBOX=kubernetes. */
const Kubernetes = z.object({
  /** Not set: the worker runs in the cluster. */
  KUBECONFIG: z.string().optional(),
  MAINLOOP_AGENT_IMAGE: z
    .string({ error: 'MAINLOOP_AGENT_IMAGE should name the image that was built with make images' })
    .min(1),
  MAINLOOP_AGENT_PULL_POLICY: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  MAINLOOP_AGENT_PULL_SECRET: z.string().optional(),
  MAINLOOP_SANDBOX_PROCESSES: z.coerce.number().int().min(64).default(MAX_PROCESSES),
  MAINLOOP_AGENT_CPU: z.string().default('2'),
  MAINLOOP_AGENT_MEMORY: z.string().default('4Gi'),
  MAINLOOP_AGENT_DISK: z.string().default('10Gi'),
  MAINLOOP_AGENT_CPU_REQUEST: z.string().default('250m'),
  MAINLOOP_AGENT_MEMORY_REQUEST: z.string().default('512Mi'),
  MAINLOOP_RUNTIME_CLASS: z.string().optional(),
  MAINLOOP_INSTANCE: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'MAINLOOP_INSTANCE should be a short name of a-z, 0-9 and -')
    .default('mainloop'),
  MAINLOOP_NAMESPACE_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/)
    .default('mainloop-task-'),
  /**
   * IP:port of the gateway as pods see it. A Service's cluster address does; a name does not, there is no DNS
   * in a sandbox.
   */
  MAINLOOP_GATEWAY_ADDRESS: z
    .string()
    .regex(/^[\d.a-f:]+:\d+$/, 'MAINLOOP_GATEWAY_ADDRESS should be IP:port, as pods reach the gateway'),
  /** The namespace of the gateway's pods (label app=gateway); not set: the gateway is outside the cluster. */
  MAINLOOP_GATEWAY_NAMESPACE: z.string().optional(),
  MAINLOOP_SERVICE_ACCOUNT: z.string().default('mainloop/worker'),
  /**
   * JSON, see MustNotReach: what the probe in every pod tries besides the API server, the node, the metadata
   * service and the internet.
   */
  MAINLOOP_MUST_NOT_REACH: z.string().default('[]'),
});

function kubernetes(env: Record<string, string | undefined>): {
  kubeconfig: string | null;
  options: KubernetesSandboxOptions;
} {
  const result = Kubernetes.safeParse(env);
  if (!result.success) throw new Error(result.error.issues.map((i) => i.message).join('; '));
  const e = result.data;
  const cut = e.MAINLOOP_GATEWAY_ADDRESS.lastIndexOf(':');
  const [namespace, name] = e.MAINLOOP_SERVICE_ACCOUNT.split('/');
  return {
    kubeconfig: e.KUBECONFIG || null,
    options: {
      prefix: e.MAINLOOP_NAMESPACE_PREFIX,
      instance: e.MAINLOOP_INSTANCE,
      image: e.MAINLOOP_AGENT_IMAGE,
      pullPolicy: e.MAINLOOP_AGENT_PULL_POLICY,
      pullSecret: e.MAINLOOP_AGENT_PULL_SECRET || null,
      gateway: {
        host: e.MAINLOOP_GATEWAY_ADDRESS.slice(0, cut),
        port: Number(e.MAINLOOP_GATEWAY_ADDRESS.slice(cut + 1)),
      },
      gatewayPods: e.MAINLOOP_GATEWAY_NAMESPACE
        ? { namespace: e.MAINLOOP_GATEWAY_NAMESPACE, labels: { app: 'gateway' } }
        : null,
      runtimeClass: e.MAINLOOP_RUNTIME_CLASS || null,
      resources: {
        cpu: e.MAINLOOP_AGENT_CPU,
        memory: e.MAINLOOP_AGENT_MEMORY,
        disk: e.MAINLOOP_AGENT_DISK,
        requestCpu: e.MAINLOOP_AGENT_CPU_REQUEST,
        requestMemory: e.MAINLOOP_AGENT_MEMORY_REQUEST,
      },
      maxProcesses: e.MAINLOOP_SANDBOX_PROCESSES,
      deadlineS: LONGEST_RUN_S,
      mustNotReach: MustNotReach.parse(JSON.parse(e.MAINLOOP_MUST_NOT_REACH)),
      serviceAccount: { namespace: namespace ?? '', name: name ?? '' },
    },
  };
}

export type WorkerConfig = ReturnType<typeof loadConfig>;

/**
 * Reads the environment once, at the start.
 * @throws with one line that names every variable that is missing or wrong
 */
export function loadConfig(env: Record<string, string | undefined>) {
  const e = readEnvironment(Env, env);
  const forge = signInOf(e, (name) => readFileSync(name, 'utf8'));
  if (forge === null) throw new Error('GITHUB_TOKEN: how the forge is signed in to is not set');
  return Object.freeze({
    home: e.MAINLOOP_HOME,
    databaseUrl: e.DATABASE_URL,
    temporalAddress: e.TEMPORAL_ADDRESS,
    localUsers: e.MAINLOOP_LOCAL_USERS,
    temporalNamespace: e.TEMPORAL_NAMESPACE,
    forge,
    githubApiUrl: e.GITHUB_API_URL,
    localGitHubSecret: e.LOCAL_GITHUB_OPERATOR_SECRET ?? null,
    sandbox: {
      root: path.join(e.MAINLOOP_HOME, 'sandboxes'),
      kit: path.join(e.MAINLOOP_HOME, 'kit', 'current'),
      gatewayDir: path.join(e.MAINLOOP_HOME, 'run', 'gateway'),
      mirrors: path.join(e.MAINLOOP_HOME, 'git', 'mirrors'),
      bwrap: e.MAINLOOP_BWRAP,
      toolchains: e.MAINLOOP_TOOLCHAINS ?? null,
      unconfined: e.MAINLOOP_UNCONFINED === 'yes',
      limits: {
        maxProcesses: e.MAINLOOP_SANDBOX_PROCESSES,
        maxMemoryMiB: e.MAINLOOP_SANDBOX_MEMORY_MIB,
        maxDiskMiB: e.MAINLOOP_SANDBOX_DISK_MIB,
      },
    },
    kept:
      e.MAINLOOP_CI_SECRET === undefined || e.MAINLOOP_UNCONFINED === 'yes' || e.MAINLOOP_KEPT_MIB === 0
        ? null
        : {
            secret: e.MAINLOOP_CI_SECRET,
            folder: path.join(e.MAINLOOP_HOME, 'kept'),
            places: path.join(e.MAINLOOP_HOME, 'setups'),
            maxBytes: e.MAINLOOP_KEPT_MIB * 1024 * 1024,
          },
    kubernetes: e.MAINLOOP_SANDBOX === 'kubernetes' ? kubernetes(env) : null,
    failpoints: e.MAINLOOP_FAILPOINTS ?? null,
    chat:
      e.GATEWAY_URL === undefined || e.MAINLOOP_CHAT_TOKEN === undefined
        ? null
        : { baseUrl: e.GATEWAY_URL, token: e.MAINLOOP_CHAT_TOKEN, claude: e.MAINLOOP_CHAT_CLAUDE || null },
    contact: e.MAINLOOP_CONTACT,
    pushToLoopback: e.MAINLOOP_PUSH_LOOPBACK === 'yes',
    workflowBundle: e.MAINLOOP_WORKFLOW_BUNDLE ?? null,
    embedder:
      e.MAINLOOP_EMBEDDER && e.MAINLOOP_EMBEDDER_WORDS
        ? { model: e.MAINLOOP_EMBEDDER, tokenizer: e.MAINLOOP_EMBEDDER_WORDS }
        : null,
    backlogPort: e.MAINLOOP_BACKLOG_PORT ?? null,
    slots: e.MAINLOOP_WORKER_SLOTS,
    forgePollMs: e.FORGE_POLL_SECONDS * 1000,
    forgeSettleMs: e.FORGE_SETTLE_MS,
    ciGraceMs: e.CI_GRACE_SECONDS * 1000,
    ciPatienceMs: e.CI_PATIENCE_MINUTES * 60_000,
    quietMs: e.REVIEW_QUIET_SECONDS * 1000,
    silenceMs: e.SILENCE_MINUTES * 60_000,
  });
}
