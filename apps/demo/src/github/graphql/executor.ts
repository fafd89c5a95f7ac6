// GitHub's GraphQL: a real executor over GitHub's own published schema. Loaded with the first query; until
// then it costs nothing.
import { readFileSync } from 'node:fs';
import { own } from '@mainloop/models/flow/look';
import {
  buildASTSchema,
  execute,
  getOperationAST,
  GraphQLError,
  OverlappingFieldsCanBeMergedRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import type { Answer } from '../ctx.ts';
import { log } from '../log.ts';
import { MAX_TOKENS, tooMuch } from './bounds.ts';
import { checkRunView } from './checks.ts';
import { commitView } from './commits.ts';
import { issueView } from './issues.ts';
import { LATER } from './later.ts';
import { mutationRoot } from './mutations.ts';
import { commentView, labelView, reactionGroups, userView } from './people.ts';
import { readGlobalId, refused, repoOf, type Place, type View, type Views } from './place.ts';
import { pullView, reviewView, threadView } from './pulls.ts';
import { repositoryView } from './repository.ts';
import { searchView, type SearchArgs } from './search.ts';

export const VIEWS: Views = {
  user: userView,
  repository: repositoryView,
  issue: issueView,
  pull: pullView,
  comment: commentView,
  review: reviewView,
  thread: threadView,
  label: labelView,
  commit: commitView,
  checkRun: checkRunView,
  reactions: reactionGroups,
};

let schema: GraphQLSchema | undefined;
/** Once in a process: it takes a quarter of a second and 30 MB. GitHub has looked at it, so it is not checked again. */
function githubSchema(): GraphQLSchema {
  if (schema === undefined) {
    // The file itself: the package's own code holds the schema in three more forms, which nobody here asks for.
    const file = new URL('schema.graphql', import.meta.resolve('@octokit/graphql-schema'));
    schema = buildASTSchema(parse(`${readFileSync(file, 'utf8')}${LATER}`, { noLocation: true }), {
      assumeValid: true,
      assumeValidSDL: true,
    });
  }
  return schema;
}

/**
 * All but one: GitHub answers queries that ask two types for fields of one name and different kinds, and its
 * own client sends some.
 */
const RULES = specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule);

/** What a view does not name is refused by its name: a silent null would pass for an answer. */
const fieldResolver: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
  const view = source as View;
  const name = info.fieldName;
  const value = own(view, name);
  if (value === undefined)
    throw refused('NOT_IMPLEMENTED', `The local GitHub has no field "${info.parentType.name}.${name}".`);
  return typeof value === 'function'
    ? (value as (a: unknown, c: unknown, i: unknown) => unknown)(args, context, info)
    : value;
};

