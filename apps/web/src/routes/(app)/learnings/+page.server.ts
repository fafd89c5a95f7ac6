import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/**
 * Learnings, and the projects that they may be of.
 * @returns all of them, whatever their state
 */
export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [learnings, projects] = await Promise.all([read().learnings(), read().projects()]);
  return { learnings, projects: projects.map(({ id, name }) => ({ id, name })) };
};
