// Rules and WORKFLOW.md of repositories are read from the default branch, and from nothing else: a branch or the pull
// request of somebody has no say before it is merged. A rule even then only proposes.
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import {
  listRuleProjects,
  noteRuleFiles,
  type RuleProject,
} from '@mainloop/models/db/automations/repository';
import { resolveProjectSettings } from '@mainloop/models/contracts/settings';
import type { Db } from '@mainloop/models/db/pool';
import { noteWorkflow } from '@mainloop/models/db/projects/workflow';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import type { KeptWorkflow } from '@mainloop/models/flow/projects/workflow-file';
import { ruleFilesIn } from '@mainloop/models/flow/automations/repository-rule';
import { WORKFLOW_NAME } from '@mainloop/models/workflow-file/read';

export type Reads = Pick<Forge, 'getRepo' | 'listFiles' | 'readText'>;

/**
 * Looks at each project whose default branch has moved.
 * @param seen the commit at which each project was read last, kept between calls
 */
export async function readRuleFiles(
  db: Db,
  ownerId: string,
  forge: Reads,
  seen: Map<string, string>,
): Promise<void> {
  for (const project of await listRuleProjects(db, ownerId))
    try {
      await readProject(db, ownerId, forge, project, seen);
    } catch (err) {
      // One that can't be read now is read the next time; what was approved of it goes on.
      if (!(err instanceof ForgeError)) throw err;
    }
}

async function readProject(
  db: Db,
  ownerId: string,
  forge: Reads,
  project: RuleProject,
  seen: Map<string, string>,
): Promise<void> {
  const { repo, folder } = project;
  const { tip } = await forge.getRepo(repo);
  // A project that is called otherwise now is read anew: its rules name it.
  const at = `${project.name} ${tip}`;
  if (tip === null || seen.get(project.id) === at) return;
  const { files, isWhole } = await forge.listFiles(repo, tip);
  const paths = ruleFilesIn(
    files.map((file) => file.path),
    folder,
  );
  const workflow = workflowPath(folder);
  const hasWorkflow = files.some((file) => file.path === workflow);
  // Of a repository that is not told whole, what is missing may be there.
  if (hasWorkflow || isWhole)
    await noteWorkflow(
      db,
      ownerId,
      project,
      hasWorkflow ? await forge.readText(repo, tip, workflow) : undefined,
    );
  if (!isWhole && paths.length === 0) return;
  const read = await Promise.all(
    paths.map(async (path) => ({ path, text: await forge.readText(repo, tip, path) })),
  );
  await noteRuleFiles(db, ownerId, project, read);
  seen.set(project.id, at);
}

/**
 * Looks at the WORKFLOW.md of a task's project before a run of it, so that what was merged a moment ago counts.
 * @returns what is kept of it now; what was kept before where the forge can't be asked
 */
export async function freshWorkflow(db: Db, forge: Reads, task: TaskRow): Promise<KeptWorkflow | null> {
  const { repo, workflow } = task;
  const folder = task.localPath === null ? resolveProjectSettings(task.settings).folder : '';
  const path = workflowPath(folder);
  try {
    const { tip } = await forge.getRepo(repo);
    const text = tip === null ? null : await forge.readText(repo, tip, path);
    if (tip === null || (text === null && workflow === null)) return workflow;
    const isGone = text === null && (await lacks(forge, repo, tip, path));
    const project = { id: task.projectId, name: folder === '' ? repo : `${repo}/${folder}` };
    await noteWorkflow(db, task.ownerId, project, isGone ? undefined : text);
    return (await getTask(db, task.id)).workflow;
  } catch (err) {
    if (!(err instanceof ForgeError)) throw err;
    return workflow;
  }
}

/** A list that is not whole lacks nothing for certain. */
async function lacks(forge: Reads, repo: string, tip: string, path: string): Promise<boolean> {
  const { files, isWhole } = await forge.listFiles(repo, tip);
  return isWhole && !files.some((file) => file.path === path);
}

const workflowPath = (folder: string): string => `${folder === '' ? '' : `${folder}/`}${WORKFLOW_NAME}`;
