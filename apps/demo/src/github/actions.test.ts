// A pushed workflow is somebody else's program: what it finds in its work tree must be its own, and the forge
// stays whole.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { until } from '@mainloop/testkit/stack';
import { actions } from './actions.ts';
import { Bare } from './bare.ts';
import type { Hooks } from './hooks.ts';
import { Store, type Repo } from './store.ts';
import { asInPod, pushWith } from './actions.fixture.ts';

const FULL = 'local/till';
const CLEAN = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};
let home: string;
let bare: Bare;
const RUN = `import { pushWith } from ${JSON.stringify(path.join(import.meta.dirname, 'actions.fixture.ts'))};
console.log(await pushWith(process.env.CI_HOME, process.env.CI_SCRIPT));`;
const git = (dir: string, ...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
    cwd: dir,
    encoding: 'utf8',
    env: CLEAN,
    stdio: 'pipe',
  });

beforeEach(async () => {
  home = mkdtempSync('/tmp/mainloop-ci-');
  chmodSync(home, 0o711);
  const folder = path.join(home, 'folder');
  mkdirSync(path.join(folder, '.github/workflows'), { recursive: true });
  writeFileSync(
    path.join(folder, '.github/workflows/a --bind b.yml'),
    'on: push\njobs: { t: { runs-on: ubuntu-latest, steps: [{ run: x }] } }\n',
  );
  git(folder, 'init', '-q', '-b', 'main');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', 'first');
  git(folder, 'gc', '-q');
  bare = new Bare(path.join(home, 'repos'));
  await bare.importFrom(FULL, folder, 'main');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/**
 * Runs a shell script as if it were what a workflow's step says.
 * @returns what it printed as JSON lines, by `act`'s own convention
 */
async function ci(script: string): Promise<string> {
  const log = await pushWith(home, script);
  expect(readdirSync(path.join(home, 'ci')).filter((f) => f.startsWith('ci-'))).toEqual([]);
  return log;
}
const say = (what: string): string => `printf '{"jobID":"t","raw_output":true,"msg":"%s"}\\n' "${what}"`;

test('a job whose environment wants an approval begins when it has it, and no sooner', async () => {
  const folder = path.join(home, 'folder');
  writeFileSync(
    path.join(folder, '.github/workflows/a --bind b.yml'),
    'on: push\njobs: { t: { environment: { name: live }, runs-on: ubuntu-latest, steps: [{ run: x }] } }\n',
  );
  git(folder, 'commit', '-qam', 'deploys');
  await bare.importFrom(FULL, folder, 'main');
  const act = path.join(home, 'act');
  writeFileSync(act, `#!/bin/sh\n${say('deployed')}\n`, { mode: 0o755 });
  const store = new Store(path.join(home, 'store'));
  const hooks = { send: () => undefined } as unknown as Hooks;
  const runner = actions(store, bare, hooks, asInPod(home, act));
  const repo = { full: FULL, rules: { held: ['live'] } } as unknown as Repo;
  await runner.pushed(repo, 'main', (await bare.sha(FULL, 'main'))!, null);
  const [run] = store.find('run');
  const state = () =>
    store.find('job').map((job) => [job.environment, job.status, job.log.includes('deployed')]);
  expect([run?.status, state()]).toEqual(['waiting', [['live', 'waiting', false]]]);
  await runner.letThrough(repo, run!);
  expect([run?.status, run?.conclusion, state()]).toEqual([
    'completed',
    'success',
    [['live', 'completed', true]],
  ]);
});

test('a pushed workflow that writes into every object it can reach leaves the forge whole', async () => {
  const objects = path.join(bare.dir(FULL), 'objects');
  const log = await ci(`
    for place in "$3/.git" ${process.getuid?.() === 0 ? objects : ''}; do
      find "$place" -type f 2>/dev/null | while read -r f; do chmod 666 "$f"; echo junk > "$f"; chmod 000 "$f"; done
    done 2>/dev/null
    ${say('$(find "$3/.git/objects" -type f | wc -l | tr -d " ") files, the workflow is $5')}`);
  await bare.git(FULL, ['fsck', '--full', '--strict']);
  git(home, 'clone', '-q', bare.dir(FULL), 'again');
  expect(existsSync(path.join(home, 'again/.github/workflows'))).toBe(true);
  // It ran, in a work tree with objects of its own, and a file name with spaces is one argument.
  expect(log).toMatch(/[1-9]\d* files, the workflow is .github\/workflows\/a --bind b.yml/);
});

test('links that a workflow leaves behind lead nobody out when its work tree is removed', async () => {
  mkdirSync(path.join(home, 'mine'));
  writeFileSync(path.join(home, 'mine/keep'), 'x');
  await ci(
    `rm -rf "$3/.git"; ln -s ${home}/mine "$3/.git"; mkdir "$3/locked"; touch "$3/locked/a"; chmod 000 "$3/locked"; ${say('done')}`,
  );
  expect(readFileSync(path.join(home, 'mine/keep'), 'utf8')).toBe('x');
});

test('nothing of our own configuration or environment acts on a checkout, and none of it reaches the workflow', async () => {
  const bad = mkdtempSync(path.join(home, 'bad-'));
  const mark = path.join(bad, 'ran');
  writeFileSync(path.join(bad, 'hook'), `#!/bin/sh\ntouch ${mark}\ncat\n`);
  chmodSync(path.join(bad, 'hook'), 0o755);
  mkdirSync(path.join(bad, 'hooks'));
  for (const h of ['post-checkout', 'reference-transaction']) {
    writeFileSync(path.join(bad, 'hooks', h), `#!/bin/sh\ntouch ${mark}\n`);
    chmodSync(path.join(bad, 'hooks', h), 0o755);
  }
  writeFileSync(
    path.join(bad, '.gitconfig'),
    `[core]\n\thooksPath = ${bad}/hooks\n\tfsmonitor = ${bad}/hook\n\tattributesFile = ${bad}/attributes\n[filter "x"]\n\tsmudge = ${bad}/hook\n\tclean = ${bad}/hook\n[uploadpack]\n\tpackObjectsHook = ${bad}/hook\n`,
  );
  writeFileSync(path.join(bad, 'attributes'), '* filter=x\n');
  const planted: Record<string, string> = {
    HOME: bad,
    XDG_CONFIG_HOME: bad,
    GIT_CONFIG_GLOBAL: path.join(bad, '.gitconfig'),
    GIT_CONFIG_SYSTEM: path.join(bad, '.gitconfig'),
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'core.hooksPath',
    GIT_CONFIG_VALUE_0: path.join(bad, 'hooks'),
    GIT_TEMPLATE_DIR: bad,
    GIT_DIR: bad,
    GIT_WORK_TREE: bad,
    GIT_OBJECT_DIRECTORY: bad,
    GIT_EXTERNAL_DIFF: path.join(bad, 'hook'),
    GIT_SSH_COMMAND: path.join(bad, 'hook'),
    GIT_ASKPASS: path.join(bad, 'hook'),
    GITHUB_TOKEN: 'ghp_planted',
  };
  // In a process of its own: what a test sets here, children of the real process never see.
  const log = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', RUN],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        ...planted,
        CI_HOME: home,
        CI_SCRIPT: say('seen: $(env | cut -d= -f1 | sort | tr "\\n" " ")'),
      },
    },
  );
  expect(log).toMatch(/seen: CI HOME LANG (OLDPWD )?PATH PWD (SHLVL )?XDG_CACHE_HOME (_ )?\n/);
  expect(existsSync(mark)).toBe(false);
});

