import { expect, test } from '@jest/globals';
import { stepOf, storyOf } from './story.ts';
import { took } from '../kit/format.ts';

test('story: an event of a newer server is left out', () => {
  const at = new Date().toISOString();
  const base = { ownerId: 'o', taskId: 't', actor: 'x', at };
  const steps = storyOf([
    { ...base, seq: 1, type: 'pr.ready', payload: { number: 7 } },
    { ...base, seq: 2, type: 'something.new', payload: {} } as never,
  ]);
  expect(steps.map((s) => s.text)).toEqual(['Pull request #7 is ready for review.']);
});

test('the story tells a pause and a cancellation as what they are, and names what a gate let through', () => {
  const e = (type: string, payload: object) =>
    ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: 'x', at: '' }) as never;
  const told = storyOf([
    e('inbox.opened', {
      id: 'i',
      kind: 'failure',
      title: 'Paused by you. Resume continues from here.',
      body: '',
      errorCode: 'paused',
      options: [],
    }),
    e('inbox.opened', {
      id: 'i',
      kind: 'failure',
      title: 'CI is still red after 3 repairs.',
      body: '',
      options: [],
    }),
    e('inbox.answered', {
      id: 'i',
      decision: 'allow',
      text: 'a.test.ts: deleted\nb.test.ts: deleted',
      via: 'app',
      by: 'you',
    }),
    e('task.ended', { state: 'cancelled', how: 'cancelled', left: '' }),
    e('task.ended', {
      state: 'cancelled',
      how: 'cancelled',
      left: 'Its sandbox could not be removed yet: busy.',
    }),
    e('task.ended', { state: 'cancelled', how: 'closed', left: '' }),
  ]);
  expect(told.map((s) => [s.text, s.tone])).toEqual([
    ['You paused it.', 'you'],
    ['CI is still red after 3 repairs.', 'bad'],
    ['You allowed: a.test.ts: deleted; b.test.ts: deleted', 'you'],
    ['You cancelled it.', 'you'],
    ['You cancelled it. Its sandbox could not be removed yet: busy.', 'bad'],
    ['The pull request was closed without a merge.', 'plain'],
  ]);
});

test.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '1 h'],
  [7_500_000, '2 h 5 min'],
])('%i ms took %s', (ms, words) => expect(took(ms)).toBe(words));

test.each([
  ['planning', 'plan', 'Step 1 of 4, plan'],
  ['queued', 'plan', 'Step 1 of 4, plan'],
  ['ci', 'implement', 'Step 3 of 4, checks'],
  ['blocked', 'review', 'Step 4 of 4, review'],
  ['blocked', 'constructor', null],
])('a task that is %s in %s stands at %s', (state, phase, words) => {
  expect(stepOf({ state, phase, endedAt: null })).toBe(words);
  expect(stepOf({ state, phase, endedAt: new Date() })).toBeNull();
});

test('the story tells which comment was not taken as a request and why, and offers to take it until somebody has', () => {
  const e = (type: string, payload: object) =>
    ({ type, payload, seq: 1, ownerId: 'me', taskId: 't', actor: 'x', at: '' }) as never;
  const passed = (id: string, why: string, text: string) =>
    e('review.passed_over', { id, author: 'mona', why, text, words: 'w' });
  const told = storyOf([
    passed('t-talk1', 'thanks', 'Thanks!'),
    passed('t-review2', 'approval', ''),
    passed('t-talk3', 'later', "I'll look tomorrow"),
    e('review.taken', { id: 't-talk3', words: 'w' }),
  ]);
  expect(told.map((s) => [s.text, s.take])).toEqual([
    ['mona: “Thanks!” Not taken as a request: thanks.', 't-talk1'],
    ['mona, without words. Not taken as a request: an approval.', 't-review2'],
    ["mona: “I'll look tomorrow” Not taken as a request: somebody says what they will do.", undefined],
    ['You took it as a request.', undefined],
  ]);
});
