// What a person decides by is what is acted on: no event of the log holds a character that hides or misleads,
// except where it is the person's own word, or has to stay as it is to the byte and is spelt out where it is
// shown. Pure.
import { spellOut } from '../flow/text.ts';
import type { EventType, Payloads } from './registry.ts';

/** What stays as it is, by the name of the field; everything else is spelt out, also what a later version adds. */
const AS_IT_IS: Partial<Record<EventType, readonly string[]>> = {
  // Their own words, to the chat, to the agent, to a question, about a line.
  'task.steered': ['text'],
  'inbox.answered': ['text'],
  'review.comment_edited': ['text'],
  // Where something lies.
  'project.added': ['localPath', 'remoteUrl', 'repo', 'defaultBranch'],
  'review.commented': ['path'],
  // Commands and rules are compared to the letter. The page and the command line spell them out.
  'project.settings': ['settings'],
  'task.allowed': ['rule'],
  // A held diff is taken apart line by line where it is shown, and a carriage return in it is a part of the change.
  'inbox.opened': ['permission', 'held'],
};

/** An event's type beside its payload. */
type Body = { readonly [T in EventType]: { readonly type: T; readonly payload: Payloads[T] } }[EventType];

/** @returns the payload as it is kept */
export function shownPayload<T extends EventType>(type: T, payload: Payloads[T]): Payloads[T] {
  const kept = new Set(AS_IT_IS[type] ?? []);
  const body = { type, payload } as Body;
  if (body.type === 'message.said' && body.payload.role === 'user') kept.add('text');
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [name, kept.has(name) ? value : shown(value)]),
  ) as Payloads[T];
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return spellOut(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]));
}
