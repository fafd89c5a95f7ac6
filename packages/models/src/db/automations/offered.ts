// What a rule can wait for, as the page offers it.
import { fieldsOfEvent } from '../../events/fields.ts';
import { EVENTS } from '../../events/registry.ts';

export interface OfferedEvent {
  readonly type: string;
  /** One sentence. */
  readonly says: string;
  readonly fields: readonly string[];
}

/** All of them, by name. */
export const offeredEvents = (): OfferedEvent[] =>
  Object.values(EVENTS)
    .filter(({ type }) => !type.startsWith('automation.'))
    .map(({ type, says }) => ({ type, says, fields: fieldsOfEvent(type) ?? [] }))
    .toSorted((one, other) => one.type.localeCompare(other.type));
