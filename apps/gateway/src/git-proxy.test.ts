// The git proxy in its real process, between real git and a real forge: what is held, what is shown of it, and
// what a large push costs.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decide } from '@mainloop/models/db/inbox/decide';
import { many, one } from '@mainloop/models/db/pool';
import { readDiff } from '@mainloop/models/flow/review/diff';
import type { Held as HeldChange } from '@mainloop/models/flow/ci/held';
import { OWNER, taskBranch } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { CLEAN_GIT as CLEAN, seedRepository, startHub } from '@mainloop/testkit/hub';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import type { LocalGitHub } from '../../demo/src/github/server.ts';
import { pkt } from './pkt.ts';

let database: TestDatabase;
let model: Awaited<ReturnType<typeof startModel>>;
let gateway: TestGateway;
let hub: LocalGitHub;
const home = mkdtempSync('/tmp/mainloop-git-proxy-');
const git = (dir: string, ...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
    cwd: dir,
    encoding: 'utf8',
    env: CLEAN,
    stdio: 'pipe',
  });
/** The forge stands in this process: whoever talks to it must not block it. */
const far = promisify(execFile);
const CI = 'on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n      - run: "true"\n';

beforeAll(async () => {
  database = await freshDatabase();
  hub = await startHub(path.join(home, 'hub'));
  await seedRepository(hub, 'demo/tally', path.join(home, 'tally'), {
    '.github/workflows/ci.yml': CI,
    '.github/ISSUE_TEMPLATE.md': 'Say:\n```\n<!-- open\n',
  });
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

interface Work {
  readonly id: string;
  readonly dir: string;
  put(file: string, text: string | Buffer): void;
  push(): Promise<{ ok: boolean; said: string }>;
  /** Waits for a commit of the default branch, which the gateway asks the forge for once a second at most. */
  until(sha: string): Promise<unknown>;
}
/** Somebody else changes a file of the default branch. @returns the commit */
async function onMain(file: string, text: string): Promise<string> {
  const theirs = path.join(home, 'tally');
  writeFileSync(path.join(theirs, file), text);
  git(theirs, 'commit', '-qam', 'theirs');
  const signed = ['-c', `http.extraHeader=Authorization: Basic ${btoa('x:the-forge-token')}`];
  const to = [`${hub.url}/demo/tally.git`, 'HEAD:refs/heads/main'];
  await far('git', [...signed, 'push', '-q', ...to], { cwd: theirs, env: CLEAN });
  return git(theirs, 'rev-parse', 'HEAD').trim();
}
async function work(id: string): Promise<Work> {
  const { token } = await seedRun(database.db, await seedTask(database.db, id));
  const dir = path.join(home, `work-${id}`);
  const header = `http.extraHeader=Authorization: Bearer ${token}`;
  await far('git', ['-c', header, 'clone', '-q', `${gateway.url}/git/repo.git`, dir], {
    cwd: home,
    env: CLEAN,
  });
  git(dir, 'checkout', '-q', '-b', taskBranch(id, 'x'), 'origin/main');
  return {
    id,
    dir,
    put(file, text) {
      mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      writeFileSync(path.join(dir, file), text);
    },
    until: (sha) =>
      until(`${sha} on main`, async () => {
        await far('git', ['-c', header, 'fetch', '-q', 'origin'], { cwd: dir, env: CLEAN });
        return git(dir, 'rev-parse', 'origin/main').trim() === sha;
      }),
    async push() {
      git(dir, 'add', '-A');
      spawnSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-qm', 'x'], {
        cwd: dir,
        env: CLEAN,
      });
      // As it comes: looking for deltas would be the longest part of these tests.
      const quick = ['-c', 'core.bigFileThreshold=1m'];
      const to = `HEAD:refs/heads/${taskBranch(id, 'x')}`;
      return far('git', [...quick, '-c', header, 'push', '-q', '-f', 'origin', to], {
        cwd: dir,
        env: CLEAN,
      }).then(
        () => ({ ok: true, said: '' }),
        (err: { stderr: string }) => ({ ok: false, said: err.stderr }),
      );
    },
  };
}
interface Held {
  id: string;
  body: string;
  options: { label: string }[];
  held: HeldChange;
}
const heldOf = (id: string): Promise<Held[]> =>
  many<Held>(
    database.db,
    "select id, body, options, held from inbox_items where task_id = $1 and kind = 'ci_files' order by created_at, id",
    [id],
  );
