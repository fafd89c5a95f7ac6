// Notifications to the person's devices, by Web Push (RFC 8030, 8291, 8292). What is due is computed from
// what is there.
import { requestOutside } from '@mainloop/network/outside';
import { claimLock } from '@mainloop/models/db/locks';
import {
  deleteDevice,
  dueNotifications,
  ensureVapidKeys,
  hasDevices,
  noteFailed,
  noteNotification,
  noteSent,
  openItems,
  type DueNotification,
  type VapidKeys,
} from '@mainloop/models/db/devices/push';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { getSettings } from '@mainloop/models/db/projects/settings';
import { OWNER } from '@mainloop/models/flow/ids';
import {
  backoffMs,
  isQuiet,
  notificationOf,
  type DeviceNotification,
} from '@mainloop/models/flow/inbox/notifications';
import { mustShow } from '@mainloop/models/flow/inbox/push-services';
import type { Hit } from '@mainloop/network/failpoints';

const TIMEOUT_MS = 10_000;
/** A decision that waits longer is old news to a phone that was off. */
const TTL_S = 24 * 3600;

type Sent = 'sent' | 'gone' | { readonly failed: string };

/** Tells every device what it has not been told. @returns how much was told; 100 means that there may be more */
export async function notifyDevices(
  db: Db,
  from: { readonly subject: string; readonly toLoopback: boolean },
  hit: Hit,
): Promise<number> {
  if (!(await hasDevices(db))) return 0;
  return withTx(db, async (tx) => {
    if (!(await claimLock(tx, 'notifications'))) return 0;
    const settings = await getSettings(tx, OWNER);
    const due = await dueNotifications(tx, {
      ownerId: OWNER,
      kinds: settings.notifyKinds,
      quiet: isQuiet(settings.quietHours, Date.now()),
    });
    if (due.length === 0) return 0;
    const keys = await ensureVapidKeys(tx);
    const waiting = await openItems(tx, OWNER);
    const byDevice = Map.groupBy(due, (d) => d.device.id);
    await Promise.all(
      [...byDevice.values()].map(async (list) => {
        for (const d of list) {
          const notification: DeviceNotification = d.item
            ? notificationOf(d.item, waiting)
            : { type: 'withdraw', itemId: d.itemId, waiting };
          // It stays in sight there, and a tap on it says that it is answered.
          if (notification.type === 'withdraw' && mustShow(d.device.endpoint)) {
            await noteNotification(db, d.device.id, d.itemId, 'withdrawn');
            continue;
          }
          if (d.item) await noteNotification(db, d.device.id, d.itemId, 'sending');
          hit('push.before');
          const result = await send(d.device, notification, keys, from);
          hit('push.after');
          // Written besides the lock's transaction: what was sent stays sent when a later write fails.
          if (result === 'sent') await noteSent(db, d.device.id, d.itemId, d.item ? 'shown' : 'withdrawn');
          else if (result === 'gone') return deleteDevice(db, d.device.id);
          else return noteFailed(db, d.device.id, backoffMs(d.device.failures));
        }
      }),
    );
    return due.length;
  });
}

async function send(
  device: DueNotification['device'],
  notification: DeviceNotification,
  keys: VapidKeys,
  from: { readonly subject: string; readonly toLoopback: boolean },
): Promise<Sent> {
  try {
    // With the first device that is told something.
    const { default: webpush } = await import('web-push');
    const request = webpush.generateRequestDetails(
      { endpoint: device.endpoint, keys: { p256dh: device.p256dh, auth: device.auth } },
      JSON.stringify(notification),
      {
        vapidDetails: { subject: from.subject, ...keys },
        TTL: TTL_S,
        urgency: notification.type === 'show' ? 'high' : 'low',
      },
    );
    // Where to is the browser's word. Looked at again each time: what a name means may change after the
    // device was added.
    const status = await requestOutside(request.endpoint, {
      method: request.method,
      headers: request.headers as Record<string, string>,
      body: request.body ?? Buffer.alloc(0),
      timeoutMs: TIMEOUT_MS,
      isNamed: (url) => from.toLoopback && url.hostname === '127.0.0.1',
    });
    if (status >= 200 && status < 300) return 'sent';
    return status === 404 || status === 410 ? 'gone' : { failed: String(status) };
  } catch (err) {
    return { failed: (err as Error).message };
  }
}
