// Files that came with messages.
import type { AttachmentRef } from '../../flow/events.ts';
import { freshId } from '../log.ts';
import { many, one, type Queryable } from '../pool.ts';

/** @param data at most a few megabytes; whoever takes it in has looked at its size and kind */
export async function keepAttachment(q: Queryable, ownerId: string, a: { name: string; mime: string; data: Buffer }): Promise<AttachmentRef> {
  const id = `f-${freshId()}`;
  await q.query('insert into attachments (id, owner_id, name, mime, size, data) values ($1,$2,$3,$4,$5,$6)', [
    id,
    ownerId,
    a.name,
    a.mime,
    a.data.length,
    a.data,
  ]);
  return { id, name: a.name, mime: a.mime, size: a.data.length };
}

/** Those of the ids that there are, in the order asked for. */
export async function refsOf(q: Queryable, ownerId: string, ids: readonly string[]): Promise<AttachmentRef[]> {
  if (ids.length === 0) return [];
  const rows = await many<AttachmentRef & { mime: string }>(q, 'select id, name, mime, size from attachments where owner_id = $1 and id = any($2)', [
    ownerId,
    ids,
  ]);
  return ids.flatMap((id) => rows.find((r) => r.id === id) ?? []);
}

export const readAttachment = (q: Queryable, ownerId: string, id: string): Promise<{ name: string; mime: string; data: Buffer } | null> =>
  one(q, 'select name, mime, data from attachments where owner_id = $1 and id = $2', [ownerId, id]);
