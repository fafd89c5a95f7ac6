import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/**
 * A notification links to one item: where it has been answered meanwhile, the page says by whom.
 * @returns `wanted`: null without a link to one, or where there is no such item
 */
export const load: PageServerLoad = async ({ url }) => {
  const id = url.searchParams.get('item');
  return { wanted: id === null ? null : await read().item(id) };
};
