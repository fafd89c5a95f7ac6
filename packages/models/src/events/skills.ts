// Prompts that are saved under a name.
import { z } from 'zod';
import { PARAMETER_KINDS } from '../flow/conversation/skills.ts';
import { defineEvent } from './define.ts';

export const skillSaved = defineEvent({
  type: 'skill.saved',
  version: 1,
  says: 'The person saved a prompt under a name, or changed one; it does nothing before it is called.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({
    id: z.string(),
    name: z.string().describe('as it is called: `/name`'),
    prompt: z.string(),
    parameters: z
      .array(
        z.object({
          name: z.string(),
          kind: z.enum(PARAMETER_KINDS),
          choices: z.array(z.string()).readonly().optional().describe('of a choice'),
          fallback: z.string().optional().describe('counts where nothing is given'),
        }),
      )
      .readonly(),
    projectId: z.string().nullable().describe('null: the call says where'),
    model: z.string().nullable().describe('null: as the project has it'),
    budgetCents: z.number().nullable().describe('null: as the project has it'),
    skipPlan: z.boolean(),
  }),
  keys: { new: null },
});

export const skillRemoved = defineEvent({
  type: 'skill.removed',
  version: 1,
  says: 'The person removed a saved prompt. What it proposed stays.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ id: z.string() }),
  keys: { new: null },
});
