// Rules and WORKFLOW.md of repositories are read from the default branch, and from nothing else: a branch or the pull
// request of somebody has no say before it is merged. A rule even then only proposes.
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import {
  listRuleProjects,
  noteRuleFiles,
  type RuleProject,
} from '@mainloop/models/db/automations/repository';
import type { Db } from '@mainloop/models/db/pool';
import { noteWorkflow } from '@mainloop/models/db/projects/workflow';
import { ruleFilesIn } from '@mainloop/models/flow/automations/repository-rule';
import { WORKFLOW_NAME } from '@mainloop/models/workflow-file/read';

type Reads = Pick<Forge, 'getRepo' | 'listFiles' | 'readText'>;

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
  const workflow = `${folder === '' ? '' : `${folder}/`}${WORKFLOW_NAME}`;
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
