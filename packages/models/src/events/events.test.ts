import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { append } from '../db/log.ts';
import { agentSaid, evidenceRecorded } from './runs.ts';
import { defineEvent } from './define.ts';
import { inboxOpened } from './inbox.ts';
import { messageSaid } from './conversation.ts';
import { readEvents, readPayload, type StoredEvent } from './read.ts';
import { EVENTS, type LoggedEvent, type NewEvent } from './registry.ts';
import { reviewCommented } from './review.ts';
import { planWritten, taskStateChanged } from './tasks.ts';

const about = { taskId: 't1', actor: 'agent' };

describe('what compiles', () => {
  // `tsc` reads these: a line below an expectation that compiles is an error of its own.
  const takes = (event: Parameters<typeof append>[1][number]): string => event.type;

  test('nothing but what a constructor made can be appended', () => {
    const said = agentSaid.new({ ...about, payload: { runId: 'r', text: 'I begin.' } });
    expect(takes(said)).toBe('agent.said');
    const raw = {
      type: 'agent.said',
      version: 1,
      taskId: 't1',
      actor: 'agent',
      dedupeKey: null,
      payload: { runId: 'r', text: '' },
    } as const;
    // @ts-expect-error: written by hand, with every field right
    expect(takes(raw)).toBe('agent.said');
    // @ts-expect-error: a copy of one, with another key
    expect(takes({ ...said, dedupeKey: 'mine' })).toBe('agent.said');
  });

  test('a payload has the fields of its type, and a key everything that stands in it', () => {
    // @ts-expect-error: `words` is no field of it
    agentSaid.new({ ...about, payload: { runId: 'r', words: 'I begin.' } });
    // @ts-expect-error: it is about a task
    agentSaid.new({ actor: 'agent', payload: { runId: 'r', text: '' } });
    // @ts-expect-error: its key has the run, which the payload does not have
    expect(() => planWritten.new({ ...about, payload: { revision: 1, markdown: '' } })).toThrow(
      'plan.written has no runId for its key',
    );
    const payload = { id: 'm', role: 'assistant' as const, text: '', turnId: null };
    // @ts-expect-error: a reply's key is its turn, and this has none
    expect(() => messageSaid.reply({ actor: 'mainloop', payload })).toThrow(
      'message.said has no turnId for its key',
    );
  });

  test('whoever reads an event knows the payload of its type and no other', () => {
    const textOf = (event: LoggedEvent): string => {
      if (event.type === 'agent.said') return event.payload.text;
      // @ts-expect-error: other types have other fields
      return String(event.payload.text);
    };
    expect(
      readEvents([row(agentSaid.new({ ...about, payload: { runId: 'r', text: 'I begin.' } }))]).events.map(
        textOf,
      ),
    ).toEqual(['I begin.']);
  });
});

/** As the log would keep it. */
const row = (event: NewEvent, version: number | null = null): StoredEvent => ({
  ...event,
  seq: 7,
  ownerId: 'owner',
  version,
  payload: JSON.parse(JSON.stringify(event.payload)),
  at: new Date(0),
});

test.each<[string, string | null, string | null]>([
  [
    'a message',
    messageSaid.byPerson({ actor: 'you', payload: { id: 'm1', role: 'user', text: '', turnId: 't' } })
      .dedupeKey,
    'said/m1',
  ],
  [
    'a reply',
    messageSaid.reply({ actor: 'x', payload: { id: 'm2', role: 'assistant', text: '', turnId: 'turn-m1' } })
      .dedupeKey,
    'reply/turn-m1',
  ],
  [
    'a note',
    messageSaid.endNote({ ...about, payload: { id: 'm3', role: 'note', text: '', turnId: null } }).dedupeKey,
    'ended-note/t1',
  ],
  [
    'a note without a key',
    messageSaid.new({ actor: 'x', payload: { id: 'm3', role: 'note', text: '', turnId: null } }).dedupeKey,
    null,
  ],
  [
    'cancelling',
    taskStateChanged.cancelling({
      ...about,
      payload: { state: 'blocked', phase: 'ci', status: { is: 'cancelling' } },
    }).dedupeKey,
    'cancel/t1',
  ],
  [
    'a state',
    taskStateChanged.new({ ...about, payload: { state: 'blocked', phase: 'ci', status: { is: 'plain' } } })
      .dedupeKey,
    null,
  ],
  [
    'a comment of the forge',
    reviewCommented.onForge({
      ...about,
      key: { where: 'line' },
      payload: {
        id: 't1-line5',
        path: null,
        side: 'new',
        startLine: null,
        line: null,
        sha: null,
        quote: '',
        text: '',
        author: 'mia',
        via: 'github',
        state: 'open',
        forgeId: 5,
      },
    }).dedupeKey,
    'comment/t1/line/5',
  ],
  [
    'evidence',
    evidenceRecorded.new({
      ...about,
      key: { epoch: 2 },
      payload: {
        runId: 'r1',
        what: 'verify',
        command: '',
        exitCode: 0,
        ms: 1,
        tail: '',
        sha: 'a',
        clean: true,
      },
    }).dedupeKey,
    'evidence/r1/2/verify',
  ],
])('the key of %s is what it always was', (_, key, wanted) => {
  expect(key).toBe(wanted);
});

