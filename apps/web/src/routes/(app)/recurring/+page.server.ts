import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const result = read();
  const [recurring, skills, projects] = await Promise.all([
    result.recurring(),
    result.skills(),
    result.projects(),
  ]);
  return { recurring, skills, projects: projects.map(({ id, name }) => ({ id, name })) };
};
