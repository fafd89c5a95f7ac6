// The one switch over all work.
import { z } from 'zod';
import { VIAS } from '../flow/events.ts';
import { Time } from './fields.ts';

export const PauseAll = z
  .object({ via: z.enum(VIAS).default('app').describe('Where it was done') })
  .meta({ id: 'PauseAll' });

export const Paused = z
  .object({
    since: Time.nullable().describe('When everything was paused. null: it is not'),
    via: z.enum(VIAS).nullable().describe('Where it was paused'),
    agents: z.int().describe('Agents that work; while everything is paused, those that are being stopped'),
    queued: z.int().describe('Tasks whose agent waits for its turn'),
  })
  .meta({ id: 'Paused' });
export type Paused = z.infer<typeof Paused>;
