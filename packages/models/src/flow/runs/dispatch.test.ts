import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  circleOf,
  dispatch,
  levelOf,
  PRIORITIES,
  STEP_MS,
  waitWords,
  WITH_WAITING,
  type Caps,
  type DispatchRun,
  type Wait,
} from './dispatch.ts';

const NOW_MS = 100 * STEP_MS;
const run = (id: string, projectId: string, more: Partial<DispatchRun> = {}): DispatchRun => ({
  id,
  taskId: `t-${id}`,
  projectId,
  ownerId: 'o',
  isActive: false,
  waits: false,
  priority: 'normal',
  queuedAtMs: NOW_MS,
  blockedBy: [],
  ...more,
});
const active = { isActive: true };
const asking = { isActive: true, waits: true };
const caps = (all: number, perProject: number, more: Partial<Caps> = {}): Caps => ({
  all,
  ofPerson: () => Infinity,
  ofProject: () => perProject,
  underWay: () => null,
  ...more,
});
const start = (runs: readonly DispatchRun[], c: Caps): readonly string[] =>
  dispatch(runs, c, NOW_MS).starting;

test.each<[string, DispatchRun[], Caps, string[]]>([
  ['nothing waits', [run('a', 'p', active)], caps(2, 2), []],
  ['in the order they came', [run('a', 'p'), run('b', 'p'), run('c', 'p')], caps(2, 5), ['a', 'b']],
  [
    'a full project keeps nobody else waiting',
    [run('a', 'full', active), run('b', 'full'), run('c', 'other')],
    caps(2, 1),
    ['c'],
  ],
  [
    'many of a full project neither',
    [run('a', 'full', active), ...'bcdefgh'.split('').map((x) => run(x, 'full')), run('z', 'other')],
    caps(4, 1),
    ['z'],
  ],
  ['all slots are taken', [run('a', 'p', active), run('b', 'q', active), run('c', 'r')], caps(2, 1), []],
  [
    'what waits for the person gives its slot to another',
    [run('a', 'p', asking), run('b', 'p'), run('c', 'p')],
    caps(1, 1),
    ['b'],
  ],
  [
    'but not for ever more of them',
    [run('a', 'p', asking), run('b', 'p', asking), run('c', 'p')],
    caps(1, 1),
    [],
  ],
  [
    'nor in one project',
    [run('a', 'p', asking), run('b', 'p', asking), run('c', 'p'), run('d', 'q')],
    caps(8, 1),
    ['d'],
  ],
  [
    'the more urgent first',
    [run('a', 'p', { priority: 'low' }), run('b', 'p'), run('c', 'q', { priority: 'urgent' })],
    caps(2, 5),
    ['c', 'b'],
  ],
  [
    'whoever waited long enough is as urgent, and was there before',
    [
      run('a', 'p', { priority: 'low', queuedAtMs: NOW_MS - 3 * STEP_MS }),
      run('b', 'p', { priority: 'urgent' }),
    ],
    caps(1, 5),
    ['a'],
  ],
  [
    'but not a moment earlier',
    [
      run('a', 'p', { priority: 'low', queuedAtMs: NOW_MS - 3 * STEP_MS + 1 }),
      run('b', 'p', { priority: 'urgent' }),
    ],
    caps(1, 5),
    ['b'],
  ],
  [
    'the project with fewer agents at work goes first, however long the line of the other is',
    [run('w', 'p', active), ...'abcdefgh'.split('').map((x) => run(x, 'p')), run('z', 'q')],
    caps(2, 5),
    ['z'],
  ],
  [
    'projects take turns',
    [run('a', 'p'), run('b', 'p'), run('c', 'p'), run('y', 'q'), run('z', 'q')],
    caps(4, 5),
    ['a', 'y', 'b', 'z'],
  ],
  [
    'the agents of one person leave slots for another',
    [run('a', 'p', active), run('b', 'p'), run('c', 'q', { ownerId: 'x' })],
    caps(9, 9, { ofPerson: (id) => (id === 'o' ? 1 : 9) }),
    ['c'],
  ],
  [
    'what another task has to end before does not start, and keeps nobody waiting',
    [run('a', 'p', { blockedBy: ['t-x'], priority: 'urgent' }), run('b', 'p')],
    caps(1, 1),
    ['b'],
  ],
  [
    'one task at a time: the first of several',
    [run('a', 'p'), run('b', 'p', { priority: 'high' }), run('c', 'q')],
    caps(9, 9, { underWay: (id) => (id === 'p' ? [] : null) }),
    ['b', 'c'],
  ],
  [
    'one task at a time: only more runs of the one under way',
    [run('a', 'p'), run('b', 'p')],
    caps(9, 9, { underWay: () => ['t-b'] }),
    ['b'],
  ],
  [
    'one task at a time: two that had begun before it was said both go on',
    [run('a', 'p'), run('b', 'p'), run('c', 'p')],
    caps(9, 9, { underWay: () => ['t-b', 't-c'] }),
    ['b', 'c'],
  ],
  ['a cap of nothing', [run('a', 'p')], caps(0, 0), []],
])('%s', (_, runs, c, starting) => expect(start(runs, c)).toEqual(starting));