function nodeOf(place: Place, id: string): View {
  const at = readGlobalId(id);
  const { store } = place.c;
  const kinds: ReadonlyMap<string, () => View | undefined> = new Map([
    [
      'Repository',
      () =>
        seen(
          store.one('repo', (x) => x.id === at?.id),
          (x) => place.view.repository(place, x),
        ),
    ],
    [
      'Issue',
      () =>
        seen(
          store.one('issue', (x) => x.id === at?.id && x.pr === null),
          (x) => place.view.issue(place, x),
        ),
    ],
    [
      'PullRequest',
      () =>
        seen(
          store.one('issue', (x) => x.id === at?.id && x.pr !== null),
          (x) => place.view.pull(place, x),
        ),
    ],
    [
      'Label',
      () =>
        seen(
          store.one('label', (x) => x.id === at?.id),
          (x) => place.view.label(place, x),
        ),
    ],
  ]);
  const found = at === null ? undefined : kinds.get(at.kind)?.();
  if (found === undefined)
    throw refused('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  return found;
}
const seen = <T>(doc: T | undefined, view: (doc: T) => View): View | undefined =>
  doc === undefined ? undefined : view(doc);

function repositoryNamed(place: Place, owner: string, name: string): View {
  const repo = repoOf(place, `${owner}/${name}`);
  if (repo === undefined)
    throw refused('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  return place.view.repository(place, repo);
}

function queryRoot(place: Place): View {
  const isKnown = (login: string): boolean =>
    login === place.user || place.c.store.one('repo', (r) => r.full.startsWith(`${login}/`)) !== undefined;
  const userNamed = (login: string): View => {
    if (!isKnown(login))
      throw refused('NOT_FOUND', `Could not resolve to a User with the login of '${login}'.`);
    return place.view.user(place, login);
  };
  return {
    repository: (args: { owner: string; name: string }) => repositoryNamed(place, args.owner, args.name),
    viewer: () => place.view.user(place, place.user),
    user: (args: { login: string }) => userNamed(args.login),
    repositoryOwner: (args: { login: string }) => userNamed(args.login),
    organization: (args: { login: string }) => {
      throw refused('NOT_FOUND', `Could not resolve to an Organization with the login of '${args.login}'.`);
    },
    node: (args: { id: string }) => nodeOf(place, args.id),
    nodes: (args: { ids: string[] }) => args.ids.map((id) => nodeOf(place, id)),
    search: (args: SearchArgs) => searchView(place, args),
    rateLimit: {
      limit: 5000,
      cost: 1,
      remaining: 4999,
      used: 1,
      nodeCount: 0,
      resetAt: new Date(Date.now() + 3_600_000).toISOString(),
    },
  };
}

/** As GitHub writes an error: its type beside the message, not below. */
function shownError(error: GraphQLError): object {
  const { type, ...rest } = error.extensions;
  return {
    ...(type === undefined ? {} : { type }),
    ...(error.path === undefined ? {} : { path: error.path }),
    ...(Object.keys(rest).length === 0 ? {} : { extensions: rest }),
    locations: error.locations,
    message: error.message,
  };
}

const refusal = (errors: readonly GraphQLError[]): Answer => ({
  status: 200,
  body: { errors: errors.map(shownError) },
});

/** @returns why it is not answered, where it is no query or asks for too much */
function readQuery(query: string, variables: Readonly<Record<string, unknown>>): DocumentNode | GraphQLError {
  try {
    const document = parse(query, { maxTokens: MAX_TOKENS });
    return tooMuch(document, variables) ?? document;
  } catch (err) {
    if (err instanceof GraphQLError) return err;
    // The parser goes down with what it reads.
    if (err instanceof RangeError) return new GraphQLError('This query is nested too deeply to be read.');
    throw err;
  }
}

/**
 * @param ask `query`, and `variables` and `operationName` where there are any:
 * https://docs.github.com/graphql/guides/forming-calls-with-graphql
 */
export async function answerQuery(place: Place, ask: Readonly<Record<string, unknown>>): Promise<Answer> {
  if (typeof ask.query !== 'string')
    return refusal([new GraphQLError('A query attribute must be specified and must be a string.')]);
  const variables = (ask.variables ?? {}) as Record<string, unknown>;
  const read = readQuery(ask.query, variables);
  if (read instanceof GraphQLError) return refusal([read]);
  const document = read;
  const wrong = validate(githubSchema(), document, RULES);
  if (wrong.length > 0) return refusal(wrong);
  const operationName = typeof ask.operationName === 'string' ? ask.operationName : undefined;
  const done = await execute({
    schema: githubSchema(),
    document,
    rootValue:
      getOperationAST(document, operationName)?.operation === 'mutation'
        ? mutationRoot(place)
        : queryRoot(place),
    variableValues: variables,
    operationName,
    fieldResolver,
  });
  for (const error of done.errors ?? [])
    if (error.originalError !== undefined && !(error.originalError instanceof GraphQLError))
      log.error({ err: error.originalError, path: error.path }, 'a field failed');
  return {
    status: 200,
    body: {
      ...(done.data === undefined ? {} : { data: done.data }),
      ...(done.errors ? { errors: done.errors.map(shownError) } : {}),
    },
  };
}
