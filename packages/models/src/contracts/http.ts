// What travels over HTTP between browser, CLI and api.
import { z } from 'zod';
import { ITEM_KINDS } from '../flow/events.ts';
import { isTimeZone } from '../flow/notices.ts';
import { MAX_RULE } from '../flow/permissions.ts';
import { TEMPLATE_PARTS } from '../flow/template.ts';
import { DECISIONS, MERGE_METHODS } from '../flow/workflow.ts';

const Id = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[A-Za-z0-9/_.:-]+$/);

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'A time of the day looks like 22:30.');

export const SendMessage = z
  .object({
    text: z.string().trim().max(200_000, 'That message is over 200,000 characters. Put the long part into a file in the repository.'),
    /** Made by the sender, so that a retried request says the thing once. */
    clientId: Id.optional(),
    /** Files that were sent before it. */
    attachments: z.array(Id).max(10, 'Ten files at most with one message.').default([]),
  })
  .refine((m) => m.text !== '' || m.attachments.length > 0, 'Write something first.')
  .meta({ id: 'SendMessage' });
export type SendMessage = z.infer<typeof SendMessage>;

export const ConfirmProposal = z
  .object({
    /** What the card showed. A card that changed since is refused. */
    digest: z.string().min(8).max(128),
    edits: z
      .object({
        title: z.string().min(1).max(200).optional(),
        prompt: z.string().min(1).max(100_000).optional(),
        model: z.string().min(1).max(100).optional(),
        budgetCents: z.int().min(1).max(100_000).optional(),
        skipPlan: z.boolean().optional(),
      })
      .optional(),
  })
  .meta({ id: 'ConfirmProposal' });
export type ConfirmProposal = z.infer<typeof ConfirmProposal>;

export const Decide = z
  .object({
    decision: z.enum(DECISIONS),
    text: z.string().max(50_000).default(''),
    via: z.enum(['app', 'push', 'cli', 'chat']).default('app'),
    /** How `merge` puts the change onto the base branch. The repository may allow fewer ways. */
    method: z.enum(MERGE_METHODS).optional(),
    /** Made by the sender. The same answer sent again is taken for the one that counted. */
    answerId: Id.optional(),
    /** How many taps it took, and how long it was in front of the person, in milliseconds. */
    taps: z.int().min(0).max(1_000).optional(),
    ms: z.int().min(0).max(3_600_000).optional(),
  })
  .meta({ id: 'Decide' });
export type Decide = z.infer<typeof Decide>;

/** A comment on lines of a change. It stays a draft until the review is sent with a decision on the task's review item. */
export const NewComment = z
  .object({
    id: Id,
    path: z.string().min(1).max(4_096).nullable(),
    side: z.enum(['old', 'new']).default('new'),
    startLine: z.int().min(1).nullable().default(null),
    line: z.int().min(1).nullable(),
    quote: z.string().max(20_000).default(''),
    text: z.string().trim().min(1, 'Write something first.').max(20_000),
  })
  .refine((c) => c.startLine === null || (c.line !== null && c.startLine <= c.line), 'A range starts before it ends.')
  .meta({ id: 'NewComment' });
export type NewComment = z.infer<typeof NewComment>;
export const EditComment = z.object({ text: z.string().trim().min(1, 'Write something first.').max(20_000) }).meta({ id: 'EditComment' });
export type EditComment = z.infer<typeof EditComment>;
export const ResolveComment = z.object({ resolved: z.boolean() }).meta({ id: 'ResolveComment' });
export type ResolveComment = z.infer<typeof ResolveComment>;
export const Looked = z.object({ pushId: Id }).meta({ id: 'Looked' });
export type Looked = z.infer<typeof Looked>;

export const Seen = z.object({ what: z.enum(['shown', 'opened']), via: z.enum(['app', 'push']).default('app') }).meta({ id: 'Seen' });
export type Seen = z.infer<typeof Seen>;
/** Later: minutes from now, at most a week; 0 brings it back. */
export const Snooze = z
  .object({
    minutes: z
      .int()
      .min(0)
      .max(7 * 24 * 60),
  })
  .meta({ id: 'Snooze' });
export type Snooze = z.infer<typeof Snooze>;
export const CaughtUp = z.object({ seq: z.int().min(0) }).meta({ id: 'CaughtUp' });
export type CaughtUp = z.infer<typeof CaughtUp>;

/** Something said to a task while it runs. */
export const Steer = z.object({ text: z.string().trim().min(1, 'Write something first.').max(20_000) }).meta({ id: 'Steer' });
export type Steer = z.infer<typeof Steer>;

