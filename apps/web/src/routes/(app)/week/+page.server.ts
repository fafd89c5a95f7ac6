import { read } from '#lib/server/read.ts';
import { resolveSettings } from '@mainloop/models/contracts/settings';
import type { PageServerLoad } from './$types';

/**
 * How much attention the last eight weeks took, and what they cost.
 * @returns the weeks, what each of the last 56 days cost, and the limit of a day in cents
 */
export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [weeks, costs, settings] = await Promise.all([
    read().attention(8),
    read().costs(56),
    read().settings(),
  ]);
  return { weeks, costs, dayBudgetCents: resolveSettings(settings).dayBudgetCents };
};
