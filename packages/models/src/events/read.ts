// The one way for events that come out of the database. What is older than its type's newest version is
// brought up to it on the way.
import { ZodError, type z } from 'zod';
import type { EventDefinition, Upcast } from './define.ts';
import { EVENTS, isEventType, type EventType, type LoggedEvent } from './registry.ts';

/** A row of the log. */
export interface StoredEvent {
  readonly seq: number;
  readonly ownerId: string;
  readonly type: string;
  readonly taskId: string | null;
  readonly actor: string;
  readonly payload: unknown;
  /** null: 1, as in every row from before there were versions */
  readonly version: number | null;
  readonly at: Date;
}

/** A row that is none of our events: a newer version wrote it, or it was written past the constructors. */
export interface UnreadableEvent {
  readonly seq: number;
  readonly type: string;
  readonly why: string;
}

type Read<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string };

/**
 * Brings a payload to the newest version of its type and reads it.
 * @param version that the payload was written with
 */
export function readPayload<Payload>(
  definition: Pick<EventDefinition, 'version'> & {
    readonly upcasts: readonly Upcast[];
    readonly payload: z.ZodType<Payload>;
  },
  payload: unknown,
  version: number,
): Read<Payload> {
  if (version < 1 || version > definition.version)
    return { ok: false, why: `is of version ${version}, and this is ${definition.version}` };
  try {
    const newest = definition.upcasts.slice(version - 1).reduce((old, upcast) => upcast(old), payload);
    const read = definition.payload.safeParse(newest);
    return read.success ? { ok: true, value: read.data } : { ok: false, why: sayIssues(read.error) };
  } catch (error) {
    // What an upcast can't take is a row like any other that can't be read.
    return { ok: false, why: error instanceof ZodError ? sayIssues(error) : String(error) };
  }
}

const sayIssues = (error: ZodError): string =>
  error.issues.map((i) => `${i.path.join('.') || 'payload'}: ${i.message}`).join('; ');

function readAs<T extends EventType>(type: T, row: StoredEvent): Read<LoggedEvent<T>> {
  const read = readPayload(EVENTS[type], row.payload, row.version ?? 1);
  if (!read.ok) return read;
  const { seq, ownerId, taskId, actor } = row;
  if (EVENTS[type].about === 'task' && taskId === null)
    return { ok: false, why: 'is about no task, and all of its type are' };
  // Postgres also has times that no clock shows, like `infinity`.
  const at = new Date(row.at);
  if (Number.isNaN(at.getTime())) return { ok: false, why: 'its time is none' };
  return {
    ok: true,
    value: { type, payload: read.value, seq, ownerId, taskId, actor, at: at.toISOString() },
  };
}

/**
 * Reads rows of the log.
 * @returns the events in the same order, and beside them the rows that are none of ours
 */
export function readEvents(rows: readonly StoredEvent[]): {
  readonly events: LoggedEvent[];
  readonly unreadable: UnreadableEvent[];
} {
  const events: LoggedEvent[] = [];
  const unreadable: UnreadableEvent[] = [];
  for (const row of rows) {
    const read: Read<LoggedEvent> = isEventType(row.type)
      ? readAs(row.type, row)
      : { ok: false, why: 'is no type that is known here' };
    if (read.ok) events.push(read.value);
    else unreadable.push({ seq: row.seq, type: row.type, why: read.why });
  }
  return { events, unreadable };
}
