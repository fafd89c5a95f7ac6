// The pure parts of the local GitHub's GraphQL: pages, searches, verdicts. The rest is asked by the real
// GitHub CLI (e2e/gh.spec.ts).
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { node } from '../shapes.ts';
import { rolledUp } from './checks.ts';
import { connection, type Bounds } from './connection.ts';
import { readGlobalId } from './place.ts';
import { reviewDecision } from './pulls.ts';
import { readSearch } from './search.ts';
import type { Review } from '../store.ts';

interface Page {
  readonly totalCount: number;
  nodes(): number[];
  pageInfo(): {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}
const page = (list: number[], bounds: Bounds): Page =>
  connection('x', bounds, list, (n) => n) as unknown as Page;

test('page by page, forwards or backwards, each item comes once and in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 100 }),
      fc.boolean(),
      (count, size, isForward) => {
        const list = Array.from({ length: count }, (_, n) => n);
        const got: number[] = [];
        for (let cursor: string | null = null; ;) {
          const listed: Page = page(
            list,
            isForward ? { first: size, after: cursor } : { last: size, before: cursor },
          );
          const nodes = listed.nodes();
          expect(listed.totalCount).toBe(count);
          if (isForward) got.push(...nodes);
          else got.unshift(...nodes);
          const info = listed.pageInfo();
          if (!(isForward ? info.hasNextPage : info.hasPreviousPage)) break;
          cursor = isForward ? info.endCursor : info.startCursor;
        }
        expect(got).toEqual(list);
      },
    ),
  );
});

test.each<[string, Bounds, string]>([
  ['no size', {}, 'MISSING_PAGINATION_BOUNDARIES'],
  ['null for a size', { first: null }, 'MISSING_PAGINATION_BOUNDARIES'],
  ['more than a hundred', { first: 101 }, 'EXCESSIVE_PAGINATION'],
  ['nothing', { last: 0 }, 'EXCESSIVE_PAGINATION'],
  ['a cursor of somebody else', { first: 1, after: 'Y3Vyc29yOng=' }, 'INVALID_CURSOR_ARGUMENTS'],
])('a page of %s is refused, and its count is not', (_, bounds, type) => {
  const listed = page([1, 2], bounds);
  expect(listed.totalCount).toBe(2);
  expect(() => listed.nodes()).toThrow(expect.objectContaining({ extensions: { type } }));
});

test('a cursor past the end is an empty page, which nothing follows', () => {
  const { endCursor } = page([1, 2, 3], { first: 3 }).pageInfo();
  const listed = page([1], { first: 2, after: endCursor });
  expect([listed.nodes(), listed.pageInfo().hasNextPage, listed.pageInfo().endCursor]).toEqual([
    [],
    false,
    null,
  ]);
});

test.each<[string, string[], string[]]>([
  ['repo:a/b is:issue', [], ['repo=a/b', 'is=issue']],
  [
    'label:"good first issue" -author:me two "quoted words"',
    ['two', 'quoted words'],
    ['label=good first issue', '-author=me'],
  ],
  ['( a AND b ) repo:x/y', ['a', 'b'], ['repo=x/y']],
  ['🦊 http://x', ['🦊'], ['http=//x']],
  ['', [], []],
])('the search %j', (query, words, qualifiers) => {
  const read = readSearch(query);
  expect([read.words, read.qualifiers.map((q) => `${q.not ? '-' : ''}${q.name}=${q.value}`)]).toEqual([
    words,
    qualifiers,
  ]);
});
test('OR is refused and not read as AND', () => {
  expect(() => readSearch('a OR b')).toThrow('The local GitHub does not know OR in a search.');
});

