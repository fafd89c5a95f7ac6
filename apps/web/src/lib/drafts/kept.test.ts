import { expect, test } from '@jest/globals';
import { joined } from '@mainloop/models/flow/inbox/draft-versions';
import { isSameForm } from './same-form.ts';
import { KEEP_MS, keptFor, readKept } from './kept.ts';
import { refilled } from './refilled.ts';
import { wordsOf } from './words-of.ts';

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
  [
    { title: 'Proposed', taskId: null },
    { title: 'Proposed', taskId: null },
  ],
  [undefined, null],
  [null, null],
  [{ title: 'Plan' }, null],
  [{ title: 1, taskId: 't-1' }, null],
  ['a word', null],
])('words about %j are known to be about %j', (about, known) => {
  expect(readKept(JSON.stringify({ text: 'x', at: 1, about }), 1)).toEqual({ text: 'x', about: known });
});

test.each([
  ['item/i-1', '{"title":"as it was typed"}', '{"title":"as it was typed"}'],
  ['proposal/p-1', '{"title":"A","prompt":"B\\nC","model":"m","dollars":5}', 'A\n\nB\nC'],
  ['comment/t-1', '{"path":"a.ts","start":1,"text":"Why?","suggestion":null}', 'a.ts\n\nWhy?'],
  ['comment/t-1', '{"path":"a.ts","text":"","suggestion":"x = 1"}', 'a.ts\n\nx = 1'],
  ['comment/t-1', '{"text":"Why?","writtenElsewhere":["{\\"text\\":\\"How?\\"}"]}', 'Why?\n\nHow?'],
  ['proposal/p-1', 'null', 'null'],
  ['proposal/p-1', 'no form', 'no form'],
])('of %s, %s, the words are %j', (key, text, words) => {
  expect(wordsOf(key, text)).toBe(words);
});

test.each([
  ['', '', ''],
  ['', 'typed', 'typed'],
  ['kept', '', 'kept'],
  ['kept', 'typed', 'kept typed'],
  ['kept ', ' typed', 'kept typed'],
  // A browser fills a field in again after a reload.
  ['kept', 'kept', 'kept'],
  ['kept', 'kept and more', 'kept and more'],
  ['kept and more', 'kept', 'kept and more'],
])('kept %j and typed %j are %j', (kept, typed, both) => {
  expect(joined(kept, typed)).toBe(both);
});

test.each([
  ['nothing kept, nothing typed', { rule: '' }, {}, { rule: '' }],
  ['nothing kept, something typed meanwhile', { rule: 'Ask' }, {}, { rule: 'Ask' }],
  ['kept', { rule: '' }, { rule: 'Name ports.' }, { rule: 'Name ports.' }],
  [
    'kept, and more was typed before the page listened',
    { rule: 'Ask' },
    { rule: 'Name ports.' },
    { rule: 'Name ports. Ask' },
  ],
  ['kept is open', { isOpen: false, rule: '' }, { isOpen: true, rule: 'Ask' }, { isOpen: true, rule: 'Ask' }],
  ['a field of an older page', { rule: '' }, { rule: 'Ask', gone: 'x' }, { rule: 'Ask' }],
  ['a field that was null', { id: null }, { id: null }, { id: null }],
])('a form filled in again: %s', (_, fields, kept, filled) => {
  const blank = { isOpen: false, rule: '', id: null };
  expect(refilled(fields as object, kept, blank)).toEqual(filled);
});

test.each([
  ['{"a":1,"b":[2]}', '{"b":[2],"a":1}', true],
  ['{"a":1}', '{"a":2}', false],
  ['{"a":1}', '{"a":1,"b":2}', false],
  ['', '', true],
  ['', '{}', false],
  ['words', 'words', true],
  ['words', 'other words', false],
])('%j and %j are the same form: %s', (one, other, is) => expect(isSameForm(one, other)).toBe(is));
