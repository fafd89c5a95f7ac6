// Which of what happens sets a workflow off. Pure.
import { isLike } from './name-pattern.ts';

export type Happened = (
  | { readonly event: 'push'; readonly branch: string }
  | {
      readonly event: 'pull_request';
      readonly action: string;
      /** The branch that it is meant for. */
      readonly base: string;
      /** As a step reads it: `github.event`. */
      readonly payload: object;
    }
) & {
  /**
   * Files that differ: of a push from where the branch stood, of a pull request from where it left its base.
   * null: nobody knows.
   */
  readonly paths: readonly string[] | null;
};

/** GitHub looks no further through a list of files. */
const MAX_PATHS = 300;

/**
 * What a workflow that names no types waits for:
 * https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
 */
const OF_A_PULL_REQUEST = ['opened', 'synchronize', 'reopened'];

/** @param on of the workflow, as its YAML has it. Where it is not known what changed, it runs rather than not. */
export function triggers(on: unknown, what: Happened): boolean {
  const filters = filtersOf(on, what.event);
  if (filters === null) return false;
  if (what.event === 'push') {
    // With filters for tags alone it is not about branches.
    const isOfTags =
      ('tags' in filters || 'tags-ignore' in filters) &&
      !('branches' in filters || 'branches-ignore' in filters);
    return !isOfTags && isMeant(filters, what.branch) && isTouched(filters, what.paths);
  }
  const types = 'types' in filters ? words(filters.types) : OF_A_PULL_REQUEST;
  return types.includes(what.action) && isMeant(filters, what.base) && isTouched(filters, what.paths);
}

type Filters = Readonly<Record<string, unknown>>;

function filtersOf(on: unknown, event: string): Filters | null {
  if (on === event || (Array.isArray(on) && on.includes(event))) return {};
  if (typeof on !== 'object' || on === null || Array.isArray(on)) return null;
  const found = Object.entries(on).find(([name]) => name === event);
  if (found === undefined) return null;
  const filters: unknown = found[1];
  return typeof filters === 'object' && filters !== null ? (filters as Filters) : {};
}

function isMeant(filters: Filters, branch: string): boolean {
  if ('branches-ignore' in filters && matches(words(filters['branches-ignore']), branch)) return false;
  return !('branches' in filters) || matches(words(filters.branches), branch);
}

/**
 * @see
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onpushpull_requestpull_request_targetpathspaths-ignore
 */
function isTouched(filters: Filters, all: readonly string[] | null): boolean {
  if (all === null) return true;
  const paths = all.slice(0, MAX_PATHS);
  if ('paths' in filters && !paths.some((p) => matches(words(filters.paths), p))) return false;
  return (
    !('paths-ignore' in filters) ||
    paths.length === 0 ||
    paths.some((p) => !matches(words(filters['paths-ignore']), p))
  );
}

const words = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);

/** The last pattern that fits decides; "!" takes away. */
const matches = (patterns: readonly string[], name: string): boolean =>
  patterns.reduce(
    (found, p) => (p.startsWith('!') ? found && !isLike(p.slice(1), name) : found || isLike(p, name)),
    false,
  );
