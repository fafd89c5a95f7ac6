import { render } from '#lib/server/markdown.ts';
import type { ItemView } from '@mainloop/models/db/read';
import { almostFullMb, flags, read } from '#lib/server/read.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ depends }) => {
  depends('app:live');
  const r = read();
  const [cursor, inbox] = await Promise.all([r.cursor(), r.inbox()]);
  return {
    cursor,
    flags,
    almostFullMb: almostFullMb(),
    inbox: { ...inbox, needsYou: inbox.needsYou.map(shown), later: inbox.later.map(shown) },
  };
};

const shown = (i: ItemView): ItemView & { html: string } => ({ ...i, html: render(i.plan ?? i.body) });
