import type { Mined } from '@mainloop/models/flow/learnings/mining';
import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

const minedIn = (json: unknown): Mined | null => json as Mined | null;

/**
 * Learnings, and the projects that they may be of.
 * @returns all of them, whatever their state
 */
export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [learnings, projects] = await Promise.all([read().learnings(), read().projects()]);
  return {
    learnings,
    projects: projects.map(({ id, name, mining, mined }) => ({
      id,
      name,
      isMining: mining !== null,
      mined: minedIn(mined),
    })),
  };
};
