// The verdict over one commit's checks, and what follows from it.
export interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly url: string | null;
}
export interface CommitStatus {
  readonly context: string;
  readonly state: string;
}
export type CiVerdict = 'pending' | 'green' | 'red' | 'none';

const GOOD = new Set(['success', 'neutral', 'skipped']);

/** GitHub's check runs and the older commit statuses count alike. No checks at all is `none`, never green. */
export function ciVerdict(
  checks: readonly CheckRun[],
  statuses: readonly CommitStatus[],
): { verdict: CiVerdict; passed: number; failed: number; pending: number } {
  let passed = 0,
    failed = 0,
    pending = 0;
  for (const c of latestByName(checks)) {
    if (c.status !== 'completed') pending++;
    else if (GOOD.has(c.conclusion ?? '')) passed++;
    else failed++;
  }
  for (const s of statuses) {
    if (s.state === 'pending') pending++;
    else if (s.state === 'success') passed++;
    else failed++;
  }
  const verdict = failed > 0 && pending === 0 ? 'red' : pending > 0 ? 'pending' : passed > 0 ? 'green' : 'none';
  return { verdict, passed, failed, pending };
}

/** A re-run makes a second check run of the same name; the newer one (the higher id) counts. */
function latestByName(checks: readonly CheckRun[]): CheckRun[] {
  const byName = new Map<string, CheckRun>();
  for (const c of checks) if ((byName.get(c.name)?.id ?? -1) < c.id) byName.set(c.name, c);
  return [...byName.values()];
}

export type AfterCi =
  | { readonly do: 'wait' }
  | { readonly do: 'verify_locally' }
  | { readonly do: 'review' }
  | { readonly do: 'repair'; readonly round: number }
  | { readonly do: 'ask_human'; readonly sentence: string };

/** What the project's own verify command said about this commit, when the runner ran it. */
export type Verified = 'passed' | 'failed' | 'unknown';

export function afterCi(
  v: CiVerdict,
  i: { repairs: number; maxRepairs: number; waitedMs: number; graceMs: number; weakened: boolean; verified: Verified },
): AfterCi {
  if (v === 'pending') return { do: 'wait' };
  const red = v === 'red' || i.verified === 'failed';
  if (!red && v === 'none') {
    if (i.waitedMs < i.graceMs) return { do: 'wait' };
    if (i.verified === 'unknown') return { do: 'verify_locally' };
  }
  if (!red)
    return i.weakened
      ? { do: 'ask_human', sentence: 'The checks are green, but the change removes or skips tests. Look at it before it counts.' }
      : { do: 'review' };
  return i.repairs < i.maxRepairs
    ? { do: 'repair', round: i.repairs + 1 }
    : { do: 'ask_human', sentence: `${v === 'red' ? 'CI is still red' : 'The verify command still fails'} after ${i.maxRepairs} repairs.` };
}

/**
 * Finds hunks of a unified diff that delete, skip or switch off tests.
 * @returns a line for each finding: `path: what`
 */
export function weakenedTests(diff: string): string[] {
  const found: string[] = [];
  let file = '';
  let removed = 0,
    added = 0;
  const flush = (): void => {
    if (isTestFile(file) && removed > added) found.push(`${file}: ${removed - added} test case${removed - added === 1 ? '' : 's'} removed`);
    removed = added = 0;
  };
  for (const line of diff.split('\n')) {
    if (line.startsWith('diff --git ')) {
      flush();
      file = / b\/(.*)$/.exec(line)?.[1] ?? '';
    } else if (line.startsWith('deleted file') && isTestFile(file)) found.push(`${file}: deleted`);
    else if (line.startsWith('+') && !line.startsWith('+++')) {
      if (isTestFile(file) && SKIP.test(line)) found.push(`${file}: a test is skipped`);
      if (CASE.test(line)) added++;
    } else if (line.startsWith('-') && !line.startsWith('---') && CASE.test(line)) removed++;
  }
  flush();
  return [...new Set(found)];
}

const CASE = /^[+-]\s*(it|test|def test_\w*|func Test\w*|#\[test\])\s*[.([]?/;
const SKIP = /\b(it|test|describe)\.(skip|todo|failing)\b|\bx(it|describe)\(|@pytest\.mark\.skip|t\.Skip\(|#\[ignore\]/;
const isTestFile = (f: string): boolean => /(^|\/)(tests?|spec|__tests__|e2e)\/|[._-](test|spec)\.|(^|\/)test_|_test\./.test(f);
