// The cycle.
import { z } from 'zod';
import { CYCLE_PHASES, CYCLE_REASONS } from '../flow/cycle/cycle.ts';
import { defineEvent } from './define.ts';

/** What a phase of a cycle did. */
export const phaseReport = z.object({
  phase: z.enum(CYCLE_PHASES),
  ms: z.number().describe('how long it took'),
  did: z.record(z.string(), z.number()).readonly().describe('how often, by what'),
  trouble: z.string().describe('why it failed, in a sentence; empty when it did not'),
});

export const cycleAsked = defineEvent({
  type: 'cycle.asked',
  version: 1,
  says: 'The person wants the next cycle now.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({}),
  keys: { new: null },
});

export const cycleEnded = defineEvent({
  type: 'cycle.ended',
  version: 1,
  says: 'A cycle that had something to tell has ended. One that had not leaves no event; the next that had counts them.',
  about: 'owner',
  writtenBy: ['worker'],
  payload: z.object({
    id: z.string(),
    startedAt: z.string().describe('ISO 8601'),
    reason: z.enum(CYCLE_REASONS).describe('why it came'),
    missed: z.number().describe('how many did not come before it; it stands for them'),
    quietBefore: z.number().describe('how many had nothing to tell since the last that had'),
    phases: z.array(phaseReport).readonly(),
    said: z.array(z.string()).readonly().describe('what happened in its time, in sentences'),
  }),
  keys: { new: 'cycle/{id}' },
});
