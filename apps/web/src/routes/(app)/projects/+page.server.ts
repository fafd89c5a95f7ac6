import { read } from '#lib/server/read.ts';
import {
  resolveProjectSettings,
  resolveSettings,
  unreadableWords,
} from '@mainloop/models/contracts/settings';
import type { PageServerLoad } from './$types';

/**
 * Projects with their settings.
 * @returns each with a sentence where its settings can not be read, and how many of its tasks are running
 */
export const load: PageServerLoad = async ({ depends }) => {
  depends('app:live');
  const [projects, live, own] = await Promise.all([read().projects(), read().liveTasks(), read().settings()]);
  return {
    /** What all projects say. */
    all: resolveSettings(own),
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
