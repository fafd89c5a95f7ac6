// Adding a project: is it there, may we push, has it a first commit? The answer is an event either way.
import { ForgeError, isRetryable, type Forge, type RepoInfo } from '@mainloop/adapters/forge/port';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { projectAdded, projectRefused } from '@mainloop/models/events/projects';
import type { NewEvent } from '@mainloop/models/events/registry';
import { ciVerdict } from '@mainloop/models/flow/ci/verdict';
import { sayUnreadable } from '@mainloop/models/flow/ci/unreadable';
import { isFolderBelow, projectName } from '@mainloop/models/flow/projects/folders';
import { BRANCH_FOLDER } from '@mainloop/models/flow/ids';
import type { Suggestion } from '@mainloop/models/flow/projects/suggestions';
import type { ProjectWorkflowInput } from '@mainloop/models/flow/workflow';
import type { Importer } from '../importer.ts';
import { suggestionsFor } from '../suggestions.ts';

/**
 * Adding a project, from a folder of this machine or from the forge.
 * @returns activities; what is refused for good becomes an event with its reason
 */
export const projectActivities = ({ db, forge, importer }: { db: Db; forge: Forge; importer: Importer }) => ({
  async addProject(input: ProjectWorkflowInput): Promise<void> {
    let event: NewEvent<'project.added' | 'project.refused'>;
    try {
      const look = /^[/~.]/.test(input.source) ? await importer.look(input.source) : null;
      if (look !== null && input.folder !== undefined)
        throw new ForgeError(
          'rejected',
          `A folder of this machine is named by its whole path: add ${input.source.replace(/\/$/, '')}/${input.folder}.`,
        );
      const named = look === null ? repositoryNamed(input.source) : { full: look.full, below: null };
      const { full } = named;
      const repo = await forge.getRepo(full);
      if (repo.empty)
        throw new ForgeError('rejected', `${full} is empty. Push a first commit, then add it again.`);
      if (!repo.canPush)
        throw new ForgeError(
          'forbidden',
          `The token may read ${full} but not push to it. Give it the scope "repo" and write access.`,
        );
      if (repo.isInOurWay)
        throw new ForgeError(
          'rejected',
          `${full} has a branch called ${BRANCH_FOLDER}, and git can't hold the branches ${BRANCH_FOLDER}/… of tasks beside it. Rename that branch, then add ${full} again.`,
        );
      const folder = look?.below ?? folderOf(input.folder, named.below, repo);
      if (look === null && folder !== '' && !(await forge.hasFolder(repo.full, repo.defaultBranch, folder)))
        throw new ForgeError(
          'not_found',
          `There is no folder ${folder} on ${repo.defaultBranch} of ${repo.full}.`,
        );
      const localPath = look?.localPath ?? null;
      const { unreadable, suggestions } = await firstLook(forge, repo, folder);
      event = projectAdded.new({
        actor: 'worker',
        payload: {
          id: input.projectId,
          name: projectName({ repo: repo.full, folder, localPath }),
          repo: repo.full,
          defaultBranch: repo.defaultBranch,
          remoteUrl: repo.cloneUrl,
          localPath,
          ...(folder === '' ? {} : { folder }),
          ...(look === null ? {} : { look: { outcome: look.outcome, commits: look.commits } }),
          ...(unreadable.length === 0 ? {} : { unreadable: sayUnreadable(unreadable) }),
          ...(suggestions === null ? {} : { suggestions }),
        },
      });
    } catch (err) {
      if (!(err instanceof ForgeError) || isRetryable(err.kind)) throw err;
      event = projectRefused.new({
        actor: 'worker',
        payload: { id: input.projectId, source: input.source, sentence: err.message },
      });
    }
    await withTx(db, (tx) => append(tx, [event], input.ownerId));
  },
});

/** @returns what of its CI may not be read, and what there is to ask for; null where nothing could be looked at */
async function firstLook(
  forge: Forge,
  { full: repo, tip: sha, defaultBranch }: RepoInfo,
  folder: string,
): Promise<{ unreadable: readonly string[]; suggestions: Suggestion[] | null }> {
  if (sha === null) return { unreadable: [], suggestions: null };
  const seen = await forge.listChecks(repo, sha, defaultBranch);
  const { outcome } = ciVerdict(seen, Date.now());
  const failed = outcome.is === 'red' ? outcome.failed.map((check) => check.name) : [];
  return {
    unreadable: seen.unreadable,
    suggestions: await suggestionsFor(forge, { repo, sha, folder, failed }),
  };
}

interface Named {
  /** "owner/name" */
  readonly full: string;
  /** Of a page of the repository: its branch and a folder, as the address has them. */
  readonly below: string | null;
}

/** "owner/name", or the address of a repository's page, or of a folder's. @throws ForgeError when it is none of them */
function repositoryNamed(source: string): Named {
  const match =
    /^(?:https?:\/\/[^/]+\/|git@[^:]+:)?([\w.-]+\/[\w.-]+?)(?:\.git)?(?:\/tree\/([^?#]+?))?\/?$/.exec(
      source.trim(),
    );
  if (!match)
    throw new ForgeError(
      'rejected',
      `"${source.slice(0, 100)}" is neither owner/name nor a folder of this machine (a path starts with / or ~).`,
    );
  return { full: match[1]!, below: match[2] ?? null };
}

/**
 * @param asked by a field of its own
 * @param below of an address
 * @returns empty for all of it
 * @throws ForgeError for an address on another branch: a project is what its default branch has
 */
function folderOf(
  asked: string | undefined,
  below: string | null,
  { full, defaultBranch }: RepoInfo,
): string {
  if (asked !== undefined || below === null || below === defaultBranch) return asked ?? '';
  const folder = below.startsWith(`${defaultBranch}/`)
    ? (plain(below.slice(defaultBranch.length + 1)) ?? '')
    : '';
  if (folder === '' || !isFolderBelow(folder))
    throw new ForgeError(
      'rejected',
      `That address is not on ${defaultBranch}, the default branch of ${full}. Add ${full} with its folder instead.`,
    );
  return folder;
}

function plain(escaped: string): string | null {
  try {
    return decodeURIComponent(escaped);
  } catch {
    // Escapes that stand for no character.
    return null;
  }
}
