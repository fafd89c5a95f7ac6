// What model calls cost.
import { z } from 'zod';
import { defineEvent } from './define.ts';

export const costMetered = defineEvent({
  type: 'cost.metered',
  version: 1,
  says: 'A model call was paid for.',
  about: 'either',
  writtenBy: ['gateway'],
  payload: z.object({
    runId: z.string().nullable().describe('null for a call of the chat'),
    model: z.string(),
    microusd: z.number().describe('millionths of a dollar'),
    inputTokens: z.number(),
    outputTokens: z.number(),
  }),
  keys: { new: 'cost/{callId}' },
});
