// What works without the app being open or the network being there: notifications with answers, and the pages
// seen last.
import { assets, immutable } from '$app/manifest';
import { self } from '$app/service-worker';
import type { DeviceNotification, NotificationAction } from '@mainloop/models/flow/inbox/notifications';
import { mustShow } from '@mainloop/models/flow/inbox/push-services';
import { PERSON_HEADER } from '@mainloop/models/flow/person';
import { keep, lastPerson, listWaiting, sendWaiting } from '#lib/live/waiting.ts';

const ASSETS = 'assets';
const PAGES = 'pages';
const MAX_PAGES = 40;
/** A network that hangs is worse than one that is away: the page seen last comes up instead. */
const PATIENCE_MS = 4_000;
const ours = new Set([...immutable, ...assets].map((a) => new URL(a.path, self.location.origin).pathname));

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(ASSETS)
      // Fonts of all scripts would be half a megabyte: those that are used are kept when they are.
      .then((c) => c.addAll([...ours].filter((p) => /\.(js|css|svg)$/.test(p))))
      .then(() => self.skipWaiting()),
  );
});
self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(ASSETS);
      for (const request of await cache.keys())
        if (!ours.has(new URL(request.url).pathname)) await cache.delete(request);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (
    event.request.method !== 'GET' ||
    url.origin !== self.location.origin ||
    url.pathname.startsWith('/api')
  )
    return;
  if (ours.has(url.pathname)) event.respondWith(asset(event.request, url.pathname));
  else if (event.request.mode === 'navigate') event.respondWith(page(event.request, url));
});

async function asset(req: Request, path: string): Promise<Response> {
  const cache = await caches.open(ASSETS);
  const hit = await cache.match(path);
  if (hit) return hit;
  const res = await fetch(req);
  if (res.ok) await cache.put(path, res.clone());
  return res;
}

async function page(req: Request, url: URL): Promise<Response> {
  const pages = await caches.open(PAGES);
  const fresh = fetch(req).then(async (res) => {
    await store(pages, url.pathname, res);
    return res;
  });
  const kept = await pages.match(url.pathname);
  try {
    return await (kept ? Promise.race([fresh, late()]) : fresh);
  } catch {
    // It came too late, and may still fail.
    void fresh.catch(() => undefined);
    return (
      kept ?? new Response(NOT_KEPT, { status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } })
    );
  }
}
const late = (): Promise<never> =>
  new Promise((_, no) => setTimeout(() => no(new Error('late')), PATIENCE_MS));

/** Keeps a page for later. Not what we were sent elsewhere for: that is the sign-in. */
async function store(pages: Cache, path: string, res: Response): Promise<void> {
  if (!res.ok || res.redirected || /^\/(signin|pair)$/.test(path)) return;
  await pages.put(path, res.clone());
  for (const old of (await pages.keys()).slice(0, -MAX_PAGES)) await pages.delete(old);
}

self.addEventListener('message', (event) => {
  const message = event.data as { type: 'keep'; paths: string[] } | { type: 'forget' };
  if (message.type === 'forget') return event.waitUntil(caches.delete(PAGES));
  event.waitUntil(
    caches
      .open(PAGES)
      .then((pages) =>
        Promise.allSettled(
          message.paths
            .slice(0, 10)
            .map(async (p) => store(pages, p, await fetch(p, { headers: { accept: 'text/html' } }))),
        ),
      ),
  );
});

interface Shown {
  itemId: string;
  url: string;
  actions: readonly NotificationAction[];
  /** Whom it was shown to; null: nobody that is known. */
  person: string | null;
}

self.addEventListener('push', (event) => {
  const notification = event.data?.json() as DeviceNotification | undefined;
  if (notification) event.waitUntil(tell(notification));
});

