// What a forge may refuse or break, as GitHub's adapter says it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { github } from '@mainloop/adapters/forge/github';
import type { Forge } from '@mainloop/adapters/forge/port';
import { personsWords as say } from '@mainloop/models/flow/forge/text';
import http from 'node:http';
import { R, startForge, type ForgeStage } from './forge.fixture.ts';

let stage: ForgeStage;
let hub: ForgeStage['hub'];
let forge: Forge;

beforeAll(async () => {
  stage = await startForge();
  ({ hub, forge } = stage);
});
afterAll(() => stage.close());

test('errors are a closed union with a sentence', async () => {
  await expect(github({ token: 'wrong', baseUrl: hub.url }).whoAmI()).rejects.toMatchObject({
    kind: 'auth',
    message: expect.stringContaining('GITHUB_TOKEN'),
  });
  await expect(forge.getRepo('no/such')).rejects.toMatchObject({ kind: 'not_found' });
  await expect(github({ token: 'tok', baseUrl: 'http://127.0.0.1:9' }).getRepo(R)).rejects.toMatchObject({
    kind: 'unavailable',
  });
});

/** GitHub has these over GraphQL alone. */
async function mutate(name: string, input: Record<string, unknown>, token = 'tok'): Promise<unknown> {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
  const query = `mutation($input: ${type}) { ${name}(input: $input) { clientMutationId } }`;
  const response = await fetch(`${hub.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `token ${token}` },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { errors } = (await response.json()) as { errors?: { type: string }[] };
  return errors?.[0]?.type ?? null;
}
const idOf = async (route: string): Promise<string> => {
  const response = await fetch(`${hub.url}/repos/${route}`, { headers: { authorization: 'token tok' } });
  return ((await response.json()) as { node_id: string }).node_id;
};
const issueOf = (marker: string, known: number | null = null) =>
  forge.ensureIssue({ repo: R, marker: `<!-- ${marker} -->`, title: say('T'), body: say(marker), known });

test.each([
  ['another number', 0],
  ['the same number', 1],
])(
  'an issue that was moved elsewhere and has %s there is left as it is, as is the one here',
  async (_, less) => {
    const other = `demo/elsewhere-${less}`;
    await hub.importRepo(other, stage.dir, 'main');
    await issueOf('stays');
    const moved = await issueOf(`moves ${less}`);
    const fill = (n: number): Promise<unknown> =>
      forge.ensureIssue({
        repo: other,
        marker: `<!-- ${n} -->`,
        title: say('x'),
        body: say('x'),
        known: null,
      });
    for (let n = 0; n < moved.number - less; n++) await fill(n);
    const input = { issueId: await idOf(`${R}/issues/${moved.number}`), repositoryId: await idOf(other) };
    expect(await mutate('transferIssue', input, 'other')).toBe('FORBIDDEN');
    expect(await mutate('transferIssue', input)).toBeNull();
    const writes = (): string[] =>
      hub.store
        .find('call', (call) => call.method !== 'GET' && call.path !== '/graphql')
        .map((call) => `${call.method} ${call.path}`);
    const before = writes();
    // As the task knows it: by its old number, and with other words meanwhile.
    const again = await forge.ensureIssue({
      repo: R,
      marker: '<!-- another -->',
      title: say('New'),
      body: say('new'),
      known: moved.number,
    });
    expect(again).toMatchObject({
      number: moved.number,
      url: `${hub.url}/${other}/issues/${moved.number + 1 - less}`,
      outcome: 'unchanged',
    });
    expect(writes()).toEqual(before);
    await expect(
      forge.ensureComment({ repo: R, number: moved.number, marker: '<!-- c -->', body: say('?') }),
    ).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining(`#${moved.number} of ${R} was moved to another repository`),
    });
    expect((await issueOf('stays')).outcome).toBe('unchanged');
    // Its number is nobody's any more.
    expect((await issueOf(`after ${less}`)).number).toBe(moved.number + 1);
  },
);

test('an issue that somebody deleted is told as that, and its number is never given again', async () => {
  const { number } = await issueOf('goes');
  expect(await mutate('deleteIssue', { issueId: await idOf(`${R}/issues/${number}`) })).toBeNull();
  const gone = { kind: 'not_found', message: expect.stringMatching(/^Somebody deleted it on GitHub/) };
  await expect(issueOf('goes', number)).rejects.toMatchObject(gone);
  await expect(
    forge.ensureComment({ repo: R, number, marker: '<!-- c -->', body: say('?') }),
  ).rejects.toMatchObject(gone);
  expect((await issueOf('comes')).number).toBe(number + 1);
  const told = stage.heard.filter((h) => h.event === 'issues').map((h) => h.payload.action);
  expect(told).toEqual(expect.arrayContaining(['deleted']));
});

