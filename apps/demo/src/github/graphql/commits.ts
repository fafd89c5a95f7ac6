// Commits and changed files over GraphQL, read from the bare repository.
import type { Bare } from '../bare.ts';
import type { Repo } from '../store.ts';
import { rollupView } from './checks.ts';
import { connection, type Bounds } from './connection.ts';
import type { CommitFacts, Place, Signature, View } from './place.ts';

/** Fields end with NUL, which no commit can hold; -z adds one more at each end. */
const FORMAT = '--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00';
const FIELDS = 11;

/**
 * @param range as git-log(1) takes it, of whole object names
 * @returns oldest first; none when the branch is gone
 */
export async function commitsIn(bare: Bare, full: string, range: readonly string[]): Promise<CommitFacts[]> {
  // Its commits may be gone with the branch.
  const told = await bare.git(full, ['log', '--reverse', '-z', FORMAT, ...range, '--']).catch(() => '');
  const fields = told.split('\0');
  return Array.from({ length: Math.floor(fields.length / FIELDS) }, (_, n) =>
    factsOf(fields.slice(n * FIELDS, (n + 1) * FIELDS)),
  );
}

function factsOf(fields: readonly string[]): CommitFacts {
  const at = (n: number): string => (fields[n] ?? '').replace(/^\n/, '');
  return {
    sha: at(0),
    tree: at(1),
    parents: at(2).split(' ').filter(Boolean),
    author: { name: at(3), email: at(4), date: at(5) },
    committer: { name: at(6), email: at(7), date: at(8) },
    message: at(9).trimEnd(),
  };
}

/**
 * @param full owner/name
 * @returns null where there is no such commit
 */
export async function commitOf(bare: Bare, full: string, sha: string): Promise<CommitFacts | null> {
  return (await commitsIn(bare, full, ['-1', sha]))[0] ?? null;
}

const signatureView = (signature: Signature): View => ({
  name: signature.name,
  email: signature.email,
  date: signature.date,
  user: null,
});

/** @returns a `Commit` */
export function commitView(place: Place, repo: Repo, commit: CommitFacts): View {
  const [headline, ...rest] = commit.message.split('\n');
  return {
    __typename: 'Commit',
    id: `C_${commit.sha}`,
    oid: commit.sha,
    abbreviatedOid: commit.sha.slice(0, 7),
    message: commit.message,
    messageHeadline: headline ?? '',
    messageBody: rest.join('\n').trim(),
    authoredDate: commit.author.date,
    committedDate: commit.committer.date,
    author: () => signatureView(commit.author),
    committer: () => signatureView(commit.committer),
    authors: (bounds: Bounds) => connection('authors', bounds, [commit.author], signatureView),
    parents: (bounds: Bounds) =>
      connection('parents', bounds, commit.parents, async (sha) => {
        const parent = await commitOf(place.c.bare, repo.full, sha);
        return parent && place.view.commit(place, repo, parent);
      }),
    tree: {
      __typename: 'Tree',
      id: `T_${commit.tree}`,
      oid: commit.tree,
      abbreviatedOid: commit.tree.slice(0, 7),
    },
    url: `${place.c.base}/${repo.full}/commit/${commit.sha}`,
    commitUrl: `${place.c.base}/${repo.full}/commit/${commit.sha}`,
    resourcePath: `/${repo.full}/commit/${commit.sha}`,
    repository: () => place.view.repository(place, repo),
    statusCheckRollup: () => rollupView(place, repo, commit.sha),
  };
}

/** @returns null for a branch that is not there */
export async function refView(place: Place, repo: Repo, branch: string): Promise<View | null> {
  const sha = await place.c.bare.sha(repo.full, branch);
  if (sha === null) return null;
  const found = await commitOf(place.c.bare, repo.full, sha);
  const { required = [] } = repo.rules ?? {};
  return {
    __typename: 'Ref',
    id: `REF_${Buffer.from(`${repo.id}:${branch}`).toString('base64url')}`,
    name: branch,
    prefix: 'refs/heads/',
    target: found && place.view.commit(place, repo, found),
    repository: () => place.view.repository(place, repo),
    branchProtectionRule:
      branch === repo.defaultBranch && required.length > 0 ? { requiresStrictStatusChecks: false } : null,
  };
}

const CHANGE_TYPES: ReadonlyMap<string, string> = new Map([
  ['A', 'ADDED'],
  ['C', 'COPIED'],
  ['D', 'DELETED'],
  ['M', 'MODIFIED'],
  ['R', 'RENAMED'],
  ['T', 'CHANGED'],
]);

/** @returns what a pull request changes, by file, as PullRequestChangedFile has it */
export async function changedFiles(bare: Bare, full: string, range: string): Promise<View[]> {
  // Its commits may be gone with the branch.
  const ask = async (how: string): Promise<string[]> =>
    (await bare.git(full, ['diff', how, '-z', '-M', range]).catch(() => '')).split('\0');
  const [counts, kinds] = await Promise.all([ask('--numstat'), ask('--name-status')]);
  const types = new Map<string, string>();
  for (let n = 0; n + 1 < kinds.length;) {
    const letter = kinds[n]![0]!;
    const names = letter === 'R' || letter === 'C' ? 2 : 1;
    types.set(kinds[n + names]!, CHANGE_TYPES.get(letter) ?? 'CHANGED');
    n += 1 + names;
  }
  const files: View[] = [];
  for (let n = 0; n < counts.length; n++) {
    const [additions, deletions, name] = counts[n]!.split('\t');
    if (name === undefined) continue;
    // Of a file that moved both names follow.
    const path = name === '' ? counts[(n += 2)]! : name;
    files.push({
      path,
      additions: Number(additions) || 0,
      deletions: Number(deletions) || 0,
      changeType: types.get(path) ?? 'MODIFIED',
      viewerViewedState: 'UNVIEWED',
    });
  }
  return files;
}
