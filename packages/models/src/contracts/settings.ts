// Settings with their defaults filled in, each field for itself. What was never set has its default; what
// can't be read has the strictest value there is, and is named. Pure.
import { own } from '../flow/look.ts';
import { ITEM_KINDS } from '../flow/events.ts';
import { PROMPT_TOKENS } from '../flow/memory/levels.ts';
import { tokensAtMost } from '../flow/memory/tokens.ts';
import { isModelName, NO_SUCH_MODEL } from '../flow/money/models.ts';
import { isTimeZone } from '../flow/inbox/notifications.ts';
import {
  EVERY_GUARDRAIL,
  globRefused,
  MAX_GLOBS,
  NO_GUARDRAILS,
  type Guardrails,
} from '../flow/guardrails/rules.ts';
import { MAX_RULE } from '../flow/runs/permissions.ts';
import { z } from 'zod';
import { Folder } from './fields.ts';

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'A time of the day looks like 22:30.');
const Model = z
  .string()
  .trim()
  .min(1, 'Name a model.')
  .max(100, 'A model has a name of at most 100 characters.');
/** A model as it is typed. One that was kept before is read by `Model`: it may be of a service of one's own. */
export const TypedModel = Model.refine(isModelName, NO_SUCH_MODEL);
const between = (min: number, max: number, what: string) =>
  z
    .int(`${what} should be a whole number.`)
    .min(min, `${what} should be ${min} at least.`)
    .max(max, `${what} should be ${max} at most.`);
const Command = z
  .string('A command is text.')
  .max(1_000, 'A command has at most 1,000 characters. Put a longer one into a script of the repository.');
/** Of each text that goes to every agent; a word of English is two tokens of our upper estimate. */
export const MOST_INSIGHT_TOKENS = 300;
const Standing = (what: string) =>
  z.string(`${what} should be text.`).refine(
    // Counting the tokens of a long text takes long, and no letter is more than four.
    (text) => text.length <= 4 * MOST_INSIGHT_TOKENS && tokensAtMost(text) <= MOST_INSIGHT_TOKENS,
    `${what} should be shorter: every agent reads it all. About ${MOST_INSIGHT_TOKENS / 2} words fit.`,
  );

const Unreadable = z
  .array(z.string())
  .describe('Fields whose stored value could not be read: the strictest counts for them');

const Globs = z
  .array(
    z.string('A path is text.').superRefine((glob, check) => {
      const refused = globRefused(glob);
      if (refused !== null) check.addIssue(refused);
    }),
    'Paths are a list.',
  )
  .max(MAX_GLOBS, `These are at most ${MAX_GLOBS} paths.`);
const Then = z.enum(['ask', 'never'], 'What is over the size should be ask or never.');
/** The same for one project and for all; the stricter of the two counts. */
const GUARDRAILS = {
  neverPaths: Globs.describe(
    'Paths that no push may change, as globs from the root of the repository: `*` is anything, `?` one character',
  ),
  askPaths: Globs.describe('Paths that a push changes only with a yes'),
  changeFiles: between(1, 1_000_000, 'Files in one change')
    .nullable()
    .describe('How many files a change may touch. null: any number'),
  changeLines: between(1, 100_000_000, 'Lines of one change')
    .nullable()
    .describe('How many lines it may add and take away, together. null: any number'),
  overSize: Then.describe('What becomes of a larger one: `ask` for a yes, or `never`'),
  secrets: z
    .enum(['let', 'ask', 'never'], 'Secrets should be let, ask or never.')
    .describe('What becomes of a push any of whose commits holds what looks like a secret'),
} satisfies { readonly [Field in keyof Guardrails]: z.ZodType<Guardrails[Field]> };

