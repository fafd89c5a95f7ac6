import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSameChange, MAX_UPDATES, sayPlace, trainStep, type AtTrain } from './train.ts';

const front: AtTrain = {
  place: 1,
  base: 'main',
  fits: true,
  behind: 0,
  isUpdated: false,
  isChecked: true,
  ci: 'green',
  red: '"test" is red.',
  ask: null,
  ageMs: 0,
  graceMs: 60_000,
  updates: 0,
  keepsPlace: true,
};
const MAKES_WAY = { keepsPlace: false };

describe('trainStep', () => {
  test.each<[string, Partial<AtTrain>, object]>([
    ['green, and the base as it was', {}, { do: 'merge' }],
    ['the base has moved', { behind: 1 }, { do: 'update' }],
    [
      'the base has moved again while CI ran',
      { behind: 2, isUpdated: true, ci: 'pending', updates: 1 },
      { do: 'update' },
    ],
    ['the two together are green', { isUpdated: true, updates: 1 }, { do: 'merge' }],
    ['CI runs on the two together', { isUpdated: true, ci: 'pending' }, { do: 'wait' }],
    [
      'CI has not begun with the two together',
      { isUpdated: true, ci: 'nothing_ran', ageMs: 59_999 },
      { do: 'wait' },
    ],
    [
      'CI never ran on the two together',
      { isUpdated: true, ci: 'nothing_ran', ageMs: 60_000 },
      { do: 'leave', how: 'stuck' },
    ],
    [
      'CI gets no further',
      { isUpdated: true, ci: 'pending', ask: 'It waits for "cla".' },
      { do: 'leave', how: 'stuck', why: 'It waits for "cla".' },
    ],
    [
      'the two together are red',
      { isUpdated: true, ci: 'red' },
      { do: 'leave', how: 'red', why: 'CI failed together with main: "test" is red.' },
    ],
    ['it turned red', { ci: 'red' }, { do: 'leave', how: 'red', why: 'CI failed after all: "test" is red.' }],
    ['it conflicts', { fits: false, behind: 1 }, { do: 'join', why: 'It conflicts with main now.' }],
    [
      'it conflicts, and its workflow is from before places were kept',
      { ...MAKES_WAY, fits: false, behind: 1 },
      { do: 'leave', how: 'conflicts', why: 'It conflicts with main now.' },
    ],
    ['it is not known whether it conflicts', { fits: null, behind: 1 }, { do: 'update' }],
    ['others are before it', { place: 2, behind: 3 }, { do: 'wait' }],
    ['others are before it, and it conflicts', { place: 3, fits: false }, { do: 'wait' }],
    [
      'others are before it, it conflicts, and its workflow makes way',
      { ...MAKES_WAY, place: 3, fits: false },
      { do: 'leave', how: 'conflicts' },
    ],
    ['it conflicts, and is red too', { fits: false, ci: 'red' }, { do: 'leave', how: 'red' }],
    ['others are before it, and it turned red', { place: 2, ci: 'red' }, { do: 'leave', how: 'red' }],
    [
      'nothing checks it, as the person knows',
      { isChecked: false, behind: 4, ci: 'nothing_ran' },
      { do: 'merge' },
    ],
    [
      'the base never rests',
      { behind: 1, updates: MAX_UPDATES, isUpdated: true },
      { do: 'leave', how: 'refused' },
    ],
  ])('%s', (_, at, step) => {
    expect(trainStep({ ...front, ...at })).toMatchObject(step);
  });

  const any = fc.record({
    place: fc.integer({ min: 1, max: 9 }),
    base: fc.constant('main'),
    fits: fc.constantFrom(true, false, null),
    behind: fc.nat(3),
    isUpdated: fc.boolean(),
    isChecked: fc.boolean(),
    ci: fc.constantFrom<AtTrain['ci'][]>(
      'green',
      'red',
      'pending',
      'infrastructure',
      'nothing_ran',
      'not_run_here',
    ),
    red: fc.constant('It is red.'),
    ask: fc.constantFrom(null, 'It hangs.'),
    ageMs: fc.nat(120_000),
    graceMs: fc.constant(60_000),
    updates: fc.nat(MAX_UPDATES + 1),
    keepsPlace: fc.boolean(),
  });
  test('only the first merges, never what is red or conflicts, and where something is checked only what is green with all of the base in it', () => {
    fc.assert(
      fc.property(any, (at) => {
        if (trainStep(at).do !== 'merge') return;
        expect([at.place, at.fits === false, at.ci === 'red']).toEqual([1, false, false]);
        if (at.isChecked || at.isUpdated) expect([at.ci, at.behind]).toEqual(['green', 0]);
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  [2, '2nd'],
  [3, '3rd'],
  [4, '4th'],
  [11, '11th'],
  [12, '12th'],
  [22, '22nd'],
  [113, '113th'],
])('place %i is told as "%s to merge into main"', (place, words) => {
  expect(sayPlace(place, 'main')).toMatch(new RegExp(`^${words} to merge into main;`));
});

describe('isSameChange', () => {
  const change = (at: number, ...lines: string[]): string =>
    [
      'diff --git a/a.ts b/a.ts',
      `index ${at}111111..${at}222222 100644`,
      '--- a/a.ts',
      '+++ b/a.ts',
      `@@ -${at},2 +${at},3 @@ f(${at})`,
      ...lines,
      '',
    ].join('\n');

  test('the base has moved it, and changed what is around it', () => {
    expect(isSameChange(change(1, ' one', '+two', ' three'), change(90, ' uno', '+two', ' tres'))).toBe(true);
  });
  test.each([
    ['a line more', change(1, ' one', '+two', '+evil', ' three')],
    ['another line', change(1, ' one', '+evil', ' three')],
    ['a line less', change(1, ' one', ' three')],
    [
      'another file besides',
      `${change(1, ' one', '+two', ' three')}diff --git a/b.ts b/b.ts\nnew file mode 100644\n`,
    ],
    [
      'another mode',
      change(1, ' one', '+two', ' three').replace('index', 'old mode 100644\nnew mode 100755\nindex'),
    ],
    ['another file', change(1, ' one', '+two', ' three').replaceAll('a.ts', 'b.ts')],
  ])('%s is another change', (_, other) => {
    expect(isSameChange(change(1, ' one', '+two', ' three'), other)).toBe(false);
  });
  test('of what is not text its content counts, and not what it was', () => {
    const picture = (was: string, is: string): string =>
      `diff --git a/a.png b/a.png\nindex ${was}..${is} 100644\nBinary files a/a.png and b/a.png differ\n`;
    expect(isSameChange(picture('1111111', '2222222'), picture('3333333', '2222222'))).toBe(true);
    expect(isSameChange(picture('1111111', '2222222'), picture('1111111', '4444444'))).toBe(false);
  });
});

// A forge, its CI, agents that repair and a person who approves again, as small as can be. What is drawn:
// which changes touch the same line (they conflict), which do not stand each other (CI is red on the two
// together), who acts when, what others push to the base, and whether what conflicts keeps its place: then it
// is the same change most times when its agent has joined it with the base.
describe('two to eight tasks on one repository', () => {
  interface Task {
    readonly id: number;
    state: 'offered' | 'waits' | 'merged';
    /** What of the base its branch has. */
    has: Set<number>;
    /** What the agent has seen it together with, and made it fit for. */
    readonly fitFor: Set<number>;
    isUpdated: boolean;
    updates: number;
    ciDone: boolean;
  }
  const pair = (a: number, b: number): string => `${Math.min(a, b)}-${Math.max(a, b)}`;
  const drawn = fc.record({
    count: fc.integer({ min: 2, max: 8 }),
    overlap: fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 16 }),
    clash: fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 10 }),
    turns: fc.infiniteStream(fc.nat(99)),
    others: fc.array(fc.nat(60), { maxLength: MAX_UPDATES - 1 }),
    keepsPlace: fc.boolean(),
  });

  test('all end merged, in the order in which they waited, and the base is green after every merge', () => {
    let repairs = 0;
    fc.assert(
      fc.property(drawn, ({ count, overlap, clash, turns, others, keepsPlace }) => {
        const [overlaps, clashes] = [overlap, clash].map(
          (ps) => new Set(ps.filter(([a, b]) => a !== b).map(([a, b]) => pair(a, b))),
        );
        const base: number[] = [];
        let queue: number[] = [];
        const tasks = Array.from({ length: count }, (_, id): Task => {
          return {
            id,
            state: 'offered',
            has: new Set(),
            fitFor: new Set(),
            isUpdated: false,
            updates: 0,
            ciDone: true,
          };
        });
        const isGreen = (task: Task): boolean =>
          [...task.has].every((m) => !clashes!.has(pair(task.id, m)) || task.fitFor.has(m));
        // The agent merges the base and fixes what is wrong; then it is looked at again.
        const repair = (task: Task): void => {
          repairs++;
          task.has = new Set(base);
          for (const m of base) task.fitFor.add(m);
        };
        const leave = (task: Task): void => {
          queue = queue.filter((id) => id !== task.id);
          repair(task);
          Object.assign(task, { state: 'offered', isUpdated: false, updates: 0, ciDone: true });
        };
        const step = (task: Task): void => {
          const missing = base.filter((m) => !task.has.has(m));
          const colour = isGreen(task) ? 'green' : 'red';
          const now = trainStep({
            ...front,
            keepsPlace,
            place: queue.indexOf(task.id) + 1,
            fits: !missing.some((m) => overlaps!.has(pair(task.id, m)) && !task.fitFor.has(m)),
            behind: missing.length,
            isUpdated: task.isUpdated,
            ci: task.ciDone ? colour : 'pending',
            updates: task.updates,
          });
          if (now.do === 'wait') task.ciDone = true;
          if (now.do === 'update') {
            task.has = new Set(base);
            Object.assign(task, { isUpdated: true, updates: task.updates + 1, ciDone: false });
          }
          if (now.do === 'leave') leave(task);
          if (now.do === 'join') {
            expect([keepsPlace, queue[0]]).toEqual([true, task.id]);
            repair(task);
            if (turns.next().value! % 4 === 0) leave(task);
            else Object.assign(task, { isUpdated: true, ciDone: false });
          }
          if (now.do !== 'merge') return;
          expect(queue[0]).toBe(task.id);
          // What is merged was checked together with all of the base.
          expect([missing, isGreen(task)]).toEqual([[], true]);
          queue.shift();
          base.push(task.id);
          task.state = 'merged';
        };
        const pushes = new Set(others);
        let foreign = 100;
        for (let n = 0; tasks.some((t) => t.state !== 'merged'); n++) {
          expect(n).toBeLessThan(3_000);
          if (pushes.has(n)) base.push(foreign++);
          const open = tasks.filter((t) => t.state !== 'merged');
          const task = open[turns.next().value! % open.length]!;
          if (task.state === 'waits') step(task);
          else {
            task.state = 'waits';
            queue.push(task.id);
          }
        }
      }),
      { numRuns: 200, seed: 14 },
    );
    // The draws are such that something has to be repaired.
    expect(repairs).toBeGreaterThan(100);
  });
});
