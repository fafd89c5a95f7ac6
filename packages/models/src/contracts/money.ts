// Limits of money, and what was spent of them.
import { z } from 'zod';
import { Id } from './fields.ts';

const Period = <T extends z.ZodType>(of: T) => z.object({ day: of, week: of, month: of });

export const MoneyLimit = z
  .object({
    projectId: Id.nullable().describe('null: of all agents and the chat together'),
    of: z.string().describe('The name of the project, or `all agents`'),
    limits: Period(z.int().nullable()).describe(
      'US cents in a day, a week from Monday and a month (UTC). null: no limit',
    ),
    spent: Period(z.int()).describe('Millionths of a dollar, in the day, week and month that run'),
  })
  .meta({ id: 'MoneyLimit' });
