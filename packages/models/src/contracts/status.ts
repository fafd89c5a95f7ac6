// Whether all is well.
import { z } from 'zod';

export const Health = z
  .object({ ok: z.literal(true), demo: z.boolean().describe('Whether the demo model answers') })
  .meta({ id: 'Health' });

export const Check = z
  .object({
    name: z.string(),
    ok: z.boolean(),
    says: z.string().describe('What was found and, when it is not well, what to do'),
  })
  .meta({ id: 'Check' });
export type Check = z.infer<typeof Check>;
