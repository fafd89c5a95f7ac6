// Guardrails in the real gateway, between real git and a real forge: what gets through, what is held, and every way around that we
// could think of.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decide } from '@mainloop/models/db/inbox/decide';
import { tryGuardrails } from '@mainloop/models/db/forge/past-pushes';
import { many, one } from '@mainloop/models/db/pool';
import type { Guardrails } from '@mainloop/models/flow/guardrails/rules';
import type { Held } from '@mainloop/models/flow/ci/held';
import { OWNER, taskBranch } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { CLEAN_GIT as CLEAN, gitIn, startHub } from '@mainloop/testkit/hub';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { LocalGitHub } from '../../demo/src/github/server.ts';

let database: TestDatabase;
let model: Awaited<ReturnType<typeof startModel>>;
let gateway: TestGateway;
let hub: LocalGitHub;
const home = mkdtempSync('/tmp/mainloop-guardrails-');
const ME = ['-c', 'user.name=x', '-c', 'user.email=x@x', '-c', 'protocol.file.allow=always'];
/** The forge stands in this process: whoever talks to it must not block it. */
const far = promisify(execFile);
const BODY = '0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX';
const TOKEN = `ghp_${BODY}`;
const KNOWN = `ghp_${[...BODY].toReversed().join('')}`;
const FILES: Readonly<Record<string, string>> = {
  'infra/main.tf': 'a = 1\nb = 2\n',
  'infra/run.sh': 'true\n',
  'src/a.ts': 'a\n',
  'src/fixture.txt': `known = ${KNOWN}\n`,
};