const PROJECT = z.strictObject({
  model: Model,
  budgetCents: between(1, 100_000, 'The cents of a task').describe('What a task may cost, in US cents'),
  dayBudgetCents: between(1, 1_000_000, 'The cents of a day')
    .nullable()
    .describe(
      'What the agents of this project together may cost on one day (UTC), in US cents. null: no limit',
    ),
  weekBudgetCents: between(1, 10_000_000, 'The cents of a week')
    .nullable()
    .describe('The same in one week, from Monday (UTC)'),
  monthBudgetCents: between(1, 100_000_000, 'The cents of a month')
    .nullable()
    .describe('The same in one month (UTC)'),
  maxRuns: between(1, 500, 'Agents at once').describe('Agents at once'),
  dispatch: z
    .enum(['parallel', 'serial'], 'Tasks are worked on parallel or serial.')
    .describe(
      '`serial`: one task at a time, and the next begins when the one before has ended. `parallel`: as many as maxRuns lets',
    ),
  maxMinutes: z
    .number('Minutes should be a number.')
    .min(0.05, 'A run needs some time.')
    .max(24 * 60, 'A run takes a day at most.')
    .describe('How long one run of the agent may take, in minutes'),
  setupCommand: Command.nullable().describe(
    'Runs after a fresh clone. null: one is looked for, if findSetup says so',
  ),
  findSetup: z
    .boolean('Whether set-up is found should be true or false.')
    .describe("Where no set-up command is set: whether one is found from the repository's files"),
  verifyCommand: Command.nullable().describe("Runs after the agent's work"),
  folder: Folder.describe(
    'The folder of the repository that the project is: agents start there, and its commands run there. Empty: all of it',
  ),
  permissions: z
    .enum(['sandbox', 'ask'], 'Permissions should be sandbox or ask.')
    .describe(
      '`ask`: what Claude Code wants to run goes to the inbox first. `sandbox`: the sandbox alone holds it',
    ),
  allowRules: z
    .array(z.string().max(MAX_RULE, `A rule has at most ${MAX_RULE} characters.`))
    .max(500, 'A project has at most 500 rules.')
    .describe('What the agents of this project may do without asking'),
  egress: z
    .union(
      [z.literal('registries'), z.literal('none'), z.array(z.string().max(253)).max(100)],
      'Egress should be registries, none, or a list of at most 100 host names.',
    )
    .describe('What a sandbox may reach besides the model and its repository'),
  reviewRounds: between(1, 50, 'Rounds of a review').describe(
    'How often comments on GitHub wake the agent before the user is asked whether it goes on',
  ),
  secondLook: z
    .boolean('Whether there is a second look should be true or false.')
    .describe('Whether an agent that did not write the change reads it before it is offered for review'),
  secondLookModel: Model.nullable().describe('The model of the second look. null: that of the task'),
  skipPlan: z
    .boolean('Whether plans are skipped should be true or false.')
    .describe('Whether tasks begin without a plan to approve'),
  character: Standing('The character').describe(
    'How an agent of this project works and speaks, told to each one with its role. Empty: nothing is told',
  ),
  insights: Standing('The notes').describe(
    'What each agent of this project should know, told to every one at its start. Empty: nothing is told',
  ),
  ...GUARDRAILS,
});
const OWN = z.strictObject({
  chatModel: Model,
  maxRuns: between(1, 1_000, 'Agents at once').describe('Agents at once, of all projects'),
  dayBudgetCents: between(1, 1_000_000, 'The cents of a day')
    .nullable()
    .describe('What all agents together may cost on one day (UTC), in US cents. null: no limit'),
  weekBudgetCents: between(1, 10_000_000, 'The cents of a week')
    .nullable()
    .describe('The same in one week, from Monday (UTC)'),
  monthBudgetCents: between(1, 100_000_000, 'The cents of a month')
    .nullable()
    .describe('The same in one month (UTC)'),
  promptTokens: between(8_000, 200_000, 'Tokens of a prompt').describe(
    'What the chat model is told with each message at most, in tokens: rules, memory and the newest words',
  ),
  timeZone: z
    .string()
    .min(1)
    .max(100)
    .refine(isTimeZone, 'There is no such time zone.')
    .nullable()
    .describe(
      'Where your days begin and end, for the memory of the conversation. null: that of the quiet hours, else UTC',
    ),
  insights: Standing('The notes').describe(
    'What each agent of all projects should know, told to every one at its start. Empty: nothing is told',
  ),
  campfireAt: TimeOfDay.nullable().describe(
    'When what a day taught is gathered into one item, by the clock of `timeZone`. null: never',
  ),
  cycleMinutes: between(1, 60, 'The minutes of the cycle').describe(
    'How often mainloop looks after everything that goes on, in minutes',
  ),
  notifyKinds: z.array(z.enum(ITEM_KINDS)).describe('Which kinds of items a device is told of'),
  quietHours: z
    .object({
      from: TimeOfDay,
      to: TimeOfDay,
      timeZone: z.string().min(1).max(100).refine(isTimeZone, 'There is no such time zone.'),
    })
    .nullable()
    .describe(
      'No notification between these times of the day, in that time zone; what still waits comes after',
    ),
  ...GUARDRAILS,
});

