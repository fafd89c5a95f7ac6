// The live stream (Server-Sent Events): `event` carries an Event, and these are the other two. They are hints
// and are not sent again.
import { z } from 'zod';
import { Id } from './fields.ts';

export const Delta = z
  .object({
    turnId: Id,
    from: z.int().describe('Characters: where in the draft of the reply this begins'),
    text: z.string(),
  })
  .meta({ id: 'Delta' });
export type Delta = z.infer<typeof Delta>;

export const OutputHint = z
  .object({ runId: Id, end: z.int().describe('Bytes: how long its output is by now') })
  .meta({ id: 'OutputHint' });
export type OutputHint = z.infer<typeof OutputHint>;
