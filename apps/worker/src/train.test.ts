// The merge train for real: git, Postgres and the forge's adapter against the local GitHub. CI is a rule
// about the tree, the agents that repair and the person who approves are this file.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { github } from '@mainloop/adapters/forge/github';
import type { Forge } from '@mainloop/adapters/forge/port';
import { pause } from '@mainloop/models/db/runs/commands';
import { checkRebuild } from '@mainloop/models/db/rebuild';
import { appendOnce } from '@mainloop/models/db/log';
import { branchPushed, pullRequestEnsured } from '@mainloop/models/events/forge';
import { OWNER, taskBranch } from '@mainloop/models/flow/ids';
import { ours } from '@mainloop/models/flow/forge-text';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { startLocalGitHub, type LocalGitHub } from '../../demo/src/github/server.ts';
import { forgeActivities } from './activities/forge.activities.ts';
import { taskActivities } from './activities/task.activities.ts';
import { watchTrains } from './maintenance.ts';
import type { TrainLook } from './activities/forge/train.ts';

const run = promisify(execFile);
const dir = mkdtempSync('/tmp/mainloop-train-');
const tree = path.join(dir, 'tree');
const R = 'local/train';
let database: TestDatabase;
let hub: LocalGitHub;
let forge: Forge;
let activities: ReturnType<typeof forgeActivities>;

const git = async (...a: string[]): Promise<string> =>
  (await run('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', '-C', tree, ...a])).stdout.trim();
const write = (file: string, text: string): void => writeFileSync(path.join(tree, file), text);
const read = (file: string): string => readFileSync(path.join(tree, file), 'utf8');

