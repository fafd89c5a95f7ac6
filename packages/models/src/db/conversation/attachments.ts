// Files that came with messages.
import type { AttachmentRef } from '../../flow/events.ts';
import { freshId } from '../log.ts';
import type { Queryable } from '../pool.ts';
import { payloadField } from '../payload.ts';
import { anyOf, row, rows, run, tables } from '../rows.ts';
import type { ShownPicture } from '../../flow/review/pictures.ts';

/** @param data at most a few megabytes; whoever takes it in has looked at its size and kind */
export async function keepAttachment(
  database: Queryable,
  ownerId: string,
  attachment: { name: string; mime: string; data: Buffer },
): Promise<AttachmentRef> {
  const id = `f-${freshId()}`;
  await run(
    database,
    tables.insertInto('attachments').values({
      id,
      owner_id: ownerId,
      name: attachment.name,
      mime: attachment.mime,
      size: attachment.data.length,
      data: attachment.data,
    }),
  );
  return { id, name: attachment.name, mime: attachment.mime, size: attachment.data.length };
}

/**
 * Those of the ids that there are, in the order asked for.
 * @returns names and kinds, without their bytes
 */
export async function refsOf(
  database: Queryable,
  ownerId: string,
  ids: readonly string[],
): Promise<AttachmentRef[]> {
  if (ids.length === 0) return [];
  const found = await rows(
    database,
    tables
      .selectFrom('attachments')
      .select(['id', 'name', 'mime', 'size'])
      .where('owner_id', '=', ownerId)
      .where('id', '=', anyOf(ids)),
  );
  return ids.flatMap((id) => found.find((r) => r.id === id) ?? []);
}

/** @returns null where the user has none of this id */
export const readAttachment = (
  database: Queryable,
  ownerId: string,
  id: string,
): Promise<{ name: string; mime: string; data: Buffer } | null> =>
  row(
    database,
    tables
      .selectFrom('attachments')
      .select(['name', 'mime', 'data'])
      .where('owner_id', '=', ownerId)
      .where('id', '=', id),
  );

const showed = (taskId: string) =>
  tables.selectFrom('events').where('task_id', '=', taskId).where('type', '=', 'agent.showed');

/** @returns the newest pictures that the agents of a task showed, so many at most, oldest first */
export async function listPictures(
  database: Queryable,
  taskId: string,
  max: number,
): Promise<ShownPicture[]> {
  const found = await rows(database, showed(taskId).select('payload').orderBy('seq', 'desc').limit(max));
  return found.map((f) => f.payload as unknown as ShownPicture).toReversed();
}

/**
 * Takes the pictures of a task away; its story still has their captions.
 * @param taskId whose pictures; attachments of messages stay
 */
export async function deletePictures(database: Queryable, taskId: string): Promise<void> {
  await run(
    database,
    tables
      .deleteFrom('attachments')
      .where(
        'id',
        'in',
        showed(taskId).select(payloadField('agent.showed', 'id').as('id')).$castTo<{ id: string }>(),
      ),
  );
}
