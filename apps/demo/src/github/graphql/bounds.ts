// How much a query asks for, before anything of it is looked at. Pure.
// @see https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#node-limit
import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { refused } from './place.ts';

/** GitHub's own limit of what may come by pages, each page counted as full. */
const MAX_NODES = 500_000;
/**
 * Fields of the query with its fragments in their places: a few lines of fragments that name each other can
 * stand for millions.
 */
const MAX_FIELDS = 20_000;
const MAX_DEPTH = 100;
export const MAX_TOKENS = 20_000;

interface Size {
  readonly nodes: number;
  readonly fields: number;
  readonly depth: number;
}
const NOTHING: Size = { nodes: 0, fields: 0, depth: 0 };
const both = (a: Size, b: Size): Size => ({
  nodes: a.nodes + b.nodes,
  fields: a.fields + b.fields,
  depth: Math.max(a.depth, b.depth),
});

/**
 * @param variables as they came with the query
 * @returns why it is too much; null when it is not
 */
export function tooMuch(
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError | null {
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const { nodes, fields, depth } = sizeOf(document, operation, variables);
    if (depth > MAX_DEPTH)
      return new GraphQLError(
        `This query is nested ${depth} deep, which exceeds the maximum of ${MAX_DEPTH}.`,
      );
    if (fields > MAX_FIELDS)
      return new GraphQLError(`This query has ${fields} fields, which exceeds the maximum of ${MAX_FIELDS}.`);
    if (nodes > MAX_NODES)
      return refused(
        'MAX_NODE_LIMIT_EXCEEDED',
        `This query requests up to ${nodes.toLocaleString('en-US')} possible nodes which exceeds the maximum limit of ${MAX_NODES.toLocaleString('en-US')}.`,
      );
  }
  return null;
}

function sizeOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Size {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet]] : [],
    ),
  );
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map((v) => [v.variable.name.value, v.defaultValue]),
  );
  const given = new Map(Object.entries(variables));
  /** Each fragment once: its size is the same wherever it stands. */
  const known = new Map<string, Size>();
  const numberOf = (value: NonNullable<FieldNode['arguments']>[number]['value'] | undefined): number => {
    if (value?.kind === Kind.VARIABLE) {
      const said = given.get(value.name.value);
      return said === undefined ? numberOf(defaults.get(value.name.value)) : Number(said);
    }
    return value?.kind === Kind.INT ? Number(value.value) : Number.NaN;
  };
  const pageOf = (field: FieldNode): number => {
    const size = (field.arguments ?? []).find(
      (a) => ['first', 'last'].includes(a.name.value) && Number.isFinite(numberOf(a.value)),
    );
    return size === undefined ? 0 : Math.max(0, numberOf(size.value));
  };
  const ofField = (field: FieldNode): Size => {
    const below = field.selectionSet === undefined ? NOTHING : of(field.selectionSet);
    const page = pageOf(field);
    return {
      nodes: page + Math.max(1, page) * below.nodes,
      fields: 1 + below.fields,
      depth: 1 + below.depth,
    };
  };
  const ofFragment = (name: string): Size => {
    const before = known.get(name);
    if (before !== undefined) return before;
    // One that comes back to itself is refused later, in the words of the specification.
    known.set(name, NOTHING);
    const selections = fragments.get(name);
    const size = selections === undefined ? NOTHING : of(selections);
    known.set(name, size);
    return size;
  };
  const of = (set: SelectionSetNode): Size =>
    set.selections
      .map((selection) => {
        if (selection.kind === Kind.FIELD) return ofField(selection);
        return selection.kind === Kind.INLINE_FRAGMENT
          ? of(selection.selectionSet)
          : ofFragment(selection.name.value);
      })
      .reduce(both, NOTHING);
  return of(operation.selectionSet);
}
