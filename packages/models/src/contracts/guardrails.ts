// Guardrails over what was pushed before: what they would have stopped.
import { z } from 'zod';
import { Id, Time } from './fields.ts';
import { GuardrailSettings } from './settings.ts';

export const TryGuardrails = z
  .object({
    project: Id.optional().describe('Of this project alone'),
    last: z.int().min(1).max(200).default(50).describe('How many pushes, the newest first'),
    rules: GuardrailSettings.optional().describe('These and no others. Without it: what is set now'),
  })
  .meta({ id: 'TryGuardrails' });
export const TriedGuardrails = z
  .object({
    pushes: z.int().describe('How many were judged'),
    stopped: z.array(
      z.object({
        taskId: Id,
        title: z.string().describe('Of the task'),
        sha: z.string(),
        at: Time,
        verdict: z.enum(['ask', 'never']),
        sentence: z.string().describe('As its agent would have been told'),
      }),
    ),
    partly: z.int().describe('Of how many not all was kept, so that more may be in them'),
  })
  .meta({ id: 'TriedGuardrails' });
export type TriedGuardrails = z.infer<typeof TriedGuardrails>;
