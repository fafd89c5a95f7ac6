// What an agent may read of the forge.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readOf, withoutOpeners } from './forge-reads.ts';

const REPO = 'acme/till.js';
const read = (path: string): string => {
  const answer = readOf(REPO, path, '', false);
  return answer.kind === 'refused' ? answer.why : answer.path;
};

test.each([
  ['repos/acme/till.js', '/repos/acme/till.js'],
  ['/repos/ACME/Till.js/pulls/3/comments', '/repos/acme/till.js/pulls/3/comments'],
  ['repos/{owner}/{repo}/issues', '/repos/acme/till.js/issues'],
  ['repos/:owner/:repo/actions/runs/7/jobs', '/repos/acme/till.js/actions/runs/7/jobs'],
  ['repos/acme/till.js/commits/main/check-runs', '/repos/acme/till.js/commits/main/check-runs'],
  ['repos/acme/till.js/contents/src/a%20b.ts', '/repos/acme/till.js/contents/src/a%20b.ts'],
])('%s is read', (asked, path) => {
  expect(read(asked)).toBe(path);
});

test.each([
  'user',
  'graphql',
  'repos/acme/other/pulls',
  'repos/acme/till.jsx/pulls',
  'repos/acme/tillXjs/pulls',
  'repos/acme/till.js/../other/pulls',
  'repos/acme/till.js/pulls/%2e%2e/%2e%2e/other',
  'repos/acme/till.js//keys',
  'repos/acme/till.js/keys',
  'repos/acme/till.js/hooks',
  'repos/acme/till.js/actions/secrets',
  'repos/acme/till.js/actions/variables',
  'repos/acme/till.js/tarball',
  'repos/acme/till.js/actions/artifacts/1/zip',
  'repos/acme/till.js/actions/runs/7/logs',
  'repos/acme/till.js/collaborators',
  'repos/acme/till.js/pulls\\..\\x',
  'repos/acme/till.js/pulls\r\nx: y',
])('%j is not', (asked) => {
  expect(readOf(REPO, asked, '', false).kind).toBe('refused');
});

test('whatever is asked, nothing outside of the repository is', () => {
  const piece = fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    'pulls',
    'acme',
    'till.js',
    'repos',
    'keys',
    '',
    '/',
    '%2F',
    '?',
    '#',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const answer = readOf(REPO, ['repos', 'acme/till.js', ...pieces].join('/'), '', false);
      if (answer.kind === 'refused') return;
      const { pathname } = new URL(answer.path, 'http://forge');
      expect(pathname).toMatch(/^\/repos\/acme\/till\.js(?:\/|$)/);
      expect(pathname).not.toMatch(/^\/repos\/acme\/till\.js\/keys(?:\/|$)/);
    }),
  );
});

test('a log and a diff are text', () => {
  expect(readOf(REPO, `repos/${REPO}/actions/jobs/5/logs`, '', false).kind).toBe('text');
  expect(readOf(REPO, `repos/${REPO}/pulls/5`, '', true)).toEqual({
    kind: 'text',
    path: `/repos/${REPO}/pulls/5`,
    accept: 'application/vnd.github.diff',
  });
});

// https://docs.github.com/rest/pulls/pulls#get-a-pull-request: its repository is null then, and so may be its owner.
test('a pull request from a fork that was deleted is read like any other', () => {
  const said = { number: 3, head: { ref: 'fix', sha: 'abc', repo: null, user: null }, base: { ref: 'main' } };
  expect(withoutOpeners(said)).toEqual(said);
});

test('what opens something is taken out, however deep it is', () => {
  const said = {
    id: 1,
    temp_clone_token: 'x',
    head: { repo: { temp_clone_token: 'y', name: 'n' } },
    all: [{ download_url: 'z' }],
  };
  expect(withoutOpeners(said)).toEqual({
    id: 1,
    temp_clone_token: null,
    head: { repo: { temp_clone_token: null, name: 'n' } },
    all: [{ download_url: null }],
  });
});
