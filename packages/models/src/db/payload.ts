// Fields of payloads inside statements. Their names come from the event types, so that a field of another name does not compile there either.
import type { EventType, Payloads } from '../events/registry.ts';

/**
 * @param _type of the events that the statement reads
 * @param field of their payload
 * @param column that holds the payload
 * @returns the SQL of the field as text, which is null where a payload has none
 */
export const payloadText = <T extends EventType>(_type: T, field: keyof Payloads[T] & string, column = 'payload'): string => `${column}->>'${field}'`;

/** The same of the request that an item of kind `permission` answers; `rule` of it as text, or all of it as JSON. */
export const permissionOf = (column = 'payload'): { readonly all: string; readonly rule: string } => {
  const field: keyof Payloads['inbox.opened'] = 'permission';
  const rule: keyof NonNullable<Payloads['inbox.opened']['permission']> = 'rule';
  return { all: `${column}->'${field}'`, rule: `${column}->'${field}'->>'${rule}'` };
};
