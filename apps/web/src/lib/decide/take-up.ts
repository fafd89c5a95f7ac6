// What was decided on a page that has gone, and was not heard of. Loaded after the first paint.
import { act } from '../live/act.ts';
import { dropDraftOf } from '../drafts/drafts.svelte.ts';
import { allHeld, heldOf, waitsMs } from './all-held.ts';
import { release, type Held } from './held.ts';
import { live } from '../live/live.svelte.ts';
import { notes } from '../kit/notes.svelte.ts';

/**
 * Sends it. Sent twice it counts once: an item knows the answer's id, and a proposal that is closed refuses, of
 * which nobody needs to hear.
 * @param isHeldHere whether this page holds something itself, by where it goes
 */
export function takeUp(isHeldHere: (path: string) => boolean): void {
  for (const held of allHeld()) {
    const again = (): void => {
      // The page that made it is there after all, and has sent it or taken it back.
      if (heldOf(held.path) !== null && !isHeldHere(held.path)) void sendAgain(held);
    };
    const ms = waitsMs(held, Date.now());
    if (ms === 0) again();
    else setTimeout(again, ms);
  }
}

async function sendAgain(held: Held): Promise<void> {
  if (held.first !== undefined) await act(held.first.path, held.first.body);
  const result = await act(
    held.path,
    held.body,
    'POST',
    held.onlyOnline === true ? undefined : { label: held.label, says: held.says },
  );
  if (result.ok && !result.kept) dropDraftOf(held.path, held.body);
  release(held.path);
  if (!result.ok && held.onlyOnline !== true) notes.tell(`${held.label}: ${result.sentence}`, 12_000);
  if (result.ok && result.kept) await live.count();
}
