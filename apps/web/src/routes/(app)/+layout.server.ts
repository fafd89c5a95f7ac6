import { shownItem } from '#lib/server/items.ts';
import { almostFullMb, flags, read } from '#lib/server/read.ts';
import type { LayoutServerLoad } from './$types';

const STARTING_S = 60;

export const load: LayoutServerLoad = async ({ depends }) => {
  depends('app:live');
  const r = read();
  const [cursor, inbox, checks] = await Promise.all([r.cursor(), r.inbox(), r.checkup()]);
  return {
    cursor,
    flags,
    almostFullMb: almostFullMb(),
    // While everything is starting, nobody has been heard of.
    trouble: process.uptime() < STARTING_S ? [] : checks.filter((c) => !c.ok).map((c) => c.says),
    inbox: { ...inbox, needsYou: inbox.needsYou.map(shownItem), later: inbox.later.map(shownItem) },
  };
};
