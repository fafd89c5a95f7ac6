import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/**
 * Plans of skills, and what a plan can be of.
 * @returns plans, skills and projects
 */
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
