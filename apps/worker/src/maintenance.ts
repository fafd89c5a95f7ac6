// What somebody has to look after besides the tasks themselves: orphaned sandboxes, silent runs, the forge's news.
import { freshMemory, type Forge, type ForgeMemory } from '@mainloop/adapters/forge/port';
import type { Sandbox } from '@mainloop/adapters/sandbox/port';
import { saveCheckup } from '@mainloop/models/db/health/checkup';
import { append, decideAndAppend } from '@mainloop/models/db/log';
import { listWaitingRepos, lookAgainAbout } from '@mainloop/models/db/forge/look-again';
import { leaveTrain, listRides } from '@mainloop/models/db/forge/train';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { listActive, listSilent } from '@mainloop/models/db/runs/lists';
import { listOverdue } from '@mainloop/models/db/runs/pause';
import { endRun } from '@mainloop/models/db/runs/endings';
import { findOwner, findState } from '@mainloop/models/db/tasks/tasks';
import { sendCommand } from '@mainloop/models/db/runs/commands';
import { runSilent, sandboxStuck } from '@mainloop/models/events/runs';
import { taskWorkflowId } from '@mainloop/models/flow/ids';
import { NO_NEWS, together, type News } from '@mainloop/models/flow/forge/news';
import { isEnded } from '@mainloop/models/flow/states';

const STOP_AFTER_NUDGES = 4;
const STUCK_MS = 2 * 60_000;

/**
 * Removes sandboxes whose task has ended or is not known.
 * @returns task ids of the removed
 * @throws the error of the first that does not go, when the others are gone
 */
export async function reapOrphans(db: Db, sandbox: Pick<Sandbox, 'list' | 'release'>): Promise<string[]> {
  const gone: string[] = [];
  const failed: unknown[] = [];
  for (const taskId of await sandbox.list()) {
    const state = await findState(db, taskId);
    if (state !== null && !isEnded(state)) continue;
    try {
      await sandbox.release(taskId);
      gone.push(taskId);
    } catch (err) {
      // One that does not go must not keep the others.
      failed.push(err);
    }
  }
  if (failed.length > 0) throw failed[0];
  return gone;
}

/** Says of sandboxes that were released and do not go away why. */
export async function watchSandboxes(db: Db, sandbox: Pick<Sandbox, 'stuck'>): Promise<void> {
  for (const stuck of await sandbox.stuck()) {
    if (stuck.forMs < STUCK_MS) continue;
    const ownerId = await findOwner(db, stuck.taskId);
    if (ownerId === null) continue;
    await withTx(db, (tx) =>
      append(
        tx,
        [
          sandboxStuck.new({
            taskId: stuck.taskId,
            actor: 'mainloop',
            payload: { reason: stuck.reason.slice(0, 500) },
          }),
        ],
        ownerId,
      ),
    );
  }
}

/**
 * Looks where each active run is. One that is not there any more wakes its workflow, which then looks itself:
 * nobody is told of the end of a process whose starter has died, or of a pod. Each loss is told once; the
 * workflow has a timer besides.
 * @param told what was told before, kept between calls
 */
export async function watchRuns(
  db: Db,
  sandbox: Sandbox,
  lookAgain: (taskId: string) => void,
  told: Map<string, number>,
): Promise<void> {
  const active = await listActive(db);
  const ids = new Set(active.map((r) => r.id));
  for (const id of told.keys()) if (!ids.has(id)) told.delete(id);
  await Promise.all(
    active.map(async (run) => {
      // It is looked at again in a moment; the checkup says what is wrong with the cluster.
      const now = await sandbox.status(run.taskId).catch(() => null);
      if (now === null || told.get(run.id) === run.epoch || (now.kind === 'running' && now.runId === run.id))
        return;
      told.set(run.id, run.epoch);
      lookAgain(run.taskId);
    }),
  );
}

/** How long after everything was paused an agent may take to keep what it did and to stop. */
const PAUSED_GRACE_MS = 7_000;

/**
 * Ends what still works although everything is paused: a runner that does not answer, a clone that takes
 * long.
 * @param sandbox that stops them
 */
