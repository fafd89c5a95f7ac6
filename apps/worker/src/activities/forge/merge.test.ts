// What is merged, and what is not: never what nobody was shown.
import { describe, expect, test } from '@jest/globals';
import { MergeRefused, type Forge, type PullInfo } from '@mainloop/adapters/forge/port';
import type { CheckRun } from '@mainloop/models/flow/ci/verdict';
import { mergeRefusal } from '@mainloop/models/flow/forge/merging';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed, seedTask } from '@mainloop/testkit/seed';
import { forgeActivities } from '../forge.activities.ts';
import { forgeOf, pull, run } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

describe('merge', () => {
  const merging = (
    at: PullInfo,
    checks: (sha: string) => readonly CheckRun[],
    ensureMerged: Forge['ensureMerged'],
    more: Partial<Forge> = {},
  ) => forgeAt(at, checks, { ensureMerged, ...more });
  const unseen: Forge['ensureMerged'] = () => Promise.reject(new Error('merged unseen'));
  const green = () => [run('success')];

  test.each([
    ['second', 'second'],
    // GitHub itself compares what is merged with what is there.
    ['first', 'second'],
  ])('where the forge shows "%s", what the person was shown is merged: "%s"', async (headSha, asked) => {
    for (const shown of [undefined, 'second']) {
      const merged: string[] = [];
      const ensureMerged: Forge['ensureMerged'] = (_, __, sha) => {
        merged.push(sha);
        return Promise.resolve({ sha: 'm', outcome: 'updated' });
      };
      expect(await merging(pull(headSha), green, ensureMerged).merge({ taskId: 'pushed', shown })).toEqual({
        did: 'merged',
      });
      expect(merged).toEqual([asked]);
    }
  });

  test('what somebody has pushed since is not merged unseen, and the person is told', async () => {
    const activities = merging(pull('a colleague'), green, unseen);
    const sentence =
      'mona pushed a colle "add evil.ts" to the pull request after it was offered, so it is not merged. It is looked at anew.';
    expect(await activities.merge({ taskId: 'pushed', shown: 'second' })).toEqual({ did: 'moved', sentence });
    expect(await activities.readReview({ taskId: 'pushed', sinceIso: '', shown: 'second' })).toMatchObject({
      state: 'open',
      again: sentence,
    });
    const old = activities.merge({ taskId: 'pushed' });
    await expect(old).rejects.toThrow(/^Somebody else has pushed a colle to the pull request/);
    await expect(old).rejects.toMatchObject({ kind: 'rejected' });
  });

  test('what somebody has turned to another base is not merged there; a default branch that was renamed is no other', async () => {
    const merged: Forge['ensureMerged'] = () => Promise.resolve({ sha: 'm', outcome: 'updated' });
    const findNow = () =>
      Promise.resolve({ full: 'a/b', defaultBranch: 'trunk', cloneUrl: '', isArchived: false });
    const at = (base: string, ensureMerged: Forge['ensureMerged']) =>
      merging(pull('second', { base }), green, ensureMerged, { findNow });
    const input = { taskId: 'pushed', shown: 'second' };
    expect(await at('release/1', unseen).merge(input)).toEqual({
      did: 'refused',
      sentence:
        'Somebody has changed the base of the pull request to release/1, and it was shown against main, so it is not merged. Change it back on GitHub, or merge it there.',
    });
    await expect(at('release/1', unseen).merge({ taskId: 'pushed' })).rejects.toMatchObject({
      kind: 'rejected',
    });
    for (const base of ['main', 'trunk'])
      expect(await at(base, merged).merge(input)).toEqual({ did: 'merged' });
  });

  test('what turned red since it was offered is not merged', async () => {
    const activities = merging(pull('second'), () => [run('failure', { name: 'late' })], unseen);
    const said = { did: 'red', sentence: 'CI failed after all: "late (a.yml)" is red.' };
    expect(await activities.merge({ taskId: 'pushed', shown: 'second' })).toEqual(said);
    expect(await activities.readReview({ taskId: 'pushed', sinceIso: '', shown: 'second' })).toMatchObject({
      again: said.sentence,
    });
  });

  test('what runs anew since it was offered has said nothing: the offer stands, and the person may merge', async () => {
    const merged: string[] = [];
    const ensureMerged: Forge['ensureMerged'] = (_, __, sha) => {
      merged.push(sha);
      return Promise.resolve({ sha: 'm', outcome: 'updated' });
    };
    const activities = merging(pull('second'), () => [run(null)], ensureMerged);
    expect(
      await activities.readReview({ taskId: 'pushed', sinceIso: '', shown: 'second' }),
    ).not.toHaveProperty('again');
    expect(await activities.merge({ taskId: 'pushed', shown: 'second' })).toEqual({ did: 'merged' });
    expect(merged).toEqual(['second']);
  });

  test.each([
    ['Head branch was modified. Review and try the merge again.', 'moved'],
    ['At least 1 approving review is required by reviewers with write access.', 'refused'],
    ['Changes must be made through the merge queue', 'queued'],
    ['Pull Request is not mergeable', 'conflicts'],
  ])('the forge says "%s": %s', async (said, did) => {
    const queued: string[] = [];
    const ensureQueued: Forge['ensureQueued'] = (_, __, sha) => {
      queued.push(sha);
      return Promise.resolve('updated');
    };
    let tries = 0;
    const refuse: Forge['ensureMerged'] = () => {
      tries++;
      return Promise.reject(new MergeRefused(mergeRefusal(said), said));
    };
    const mergeMethods: Forge['mergeMethods'] = () => Promise.resolve(['squash', 'rebase']);
    expect(
      await merging(pull('second'), green, refuse, { ensureQueued, mergeMethods }).merge({
        taskId: 'pushed',
        shown: 'second',
      }),
    ).toMatchObject({ did });
    expect(queued).toEqual(did === 'queued' ? ['second'] : []);
    // It is not the way that is refused, so no other one is tried.
    expect(tries).toBe(1);
    await expect(merging(pull('second'), green, refuse).merge({ taskId: 'pushed' })).rejects.toMatchObject({
      kind: 'rejected',
    });
  });

  test('a way to merge that the repository does not allow is not tried, and without one an allowed one is', async () => {
    const used: string[] = [];
    const ensureMerged: Forge['ensureMerged'] = (_, __, ___, method) => {
      used.push(method);
      return Promise.resolve({ sha: 'm', outcome: 'updated' });
    };
    const activities = merging(pull('second'), green, ensureMerged, {
      mergeMethods: () => Promise.resolve(['rebase']),
    });
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: 'squash' })).toMatchObject({
      did: 'refused',
    });
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: '' })).toEqual({
      did: 'merged',
    });
    expect(used).toEqual(['rebase']);
  });

  test('a way that a ruleset forbids though the settings allow it: another is taken where none was chosen, and is not where one was', async () => {
    const used: string[] = [];
    const said = 'Merge method squash merging is not allowed on this repository';
    const ensureMerged: Forge['ensureMerged'] = (_, __, ___, method) => {
      used.push(method);
      return method === 'squash'
        ? Promise.reject(new MergeRefused(mergeRefusal(said), said))
        : Promise.resolve({ sha: 'm', outcome: 'updated' });
    };
    const activities = merging(pull('second'), green, ensureMerged, {
      mergeMethods: () => Promise.resolve(['squash', 'rebase']),
    });
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: 'squash' })).toMatchObject({
      did: 'refused',
    });
    expect(used).toEqual(['squash']);
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: '' })).toEqual({
      did: 'merged',
    });
    expect(used).toEqual(['squash', 'squash', 'rebase']);
  });
});

