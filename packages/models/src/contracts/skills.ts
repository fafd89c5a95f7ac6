// Saved prompts with parameters.
import { z } from 'zod';
import { PARAMETER_KINDS, PARAMETER_NAME, SKILL_NAME } from '../flow/conversation/skills.ts';
import { Cents, Id, Repo } from './fields.ts';
import { TypedModel } from './settings.ts';

const Parameter = z.object({
  name: z.string().regex(PARAMETER_NAME, 'A parameter is called by a word, like branch.'),
  kind: z.enum(PARAMETER_KINDS),
  choices: z.array(z.string().min(1).max(200)).max(50).readonly().optional().describe('Of a choice'),
  fallback: z.string().max(2_000).optional().describe('Counts where nothing is given'),
});

export const SaveSkill = z
  .object({
    name: z
      .string()
      .regex(SKILL_NAME, 'A skill is called by small letters, digits and -, like fix-lint.')
      .describe('As it is called: `/name`'),
    prompt: z
      .string()
      .min(1, 'Say what it should do.')
      .max(20_000)
      .describe('With a place for each parameter: `{{name}}`'),
    parameters: z.array(Parameter).max(20).default([]),
    projectId: Id.nullable().default(null).describe('Where it works. null: the call says'),
    model: TypedModel.nullable().default(null).describe('null: as the project has it'),
    budgetCents: Cents.min(1).max(100_000).nullable().default(null).describe('null: as the project has it'),
    skipPlan: z.boolean().default(false),
  })
  .meta({ id: 'SaveSkill' });
export type SaveSkill = z.output<typeof SaveSkill>;

export const Skill = z
  .object({
    id: Id,
    name: z.string(),
    prompt: z.string(),
    parameters: z.array(Parameter).readonly(),
    projectId: Id.nullable(),
    project: Repo.nullable(),
    model: z.string().nullable(),
    budgetCents: Cents.nullable(),
    skipPlan: z.boolean(),
  })
  .meta({ id: 'Skill' });
export type Skill = z.infer<typeof Skill>;

export const SavedSkill = z.object({ id: Id }).meta({ id: 'SavedSkill' });

export const RunSkill = z
  .object({
    given: z
      .union([z.record(z.string(), z.string().max(20_000)), z.string().max(20_000)])
      .default({})
      .describe('Values by name, or as they would be typed behind `/name`'),
    projectId: Id.nullable().default(null).describe("Instead of the skill's own"),
  })
  .meta({ id: 'RunSkill' });
