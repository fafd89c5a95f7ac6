// What was decided on a page that has gone, and was not heard of. Loaded after the first paint.
import { bringBack, dropDraftOf } from '../drafts/drafts.svelte.ts';
import { allHeld, heldOf, takeUpStep } from './all-held.ts';
import { hold, release, type Held, type HeldName } from './held.ts';
import { live } from '../live/live.svelte.ts';
import { notes } from '../kit/notes.svelte.ts';
import { sendDecision } from './send.ts';

/**
 * Sends it. Sent twice it counts once: an item knows the answer's id, and a proposal that is closed refuses, of
 * which nobody needs to hear.
 * @param isHeldHere whether this page holds something itself, by where it goes
 */
export function takeUp(isHeldHere: (path: string) => boolean): void {
  for (const held of allHeld()) takeUpOne(held, isHeldHere, null);
}

function takeUpOne(name: HeldName, isHeldHere: (path: string) => boolean, waitedFor: number | null): void {
  const held = heldOf(name);
  const step = takeUpStep(held, isHeldHere(name.path), waitedFor, Date.now());
  if (held === null || step.do === 'nothing') return;
  if (step.do === 'wait') setTimeout(() => takeUpOne(name, isHeldHere, held.atMs), step.ms);
  else void sendAgain(held, isHeldHere);
}

async function sendAgain(held: Held, isHeldHere: (path: string) => boolean): Promise<void> {
  const result = await sendDecision(held);
  // Meanwhile something else may have been decided there.
  const isStillIt = heldOf(held)?.atMs === held.atMs;
  // Of what could not go out nobody has heard yet: it goes as soon as there is a network, from here or from the
  // next page.
  if (!result.ok && result.isAway) {
    if (isStillIt) hold({ ...held, left: true });
    return addEventListener('online', () => takeUpOne(held, isHeldHere, held.atMs), { once: true });
  }
  if (isStillIt) release(held);
  if (result.ok && !result.kept) dropDraftOf(held.path, held.body);
  if (!result.ok) bringBack(held.path, held.body);
  if (!result.ok && held.onlyOnline !== true) notes.tell(`${held.label}: ${result.sentence}`, 12_000);
  if (result.ok && result.kept) await live.count();
}
