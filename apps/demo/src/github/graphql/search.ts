// GitHub's search for issues and pull requests, as far as its clients use it here. Reading a query is pure.
import type { Issue, Repo } from '../store.ts';
import { connection, type Bounds } from './connection.ts';
import { inOrder, isAssigned, mentions } from './issues.ts';
import { refused, viewOf, type Place, type View } from './place.ts';

export interface SearchArgs extends Bounds {
  readonly query: string;
  readonly type: string;
}

/**
 * Words and qualifiers, all of which have to fit. Quotes hold words together; brackets and AND change nothing
 * where there is no OR.
 * @see https://docs.github.com/search-github/searching-on-github/searching-issues-and-pull-requests
 * @throws GraphQLError for OR and NOT
 */
export function readSearch(query: string): {
  words: string[];
  qualifiers: { name: string; value: string; not: boolean }[];
} {
  const words: string[] = [];
  const qualifiers: { name: string; value: string; not: boolean }[] = [];
  for (const match of query.matchAll(/(-?)(?:([a-z][a-z-]*):)?(?:"([^"]*)"|([^\s"()]+))/gi)) {
    const value = match[3] ?? match[4] ?? '';
    if (match[4] === 'AND') continue;
    if (match[4] === 'OR' || match[4] === 'NOT')
      throw refused('NOT_IMPLEMENTED', `The local GitHub does not know ${match[4]} in a search.`);
    if (match[2] === undefined) words.push(`${match[1]}${value}`.toLowerCase());
    else qualifiers.push({ name: match[2].toLowerCase(), value, not: match[1] === '-' });
  }
  return { words, qualifiers };
}

type Test = (issue: Issue, value: string) => boolean;
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const IS: ReadonlyMap<string, (issue: Issue) => boolean> = new Map<string, (issue: Issue) => boolean>([
  ['issue', (i) => i.pr === null],
  ['pr', (i) => i.pr !== null],
  ['open', (i) => i.state === 'open'],
  ['closed', (i) => i.state === 'closed'],
  ['merged', (i) => i.pr?.merged === true],
  ['unmerged', (i) => i.pr?.merged === false],
  ['draft', (i) => i.pr?.draft === true],
  ['public', () => true],
  ['private', () => false],
]);
const is: Test = (issue, value) => {
  const test = IS.get(value.toLowerCase());
  if (test === undefined)
    throw refused('NOT_IMPLEMENTED', `The local GitHub does not know "is:${value}" in a search.`);
  return test(issue);
};

/** @param me who "@me" is */
const tests = (me: string): ReadonlyMap<string, Test> => {
  const person = (login: string): string => (login === '@me' ? me : login);
  return new Map<string, Test>([
    ['repo', (i, v) => same(i.repo, v)],
    ['user', (i, v) => same(i.repo.split('/')[0]!, v)],
    ['org', (i, v) => same(i.repo.split('/')[0]!, v)],
    ['is', is],
    ['type', is],
    ['state', is],
    ['draft', (i, v) => (i.pr?.draft === true) === (v === 'true')],
    ['author', (i, v) => same(i.user, person(v))],
    ['involves', (i, v) => same(i.user, person(v))],
    ['assignee', (i, v) => isAssigned(i, person(v))],
    ['mentions', (i, v) => mentions(i, person(v))],
    ['review-requested', () => false],
    ['label', (i, v) => v.split(',').some((one) => (i.labels ?? []).some((l) => same(l, one)))],
    ['head', (i, v) => i.pr?.head === v],
    ['base', (i, v) => i.pr?.base === v],
    ['archived', (_, v) => v === 'false'],
  ]);
};

const SORTS: ReadonlyMap<string, string> = new Map([
  ['created', 'CREATED_AT'],
  ['updated', 'UPDATED_AT'],
  ['comments', 'COMMENTS'],
]);

/** @throws GraphQLError for a qualifier that is not known here */
function found(place: Place, query: string): Issue[] {
  const { words, qualifiers } = readSearch(query);
  const known = tests(place.user);
  let order: { field: string; direction: 'ASC' | 'DESC' } = { field: 'CREATED_AT', direction: 'DESC' };
  let where = (issue: Issue): string => `${issue.title}\n${issue.body ?? ''}`;
  const wanted: ((issue: Issue) => boolean)[] = [];
  for (const { name, value, not } of qualifiers) {
    const test = known.get(name);
    const [field, direction] = value.split('-');
    if (test !== undefined) wanted.push((i) => test(i, value) !== not);
    else if (name === 'sort' && SORTS.has(field!))
      order = { field: SORTS.get(field!)!, direction: direction === 'asc' ? 'ASC' : 'DESC' };
    else if (name === 'in' && value === 'title') where = (i) => i.title;
    else if (name === 'in' && value === 'body') where = (i) => i.body ?? '';
    else throw refused('NOT_IMPLEMENTED', `The local GitHub does not know "${name}:${value}" in a search.`);
  }
  return inOrder(
    place,
    place.c.store.find(
      'issue',
      (i) => wanted.every((w) => w(i)) && words.every((w) => where(i).toLowerCase().includes(w)),
    ),
    order,
  );
}

function foundRepositories(place: Place, query: string): Repo[] {
  const { words, qualifiers } = readSearch(query);
  const other = qualifiers.find((q) => !['user', 'org', 'fork', 'sort', 'archived'].includes(q.name));
  if (other)
    throw refused(
      'NOT_IMPLEMENTED',
      `The local GitHub does not know "${other.name}:${other.value}" in a search.`,
    );
  const owners = qualifiers.filter((q) => q.name === 'user' || q.name === 'org').map((q) => q.value);
  return place.c.store.find(
    'repo',
    (repo) =>
      words.every((w) => repo.full.toLowerCase().includes(w)) &&
      (owners.length === 0 || owners.some((o) => same(repo.full.split('/')[0]!, o))),
  );
}

/**
 * @returns a `SearchResultItemConnection`, of repositories or of issues and pull requests
 * @throws for a type that is not searched here
 */
export function searchView(place: Place, args: SearchArgs): View {
  if (args.type === 'REPOSITORY') {
    const repos = foundRepositories(place, args.query);
    return connection('search', args, repos, (r) => place.view.repository(place, r), {
      repositoryCount: repos.length,
      issueCount: 0,
    });
  }
  if (!args.type.startsWith('ISSUE'))
    throw refused('NOT_IMPLEMENTED', `The local GitHub does not search for ${args.type}.`);
  const issues = found(place, args.query);
  return connection('search', args, issues, (i) => viewOf(place, i), {
    issueCount: issues.length,
    repositoryCount: 0,
  });
}
