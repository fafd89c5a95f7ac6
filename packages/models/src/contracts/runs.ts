// Runs of agents, and what they print.
import { z } from 'zod';
import { PHASES } from '../flow/states.ts';
import { Id, Microusd, Time } from './fields.ts';
import { Outcome } from './runner.ts';

export const Run = z
  .object({
    id: Id,
    phase: z.enum(PHASES),
    n: z.int().describe('Its number in the task, from 1'),
    state: z.enum(['queued', 'starting', 'running', 'ended']),
    epoch: z.int().describe('How often it was started; what an older start says counts for nothing'),
    outcome: Outcome.nullable(),
    costMicrousd: Microusd,
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof Run>;

export const Output = z
  .object({
    from: z.int().describe('Bytes: where this begins'),
    next: z.int().describe('Bytes: where to go on'),
    text: z.string().describe('JSON lines as the agent printed them; the last one may be cut'),
  })
  .meta({ id: 'Output' });
