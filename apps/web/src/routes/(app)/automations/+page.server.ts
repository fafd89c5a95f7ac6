import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const result = read();
  const [automations, skills] = await Promise.all([result.automations(), result.skills()]);
  return { automations, skills: skills.map(({ name }) => name), events: result.offeredEvents() };
};
