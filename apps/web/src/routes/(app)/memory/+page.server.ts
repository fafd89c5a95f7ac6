import { read } from '#lib/server/read.ts';
import { Month } from '@mainloop/models/contracts/memory';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends, url }) => {
  depends('app:live');
  const asked = Month.safeParse(url.searchParams.get('month'));
  const month = asked.success ? asked.data : null;
  return { memory: await read().memory(month), month };
};