test('whatever the task is called, what is merged has a message of ours that sets nothing off', async () => {
  await seedTask(database.db, 'named');
  await database.db.query(
    "update tasks set state = 'in_review', pr_number = 8, head_sha = 'h', title = 'Fixes #12 for @everybody [skip ci]' where id = 'named'",
  );
  const messages: { title: string; body: string }[] = [];
  const forge = {
    getPull: () =>
      Promise.resolve({ number: 8, headSha: 'h', merged: false, state: 'open', base: 'main' } as PullInfo),
    mergeMethods: () => Promise.resolve(null),
    ensureMerged: (...[, , , , message]: Parameters<Forge['ensureMerged']>) => {
      messages.push(message);
      return Promise.resolve({ sha: 'm', outcome: 'updated' });
    },
  } as unknown as Forge;
  await forgeActivities({
    db: database.db,
    forge,
    hit: () => undefined,
    settleMs: 0,
    ciPatienceMs: 60_000,
    quietMs: 60_000,
  }).merge({ taskId: 'named' });
  const [{ title, body }] = messages as [{ title: string; body: string }];
  expect(title.replaceAll('\u2060', '')).toBe('Fixes #12 for @everybody [skip ci] (#8)');
  expect(title).not.toMatch(/fixes #|@[a-z]|\[skip/i);
  expect(body).toBe('Asked for, reviewed and merged in mainloop.');
});