const answer = (itemId: string, decision: 'allow' | 'deny') =>
  decide(database.db, { ownerId: OWNER, itemId, decision, text: '', via: 'app', by: 'you' });

test('a repository that is new here lies in the mirror as the pack that it came as: few large files are not written one by one', async () => {
  await work('pack');
  const objects = path.join(gateway.home, 'git/mirrors/demo/tally.git/objects');
  const names = readdirSync(objects);
  expect([
    names.filter((n) => n.length === 2),
    readdirSync(path.join(objects, 'pack'))
      .map((n) => path.extname(n))
      .toSorted(),
  ]).toEqual([[], ['.idx', '.pack']]);
});

test('a held change shows every file and line, and a yes lets through that and nothing else', async () => {
  const workspace = await work('hold');
  const evil = `${CI}      # \u2028diff --git a/x b/x\r\n      - run: echo stolen\n`;
  workspace.put('.github/workflows/a"\t\nb.yml', evil);
  workspace.put('.github/workflows/é.yml', CI);
  workspace.put('.github/ISSUE_TEMPLATE.md', 'Say it:\n```\n<!-- open\n````\n');
  workspace.put('.GitHub/odd.yml', CI);
  workspace.put('src/a.ts', 'x\n');
  expect(await workspace.push()).toEqual({
    ok: false,
    said: expect.stringContaining('held until the reader agrees'),
  });
  const [item] = await heldOf('hold');
  expect(item!.body).toMatch(/exactly what stands here/);
  const files = readDiff(item!.held.diff).files;
  expect(files.map((f) => f.path).sort()).toEqual(
    [
      '.GitHub/odd.yml',
      '.github/ISSUE_TEMPLATE.md',
      '.github/workflows/a"\t\nb.yml',
      '.github/workflows/é.yml',
    ].sort(),
  );
  expect(
    files
      .find((f) => f.path.includes('\n'))!
      .lines.filter((l) => l.kind === 'add')
      .map((l) => l.text),
  ).toEqual(evil.split('\n').slice(0, -1));

  expect(await answer(item!.id, 'allow')).toMatchObject({ ok: true });
  // A program instead of a file, and one more line: each is another state, which nobody has seen.
  const workflow = path.join(workspace.dir, '.github/workflows/ci.yml');
  chmodSync(workflow, 0o755);
  expect((await workspace.push()).said).toContain('held until');
  git(workspace.dir, 'reset', '-q', '--soft', 'HEAD~1');
  chmodSync(workflow, 0o644);
  workspace.put('src/a.ts', 'y\n');
  expect(await workspace.push()).toEqual({ ok: true, said: '' });
  workspace.put('.github/workflows/é.yml', `${CI}      - run: echo more\n`);
  expect((await workspace.push()).said).toContain('held until');
  const items = await heldOf('hold');
  expect(new Set(items.map((i) => i.id)).size).toBe(3);
  expect(items.every((i) => /-ci-[\w-]{43}$/.test(i.id))).toBe(true);
  await answer(items[2]!.id, 'deny');
  expect((await workspace.push()).said).toContain('the reader refused this change');
});

