// What a refused request is answered with.
import { z } from 'zod';
import { REFUSALS, type RefusalCode } from '../flow/refusals.ts';

export const Problem = z
  .object({
    error: z.string().describe('One sentence for a person: what happened and what to do'),
    code: z.enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]]).describe('The same for a program'),
    message: z
      .string()
      .optional()
      .describe('The sentence again, from the listener alone: what reads `message` finds it too'),
  })
  .meta({ id: 'Problem' });
