// GitHub Actions, locally: what sets workflows off. `act` really runs them, confined like an agent, without
// network but for its packages.
import type { Bare } from './bare.ts';
import type { Hooks } from './hooks.ts';
import { jobPlaces, type ActionsOptions, type Triggered } from './job-place.ts';
import { log } from './log.ts';
import * as shape from './shapes.ts';
import type { Happened } from './triggers.ts';
import type { Happening, Issue, Repo, Store, WorkflowRun } from './store.ts';
import { isOf, workflowRuns, type OpenRun } from './workflow-runs.ts';

/**
 * Runs workflows with `act` when something happened to a repository.
 * @returns `pushed` and `befell` for what happened, `rerun` for a run again, `letThrough` for one that waited,
 * `recover` for what a kill cut
 * short
 */
export function actions(store: Store, bare: Bare, hooks: Hooks, options: ActionsOptions) {
  const runs = workflowRuns(store, hooks, options.base, jobPlaces(bare, options).runJob);
  const each = oneByOne(runs);

  /**
   * Every run is there before the first begins, as on GitHub: what is not listed yet would be taken for
   * nothing that checks the commit.
   * @param wanted which files of workflows
   * @param listed is called when all runs are there
   */
  const happened = async (
    repo: Repo,
    branch: string,
    sha: string,
    what: Happened,
    wanted: (file: string) => boolean,
    listed: () => void = () => undefined,
  ): Promise<void> => {
    // No workflows at that commit.
    const files = (
      await bare
        .git(repo.full, ['ls-tree', '-z', '--name-only', sha, '--', '.github/workflows/'])
        .catch(() => '')
    )
      .split('\0')
      .filter((f) => /\.ya?ml$/.test(f) && wanted(f));
    const opened: Opened[] = [];
    for (const file of files) {
      const text = await bare.git(repo.full, ['cat-file', 'blob', `${sha}:${file}`]);
      const triggered = { repo, branch, sha, file, text, what };
      const run = runs.open(triggered);
      if (run !== null) opened.push({ triggered, run });
    }
    listed();
    for (const one of opened) await each.begin(one);
  };
  /** @returns null when git can't say */
  const changed = (full: string, ...range: string[]): Promise<string[] | null> =>
    bare.git(full, ['diff', '--name-only', '--no-renames', '-z', ...range]).then(
      (said) => said.split('\0').filter(Boolean),
      // No commit in common, or one that is gone.
      () => null,
    );
  const pathsOf = (repo: Repo, base: string, sha: string): Promise<string[] | null> =>
    changed(repo.full, `refs/heads/${base}...${sha}`);
  const pathsOfPush = async (repo: Repo, { branch, sha, before }: Happening): Promise<string[] | null> => {
    if (before !== null) return changed(repo.full, before, sha);
    return branch === repo.defaultBranch
      ? null
      : changed(repo.full, `refs/heads/${repo.defaultBranch}...${sha}`);
  };
  const ofPull = async (
    repo: Repo,
    sha: string,
    { number, action }: NonNullable<Happening['pull']>,
  ): Promise<Happened | null> => {
    const pull = store.one('issue', (i) => i.repo === repo.full && i.number === number);
    if (!pull?.pr) return null;
    const { base } = pull.pr;
    const shown = shape.pull(pull, repo, {
      base: options.base,
      comments: 0,
      reactions: [],
      reviewComments: 0,
      commits: 0,
      fits: null,
      stat: NO_STAT,
    });
    const payload = { action, number, pull_request: shown, repository: shape.repo(options.base, repo) };
    return { event: 'pull_request', action, base, payload, paths: await pathsOf(repo, base, sha) };
  };
  /** @param isAgain after a kill: the runs that it had listed by then run again by themselves */
  const follow = async (repo: Repo, happening: Happening, isAgain: boolean): Promise<void> => {
    const { branch, sha } = happening;
    const what: Happened | null =
      happening.pull === null
        ? { event: 'push', branch, paths: await pathsOfPush(repo, happening) }
        : await ofPull(repo, sha, happening.pull);
    const listed = (): void => store.remove('happening', happening);
    if (what === null) return listed();
    const isListed = (file: string): boolean =>
      store.one('run', isOf({ repo, branch, sha, file, what })) !== undefined;
    await happened(repo, branch, sha, what, (file) => !isAgain || !isListed(file), listed);
  };

  /** @param before where the branch stood; null: it is new, and counts from where it left the default branch */
  const pushed = (repo: Repo, branch: string, sha: string, before: string | null): Promise<void> =>
    follow(repo, store.insert('happening', { repo: repo.full, branch, sha, before, pull: null }), false);
  const befell = (repo: Repo, { number, pr }: Issue, action: string): Promise<void> =>
    follow(
      repo,
      store.insert('happening', {
        repo: repo.full,
        branch: pr!.head,
        sha: pr!.headSha,
        before: null,
        pull: { number, action },
      }),
      false,
    );
  const rerun = async (repo: Repo, run: WorkflowRun): Promise<void> => {
    const pull = store.one(
      'issue',
      (i) => i.repo === repo.full && i.state === 'open' && i.pr?.head === run.branch,
    );
    const isSame = (file: string): boolean => file === run.path;
    if (run.event !== 'pull_request')
      return happened(repo, run.branch, run.sha, { event: 'push', branch: run.branch, paths: null }, isSame);
    if (pull === undefined) return;
    const payload = { action: 'synchronize', number: pull.number };
    await happened(
      repo,
      run.branch,
      run.sha,
      { event: 'pull_request', action: 'synchronize', base: pull.pr!.base, payload, paths: null },
      isSame,
    );
  };

  /** Runs that a kill left in the middle are run again, as GitHub's runners would be replaced. */
  const recover = (): void => {
    for (const run of runs.cancelOpen()) {
      const repo = store.one('repo', (x) => x.full === run.repo);
      if (repo) void rerun(repo, run);
    }
    for (const happening of store.find('happening', () => true)) {
      const repo = store.one('repo', (x) => x.full === happening.repo);
      if (repo) void follow(repo, happening, true);
    }
  };

  return { pushed, befell, rerun, letThrough: each.letThrough, recover };
}

interface Opened {
  readonly triggered: Triggered;
  readonly run: OpenRun;
}

/** Runs what may begin, and keeps what waits for an approval until it has it. */
function oneByOne(runs: ReturnType<typeof workflowRuns>) {
  const held = new Map<number, Opened>();
  const toEnd = ({ triggered, run }: Opened): Promise<void> =>
    runs
      .run(triggered, run)
      .catch((err: unknown) =>
        log.error({ err, repo: triggered.repo.full, file: triggered.file }, 'a workflow could not be run'),
      );
  return {
    async begin(one: Opened): Promise<void> {
      if (one.run.wfRun.status === 'waiting') held.set(one.run.wfRun.id, one);
      else await toEnd(one);
    },
    async letThrough(repo: Repo, { id }: WorkflowRun): Promise<void> {
      const found = held.get(id);
      if (found === undefined) return;
      held.delete(id);
      runs.begin(repo, found.run);
      await toEnd(found);
    },
  };
}

const NO_STAT = { files: 0, additions: 0, deletions: 0 };
