import { expect, test } from '@jest/globals';
import {
  hasMarker,
  isOurComment,
  marker,
  newId,
  runId,
  slug,
  taskBranch,
  taskIdOfWorkflow,
  taskWorkflowId,
} from './ids.ts';

test('ids say whose they are, and lead back', () => {
  expect(taskWorkflowId('t-1')).toBe('task/t-1');
  expect(taskIdOfWorkflow('task/t-1')).toBe('t-1');
  expect(['x/task/t-1', 'project/p-1', 'task/', ''].map(taskIdOfWorkflow)).toEqual([null, null, null, null]);
  expect(runId('t-1', 2)).toBe('t-1-r2');
  expect(taskBranch('t-0123456789', 'Split it')).toBe('mainloop/split-it-456789');
});

test.each([
  ['Hello,  World!', 'hello-world'],
  ['--a--', 'a'],
  ['éé', 'task'],
  ['', 'task'],
  [`${'a'.repeat(39)} b`, 'a'.repeat(39)],
  ['b'.repeat(50), 'b'.repeat(40)],
])('the slug of %j is %s', (title, want) => {
  expect(slug(title)).toBe(want);
});

test('an id is nine characters of time and nine of chance, from an alphabet without look-alikes', () => {
  const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i + 27);
  expect(newId(0, bytes)).toBe('000000000vwxyz0123');
  expect(newId(33, bytes).slice(0, 9)).toBe('000000011');
  expect(newId(32 ** 9 - 1, bytes).slice(0, 9)).toBe('zzzzzzzzz');
  expect(newId(8 * 32 + 18, bytes).slice(7, 9)).toBe('8j');
});

test('a comment is ours when our account wrote it and our mark is in it', () => {
  const body = `x ${marker('t-1', 'plan')}`;
  expect(marker('t-1', 'plan')).toBe('<!-- mainloop:t-1:plan -->');
  expect([
    isOurComment({ mine: true, body }),
    isOurComment({ mine: false, body }),
    isOurComment({ mine: true, body: 'x' }),
  ]).toEqual([true, false, false]);
  expect([
    hasMarker(null, 't-1', 'plan'),
    hasMarker(undefined, 't-1', 'plan'),
    hasMarker(body, 't-1', 'plans'),
  ]).toEqual([false, false, false]);
});
