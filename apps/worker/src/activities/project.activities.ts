// Adding a project: is it there, may we push, has it a first commit? The answer is an event either way.
import { ForgeError, isRetryable, type Forge } from '@mainloop/adapters/forge/port';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { projectAdded, projectRefused } from '@mainloop/models/events/projects';
import type { NewEvent } from '@mainloop/models/events/registry';
import { BRANCH_FOLDER } from '@mainloop/models/flow/ids';
import type { ProjectWorkflowInput } from '@mainloop/models/flow/workflow';
import type { Importer } from '../importer.ts';

export const projectActivities = ({ db, forge, importer }: { db: Db; forge: Forge; importer: Importer }) => ({
  async addProject(i: ProjectWorkflowInput): Promise<void> {
    let event: NewEvent<'project.added' | 'project.refused'>;
    try {
      const folder = /^[/~.]/.test(i.source);
      const look = folder ? await importer.look(i.source) : null;
      const full = look?.full ?? repoName(i.source);
      const repo = await forge.getRepo(full);
      if (repo.empty) throw new ForgeError('rejected', `${full} is empty. Push a first commit, then add it again.`);
      if (!repo.canPush)
        throw new ForgeError('forbidden', `The token may read ${full} but not push to it. Give it the scope "repo" and write access.`);
      if (repo.isInOurWay)
        throw new ForgeError(
          'rejected',
          `${full} has a branch called ${BRANCH_FOLDER}, and git can't hold the branches ${BRANCH_FOLDER}/… of tasks beside it. Rename that branch, then add ${full} again.`,
        );
      event = projectAdded.new({
        actor: 'worker',
        payload: {
          id: i.projectId,
          name: repo.full,
          repo: repo.full,
          defaultBranch: repo.defaultBranch,
          remoteUrl: repo.cloneUrl,
          localPath: look?.localPath ?? null,
          ...(look === null || look.below === '' ? {} : { folder: look.below }),
          ...(look === null ? {} : { look: { outcome: look.outcome, commits: look.commits } }),
        },
      });
    } catch (err) {
      if (!(err instanceof ForgeError) || isRetryable(err.kind)) throw err;
      event = projectRefused.new({ actor: 'worker', payload: { id: i.projectId, source: i.source, sentence: err.message } });
    }
    await withTx(db, (tx) => append(tx, [event], i.ownerId));
  },
});

/** "owner/name", or the address of a repository page. @throws ForgeError when it is neither */
function repoName(source: string): string {
  const m = /^(?:https?:\/\/[^/]+\/|git@[^:]+:)?([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(source.trim());
  if (!m)
    throw new ForgeError('rejected', `"${source.slice(0, 100)}" is neither owner/name nor a folder of this machine (a path starts with / or ~).`);
  return m[1]!;
}
