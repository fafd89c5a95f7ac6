// Tokens with which programs use the api. What is kept of one is its hash.
import { createHash, randomBytes } from 'node:crypto';
import type { Token } from '../../contracts/tokens.ts';
import { TOKEN_PREFIX, type Scope } from '../../flow/machine/scopes.ts';
import { freshId } from '../log.ts';
import type { Queryable } from '../pool.ts';
import { now, nowAnd, row, rows, run, tables } from '../rows.ts';

const DAY_MS = 24 * 3_600_000;
const USED_AGAIN_MS = 60_000;
/** So long whoever took one back may have it back. */
const UNDO_MS = 60_000;
/** 256 bits. */
const BYTES = 32;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Makes a token.
 * @param days how long it lasts
 * @returns the token itself, which nobody can read again
 */
export async function createToken(
  database: Queryable,
  ownerId: string,
  { name, scope, days }: { readonly name: string; readonly scope: Scope; readonly days: number },
): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: Date }> {
  const id = `tk-${freshId()}`;
  await forgetRevoked(database);
  const token = `${TOKEN_PREFIX}${randomBytes(BYTES).toString('base64url')}`;
  const made = await row(
    database,
    tables
      .insertInto('api_tokens')
      .values({ id, owner_id: ownerId, name, scope, hash: hashOf(token), expires_at: nowAnd(days * DAY_MS) })
      .returning('expires_at as expiresAt'),
  );
  return { id, token, expiresAt: made!.expiresAt };
}

/** @returns those of an owner, also those that have run out, the newest first */
export const listTokens = (database: Queryable, ownerId: string): Promise<Token[]> =>
  rows(
    database,
    tables
      .selectFrom('api_tokens')
      .select([
        'id',
        'name',
        'scope',
        'created_at as createdAt',
        'expires_at as expiresAt',
        'used_at as usedAt',
      ])
      .where('owner_id', '=', ownerId)
      .where('revoked_at', 'is', null)
      .orderBy('created_at', 'desc')
      .orderBy('id'),
  );

/** Takes a token back, at once: it opens nothing from now on. @returns whether there was one */
export async function revokeToken(database: Queryable, ownerId: string, id: string): Promise<boolean> {
  await forgetRevoked(database);
  return hasChanged(
    database,
    tables
      .updateTable('api_tokens')
      .set({ revoked_at: now })
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .where('revoked_at', 'is', null),
  );
}

/** Undoes it, within a minute. @returns whether it opens again what it did */
export const restoreToken = (database: Queryable, ownerId: string, id: string): Promise<boolean> =>
  hasChanged(
    database,
    tables
      .updateTable('api_tokens')
      .set({ revoked_at: null })
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .where('revoked_at', '>', nowAnd(-UNDO_MS)),
  );

const hasChanged = async (database: Queryable, change: Parameters<typeof run>[1]): Promise<boolean> =>
  (await run(database, change)) > 0;

/** Of those that nobody may have back any more not even the hash is kept. */
const forgetRevoked = (database: Queryable): Promise<unknown> =>
  run(database, tables.deleteFrom('api_tokens').where('revoked_at', '<=', nowAnd(-UNDO_MS)));

/**
 * Looks a token up that somebody shows, and notes that it was used.
 * @returns what it may do and how it is called; `expired` when its time is over, null when there is none like it
 */
export async function findScope(
  database: Queryable,
  token: string,
): Promise<{ readonly scope: Scope; readonly name: string } | 'expired' | null> {
  const found = await row(
    database,
    tables
      .selectFrom('api_tokens')
      .select(['id', 'name', 'scope', (eb) => eb('expires_at', '<=', now).as('isOver')])
      .where('hash', '=', hashOf(token))
      .where('revoked_at', 'is', null),
  );
  if (found === null) return null;
  if (found.isOver) return 'expired';
  await run(
    database,
    tables
      .updateTable('api_tokens')
      .set({ used_at: now })
      .where('id', '=', found.id)
      .where((eb) => eb.or([eb('used_at', 'is', null), eb('used_at', '<', nowAnd(-USED_AGAIN_MS))])),
  );
  return { scope: found.scope, name: found.name };
}