test('a yes takes back nothing that others changed of the CI files since', async () => {
  const workspace = await work('takes-back');
  workspace.put('.github/workflows/ci.yml', `${CI}      - run: echo mine\n`);
  expect((await workspace.push()).said).toContain('held until');
  const [item] = await heldOf('takes-back');
  await answer(item!.id, 'allow');
  expect(await workspace.push()).toEqual({ ok: true, said: '' });
  const theirs = await onMain('.github/workflows/ci.yml', `${CI}      - run: echo safer\n`);
  await workspace.until(theirs);
  git(workspace.dir, 'merge', '-q', '-s', 'ours', '--no-edit', 'origin/main');
  expect((await workspace.push()).said).toContain('held until');
  expect((await heldOf('takes-back'))[1]!.held.diff).toContain('-      - run: echo safer');
  await workspace.until(await onMain('.github/workflows/ci.yml', CI));
});

test('what a second look pushes is refused, and says what it is to do', async () => {
  const workspace = await work('reads');
  await many(database.db, "update runs set phase = 'second_look' where task_id = 'reads'");
  workspace.put('src/a.ts', 'mine\n');
  expect(await workspace.push()).toEqual({
    ok: false,
    said: expect.stringContaining('a second look changes nothing: say what you found with `mainloop find`'),
  });
});

test.each<[string, (workspace: Work) => void, RegExp]>([
  [
    'too long',
    (w) => w.put('.github/workflows/a.yml', `# ${'x'.repeat(90)}\n`.repeat(3_000)),
    /too long to be shown whole/,
  ],
  [
    'no text',
    (workspace) =>
      workspace.put(
        '.github/workflows/a.yml',
        Buffer.from([...Buffer.from(`${CI}# ${'x'.repeat(9_000)}`), 0, 1]),
      ),
    /not text/,
  ],
  ['no UTF-8', (w) => w.put('.github/workflows/a.yml', Buffer.from([0x23, 0xff, 0x0a])), /not text/],
  [
    'many files',
    (w) => Array.from({ length: 120 }, (_, i) => w.put(`.github/x/${i}`, 'x')),
    /more than can be shown/,
  ],
  [
    'a link out',
    (w) => symlinkSync('/etc/passwd', path.join(w.dir, '.github/link.yml')),
    /leads out of the repository/,
  ],
])('what can not be shown whole can not be allowed from anywhere: %s', async (name, make, why) => {
  const id = `no-${name.replace(/\W/g, '')}`;
  const workspace = await work(id);
  make(workspace);
  expect((await workspace.push()).said).toContain('held until');
  const [item] = await heldOf(id);
  expect(item!.body).toMatch(why);
  expect(item!.held.mayAllow).toBe(false);
  expect(item!.options).toEqual([{ label: 'Refuse' }]);
  expect(await answer(item!.id, 'allow')).toMatchObject({
    ok: false,
    sentence: expect.stringContaining('could not be shown whole'),
  });
  expect((await workspace.push()).ok).toBe(false);
});

test('an action of the repository is held like a workflow, wherever it stands', async () => {
  const workspace = await work('act');
  workspace.put('tools/greet/action.yml', 'runs: { using: node20, main: run.js }\n');
  workspace.put('tools/greet/run.js', '1;\n');
  expect((await workspace.push()).said).toMatch(/tools\/greet\/action.yml, tools\/greet\/run.js/);
});

test('of every commit of the branch it is noted what its message would do on the default branch', async () => {
  const workspace = await work('says');
  const commit = (message: string): void =>
    void spawnSync(
      'git',
      ['-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-q', '--allow-empty', '-m', message],
      { cwd: workspace.dir, env: CLEAN },
    );
  const acting = async (): Promise<unknown> =>
    (await many<{ acting: unknown }>(
      database.db,
      "select payload->'acting' as acting from events where task_id = 'says' and type = 'branch.pushed' order by seq",
    )).at(-1)?.acting; // prettier-ignore
  commit('Split the bill\n\nAnd fixes #12, says @you.');
  const first = git(workspace.dir, 'rev-parse', 'HEAD').trim();
  expect(await workspace.push()).toMatchObject({ ok: true });
  commit('Something else');
  workspace.put('a.txt', 'a');
  expect(await workspace.push()).toMatchObject({ ok: true });
  // It is the branch that is merged, not its last push.
  expect(await acting()).toEqual([`${first.slice(0, 7)} says “And fixes #12, says @you.”`]);
  git(workspace.dir, 'reset', '-q', '--soft', 'origin/main');
  expect(await workspace.push()).toMatchObject({ ok: true });
  expect(await acting()).toEqual([]);
});