/** Some guardrails: those that are set. */
export const GuardrailSettings = z.strictObject(GUARDRAILS).partial().meta({ id: 'GuardrailSettings' });
/** A change of a project's settings: the fields that are set. */
export const ProjectSettings = PROJECT.extend({ model: TypedModel, secondLookModel: TypedModel.nullable() })
  .partial()
  .meta({ id: 'ProjectSettings' });
export type ProjectSettings = z.infer<typeof ProjectSettings>;
/** A change of the owner's settings. */
export const Settings = OWN.extend({ chatModel: TypedModel }).partial().meta({ id: 'Settings' });
export type Settings = z.infer<typeof Settings>;

export type ResolvedProjectSettings = Readonly<z.infer<typeof PROJECT>> & {
  readonly unreadable: readonly string[];
};
/** All settings of the owner, as they count. */
export const OwnerSettings = z.object({ ...OWN.shape, unreadable: Unreadable }).meta({ id: 'OwnerSettings' });
export type OwnerSettings = z.infer<typeof OwnerSettings>;

/** What counts where nothing was set. No other place says it again. */
export const PROJECT_DEFAULTS: Readonly<z.infer<typeof PROJECT>> = {
  model: 'claude-opus-5-5',
  budgetCents: 500,
  dayBudgetCents: null,
  weekBudgetCents: null,
  monthBudgetCents: null,
  maxRuns: 4,
  dispatch: 'parallel',
  maxMinutes: 60,
  setupCommand: null,
  findSetup: true,
  verifyCommand: null,
  folder: '',
  permissions: 'sandbox',
  allowRules: [],
  egress: 'registries',
  reviewRounds: 3,
  secondLook: false,
  secondLookModel: null,
  skipPlan: false,
  character: '',
  insights: '',
  ...NO_GUARDRAILS,
};
export const OWN_DEFAULTS: Readonly<z.infer<typeof OWN>> = {
  chatModel: 'claude-sonnet-5-5',
  maxRuns: 4,
  dayBudgetCents: null,
  weekBudgetCents: null,
  monthBudgetCents: null,
  promptTokens: PROMPT_TOKENS,
  timeZone: null,
  insights: '',
  campfireAt: '18:00',
  cycleMinutes: 5,
  notifyKinds: [...ITEM_KINDS],
  quietHours: null,
  ...NO_GUARDRAILS,
  // What was pushed is out: such a secret has to be made anew.
  secrets: 'ask',
};
/** How long a proposal waits for a yes or no, in minutes. */
export const PROPOSAL_MINUTES = 24 * 60;

/** What stands in for a field that can't be read: the least of what it may allow. */
export const STRICTEST = {
  model: OWN_DEFAULTS.chatModel,
  budgetCents: 1,
  dayBudgetCents: 1,
  weekBudgetCents: 1,
  monthBudgetCents: 1,
  maxRuns: 1,
  dispatch: 'serial',
  maxMinutes: 1,
  setupCommand: null,
  findSetup: false,
  verifyCommand: null,
  folder: '',
  permissions: 'ask',
  allowRules: [],
  egress: 'none',
  reviewRounds: 1,
  secondLook: true,
  secondLookModel: null,
  skipPlan: false,
  character: '',
  insights: '',
  ...EVERY_GUARDRAIL,
} satisfies z.infer<typeof PROJECT>;

const STRICTEST_OWN = {
  ...OWN_DEFAULTS,
  maxRuns: 1,
  dayBudgetCents: 1,
  weekBudgetCents: 1,
  monthBudgetCents: 1,
  ...EVERY_GUARDRAIL,
} satisfies z.infer<typeof OWN>;

