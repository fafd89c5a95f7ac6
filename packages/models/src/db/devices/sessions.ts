// Devices that are signed in, and the owner they are of. The rows are better-auth's; it makes them and checks them.
import type { Queryable } from '../pool.ts';
import { hasRow, now, row, rows, run, tables } from '../rows.ts';

/** @returns the user that was there first; null before anybody has signed in */
export const findFirstUser = async (database: Queryable): Promise<string | null> =>
  (await row(database, tables.selectFrom('auth_users').select('id').orderBy('created_at').limit(1)))?.id ??
  null;

/**
 * Whether anybody has ever signed in.
 * @returns false before the first sign-in
 */
export const hasUsers = (database: Queryable): Promise<boolean> =>
  hasRow(database, tables.selectFrom('auth_users').select('id').limit(1));

export interface SessionRow {
  readonly id: string;
  /** What its cookie carries: it stays in the process. */
  readonly token: string;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * Sign-ins that have not run out, the one used last first, a hundred at most.
 * @returns without their tokens
 */
export const listSessions = (database: Queryable): Promise<SessionRow[]> =>
  rows(
    database,
    tables
      .selectFrom('auth_sessions')
      .select([
        'id',
        'token',
        'user_agent as userAgent',
        'created_at as createdAt',
        'updated_at as updatedAt',
      ])
      .where('expires_at', '>', now)
      .orderBy('updated_at', 'desc')
      .limit(100),
  );

/** Signs a device out. @returns whether there was such a sign-in */
export const deleteSession = async (database: Queryable, id: string): Promise<boolean> =>
  (await run(database, tables.deleteFrom('auth_sessions').where('id', '=', id))) > 0;
