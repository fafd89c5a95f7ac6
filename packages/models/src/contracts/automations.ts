// Automations: WHEN something happens that is like this, THEN do that. The same schema for a file and for the app.
import { z } from 'zod';
import {
  AUTOMATION_NAME,
  FIRING_STATES,
  SPAN,
  type Action,
  type Condition,
  type Rule,
} from '../flow/automations/rule.ts';
import { FILE_STATES } from '../flow/automations/repository-rule.ts';
import { SKILL_NAME } from '../flow/conversation/skills.ts';
import { Id, Time } from './fields.ts';

const Field = z.string('A field is called by its name.').min(1).max(80);
const Value = z.union(
  [z.string().max(1_000), z.number(), z.boolean(), z.null()],
  'A value is a text, a number, true, false or null.',
);
const Text = z.string('A text is wanted here.').max(2_000);
/** GitHub takes no longer one. */
const Label = z
  .string('Say which label.')
  .min(1, 'Say which label.')
  .max(50, 'A label has 50 characters at most.');
const Span = z
  .string('A time is written as 90m, 12h or 3d.')
  .regex(SPAN, 'A time is written as 90m, 12h or 3d.');
const oneOf =
  'A condition has a field and one of equals, in, glob, regex and olderThan, or it is all, any or not.';

const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union(
    [
      z.strictObject({ all: z.array(Condition).min(1).max(50) }),
      z.strictObject({ any: z.array(Condition).min(1).max(50) }),
      z.strictObject({ not: Condition }),
      z.strictObject({ field: Field, equals: Value }),
      z.strictObject({ field: Field, in: z.array(Value).min(1).max(100) }),
      z.strictObject({ field: Field, glob: z.string().min(1).max(200) }),
      z.strictObject({ field: Field, regex: z.string().min(1).max(500) }),
      z.strictObject({ field: Field, olderThan: Span }),
    ],
    oneOf,
  ),
);

const Action: z.ZodType<Action> = z.discriminatedUnion(
  'do',
  [
    z.strictObject({ do: z.literal('notify'), title: Text.min(1).max(200), body: Text.default('') }),
    z.strictObject({
      do: z.literal('skill'),
      skill: z
        .string('Say which skill.')
        .regex(SKILL_NAME, 'A skill is called by small letters, digits and -.'),
      given: z.record(z.string().max(40), Text).default({}),
      project: z.string().min(3).max(200).nullable().default(null),
      startCents: z.int('startCents is a number of cents.').min(1).max(100_000).nullable().default(null),
    }),
    z.strictObject({ do: z.literal('message'), text: Text.min(1) }),
    z.strictObject({ do: z.literal('wake'), text: Text.min(1) }),
    z.strictObject({ do: z.literal('comment'), text: Text.min(1) }),
    z.strictObject({ do: z.literal('label'), label: Label }),
    z.strictObject({ do: z.literal('unlabel'), label: Label }),
    z.strictObject({
      do: z.literal('webhook'),
      url: z.string('A webhook has a url.').max(2_000),
      text: Text.default(''),
    }),
  ],
  'do is one of notify, skill, message, wake, comment, label, unlabel and webhook.',
);

const Types = z.union(
  [
    z.string().transform((type) => [type]),
    z.array(z.string()).min(1, 'Say when: the event that it waits for.').max(30),
  ],
  'Say when: the event that it waits for, as ci.verdict.',
);

export const RuleFile: z.ZodType<Rule> = z.strictObject(
  {
    name: z
      .string('It needs a name.')
      .regex(AUTOMATION_NAME, 'It is called by small letters, digits and -, like tell-red.'),
    when: Types,
    where: Condition.nullable().default(null),
    per: Field.nullable().default(null),
    count: z
      .strictObject(
        { times: z.int('times is a number.').min(2, 'Counting begins at 2.').max(1_000), within: Span },
        'count has times and within.',
      )
      .nullable()
      .default(null),
    cooldown: Span.nullable().default(null),
    perDay: z.int('perDay is a number.').min(1).max(500).default(20),
    actions: z
      .array(Action, 'Say what it does: a list of actions.')
      .min(1, 'Say what it does: a list of actions.')
      .max(10),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `A rule has no ${issue.keys.join(', ').slice(0, 60)}.`
        : 'A rule has a name, when and actions.',
  },
);

const RuleText = z.string().min(1, 'Say when, and what it does.').max(20_000).describe('YAML, or JSON');
export const SaveAutomation = z.object({ text: RuleText }).meta({ id: 'SaveAutomation' });
export const SavedAutomation = z
  .object({ id: Id, sentence: z.string().describe('The rule as it reads') })
  .meta({ id: 'SavedAutomation' });
export const PauseAutomation = z.object({ paused: z.boolean() }).meta({ id: 'PauseAutomation' });

const Seq = z.int().min(1).describe('The number of an event in the log');

export const Automation = z
  .object({
    id: Id,
    name: z.string(),
    text: z.string().describe('YAML, which is read as this rule'),
    sentence: z.string().describe('The rule as it reads'),
    version: z.int().describe('One more with each change'),
    paused: z.boolean(),
    problem: z.string().describe('Why it was paused by itself; empty otherwise'),
    came: z
      .array(
        z.object({
          seq: Seq,
          at: Time,
          dueAt: Time.describe('Later where that many came in a day already'),
          state: z.enum(FIRING_STATES),
          says: z.string().describe('Of a failure'),
        }),
      )
      .describe('The last five, newest first'),
  })
  .meta({ id: 'Automation' });
export type Automation = z.output<typeof Automation>;

export const AutomationFile = z
  .object({
    project: z.string().describe('owner/name'),
    path: z.string().describe('In its repository, on the default branch'),
    digest: z.string().describe('Of what would be approved; another one with each change'),
    state: z
      .enum(FILE_STATES)
      .describe('`changed`: an earlier one was approved and goes on; `wrong`: it is no rule'),
    problem: z.string().describe('Why it is no rule; empty otherwise'),
    name: z.string(),
    sentence: z.string().describe('The rule as it reads; empty where it is none'),
    text: z.string().describe('The rule as YAML, kept to its project'),
    automationId: Id.nullable().describe('What it was approved as'),
  })
  .meta({ id: 'AutomationFile' });
export type AutomationFile = z.output<typeof AutomationFile>;
export const ApproveAutomation = z
  .object({
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('Of exactly what was looked at'),
  })
  .meta({ id: 'ApproveAutomation' });

export const TryAutomation = z
  .object({ text: RuleText, days: z.int().min(1).max(90).default(7) })
  .meta({ id: 'TryAutomation' });
export const DryRun = z
  .object({
    sentence: z.string().describe('The rule as it reads'),
    looked: z.int().describe('Events that it was held against'),
    isWhole: z.boolean().describe('No when there were more events than are looked at'),
    times: z.int().describe('How often it would have come'),
    came: z
      .array(z.object({ seq: Seq, type: z.string(), task: z.string().nullable(), at: Time, dueAt: Time }))
      .describe('The last hundred, oldest first'),
  })
  .meta({ id: 'DryRun' });
export type DryRun = z.output<typeof DryRun>;

export const AskWhy = z.object({ seq: Seq }).meta({ id: 'AskWhy' });
export const WhyAutomation = z
  .object({
    came: z.boolean(),
    says: z.string(),
    lines: z.array(z.string()).describe('Each condition: whether it held, and what the event said'),
  })
  .meta({ id: 'WhyAutomation' });
export type WhyAutomation = z.output<typeof WhyAutomation>;
