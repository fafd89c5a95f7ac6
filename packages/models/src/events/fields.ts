// Which fields an event of a type has, for whoever names them: automations. Made of the schemas.
import { z } from 'zod';
import type { KnownEvents } from '../flow/automations/checks.ts';
import { EVENTS, isEventType } from './registry.ts';

/** As far as it is looked at here. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
}

/** Names of fields that hold a value or a list of values; those within another with a dot, `a.*` for any within a. */
function namesIn(schema: Schema, before: string): string[] {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.flatMap((choice) => namesIn(choice, before));
  if (schema.properties)
    return Object.entries(schema.properties).flatMap(([name, inner]) =>
      namesIn(inner, before === '' ? name : `${before}.${name}`),
    );
  if (typeof schema.additionalProperties === 'object') return [`${before}.*`];
  // What lies in a list of things has no name.
  return schema.items?.properties || before === '' ? [] : [before];
}

const known = new Map<string, readonly string[]>();

/** @returns fields of the type's payload; null when there is no such type */
export function fieldsOfEvent(type: string): readonly string[] | null {
  if (!isEventType(type)) return null;
  const found = known.get(type) ?? [
    ...new Set(
      namesIn(z.toJSONSchema(EVENTS[type].payload, { io: 'output', unrepresentable: 'any' }) as Schema, ''),
    ),
  ];
  known.set(type, found);
  return found;
}

/** What there is to wait for, of the registry. */
export const KNOWN_EVENTS: KnownEvents = {
  fieldsOf: fieldsOfEvent,
  isOfTask: (type) => isEventType(type) && EVENTS[type].about !== 'owner',
};
