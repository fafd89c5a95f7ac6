import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  return {
    projects: (await read().projects()).map((p) => ({
      id: p.id,
      repo: p.repo,
      defaultBranch: p.defaultBranch,
      remoteUrl: p.remoteUrl,
      settings: p.settings as Record<string, unknown>,
    })),
  };
};
