import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayStart, type SlotRun } from './slots.ts';

const run = (id: string, projectId: string, isActive = false): SlotRun => ({ id, projectId, isActive });
const caps = (all: number, perProject: number) => ({ all, ofProject: () => perProject });

test.each([
  ['nothing waits', [run('a', 'p', true)], caps(2, 2), []],
  ['in the order they came', [run('a', 'p'), run('b', 'p'), run('c', 'p')], caps(2, 5), ['a', 'b']],
  ['a full project keeps nobody else waiting', [run('a', 'full', true), run('b', 'full'), run('c', 'other')], caps(2, 1), ['c']],
  [
    'many of a full project neither',
    [run('a', 'full', true), ...'bcdefgh'.split('').map((x) => run(x, 'full')), run('z', 'other')],
    caps(4, 1),
    ['z'],
  ],
  ['all slots are taken', [run('a', 'p', true), run('b', 'q', true), run('c', 'r')], caps(2, 1), []],
])('%s', (_, runs, c, starting) => expect(mayStart(runs, c)).toEqual(starting));

const someRuns = fc.array(fc.record({ projectId: fc.constantFrom('p', 'q', 'r', 's'), isActive: fc.boolean() }), { maxLength: 40 });

test('no cap is ever broken by what starts, and nobody who could start waits', () => {
  fc.assert(
    fc.property(someRuns, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 4 }), (list, all, perProject) => {
      const runs = list.map((r, i) => run(`r${i}`, r.projectId, r.isActive));
      const starting = new Set(mayStart(runs, caps(all, perProject)));
      const active = runs.filter((r) => r.isActive);
      const after = [...active, ...runs.filter((r) => starting.has(r.id))];
      const of = (projectId: string): number => after.filter((r) => r.projectId === projectId).length;
      if (starting.size > 0) expect(after.length).toBeLessThanOrEqual(all);
      for (const r of runs.filter((x) => starting.has(x.id))) expect(of(r.projectId)).toBeLessThanOrEqual(perProject);
      for (const r of runs.filter((x) => !x.isActive && !starting.has(x.id))) expect(after.length >= all || of(r.projectId) >= perProject).toBe(true);
    }),
  );
});
