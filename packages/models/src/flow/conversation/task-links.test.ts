import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { taskLinksOf, withTaskLinks } from './task-links.ts';

test('what is listed is linked once, behind the words, and comes off them again', () => {
  const tasks = [
    { id: 't-1', title: 'Keep [the] odd cent' },
    { id: 't-2', title: 'Sort' },
  ];
  const said = withTaskLinks('Two things.', tasks);
  expect(said).toBe('Two things.\n\n- [Keep the odd cent](/task/t-1)\n- [Sort](/task/t-2)');
  expect(taskLinksOf(said)).toEqual({ words: 'Two things.', ids: ['t-1', 't-2'] });
});

test.each([
  [
    'a task that the words link is not listed again',
    'See [it](/task/t-1).',
    [{ id: 't-1', title: 'x' }],
    'See [it](/task/t-1).',
    ['t-1'],
  ],
  [
    'a link to cancel is a link',
    '[Cancel](/task/t-1?confirm=cancel)',
    [],
    '[Cancel](/task/t-1?confirm=cancel)',
    ['t-1'],
  ],
  ['nothing to list', 'Hello.', [], 'Hello.', []],
  ['no words at all', '', [{ id: 't-1', title: 'x' }], '', ['t-1']],
  ['a link to elsewhere', '[x](https://evil/task/t-1)', [], '[x](https://evil/task/t-1)', []],
])('%s', (_, said, tasks, words, ids) => {
  expect(taskLinksOf(withTaskLinks(said, tasks))).toEqual({ words, ids });
});

test('whatever a title is, its task is linked and its line comes off whole', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary' }), { maxLength: 5 }), (titles) => {
      const tasks = titles.map((title, i) => ({ id: `t-${i}`, title }));
      expect(taskLinksOf(withTaskLinks('Words.', tasks))).toEqual({
        words: 'Words.',
        ids: tasks.map((t) => t.id),
      });
    }),
  );
});
