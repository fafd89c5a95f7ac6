// Words that were written for something that has gone. Loaded after the first paint.
import type { Inbox } from '@mainloop/models/db/read';
import { decisions } from '../decide/decisions.svelte.ts';
import { PREFIX, writeDrafts } from '../drafts/drafts.svelte.ts';
import { heldOf } from '../decide/all-held.ts';
import { readKept, type About } from '../drafts/kept.ts';
import { live } from '../live/live.svelte.ts';
import { wordsOf } from '../drafts/words-of.ts';

/** Words whose place has gone: what they were for was decided elsewhere, or has ended. */
export interface Unsent {
  readonly key: string;
  readonly text: string;
  readonly about: About;
}

function listUnsent(isThere: (key: string) => boolean): Unsent[] {
  writeDrafts();
  return Object.keys(localStorage).flatMap((stored) => {
    const key = stored.slice(PREFIX.length);
    if (!stored.startsWith(PREFIX) || !/^(item|task|proposal|comment)\//.test(key) || isThere(key)) return [];
    if (heldOf({ path: `/api/inbox/${key.slice('item/'.length)}` }) !== null) return [];
    const kept = readKept(localStorage.getItem(stored), Date.now());
    if (kept === null || kept.about === null) return [];
    const text = wordsOf(key, kept.text);
    return text === '' ? [] : [{ key, text, about: kept.about }];
  });
}

type Places = Pick<Inbox, 'needsYou' | 'later' | 'working' | 'failed'> & {
  readonly proposals: readonly { readonly id: string }[];
};
const isOnItsWay = (path: string): boolean => ['held', 'sent'].includes(decisions.of(path)?.state ?? '');

/**
 * @param places all that is still there, whatever of it is shown
 * @returns words without a place, and not on their way
 */
export function unsentOf({ needsYou, later, working, failed, proposals }: Places): Unsent[] {
  const items = [...needsYou, ...later];
  const tasks = [
    ...items.flatMap((item) => item.taskId ?? []),
    ...[...working, ...failed].map((task) => task.id),
  ];
  const there = new Set([
    ...items.map((item) => `item/${item.id}`),
    ...tasks.flatMap((id) => [`task/${id}`, `comment/${id}`]),
    ...proposals.map((proposal) => `proposal/${proposal.id}`),
  ]);
  return listUnsent(
    (key) =>
      there.has(key) ||
      live.kept.has(`/api/inbox/${key.slice('item/'.length)}`) ||
      // One that was just decided here takes its words with it.
      ['confirm', 'decline'].some((way) =>
        isOnItsWay(`/api/proposals/${key.slice('proposal/'.length)}/${way}`),
      ),
  );
}
