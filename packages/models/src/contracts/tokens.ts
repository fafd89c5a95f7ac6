// Tokens with which programs use the api.
import { z } from 'zod';
import { SCOPES } from '../flow/machine/scopes.ts';
import { Id, Time } from './fields.ts';

const ScopeOfToken = z
  .enum(SCOPES, `A scope is one of ${SCOPES.join(', ')}.`)
  .describe('What it may do; each may do what those before it may');

export const Token = z
  .object({
    id: Id,
    name: z.string(),
    scope: ScopeOfToken,
    createdAt: Time,
    expiresAt: Time.describe('From then on it opens nothing'),
    usedAt: Time.nullable().describe('When it was shown last, to a minute'),
  })
  .meta({ id: 'Token' });
export type Token = z.infer<typeof Token>;

export const NewToken = z
  .object({
    name: z
      .string()
      .trim()
      .min(1, 'Say what the token is for.')
      .max(100, 'A name has at most 100 characters.'),
    scope: ScopeOfToken,
    days: z
      .int('Days should be a whole number.')
      .min(1, 'A token lasts a day at least.')
      .max(366, 'A token lasts a year at most.')
      .default(90)
      .describe('How long it lasts'),
  })
  .meta({ id: 'NewToken' });

export const MadeToken = z
  .object({ id: Id, token: z.string().describe('Shown this once; only its hash is kept'), expiresAt: Time })
  .meta({ id: 'MadeToken' });
