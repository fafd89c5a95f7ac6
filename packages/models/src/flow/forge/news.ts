// Which tasks a word from the forge may be about. Only ever used to look again: what it says is not believed. Pure.
export interface News {
  /** Issues and pull requests. */
  readonly numbers: readonly number[];
  readonly branches: readonly string[];
  readonly shas: readonly string[];
  /** Whether the branch that changes are merged into has moved: that is about everything that is open. */
  readonly baseMoved: boolean;
}

export const NO_NEWS: News = { numbers: [], branches: [], shas: [], baseMoved: false };

/** @returns what either of two tells, each thing once */
export const together = (a: News, b: News): News => ({
  numbers: [...new Set([...a.numbers, ...b.numbers])],
  branches: [...new Set([...a.branches, ...b.branches])],
  shas: [...new Set([...a.shas, ...b.shas])],
  baseMoved: a.baseMoved || b.baseMoved,
});

interface Payload {
  readonly issue?: { readonly number?: number };
  readonly number?: number;
  readonly pull_request?: { readonly number?: number; readonly head?: Head };
  readonly check_run?: CheckLike & { readonly check_suite?: CheckLike };
  readonly check_suite?: CheckLike;
  readonly workflow_run?: CheckLike;
  readonly sha?: string;
  readonly branches?: readonly { readonly name?: string }[];
  readonly ref?: string;
  readonly repository?: { readonly default_branch?: string } | null;
}
interface Head {
  readonly ref?: string;
  readonly sha?: string;
}
interface CheckLike {
  readonly head_sha?: string;
  readonly head_branch?: string | null;
  readonly pull_requests?: readonly { readonly number?: number }[];
}

/**
 * @param payload body of a GitHub webhook, of any event; fields of the wrong type are passed over
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads
 */
export function newsOf(payload: unknown): News {
  const p = (typeof payload === 'object' && payload !== null ? payload : {}) as Payload;
  const checks = [p.check_run, p.check_run?.check_suite, p.check_suite, p.workflow_run].filter(
    (c) => typeof c === 'object' && c !== null,
  );
  return {
    numbers: only('number', [
      p.issue?.number,
      p.number,
      p.pull_request?.number,
      ...checks.flatMap((c) => list(c.pull_requests).map((x) => x?.number)),
    ]),
    branches: only('string', [
      p.pull_request?.head?.ref,
      ...checks.map((c) => c.head_branch),
      ...list(p.branches).map((b) => b?.name),
      typeof p.ref === 'string' ? p.ref.replace(/^refs\/heads\//, '') : undefined,
    ]),
    shas: only('string', [p.pull_request?.head?.sha, ...checks.map((c) => c.head_sha), p.sha]),
    baseMoved:
      typeof p.repository?.default_branch === 'string' &&
      p.ref === `refs/heads/${p.repository.default_branch}`,
  };
}

/**
 * @param payload of `installation` or `installation_repositories`: an App was installed, suspended, removed, or
 * given other repositories
 * @returns the repositories that it is about, a hundred at most
 */
export function reposOfInstallation(payload: unknown): string[] {
  const p = (typeof payload === 'object' && payload !== null ? payload : {}) as InstallationPayload;
  const all = [p.repositories, p.repositories_added, p.repositories_removed].flatMap(list);
  return only(
    'string',
    all.map((repo) => repo?.full_name),
  );
}
interface InstallationPayload {
  readonly repositories?: readonly { readonly full_name?: string }[];
  readonly repositories_added?: readonly { readonly full_name?: string }[];
  readonly repositories_removed?: readonly { readonly full_name?: string }[];
}

const list = <T>(given: readonly T[] | undefined): readonly T[] =>
  Array.isArray(given) ? (given as readonly T[]) : [];
function only(type: 'number', values: readonly unknown[]): number[];
function only(type: 'string', values: readonly unknown[]): string[];
function only(type: string, values: readonly unknown[]): unknown[] {
  return [...new Set(values.filter((x) => typeof x === type && x !== ''))].slice(0, 100);
}
