import { read } from '#lib/server/read.ts';
import { resolveProjectSettings, unreadableWords } from '@mainloop/models/contracts/settings';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [projects, live] = await Promise.all([read().projects(), read().liveTasks()]);
  return {
    projects: projects.map((project) => {
      const { unreadable, ...settings } = resolveProjectSettings(project.settings);
      return {
        id: project.id,
        name: project.name,
        defaultBranch: project.defaultBranch,
        localPath: project.localPath,
        remoteUrl: project.remoteUrl,
        settings,
        liveTasks: live.get(project.id) ?? 0,
        unreadable: unreadableWords(unreadable, 'this project'),
      };
    }),
  };
};