test('a payload is kept as it was given', () => {
  const payload = {
    id: 'q',
    kind: 'question' as const,
    title: 'Which?',
    body: '',
    options: [{ label: 'A' }],
  };
  expect(inboxOpened.new({ ...about, payload }).payload).toBe(payload);
});

describe('versions', () => {
  const renamed = defineEvent({
    type: 'thing.said',
    version: 3,
    upcasts: [
      // A stored payload of the first version has `words`.
      (payload) => ({ text: z.object({ words: z.string() }).parse(payload).words }),
      (payload) => ({ ...z.object({ text: z.string() }).parse(payload), loud: false }),
    ],
    says: 'Something was said.',
    about: 'owner',
    writtenBy: ['api'],
    payload: z.object({ text: z.string(), loud: z.boolean() }),
    keys: { new: null },
  });

  test('a row of any version is read as one of the newest', () => {
    const read = { ok: true, value: { text: 'hello', loud: false } };
    expect(readPayload(renamed, { words: 'hello' }, 1)).toEqual(read);
    expect(readPayload(renamed, { text: 'hello' }, 2)).toEqual(read);
    expect(readPayload(renamed, { text: 'hello', loud: false }, 3)).toEqual(read);
    expect(renamed.new({ actor: 'x', payload: { text: '', loud: true } }).version).toBe(3);
  });
  test('one of a version to come, or that no version fits, is not read', () => {
    expect(readPayload(renamed, { shout: 'hello' }, 4)).toEqual({
      ok: false,
      why: 'is of version 4, and this is 3',
    });
    expect(readPayload(renamed, { text: 'hello' }, 3)).toMatchObject({
      ok: false,
      why: expect.stringContaining('loud: '),
    });
    // An upcast that can't take what lies there says so too, and does not end the reader.
    expect(readPayload(renamed, { text: 'hello' }, 1)).toMatchObject({
      ok: false,
      why: expect.stringContaining('words: '),
    });
  });
  test('a version without the way to it is no definition', () => {
    const { upcasts: _, ...without } = renamed;
    expect(() => defineEvent({ ...without, upcasts: [] })).toThrow(
      'thing.said is at version 3 and has 0 upcasts',
    );
  });
  test('every type is known by its own name', () => {
    expect(Object.entries(EVENTS).filter(([name, definition]) => definition.type !== name)).toEqual([]);
  });
});

test('rows that are none of ours are set apart, and the others come in their order', () => {
  const said = (text: string): StoredEvent => row(agentSaid.new({ ...about, payload: { runId: 'r', text } }));
  const rows = [
    said('a'),
    { ...said('b'), seq: 8, type: 'constructor' },
    { ...said('c'), seq: 9, payload: { runId: 'r' } },
    said('d'),
  ];
  const read = readEvents(rows);
  expect(read.events.map((e) => e.payload)).toEqual([
    { runId: 'r', text: 'a' },
    { runId: 'r', text: 'd' },
  ]);
  expect(read.unreadable).toEqual([
    { seq: 8, type: 'constructor', why: 'is no type that is known here' },
    { seq: 9, type: 'agent.said', why: expect.stringMatching(/^text: /) },
  ]);
  expect(read.events[0]).toEqual({
    type: 'agent.said',
    seq: 7,
    ownerId: 'owner',
    at: '1970-01-01T00:00:00.000Z',
    ...about,
    payload: { runId: 'r', text: 'a' },
  });
});
