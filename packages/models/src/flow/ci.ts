// The verdict over one commit's checks, and what follows from it.
import { readDiff, type DiffFile } from './diff.ts';

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
  | { readonly do: 'review' }
  | { readonly do: 'repair'; readonly round: number }
  /** Something stands against the change that only the person may let through. */
  | { readonly do: 'gate'; readonly what: 'weakened' | 'unchecked' }
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
    if (i.verified === 'unknown') return { do: 'gate', what: 'unchecked' };
  }
  if (!red) return i.weakened ? { do: 'gate', what: 'weakened' } : { do: 'review' };
  return i.repairs < i.maxRepairs
    ? { do: 'repair', round: i.repairs + 1 }
    : { do: 'ask_human', sentence: `${v === 'red' ? 'CI is still red' : 'The verify command still fails'} after ${i.maxRepairs} repairs.` };
}

/**
 * Finds what a unified diff deletes, skips or switches off of tests.
 * @returns a line for each finding: `path: what`. A diff that is not whole is a finding itself: what is missing may hold anything.
 */
export function weakenedTests(diff: string): string[] {
  const { files, cut } = readDiff(diff);
  return [
    ...files.flatMap((f) => weakenings(f).map((w) => `${f.path}: ${w}`)),
    ...(cut ? ['the change is larger than what was looked at: whether it removes tests is not known'] : []),
  ];
}

/** @returns what one file of a change does to its tests, in words */
export function weakenings(f: DiffFile): string[] {
  const was = f.from ?? f.path;
  if (!isTestFile(f.path)) return isTestFile(was) ? [`moved away from ${was}`] : [];
  const cases = (kind: 'add' | 'del'): number =>
    f.lines.filter((l) => l.kind === kind).reduce((n, l) => n + statements(l.text).filter((s) => CASE.test(s)).length, 0);
  const removed = cases('del') - cases('add');
  return [
    ...(f.change === 'deleted' ? ['deleted'] : []),
    ...(f.lines.some((l) => l.kind === 'add' && SKIP.test(l.text)) ? ['a test is skipped'] : []),
    ...(removed > 0 ? [`${removed} test case${removed === 1 ? '' : 's'} removed`] : []),
  ];
}

/** What a language may take for several lines is one line to git. */
const statements = (line: string): string[] => line.split(/[\r\v\f\u0085\u2028\u2029]/);

const CASE = /^\s*(it|test|def test_\w*|func Test\w*|#\[test\])\s*[.([]?/;
const SKIP = /\b(it|test|describe)\.(skip|todo|failing)\b|\bx(it|describe)\(|@pytest\.mark\.skip|t\.Skip\(|#\[ignore\]/;
const isTestFile = (f: string): boolean => /(^|\/)(tests?|spec|__tests__|e2e)\/|[._-](test|spec)\.|(^|\/)test_|_test\./.test(f);
