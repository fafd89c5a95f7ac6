// Fields that many answers have.
import { z } from 'zod';
import { MAX_BLOCKERS, PRIORITIES } from '../flow/runs/dispatch.ts';
import { isFolderBelow } from '../flow/projects/folders.ts';

/** Of anything of ours. */
export const Id = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[A-Za-z0-9/_.:-]+$/);

/** A moment: text on the wire, a Date in a program of ours. */
export const Time = z
  .codec(z.iso.datetime(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  })
  .describe('ISO 8601 in UTC');

export const Microusd = z.int().describe('Millionths of a US dollar');
export const Cents = z.int().describe('US cents');
export const Repo = z.string().describe('"owner/name" on the forge');

/** How urgent a task is. */
export const TaskPriority = z
  .enum(PRIORITIES, `A priority is one of ${PRIORITIES.join(', ')}.`)
  .describe('The more urgent gets the next slot; whoever has waited an hour counts as one step more urgent');
/** Tasks that have to end before an agent works on another. */
export const Blockers = z
  .array(Id)
  .max(MAX_BLOCKERS, `A task waits for at most ${MAX_BLOCKERS} others.`)
  .describe('Tasks, also of other projects, that have to end before an agent works on it');

/** Below the top of a repository, with `/`; never out of it. */
export const Folder = z
  .string('A folder is text.')
  .max(500, 'A folder has at most 500 characters.')
  .refine(isFolderBelow, 'A folder is a path inside of the repository, as packages/a.');

/** What is answered where there is nothing to say. */
export const Done = z.object({ ok: z.literal(true) }).meta({ id: 'Done' });
