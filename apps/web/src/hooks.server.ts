// Headers for every page, the log of what goes wrong in one, and the gate: who is not signed in sees the
// sign-in, where one is needed.
import type { Answer } from '@mainloop/models/contracts/routes';
import { openLog, withIds } from '@mainloop/logs/log';
import { OWNER } from '@mainloop/models/flow/ids';
import { redirect } from '@sveltejs/kit';
import type { Handle, HandleServerError } from '@sveltejs/kit/hooks';
import { idsOf, logPageError } from '#lib/server/page-errors.ts';
import { settings } from '#lib/server/settings.ts';

const log = openLog('web');

/**
 * The page shows SvelteKit's own sentence; why it failed is for the log.
 * @param failure what was thrown, and by which page; ids that its address has stand in the line of the log
 */
export const handleError: HandleServerError = ({ kind, error, event }) => {
  logPageError(log, { kind, error, path: event.url.pathname, ids: idsOf(OWNER, event.params) });
};

/** Where nobody signs in, it is the same person as long as it is the same server; one may be put in its place. */
const SAME_PERSON_MS = 5_000;
let lastPerson: { readonly person: string | null; readonly atMs: number } | null = null;
const OPEN = /^\/(signin|pair)(\/__data\.json)?$/;

/**
 * Lets in who is signed in, where that is asked for.
 * @returns the page, the way to the sign-in, or a page that says that mainloop starts
 */
export const handle: Handle = async ({ event, resolve }) => {
  event.locals.person = null;
  if (!settings.needsSignIn) event.locals.person = await onlyPerson(event.request);
  else if (!OPEN.test(event.url.pathname)) {
    const who = await passage(event.request);
    if (who === 'away')
      return new Response(STARTING, {
        status: 503,
        headers: { 'content-type': 'text/html; charset=utf-8', 'retry-after': '2' },
      });
    if (!who.signedIn)
      redirect(303, `/signin?to=${encodeURIComponent(event.url.pathname + event.url.search)}`);
    event.locals.person = who.person;
  }
  const res = await withIds(idsOf(OWNER, event.params), () => resolve(event));
  res.headers.set('x-content-type-options', 'nosniff');
  res.headers.set('x-frame-options', 'DENY');
  res.headers.set('referrer-policy', 'same-origin');
  if (settings.needsSignIn) res.headers.set('strict-transport-security', 'max-age=31536000');
  return res;
};

/** The api knows the devices; the pages only ask it. */
async function passage(req: Request): Promise<Answer<'getSignIn'> | 'away'> {
  try {
    const response = await fetch(`${settings.api}/api/signin`, {
      headers: { cookie: req.headers.get('cookie') ?? '', 'user-agent': req.headers.get('user-agent') ?? '' },
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) return 'away';
    return (await response.json()) as Answer<'getSignIn'>;
  } catch {
    // The page says that mainloop is starting, and tries again.
    return 'away';
  }
}

/** A page is not held up by an api that is away: what waits on the device is the last one's then. */
async function onlyPerson(req: Request): Promise<string | null> {
  if (lastPerson !== null && Date.now() - lastPerson.atMs < SAME_PERSON_MS) return lastPerson.person;
  const who = await passage(req);
  if (who === 'away') return lastPerson?.person ?? null;
  lastPerson = { person: who.person, atMs: Date.now() };
  return who.person;
}

const STARTING = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="3"><meta name="viewport" content="width=device-width"><title>mainloop</title>
<body style="font:16px/1.5 system-ui;max-width:24rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark"><h1 style="font-size:1.25rem">mainloop is starting</h1><p>This page tries again by itself.</p>`;
