import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayStart, WITH_WAITING, type SlotRun } from './slots.ts';

const run = (id: string, projectId: string, isActive = false, waits = false): SlotRun => ({
  id,
  projectId,
  isActive,
  waits: isActive && waits,
});
const caps = (all: number, perProject: number) => ({ all, ofProject: () => perProject });

test.each([
  ['nothing waits', [run('a', 'p', true)], caps(2, 2), []],
  ['in the order they came', [run('a', 'p'), run('b', 'p'), run('c', 'p')], caps(2, 5), ['a', 'b']],
  [
    'a full project keeps nobody else waiting',
    [run('a', 'full', true), run('b', 'full'), run('c', 'other')],
    caps(2, 1),
    ['c'],
  ],
  [
    'many of a full project neither',
    [run('a', 'full', true), ...'bcdefgh'.split('').map((x) => run(x, 'full')), run('z', 'other')],
    caps(4, 1),
    ['z'],
  ],
  ['all slots are taken', [run('a', 'p', true), run('b', 'q', true), run('c', 'r')], caps(2, 1), []],
  [
    'what waits for the person gives its slot to another',
    [run('a', 'p', true, true), run('b', 'p'), run('c', 'p')],
    caps(1, 1),
    ['b'],
  ],
  [
    'but not for ever more of them',
    [run('a', 'p', true, true), run('b', 'p', true, true), run('c', 'p')],
    caps(1, 1),
    [],
  ],
  [
    'nor in one project',
    [run('a', 'p', true, true), run('b', 'p', true, true), run('c', 'p'), run('d', 'q')],
    caps(8, 1),
    ['d'],
  ],
])('%s', (_, runs, c, starting) => expect(mayStart(runs, c)).toEqual(starting));

const someRuns = fc.array(
  fc.record({ projectId: fc.constantFrom('p', 'q', 'r', 's'), isActive: fc.boolean(), waits: fc.boolean() }),
  {
    maxLength: 40,
  },
);

test('no cap is ever broken by what starts, and nobody who could start waits', () => {
  fc.assert(
    fc.property(
      someRuns,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 4 }),
      (list, all, perProject) => {
        const runs = list.map((r, i) => run(`r${i}`, r.projectId, r.isActive, r.waits));
        const starting = new Set(mayStart(runs, caps(all, perProject)));
        const active = runs.filter((r) => r.isActive);
        const after = [...active, ...runs.filter((r) => starting.has(r.id))];
        /** Whether this many are as many as may be. */
        const isFull = (of: readonly SlotRun[], cap: number): boolean =>
          of.filter((r) => !r.waits).length >= cap || of.length >= cap * WITH_WAITING;
        const isOver = (of: readonly SlotRun[], cap: number): boolean =>
          of.filter((r) => !r.waits).length > cap || of.length > cap * WITH_WAITING;
        const of = (projectId: string): SlotRun[] => after.filter((r) => r.projectId === projectId);
        if (starting.size > 0) expect(isOver(after, all)).toBe(false);
        for (const r of runs.filter((x) => starting.has(x.id)))
          expect(isOver(of(r.projectId), perProject)).toBe(false);
        for (const r of runs.filter((x) => !x.isActive && !starting.has(x.id)))
          expect(isFull(after, all) || isFull(of(r.projectId), perProject)).toBe(true);
      },
    ),
  );
});
