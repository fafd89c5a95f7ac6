// The merge train step by step: who stands where, what makes way, and what is merged.
import { describe, expect, test } from '@jest/globals';
import { pause } from '@mainloop/models/db/runs/commands';
import { OWNER } from '@mainloop/models/flow/ids';
import { taskActivities } from './activities/task.activities.ts';
import { watchTrains } from './maintenance.ts';
import {
  R,
  activities,
  approve,
  database,
  deadly,
  forge,
  git,
  hub,
  killAt,
  merges,
  offered,
  pushed,
  read,
  runCi,
  step,
  untilMerged,
  write,
  type Task,
  useTrain,
} from '@mainloop/testkit/train-stage';

useTrain();

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
  });

  test('is not left by what is red as it is red on the commit that the change is from, and is by what is new', async () => {
    const say = (sha: string, description: string) =>
      fetch(`${hub.url}/repos/${R}/statuses/${sha}`, {
        method: 'POST',
        headers: { authorization: 'token tok' },
        body: JSON.stringify({ context: 'old', state: 'failure', description }),
      });
    const [fresh, old] = [await offered('new', line(5, 'new')), await offered('old', line(6, 'old'))];
    for (const task of [fresh, old]) await approve(task);
    await say(await git('rev-parse', 'origin/main'), 'Error: 1 is not 2');
    await say(fresh.shown, 'Error: 3 is not 4');
    await say(old.shown, 'Error: 1 is not 2');
    expect([await step(fresh), await step(old)]).toMatchObject([{ did: 'red' }, { did: 'merged' }]);
  });

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
    });

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
    });

    test.each([
      ['brings a line more', 'one\ntwo\nthree\nX0\nX1\nmore\n'],
      ['loses what the base has', 'one\ntwo\nthree\nX1\n'],
      ['puts what was approved elsewhere', 'X1\none\ntwo\nthree\nX0\n'],
      ['changes what nobody touched', 'one\nTWO\nthree\nX0\nX1\n'],
    ])('what %s is another change: it gives up its place, and is offered', async (what, text) => {
      const id = `evil-${what.length}`;
      const task = await second(id);
      expect(await step(task, true)).toMatchObject({ keeps: true });
      await join(task, text.replaceAll('X', id));
      expect([await isAsApproved(task), await places()]).toEqual([false, []]);
    });
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
  });

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
  });

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
      killAt(point);
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
  });

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
  });
});