test('a push that a kill took before its runs were listed is followed by whoever starts next, once', async () => {
  const act = path.join(home, 'act');
  writeFileSync(act, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const store = new Store(path.join(home, 'store'));
  store.insert('repo', { full: FULL, defaultBranch: 'main', createdAt: '2026-11-26T00:00:00Z' });
  const sha = (await bare.sha(FULL, 'main'))!;
  store.insert('happening', { repo: FULL, branch: 'main', sha, before: null, pull: null });
  const runs = () => store.find('run', (r) => r.sha === sha).map((r) => [r.path, r.event, r.conclusion]);
  const start = () => actions(store, bare, { send: () => undefined } as unknown as Hooks, asInPod(home, act));
  start().recover();
  await until('the run', async () => runs().some(([, , conclusion]) => conclusion === 'success'));
  start().recover();
  expect(runs()).toEqual([['.github/workflows/a --bind b.yml', 'push', 'success']]);
  expect(store.find('happening', () => true)).toEqual([]);
});

test('all runs of a push are listed before the first of them begins', async () => {
  const folder = path.join(home, 'folder');
  writeFileSync(
    path.join(folder, '.github/workflows/b.yml'),
    'on: push\njobs: { u: { runs-on: ubuntu-latest, steps: [{ run: x }] } }\n',
  );
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', 'second');
  git(folder, 'push', '-q', bare.dir(FULL), 'main');
  const act = path.join(home, 'act');
  writeFileSync(act, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const store = new Store(path.join(home, 'store'));
  const seen: number[] = [];
  const hooks = {
    send: (_: string, b: { action: string }) =>
      void (b.action === 'completed' && seen.push(store.find('run', () => true).length)),
  };
  const runner = actions(store, bare, hooks as unknown as Hooks, asInPod(home, act));
  await runner.pushed(
    { full: FULL, defaultBranch: 'main' } as Repo,
    'main',
    (await bare.sha(FULL, 'main'))!,
    null,
  );
  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen)).toEqual(new Set([2]));
});

