// The merge train as a property: whatever overlaps, in whatever order steps are taken.
import { expect, test } from '@jest/globals';
import { checkRebuild } from '@mainloop/models/db/rebuild';
import {
  approve,
  database,
  git,
  isGreen,
  merges,
  offered,
  read,
  repair,
  runCi,
  step,
  write,
  type Task,
  useTrain,
} from '@mainloop/testkit/train-stage';

useTrain();

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
);
