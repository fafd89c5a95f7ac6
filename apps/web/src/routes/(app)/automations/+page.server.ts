import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const result = read();
  const [automations, files, skills] = await Promise.all([
    result.automations(),
    result.automationFiles(),
    result.skills(),
  ]);
  return { automations, files, skills: skills.map(({ name }) => name), events: result.offeredEvents() };
};
