// Devices that are told, and what each of them was shown.
import type { PushDevice, ToldDevice } from '../../contracts/devices.ts';
import type { ItemKind } from '../../flow/events.ts';
import type { NotificationItem } from '../../flow/inbox/notifications.ts';
import { freshId } from '../log.ts';
import { sql } from 'kysely';
import { generateKeyPairSync } from 'node:crypto';
import type { Queryable } from '../pool.ts';
import { anyOf, hasRow, now, nowAnd, row, rows, run, tables } from '../rows.ts';

export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/**
 * The key that signs for us, the same for every replica. Made by whoever asks first.
 * @returns the pair that is kept, which may be another's
 */
export async function ensureVapidKeys(database: Queryable): Promise<VapidKeys> {
  const read = () => row(database, tables.selectFrom('vapid_keys').select(['public_key', 'private_key']));
  let kept = await read();
  if (!kept) {
    const fresh = makeVapidKeys();
    const ours = tables
      .insertInto('vapid_keys')
      .values({ public_key: fresh.publicKey, private_key: fresh.privateKey });
    await run(
      database,
      ours.onConflict((conflict) => conflict.doNothing()),
    );
    kept = (await read())!;
  }
  return { publicKey: kept.public_key, privateKey: kept.private_key };
}

/** A point of P-256 that is not compressed begins with it (SEC 1, section 2.3.3). */
const UNCOMPRESSED = Buffer.of(4);

/** RFC 8292, section 3.2. By Node alone: the library that sends is megabytes, and only the worker needs it. */
function makeVapidKeys(): VapidKeys {
  const { x, y, d } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const point = [UNCOMPRESSED, ...[x, y].map((half) => Buffer.from(half!, 'base64url'))];
  return { publicKey: Buffer.concat(point).toString('base64url'), privateKey: d! };
}

/**
 * The same subscription again keeps its id and takes the new label.
 * @returns the id that the device is called by
 */
export async function addDevice(
  database: Queryable,
  ownerId: string,
  device: PushDevice,
): Promise<{ id: string }> {
  const { p256dh, auth } = device.keys;
  return (await row(
    database,
    tables
      .insertInto('push_devices')
      .values({
        id: freshId(),
        owner_id: ownerId,
        endpoint: device.endpoint,
        p256dh,
        auth,
        label: device.label,
      })
      .onConflict((conflict) =>
        conflict.column('endpoint').doUpdateSet((eb) => ({
          p256dh: eb.ref('excluded.p256dh'),
          auth: eb.ref('excluded.auth'),
          label: eb.ref('excluded.label'),
          failures: 0,
          next_at: now,
        })),
      )
      .returning('id'),
  ))!;
}

/**
 * Takes a device away at its user's wish.
 * @returns whether there was one
 */
export const removeDevice = async (database: Queryable, ownerId: string, id: string): Promise<boolean> =>
  (await run(
    database,
    tables.deleteFrom('push_devices').where('id', '=', id).where('owner_id', '=', ownerId),
  )) > 0;

/**
 * Takes away a device that its push service no longer knows, whoever's it is.
 * @param id one that is gone already is fine
 */
export async function deleteDevice(database: Queryable, id: string): Promise<void> {
  await run(database, tables.deleteFrom('push_devices').where('id', '=', id));
}

/**
 * Whether anybody's device is to be told.
 * @returns of whichever user
 */
export const hasDevices = (database: Queryable): Promise<boolean> =>
  hasRow(database, tables.selectFrom('push_devices').select('id').limit(1));

/**
 * Devices of a user that notifications go to.
 * @returns without the keys of their subscriptions
 */
export const listDevices = (database: Queryable, ownerId: string): Promise<ToldDevice[]> =>
  rows(
    database,
    tables
      .selectFrom('push_devices')
      .select(['id', 'label', 'endpoint', 'created_at as createdAt', 'last_ok_at as lastOkAt'])
      .where('owner_id', '=', ownerId)
      .orderBy('created_at'),
  );

export interface DueNotification {
  readonly device: {
    readonly id: string;
    readonly endpoint: string;
    readonly p256dh: string;
    readonly auth: string;
    readonly failures: number;
  };
  /** null: take the notification of this item away. */
  readonly item: NotificationItem | null;
  readonly itemId: string;
}

/**
 * What every device should be told now: open items it has not been shown, which came after it joined, and
 * shown ones that are
 * open no more. What is told is computed from what is there, so a message that was lost is simply due
 * again.
 * @param input `kinds` are the items that the user wants to be told of; `quiet`: nothing is shown now, and
 * only what is over is withdrawn
 */
