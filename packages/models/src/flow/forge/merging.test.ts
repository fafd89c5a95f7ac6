// Each way in which GitHub says no, in its own words.
import { expect, test } from '@jest/globals';
import {
  MERGE_REFUSALS,
  mergeRefusal,
  nextWay,
  sayRefusal,
  wayToMerge,
  type MergeRefusal,
} from './merging.ts';

test.each<[string, MergeRefusal]>([
  ['Head branch was modified. Review and try the merge again.', 'head_moved'],
  ['Base branch was modified. Review and try the merge again.', 'base_moved'],
  ['Merge already in progress', 'base_moved'],
  ['Merge commits are not allowed on this repository.', 'method'],
  ['This branch requires linear history', 'method'],
  ['Repository rule violations found\n\nThis branch must not contain merge commits.', 'method'],
  ['Squash merges are not allowed on this repository.', 'method'],
  ['Rebase merges are not allowed on this repository.', 'method'],
  ["This branch can't be rebased", 'method'],
  ['Changes must be made through the merge queue', 'queue'],
  ['Repository rule violations found\n\nChanges must be made through the merge queue', 'queue'],
  ['At least 1 approving review is required by reviewers with write access.', 'reviews'],
  ['Waiting on code owner review from octocat.', 'reviews'],
  [
    'A conversation must be resolved before this pull request can be merged: unresolved conversation',
    'reviews',
  ],
  ['Required status check "ci" is expected.', 'checks'],
  ['2 of 3 required status checks have not succeeded: 1 expected.', 'checks'],
  ['Pull Request is not mergeable', 'conflicts'],
  ['Merge conflict between base and head', 'conflicts'],
  ['The head branch is not up to date with the base branch', 'behind'],
  ['Pull Request is still a draft', 'draft'],
  ['Pull request is closed', 'closed'],
  ['Commits must have verified signatures.', 'signatures'],
  ['Repository rule violations found\n\nSomething else', 'rules'],
  ["You're not authorized to push to this branch.", 'rules'],
  ['Something GitHub has never said', 'other'],
])('"%s": %s', (said, want) => {
  expect(mergeRefusal(said)).toBe(want);
  expect(sayRefusal(want, said)).toContain(said.split('\n')[0]);
});

test('each has a sentence of its own, and words from outside move nothing', () => {
  expect(new Set(MERGE_REFUSALS.map((r) => sayRefusal(r, ''))).size).toBe(MERGE_REFUSALS.length);
  expect(sayRefusal('other', 'a\u202eb\nc')).toBe('It was not merged. GitHub: ab c');
});

test.each([
  [undefined, null, { method: 'squash' }],
  ['', ['rebase', 'merge'], { method: 'rebase' }],
  ['rebase', ['rebase'], { method: 'rebase' }],
  ['rebase', null, { method: 'rebase' }],
  ['octopus', ['merge'], { method: 'merge' }],
  [
    'squash',
    ['rebase', 'merge'],
    {
      sentence:
        'This repository does not allow "as one commit". It allows: "commit by commit", "with a merge commit". Choose one of these.',
    },
  ],
  ['squash', [], { sentence: expect.stringContaining('does not allow "as one commit"') }],
  [undefined, [], { sentence: expect.stringContaining('allows no way of merging') }],
] as const)('the way to merge, asked for %p where %p is allowed', (wanted, allowed, want) => {
  expect(wayToMerge(wanted, allowed)).toEqual(want);
});

test.each([
  [undefined, null, ['squash'], 'rebase'],
  ['', ['squash', 'merge'], ['squash'], 'merge'],
  ['', ['squash'], ['squash'], null],
  ['squash', null, ['squash'], null],
] as const)(
  'after a refusal, asked for %p where %p is allowed and %p was refused: %p',
  (wanted, allowed, tried, want) => {
    expect(nextWay(wanted, allowed, tried)).toBe(want);
  },
);