/** The failpoint at which the next that comes to it is killed. */
let deadly = '';
const hit = (point: string): void => {
  if (point !== deadly) return;
  deadly = '';
  throw new Error('killed');
};

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db, 'pr-1', R);
  hub = await startLocalGitHub({
    root: path.join(dir, 'hub'),
    port: 0,
    tokens: new Map([['tok', 'you']]),
    operatorSecret: 'x'.repeat(32),
    webhook: null,
    ci: null,
    reviewers: [],
  });
  mkdirSync(tree);
  await git('init', '-q', '-b', 'main');
  write('lines.txt', Array.from({ length: 40 }, (_, n) => `${n}\n`).join(''));
  write('limit.txt', '3\n');
  await git('add', '-A');
  await git('commit', '-qm', 'first');
  await hub.importRepo(R, tree, 'main');
  await git('remote', 'add', 'origin', `${hub.url.replace('//', '//x:tok@')}/${R}.git`);
  forge = github({ token: 'tok', baseUrl: hub.url });
  activities = forgeActivities({
    db: database.db,
    forge,
    hit,
    settleMs: 0,
    ciPatienceMs: 3_600_000,
    quietMs: 60_000,
  });
});
afterAll(async () => {
  await hub.close();
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

/** Green while there are no more parts than the limit says: two changes may each be green and red together. */
async function isGreen(sha: string): Promise<boolean> {
  const parts = (await git('ls-tree', '--name-only', sha))
    .split('\n')
    .filter((f) => f.startsWith('part-')).length;
  return parts <= Number(await git('show', `${sha}:limit.txt`));
}
async function runCi(branch: string): Promise<void> {
  await git('fetch', '-q', 'origin');
  const sha = await git('rev-parse', `origin/${branch}`);
  await fetch(`${hub.url}/repos/${R}/statuses/${sha}`, {
    method: 'POST',
    headers: { authorization: 'token tok' },
    body: JSON.stringify({ context: 'parts', state: (await isGreen(sha)) ? 'success' : 'failure' }),
  });
}

interface Task {
  readonly id: string;
  readonly branch: string;
  offers: number;
  shown: string;
  head: string;
}
async function pushed(id: string, branch: string): Promise<string> {
  await git('push', '-q', 'origin', `HEAD:refs/heads/${branch}`);
  const sha = await git('rev-parse', 'HEAD');
  const payload = {
    pushId: `${id}-${sha}`,
    branch,
    sha,
    commits: [],
    files: 1,
    additions: 1,
    deletions: 0,
    acting: [],
  };
  await appendOnce(database.db, [branchPushed.new({ taskId: id, actor: 'agent', payload })], OWNER);
  await database.db.query(
    `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta) values ($1, 'you', $2, 'r', $3, '', $4, 'forwarded', '', '')`,
    [`${id}-${sha}`, id, branch, sha],
  );
  await runCi(branch);
  return sha;
}
/** A task whose change is ready. @param change what its agent does to the tree */
async function offered(id: string, change: () => void): Promise<Task> {
  await seedTask(database.db, id);
  const branch = taskBranch(id, 'x');
  await git('fetch', '-q', 'origin');
  await git('checkout', '-q', '-B', branch, 'origin/main');
  change();
  await git('add', '-A');
  await git('commit', '-qm', id);
  const shown = await pushed(id, branch);
  const pull = await forge.ensureDraftPr({
    repo: R,
    marker: `<!-- ${id} -->`,
    title: ours`${1}`,
    body: ours`${1}`,
    head: branch,
    base: 'main',
  });
  await forge.ensureReady(R, pull.number);
  await appendOnce(
    database.db,
    [
      pullRequestEnsured.new({
        taskId: id,
        actor: 'mainloop',
        payload: { number: pull.number, url: '', outcome: 'created' },
      }),
    ],
    OWNER,
  );
  return { id, branch, offers: 0, shown, head: shown };
}
async function approve(task: Task): Promise<void> {
  task.offers++;
  task.head = task.shown;
  await activities.joinTrain({
    taskId: task.id,
    itemId: `${task.id}-review-${task.offers}`,
    shown: task.shown,
  });
}
async function step(task: Task, keepsPlace = false): Promise<TrainLook> {
  const { id, shown, head, offers } = task;
  const now = await activities.stepTrain({
    taskId: id,
    itemId: `${id}-review-${offers}`,
    shown,
    head,
    isChecked: true,
    updates: 0,
    graceMs: 60_000,
    ...(keepsPlace ? { keepsPlace } : {}),
  });
  if (now.did === 'wait') task.head = now.head;
  return now;
}
/** The agent merges the base, keeps both sides of what conflicts, and makes room for its part. */
async function repair(task: Task): Promise<void> {
  await git('fetch', '-q', 'origin');
  await git('checkout', '-q', '-B', task.branch, `origin/${task.branch}`);
  await git('merge', '-q', '-X', 'ours', 'origin/main', '-m', 'Merge main').catch(() =>
    git('commit', '-qam', 'Merge main'),
  );
  const parts = (await git('ls-files')).split('\n').filter((f) => f.startsWith('part-')).length;
  if (parts > Number(read('limit.txt'))) {
    write('limit.txt', `${parts}\n`);
    await git('commit', '-qam', 'Make room');
  }
  task.shown = await pushed(task.id, task.branch);
}
const merges = async (): Promise<string[]> => {
  await git('fetch', '-q', 'origin');
  return (await git('log', '--reverse', '--format=%H', 'origin/main')).split('\n');
};

async function untilMerged(task: Task): Promise<void> {
  for (let n = 0; (await step(task)).did !== 'merged'; n++) {
    expect(n).toBeLessThan(5);
    await runCi(task.branch);
  }
}

/** mulberry32. */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.each([1, 2, 3])(
  'seed %i: tasks that overlap, approved at once, all end merged, in order, and main is green after every merge',
  async (seed) => {
    const random = seeded(seed);
    const draw = (n: number): number => Math.floor(random() * n);
    const before = (await merges()).length;
    const count = 2 + draw(4);
    const tasks: Task[] = [];
    for (let n = 0; n < count; n++) {
      const [line, hasPart] = [10 * draw(3), random() < 0.7];
      tasks.push(
        await offered(`s${seed}t${n}`, () => {
          const lines = read('lines.txt').split('\n');
          lines[line] = `${lines[line]} by ${seed}/${n}`;
          write('lines.txt', lines.join('\n'));
          if (hasPart) write(`part-${seed}-${n}`, '');
        }),
      );
    }
    for (const task of tasks) await approve(task);
    const open = [...tasks];
    const ends: string[] = [];
    for (let n = 0; open.length > 0; n++) {
      expect(n).toBeLessThan(300);
      const task = open[draw(open.length)]!;
      const now = await step(task);
      if (now.did === 'wait') await runCi(task.branch);
      else ends.push(now.did);
      if (now.did === 'merged') open.splice(open.indexOf(task), 1);
      else if (now.did !== 'wait') {
        await repair(task);
        await approve(task);
      }
    }
    const main = (await merges()).slice(before);
    expect(main).toHaveLength(count);
    for (const sha of main) expect([sha, await isGreen(sha)]).toEqual([sha, true]);
    const text = await git('show', 'origin/main:lines.txt');
    // Whoever repairs a conflict keeps its own side of a line, so of each line at least one is there, and no
    // merge lost what did not conflict.
    expect(text.match(new RegExp(` by ${seed}/\\d`, 'g'))?.length ?? 0).toBeGreaterThan(0);
    expect(new Set(ends).size).toBeGreaterThan(0);
    expect(await checkRebuild(database.db)).toMatchObject({ wrongRows: 0 });
  },
  300_000,
);

describe('the train', () => {
  const line = (n: number, words: string) => () => {
    const lines = read('lines.txt').split('\n');
    lines[n] = words;
    write('lines.txt', lines.join('\n'));
  };
  const places = async (): Promise<string[]> =>
    (
      await database.db.query<{ id: string }>(
        'select id from tasks where train_seq is not null order by train_seq',
      )
    ).rows.map((r) => r.id);
  const askedToLook = async (): Promise<string[]> =>
    (
      await database.db.query<{ workflow_id: string }>(
        "select workflow_id from outbox where name = 'poke' order by id",
      )
    ).rows.map((r) => r.workflow_id);

  test('says where each stands; what is taken out makes way, wakes the next, and joins at the end again', async () => {
    const [a, b, c] = [
      await offered('a', line(1, 'a')),
      await offered('b', line(12, 'b')),
      await offered('c', line(23, 'c')),
    ];
    for (const task of [a, b, c]) await approve(task);
    // Asking again changes nothing.
    await activities.joinTrain({ taskId: 'a', itemId: 'a-review-1', shown: a.shown });
    expect(await places()).toEqual(['a', 'b', 'c']);
    expect(await step(b)).toMatchObject({ did: 'wait', place: 2, base: 'main' });
    expect(await step(c)).toMatchObject({ place: 3 });
    await database.db.query('delete from outbox');
    expect(await pause(database.db, { ownerId: OWNER, taskId: 'b' })).toEqual({ ok: true });
    expect(await askedToLook()).toEqual(['task/c', 'task/b']);
    expect(await step(b)).toMatchObject({ did: 'out' });
    expect(await step(c)).toMatchObject({ place: 2 });
    expect(await pause(database.db, { ownerId: OWNER, taskId: 'b' })).toMatchObject({
      ok: false,
      code: 'no_agent',
    });
    // The approval of before does not bring it back.
    await activities.joinTrain({ taskId: 'b', itemId: 'b-review-1', shown: b.shown });
    expect(await places()).toEqual(['a', 'c']);
    await approve(b);
    expect(await places()).toEqual(['a', 'c', 'b']);
    await database.db.query('delete from outbox');
    expect(await step(a)).toMatchObject({ did: 'merged' });
    expect(await askedToLook()).toEqual(['task/c', 'task/b']);
    // Cut off before it was told: it is merged once.
    expect(await step(a)).toMatchObject({ did: 'merged' });
    // The end of a task, whatever it came to, makes way.
    await database.db.query('delete from outbox');
    await taskActivities({ db: database.db, ciGraceMs: 0 } as never).endTask({
      taskId: 'c',
      state: 'cancelled',
      how: 'cancelled',
      left: '',
    });
    expect(await places()).toEqual(['b']);
    expect(await askedToLook()).toEqual(['task/b', 'task/c']);
    await untilMerged(b);
  }, 120_000);

  describe('a conflict while it waits', () => {
    /** Both sides, or what a file is to hold then. */
    const join = async (task: Task, text?: string): Promise<void> => {
      await git('fetch', '-q', 'origin');
      await git('checkout', '-q', '-B', task.branch, `origin/${task.branch}`);
      await git('merge', '-q', 'origin/main', '-m', 'Merge main').catch(() => undefined);
      const both = read('notes.txt').replace(/^(<{7}|={7}|>{7}).*\n/gm, '');
      write('notes.txt', text ?? both);
      await git('add', '-A');
      await git('commit', '-qm', 'Merge main').catch(() => git('commit', '-q', '--amend', '--no-edit'));
      await pushed(task.id, task.branch);
    };
    const isAsApproved = ({ id, offers, shown }: Task): Promise<boolean> =>
      activities.isAsApproved({ taskId: id, itemId: `${id}-review-${offers}`, shown });
    const notes = (id: string) => offered(id, () => write('notes.txt', `${NOTES}${id}\n`));
    const NOTES = 'one\ntwo\nthree\n';

    /** Two that write at the same place; the first is merged. @returns the second */
    async function second(id: string): Promise<Task> {
      await git('fetch', '-q', 'origin');
      await git('checkout', '-q', '-B', 'seed', 'origin/main');
      write('notes.txt', NOTES);
      await git('add', '-A');
      await git('commit', '-q', '--allow-empty', '-m', 'Notes');
      await git('push', '-q', 'origin', 'HEAD:main');
      const [before, task] = [await notes(`${id}0`), await notes(`${id}1`)];
      for (const each of [before, task]) await approve(each);
      await untilMerged(before);
      return task;
    }

    test('keeps the place, and with both brought together it goes on by its approval', async () => {
      const task = await second('both');
      const behind = await offered('both2', line(30, 'behind'));
      await approve(behind);
      expect(await step(task, true)).toMatchObject({ did: 'conflicts', keeps: true });
      expect([await places(), await step(behind, true)]).toMatchObject([
        ['both1', 'both2'],
        { did: 'wait', place: 2 },
      ]);
      await join(task);
      expect(await isAsApproved(task)).toBe(true);
      expect(await step(task, true)).toMatchObject({ did: 'merged' });
      await untilMerged(behind);
    }, 120_000);

    test('is passed while it stands still for a person, and those behind it are woken', async () => {
      const task = await second('still');
      const behind = await offered('still2', line(31, 'behind'));
      await approve(behind);
      expect(await step(task, true)).toMatchObject({ keeps: true });
      await database.db.query('delete from outbox');
      await taskActivities({ db: database.db, ciGraceMs: 0 } as never).setState({
        taskId: task.id,
        state: 'blocked',
        phase: 'fix_ci',
        status: { is: 'question' },
      });
      expect(await askedToLook()).toEqual(['task/still2']);
      await untilMerged(behind);
      expect(await places()).toEqual(['still1']);
      // Paused, it is out.
      expect(await pause(database.db, { ownerId: OWNER, taskId: task.id })).toEqual({ ok: true });
      expect(await places()).toEqual([]);
    }, 120_000);

    test.each([
      ['brings a line more', 'one\ntwo\nthree\nX0\nX1\nmore\n'],
      ['loses what the base has', 'one\ntwo\nthree\nX1\n'],
      ['puts what was approved elsewhere', 'X1\none\ntwo\nthree\nX0\n'],
      ['changes what nobody touched', 'one\nTWO\nthree\nX0\nX1\n'],
    ])(
      'what %s is another change: it gives up its place, and is offered',
      async (what, text) => {
        const id = `evil-${what.length}`;
        const task = await second(id);
        expect(await step(task, true)).toMatchObject({ keeps: true });
        await join(task, text.replaceAll('X', id));
        expect([await isAsApproved(task), await places()]).toEqual([false, []]);
      },
      120_000,
    );
  });

  test('whose workflow was ended by hand gives up its place, and wakes those behind it', async () => {
    const [x, y] = [await offered('x', line(6, 'x')), await offered('y', line(17, 'y'))];
    for (const task of [x, y]) await approve(task);
    expect(await watchTrains(database.db, () => Promise.resolve(false))).toEqual([]);
    expect(await places()).toEqual(['x', 'y']);
    await database.db.query('delete from outbox');
    expect(await watchTrains(database.db, (id) => Promise.resolve(id === 'task/x'))).toEqual(['x']);
    expect([await places(), await askedToLook()]).toEqual([['y'], ['task/y']]);
    expect(await watchTrains(database.db, (id) => Promise.resolve(id === 'task/x'))).toEqual([]);
    expect(await step(x)).toMatchObject({ did: 'out' });
    await untilMerged(y);
  }, 120_000);

  test('the base is merged into the branch, which keeps what it had, and CI is asked about the two together', async () => {
    const [d, e] = [await offered('d', line(3, 'd')), await offered('e', line(14, 'e'))];
    await approve(d);
    await approve(e);
    await untilMerged(d);
    expect(await step(e)).toMatchObject({ did: 'wait', place: 1 });
    await git('fetch', '-q', 'origin');
    expect(await git('rev-list', '--count', `origin/${e.branch}..origin/main`)).toBe('0');
    expect(await git('merge-base', '--is-ancestor', e.shown, `origin/${e.branch}`)).toBe('');
    // Nothing has said that the two are good together.
    expect(await step(e)).toMatchObject({ did: 'wait' });
    expect(e.head).not.toBe(e.shown);
    await runCi(e.branch);
    expect(await step(e)).toMatchObject({ did: 'merged' });
  }, 120_000);

  test.each(['a commit', 'an empty commit', 'a merge that brings more'])(
    '%s that somebody else pushes meanwhile is not merged unseen',
    async (what) => {
      const id = `x${what.length}`;
      const task = await offered(id, line(30 + (what.length % 7), what));
      await approve(task);
      await git('fetch', '-q', 'origin');
      await git('checkout', '-q', '-B', task.branch, `origin/${task.branch}`);
      if (what === 'a merge that brings more') {
        await git('checkout', '-q', '-b', `side-${id}`, 'HEAD~1');
        write('evil.ts', 'evil\n');
        await git('add', '-A');
        await git('commit', '-qm', 'evil');
        await git('checkout', '-q', task.branch);
        await git('merge', '-q', '--no-ff', '-m', "Merge branch 'main'", `side-${id}`);
      } else {
        if (what === 'a commit') write('evil.ts', 'evil\n');
        await git('add', '-A');
        await git('commit', '-q', '--allow-empty', '-m', 'evil');
      }
      await git('push', '-q', 'origin', `HEAD:refs/heads/${task.branch}`);
      await runCi(task.branch);
      expect(await step(task)).toMatchObject({
        did: 'moved',
        sentence: expect.stringMatching(/pushed .* so it is not merged/),
      });
      expect(await merges()).not.toContain(await git('rev-parse', 'HEAD'));
      await forge.ensureClosed(
        R,
        (await database.db.query<{ pr_number: number }>('select pr_number from tasks where id = $1', [id]))
          .rows[0]!.pr_number,
      );
    },
    120_000,
  );

  test.each(['forge.update.before', 'forge.update.after', 'forge.merge.before', 'forge.merge.after'])(
    'killed at %s, it is merged once, and makes way once',
    async (point) => {
      // A branch is called by the end of its task's id.
      const id = point
        .split('.')
        .slice(1)
        .map((w) => w.slice(0, 2))
        .join('');
      const at = 2 + point.length - 18;
      const [first, second] = [
        await offered(`${id}-1`, line(at, `${point} 1`)),
        await offered(`${id}-2`, line(at + 18, `${point} 2`)),
      ];
      await approve(first);
      await approve(second);
      await untilMerged(first);
      const before = (await merges()).length;
      deadly = point;
      for (let n = 0; ; n++) {
        expect(n).toBeLessThan(8);
        const now = await step(second).catch((err: Error) => err.message);
        if (now === 'killed') continue;
        if (typeof now === 'object' && now.did === 'merged') break;
        await runCi(second.branch);
      }
      expect([deadly, (await merges()).length]).toEqual(['', before + 1]);
      const { rows } = await database.db.query<{ type: string; n: number }>(
        "select type, count(*)::int as n from events where task_id = $1 and type in ('pr.merged', 'train.joined', 'train.left') group by type order by type",
        [second.id],
      );
      expect(rows.map((r) => [r.type, r.n])).toEqual([
        ['pr.merged', 1],
        ['train.joined', 1],
        ['train.left', 1],
      ]);
    },
    120_000,
  );

  test('a colleague who brings the branch up to date is no obstacle', async () => {
    const [f, g] = [await offered('f', line(5, 'f')), await offered('g', line(16, 'g'))];
    await approve(f);
    await untilMerged(f);
    await approve(g);
    await git('fetch', '-q', 'origin');
    await git('checkout', '-q', '-B', g.branch, `origin/${g.branch}`);
    await git('merge', '-q', '--no-ff', '-m', "Merge branch 'main'", 'origin/main');
    await git('push', '-q', 'origin', `HEAD:refs/heads/${g.branch}`);
    await runCi(g.branch);
    expect(await step(g)).toMatchObject({ did: 'merged' });
  }, 120_000);

  test('somebody who asks for something while it waits is heard first', async () => {
    const h = await offered('h', line(7, 'h'));
    await approve(h);
    const { pr_number: number } = (
      await database.db.query<{ pr_number: number }>("select pr_number from tasks where id = 'h'")
    ).rows[0]!;
    await fetch(`${hub.url}/repos/${R}/issues/${number}/comments`, {
      method: 'POST',
      headers: { authorization: 'token tok' },
      body: JSON.stringify({ body: 'Please rename this before it is merged.' }),
    });
    expect(await step(h)).toMatchObject({
      did: 'asked',
      sentence: expect.stringMatching(/^you wrote on the pull request/),
    });
  }, 120_000);
});
