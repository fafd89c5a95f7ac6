// What a runner and the gateway say to each other. A runner may be older than the gateway: unknown fields are skipped.
import { z } from 'zod';
import { isFolderBelow } from '../flow/projects/folders.ts';
import { FAIL_REASONS, INTERRUPT_REASONS, LIMIT_REASONS } from '../flow/runs/outcomes.ts';
import { WEIGHTS } from '../flow/review/second-look.ts';

/** A model's own memory of a session lasts some minutes: an answer within these costs no more than it did before. */
export const PERMISSION_PATIENCE_MS = 2 * 60_000;

export const RunSpec = z.object({
  runId: z.string(),
  taskId: z.string(),
  epoch: z.int(),
  phase: z.string(),
  /** Empty where nobody has anything to say to the agent: see `done`. */
  prompt: z.string(),
  /** What the agent said of its work, where it had ended it before: only what comes after it is left to do. */
  done: z.string().nullable().default(null),
  claudeMd: z.string(),
  taskMd: z.string(),
  model: z.string(),
  sessionId: z.string(),
  resume: z.boolean(),
  branch: z.string(),
  base: z.string(),
  maxTurns: z.int(),
  maxMinutes: z.number(),
  outputOffset: z.int(),
  /** Whether permission prompts go to the person, or the sandbox is trusted to hold. */
  askPermissions: z.boolean(),
  /** How long its session is kept running while it waits for permission, in milliseconds. */
  permissionPatienceMs: z.number().positive().default(PERMISSION_PATIENCE_MS),
  /** Shell commands of the project: after a fresh clone, and after the agent's work. */
  setupCommand: z.string().nullable().default(null),
  verifyCommand: z.string().nullable().default(null),
  /** Shell scripts of WORKFLOW.md, as the default branch has it. */
  hooks: z
    .object({
      afterCreate: z.string().nullable(),
      beforeRun: z.string().nullable(),
      afterRun: z.string().nullable(),
      timeoutMs: z.number().positive(),
    })
    .nullable()
    .default(null),
  /** Of the repository: where the agent starts and commands run. Empty: its top. */
  folder: z.string().refine(isFolderBelow).default(''),
  /** Where there is no set-up command: whether the runner looks for one in the clone. */
  findSetup: z.boolean().default(false),
  /** What package clients have to be told of the registries behind the gateway. */
  packages: z
    .object({ npmReplaces: z.enum(['npmjs', 'always']), goNoSumDb: z.string().default('') })
    .default({ npmReplaces: 'npmjs', goNoSumDb: '' }),
  /** Files of the reader, to be fetched by id. */
  attachments: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
});
export type RunSpec = z.infer<typeof RunSpec>;

/** Whose the agent's commits are. */
export const Author = z.object({ name: z.string().min(1).max(200), email: z.string().min(3).max(300) });

export const Outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('completed'), summary: z.string().max(60_000) }),
  z.object({
    kind: z.literal('asked'),
    itemId: z.string().max(80),
    itemIds: z.array(z.string().max(80)).max(20).optional(),
    permission: z.boolean().optional(),
    summary: z.string().max(60_000).optional(),
  }),
  z.object({ kind: z.literal('limit'), reason: z.enum(LIMIT_REASONS) }),
  z.object({ kind: z.literal('wait'), reason: z.string().max(200), untilMs: z.number() }),
  z.object({
    kind: z.literal('retry'),
    reason: z.enum(['rate_limit', 'overloaded', 'server_error', 'network']),
    backoffMs: z.number().min(0).max(3_600_000),
  }),
  z.object({
    kind: z.literal('interrupted'),
    reason: z.enum(INTERRUPT_REASONS),
  }),
  z.object({ kind: z.literal('failed'), reason: z.enum(FAIL_REASONS), detail: z.string().max(8_000) }),
]);

export const RunResult = z.object({ outcome: Outcome, outputEnd: z.int().min(0) });
/** `delivered`: steering messages that were written to the agent. One that is not named is sent again. */
export const Heartbeat = z.object({
  afterCommand: z.int().min(0),
  delivered: z.array(z.int()).max(200).default([]),
});