test.each<[string, [string, string | null][], string[], string]>([
  ['all passed', [['completed', 'success']], ['success'], 'SUCCESS'],
  [
    'one runs',
    [
      ['completed', 'success'],
      ['in_progress', null],
    ],
    [],
    'PENDING',
  ],
  [
    'one failed, one runs',
    [
      ['completed', 'failure'],
      ['queued', null],
    ],
    [],
    'FAILURE',
  ],
  ['a status of somebody else is an error', [['completed', 'success']], ['error'], 'FAILURE'],
  [
    'skipped and neutral',
    [
      ['completed', 'skipped'],
      ['completed', 'neutral'],
    ],
    [],
    'SUCCESS',
  ],
  ['a status waits', [], ['pending'], 'PENDING'],
])('checks where %s', (_, jobs, statuses, state) => {
  expect(
    rolledUp(
      jobs.map(([status, conclusion]) => ({ status, conclusion })),
      statuses.map((s) => ({ state: s })),
    ),
  ).toBe(state);
});

test.each<[string, [string, Review['state']][], number, string | null]>([
  ['nobody said anything', [], 0, null],
  ['nobody said anything and somebody has to', [], 1, 'REVIEW_REQUIRED'],
  ['comments decide nothing', [['a', 'COMMENTED']], 0, null],
  ['one approved of two', [['a', 'APPROVED']], 2, 'REVIEW_REQUIRED'],
  [
    'the newest word of a person counts',
    [
      ['a', 'CHANGES_REQUESTED'],
      ['a', 'APPROVED'],
      ['a', 'COMMENTED'],
    ],
    1,
    'APPROVED',
  ],
  [
    'one yes and one no',
    [
      ['a', 'APPROVED'],
      ['b', 'CHANGES_REQUESTED'],
    ],
    1,
    'CHANGES_REQUESTED',
  ],
])('a review where %s', (_, said, required, decision) => {
  expect(
    reviewDecision(
      said.map(([user, state]) => ({ user, state }) as Review),
      required,
    ),
  ).toBe(decision);
});

test("an id is read as it was made, and what is none of ours is nobody's", () => {
  expect(readGlobalId(node('PullRequest', 1007))).toEqual({ kind: 'PullRequest', id: 1007 });
  expect(readGlobalId('PRRT_12')).toEqual({ kind: 'Thread', id: 12 });
  for (const odd of ['', 'x', 'PRRT_', 'MDQ6VXNlcjE=', '__proto__', '🦊'])
    expect([odd, readGlobalId(odd)]).toEqual([odd, null]);
});

test("a local GitHub that nobody asks over GraphQL never loads GitHub's schema", () => {
  const loaded = `
    const { startLocalGitHub } = await import('./apps/demo/src/github/server.ts');
    const { mkdtempSync } = await import('node:fs');
    const hub = await startLocalGitHub({ root: mkdtempSync('/tmp/github-idle-'), port: 0, tokens: new Map([['tok', 'mainloop']]), operatorSecret: 'operator-secret-of-this-test', webhook: null, ci: null, reviewers: [] });
    const heap = () => (global.gc(), process.memoryUsage().heapUsed);
    const headers = { authorization: 'token tok' };
    await (await fetch(hub.url + '/user', { headers })).text();
    const before = heap();
    const ask = async () => (await (await fetch(hub.url + '/graphql', { method: 'POST', headers, body: JSON.stringify({ query: '{ viewer { login } }' }) })).json()).data.viewer.login;
    const began = performance.now();
    const who = await ask();
    const first = performance.now() - began;
    const after = heap();
    for (let n = 0; n < 50; n++) await ask();
    console.log(JSON.stringify({ who, first, schema: after - before, more: heap() - after }));
    await hub.close();`;
  const said = execFileSync(
    process.execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', loaded],
    {
      cwd: path.join(import.meta.dirname, '../../../../..'),
      encoding: 'utf8',
    },
  );
  const { who, schema, more } = JSON.parse(said.trim().split('\n').at(-1)!) as {
    who: string;
    schema: number;
    more: number;
  };
  expect(who).toBe('mainloop');
  // The schema comes with the first query, and once.
  expect(schema).toBeGreaterThan(5_000_000);
  expect(more).toBeLessThan(schema / 2);
});
