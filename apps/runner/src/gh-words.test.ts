// What `gh` inside a sandbox understands, and how it prints what it read.
import { expect, test } from '@jest/globals';
import { pickFields, printChecks, printLog, printPage, wishOf, type Page } from './gh-words.ts';

const wish = (line: string) => wishOf(line === '' ? [] : line.split(' '), (name) => `text of ${name}`);

test.each([
  ['pr view', { kind: 'view', of: 'pull', number: null, json: null, comments: false }],
  ['pr view 12 --comments', { kind: 'view', of: 'pull', number: 12, json: null, comments: true }],
  [
    'pr view --json=title,url 12',
    { kind: 'view', of: 'pull', number: 12, json: ['title', 'url'], comments: false },
  ],
  [
    'pr view https://github.com/a/b/pull/7',
    { kind: 'view', of: 'pull', number: 7, json: null, comments: false },
  ],
  ['issue view #3', { kind: 'view', of: 'issue', number: 3, json: null, comments: false }],
  ['pr checks', { kind: 'checks', number: null }],
  ['pr checks --required', { kind: 'checks', number: null }],
  ['pr diff 4', { kind: 'diff', number: 4 }],
  ['pr status', { kind: 'status' }],
  ['pr list --state merged -L 5', { kind: 'list', of: 'pull', state: 'merged', limit: 5, json: null }],
  ['issue list', { kind: 'list', of: 'issue', state: 'open', limit: 30, json: null }],
  ['pr comment --body hello', { kind: 'comment', of: 'pull', number: null, body: 'hello' }],
  ['issue comment 3 -F -', { kind: 'comment', of: 'issue', number: 3, body: 'text of -' }],
  ['run list', { kind: 'list', of: 'run', state: 'open', limit: 30, json: null }],
  ['run view 99 --log-failed', { kind: 'run', id: 99, log: 'failed' }],
  ['run view 99', { kind: 'run', id: 99, log: 'none' }],
  ['api repos/{owner}/{repo}/pulls', { kind: 'api', path: 'repos/{owner}/{repo}/pulls' }],
  ['api -X GET /repos/a/b', { kind: 'api', path: '/repos/a/b' }],
  ['repo view', { kind: 'about', of: 'repo' }],
])('gh %s', (line, is) => {
  expect(wish(line)).toEqual(is);
});

test.each([
  ['', 'it reads the repository of this task'],
  ['--help', 'it reads the repository of this task'],
  ['pr create --fill', 'opens the pull request itself when you push'],
  ['pr merge 3 --squash', 'A person decides'],
  ['run watch 3', 'End your turn'],
  ['issue create', 'mainloop say'],
  ['pr view my-branch', 'takes the number here'],
  ['pr comment', 'wants its text'],
  ['pr view --jq .title', 'does not know --jq'],
  ['pr list --state odd', 'open, closed, merged, all'],
  ['run view', 'wants the id of a run'],
  ['api -X POST repos/a/b/issues', 'only reads'],
  ['api repos/a/b/issues -F title=x', 'only reads'],
  ['api graphql', 'Read by REST'],
  ['api', 'wants one path'],
  ['release create', 'is not here'],
  ['constructor', 'is not here'],
  ['pr constructor', 'is not here'],
])('gh %s is refused in words', (line, words) => {
  const said = wish(line);
  expect(said).toEqual({ kind: 'refused', why: expect.any(String) });
  expect(said.kind === 'refused' && said.why).toContain(words);
});

const PAGE: Page = {
  number: 3,
  title: 'Odd cent',
  body: 'Because.',
  state: 'open',
  html_url: 'http://forge/3',
  user: null,
  created_at: '2026-11-01T00:00:00Z',
  updated_at: '2026-11-01T00:00:00Z',
  draft: true,
  head: { ref: 'x', sha: 'abc' },
  base: { ref: 'main' },
};

test('a page is printed in lines, its fields as JSON, and one that is not known is named', () => {
  expect(printPage(PAGE)).toBe(
    'title:\tOdd cent\nstate:\tDRAFT\nauthor:\tghost\nlabels:\t\nnumber:\t3\nurl:\thttp://forge/3\nbranch:\tx\nbase:\tmain\n--\nBecause.\n',
  );
  expect(pickFields(PAGE, ['number', 'state', 'headRefName'])).toEqual({
    number: 3,
    state: 'OPEN',
    headRefName: 'x',
  });
  expect(pickFields({ ...PAGE, merged_at: '2026-11-02T00:00:00Z' }, ['state'])).toEqual({ state: 'MERGED' });
  expect(pickFields(PAGE, ['number', 'toString'])).toContain('"toString"');
});

const check = (name: string, status: string, conclusion: string | null) => ({
  name,
  status,
  conclusion,
  html_url: null,
  started_at: '2026-11-01T00:00:00Z',
  completed_at: conclusion === null ? null : '2026-11-01T00:01:05Z',
});
test.each([
  [[], [], 1],
  [[check('a', 'completed', 'success'), check('b', 'completed', 'skipped')], [], 0],
  [[check('a', 'completed', 'success'), check('b', 'queued', null)], [], 8],
  [[check('a', 'completed', 'failure'), check('b', 'queued', null)], [], 1],
  [[check('a', 'completed', 'success')], [{ context: 'cla', state: 'pending' }], 8],
  [[check('a', 'completed', 'success')], [{ context: 'cla', state: 'error' }], 1],
  [[check('a', 'completed', 'timed_out')], [], 1],
])('checks %j and statuses %j end with %s', (runs, statuses, code) => {
  expect(printChecks(runs, statuses).code).toBe(code);
});
test('how long a check took', () => {
  expect(printChecks([check('a', 'completed', 'success')], []).text).toBe('a\tpass\t1m5s\t\n');
});

test('a log has its job before each line, and not the times', () => {
  expect(printLog('test', '\uFEFF2026-11-01T00:00:00.123Z one\r\n\n2026-11-01T00:00:01.1Z two\n')).toBe(
    'test\tone\ntest\ttwo\n',
  );
});
