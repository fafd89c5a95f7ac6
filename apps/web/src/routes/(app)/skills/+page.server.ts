import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/**
 * Skills, and the projects that they may be of.
 * @returns both, by name
 */
export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const result = read();
  const [skills, projects] = await Promise.all([result.skills(), result.projects()]);
  return { skills, projects: projects.map(({ id, name }) => ({ id, name })) };
};
