// A merge train for real: git, Postgres and the forge's adapter against the local GitHub. CI is a rule about
// the tree, the agents that repair and the person who approves are this file.
import { afterAll, beforeAll, expect } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { github } from '../../adapters/src/forge/github.ts';
import type { Forge } from '../../adapters/src/forge/port.ts';
import { appendOnce } from '@mainloop/models/db/log';
import { branchPushed, pullRequestEnsured } from '@mainloop/models/events/forge';
import { OWNER, taskBranch } from '@mainloop/models/flow/ids';
import { ours } from '@mainloop/models/flow/forge/text';
import { freshDatabase, type TestDatabase } from './database.ts';
import { gitIn, seedRepository, startHub } from './hub.ts';
import { seedProject, seedTask } from './seed.ts';
import type { LocalGitHub } from '../../../apps/demo/src/github/server.ts';
import { forgeActivities } from '../../../apps/worker/src/activities/forge.activities.ts';
import type { TrainLook } from '../../../apps/worker/src/activities/forge/train.ts';

const dir = mkdtempSync('/tmp/mainloop-train-');
const tree = path.join(dir, 'tree');
export const R = 'local/train';
export let database: TestDatabase;
export let hub: LocalGitHub;
export let forge: Forge;
export let activities: ReturnType<typeof forgeActivities>;

export const git = (...args: string[]): Promise<string> => gitIn(tree, ...args);
export const write = (file: string, text: string): void => writeFileSync(path.join(tree, file), text);
export const read = (file: string): string => readFileSync(path.join(tree, file), 'utf8');

/** The failpoint at which the next that comes to it is killed. */
export let deadly = '';
/** @param point the failpoint at which whoever comes to it next is killed, once */
export function killAt(point: string): void {
  deadly = point;
}
const hit = (point: string): void => {
  if (point !== deadly) return;
  deadly = '';
  throw new Error('killed');
};

/** The hooks of a test file: a database, a repository on a local GitHub, and the activities towards it. */
export function useTrain(): void {
  beforeAll(open);
  afterAll(close);
}
async function open(): Promise<void> {
  database = await freshDatabase();
  await seedProject(database.db, 'pr-1', R);
  hub = await startHub(path.join(dir, 'hub'), { token: 'tok', login: 'you' });
  await seedRepository(hub, R, tree, {
    'lines.txt': Array.from({ length: 40 }, (_, n) => `${n}\n`).join(''),
    'limit.txt': '3\n',
  });
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
}
async function close(): Promise<void> {
  await hub.close();
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
}

/** Green while there are no more parts than the limit says: two changes may each be green and red together. */
export async function isGreen(sha: string): Promise<boolean> {
  const parts = (await git('ls-tree', '--name-only', sha))
    .split('\n')
    .filter((f) => f.startsWith('part-')).length;
  return parts <= Number(await git('show', `${sha}:limit.txt`));
}
export async function runCi(branch: string): Promise<void> {
  await git('fetch', '-q', 'origin');
  const sha = await git('rev-parse', `origin/${branch}`);
  await fetch(`${hub.url}/repos/${R}/statuses/${sha}`, {
    method: 'POST',
    headers: { authorization: 'token tok' },
    body: JSON.stringify({ context: 'parts', state: (await isGreen(sha)) ? 'success' : 'failure' }),
  });
}

export interface Task {
  readonly id: string;
  readonly branch: string;
  offers: number;
  shown: string;
  head: string;
}
export async function pushed(id: string, branch: string): Promise<string> {
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
export async function offered(id: string, change: () => void): Promise<Task> {
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
export async function approve(task: Task): Promise<void> {
  task.offers++;
  task.head = task.shown;
  await activities.joinTrain({
    taskId: task.id,
    itemId: `${task.id}-review-${task.offers}`,
    shown: task.shown,
  });
}
export async function step(task: Task, keepsPlace = false): Promise<TrainLook> {
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
export async function repair(task: Task): Promise<void> {
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
export const merges = async (): Promise<string[]> => {
  await git('fetch', '-q', 'origin');
  return (await git('log', '--reverse', '--format=%H', 'origin/main')).split('\n');
};

export async function untilMerged(task: Task): Promise<void> {
  for (let n = 0; (await step(task)).did !== 'merged'; n++) {
    expect(n).toBeLessThan(5);
    await runCi(task.branch);
  }
}
