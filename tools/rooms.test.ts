// The picture of the rooms is shown drifts, or it may be asleep.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type Cruised, printed, roomsOf, withRooms } from './rooms.ts';

const page = readFileSync(
  path.join(path.dirname(fileURLToPath(import.meta.url)), '../docs/architecture.md'),
  'utf8',
);

const FLOW = 'packages/models/src/flow/ids.ts';
const DB = 'packages/models/src/db/pool.ts';
const CONTRACTS = 'packages/models/src/contracts/routes.ts';
/** `from: to` as imports; `type:` before the second one takes only types. */
const imports = (...pairs: [from: string, to: string][]): Cruised => ({
  modules: pairs.map(([source, to]) => ({
    source,
    dependencies: [
      {
        resolved: to.replace('type:', ''),
        dependencyTypes: to.startsWith('type:') ? ['local', 'type-only'] : ['local'],
      },
    ],
  })),
});
const rowOf = (cruised: Cruised, room: string): string =>
  printed(roomsOf(cruised))
    .split('\n')
    .find((line) => line.startsWith(`| \`${room}\``))!;
const arrowsOf = (cruised: Cruised): string[] => {
  const text = printed(roomsOf(cruised));
  const names = new Map([...text.matchAll(/^ {2}(r\d+)\["(.*)"\]$/gm)].map((m) => [m[1]!, m[2]!]));
  return [...text.matchAll(/^ {2}(r\d+) (-+\.?-*>) (r\d+)$/gm)].map(
    (m) => `${names.get(m[1]!)} ${m[2]} ${names.get(m[3]!)}`,
  );
};

test('docs/architecture.md shows the imports of today, and a planted import is a drift', async () => {
  const today = await withTree({}, cruise);
  expect(withRooms(page, printed(roomsOf(today)))).toBe(page);
  const drifted = { modules: [...today.modules, ...imports(['apps/cli/src/new.ts', DB]).modules] };
  expect(withRooms(page, printed(roomsOf(drifted)))).not.toBe(page);
  const fewer = { modules: today.modules.filter((module) => !module.source.startsWith('apps/demo/')) };
  expect(withRooms(page, printed(roomsOf(fewer)))).not.toBe(page);
});

test('a room imports what any of its files imports, tests left out', () => {
  const cruised = imports(
    ['apps/api/src/a.ts', FLOW],
    ['apps/api/src/chat/b.ts', DB],
    ['apps/api/src/c.test.ts', CONTRACTS],
    ['apps/api/src/d.ts', 'apps/api/src/e.ts'],
  );
  expect(rowOf(cruised, 'apps/api')).toContain('| models/flow, models/db |');
});

test('types only is said as long as nothing else is taken from that room', () => {
  expect(rowOf(imports(['apps/api/src/a.ts', `type:${FLOW}`]), 'apps/api')).toContain(
    '| models/flow (types) |',
  );
  expect(
    rowOf(imports(['apps/api/src/a.ts', `type:${FLOW}`], ['apps/api/src/b.ts', FLOW]), 'apps/api'),
  ).toContain('| models/flow |');
  expect(
    rowOf(imports(['apps/api/src/a.ts', FLOW], ['apps/api/src/b.ts', `type:${FLOW}`]), 'apps/api'),
  ).toContain('| models/flow |');
});

test('the longest folder is the room of a file', () => {
  expect(
    rowOf(
      imports(['apps/worker/src/workflows/a.ts', 'type:apps/worker/src/activities/b.ts']),
      'apps/worker/src/workflows',
    ),
  ).toContain('apps/worker (types)');
});

test('an arrow that a longer way says is left out, one over types is not that way', () => {
  const long: [string, string][] = [
    [DB, CONTRACTS],
    [CONTRACTS, FLOW],
  ];
  expect(arrowsOf(imports(...long, [DB, FLOW]))).toEqual([
    'models/contracts --> models/flow',
    'models/db --> models/contracts',
  ]);
  expect(arrowsOf(imports([DB, `type:${CONTRACTS}`], [CONTRACTS, FLOW], [DB, FLOW]))).toContain(
    'models/db --> models/flow',
  );
  expect(arrowsOf(imports(...long, [DB, `type:${FLOW}`]))).toContain('models/db -.-> models/flow');
  // Two rooms that know each other hide nothing.
  expect(arrowsOf(imports([DB, CONTRACTS], [CONTRACTS, DB]))).toEqual([
    'models/contracts --> models/db',
    'models/db --> models/contracts',
  ]);
});

test('a folder without a room, and a page without its place, are said', () => {
  expect(() => roomsOf(imports(['packages/memory/src/a.ts', FLOW]))).toThrow(
    'packages/memory/src/a.ts is in no room',
  );
  expect(() => withRooms('# Architecture\n', printed(roomsOf(imports())))).toThrow(
    'has lost the two comments',
  );
});
