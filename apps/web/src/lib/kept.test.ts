import { expect, test } from '@jest/globals';
import { KEEP_MS, keptFor, readKept } from './kept.ts';

test.each([
  [null, null],
  ['', null],
  ['no json', null],
  ['null', null],
  ['{"text":"a"}', null],
  ['{"text":1,"at":1000}', null],
  ['{"text":"","at":1000}', null],
  ['{"text":"half a thought","at":1000}', 'half a thought'],
  [JSON.stringify({ text: 'at the last moment', at: 1_000 }), 'at the last moment'],
  [JSON.stringify({ text: 'too old', at: 999 }), null],
])('of %s there is %s', (stored, text) => {
  expect(keptFor(stored, 1_000 + KEEP_MS)).toBe(text);
});

test.each([
  [
    { title: 'Plan', taskId: 't-1' },
    { title: 'Plan', taskId: 't-1' },
  ],
  [undefined, null],
  [null, null],
  [{ title: 'Plan' }, null],
  [{ title: 1, taskId: 't-1' }, null],
  ['a word', null],
])('words about %j are known to be about %j', (about, known) => {
  expect(readKept(JSON.stringify({ text: 'x', at: 1, about }), 1)).toEqual({ text: 'x', about: known });
});