test.each<[Wait['is'], DispatchRun[], Caps, Wait]>([
  ['next', [run('a', 'p')], caps(1, 1), { is: 'next' }],
  [
    'blocked',
    [run('a', 'p', { blockedBy: ['t-x', 't-y'] })],
    caps(1, 1),
    { is: 'blocked', by: ['t-x', 't-y'] },
  ],
  ['serial', [run('a', 'p')], caps(1, 1, { underWay: () => ['t-z'] }), { is: 'serial', taskId: 't-z' }],
  [
    'serial',
    [run('b', 'p', { priority: 'urgent' }), run('a', 'p')],
    caps(9, 9, { underWay: () => [] }),
    { is: 'serial', taskId: 't-b' },
  ],
  ['full', [run('b', 'p', active), run('a', 'p')], caps(9, 1), { is: 'full', of: 'project', agents: 1 }],
  [
    'full',
    [run('b', 'q', active), run('a', 'p')],
    caps(9, 9, { ofPerson: () => 1 }),
    { is: 'full', of: 'person', agents: 1 },
  ],
  ['full', [run('b', 'q', active), run('a', 'p')], caps(1, 1), { is: 'full', of: 'all', agents: 1 }],
])('why a run waits: %s', (_, runs, c, wait) =>
  expect(dispatch(runs, c, NOW_MS).waits.get('a')).toEqual(wait),
);

test.each<[Wait, string]>([
  [{ is: 'next' }, 'It starts in a moment. You are not needed.'],
  [{ is: 'blocked', by: ['a'] }, 'It waits until "A" has ended.'],
  [{ is: 'blocked', by: ['a', 'b'] }, 'It waits until "A" and "B" have ended.'],
  [{ is: 'blocked', by: ['a', 'b', 'c'] }, 'It waits until "A", "B" and "C" have ended.'],
  [{ is: 'blocked', by: ['a', 'b', 'c', 'd'] }, 'It waits until "A", "B" and 2 more have ended.'],
  [{ is: 'serial', taskId: 'a' }, 'o/r works on one task at a time. "A" comes first.'],
  [
    { is: 'full', of: 'project', agents: 1 },
    'The one agent that o/r may have at once is at work. You are not needed.',
  ],
  [
    { is: 'full', of: 'all', agents: 4 },
    'All 4 agents that may work at once are at work. You are not needed.',
  ],
])('%o in words', (wait, words) =>
  expect(waitWords(wait, { title: (id) => id.toUpperCase(), project: 'o/r' })).toBe(words),
);

