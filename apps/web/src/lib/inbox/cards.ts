// The cards of an inbox that most first pages do without. They come with the first thing that needs them, before
// it is shown: the server sends them with the page, and nothing moves when the page begins to listen.
import type Failed from './FailedRow.svelte';
import type Proposal from '../chat/ProposalCard.svelte';
import type Standing from './StandingCard.svelte';

/** Each null where nothing needs it, or where it could not be loaded. */
export interface Cards {
  readonly Failed: typeof Failed | null;
  readonly Proposal: typeof Proposal | null;
  readonly Standing: typeof Standing | null;
}

/** @returns what the module holds; null without a network, when nothing of it is kept */
async function loaded<Card>(module: Promise<{ default: Card }>): Promise<Card | null> {
  return module.then(
    (it) => it.default,
    // No network, and nothing kept of it: its title stands there until there is one.
    () => null,
  );
}

/**
 * @param inbox what is to be shown, of which `taskId` null is about no task
 * @returns once all that it needs is there
 */
export async function cardsFor(inbox: {
  readonly failed: readonly unknown[];
  readonly proposals: readonly unknown[];
  readonly needsYou: readonly { readonly taskId: string | null }[];
  readonly later: readonly { readonly taskId: string | null }[];
}): Promise<Cards> {
  const isStanding = (item: { readonly taskId: string | null }): boolean => item.taskId === null;
  const [Failed, Proposal, Standing] = await Promise.all([
    inbox.failed.length > 0 ? loaded(import('./FailedRow.svelte')) : null,
    inbox.proposals.length > 0 ? loaded(import('../chat/ProposalCard.svelte')) : null,
    [...inbox.needsYou, ...inbox.later].some(isStanding) ? loaded(import('./StandingCard.svelte')) : null,
  ]);
  return { Failed, Proposal, Standing };
}
