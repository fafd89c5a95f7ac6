import { placeIn, threadPiece } from '#lib/server/thread.ts';
import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/**
 * The conversation.
 * @param event `at`: around that place in it; `since`: from that ISO time on; neither: its end
 * @returns that piece of it
 */
export const load: PageServerLoad = async ({ depends, url }) => {
  depends('app:live');
  const at = placeIn(url.searchParams, 'at');
  const since = Date.parse(url.searchParams.get('since') ?? '');
  const fromThen = Number.isNaN(since) ? {} : { since: new Date(since) };
  const piece = await threadPiece(at !== undefined ? { at } : fromThen);
  // The place that was asked for, or the first that was said from a time on.
  const place =
    at ??
    (Number.isNaN(since) ? null : (piece.thread.find((i) => Date.parse(i.atIso) >= since)?.seq ?? null));
  return {
    ...piece,
    place,
    // For the first message only.
    projects:
      piece.thread.length === 0
        ? (await read().projects()).map(({ name, suggestions }) => ({ name, suggestions }))
        : [],
  };
};