/** What `act` was given to run, and what the jobs ended with. */
async function ranWith(workflow: string, act: string, longestMs?: number) {
  const folder = path.join(home, 'folder');
  writeFileSync(path.join(folder, '.github/workflows/a --bind b.yml'), workflow);
  git(folder, 'commit', '-qam', 'second', '--allow-empty');
  git(folder, 'push', '-q', bare.dir(FULL), 'main');
  const program = path.join(home, 'act');
  writeFileSync(program, `#!/bin/sh\n${act}\n`, { mode: 0o755 });
  const store = new Store(path.join(home, 'store'));
  const runner = actions(store, bare, { send: () => undefined } as unknown as Hooks, {
    ...asInPod(home, program),
    ...(longestMs === undefined ? {} : { longestMs }),
  });
  const repo = { full: FULL, defaultBranch: 'main' } as Repo;
  await runner.pushed(repo, 'main', (await bare.sha(FULL, 'main'))!, null);
  return {
    jobs: store.find('job', () => true).map((job) => [job.name, job.conclusion, job.note]),
    log: store
      .find('job', () => true)
      .map((job) => job.log)
      .join(''),
  };
}

test('of a job for several systems only the legs of this one are run, and that the others are not is said', async () => {
  const ran = await ranWith(
    'on: push\njobs: { t: { strategy: { matrix: { os: [ubuntu-latest, macos-latest] } }, runs-on: "${{ matrix.os }}", steps: [{ run: x }] } }\n',
    `printf '{"jobID":"t","job":"w/t","msg":"Run"}\\n{"jobID":"t","job":"w/t","raw_output":true,"msg":"%s"}\\n{"jobID":"t","job":"w/t","jobResult":"success"}\\n' "$(tr -d '\n" ' < "$5")"`,
  );
  expect(ran.log).toContain('matrix:{include:[{os:ubuntu-latest}]}');
  expect(ran.log).not.toContain('macos');
  expect(ran.jobs).toEqual([
    ['t', 'success', 'Passed, but not all of it ran here: there is no such machine'],
  ]);
});

test('a job that takes longer than one may here has neither passed nor failed', async () => {
  const ran = await ranWith(
    'on: push\njobs: { t: { runs-on: ubuntu-latest, steps: [{ run: x }] } }\n',
    `printf '{"jobID":"t","job":"w/t","msg":"Run"}\\n'; exec tail -f /dev/null`,
    1_000,
  );
  expect(ran.jobs).toEqual([['t', 'neutral', 'Not run here: it takes more than 1 minutes on this machine']]);
});

const PLAIN = 'on: push\njobs: { t: { runs-on: ubuntu-latest, steps: [{ run: x }] } }\n';
test.each([
  [
    'that act refuses has failed, and why',
    'echo "Error: workflow is not valid" >&2; exit 1',
    'failure',
    null,
  ],
  [
    'that this machine could not start has neither passed nor failed',
    'echo "bwrap: no uid map" >&2; exit 1',
    'neutral',
    'Not run here: this machine could not start it (bwrap: no uid map)',
  ],
])('a job %s stands in its log', async (_, act, conclusion, note) => {
  const ran = await ranWith(PLAIN, act);
  expect(ran.jobs).toEqual([['t', conclusion, note ?? undefined]]);
  expect(ran.log).toMatch(/##\[error\](workflow is not valid|bwrap: no uid map)/);
});

test('a job that no place can be made for ends, and has neither passed nor failed', async () => {
  // A folder of jobs can't be made below a file.
  writeFileSync(path.join(home, 'ci'), '');
  const ran = await ranWith(PLAIN, 'exit 0');
  expect(ran.jobs).toEqual([['t', 'neutral', 'Not run here: this machine could not make a place for it']]);
});
