// Devices that are signed in, and the owner they are of. The rows are better-auth's; it makes them and checks them.
import { many, one, type Queryable } from '../pool.ts';

/** @returns the user that was there first; null before anybody has signed in */
export const findFirstUser = async (q: Queryable): Promise<string | null> =>
  (await one<{ id: string }>(q, 'select id from auth_users order by created_at limit 1'))?.id ?? null;

/** Whether anybody has ever signed in. */
export const hasUsers = async (q: Queryable): Promise<boolean> => (await one(q, 'select 1 from auth_users limit 1')) !== null;

export interface SessionRow {
  readonly id: string;
  /** What its cookie carries: it stays in the process. */
  readonly token: string;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Sign-ins that have not run out, the one used last first, a hundred at most. */
export const listSessions = (q: Queryable): Promise<SessionRow[]> =>
  many(
    q,
    `select id, token, user_agent as "userAgent", created_at as "createdAt", updated_at as "updatedAt"
       from auth_sessions where expires_at > now() order by updated_at desc limit 100`,
  );

/** Signs a device out. @returns whether there was such a sign-in */
export const deleteSession = async (q: Queryable, id: string): Promise<boolean> =>
  ((await q.query('delete from auth_sessions where id = $1', [id])).rowCount ?? 0) > 0;
