import { failureOf, shownItem } from '#lib/server/items.ts';
import { render } from '#lib/server/markdown.ts';
import { almostFullMb, flags, read } from '#lib/server/read.ts';
import type { LayoutServerLoad } from './$types';

const STARTING_S = 60;

/**
 * What stands around every page: the inbox, the pause.
 * @returns it all with the cursor from which the live stream goes on
 */
export const load: LayoutServerLoad = async ({ depends, locals }) => {
  depends('app:live');
  const result = read();
  const [cursor, inbox, collisions, checks, pause, spentLimits, queued] = await Promise.all([
    result.cursor(),
    result.inbox(),
    result.collisions(),
    result.checkup(),
    result.pause(),
    result.spentLimits(),
    result.queued(),
  ]);
  return {
    cursor,
    flags,
    person: locals.person,
    pause,
    spentLimits,
    queued,
    collisions,
    almostFullMb: almostFullMb(),
    // While everything is starting, nobody has been heard of.
    trouble: process.uptime() < STARTING_S ? [] : checks.filter((c) => !c.ok).map((c) => c.says),
    inbox: {
      ...inbox,
      proposals: inbox.proposals.map((p) => ({ ...p, html: render(p.prompt) })),
      needsYou: await Promise.all(inbox.needsYou.map(shownItem)),
      later: await Promise.all(inbox.later.map(shownItem)),
      failed: await Promise.all(inbox.failed.map(async (t) => ({ ...t, facts: await failureOf(t.id) }))),
    },
  };
};