async function tell(notification: DeviceNotification): Promise<void> {
  await badge(notification.waiting);
  if (notification.type === 'withdraw') {
    for (const old of await self.registration.getNotifications({ tag: notification.itemId })) old.close();
    return;
  }
  // Somebody who looks at the inbox sees it there; most browsers allow this while a window is in sight.
  const open = await self.clients.matchAll({ type: 'window' });
  const service = (await self.registration.pushManager.getSubscription())?.endpoint ?? '';
  if (!mustShow(service) && open.some((w) => w.visibilityState === 'visible' && w.focused)) return;
  const data: Shown = {
    itemId: notification.itemId,
    url: notification.url,
    actions: notification.actions,
    person: await lastPerson(),
  };
  await show(notification.title, {
    body: notification.body,
    tag: notification.itemId,
    data,
    actions: notification.actions.map((a) => ({ action: a.action, title: a.title })),
  });
}

/**
 * TypeScript's own types leave the action buttons out
 * (https://notifications.spec.whatwg.org/#dictdef-notificationoptions).
 */
const show = (
  title: string,
  options: NotificationOptions & { actions?: { action: string; title: string }[] },
): Promise<void> =>
  self.registration.showNotification(title, { icon: '/icon-192.png', badge: '/badge-96.png', ...options });

const badge = (count: number): Promise<void> =>
  // A number on the icon is a nicety.
  (count > 0 ? self.navigator.setAppBadge?.(count) : self.navigator.clearAppBadge?.())?.catch(
    () => undefined,
  ) ?? Promise.resolve();

self.addEventListener('notificationclick', (event) => {
  const shown = event.notification.data as Shown;
  const chosen = shown.actions.find((a) => a.action === event.action);
  event.notification.close();
  event.waitUntil(chosen?.decision ? answer(event.notification, shown, chosen) : focus(shown.url));
});

async function answer(notification: Notification, shown: Shown, action: NotificationAction): Promise<void> {
  const path = `/api/inbox/${encodeURIComponent(shown.itemId)}`;
  const body = {
    decision: action.decision,
    text: action.text ?? '',
    via: 'push',
    answerId: crypto.randomUUID(),
  };
  const person = shown.person ?? (await lastPerson());
  const again = (words: string): Promise<void> =>
    show(notification.title, { body: words, tag: shown.itemId, data: { ...shown, actions: [] } });
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(person ? { [PERSON_HEADER]: person } : {}) },
      body: JSON.stringify(body),
    });
    if (response.status === 401) return again('This device is signed out. Open mainloop to sign in.');
    if (!response.ok) {
      // No JSON: then there is a sentence of our own.
      const { error } = (await response.json().catch(() => ({}))) as { error?: string };
      return again(error ?? 'That did not work. Tap to open it.');
    }
  } catch {
    const goesByItself = await keep({ path, body, label: notification.title }, person);
    return again(
      `${action.title}: saved. ${goesByItself ? 'It will be sent when you are back online.' : 'Open mainloop when you are back online, and it is sent.'}`,
    );
  }
}

async function focus(url: string): Promise<void> {
  for (const tab of await self.clients.matchAll({ type: 'window' })) {
    // A browser may keep its focus to itself.
    await tab.focus().catch(() => undefined);
    return void (await tab.navigate(url).catch(() => self.clients.openWindow(url)));
  }
  await self.clients.openWindow(url);
}

// Where the browser wakes us when the network is back (Chrome); elsewhere the app sends when it is opened.
self.addEventListener('sync' as 'message', (e) => e.waitUntil(sendAndTell()));

/** The pages that are open say what was refused, and forget the words that arrived; without one, the next does. */
async function sendAndTell(): Promise<void> {
  const person = await lastPerson();
  const told = await sendWaiting(person);
  for (const tab of await self.clients.matchAll({ type: 'window' })) tab.postMessage({ type: 'sent', told });
  // The browser tries again later.
  if ((await listWaiting(person)).length > 0) throw new Error('what the server did not take waits on');
}

const NOT_KEPT = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Offline · mainloop</title>
<body style="font:16px/1.5 system-ui;max-width:24rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark">
<h1 style="font-size:1.25rem">You are offline</h1><p>This page was not opened before, so it is not here. The inbox is.</p><p><a href="/inbox">Open the inbox</a></p>`;
