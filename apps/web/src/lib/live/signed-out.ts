// What is left when somebody signs out: nothing of theirs. Loaded when it is wanted.
import type { Answer } from '@mainloop/models/contracts/routes';
import { drafts, PREFIX } from '../drafts/drafts.svelte.ts';
import { allHeld } from '../decide/all-held.ts';
import { release } from '../decide/held.ts';

/**
 * Whoever signs out leaves no words behind on this device. What was begun is on the server, for their others.
 * @returns nothing; what waited for the network is forgotten too
 */
export function forgetDrafts(): void {
  drafts.clear();
  for (const held of allHeld()) release(held);
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