export const RaiseBudget = z.object({ budgetCents: z.int().min(1).max(100_000, 'A task may cost at most $1,000.') }).meta({ id: 'RaiseBudget' });
export type RaiseBudget = z.infer<typeof RaiseBudget>;

export const ChangeModel = z.object({ model: z.string().trim().min(1).max(100) }).meta({ id: 'ChangeModel' });
export type ChangeModel = z.infer<typeof ChangeModel>;

export const AddProject = z
  .object({
    /** "owner/name" on GitHub, or the path of a git folder on this machine. */
    source: z.string().trim().min(1).max(1_000),
  })
  .meta({ id: 'AddProject' });
export type AddProject = z.infer<typeof AddProject>;

const Model = z.string().trim().min(1, 'Name a model.').max(100, 'A model has a name of at most 100 characters.');
const between = (min: number, max: number, what: string) =>
  z.int(`${what} should be a whole number.`).min(min, `${what} should be ${min} at least.`).max(max, `${what} should be ${max} at most.`);
const Command = z
  .string('A command is text.')
  .max(1_000, 'A command has at most 1,000 characters. Put a longer one into a script of the repository.');

export const ProjectSettings = z
  .strictObject({
    model: Model.optional(),
    budgetCents: between(1, 100_000, 'The cents of a task').optional(),
    /** What the agents of this project together may cost on one day (UTC). null: no limit. */
    dayBudgetCents: between(1, 1_000_000, 'The cents of a day').nullable().optional(),
    maxRuns: between(1, 500, 'Agents at once').optional(),
    /** How long one run of the agent may take, in minutes. */
    maxMinutes: z
      .number('Minutes should be a number.')
      .min(0.05, 'A run needs some time.')
      .max(24 * 60, 'A run takes a day at most.')
      .optional(),
    setupCommand: Command.nullable().optional(),
    /** Where no set-up command is set: whether one is found from the repository's files, see flow/setup. */
    findSetup: z.boolean('Whether set-up is found should be true or false.').optional(),
    verifyCommand: Command.nullable().optional(),
    /** `ask`: what Claude Code wants to run goes to the inbox first. `sandbox`: the sandbox alone holds it. */
    permissions: z.enum(['sandbox', 'ask'], 'Permissions should be sandbox or ask.').optional(),
    /** What the agents of this project may do without asking, see flow/permissions. */
    allowRules: z
      .array(z.string().max(MAX_RULE, `A rule has at most ${MAX_RULE} characters.`))
      .max(500, 'A project has at most 500 rules.')
      .optional(),
    egress: z
      .union(
        [z.literal('registries'), z.literal('none'), z.array(z.string().max(253)).max(100)],
        'Egress should be registries, none, or a list of at most 100 host names.',
      )
      .optional(),
    skipPlan: z.boolean('Whether plans are skipped should be true or false.').optional(),
  })
  .meta({ id: 'ProjectSettings' });
export type ProjectSettings = z.infer<typeof ProjectSettings>;

export const InitRepo = z
  .object({
    parts: z
      .array(z.enum(TEMPLATE_PARTS))
      .min(1)
      .default([...TEMPLATE_PARTS]),
  })
  .meta({ id: 'InitRepo' });
export type InitRepo = z.infer<typeof InitRepo>;

/** A browser's push subscription (https://www.w3.org/TR/push-api/#pushsubscription-interface). */
export const PushDevice = z
  .object({
    endpoint: z.url().max(2_000),
    keys: z.object({ p256dh: z.string().min(80).max(100), auth: z.string().min(20).max(30) }),
    label: z.string().trim().min(1).max(100),
  })
  .meta({ id: 'PushDevice' });
export type PushDevice = z.infer<typeof PushDevice>;

export const Settings = z
  .strictObject({
    chatModel: Model.optional(),
    maxRuns: between(1, 1_000, 'Agents at once').optional(),
    /** What all agents together may cost on one day (UTC). null: no limit. */
    dayBudgetCents: between(1, 1_000_000, 'The cents of a day').nullable().optional(),
    /** Which kinds of items a device is told of. */
    notifyKinds: z.array(z.enum(ITEM_KINDS)).optional(),
    /** No notification between these times of the day, in that time zone; what still waits comes after. */
    quietHours: z
      .object({ from: TimeOfDay, to: TimeOfDay, timeZone: z.string().min(1).max(100).refine(isTimeZone, 'There is no such time zone.') })
      .nullable()
      .optional(),
  })
  .meta({ id: 'Settings' });
export type Settings = z.infer<typeof Settings>;

export const DEFAULTS = {
  chatModel: 'claude-sonnet-5-5',
  taskModel: 'claude-opus-5-5',
  budgetCents: 500,
  maxRuns: 4,
  maxMinutes: 60,
  proposalMinutes: 24 * 60,
} as const;