beforeAll(async () => {
  database = await freshDatabase();
  hub = await startHub(path.join(home, 'hub'));
  const seed = path.join(home, 'tally');
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(seed, file)), { recursive: true });
    writeFileSync(path.join(seed, file), text);
  }
  await gitIn(seed, 'init', '-q', '-b', 'main');
  await gitIn(seed, 'add', '-A');
  await gitIn(seed, 'commit', '-qm', 'first');
  writeFileSync(path.join(seed, 'infra/theirs.tf'), 'x\n');
  await gitIn(seed, 'add', '-A');
  await gitIn(seed, 'commit', '-qm', 'theirs');
  await hub.importRepo('demo/tally', seed, 'main');
  await seedProject(database.db, 'pr-1', 'demo/tally', `${hub.url}/demo/tally.git`);
  model = await startModel((_, res) => void res.end('{}'));
  gateway = await startGateway(database.url, model.url);
});
afterAll(async () => {
  await gateway.kill('SIGKILL');
  model.close();
  await hub.close();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

async function say(project: Partial<Guardrails>, all: Partial<Guardrails> = {}): Promise<void> {
  await many(database.db, 'update projects set settings = $1', [JSON.stringify(project)]);
  await many(database.db, "delete from settings where key = 'general'");
  await many(database.db, "insert into settings (owner_id, key, value) values ($1, 'general', $2)", [
    OWNER,
    JSON.stringify(all),
  ]);
}
beforeEach(() => say({}));

interface Work {
  readonly id: string;
  readonly branch: string;
  git(...args: string[]): string;
  /** Waits for a commit of the default branch, which the gateway asks the forge for once a second at most. */
  until(sha: string): Promise<unknown>;
  put(file: string, text: string | Buffer): void;
  commit(message?: string): void;
  /** @param what the ref that is pushed */
  push(what?: string): Promise<{ ok: boolean; said: string }>;
}
let works = 0;
async function work(): Promise<Work> {
  const id = `guard-${++works}`;
  const { token } = await seedRun(database.db, await seedTask(database.db, id));
  const dir = path.join(home, id);
  const header = `http.extraHeader=Authorization: Bearer ${token}`;
  const branch = taskBranch(id, 'x');
  await far('git', ['-c', header, 'clone', '-q', `${gateway.url}/git/repo.git`, dir], {
    cwd: home,
    env: CLEAN,
  });
  const git = (...args: string[]): string =>
    execFileSync('git', [...ME, ...args], { cwd: dir, encoding: 'utf8', env: CLEAN, stdio: 'pipe' });
  git('checkout', '-q', '-b', branch, 'origin/main');
  return {
    id,
    branch,
    git,
    until: (sha) =>
      until(`${sha} on main`, async () => {
        await far('git', ['-c', header, 'fetch', '-q', 'origin'], { cwd: dir, env: CLEAN });
        return git('rev-parse', 'origin/main').trim() === sha;
      }),
    put(file, text) {
      mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      writeFileSync(path.join(dir, file), text);
    },
    commit(message = 'x') {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
    },
    push: (what = 'HEAD') =>
      far('git', ['-c', header, 'push', '-q', '-f', 'origin', `${what}:refs/heads/${branch}`], {
        cwd: dir,
        env: CLEAN,
      }).then(
        () => ({ ok: true, said: '' }),
        (err: { stderr: string }) => ({ ok: false, said: err.stderr }),
      ),
  };
}
/** Somebody else changes a file of the default branch. @returns the commit */
async function onMain(file: string, text: string): Promise<string> {
  const theirs = path.join(home, 'tally');
  mkdirSync(path.dirname(path.join(theirs, file)), { recursive: true });
  writeFileSync(path.join(theirs, file), text);
  await gitIn(theirs, 'add', '-A');
  await gitIn(theirs, 'commit', '-qm', 'theirs');
  const signed = ['-c', `http.extraHeader=Authorization: Basic ${btoa('x:the-forge-token')}`];
  await gitIn(theirs, ...signed, 'push', '-q', `${hub.url}/demo/tally.git`, 'HEAD:refs/heads/main');
  return gitIn(theirs, 'rev-parse', 'HEAD');
}
const dirOf = ({ id }: Work): string => path.join(home, id);
const itemsOf = ({ id }: Work) =>
  many<{ id: string; title: string; body: string; options: { label: string }[]; held: Held }>(
    database.db,
    "select id, title, body, options, held from inbox_items where task_id = $1 and kind = 'guardrail' order by created_at, id",
    [id],
  );
const hitsOf = ({ id }: Work) =>
  many<{ payload: { verdict: string; sentence: string; hits: unknown[] } }>(
    database.db,
    "select payload from events where task_id = $1 and type = 'guardrail.hit' order by seq",
    [id],
  );
const answer = (itemId: string, decision: 'allow' | 'deny') =>
  decide(database.db, { ownerId: OWNER, itemId, decision, text: '', via: 'app', by: 'you' });
const PASSED = { ok: true, said: '' };
const refused = (...words: string[]) => ({
  ok: false,
  said: expect.stringMatching(new RegExp(words.map((w) => w.replace(/[.*+?()]/g, '\\$&')).join('[^]*'))),
});

test('a path that may not change: the agent is told which, by which rule, and what to do, and it is an event', async () => {
  await say({ neverPaths: ['infra/*'] });
  const w = await work();
  w.put('infra/main.tf', 'a = 3\n');
  w.commit();
  expect(await w.push()).toEqual(
    refused(
      'mainloop: a guardrail refuses this push: it changes what may not change: infra/main.tf (infra/*).',
      'take it out of every commit of the branch',
      'a guardrail refuses it',
    ),
  );
  expect((await hitsOf(w)).map((e) => e.payload)).toEqual([
    {
      runId: expect.any(String),
      verdict: 'never',
      hits: [{ rule: 'path', outcome: 'never', from: 'project', says: 'infra/*', what: 'infra/main.tf' }],
      sentence: 'it changes what may not change: infra/main.tf (infra/*)',
    },
  ]);
  w.git('reset', '-q', '--hard', 'origin/main');
  w.put('src/a.ts', 'b\n');
  w.commit();
  expect(await w.push()).toEqual(PASSED);
});

test('what all projects say a project does not loosen, and no file of the repository does', async () => {
  await say({ askPaths: ['infra/*'] }, { neverPaths: ['infra/*'] });
  const w = await work();
  w.put('.mainloop/guardrails.yaml', 'neverPaths: []\n');
  w.put('infra/main.tf', 'a = 3\n');
  w.commit();
  expect(await w.push()).toEqual(refused('a guardrail refuses this push', 'infra/main.tf (infra/*)'));
  expect(await itemsOf(w)).toEqual([]);
});

test('what needs a yes is held with its lines, and a yes lets through exactly that and nothing else', async () => {
  await say({ askPaths: ['infra/*'] });
  const w = await work();
  w.put('infra/main.tf', 'a = 3\nb = 2\n');
  w.put('src/a.ts', 'b\n');
  w.commit();
  const held = refused('a guardrail holds this push until the reader agrees', 'infra/main.tf', 'held until');
  expect(await w.push()).toEqual(held);
  expect(await w.push()).toEqual(held);
  const [item, ...others] = await itemsOf(w);
  expect([item!.title, others]).toEqual(['Let this change to guarded paths through?', []]);
  expect(item!.body).toContain('infra/main.tf\n  by infra/* of this project');
  expect(item!.held.diff).toMatch(/-a = 1\n\+a = 3\n/);
  expect(item!.held.diff).not.toContain('src/a.ts');
  expect(await hitsOf(w)).toHaveLength(1);
  expect(await answer(item!.id, 'allow')).toMatchObject({ ok: true });
  // One line more, another file, a mode: each is something that nobody has seen.
  w.put('infra/main.tf', 'a = 3\nb = 4\n');
  w.commit();
  expect(await w.push()).toEqual(held);
  w.git('reset', '-q', '--hard', 'HEAD~1');
  w.put('infra/more.tf', '');
  w.commit();
  expect(await w.push()).toEqual(held);
  w.git('reset', '-q', '--hard', 'HEAD~1');
  chmodSync(path.join(dirOf(w), 'infra/main.tf'), 0o755);
  w.commit();
  expect(await w.push()).toEqual(held);
  w.git('reset', '-q', '--hard', 'HEAD~1');
  expect(await w.push()).toEqual(PASSED);
  // What does not touch it goes on.
  w.put('src/a.ts', 'c\n');
  w.commit();
  expect(await w.push()).toEqual(PASSED);
  await answer((await itemsOf(w))[1]!.id, 'deny');
  w.put('infra/main.tf', 'a = 3\nb = 4\n');
  w.commit('x');
  expect((await w.push()).said).toMatch(/the reader refused this push/);
});

test('a yes is one to what it replaces as well: what others changed there since is not taken back by it', async () => {
  await say({ askPaths: ['guarded/*'] });
  const before = await onMain('guarded/a.tf', 'a = 1\n');
  const w = await work();
  await w.until(before);
  w.git('reset', '-q', '--hard', 'origin/main');
  w.put('guarded/a.tf', 'a = 2\n');
  w.commit();
  expect(await w.push()).toEqual(refused('held until'));
  await answer((await itemsOf(w))[0]!.id, 'allow');
  expect(await w.push()).toEqual(PASSED);
  await w.until(await onMain('guarded/a.tf', 'a = 1\nsafe = true\n'));
  w.git('merge', '-q', '-s', 'ours', '--no-edit', 'origin/main');
  expect(await w.push()).toEqual(refused('guarded/a.tf', 'held until'));
  expect((await itemsOf(w))[1]!.held.diff).toContain('-safe = true');
});

test('a yes to a name is none to another that is only shown like it', async () => {
  await say({ askPaths: ['guarded/*'] });
  const w = await work();
  w.put('guarded/\\xff', 'x');
  w.commit();
  expect(await w.push()).toEqual(refused('held until'));
  await answer((await itemsOf(w))[0]!.id, 'allow');
  expect(await w.push()).toEqual(PASSED);
  w.git('reset', '-q', '--hard', 'origin/main');
  mkdirSync(path.join(dirOf(w), 'guarded'), { recursive: true });
  writeFileSync(Buffer.concat([Buffer.from(`${dirOf(w)}/guarded/`), Buffer.from([0xff])]), 'x');
  w.commit();
  expect(await w.push()).toEqual(refused('held until'));
});

describe('a path that may not change does not', () => {
  const ways: [string, (w: Work) => void, string?][] = [
    ['by a rename into it', (w) => renameSync(path.join(dirOf(w), 'src/a.ts'), path.join(dirOf(w), 'infra/a.ts'))],
    ['by a rename out of it', (w) => renameSync(path.join(dirOf(w), 'infra/main.tf'), path.join(dirOf(w), 'src/b'))],
    ['by a copy into it', (w) => w.put('infra/copy.sh', 'a\n')],
    ['by its removal', (w) => rmSync(path.join(dirOf(w), 'infra/main.tf'))],
    ['in other letters', (w) => w.put('INFRA/main.tf', 'x')],
    ['by its mode', (w) => chmodSync(path.join(dirOf(w), 'infra/run.sh'), 0o755)],
    ['under a name with quotes and a line feed', (w) => w.put('infra/a"b\n"c\t', 'x')],
    ['under a name that is no UTF-8', (w) => {
      mkdirSync(path.join(dirOf(w), 'infra'), { recursive: true });
      writeFileSync(Buffer.concat([Buffer.from(`${dirOf(w)}/infra/`), Buffer.from([0xff, 0xfe])]), 'x');
    }],
    ['by a link in its place', (w) => {
      rmSync(path.join(dirOf(w), 'infra'), { recursive: true });
      symlinkSync('src', path.join(dirOf(w), 'infra'));
    }],
    ['by a link where it would be', (w) => symlinkSync('src', path.join(dirOf(w), 'secret-infra')), 'secret-infra/*'],
    ['by a submodule where it would be', (w) =>
      void w.git('update-index', '--add', '--cacheinfo', `160000,${w.git('rev-parse', 'HEAD').trim()},vendor/infra`), 'vendor/infra/x/*'],
  ]; // prettier-ignore
  test.each(ways)('%s', async (_, make, glob = 'infra/*') => {
    await say({ neverPaths: [glob] });
    const w = await work();
    make(w);
    if (glob === 'vendor/infra/x/*') w.git('commit', '-qm', 'x');
    else w.commit();
    expect(await w.push()).toEqual(refused('it changes what may not change'));
  });

  test('and back again within one push: its history holds it', async () => {
    await say({ neverPaths: ['infra/*'] });
    const w = await work();
    w.put('infra/main.tf', 'a = 3\n');
    w.commit();
    w.git('revert', '--no-edit', 'HEAD');
    expect(w.git('diff', 'origin/main', 'HEAD')).toBe('');
    expect(await w.push()).toEqual(refused('it changes what may not change: infra/main.tf'));
  });

  test('and what stands only in between can not be allowed, because it could not be shown', async () => {
    await say({ askPaths: ['infra/*'] });
    const w = await work();
    w.put('infra/main.tf', 'a = 3\n');
    w.commit();
    w.git('revert', '--no-edit', 'HEAD');
    expect(await w.push()).toEqual(refused('held until'));
    const [item] = await itemsOf(w);
    expect([item!.held.mayAllow, item!.options]).toEqual([false, [{ label: 'Refuse' }]]);
    expect(item!.body).toContain('only in a commit in between');
    expect(await answer(item!.id, 'allow')).toMatchObject({ ok: false });
  });

  test('by a merge that brings it, nor by a merge that itself changes it', async () => {
    await say({ neverPaths: ['infra/*'] });
    const w = await work();
    w.git('checkout', '-q', '-b', 'side');
    w.put('infra/main.tf', 'a = 3\n');
    w.commit();
    w.git('checkout', '-q', w.branch);
    w.put('src/a.ts', 'b\n');
    w.commit();
    w.git('merge', '-q', '--no-edit', 'side');
    expect(await w.push()).toEqual(refused('infra/main.tf'));
    w.git('reset', '-q', '--hard', 'HEAD~1');
    w.git('checkout', '-q', '-b', 'harmless');
    w.put('other', 'x');
    w.commit();
    w.git('checkout', '-q', w.branch);
    w.put('src/b.ts', 'b\n');
    w.commit();
    w.git('merge', '-q', '--no-commit', '--no-ff', 'harmless');
    w.put('infra/main.tf', 'a = 4\n');
    w.commit();
    w.put('infra/main.tf', 'a = 1\nb = 2\n');
    w.commit();
    expect(w.git('diff', '--name-only', 'origin/main', 'HEAD', '--', 'infra')).toBe('');
    expect(await w.push()).toEqual(refused('infra/main.tf'));
  });

  test('by a force push that goes back past it and forth again', async () => {
    await say({ neverPaths: ['infra/*'] });
    const w = await work();
    w.put('src/a.ts', 'b\n');
    w.commit();
    expect(await w.push()).toEqual(PASSED);
    w.git('reset', '-q', '--hard', 'origin/main');
    w.put('infra/main.tf', 'x');
    w.commit();
    expect(await w.push()).toEqual(refused('infra/main.tf'));
  });

  test('by way of a tag: one is no branch, and under the name of the branch it is no commit', async () => {
    await say({ neverPaths: ['infra/*'] });
    const w = await work();
    w.put('infra/main.tf', 'x');
    w.commit();
    w.git('tag', '-a', '-m', TOKEN, 'v1');
    expect((await w.push('refs/tags/v1')).ok).toBe(false);
    expect(await one(database.db, 'select 1 from pushes where task_id = $1', [w.id])).toBeNull();
  });

  test('and a merge of the default branch that brings what others changed there is no change of the agent', async () => {
    await say({ neverPaths: ['infra/*'] });
    const w = await work();
    w.git('reset', '-q', '--hard', 'origin/main~1');
    w.put('src/mine.ts', 'b\n');
    w.commit();
    w.git('merge', '-q', '--no-edit', 'origin/main');
    expect(await w.push()).toEqual(PASSED);
  });
});

test('a push of 3,000 files is counted, and a yes to a size is one to that commit', async () => {
  await say({ changeFiles: 100 }, { changeLines: 1_000 });
  const w = await work();
  for (let i = 0; i < 3_000; i++) w.put(`many/${i}.txt`, `${i}\n`);
  w.commit();
  expect(await w.push()).toEqual(
    refused('touches 3000 files, and what passes without a yes is at most 100', '3000 lines', 'at most 1000'),
  );
  const [item] = await itemsOf(w);
  expect(item!.title).toBe('Let a change of this size through?');
  await answer(item!.id, 'allow');
  w.put('many/0.txt', 'x\n');
  w.commit();
  expect(await w.push()).toEqual(refused('held until'));
  w.git('reset', '-q', '--hard', 'HEAD~1');
  expect(await w.push()).toEqual(PASSED);
});

test('the lines of a text are counted that is too large to be shown, and those of a picture are not', async () => {
  await say({ changeLines: 1_000 });
  const w = await work();
  w.put('dump.sql', 'a row of many of them\n'.repeat(400_000));
  w.put('a.png', Buffer.concat([Buffer.alloc(1), Buffer.from('\n'.repeat(5_000))]));
  w.commit();
  expect(await w.push()).toEqual(refused('the change has 400000 lines', 'held until'));
});

describe('a secret is found', () => {
  const ways: [string, (w: Work) => void][] = [
    ['in a file', (w) => w.put('src/a.ts', `const t = '${TOKEN}';\n`)],
    ['in a binary', (w) => w.put('a.bin', Buffer.concat([Buffer.from([0, 1, 255, 0]), Buffer.from(TOKEN), Buffer.alloc(9)]))],
    ['split over lines', (w) => w.put('a.py', `t = ("ghp_${BODY.slice(0, 9)}"\n     "${BODY.slice(9)}")\n`)],
    ['at the seam of two reads', (w) => w.put('a.txt', `${'x'.repeat(65_536 - 20)}${TOKEN}\n`)],
    ['at the end of a large file', (w) => w.put('a.txt', `${'words and more words\n'.repeat(500_000)}${TOKEN}`)],
    ['in the name of a file', (w) => w.put(`notes/${TOKEN}`, `${TOKEN}\n`)],
    ['in a link', (w) => symlinkSync(TOKEN, path.join(dirOf(w), 'link'))],
    ['in a commit that a later one takes back', (w) => {
      w.put('src/a.ts', TOKEN);
      w.commit();
      w.git('revert', '--no-edit', 'HEAD');
    }],
    ['in what a commit says', (w) => {
      w.put('src/a.ts', 'b\n');
      w.commit(`with ${TOKEN}`);
    }],
  ]; // prettier-ignore
  test.each(ways)('%s', async (_, make) => {
    await say({}, { secrets: 'never' });
    const w = await work();
    make(w);
    w.commit();
    expect(await w.push()).toEqual(
      refused('it holds what looks like a secret: a token of GitHub in', 'ghp_0aB1…'),
    );
    expect(JSON.stringify(await hitsOf(w))).not.toContain(TOKEN);
  });

  test('unless it stands on the default branch already, in the same file', async () => {
    await say({}, { secrets: 'never' });
    const w = await work();
    w.put('src/fixture.txt', `known = ${KNOWN}\nmore\n`);
    w.commit();
    expect(await w.push()).toEqual(PASSED);
    w.put('src/other.txt', `other = ${KNOWN}\n`);
    w.commit();
    expect(await w.push()).toEqual(refused('what looks like a secret'));
  });

  test('where nobody said anything: it is asked about, without its words, and a yes is one to this secret in this file', async () => {
    const w = await work();
    w.put('src/a.ts', `${TOKEN}\n`);
    w.commit();
    expect(await w.push()).toEqual(refused('held until'));
    const [item] = await itemsOf(w);
    expect([item!.title, item!.held.diff]).toEqual(['Let what looks like a secret through?', '']);
    expect(item!.body).toContain('a token of GitHub in src/a.ts: ghp_0aB1…\n  by a rule of all projects');
    await answer(item!.id, 'allow');
    w.put('src/b.ts', `${KNOWN}\n`);
    w.commit();
    expect(await w.push()).toEqual(refused('held until'));
    w.git('reset', '-q', '--hard', 'HEAD~1');
    expect(await w.push()).toEqual(PASSED);
  });

  test('and what begins like very many of them is not looked through for ever, and does not pass', async () => {
    await say({}, { secrets: 'never' });
    const w = await work();
    w.put('a.txt', 'ghp_ '.repeat(100_000));
    w.commit();
    expect(await w.push()).toEqual(refused('more than can be told apart'));
  });
});

test('a dry run says of what was pushed before what its agent would have been told now', async () => {
  const rules = {
    neverPaths: ['infra/*'],
    askPaths: ['src/*'],
    changeFiles: 3,
    changeLines: 40,
    overSize: 'never',
    secrets: 'never',
  } satisfies Guardrails;
  const ways: ((w: Work) => void)[] = [
    (w) => w.put('infra/main.tf', 'a = 3\n'),
    (w) => renameSync(path.join(dirOf(w), 'infra/main.tf'), path.join(dirOf(w), 'elsewhere.tf')),
    (w) => w.put('src/a.ts', 'b\n'),
    (w) => ['a', 'b', 'c', 'd'].forEach((name) => w.put(`${name}"\n`, `${name}\n`)),
    (w) => w.put('long.txt', 'a line\n'.repeat(41)),
    (w) => w.put('key.txt', `${TOKEN}\n`),
    (w) => symlinkSync('src', path.join(dirOf(w), 'Infra')),
    (w) => w.put('docs/a.md', 'b\n'),
  ];
  const pushed: { id: string; live: string | null }[] = [];
  for (const make of ways) {
    await say({}, { secrets: 'let' });
    const before = await work();
    make(before);
    before.commit();
    expect(await before.push()).toEqual(PASSED);
    await say(rules);
    const now = await work();
    make(now);
    now.commit();
    await now.push();
    const hits = await hitsOf(now);
    pushed.push({
      id: before.id,
      live: hits[0] === undefined ? null : `${hits[0].payload.verdict}: ${hits[0].payload.sentence}`,
    });
  }
  const asked = { last: 200, project: 'pr-1' };
  const tried = await tryGuardrails(database.db, OWNER, { ...asked, rules });
  const told = new Map(tried.stopped.map((p) => [p.taskId, `${p.verdict}: ${p.sentence}`]));
  expect(pushed.map(({ id }) => told.get(id) ?? null)).toEqual(pushed.map(({ live }) => live));
  expect(pushed.filter(({ live }) => live === null)).toHaveLength(1);
  // What is set counts where nothing else is asked.
  expect((await tryGuardrails(database.db, OWNER, asked)).stopped).toEqual(tried.stopped);
  expect(await tryGuardrails(database.db, OWNER, { last: 200, rules: {} })).toMatchObject({ stopped: [] });
});

test('rules that can not be read let nothing through', async () => {
  await many(database.db, 'update projects set settings = $1', [JSON.stringify({ neverPaths: ['/bad'] })]);
  const w = await work();
  w.put('src/a.ts', 'b\n');
  w.commit();
  expect(await w.push()).toEqual(refused('src/a.ts (*)'));
});
