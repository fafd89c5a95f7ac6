import { error, json } from '@sveltejs/kit';
import { placeIn, threadPiece } from '#lib/server/thread.ts';
import type { RequestHandler } from './$types';

/**
 * The piece of the conversation before or after a place in it.
 * @param event `before` or `after`: a place in it
 * @returns JSON of that piece
 * @throws 400 where neither is said
 */
export const GET: RequestHandler = async ({ url }) => {
  const before = placeIn(url.searchParams, 'before');
  const after = placeIn(url.searchParams, 'after');
  if (before === undefined && after === undefined) error(400, 'Say before or after which place.');
  return json(await threadPiece(before !== undefined ? { before } : { after: after! }));
};
