import { expect, test } from '@jest/globals';
import type { EventType } from './registry.ts';
import { readEvents } from './read.ts';

const read = (type: EventType, payload: object) =>
  readEvents([
    { seq: 1, ownerId: 'owner', type, taskId: 't', actor: 'x', payload, version: 1, at: new Date(0) },
  ]);

const item = { body: '', options: [] };

/** What lies in the log from before there were codes, and as what it is read. */
test.each<[EventType, object, object]>([
  [
    'task.state',
    {
      state: 'blocked',
      phase: 'plan',
      statusLine: "The account's usage limit is reached. It goes on by itself at 09:05 UTC.",
    },
    {
      waitingFor: 'account_limit',
      status: {
        is: 'words',
        words: "The account's usage limit is reached. It goes on by itself at 09:05 UTC.",
      },
    },
  ],
  ['task.ended', { state: 'cancelled', statusLine: 'Cancelled by you.' }, { how: 'cancelled', left: '' }],
  [
    'task.ended',
    { state: 'done', statusLine: 'Merged. Its sandbox is busy.' },
    { how: 'merged', left: 'Its sandbox is busy.' },
  ],
  ['task.ended', { state: 'failed', statusLine: 'It broke.' }, { how: null, left: 'It broke.' }],
  [
    'inbox.opened',
    { ...item, id: 't-1-r2-q10', kind: 'question', title: 'Which?' },
    { runId: 't-1-r2', questionNo: 10 },
  ],
  [
    'inbox.opened',
    { ...item, id: 'r-p0123456789', kind: 'permission', title: 'Run: ls' },
    { runId: 'r', titleIsWhole: true },
  ],
  [
    'inbox.opened',
    { ...item, id: 'r-p0123456789', kind: 'permission', title: 'Write: a …' },
    { titleIsWhole: false },
  ],
  [
    'inbox.opened',
    { ...item, id: 'f', kind: 'failure', title: 'Paused by you.', body: 'stopped' },
    { errorCode: 'paused' },
  ],
  [
    'inbox.opened',
    {
      ...item,
      id: 'f',
      kind: 'failure',
      title: 'This repository has no CI, so nothing has checked the change. Retry.',
    },
    { errorCode: 'gate' },
  ],
  [
    'inbox.opened',
    {
      id: 'c',
      kind: 'ci_files',
      title: 'Let it through?',
      body: 'CI runs these.\n\n````diff\n+a\n```\n\n```diff\n+b\n````',
      options: [{ label: 'Allow' }],
    },
    { body: 'CI runs these.', held: { diff: '+a\n```\n\n```diff\n+b', mayAllow: true } },
  ],
  [
    'inbox.opened',
    {
      id: 'c',
      kind: 'ci_files',
      title: 'Let it through?',
      body: 'Cut.\n\n```diff\n',
      options: [{ label: 'Refuse' }],
    },
    { body: 'Cut.', held: { diff: '', mayAllow: false } },
  ],
])('%s %j', (type, old, says) => {
  expect(read(type, old)).toMatchObject({ events: [{ type, payload: says }], unreadable: [] });
});

test('what a task said of itself in words stays in words, and nothing is nothing', () => {
  const said = (statusLine: string): unknown =>
    read('task.state', { state: 'ci', phase: 'ci', statusLine }).events[0]?.payload;
  expect(said('Nobody waits.')).toEqual({
    state: 'ci',
    phase: 'ci',
    status: { is: 'words', words: 'Nobody waits.' },
  });
  expect(said('')).toEqual({ state: 'ci', phase: 'ci', status: { is: 'plain' } });
});

test.each<[EventType, object]>([
  [
    'inbox.opened',
    { ...item, id: 'f', kind: 'failure', title: 'It broke.', body: 'The program was stopped' },
  ],
  ['inbox.opened', { ...item, id: 'q', kind: 'question', title: 'Which?' }],
])('of %s %j nothing more is known', (type, old) => {
  expect(read(type, old).events.map((e) => e.payload)).toEqual([old]);
});
