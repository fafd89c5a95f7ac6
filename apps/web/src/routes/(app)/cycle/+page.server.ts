import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/** @returns the last day of the cycle, and what is stuck */
export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const result = read();
  return { cycle: await result.cycle(), nowMs: Date.now() };
};
