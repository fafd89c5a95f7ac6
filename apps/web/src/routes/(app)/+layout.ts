import type { LayoutLoad } from './$types';

/**
 * What waits and is about no task is rare, so its card is not part of the first page. Where there is one it is
 * loaded here: the server sends it with the page, and nothing moves when the page begins to listen.
 * @returns what the server said, with that card; null: nothing needs it, or it could not be loaded
 */
export const load: LayoutLoad = async ({ data }) => {
  const { needsYou, later } = data.inbox;
  if (![...needsYou, ...later].some((item) => item.taskId === null)) return { ...data, StandingCard: null };
  const loaded = await import('#lib/inbox/StandingCard.svelte').catch(() => null);
  return { ...data, StandingCard: loaded?.default ?? null };
};
