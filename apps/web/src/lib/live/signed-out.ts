// What is left when somebody signs out: nothing that they only began. What they said and could not be sent yet waits
// for them to sign in again. Loaded when it is wanted.
import type { Answer } from '@mainloop/models/contracts/routes';
import { drafts, PREFIX } from '../drafts/drafts.svelte.ts';

/**
 * Whoever signs out leaves nothing behind on this device that they began: it is on the server, for their others.
 * What they said is in no other place: it stays, for them alone, and the sign-in says so.
 */
export function forgetDrafts(): void {
  drafts.clear();
  for (const key of Object.keys(localStorage))
    if (key.startsWith(PREFIX) || key.startsWith('shared/')) localStorage.removeItem(key);
}

/**
 * A device that was signed out elsewhere says so, instead of seeming to have no network.
 * @returns once the page is on its way to the sign-in; at once where nobody was signed out
 */
export async function leaveIfSignedOut(): Promise<void> {
  // No network: then nobody was signed out.
  const response = await fetch('/api/signin').catch(() => null);
  // No JSON: then it was not the api that answered.
  const who = response?.ok ? ((await response.json().catch(() => null)) as Answer<'getSignIn'> | null) : null;
  if (!who?.needed || who.signedIn) return;
  navigator.serviceWorker?.controller?.postMessage({ type: 'forget' });
  forgetDrafts();
  location.href = `/signin?to=${encodeURIComponent(location.pathname)}`;
}
