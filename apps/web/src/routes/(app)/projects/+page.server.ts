import { read } from '#lib/server/read.ts';
import { resolveProjectSettings, unreadableWords } from '@mainloop/models/contracts/settings';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [projects, live] = await Promise.all([read().projects(), read().liveTasks()]);
  return {
    projects: projects.map((p) => {
      const { unreadable, ...settings } = resolveProjectSettings(p.settings);
      return {
        id: p.id,
        name: p.name,
        defaultBranch: p.defaultBranch,
        localPath: p.localPath,
        remoteUrl: p.remoteUrl,
        settings,
        liveTasks: live.get(p.id) ?? 0,
        unreadable: unreadableWords(unreadable, 'this project'),
      };
    }),
  };
};
