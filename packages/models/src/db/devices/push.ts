// Devices that are told, and what each of them was shown.
import type { PushDevice, ToldDevice } from '../../contracts/devices.ts';
import type { ItemKind, Option } from '../../flow/events.ts';
import type { NoticeItem } from '../../flow/notices.ts';
import { freshId } from '../log.ts';
import { many, one, type Queryable } from '../pool.ts';

export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The key that signs for us, the same for every replica. Made by whoever asks first. */
export async function ensureVapidKeys(q: Queryable, make: () => VapidKeys): Promise<VapidKeys> {
  const read = (): Promise<{ public_key: string; private_key: string } | null> => one(q, 'select public_key, private_key from vapid_keys');
  let row = await read();
  if (!row) {
    const fresh = make();
    await q.query('insert into vapid_keys (public_key, private_key) values ($1,$2) on conflict do nothing', [fresh.publicKey, fresh.privateKey]);
    row = (await read())!;
  }
  return { publicKey: row.public_key, privateKey: row.private_key };
}

/** The same subscription again keeps its id and takes the new label. */
export async function addDevice(q: Queryable, ownerId: string, d: PushDevice): Promise<{ id: string }> {
  return (await one<{ id: string }>(
    q,
    `insert into push_devices (id, owner_id, endpoint, p256dh, auth, label) values ($1,$2,$3,$4,$5,$6)
     on conflict (endpoint) do update set p256dh = excluded.p256dh, auth = excluded.auth, label = excluded.label, failures = 0, next_at = now() returning id`,
    [freshId(), ownerId, d.endpoint, d.keys.p256dh, d.keys.auth, d.label],
  ))!;
}

export const removeDevice = async (q: Queryable, ownerId: string, id: string): Promise<boolean> =>
  ((await q.query('delete from push_devices where id = $1 and owner_id = $2', [id, ownerId])).rowCount ?? 0) > 0;

/** Takes away a device that its push service no longer knows, whoever's it is. */
export async function deleteDevice(q: Queryable, id: string): Promise<void> {
  await q.query('delete from push_devices where id = $1', [id]);
}

/** Whether anybody's device is to be told. */
export const hasDevices = async (q: Queryable): Promise<boolean> => (await one(q, 'select 1 from push_devices limit 1')) !== null;

export const listDevices = (q: Queryable, ownerId: string): Promise<ToldDevice[]> =>
  many(
    q,
    'select id, label, endpoint, created_at as "createdAt", last_ok_at as "lastOkAt" from push_devices where owner_id = $1 order by created_at',
    [ownerId],
  );

export interface DueNotice {
  readonly device: { readonly id: string; readonly endpoint: string; readonly p256dh: string; readonly auth: string; readonly failures: number };
  /** null: take the notification of this item away. */
  readonly item: NoticeItem | null;
  readonly itemId: string;
}

/**
 * What every device should be told now: open items it has not been shown, which came after it joined, and shown ones that are
 * open no more. What is told is computed from what is there, so a message that was lost is simply due again.
 */
export async function dueNotices(q: Queryable, i: { ownerId: string; kinds: readonly ItemKind[]; quiet: boolean }): Promise<DueNotice[]> {
  const rows = await many<{
    device_id: string;
    endpoint: string;
    p256dh: string;
    auth: string;
    failures: number;
    item_id: string;
    show: boolean;
    kind: ItemKind;
    title: string;
    body: string;
    options: Option[];
    task_title: string;
    repo: string;
  }>(
    q,
    `select d.id as device_id, d.endpoint, d.p256dh, d.auth, d.failures, i.id as item_id, i.state = 'open' as show, i.kind, i.title, left(i.body, 500) as body, i.options,
            t.title as task_title, p.repo
       from push_devices d
       join inbox_items i on i.owner_id = d.owner_id
       join tasks t on t.id = i.task_id join projects p on p.id = t.project_id
       left join push_notices n on n.item_id = i.id and n.device_id = d.id
      where d.owner_id = $1 and d.next_at <= now()
        and ((i.state = 'open' and n.item_id is null and i.kind = any($2) and i.created_at >= d.created_at and not $3)
          or (i.state <> 'open' and n.state = 'shown'))
      order by i.created_at limit 100`,
    [i.ownerId, i.kinds, i.quiet],
  );
  return rows.map((r) => ({
    device: { id: r.device_id, endpoint: r.endpoint, p256dh: r.p256dh, auth: r.auth, failures: r.failures },
    itemId: r.item_id,
    item: r.show ? { id: r.item_id, kind: r.kind, title: r.title, body: r.body, options: r.options, taskTitle: r.task_title, repo: r.repo } : null,
  }));
}

export async function noteTold(q: Queryable, deviceId: string, itemId: string, state: 'shown' | 'withdrawn'): Promise<void> {
  await q.query(
    `insert into push_notices (item_id, device_id, state) values ($1,$2,$3) on conflict (item_id, device_id) do update set state = excluded.state, at = now()`,
    [itemId, deviceId, state],
  );
  await q.query('update push_devices set failures = 0, last_ok_at = now() where id = $1', [deviceId]);
}

export const noteFailed = async (q: Queryable, deviceId: string, waitMs: number): Promise<void> =>
  void (await q.query("update push_devices set failures = failures + 1, next_at = now() + $2 * interval '1 millisecond' where id = $1", [
    deviceId,
    waitMs,
  ]));

/** What is stopped on the person, counted as `flow/waits` does: the number on every badge. */
export const openItems = async (q: Queryable, ownerId: string): Promise<number> =>
  (await one<{ n: number }>(
    q,
    `select ((select count(*) from inbox_items where owner_id = $1 and state = 'open' and (snoozed_until is null or snoozed_until <= now()))
           + (select count(*) from proposals where owner_id = $1 and state = 'open' and expires_at > now()))::int as n`,
    [ownerId],
  ))!.n;