test('a force push back to what was pushed before, and forth again: the branch is what it is, each time', async () => {
  const workspace = await work('back');
  const heads: string[] = [];
  for (const n of [1, 2]) {
    workspace.put(`${n}.txt`, `${n}\n`);
    expect(await workspace.push()).toMatchObject({ ok: true });
    heads.push(git(workspace.dir, 'rev-parse', 'HEAD').trim());
  }
  const now = async (): Promise<unknown> => [
    (await one<{ head_sha: string }>(database.db, "select head_sha from tasks where id = 'back'"))!.head_sha,
    (
      await many<{ new_sha: string }>(
        database.db,
        "select new_sha from pushes where task_id = 'back' order by created_at, id",
      )
    ).map((p) => p.new_sha),
  ];
  const [first, second] = heads as [string, string];
  expect(await now()).toEqual([second, [first, second]]);
  for (const [to, all] of [
    [first, [first, second, first]],
    [second, [first, second, first, second]],
    [second, [first, second, first, second]],
    [first, [first, second, first, second, first]],
  ] as const) {
    git(workspace.dir, 'reset', '-q', '--hard', to);
    expect(await workspace.push()).toMatchObject({ ok: true });
    expect(await now()).toEqual([to, all]);
  }
});

test('a push of much text costs the gateway little, and is cut in words', async () => {
  const workspace = await work('big');
  for (let i = 0; i < 40; i++)
    workspace.put(`text/${i}.txt`, `a line of no great interest, number ${i}\n`.repeat(100_000));
  expect(await workspace.push()).toEqual({ ok: true, said: '' });
  const p = await one<{ diff: string }>(database.db, "select diff from pushes where task_id = 'big'");
  expect(p!.diff).toMatch(/… \(the rest of this change is left out: it is larger than 2 MB\)$/);
  expect(readDiff(p!.diff).cut).toBe(true);
  expect(peakMiB()).toBeLessThan(200);
});

