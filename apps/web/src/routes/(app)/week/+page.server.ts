import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [weeks, costs, settings] = await Promise.all([read().attention(8), read().costs(56), read().settings()]);
  return { weeks, costs, dayBudgetCents: (settings as { dayBudgetCents?: number | null }).dayBudgetCents ?? null };
};
