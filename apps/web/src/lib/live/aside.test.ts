import { expect, test } from '@jest/globals';
import { heldOfOthers, namesAfter, setAside } from './aside.ts';

const HERE = ['draft/chat', 'shared/chat', 'held//api/inbox/i', 'inbox-width', 'person'];

test.each([
  ['the same person comes again', HERE, 'a', 'a', []],
  ['nobody was known before', HERE, null, 'a', []],
  [
    'another one comes',
    HERE,
    'a',
    'b',
    [
      ['draft/chat', 'of/a/draft/chat'],
      ['shared/chat', 'of/a/shared/chat'],
      ['held//api/inbox/i', 'of/a/held//api/inbox/i'],
    ],
  ],
  [
    'the first one comes back',
    ['draft/chat', 'of/a/draft/chat', 'of/c/draft/chat'],
    'b',
    'a',
    [
      ['draft/chat', 'of/b/draft/chat'],
      ['of/a/draft/chat', 'draft/chat'],
    ],
  ],
] as const)('what is kept on a device when %s', (_, names, was, now, moves) =>
  expect(namesAfter(names, was, now)).toEqual(moves),
);

test('whoever comes and goes, each has their own again', () => {
  const kept = new Map([['draft/chat', 'of a']]);
  const move = (was: string, now: string): void => {
    for (const [from, to] of namesAfter([...kept.keys()], was, now)) {
      kept.set(to, kept.get(from)!);
      kept.delete(from);
    }
  };
  move('a', 'b');
  expect([...kept.keys()].filter((name) => name.startsWith('draft/'))).toEqual([]);
  kept.set('draft/chat', 'of b');
  move('b', 'c');
  move('c', 'a');
  expect(kept.get('draft/chat')).toBe('of a');
  move('a', 'b');
  expect(kept.get('draft/chat')).toBe('of b');
  expect(setAside([...kept.keys()])).toEqual(['of/a/draft/chat']);
});

test('what others said and has not gone out is told apart from what they only began', () => {
  const names = ['held//api/chat#1', 'of/a/draft/held/', 'of/a/held//api/chat#2', 'of/b/held//api/inbox/i'];
  expect(heldOfOthers(names)).toEqual(['of/a/held//api/chat#2', 'of/b/held//api/inbox/i']);
});
