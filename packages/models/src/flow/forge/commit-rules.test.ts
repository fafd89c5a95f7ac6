import { describe, expect, test } from '@jest/globals';
import { commitRules, commitWords, type CommitSigns } from './commit-rules.ts';

const none: CommitSigns = {
  files: ['README.md', 'package.json'],
  contributing: '',
  packageJson: '{}',
  messages: [],
};
const times = (n: number, message: string): string[] => Array.from({ length: n }, () => message);
const signed = 'Add it\n\nSigned-off-by: Mona <mona@example.com>';

describe('commitRules', () => {
  test.each<[string, Partial<CommitSigns>, { signOff?: boolean; conventional?: boolean }]>([
    ['nothing asks for anything', {}, {}],
    ['a configuration of commitlint', { files: ['commitlint.config.mjs'] }, { conventional: true }],
    ['another one', { files: ['.commitlintrc.yml'] }, { conventional: true }],
    ['commitizen', { files: ['.czrc'] }, { conventional: true }],
    [
      'commitlint among the packages',
      { packageJson: '{"devDependencies": {"@commitlint/cli": "19"}}' },
      { conventional: true },
    ],
    [
      'the guide',
      { contributing: 'We follow [Conventional Commits](https://www.conventionalcommits.org).' },
      { conventional: true },
    ],
    ['the DCO check', { files: ['.github/dco.yml'] }, { signOff: true }],
    ['a guide that names the DCO', { contributing: 'All commits need a DCO sign-off.' }, { signOff: true }],
    ['a guide that shows the line', { contributing: 'Add `Signed-off-by: you <you@x>`' }, { signOff: true }],
    ['history', { messages: [...times(9, 'feat(a)!: x'), 'oops'] }, { conventional: true }],
    [
      'a history of both',
      { messages: times(10, signed.replace('Add it', 'fix: it')) },
      { conventional: true, signOff: true },
    ],
    ['too short a history', { messages: times(7, 'fix: x') }, {}],
    ['a mixed history', { messages: [...times(7, 'fix: x'), ...times(3, 'Fix it')] }, {}],
    ['words with a colon', { messages: times(20, 'parser: keep the cent') }, {}],
    ['a file that only sounds like it', { files: ['commitlint-notes.md', 'dco.yml.bak'] }, {}],
  ])('%s', (_, signs, rules) => {
    expect(commitRules({ ...none, ...signs })).toEqual({ signOff: false, conventional: false, ...rules });
  });
});

test('the agent is told how, and nothing where nothing is asked', () => {
  expect(commitWords({ signOff: false, conventional: false })).toEqual([]);
  expect(commitWords({ signOff: true, conventional: true })).toEqual([
    expect.stringContaining('Conventional Commits'),
    expect.stringContaining('`git commit -s`'),
  ]);
});
