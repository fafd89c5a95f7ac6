// GitHub's adapter against a local GitHub that is ended in the middle of what it was asked.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { github } from '@mainloop/adapters/forge/github';
import type { Forge } from '@mainloop/adapters/forge/port';
import { personsWords } from '@mainloop/models/flow/forge/text';
import { until } from '@mainloop/testkit/stack';
import path from 'node:path';
import { freePort } from '../tools/free-port.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { R, SECRET, startForge, type ForgeStage } from './forge.fixture.ts';

let stage: ForgeStage;
let dir: string;
let git: ForgeStage['git'];
const say = personsWords;
const MESSAGE = { title: say('One thing (#7)'), body: say('Asked for in a test.') };

beforeAll(async () => {
  stage = await startForge();
  ({ dir, git } = stage);
});
afterAll(() => stage.close());

describe('a forge that is ended while it does what it was asked, and comes back', () => {
  const place = mkdtempSync('/tmp/forge-ended-');
  const armed = path.join(place, 'failpoints');
  const OPERATOR = 'the operator of this test';
  let url: string;
  let child: ChildProcess;
  let ended = false;
  let ends = 0;
  let forge: Forge;
  let pull: number;
  /** Ended once, it is started again at once, as the supervisor does. */
  const start = (): void => {
    child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        path.join(import.meta.dirname, '../apps/demo/src/github-main.ts'),
      ],
      {
        env: {
          PATH: process.env.PATH,
          HOME: place,
          MAINLOOP_HOME: place,
          LOCAL_GITHUB_PORT: new URL(url).port,
          GITHUB_TOKEN: 'tok',
          LOCAL_GITHUB_OPERATOR_SECRET: OPERATOR,
          GITHUB_WEBHOOK_SECRET: SECRET,
          WEBHOOK_URL: 'http://127.0.0.1:9/',
          MAINLOOP_ACT: '/bin/false',
          MAINLOOP_NODE: process.execPath,
          LOCAL_GITHUB_SEED: 'no',
          MAINLOOP_FAILPOINTS: armed,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    child.once('exit', () => {
      ends++;
      if (!ended) start();
    });
  };
  const answers = (): Promise<unknown> => until('the forge', () => fetch(url).then(() => true));
  const calls = async (): Promise<
    { method: string; path: string; status: number; body: { title?: string; body?: string } | null }[]
  > =>
    (await (
      await fetch(`${url}/_local/calls`, { headers: { authorization: `token ${OPERATOR}` } })
    ).json()) as never;
  beforeAll(async () => {
    mkdirSync(armed);
    url = `http://127.0.0.1:${await freePort()}`;
    start();
    await answers();
    await fetch(`${url}/_local/import`, {
      method: 'POST',
      headers: { authorization: `token ${OPERATOR}`, 'content-type': 'application/json' },
      body: JSON.stringify({ full: R, folder: dir, branch: 'main' }),
    });
    for (const b of ['one', 'two'])
      await git('push', '-q', `${url}/${R}.git`, `${b}:${b}`, `${b}:${b}-merge`, `${b}:${b}-again`);
    forge = github({ token: 'tok', baseUrl: url });
    pull = (
      await forge.ensureDraftPr({
        repo: R,
        marker: '<!-- m:p -->',
        title: say('One'),
        body: say('x'),
        head: 'one',
        base: 'main',
      })
    ).number;
    await forge.ensureReady(R, pull);
  });
  afterAll(() => {
    ended = true;
    child.kill('SIGKILL');
  });
  const at = async () => ({
    repo: R,
    number: pull,
    sha: await git('rev-parse', 'one'),
    side: 'new' as const,
    startLine: null,
    path: 'one.txt',
    line: 1,
  });
  const firstLine = async (): Promise<number> =>
    (await forge.ensureLineComment({ ...(await at()), marker: '<!-- m:first -->', body: say('why?') })).id;

  /** A branch has one open pull request. */
  const headOf = (marker: string): string => (marker.includes('after') ? 'two' : 'two-again');

  test.each<[point: string, verb: (marker: string) => Promise<unknown>]>([
    [
      'github.issue',
      (marker) => forge.ensureIssue({ repo: R, marker, title: say('T'), body: say('B'), known: null }),
    ],
    [
      'github.pull',
      (marker) =>
        forge.ensureDraftPr({
          repo: R,
          marker,
          title: say('T'),
          body: say('x'),
          head: headOf(marker),
          base: 'main',
        }),
    ],
    [
      'github.comment',
      (marker) => forge.ensureComment({ repo: R, number: pull, marker, body: say('hello') }),
    ],
    [
      'github.line',
      async (marker) => forge.ensureLineComment({ ...(await at()), marker, body: say('why?') }),
    ],
    [
      'github.reply',
      async (marker) =>
        forge.ensureReply({
          repo: R,
          number: pull,
          inReplyTo: await firstLine(),
          marker,
          body: say('because'),
        }),
    ],
  ])(
    '%s: what was asked and not answered is there once, and is not asked again without a look',
    async (point, verb) => {
      if (point === 'github.reply') await firstLine();
      for (const moment of ['after', 'before']) {
        const marker = `<!-- m:${point}-${moment} -->`;
        writeFileSync(path.join(armed, `${point}.${moment}`), '');
        const deaths = ends;
        // Whether it was done nobody knows: that goes up, to who looks before the next try.
        const told = await verb(marker).then(
          () => 'done',
          (err: { kind?: string }) => err.kind,
        );
        await until('the end of it', async () => ends > deaths);
        await answers();
        const made = async (): Promise<number> =>
          (await calls()).filter((c) => c.method === 'POST' && c.body?.body?.includes(marker)).length;
        expect([point, moment, told, await made()]).toEqual([
          point,
          moment,
          'unavailable',
          moment === 'after' ? 1 : 0,
        ]);
        await verb(marker);
        expect([point, moment, await made()]).toEqual([point, moment, 1]);
      }
    },
  );

  test('a merge that was done and not answered is no refusal', async () => {
    for (const [moment, head] of [
      ['after', 'one-merge'],
      ['before', 'two-merge'],
    ] as const) {
      const { number } = await forge.ensureDraftPr({
        repo: R,
        marker: `<!-- m:${head} -->`,
        title: say(head),
        body: say('x'),
        head,
        base: 'main',
      });
      await forge.ensureReady(R, number);
      const { headSha } = await forge.getPull(R, number);
      writeFileSync(path.join(armed, `github.merge.${moment}`), '');
      const deaths = ends;
      await expect(forge.ensureMerged(R, number, headSha, 'squash', MESSAGE)).rejects.toMatchObject({
        kind: 'unavailable',
      });
      await until('the end of it', async () => ends > deaths);
      await answers();
      expect((await forge.ensureMerged(R, number, headSha, 'squash', MESSAGE)).outcome).toBe(
        moment === 'after' ? 'unchanged' : 'updated',
      );
    }
    const log = (await git('ls-remote', `${url}/${R}.git`, 'refs/heads/main')).split('\t')[0]!;
    await git('fetch', '-q', `${url}/${R}.git`, 'main');
    expect([
      (await git('log', '--format=%s', log)).split('\n').filter((l) => l.startsWith('One thing')).length,
    ]).toEqual([2]);
  });

  test('what was put into the merge queue and not answered is not refused, nor put there twice', async () => {
    for (const [moment, head] of [
      ['after', 'one-again'],
      ['before', 'two-again'],
    ] as const) {
      await git(
        'push',
        '-q',
        '--force',
        `${url}/${R}.git`,
        `${await git('commit-tree', `${head.split('-')[0]}^{tree}`, '-p', 'one', '-m', head)}:refs/heads/q-${head}`,
      );
      const { number } = await forge.ensureDraftPr({
        repo: R,
        marker: `<!-- m:q-${head} -->`,
        title: say(head),
        body: say('x'),
        head: `q-${head}`,
        base: 'main',
      });
      await forge.ensureReady(R, number);
      const { headSha } = await forge.getPull(R, number);
      writeFileSync(path.join(armed, `github.mutation.${moment}`), '');
      const deaths = ends;
      await expect(forge.ensureQueued(R, number, headSha)).rejects.toMatchObject({ kind: 'unavailable' });
      await until('the end of it', async () => ends > deaths);
      await answers();
      expect([moment, await forge.ensureQueued(R, number, headSha)]).toEqual([
        moment,
        moment === 'after' ? 'unchanged' : 'updated',
      ]);
      expect((await forge.getPull(R, number)).merged).toBe(true);
    }
  });

  test('a push that was taken and not answered is in the list of calls, and its pull request is in step', async () => {
    writeFileSync(path.join(armed, 'github.push.after'), '');
    const deaths = ends;
    const sha = await git('commit-tree', 'one^{tree}', '-p', 'one', '-m', 'more');
    await expect(git('push', '-q', `${url}/${R}.git`, `${sha}:refs/heads/one`)).rejects.toThrow(
      /RPC failed|hung up|unexpected disconnect/,
    );
    await until('the end of it', async () => ends > deaths);
    await answers();
    await git('push', '-q', `${url}/${R}.git`, `${sha}:refs/heads/one`);
    expect(
      (await calls())
        .filter((c) => c.method === 'PUSH' && JSON.stringify(c.body).includes('"more"'))
        .map((c) => c.path),
    ).toEqual([`/${R}/one`]);
    expect((await forge.getPull(R, pull)).headSha).toBe(sha);
  });
});
