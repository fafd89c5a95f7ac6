import { render } from '#lib/server/markdown.ts';
import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const t = await read().thread();
  return { draft: t.draft, thread: t.items.map((i) => ({ ...i, html: i.message && i.message.role !== 'user' ? render(i.message.text) : '' })) };
};