export async function watchPause(db: Db, sandbox: Sandbox): Promise<void> {
  for (const r of await listOverdue(db, PAUSED_GRACE_MS)) {
    await sandbox.stop(r.taskId);
    await endRun(db, r.id, r.epoch, { kind: 'interrupted', reason: 'all_paused' });
  }
}

/**
 * A run that says nothing is nudged, then stopped: the workflow brings it to the person. One that waits
 * for permission is not
 * silent, it waits.
 * @param nudgeAfterMs milliseconds without output; it is stopped after four times as many
 */
export async function watchSilence(db: Db, nudgeAfterMs: number): Promise<void> {
  for (const run of await listSilent(db, nudgeAfterMs)) {
    const level = run.ms >= nudgeAfterMs * STOP_AFTER_NUDGES ? 'stop' : 'nudge';
    const fresh = await withTx(db, (tx) =>
      append(
        tx,
        [
          runSilent.new({
            taskId: run.taskId,
            actor: 'mainloop',
            key: { epoch: run.epoch, level },
            payload: { runId: run.id, minutes: Math.round(run.ms / 60_000) },
          }),
        ],
        run.ownerId,
      ),
    );
    if (fresh.length === 0) continue;
    await sendCommand(
      db,
      run.id,
      level === 'stop'
        ? { type: 'stop', why: 'silent' }
        : {
            type: 'steer',
            by: 'mainloop',
            text: 'You have said nothing for a while. If something hangs, stop it and go on another way.',
          },
    );
  }
}

/**
 * Looks whether runs can live where they should, and leaves word of it for the page and for `mainloop
 * doctor`.
 * @param complain is told of each check that failed
 */
export async function checkUp(db: Db, sandbox: Sandbox, complain: (words: string) => void): Promise<void> {
  const checks = await sandbox.checkup();
  for (const check of checks) if (!check.ok) complain(`${check.name}: ${check.says}`);
  await saveCheckup(db, checks);
}

const LOST_RIDE =
  'Its workflow was ended outside of mainloop while it waited to be merged, so it gave up its place. Nothing goes on with this task.';

/**
 * A place in a merge train is given up where nobody is there any more to leave it: those behind it would
 * wait for ever.
 * @param isGone whether the workflow of that id runs no more
 * @returns ids of the tasks that gave up their place
 */
export async function watchTrains(
  db: Db,
  isGone: (workflowId: string) => Promise<boolean>,
): Promise<string[]> {
  const lost: string[] = [];
  for (const { ownerId, taskId, itemId } of await listRides(db)) {
    if (!(await isGone(taskWorkflowId(taskId)))) continue;
    await decideAndAppend(db, (tx) =>
      leaveTrain(tx, ownerId, { taskId, itemId, how: 'out', why: LOST_RIDE }),
    );
    lost.push(taskId);
  }
  return lost;
}

/** What the poller keeps of one repository: the forge's own memory, and what the tasks are told of once more. */
export interface Watched {
  readonly forge: ForgeMemory;
  again: News;
}

/**
 * One conditional question for each repository with tasks that wait for it, whatever their number; only
 * those it is about look again.
 * They are told twice, now and after the next question: GitHub's times are whole seconds, so of two
 * changes in one second only the first
 * is seen, and what could not be written down this time is not lost.
 * @param memory what was seen of each repository, kept between calls
 */
export async function pollForge(
  db: Db,
  forge: Pick<Forge, 'changed'>,
  memory: Map<string, Watched>,
): Promise<void> {
  const repos = new Map((await listWaitingRepos(db)).map((w) => [w.repo, w.base]));
  for (const repo of memory.keys()) if (!repos.has(repo)) memory.delete(repo);
  for (const [repo, base] of repos) {
    const known = memory.get(repo) ?? memory.set(repo, { forge: freshMemory(), again: NO_NEWS }).get(repo)!;
    // A repository that can't be read now is asked again next time; its tasks find out by themselves.
    const news = await forge.changed(repo, base, known.forge).catch(() => null);
    if (news === null) continue;
    const all = together(known.again, news);
    known.again = all;
    await withTx(db, (tx) => lookAgainAbout(tx, repo, all));
    known.again = news;
  }
}
