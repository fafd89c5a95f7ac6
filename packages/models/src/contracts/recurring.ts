// Skills that come by themselves, on a plan as cron writes it.
import { z } from 'zod';
import { OUTCOMES } from '../flow/conversation/recurring.ts';
import { SKILL_NAME } from '../flow/conversation/skills.ts';
import { Cents, Id, Repo, Time } from './fields.ts';

const Cron = z.string().min(1).max(100).describe('Five fields, as `30 9 * * 1-5`');
const Zone = z.string().min(1).max(60).describe('Of IANA, as `Europe/Berlin`');

export const SaveRecurring = z
  .object({
    id: Id.nullable().default(null).describe('Of the plan that is changed. null: a new one'),
    skill: z.string().regex(SKILL_NAME, 'A skill is called by small letters, digits and -.'),
    given: z.record(z.string().max(40), z.string().max(20_000)).default({}).describe('Values by name'),
    projectId: Id.nullable().default(null).describe("Instead of the skill's own"),
    cron: Cron,
    zone: Zone.nullable().default(null).describe("null: the person's own"),
    startCents: Cents.min(1)
      .max(100_000)
      .nullable()
      .default(null)
      .describe('It starts without a tap, and may cost so much each time. null: it is proposed'),
  })
  .meta({ id: 'SaveRecurring' });
export type SaveRecurring = z.output<typeof SaveRecurring>;

export const Recurring = z
  .object({
    id: Id,
    skill: z.string(),
    given: z.record(z.string(), z.string()),
    projectId: Id.nullable(),
    project: Repo.nullable(),
    cron: z.string(),
    zone: z.string(),
    startCents: Cents.nullable(),
    paused: z.boolean(),
    alarm: z.string().describe('What did not happen, until the person has read it; empty otherwise'),
    next: z.array(Time).describe('The next five times; none while it is paused'),
    came: z
      .array(
        z.object({
          dueAt: Time,
          cameAt: Time,
          outcome: z.enum(OUTCOMES),
          sentence: z.string().describe('Why it was refused'),
          proposal: z.enum(['open', 'confirmed', 'declined', 'expired']).nullable(),
          taskId: Id.nullable(),
          startedAt: Time.nullable(),
          finishedAt: Time.nullable(),
        }),
      )
      .describe('The last five, newest first'),
  })
  .meta({ id: 'Recurring' });
export type Recurring = z.output<typeof Recurring>;

export const SavedRecurring = z
  .object({ id: Id, next: z.array(Time).describe('The next five times') })
  .meta({ id: 'SavedRecurring' });
export const PauseRecurring = z.object({ paused: z.boolean() }).meta({ id: 'PauseRecurring' });