export async function dueNotifications(
  database: Queryable,
  input: { ownerId: string; kinds: readonly ItemKind[]; quiet: boolean },
): Promise<DueNotification[]> {
  const due = await rows(
    database,
    tables
      .selectFrom('push_devices as d')
      .innerJoin('inbox_items as i', 'i.owner_id', 'd.owner_id')
      .leftJoin('tasks as t', 't.id', 'i.task_id')
      .leftJoin('projects as p', 'p.id', 't.project_id')
      .leftJoin('push_notices as n', (join) =>
        join.onRef('n.item_id', '=', 'i.id').onRef('n.device_id', '=', 'd.id'),
      )
      .select([
        'd.id as device_id',
        'd.endpoint',
        'd.p256dh',
        'd.auth',
        'd.failures',
        'i.id as item_id',
        'i.state',
        'i.kind',
        'i.title',
        'i.title_is_whole',
        'i.error_code',
      ])
      .select((eb) => sql<string>`left(${eb.ref('i.body')}, 500)`.as('body'))
      .select(['i.options', 't.title as task_title', 'p.repo'])
      .where('d.owner_id', '=', input.ownerId)
      .where('d.next_at', '<=', now)
      .where((eb) =>
        eb.or([
          eb.and([
            eb('i.state', '=', 'open'),
            eb.or([eb('n.item_id', 'is', null), eb('n.state', '=', 'sending')]),
            eb('i.kind', '=', anyOf(input.kinds)),
            eb('i.created_at', '>=', eb.ref('d.created_at')),
            eb.lit(!input.quiet),
          ]),
          eb.and([eb('i.state', '<>', 'open'), eb('n.state', 'in', ['sending', 'shown'])]),
        ]),
      )
      .orderBy('i.created_at')
      .limit(100),
  );
  return due.map((r) => ({
    device: { id: r.device_id, endpoint: r.endpoint, p256dh: r.p256dh, auth: r.auth, failures: r.failures },
    itemId: r.item_id,
    item:
      r.state === 'open'
        ? {
            id: r.item_id,
            kind: r.kind,
            title: r.title,
            body: r.body,
            options: r.options,
            titleIsWhole: r.title_is_whole,
            errorCode: r.error_code,
            task: r.task_title === null ? null : { title: r.task_title, repo: r.repo ?? '' },
          }
        : null,
  }));
}

/**
 * What a device was told of an item, or spared.
 * @param state `sending`: noted before it goes out, because whatever ends in the middle, this device may show it; `withdrawn`: it was told that the
 *   item is over
 */
export const noteNotification = async (
  database: Queryable,
  deviceId: string,
  itemId: string,
  state: 'sending' | 'shown' | 'withdrawn',
): Promise<void> =>
  void (await run(
    database,
    tables
      .insertInto('push_notices')
      .values({ item_id: itemId, device_id: deviceId, state })
      .onConflict((conflict) =>
        conflict
          .columns(['item_id', 'device_id'])
          .doUpdateSet((eb) => ({ state: eb.ref('excluded.state'), at: now })),
      ),
  ));

/**
 * The same, and that its service took it.
 * @param state what the device shows now; its failures are forgotten
 */
export async function noteSent(
  database: Queryable,
  deviceId: string,
  itemId: string,
  state: 'shown' | 'withdrawn',
): Promise<void> {
  await noteNotification(database, deviceId, itemId, state);
  await run(
    database,
    tables.updateTable('push_devices').set({ failures: 0, last_ok_at: now }).where('id', '=', deviceId),
  );
}

/**
 * Notes that a device could not be reached.
 * @param waitMs milliseconds until it is tried again
 */
export const noteFailed = async (database: Queryable, deviceId: string, waitMs: number): Promise<void> =>
  void (await run(
    database,
    tables
      .updateTable('push_devices')
      .set((eb) => ({ failures: eb('failures', '+', 1), next_at: nowAnd(waitMs) }))
      .where('id', '=', deviceId),
  ));

/**
 * What is stopped on the person, counted as `flow/inbox/waits` does: the number on every badge.
 * @returns what is put off until later is not counted
 */
export async function openItems(database: Queryable, ownerId: string): Promise<number> {
  const items = tables
    .selectFrom('inbox_items')
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'open')
    .where((eb) => eb.or([eb('snoozed_until', 'is', null), eb('snoozed_until', '<=', now)]));
  const proposals = tables
    .selectFrom('proposals')
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'open')
    .where('expires_at', '>', now);
  const waiting = await row(
    database,
    tables.selectNoFrom((eb) => [
      items.select(eb.fn.countAll<number>().as('n')).as('items'),
      proposals.select(eb.fn.countAll<number>().as('n')).as('proposals'),
    ]),
  );
  return (waiting?.items ?? 0) + (waiting?.proposals ?? 0);
}
