import { read } from '#lib/server/read.ts';
import {
  resolveProjectSettings,
  resolveSettings,
  unreadableWords,
} from '@mainloop/models/contracts/settings';
import { setByFile, type KeptWorkflow } from '@mainloop/models/flow/projects/workflow-file';
import type { WorkflowShown } from '#lib/settings/workflow.ts';
import type { PageServerLoad } from './$types';

/** @returns what WORKFLOW.md of a project rules; null where it has none */
function workflowOf(kept: KeptWorkflow | null): WorkflowShown | null {
  if (kept === null) return null;
  const { file, problem } = kept;
  return {
    sets: file === null ? [] : setByFile(file),
    hasTemplate: file !== null && file.template !== '',
    problem,
  };
}

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
        workflow: workflowOf(project.workflow),
      };
    }),
  };
};