test('a locked conversation takes words of those who may write, and says so to everybody else', async () => {
  const { number } = await issueOf('heated');
  const at = `${hub.url}/repos/${R}/issues/${number}`;
  const lock = async (method: string, token: string, body?: object): Promise<number> =>
    (
      await fetch(`${at}/lock`, {
        method,
        headers: { authorization: `token ${token}` },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
    ).status;
  expect([
    await lock('PUT', 'other'),
    await lock('PUT', 'tok', { lock_reason: 'boring' }),
    await lock('PUT', 'tok', { lock_reason: 'too heated' }),
  ]).toEqual([403, 422, 204]);
  const comment = (by: Forge, marker: string) =>
    by.ensureComment({ repo: R, number, marker: `<!-- ${marker} -->`, body: say(marker) });
  expect((await comment(forge, 'ours')).outcome).toBe('created');
  const stranger = github({ token: 'other', baseUrl: hub.url });
  await expect(comment(stranger, 'theirs')).rejects.toMatchObject({
    kind: 'forbidden',
    message: expect.stringMatching(/locked, so a comment in .+ can't be written\. Unlock it/),
  });
  expect(await lock('DELETE', 'tok')).toBe(204);
  expect((await comment(stranger, 'theirs')).outcome).toBe('created');
});

test('who writes too much in a minute is told to write less often, and not that the hour is spent', async () => {
  const other = 'demo/crowded';
  await hub.importRepo(other, stage.dir, 'main');
  const crowded = hub.store.one('repo', (r) => r.full === other)!;
  hub.store.update('repo', crowded, { rules: { contentPerMinute: 2 } });
  const issue = (marker: string) =>
    forge.ensureIssue({
      repo: other,
      marker: `<!-- ${marker} -->`,
      title: say('T'),
      body: say(marker),
      known: null,
    });
  const { number } = await issue('one');
  const comment = (marker: string) =>
    forge.ensureComment({ repo: other, number, marker: `<!-- ${marker} -->`, body: say(marker) });
  expect((await comment('two')).outcome).toBe('created');
  const limited = { kind: 'rate_limited', message: 'GitHub wants us to ask less often; going on in 1 min.' };
  await expect(comment('three')).rejects.toMatchObject({ ...limited, retryAfterMs: 60_000 });
  await expect(issue('four')).rejects.toMatchObject(limited);
  // What changes nothing is answered meanwhile, and so is everybody else.
  expect((await comment('two')).outcome).toBe('unchanged');
  const { status } = await fetch(`${hub.url}/repos/${other}/issues`, {
    method: 'POST',
    headers: { authorization: 'token other' },
    body: JSON.stringify({ title: 'x' }),
  });
  expect(status).toBe(201);
});

describe('what GitHub may refuse, as one sentence and one kind', () => {
  let answer: { status: number; headers?: Record<string, string>; body: unknown } = { status: 200, body: {} };
  const faulty = http.createServer((req, res) => {
    if (req.url === '/log') return stream(res);
    if (req.url?.endsWith('/logs')) return void res.writeHead(302, { location: `${url()}/log` }).end();
    res.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    res.end(JSON.stringify(answer.body));
  });
  const url = (): string => `http://127.0.0.1:${(faulty.address() as { port: number }).port}`;
  /** 300 MB of log, the telling line last. */
  const stream = (res: http.ServerResponse): void => {
    const chunk = Buffer.alloc(1024 * 1024, 'noise \n');
    let left = 300;
    const more = (): void => {
      while (left > 0) {
        left--;
        if (!res.write(chunk)) return void res.once('drain', more);
      }
      res.end('##[error] the telling line');
    };
    res.writeHead(200, { 'content-type': 'text/plain' });
    more();
  };
  beforeAll(() => new Promise<void>((r) => faulty.listen(0, '127.0.0.1', r)));
  afterAll(() => void faulty.close());

  /** Counted from the answer: what comes before this in the file may take minutes. */
  const in20min = 'in 20 min';
  test.each([
    [
      'a token without the scope',
      403,
      {},
      { message: 'Resource not accessible by personal access token' },
      'forbidden',
      'It needs the scopes "repo" and "workflow".',
    ],
    ['an expired token', 401, {}, { message: 'Bad credentials' }, 'auth', 'it may be wrong or expired'],
    [
      'a private repository',
      404,
      {},
      { message: 'Not Found' },
      'not_found',
      'It may not exist, or the token may not see it.',
    ],
    [
      'the rate limit',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': in20min },
      { message: 'API rate limit exceeded' },
      'rate_limited',
      'going on in 20 min',
    ],
    [
      'the secondary rate limit',
      403,
      { 'retry-after': '300' },
      { message: 'You have exceeded a secondary rate limit.' },
      'rate_limited',
      'going on in 5 min',
    ],
    [
      'a protected branch',
      405,
      {},
      { message: 'At least 1 approving review is required by reviewers with write access.' },
      'rejected',
      'At least 1 approving review is required',
    ],
    ['a server error', 502, {}, { message: 'Bad Gateway' }, 'unavailable', "can't be reached"],
  ])('%s', async (_, status, headers, body, kind, sentence) => {
    const at = String(Math.floor(Date.now() / 1_000) + 1_200);
    answer = {
      status,
      headers: Object.fromEntries(
        Object.entries(headers).map(([key, value]) => [key, value === in20min ? at : value]),
      ),
      body,
    };
    await expect(github({ token: 'tok', baseUrl: url() }).getPull(R, 1)).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(sentence),
    });
  });

  test('a log of 300 MB is read to its end and never held', async () => {
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 20);
    const log = await github({ token: 'tok', baseUrl: url() }).jobLog(R, 1, 200_000);
    clearInterval(watch);
    expect(log.length).toBeLessThanOrEqual(200_000);
    expect(log.endsWith('##[error] the telling line')).toBe(true);
    // Below the log's own size; how far below is the garbage collector's mood, and the server is in this process too.
    expect(most).toBeLessThan(260 * 1024 * 1024);
  });
});
