// Lists of GitHub's GraphQL, page by page:
// https://docs.github.com/graphql/guides/using-pagination-in-the-graphql-api. Pure.
import { refused, type View } from './place.ts';

/** As a query gives them; a variable that was not given is undefined, or null. */
export interface Bounds {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

const MAX_PAGE = 100;
const cursorOf = (at: number): string => Buffer.from(`cursor:${at}`).toString('base64');
const positionOf = (cursor: string): number => {
  const at = /^cursor:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  if (at === undefined)
    throw refused('INVALID_CURSOR_ARGUMENTS', `\`${cursor}\` does not appear to be a valid cursor.`);
  return Number(at);
};

/**
 * @param field as a refusal names it
 * @param all what there is, in order
 * @returns which part is asked for
 * @throws GraphQLError for a page without a size, of no size, or of more than a hundred
 */
export function pageOf<T>(
  field: string,
  bounds: Bounds,
  all: readonly T[],
): { from: number; items: readonly T[] } {
  const size = bounds.first ?? bounds.last ?? null;
  if (size === null)
    throw refused(
      'MISSING_PAGINATION_BOUNDARIES',
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${field}\` connection.`,
    );
  if (size < 1 || size > MAX_PAGE)
    throw refused(
      'EXCESSIVE_PAGINATION',
      `Requesting ${size} records on the \`${field}\` connection exceeds the \`first\` limit of ${MAX_PAGE} records.`,
    );
  const from = bounds.after ? positionOf(bounds.after) + 1 : 0;
  const to = bounds.before ? Math.min(all.length, positionOf(bounds.before)) : all.length;
  if (bounds.first != null) return { from, items: all.slice(from, Math.min(to, from + size)) };
  const start = Math.max(from, to - size);
  return { from: start, items: all.slice(start, to) };
}

/**
 * @param more what else a connection of this kind tells
 * @returns as any of GitHub's connections; what is on no page is not looked at
 */
export function connection<T>(
  field: string,
  bounds: Bounds,
  all: readonly T[],
  view: (item: T) => unknown,
  more: View = {},
): View {
  let found: { from: number; items: readonly T[] } | null = null;
  const page = (): { from: number; items: readonly T[] } => (found ??= pageOf(field, bounds, all));
  return {
    totalCount: all.length,
    nodes: () => page().items.map(view),
    edges: () =>
      page().items.map((item, n) => ({ cursor: cursorOf(page().from + n), node: () => view(item) })),
    pageInfo: () => {
      const { from, items } = page();
      return {
        hasNextPage: from + items.length < all.length,
        hasPreviousPage: from > 0,
        startCursor: items.length === 0 ? null : cursorOf(from),
        endCursor: items.length === 0 ? null : cursorOf(from + items.length - 1),
      };
    },
    ...more,
  };
}
