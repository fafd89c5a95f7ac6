import { expect, test } from '@jest/globals';
import type { EventType } from './registry.ts';
import { readEvents } from './read.ts';

const read = (type: EventType, payload: object) =>
  readEvents([{ seq: 1, ownerId: 'owner', type, taskId: 't', actor: 'x', payload, version: 1, at: new Date(0) }]);

const item = { body: '', options: [] };

/** What lies in the log from before there were codes, and as what it is read. */
test.each<[EventType, object, object]>([
  [
    'task.state',
    { state: 'blocked', phase: 'plan', statusLine: "The account's usage limit is reached. It goes on by itself at 09:05 UTC." },
    { waitingFor: 'account_limit' },
  ],
  ['task.ended', { state: 'cancelled', statusLine: 'Cancelled by you.' }, { how: 'cancelled', left: '' }],
  ['task.ended', { state: 'done', statusLine: 'Merged. Its sandbox is busy.' }, { how: 'merged', left: 'Its sandbox is busy.' }],
  ['task.ended', { state: 'failed', statusLine: 'It broke.' }, { how: null, left: 'It broke.' }],
  ['inbox.opened', { ...item, id: 't-1-r2-q10', kind: 'question', title: 'Which?' }, { runId: 't-1-r2', questionNo: 10 }],
  ['inbox.opened', { ...item, id: 'r-p0123456789', kind: 'permission', title: 'Run: ls' }, { runId: 'r', titleIsWhole: true }],
  ['inbox.opened', { ...item, id: 'r-p0123456789', kind: 'permission', title: 'Write: a …' }, { titleIsWhole: false }],
  ['inbox.opened', { ...item, id: 'f', kind: 'failure', title: 'Paused by you.', body: 'stopped' }, { errorCode: 'paused' }],
  [
    'inbox.opened',
    { ...item, id: 'f', kind: 'failure', title: 'This repository has no CI, so nothing has checked the change. Retry.' },
    { errorCode: 'gate' },
  ],
])('%s %j', (type, old, says) => {
  expect(read(type, old)).toMatchObject({ events: [{ type, payload: says }], unreadable: [] });
});

test.each<[EventType, object]>([
  ['task.state', { state: 'ci', phase: 'ci', statusLine: 'Nobody waits.' }],
  ['inbox.opened', { ...item, id: 'f', kind: 'failure', title: 'It broke.', body: 'The program was stopped' }],
  ['inbox.opened', { ...item, id: 'q', kind: 'question', title: 'Which?' }],
])('of %s %j nothing more is known', (type, old) => {
  expect(read(type, old).events.map((e) => e.payload)).toEqual([old]);
});
