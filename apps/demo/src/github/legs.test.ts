// The legs of a matrix: which there are, and which of them this machine can run. One that it can't is never run
// as something else.
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { combinations, legsHere } from './legs.ts';

const has = (label: string): boolean => label.startsWith('ubuntu-');
const workflow = (job: object): string => JSON.stringify({ on: 'push', jobs: { t: job } });
interface Said {
  readonly jobs: Record<
    string,
    { 'runs-on': unknown; strategy: { matrix: unknown; 'max-parallel': unknown } }
  >;
}
const job = (text: string) => (parse(text) as Said).jobs.t!;

test.each<[string, Parameters<typeof combinations>[0], object[]]>([
  ['nothing', {}, []],
  [
    'all with all',
    { a: [1, 2], b: ['x', 'y'] },
    [
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 2, b: 'x' },
      { a: 2, b: 'y' },
    ],
  ],
  [
    'without what is excluded, by as many keys as it names',
    { a: [1, 2], b: ['x', 'y'], exclude: [{ a: 1 }, { a: 2, b: 'y' }] },
    [{ a: 2, b: 'x' }],
  ],
  ['only what is included', { include: [{ a: 1 }, { a: 2, b: 3 }] }, [{ a: 1 }, { a: 2, b: 3 }]],
  [
    // The example of https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
    "GitHub's own example",
    {
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    },
    [
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ],
  ],
  [
    'values that are objects',
    { on: [{ os: 'x' }, { os: 'y' }], exclude: [{ on: { os: 'x' } }] },
    [{ on: { os: 'y' } }],
  ],
])('%s', (_, matrix, want) => expect(combinations(matrix)).toEqual(want));

test('legs for other systems are left out, and named; the rest run one after the other', () => {
  const { text, absent } = legsHere(
    workflow({
      strategy: { matrix: { v: [1, 2], os: ['ubuntu-latest', 'macos-latest', 'windows-latest'] } },
      'runs-on': '${{ matrix.os }}',
      steps: [],
    }),
    { has, parallel: 1 },
  );
  expect(job(text).strategy).toEqual({
    matrix: {
      include: [
        { v: 1, os: 'ubuntu-latest' },
        { v: 2, os: 'ubuntu-latest' },
      ],
    },
    'max-parallel': 1,
  });
  expect(absent).toEqual([
    { job: 't', leg: '1, macos-latest' },
    { job: 't', leg: '1, windows-latest' },
    { job: 't', leg: '2, macos-latest' },
    { job: 't', leg: '2, windows-latest' },
  ]);
});

test.each([
  ['of an object', { on: [{ os: 'macos-13' }, { os: 'ubuntu-22.04' }] }, '${{ matrix.on.os }}', 1],
  ['as a part of it', { os: ['macos', 'ubuntu'] }, '${{ matrix.os }}-latest', 1],
  [
    'that is included',
    {
      v: [1],
      include: [
        { v: 1, os: 'ubuntu-latest' },
        { v: 2, os: 'macos-latest' },
      ],
    },
    '${{matrix.os}}',
    1,
  ],
])('a machine %s is understood', (_, matrix, runsOn, left) => {
  const { text, absent } = legsHere(workflow({ strategy: { matrix }, 'runs-on': runsOn }), {
    has,
    parallel: 2,
  });
  expect((job(text).strategy.matrix as { include: unknown[] }).include).toHaveLength(left);
  expect(absent).toHaveLength(1);
});

test('a job that has no leg here asks for a machine that is not here, so that nothing of it runs', () => {
  const { text, absent } = legsHere(
    workflow({ strategy: { matrix: { os: ['macos-14', 'windows-latest'] } }, 'runs-on': '${{ matrix.os }}' }),
    { has, parallel: 1 },
  );
  expect([job(text)['runs-on'], absent.length]).toEqual(['macos-14', 2]);
  expect(job(text).strategy.matrix).toEqual({ include: [{ os: 'macos-14' }] });
});

test.each<[string, object]>([
  ['no matrix', { 'runs-on': 'ubuntu-latest' }],
  [
    'a matrix that another job says',
    { strategy: { matrix: '${{ fromJSON(needs.a.outputs.b) }}' }, 'runs-on': '${{ matrix.os }}' },
  ],
  [
    'values that another job says',
    { strategy: { matrix: { os: '${{ fromJSON(needs.a.outputs.b) }}' } }, 'runs-on': '${{ matrix.os }}' },
  ],
  [
    'a value that is known only then',
    { strategy: { matrix: { os: ['${{ inputs.os }}', 'macos-latest'] } }, 'runs-on': '${{ matrix.os }}' },
  ],
  [
    'a machine that is known only then',
    { strategy: { matrix: { a: [1] } }, 'runs-on': "${{ inputs.os || 'x' }}" },
  ],
  ['a machine that no leg names', { strategy: { matrix: { a: [1] } }, 'runs-on': '${{ matrix.os }}' }],
  ['several labels', { strategy: { matrix: { a: [1] } }, 'runs-on': ['self-hosted', 'linux'] }],
  [
    'too many legs to be one',
    {
      strategy: {
        matrix: { a: Array.from({ length: 17 }, (_x, i) => i), b: Array.from({ length: 17 }, (_x, i) => i) },
      },
      'runs-on': '${{ matrix.a }}',
    },
  ],
])('%s: its legs stay as they are', (_, of) => {
  const { text, absent } = legsHere(workflow(of), { has, parallel: 1 });
  const { strategy, ...rest } = job(text) as unknown as { strategy?: { matrix: unknown } };
  const before = of as { strategy?: { matrix: unknown } };
  expect([strategy?.matrix, rest]).toEqual([before.strategy?.matrix, { ...rest }]);
  expect([rest, absent]).toEqual([{ 'runs-on': (of as { 'runs-on': unknown })['runs-on'] }, []]);
});

test('what has no matrix, or is no workflow, is left to the letter', () => {
  for (const text of [
    'on: push\njobs: {t: {runs-on: ubuntu-latest}} # so\n',
    '',
    '- a',
    ': {',
    'jobs: 1',
    'jobs: {t: 1}',
  ])
    expect(legsHere(text, { has, parallel: 1 })).toEqual({ text, absent: [] });
});

test('where one job names what another has, all of it is left to the letter', () => {
  for (const text of [
    'jobs:\n  a: &a {runs-on: "${{ matrix.os }}", strategy: {matrix: {os: [macos-latest]}}}\n  b: *a\n',
    'jobs:\n  a: {runs-on: "${{ matrix.os }}", strategy: &s {matrix: {os: [macos-latest]}}}\n  b: {runs-on: x, strategy: *s}\n',
  ])
    expect(legsHere(text, { has, parallel: 1 })).toEqual({ text, absent: [] });
});

test('a limit of its own that is lower stays', () => {
  const said = (max: number): unknown =>
    job(
      legsHere(
        workflow({ strategy: { matrix: { a: [1] }, 'max-parallel': max }, 'runs-on': 'ubuntu-latest' }),
        { has, parallel: 4 },
      ).text,
    ).strategy['max-parallel'];
  expect([said(2), said(10)]).toEqual([2, 4]);
});
