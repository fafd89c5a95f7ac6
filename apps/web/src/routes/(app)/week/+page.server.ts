import { read } from '#lib/server/read.ts';
import { resolveSettings } from '@mainloop/models/contracts/settings';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [weeks, costs, settings] = await Promise.all([
    read().attention(8),
    read().costs(56),
    read().settings(),
  ]);
  return { weeks, costs, dayBudgetCents: resolveSettings(settings).dayBudgetCents };
};
