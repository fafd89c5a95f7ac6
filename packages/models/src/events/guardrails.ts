// Guardrails: what they stopped, and what they let wait.
import { z } from 'zod';
import { defineEvent } from './define.ts';

export const guardrailHit = defineEvent({
  type: 'guardrail.hit',
  version: 1,
  says: 'A push met a guardrail: it was refused, or it waits for the person.',
  about: 'task',
  writtenBy: ['gateway'],
  payload: z.object({
    runId: z.string(),
    verdict: z.enum(['ask', 'never']).describe('`ask`: it waits for a yes; `never`: it does not pass'),
    hits: z
      .array(
        z.object({
          rule: z.enum(['path', 'files', 'lines', 'secret']),
          outcome: z.enum(['ask', 'never']),
          from: z.enum(['project', 'all']).describe('whose rule it is'),
          says: z.string().describe('the glob, the number, or the kind of secret'),
          what: z.string().describe('the path, the number, or where the secret is and how it begins'),
        }),
      )
      .describe('the first of them, the strictest before the others'),
    sentence: z.string().describe('as the agent was told'),
    itemId: z.string().optional().describe('the item that asks about it'),
  }),
  keys: { new: null, held: 'guardrail/{itemId}' },
});