test('so does one of very many files, deep folders, many commits and long words', async () => {
  const workspace = await work('many');
  const parts = [
    `commit refs/heads/many\ncommitter x <x@x> 0 +0000\ndata 9000000\n${'m'.repeat(9_000_000)}\nfrom refs/remotes/origin/main\n`,
  ];
  for (let i = 0; i < 100_000; i++)
    parts.push(`M 100644 inline dir${i % 100}/a-file-with-a-long-enough-name-${i}\ndata 1\nx\n`);
  parts.push(`M 100644 inline ${'deep/'.repeat(300)}x\ndata 1\nx\n`);
  for (let i = 0; i < 500; i++)
    parts.push(`commit refs/heads/many\ncommitter x <x@x> ${i} +0000\ndata 3\nabc\n`);
  execFileSync('git', ['fast-import', '--quiet'], {
    cwd: workspace.dir,
    env: CLEAN,
    input: parts.join(''),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  git(workspace.dir, 'checkout', '-q', '--force', 'refs/heads/many');
  expect(await workspace.push()).toEqual({ ok: true, said: '' });
  const e = await one<{ files: number }>(
    database.db,
    "select (payload->>'files')::int as files from events where task_id = 'many' and type = 'branch.pushed'",
  );
  expect(e!.files).toBe(100_001);
  expect(peakMiB()).toBeLessThan(200);
});

test('so does one that is large on its way, and one of a few kilobytes that unpacks to gigabytes is refused in words', async () => {
  const workspace = await work('wide');
  workspace.put('noise', randomBytes(90 * 1024 * 1024));
  expect(await workspace.push()).toEqual({ ok: true, said: '' });
  expect(peakMiB()).toBeLessThan(200);

  const { token } = await seedRun(database.db, await seedTask(database.db, 'bomb'));
  const body = bomb(taskBranch('bomb', 'x'));
  expect(body.length).toBeLessThan(100_000);
  const began = await fetch(`${gateway.url}/git/repo.git/info/refs?service=git-receive-pack`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(began.status).toBe(200);
  const response = await fetch(`${gateway.url}/git/repo.git/git-receive-pack`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });
  expect(await response.text()).toMatch(
    /ng refs\/heads\/\S+ this push unpacks to more than git may take here/,
  );
  expect(peakMiB()).toBeLessThan(200);
});

/** A push whose pack holds 16 MiB of zeros and a delta that repeats them two hundred times (gitformat-pack(5)). */
function bomb(branch: string): Buffer {
  const unit = 0xffffff;
  const size = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...size(Math.floor(n / 128))]);
  const head = (type: number, n: number): Buffer => {
    const rest = Math.floor(n / 16);
    return Buffer.from([(type << 4) | (n & 15) | (rest > 0 ? 128 : 0), ...(rest > 0 ? size(rest) : [])]);
  };
  const base = Buffer.alloc(unit);
  const name = createHash('sha1').update(`blob ${unit}\0`).update(base).digest();
  // Copy from 0, so many bytes: no byte of an offset, three of a size.
  const copy = Buffer.from([0b1111_0000, 0xff, 0xff, 0xff]);
  const delta = Buffer.concat([
    Buffer.from([...size(unit), ...size(unit * 200)]),
    ...Array.from({ length: 200 }, () => copy),
  ]);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(2);
  const version = Buffer.from([0, 0, 0, 2]);
  const pack = Buffer.concat([
    Buffer.from('PACK'),
    version,
    count,
    head(3, unit),
    deflateSync(base),
    head(7, delta.length),
    name,
    deflateSync(delta),
  ]);
  const command = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/${branch}\0report-status`;
  return Buffer.concat([pkt(command), Buffer.from('0000'), pack, createHash('sha1').update(pack).digest()]);
}

test('a branch that is behind on CI files is told to merge, and nobody is asked', async () => {
  const workspace = await work('late');
  workspace.put('.github/workflows/ci.yml', `${CI}      - run: echo newer\n`);
  git(workspace.dir, 'commit', '-qam', 'newer');
  const basic = `Basic ${Buffer.from('x:the-forge-token').toString('base64')}`;
  await far(
    'git',
    [
      '-c',
      `http.extraHeader=Authorization: ${basic}`,
      'push',
      '-q',
      `${hub.url}/demo/tally.git`,
      'HEAD:main',
    ],
    {
      cwd: workspace.dir,
      env: CLEAN,
    },
  );
  git(workspace.dir, 'reset', '-q', '--hard', 'origin/main');
  workspace.put('src/b.ts', 'x\n');
  await new Promise((r) => setTimeout(r, 1_100));
  expect((await workspace.push()).said).toContain(
    'the CI files of main have changed since this branch began',
  );
  expect(await heldOf('late')).toEqual([]);
});

const refusals = async (id: string): Promise<string[]> =>
  (
    await many<{ reason: string }>(
      database.db,
      "select payload->>'reason' as reason from events where task_id = $1 and type = 'push.refused' order by seq",
      [id],
    )
  ).map((r) => r.reason);

test("somebody else's commit on the branch is kept: a push that lacks it is refused with its name, also after it came back", async () => {
  const workspace = await work('kept');
  workspace.put('src/a.ts', 'a\n');
  expect(await workspace.push()).toMatchObject({ ok: true });
  const first = git(workspace.dir, 'rev-parse', 'HEAD').trim();
  const theirs = path.join(home, 'theirs');
  const basic = `http.extraHeader=Authorization: Basic ${Buffer.from('x:the-forge-token').toString('base64')}`;
  const branch = taskBranch('kept', 'x');
  const asPerson = (...a: string[]) =>
    far('git', ['-c', basic, '-c', 'user.name=mona', '-c', 'user.email=m@m', ...a], {
      cwd: home,
      env: CLEAN,
    });
  await asPerson('clone', '-q', '-b', branch, `${hub.url}/demo/tally.git`, theirs);
  await asPerson('-C', theirs, 'commit', '-q', '--allow-empty', '-m', 'guard \u202e zero');
  await asPerson('-C', theirs, 'push', '-q', 'origin', branch);
  const added = git(theirs, 'rev-parse', 'HEAD').trim();
  const pushed = async (): Promise<string[]> =>
    (
      await many<{ sha: string }>(database.db, "select new_sha as sha from pushes where task_id = 'kept'", [])
    ).map((p) => p.sha);
  const said = new RegExp(
    `would drop ${added.slice(0, 7)} "guard .*zero" by mona.*git fetch origin.*merge origin/${branch}`,
  );
  for (const text of ['b\n', 'c\n']) {
    workspace.put('src/a.ts', text);
    // The mirror is a second old at most.
    for (;;) {
      const result = await workspace.push();
      if (!result.ok && said.test(result.said.replace(/\s+/g, ' '))) break;
      expect(result.said).toMatch(/stale info|fetch first|rejected|would drop/);
    }
    // It is not noted as the agent's own, however often the branch was looked at.
    expect(await pushed()).toEqual([first]);
  }
  expect((await refusals('kept')).at(-1)).toMatch(/^this push would drop /);
  await far('git', ['-c', basic, '-C', workspace.dir, 'fetch', '-q', `${hub.url}/demo/tally.git`, branch], {
    env: CLEAN,
  });
  git(workspace.dir, 'merge', '-q', '-m', 'bring it in', 'FETCH_HEAD');
  expect(await workspace.push()).toEqual({ ok: true, said: '' });
  // Back to where it was and forth again by the person: what they added is theirs still, what they took away
  // is not missed.
  await asPerson('-C', theirs, 'push', '-q', '-f', 'origin', `${first}:${branch}`);
  workspace.put('src/a.ts', 'd\n');
  for (let r = await workspace.push(); !r.ok; r = await workspace.push())
    expect(r.said).toMatch(/stale info|fetch first|rejected/);
  expect((await pushed()).at(-1)).toBe(git(workspace.dir, 'rev-parse', 'HEAD').trim());
});

test('why the forge refuses a push reaches the agent and the story word for word, with nothing hidden in it', async () => {
  const workspace = await work('ruled');
  workspace.put('src/a.ts', 'a\n');
  const repo = hub.store.one('repo', (r) => r.full === 'demo/tally')!;
  const words = [
    'GH013: Repository rule violations found.',
    '- Commits must have verified signatures.',
    '\u202eevil \u001b[31m https://x/unblock',
  ];
  hub.store.update('repo', repo, { rules: { refusesPushes: `${words.join('\n')}\n` } });
  const result = await workspace.push();
  hub.store.update('repo', repo, { rules: {} });
  const told = [words[0]!, words[1]!, '[U+202E]evil [U+001B][31m https://x/unblock'];
  expect(result.ok).toBe(false);
  for (const line of told) expect(result.said).toContain(line);
  expect(result.said).toContain('pre-receive hook declined');
  expect(await refusals('ruled')).toEqual([expect.stringContaining(told.join('\n'))]);
  expect(await workspace.push()).toMatchObject({ ok: true });
});

/** The most it has ever had, from the kernel. */
const peakMiB = (): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))![1]) / 1024;
