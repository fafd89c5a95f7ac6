import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newsOf, NO_NEWS, together, type News } from './news.ts';

test.each<[string, unknown, Partial<News>]>([
  ['a comment on an issue', { issue: { number: 7 }, comment: { id: 1 } }, { numbers: [7] }],
  [
    'a pull request',
    { number: 3, pull_request: { number: 3, head: { ref: 'b', sha: 's' } } },
    { numbers: [3], branches: ['b'], shas: ['s'] },
  ],
  [
    'a check run tells of its suite too',
    {
      check_run: {
        head_sha: 's1',
        pull_requests: [{ number: 4 }],
        check_suite: { head_sha: 's2', head_branch: 'b', pull_requests: [{ number: 5 }] },
      },
    },
    { numbers: [4, 5], branches: ['b'], shas: ['s1', 's2'] },
  ],
  ['a suite', { check_suite: { head_sha: 's', head_branch: null, pull_requests: [] } }, { shas: ['s'] }],
  [
    'a run of a workflow',
    { workflow_run: { head_sha: 's', head_branch: 'b' } },
    { branches: ['b'], shas: ['s'] },
  ],
  [
    'a commit status',
    { sha: 's', branches: [{ name: 'b' }, { name: 'c' }] },
    { branches: ['b', 'c'], shas: ['s'] },
  ],
  ['a push', { ref: 'refs/heads/x/refs/heads/y' }, { branches: ['x/refs/heads/y'] }],
  ['a tag keeps its whole name', { ref: 'refs/tags/v1' }, { branches: ['refs/tags/v1'] }],
  [
    'each thing once',
    { number: 1, issue: { number: 1 }, sha: 's', workflow_run: { head_sha: 's' } },
    { numbers: [1], shas: ['s'] },
  ],
  [
    'a push to the base',
    { ref: 'refs/heads/trunk', repository: { default_branch: 'trunk' } },
    { branches: ['trunk'], baseMoved: true },
  ],
  ['a push beside it', { ref: 'refs/heads/x', repository: { default_branch: 'trunk' } }, { branches: ['x'] }],
  ['a push to a repository that is not told', { ref: 'refs/heads/undefined' }, { branches: ['undefined'] }],
  ['an empty name is none', { ref: '', sha: '' }, {}],
  ['nothing', null, {}],
  ['a word', 'ref', {}],
  [
    'fields of the wrong type',
    {
      issue: 7,
      number: '3',
      ref: 4,
      sha: {},
      branches: { name: 'b' },
      check_run: 'x',
      check_suite: null,
      workflow_run: 1,
    },
    {},
  ],
  [
    'lists of the wrong things',
    { branches: [null, 'b', { name: 1 }], check_suite: { pull_requests: [null, 4, { number: '5' }] } },
    {},
  ],
])('what a webhook tells of: %s', (_, payload, want) => {
  expect(newsOf(payload)).toEqual({ ...NO_NEWS, ...want });
});

test('whatever comes is passed over in peace, and no flood is let in', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const news = newsOf(value);
      expect(
        news.numbers.every((v) => typeof v === 'number') &&
          [...news.branches, ...news.shas].every((v) => typeof v === 'string'),
      ).toBe(true);
    }),
  );
  const branches = Array.from({ length: 101 }, (_, i) => ({ name: `b${i}` }));
  expect(newsOf({ branches }).branches).toEqual(branches.slice(0, 100).map((b) => b.name));
});

test('two words are one, each thing once', () => {
  const a: News = { numbers: [1, 2], branches: ['a'], shas: ['s'], baseMoved: false };
  const b: News = { numbers: [2, 3], branches: ['a', 'b'], shas: ['s', 't'], baseMoved: true };
  expect(together(a, b)).toEqual({
    numbers: [1, 2, 3],
    branches: ['a', 'b'],
    shas: ['s', 't'],
    baseMoved: true,
  });
  expect(together(NO_NEWS, a)).toEqual(a);
});
