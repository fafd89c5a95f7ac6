// The cycle: what looks after everything that goes on, and what it did in the last day.
import { z } from 'zod';
import { CYCLE_PHASES, CYCLE_REASONS } from '../flow/cycle/cycle.ts';
import { Time } from './fields.ts';

export const Cycle = z
  .object({
    everyMinutes: z.int().describe('How often it comes'),
    lastAt: Time.nullable().describe('When the newest ended. null: none has yet'),
    isLate: z.boolean().describe('One should have ended by now and did not'),
    quiet: z.int().describe('How many had nothing to tell since the last that had'),
    cycles: z
      .array(
        z.object({
          id: z.string(),
          startedAt: Time,
          endedAt: Time,
          reason: z
            .enum(CYCLE_REASONS)
            .describe(
              'Why it came: `clock`; `news`, which does not wait for the clock; `asked`; `missed`, it makes up for others',
            ),
          missed: z.int().describe('How many did not come before it'),
          quietBefore: z.int().describe('How many had nothing to tell since the one before'),
          phases: z.array(
            z.object({
              phase: z.enum(CYCLE_PHASES),
              ms: z.number(),
              did: z.record(z.string(), z.number()).readonly().describe('How often, by what'),
              trouble: z.string().describe('Why it failed; empty when it did not'),
            }),
          ),
          said: z.array(z.string()).describe('What happened in its time, in sentences'),
        }),
      )
      .describe('Those of the last day that had something to tell, newest first'),
  })
  .meta({ id: 'Cycle' });
export type Cycle = z.output<typeof Cycle>;
