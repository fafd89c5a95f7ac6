// What works without the app being open or the network being there: notifications with answers, and the pages seen last.
import { assets, immutable } from '$app/manifest';
import { self } from '$app/service-worker';
import type { Notice, NoticeAction } from '@mainloop/models/flow/notices';
import { mustShow } from '@mainloop/models/flow/push-services';
import { keep, sendWaiting } from '#lib/waiting.ts';

const ASSETS = 'assets';
const PAGES = 'pages';
const MAX_PAGES = 40;
/** A network that hangs is worse than one that is away: the page seen last comes up instead. */
const PATIENCE_MS = 4_000;
const ours = new Set([...immutable, ...assets].map((a) => new URL(a.path, self.location.origin).pathname));

self.addEventListener('install', (e) => {
  e.waitUntil(
    caches
      .open(ASSETS)
      // Fonts of all scripts would be half a megabyte: those that are used are kept when they are.
      .then((c) => c.addAll([...ours].filter((p) => /\.(js|css|svg)$/.test(p))))
      .then(() => self.skipWaiting()),
  );
});
self.addEventListener('activate', (e) => {
  e.waitUntil(
    (async () => {
      const c = await caches.open(ASSETS);
      for (const r of await c.keys()) if (!ours.has(new URL(r.url).pathname)) await c.delete(r);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== self.location.origin || url.pathname.startsWith('/api'))
    return;
  if (ours.has(url.pathname)) e.respondWith(asset(e.request, url.pathname));
  else if (e.request.mode === 'navigate') e.respondWith(page(e.request, url));
});

async function asset(req: Request, path: string): Promise<Response> {
  const c = await caches.open(ASSETS);
  const hit = await c.match(path);
  if (hit) return hit;
  const res = await fetch(req);
  if (res.ok) await c.put(path, res.clone());
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

self.addEventListener('message', (e) => {
  const m = e.data as { type: 'keep'; paths: string[] } | { type: 'forget' };
  if (m.type === 'forget') return e.waitUntil(caches.delete(PAGES));
  e.waitUntil(
    caches
      .open(PAGES)
      .then((pages) =>
        Promise.allSettled(
          m.paths
            .slice(0, 10)
            .map(async (p) => store(pages, p, await fetch(p, { headers: { accept: 'text/html' } }))),
        ),
      ),
  );
});

interface Shown {
  itemId: string;
  url: string;
  actions: readonly NoticeAction[];
}

self.addEventListener('push', (e) => {
  const n = e.data?.json() as Notice | undefined;
  if (n) e.waitUntil(tell(n));
});

async function tell(n: Notice): Promise<void> {
  await badge(n.waiting);
  if (n.type === 'withdraw') {
    for (const old of await self.registration.getNotifications({ tag: n.itemId })) old.close();
    return;
  }
  // Somebody who looks at the inbox sees it there; most browsers allow this while a window is in sight.
  const open = await self.clients.matchAll({ type: 'window' });
  const service = (await self.registration.pushManager.getSubscription())?.endpoint ?? '';
  if (!mustShow(service) && open.some((w) => w.visibilityState === 'visible' && w.focused)) return;
  const data: Shown = { itemId: n.itemId, url: n.url, actions: n.actions };
  await show(n.title, {
    body: n.body,
    tag: n.itemId,
    data,
    actions: n.actions.map((a) => ({ action: a.action, title: a.title })),
  });
}

/** TypeScript's own types leave the action buttons out (https://notifications.spec.whatwg.org/#dictdef-notificationoptions). */
const show = (
  title: string,
  o: NotificationOptions & { actions?: { action: string; title: string }[] },
): Promise<void> =>
  self.registration.showNotification(title, { icon: '/icon-192.png', badge: '/badge-96.png', ...o });

const badge = (n: number): Promise<void> =>
  // A number on the icon is a nicety.
  (n > 0 ? self.navigator.setAppBadge?.(n) : self.navigator.clearAppBadge?.())?.catch(() => undefined) ??
  Promise.resolve();

self.addEventListener('notificationclick', (e) => {
  const shown = e.notification.data as Shown;
  const chosen = shown.actions.find((a) => a.action === e.action);
  e.notification.close();
  e.waitUntil(chosen?.decision ? answer(e.notification, shown, chosen) : focus(shown.url));
});

async function answer(n: Notification, shown: Shown, a: NoticeAction): Promise<void> {
  const path = `/api/inbox/${encodeURIComponent(shown.itemId)}`;
  const body = { decision: a.decision, text: a.text ?? '', via: 'push', answerId: crypto.randomUUID() };
  const again = (words: string): Promise<void> =>
    show(n.title, { body: words, tag: shown.itemId, data: { ...shown, actions: [] } });
  try {
    const r = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (r.status === 401) return again('This device is signed out. Open mainloop to sign in.');
    if (!r.ok) {
      // No JSON: then there is a sentence of our own.
      const { error } = (await r.json().catch(() => ({}))) as { error?: string };
      return again(error ?? 'That did not work. Tap to open it.');
    }
  } catch {
    await keep({ path, body, label: n.title });
    return again(`${a.title}: kept. It goes out when you are back online.`);
  }
}

async function focus(url: string): Promise<void> {
  for (const w of await self.clients.matchAll({ type: 'window' })) {
    // A browser may keep its focus to itself.
    await w.focus().catch(() => undefined);
    return void (await w.navigate(url).catch(() => self.clients.openWindow(url)));
  }
  await self.clients.openWindow(url);
}

// Where the browser wakes us when the network is back (Chrome); elsewhere the app sends when it is opened.
self.addEventListener('sync' as 'message', (e) => (e as unknown as ExtendableEvent).waitUntil(sendAndTell()));

/** The pages that are open say what was refused, and forget the words that arrived. */
async function sendAndTell(): Promise<void> {
  const r = await sendWaiting();
  for (const w of await self.clients.matchAll({ type: 'window' })) w.postMessage({ type: 'sent', ...r });
}

const NOT_KEPT = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Offline · mainloop</title>
<body style="font:16px/1.5 system-ui;max-width:24rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark">
<h1 style="font-size:1.25rem">You are offline</h1><p>This page was not opened before, so it is not here. The inbox is.</p><p><a href="/inbox">Open the inbox</a></p>`;
