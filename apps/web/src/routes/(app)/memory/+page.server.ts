import { read } from '#lib/server/read.ts';
import { Month } from '@mainloop/models/contracts/memory';
import type { PageServerLoad } from './$types';

/**
 * What the chat is told of all that was said.
 * @param event `month`: as 2026-11; summaries of it beside those that are told
 * @returns it, and the month that was asked for or null
 */
export const load: PageServerLoad = async ({ depends, url }) => {
  depends('app:live');
  const asked = Month.safeParse(url.searchParams.get('month'));
  const month = asked.success ? asked.data : null;
  return { memory: await read().memory(month), month };
};
