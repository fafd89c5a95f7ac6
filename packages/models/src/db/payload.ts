// Fields of payloads inside statements. Their names come from the event types, so that a field of another
// name does not compile there either.
import { sql, type RawBuilder } from 'kysely';
import type { PermissionAsk } from '../flow/events.ts';
import type { EventType, Payloads } from '../events/registry.ts';
import type { DB } from './generated/tables.ts';

/** Where a payload stands: the column of the log, by its own name or of a table that is called `e`. */
type PayloadColumn = (keyof DB['events'] & 'payload') | `e.${keyof DB['events'] & 'payload'}`;

/**
 * @param _type of the events that the statement reads
 * @param field of their payload
 * @param column that holds the payload
 * @returns the field as text, which is null where a payload has none
 */
export const payloadField = <T extends EventType>(
  _type: T,
  field: keyof Payloads[T] & string,
  column: PayloadColumn = 'payload',
): RawBuilder<string> => sql`${sql.ref(column)}->>${sql.lit(field)}`;

/**
 * The same of the request that an item of kind `permission` answers; `rule` and `requestId` of it as text, or all of it.
 * @param column that has the payload
 */
export function permissionFields(column: PayloadColumn = 'payload'): {
  readonly all: RawBuilder<PermissionAsk | null>;
  readonly rule: RawBuilder<string | null>;
  readonly requestId: RawBuilder<string | null>;
} {
  const field: keyof Payloads['inbox.opened'] = 'permission';
  const rule: keyof NonNullable<Payloads['inbox.opened']['permission']> = 'rule';
  const all = sql<PermissionAsk | null>`${sql.ref(column)}->${sql.lit(field)}`;
  const requestId: keyof NonNullable<Payloads['inbox.opened']['permission']> = 'requestId';
  return {
    all,
    rule: sql`${all}->>${sql.lit(rule)}`,
    requestId: sql`${all}->>${sql.lit(requestId)}`,
  };
}
