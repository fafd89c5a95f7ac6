import { cardsFor } from '#lib/inbox/cards.ts';
import type { LayoutLoad } from './$types';

/** @returns what the server said, with the cards that show it */
export const load: LayoutLoad = async ({ data }) => ({ ...data, cards: await cardsFor(data.inbox) });