describe('10,000 random schedules', () => {
  const someRuns = fc.array(
    fc.record({
      projectId: fc.constantFrom('p', 'q', 'r', 's'),
      isActive: fc.boolean(),
      waits: fc.boolean(),
      priority: fc.constantFrom(...PRIORITIES),
      agoMs: fc.integer({ min: 0, max: 5 * STEP_MS }),
      blockedBy: fc.oneof(
        { weight: 3, arbitrary: fc.constant<string[]>([]) },
        { weight: 1, arbitrary: fc.constant(['t-z']) },
      ),
    }),
    { maxLength: 30 },
  );
  /** Projects s and r are of another person; s works on one task at a time. */
  const schedule = fc
    .tuple(
      someRuns,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([list, all, perPerson, perProject]) => {
      const runs = list
        .toSorted((a, b) => b.agoMs - a.agoMs)
        .map(({ agoMs, ...r }, i) =>
          run(`r${i}`, r.projectId, {
            ...r,
            waits: r.isActive && r.waits,
            ownerId: 'pq'.includes(r.projectId) ? 'o' : 'x',
            queuedAtMs: NOW_MS - agoMs,
          }),
        );
      const begun = runs.filter((r) => r.projectId === 's' && r.isActive && r.blockedBy.length === 0);
      const c = caps(all, perProject, {
        ofPerson: () => perPerson,
        underWay: (id) => (id === 's' ? begun.map((r) => r.taskId) : null),
      });
      return { runs, c, begun };
    });
  const count = (of: readonly DispatchRun[]) => ({
    working: of.filter((r) => !r.waits).length,
    active: of.length,
  });
  const isOver = (of: readonly DispatchRun[], cap: number): boolean =>
    count(of).working > cap || count(of).active > cap * WITH_WAITING;
  const isFull = (of: readonly DispatchRun[], cap: number): boolean =>
    count(of).working >= cap || count(of).active >= cap * WITH_WAITING;

  test('no cap is broken, priority is respected, and nobody who could start waits', () => {
    fc.assert(
      fc.property(schedule, ({ runs, c, begun }) => {
        const { starting, waits } = dispatch(runs, c, NOW_MS);
        const started = new Set(starting);
        const chosen = runs.filter((r) => started.has(r.id));
        const after = [...runs.filter((r) => r.isActive), ...chosen];
        const places = (r: DispatchRun): [readonly DispatchRun[], number][] => [
          [after, c.all],
          [after.filter((x) => x.ownerId === r.ownerId), c.ofPerson(r.ownerId)],
          [after.filter((x) => x.projectId === r.projectId), c.ofProject(r.projectId)],
        ];
        for (const r of chosen) {
          expect(r.blockedBy).toEqual([]);
          for (const [of, cap] of places(r)) expect(isOver(of, cap)).toBe(false);
        }
        if (begun.length > 0) expect(chosen.some((r) => r.projectId === 's')).toBe(false);
        expect(chosen.filter((r) => r.projectId === 's').length).toBeLessThanOrEqual(1);
        for (const r of runs.filter((x) => !x.isActive)) {
          const wait = waits.get(r.id)!;
          expect(wait.is === 'next').toBe(started.has(r.id));
          if (wait.is === 'blocked') expect(r.blockedBy).not.toEqual([]);
          if (wait.is !== 'full') continue;
          expect(places(r).some(([of, cap]) => isFull(of, cap))).toBe(true);
          // Nobody who is less urgent was chosen in its stead.
          for (const other of chosen.filter((x) => wait.of === 'all' || x.projectId === r.projectId))
            expect(levelOf(other, NOW_MS)).toBeLessThanOrEqual(levelOf(r, NOW_MS));
        }
      }),
      { numRuns: 10_000 },
    );
  });

  test('nobody starves: each starts before whatever came four steps later has used up its slots', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ project: fc.constantFrom('p', 'q', 'r'), priority: fc.constantFrom(...PRIORITIES) }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        fc.constantFrom('p', 'q', 'r'),
        (first, flood) => {
          // One slot; a flood of urgent work of one project never ends, a task takes half a step.
          let queue = first.map((r, i) => run(`f${i}`, r.project, { priority: r.priority, queuedAtMs: 0 }));
          const mine = new Set(queue.map((r) => r.id));
          let round = 0;
          for (; mine.size > 0; round++) {
            const nowMs = (round * STEP_MS) / 2;
            queue.push(run(`x${round}`, flood, { priority: 'urgent', queuedAtMs: nowMs }));
            const [next] = dispatch(queue, caps(1, 1), nowMs).starting;
            queue = queue.filter((r) => r.id !== next);
            mine.delete(next!);
            expect(round).toBeLessThanOrEqual(2 * PRIORITIES.length * (first.length + 4));
          }
        },
      ),
    );
  });
});

describe('tasks that wait for each other', () => {
  const blockersOf =
    (all: Record<string, string[]>) =>
    (id: string): string[] =>
      all[id] ?? [];
  test.each<[string, string, string[], Record<string, string[]>, string[] | null]>([
    ['none', 'a', [], {}, null],
    ['a line', 'a', ['b'], { b: ['c'], c: ['d'] }, null],
    ['itself', 'a', ['a'], {}, ['a', 'a']],
    ['two', 'a', ['b'], { b: ['a'] }, ['a', 'b', 'a']],
    ['through others', 'a', ['x', 'b'], { b: ['c'], c: ['d'], d: ['a'] }, ['a', 'b', 'c', 'd', 'a']],
    ['a circle of others, which is none of ours', 'a', ['b'], { b: ['c'], c: ['b'] }, null],
  ])('%s', (_, id, blockers, all, circle) => expect(circleOf(id, blockers, blockersOf(all))).toEqual(circle));

  test('a graph of fifty that was never refused has an end for each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 49 }), fc.integer({ min: 0, max: 49 })), {
          maxLength: 200,
        }),
        (edges) => {
          const all = new Map<string, string[]>();
          const of = (id: string): string[] => all.get(id) ?? [];
          for (const [a, b] of edges.map(([x, y]) => [`t${x}`, `t${y}`] as const)) {
            const circle = circleOf(a, [...of(a), b], of);
            if (circle === null) all.set(a, [...of(a), b]);
            else
              for (const [i, id] of circle.slice(0, -1).entries())
                expect([...of(id), ...(id === a ? [b] : [])]).toContain(circle[i + 1]);
          }
          // One after the other ends, until none is left.
          for (const left = new Set(Array.from({ length: 50 }, (_, i) => `t${i}`)); left.size > 0;) {
            const done = [...left].filter((id) => of(id).every((b) => !left.has(b)));
            expect(done.length).toBeGreaterThan(0);
            for (const id of done) left.delete(id);
          }
        },
      ),
    );
  });
});