interface Readable {
  safeParse(value: unknown): { readonly success: boolean; readonly data?: unknown };
}

/**
 * @param raw what the database holds; undefined where it holds nothing
 * @param shape a reader for each field
 * @returns the fields that were set and could be read; the strictest value of each that could not, and its name
 */
function fieldByField<T extends object>(
  raw: unknown,
  shape: Readonly<Record<string, Readable>>,
  strictest: Readonly<Record<string, unknown>>,
): { set: T; unreadable: string[] } {
  if (raw === undefined) return { set: {} as T, unreadable: [] };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return { set: { ...strictest } as T, unreadable: Object.keys(shape) };
  const set: [string, unknown][] = [];
  const unreadable: string[] = [];
  for (const [field, reader] of Object.entries(shape)) {
    if (!Object.hasOwn(raw, field)) continue;
    const result = reader.safeParse(own(raw as Record<string, unknown>, field));
    if (!result.success) unreadable.push(field);
    set.push([field, result.success ? result.data : own(strictest, field)]);
  }
  return { set: Object.fromEntries(set) as T, unreadable };
}

/**
 * A project's settings with the defaults of what is not set.
 * @param raw as the row has them
 * @returns fields that can't be read are named in `unreadable` and hold their strictest value
 */
export function resolveProjectSettings(raw: unknown): ResolvedProjectSettings {
  const { set, unreadable } = fieldByField<ProjectSettings>(raw, PROJECT.shape, STRICTEST);
  const settings = { ...PROJECT_DEFAULTS, ...set };
  // A command of spaces is none.
  return {
    ...settings,
    setupCommand: settings.setupCommand?.trim() || null,
    verifyCommand: settings.verifyCommand?.trim() || null,
    unreadable,
  };
}

/**
 * The same for the settings of a user.
 * @param raw as the row has them
 * @returns `unreadable` names the fields that can't be read
 */
export function resolveSettings(raw: unknown): OwnerSettings {
  const { set, unreadable } = fieldByField<Settings>(raw, OWN.shape, STRICTEST_OWN);
  return { ...OWN_DEFAULTS, ...set, unreadable };
}

/** @returns the time zone in which the person's days begin and end */
export const zoneOf = (settings: Pick<OwnerSettings, 'timeZone' | 'quietHours'>): string =>
  settings.timeZone ?? settings.quietHours?.timeZone ?? 'UTC';

const WORDS: Readonly<Record<string, string>> = {
  model: 'the model',
  chatModel: 'the chat model',
  budgetCents: 'dollars a task',
  dayBudgetCents: 'dollars a day',
  weekBudgetCents: 'dollars a week',
  monthBudgetCents: 'dollars a month',
  maxRuns: 'agents at once',
  dispatch: 'whether tasks come one at a time',
  maxMinutes: 'minutes a run',
  setupCommand: 'the set-up command',
  findSetup: 'whether set-up is found',
  verifyCommand: 'the verify command',
  permissions: 'whether agents ask',
  allowRules: 'what is allowed without asking',
  egress: 'what the sandbox may reach',
  reviewRounds: 'rounds of a review',
  secondLook: 'whether there is a second look',
  secondLookModel: 'the model of the second look',
  skipPlan: 'whether plans are skipped',
  character: 'the character of agents',
  insights: 'the notes for agents',
  promptTokens: 'tokens of a prompt',
  timeZone: 'the time zone',
  notifyKinds: 'what devices are told of',
  quietHours: 'quiet hours',
  neverPaths: 'paths that may not change',
  askPaths: 'paths that change with a yes',
  changeFiles: 'files in one change',
  changeLines: 'lines of one change',
  overSize: 'what becomes of a larger change',
  secrets: 'what becomes of secrets in a change',
};

/** @returns null when every field could be read */
export function unreadableWords(fields: readonly string[], of: string): string | null {
  if (fields.length === 0) return null;
  return `These settings of ${of} can't be read, so the strictest values count for them: ${fields.map((f) => own(WORDS, f) ?? f).join(', ')}. Set them again.`;
}
