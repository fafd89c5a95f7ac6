// Two commits beside each other: https://docs.github.com/rest/commits/commits#compare-two-commits
import type { Bare } from './bare.ts';
import type { Answer, Ask, Ctx } from './ctx.ts';
import * as shape from './shapes.ts';

/** Of a commit in the format below, and the one that -z adds. */
const FIELDS = 11;
/** Of a page. */
const MOST_COMMITS = 250;

/** @param which as git-log(1) takes it @returns commits, each as its fields in the order that `shape.commit` takes */
export async function commitsOf(bare: Bare, full: string, which: readonly string[]): Promise<string[][]> {
  // Fields end with NUL, which no commit can hold.
  const format = '%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00';
  const fields = (await bare.git(full, ['log', '-z', `--format=${format}`, ...which, '--'])).split('\0');
  return Array.from({ length: Math.floor(fields.length / FIELDS) }, (_, n) =>
    fields.slice(n * FIELDS, (n + 1) * FIELDS),
  );
}

/** @returns null where one of the two is not here. The files of it are left out: nobody asks for them but as a diff. */
export async function comparison(
  { bare, base }: Ctx,
  request: Ask,
  from: string,
  to: string,
): Promise<Answer | null> {
  const { full } = request.repo;
  // Git knows no such commit: that is the answer.
  const counted = await bare
    .git(full, ['rev-list', '--left-right', '--count', `${from}...${to}`, '--'])
    .catch(() => null);
  if (counted === null) return null;
  const [behind = 0, ahead = 0] = counted.trim().split('\t').map(Number);
  const fork = (await bare.git(full, ['merge-base', from, to])).trim();
  const shown = (fields: readonly string[]) => shape.commit(base, request.repo, fields);
  const one = async (sha: string) => shown((await commitsOf(bare, full, ['-n', '1', sha]))[0]!);
  const html = `${base}/${full}/compare/${from}...${to}`;
  const body = {
    url: `${base}/repos/${full}/compare/${from}...${to}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: await one(from),
    merge_base_commit: await one(fork),
    status: statusOf(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: (await commitsOf(bare, full, ['--reverse', '-n', String(MOST_COMMITS), `${from}..${to}`])).map(
      shown,
    ),
  };
  return { status: 200, body };
}

function statusOf(ahead: number, behind: number): 'diverged' | 'ahead' | 'behind' | 'identical' {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}