/** What a command of the project did: recorded by the runner, not told by the agent. */
export const Evidence = z.object({
  /** `probe`: what was tried from inside the sandbox to show that it is closed; `tests`: found in the clone, like the two before. */
  what: z.enum(['setup', 'verify', 'probe', 'diagnostics', 'lint', 'tests']),
  command: z.string().max(1_000),
  /** null when it ran out of time */
  exitCode: z.int().nullable(),
  ms: z.int().min(0),
  tail: z.string().max(20_000),
  sha: z.string().max(64),
  /** Whether the tree was the commit, nothing more and nothing less. */
  clean: z.boolean(),
  /** The files that a set-up was found from; nobody had set it. */
  from: z.array(z.string().max(100)).max(20).optional(),
  /** It is red, and was so in the same way on the commit that the change is from. */
  redBefore: z.boolean().optional(),
  /** What the repository names, and is not here, so that this ran. */
  insteadOf: z.string().max(100).optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/** How a check ended on the commit that a change is from. */
export const Baseline = z.object({
  what: z.enum(['verify', 'diagnostics', 'lint', 'tests']),
  command: z.string().max(1_000),
  /** null when it ran out of time, or could not be compared */
  exitCode: z.int().nullable(),
  tail: z.string().max(20_000),
  sha: z.string().max(64),
});
export type Baseline = z.infer<typeof Baseline>;
export const BaselineAsked = Baseline.pick({ what: true, command: true, sha: true });
export const BaselineKnown = z.object({ known: Baseline.nullable() });

export const PermissionRequest = z.object({
  requestId: z.string().min(1).max(200),
  tool: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
});

/** Ids of what the runner itself asks permission for, of the agent's requests none is called so. */
export const RUNNER_ASKS = { setup: 'mainloop-setup', verify: 'mainloop-verify' } as const;
/** `itemId`: of the item that a person is asked in; null where that was not needed. */
export const PermissionAsked = z.object({ itemId: z.string().nullable().default(null) });
export type PermissionAsked = z.infer<typeof PermissionAsked>;

export const RunnerCommand = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stop'), why: z.enum(['stopped', 'all_paused', 'silent']).default('stopped') }),
  z.object({ type: z.literal('checkpoint') }),
  /** `by`: who says it, where it is not the reader. */
  z.object({ type: z.literal('steer'), by: z.literal('mainloop').optional(), text: z.string() }),
  z.object({ type: z.literal('permission'), requestId: z.string(), allow: z.boolean(), message: z.string() }),
]);
export type RunnerCommand = z.infer<typeof RunnerCommand>;
export const HeartbeatReply = z.object({
  commands: z.array(z.object({ id: z.int(), command: RunnerCommand })),
});

/** What an agent finds in a change that it did not write. */
export const Find = z.object({
  weight: z.enum(WEIGHTS),
  text: z.string().trim().min(1).max(8_000),
  /** Such as "src/a.ts:12"; null for the change as a whole. */
  at: z.string().max(4_200).nullable().default(null),
});
export const Say = z.object({ text: z.string().trim().min(1).max(8_000) });
/** Beside the bytes of a picture. */
export const Show = z.object({
  caption: z.string().trim().min(1, 'Say in a few words what it shows.').max(500),
});
/** A rule that an agent learned, or what it did wrong as one. */
export const Learned = z.object({
  rule: z.string().trim().min(1).max(2_000),
  why: z.string().max(4_000).default(''),
  path: z.string().max(300).nullable().default(null),
});
/** What an agent is about to do. */
export const About = z.object({ text: z.string().trim().min(1).max(8_000) });
/** What was done about one comment of the review. */
/** On the page of the agent's own task, where it has one. */
export const ForgeComment = z.object({
  on: z.enum(['pull', 'issue']),
  text: z.string().trim().min(1).max(8_000),
});
export const Reply = z.object({ id: z.string().min(1).max(200), text: z.string().trim().min(1).max(8_000) });
export const Ask = z.object({
  question: z.string().trim().min(1).max(4_000),
  options: z
    .array(
      z.object({
        label: z.string().trim().min(1).max(200),
        description: z.string().max(1_000).optional(),
        /** The agent would choose it. */
        recommended: z.boolean().optional(),
      }),
    )
    .max(8)
    .default([]),
  /** Several of the options may be right. */
  multiple: z.boolean().default(false),
});

/**
 * An address that a sandbox must not reach, and the words for it when it does. `host` may be `$NAME`, from
 * the environment.
 */
export const Target = z.object({
  name: z.string().max(100),
  host: z.string().max(100),
  port: z.int().min(1).max(65_535),
  protocol: z.enum(['tcp', 'dns']).default('tcp'),
});
export type Target = z.infer<typeof Target>;
export const MustNotReach = z.array(Target).max(50);

/**
 * How the name begins under which a runner claims its run and that it says with everything it tells
 * afterwards. The agent has the token, but not the name. One without it is from before that, and records
 * nothing.
 */
export const HOLDS = 'holds:';

/** Largest checkpoint the gateway takes, in bytes. */
export const CHECKPOINT_MAX_BYTES = 32 * 1024 * 1024;
/**
 * The one group of all sandboxes that root starts, far above real accounts: it opens the way to what they are
 * given, and nothing else.
 */
export const SANDBOX_GID = 1_999_999;
/** Where things are inside every sandbox, local or in a pod. */
export const INSIDE = {
  repo: '/work/repo',
  home: '/work/home',
  spool: '/work/spool',
  kit: '/opt/mainloop',
  mirror: '/mirror',
  socket: '/run/gateway/gateway.sock',
  port: 8700,
  /** Where package clients find their registry. */
  packagesPort: 8701,
} as const;
/**
 * A copy of Node that may be run and not read: so what it runs is shown to no process of its own uid,
 * whatever the kernel thinks of ptrace.
 */
export const CLOSED_NODE = 'node-closed';
/**
 * How the runner is started. The agent beside it has the same uid, and is to see nothing of its memory: a
 * program that can't be read can't be looked into
 * (https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html), and a signal does not open Node's
 * debugger.
 * @param program of the kit
 */
export const runnerCommand = (program = 'runner.mjs'): readonly string[] => [
  `${INSIDE.kit}/${CLOSED_NODE}`,
  '--disable-sigusr1',
  `${INSIDE.kit}/${program}`,
];
