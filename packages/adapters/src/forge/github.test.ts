// What the adapter makes of answers that the local GitHub has no state for: each as GitHub's documentation
// gives it, from a server that says just that.
import { afterEach, expect, test } from '@jest/globals';
import { ours } from '@mainloop/models/flow/forge/text';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { github } from './github.ts';
import type { Forge } from './port.ts';

interface Asked {
  readonly line: string;
  readonly body: Record<string, unknown>;
}
type Say = (asked: Asked, nth: number) => readonly [status: number, body: unknown, location?: string];

let server: http.Server | null = null;
afterEach(() => void server?.close());

/** @param say what each request is answered with, by `METHOD path` @param headers of each answer */
async function forgeThatSays(
  say: Say,
  headers: Record<string, string> = {},
): Promise<{ forge: Forge; asked: Asked[]; url: string }> {
  const asked: Asked[] = [];
  server = http.createServer((req, res) => {
    let text = '';
    req.on('data', (part: Buffer) => (text += part.toString()));
    req.on('end', () => {
      const one = {
        line: `${req.method} ${req.url?.split('?')[0]}`,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
      asked.push(one);
      const [status, body, location] =
        req.url === '/user' ? [200, { login: 'mona', id: 7, name: 'Mona' }] : say(one, asked.length);
      res.writeHead(status, {
        'content-type': 'application/json',
        ...headers,
        ...(location === undefined ? {} : { location }),
      });
      res.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { forge: github({ token: 'tok', baseUrl: url }), asked, url };
}
const R = 'o/r';
const PR = { repo: R, marker: '<!-- m -->', title: ours`T`, body: ours`B`, head: 'h', base: 'main' };
const PULL = {
  number: 3,
  html_url: 'http://x/3',
  node_id: 'PR_3',
  draft: false,
  merged: false,
  state: 'open',
  head: { sha: 'abc' },
};

test('a repository without drafts: the pull request is opened without one; another 422 is told', async () => {
  const noDrafts = {
    message: 'Validation Failed',
    errors: [{ message: 'Draft pull requests are not supported in this repository.' }],
  };
  const { forge, asked } = await forgeThatSays(({ line, body }) => {
    if (line.startsWith('GET')) return [200, []];
    return body.draft === true ? [422, noDrafts] : [201, PULL];
  });
  expect(await forge.ensureDraftPr(PR)).toMatchObject({ number: 3, outcome: 'created' });
  expect(asked.filter((a) => a.line.startsWith('POST')).map((a) => a.body.draft)).toEqual([true, undefined]);
  server?.close();
  const other = await forgeThatSays(({ line }) =>
    line.startsWith('GET')
      ? [200, []]
      : [422, { message: 'Validation Failed', errors: [{ message: 'No commits between main and h' }] }],
  );
  await expect(other.forge.ensureDraftPr(PR)).rejects.toMatchObject({
    kind: 'rejected',
    message: expect.stringContaining('No commits between'),
  });
  expect(other.asked.filter((a) => a.line.startsWith('POST'))).toHaveLength(1);
});

test('a repository without issues is told by a kind of its own', async () => {
  const { forge } = await forgeThatSays(() => [
    410,
    { message: 'Issues has been disabled in this repository.' },
  ]);
  const issue = { repo: R, marker: 'm', title: ours`T`, body: ours`B`, known: null };
  await expect(forge.ensureIssue(issue)).rejects.toMatchObject({
    kind: 'disabled',
    message: expect.stringContaining('Issues has been disabled'),
  });
});

test('an archived repository: one sentence that says what to do', async () => {
  const { forge } = await forgeThatSays(({ line }) =>
    line.startsWith('GET') ? [200, []] : [403, { message: 'Repository was archived so is read-only.' }],
  );
  await expect(forge.ensureDraftPr(PR)).rejects.toMatchObject({
    kind: 'forbidden',
    message: expect.stringMatching(/archived.*Unarchive it on GitHub/),
  });
});

test('a repository that was renamed or transferred: what is read and what is written gets there', async () => {
  const { forge, asked } = await forgeThatSays(({ line }) => {
    if (line === 'GET /repos/o/r/pulls')
      return [301, { message: 'Moved Permanently' }, '/repositories/9/pulls'];
    if (line === 'GET /repositories/9/pulls') return [200, []];
    if (line === 'POST /repos/o/r/pulls')
      return [307, { message: 'Temporary Redirect' }, '/repositories/9/pulls'];
    return [201, PULL];
  });
  expect(await forge.ensureDraftPr(PR)).toMatchObject({ number: 3 });
  expect(asked.map((a) => a.line).filter((l) => l.includes('/repositories/'))).toEqual([
    'GET /repositories/9/pulls',
    'POST /repositories/9/pulls',
  ]);
  expect(asked.at(-1)!.body).toMatchObject({ title: 'T', draft: true });
});

test.each([
  [true, 'unchanged'],
  [false, null],
])(
  'what the queue refuses to take once more is there already (in the queue: %p)',
  async (isInMergeQueue, outcome) => {
    const { forge, asked } = await forgeThatSays(({ line, body }) => {
      if (line.startsWith('GET')) return [200, PULL];
      if (String(body.query).startsWith('mutation'))
        return [
          200,
          {
            data: null,
            errors: [{ type: 'UNPROCESSABLE', message: 'Pull request is already in the merge queue' }],
          },
        ];
      return [200, { data: { node: { isInMergeQueue } } }];
    });
    const queued = forge.ensureQueued(R, 3, 'abc');
    if (outcome === null)
      await expect(queued).rejects.toMatchObject({
        kind: 'rejected',
        message: expect.stringContaining('already in the merge queue'),
      });
    else expect(await queued).toBe(outcome);
    expect(asked.filter((a) => String(a.body.query).startsWith('mutation'))).toHaveLength(1);
  },
);

test("the base that was modified just then is no refusal: whoever asks again may merge; and whose commits are the token's", async () => {
  let tries = 0;
  const { forge } = await forgeThatSays(({ line }) => {
    if (line.startsWith('GET')) return [200, PULL];
    return ++tries === 1
      ? [405, { message: 'Base branch was modified. Review and try the merge again.' }]
      : [200, { sha: 'm', merged: true, message: 'ok' }];
  });
  const message = { title: ours`T`, body: ours`B` };
  await expect(forge.ensureMerged(R, 3, 'abc', 'squash', message)).rejects.toMatchObject({
    kind: 'unavailable',
  });
  expect(await forge.ensureMerged(R, 3, 'abc', 'squash', message)).toEqual({ sha: 'm', outcome: 'updated' });
  expect(await forge.whoCommits()).toEqual({ name: 'Mona', email: '7+mona@users.noreply.github.com' });
});

test('a re-run whose answer was lost is not asked for twice', async () => {
  let attempt = 1;
  const { forge, asked } = await forgeThatSays(({ line }) => {
    if (line.endsWith('/rerun-failed-jobs')) {
      attempt = 2;
      return [502, { message: 'Bad Gateway' }];
    }
    const run = {
      id: 1,
      name: 'ci',
      path: '.github/workflows/ci.yml',
      event: 'push',
      head_sha: 'abc',
      check_suite_id: 5,
      run_attempt: attempt,
    };
    return [
      200,
      {
        total_count: 1,
        workflow_runs: [
          {
            ...run,
            status: attempt === 1 ? 'completed' : 'in_progress',
            conclusion: attempt === 1 ? 'cancelled' : null,
          },
        ],
      },
    ];
  });
  await expect(forge.ensureRerun(R, 'abc')).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await forge.ensureRerun(R, 'abc')).toEqual({ asked: 1 });
  expect(asked.filter((a) => a.line.startsWith('POST'))).toHaveLength(1);
});

test.each([
  ['FORBIDDEN', 'forbidden', 'Resource not accessible'],
  ['INSUFFICIENT_SCOPES', 'forbidden', 'Resource not accessible'],
  ['NOT_FOUND', 'not_found', 'Resource not accessible'],
  ['SERVICE_UNAVAILABLE', 'unavailable', 'Resource not accessible'],
  ['UNPROCESSABLE', 'rejected', 'Resource not accessible'],
  ['SOMETHING_NEW', 'rejected', 'Resource not accessible'],
  [undefined, 'rejected', 'Resource not accessible'],
  ['RATE_LIMITED', 'rate_limited', 'going on in 20 min'],
])('GraphQL says %s with a status of 200: that is %s, and one sentence', async (type, kind, sentence) => {
  const said = { data: null, errors: [{ type, message: 'Resource not accessible' }] };
  const resets = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(inMinutes(20)) };
  const { url } = await forgeThatSays(
    ({ line }) => (line.startsWith('GET') ? [200, { ...PULL, draft: true }] : [200, said]),
    type === 'RATE_LIMITED' ? resets : {},
  );
  // Both ways to the same server: with octokit's throttle, which has an error of its own for one of them, and without.
  for (const baseUrl of [url, url.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
    const asked = github({ token: 'tok', baseUrl }).ensureReady(R, 3);
    await expect(asked).rejects.toMatchObject({ kind, message: expect.stringContaining(sentence) });
  }
});
const inMinutes = (minutes: number): number => Math.floor(Date.now() / 1_000) + minutes * 60;

test('a repository without issues: what is new of its pull requests is heard all the same', async () => {
  const { forge } = await forgeThatSays(({ line }) => {
    if (line === 'GET /repos/o/r/issues') return [410, { message: 'Issues are disabled for this repo' }];
    if (line === 'GET /repos/o/r/pulls') return [200, [{ number: 3, updated_at: '2026-11-20T10:00:00Z' }]];
    if (line.startsWith('GET /repos/o/r/actions')) return [200, { workflow_runs: [] }];
    return [404, { message: 'Not Found' }];
  });
  const memory = { etags: new Map<string, string>(), seen: new Map<string, string>() };
  expect((await forge.changed(R, 'main', memory)).numbers).toEqual([3]);
  expect((await forge.changed(R, 'main', memory)).numbers).toEqual([]);
});

test('a label is put on and taken off once, whatever capitals it is written with', async () => {
  const has = [{ name: 'Bug' }, { name: 'needs/look' }];
  const { forge, asked } = await forgeThatSays(({ line }) => [200, line.startsWith('GET') ? has : []]);
  const at = { repo: R, number: 3 };
  expect([
    await forge.ensureLabel({ ...at, name: 'bug', isOn: true }),
    await forge.ensureLabel({ ...at, name: 'new', isOn: false }),
    await forge.ensureLabel({ ...at, name: 'new', isOn: true }),
    await forge.ensureLabel({ ...at, name: 'NEEDS/look', isOn: false }),
  ]).toEqual(['unchanged', 'unchanged', 'updated', 'updated']);
  expect(asked.filter(({ line }) => !line.startsWith('GET'))).toEqual([
    { line: 'POST /repos/o/r/issues/3/labels', body: { labels: ['new'] } },
    { line: 'DELETE /repos/o/r/issues/3/labels/needs%2Flook', body: {} },
  ]);
});
