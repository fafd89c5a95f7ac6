// What git prints of merges in memory, as it printed it; that it still prints it so is held beside the gateway's calls.
import { expect, test } from '@jest/globals';
import { mergeReader, type Merge } from './merge-tree.ts';

const [A, B, C, TREE] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(40)) as [
  string,
  string,
  string,
  string,
];

function read(...records: string[]): readonly Merge[] {
  const reader = mergeReader();
  for (const record of records) reader.take(Buffer.from(record, 'latin1'));
  return reader.merges;
}
const CLEAN = ['1', TREE, '', ''];
const conflict = (stages: string[], ...messages: string[][]): string[] => [
  '0',
  TREE,
  ...stages,
  '',
  ...messages.flat(),
  '',
];
const says = (type: string, ...paths: string[]): string[] => [
  String(paths.length),
  ...paths,
  type,
  'Words.\n',
];
const ways = (merges: readonly Merge[]): string[] =>
  merges.flatMap(({ files }) => files.map(({ how, path }) => `${how} ${path}`));

test.each<[what: string, stages: string[], messages: string[][], ways: string[]]>([
  [
    'both change a line',
    [`100644 ${A} 1\tx`, `100644 ${B} 2\tx`, `100644 ${C} 3\tx`],
    [says('Auto-merging', 'x'), says('CONFLICT (contents)', 'x')],
    ['changed x'],
  ],
  ['both add it', [`100644 ${B} 2\tx`, `100644 ${C} 3\tx`], [says('CONFLICT (contents)', 'x')], ['added x']],
  [
    'not text',
    [`100644 ${A} 1\tx`, `100644 ${B} 2\tx`, `100644 ${C} 3\tx`],
    [says('CONFLICT (binary)', 'x'), says('CONFLICT (contents)', 'x')],
    ['binary x'],
  ],
  ['deleted here', [`100644 ${A} 1\tx`, `100644 ${C} 3\tx`], [], ['deleted_here x']],
  ['deleted there', [`100644 ${A} 1\tx`, `100644 ${B} 2\tx`], [], ['deleted_there x']],
  [
    'each moves it elsewhere',
    [`100644 ${A} 1\tx`, `100644 ${A} 2\ty`, `100644 ${A} 3\tz`],
    [says('CONFLICT (rename/rename)', 'x', 'y', 'z')],
    ['renamed x', 'renamed y', 'renamed z'],
  ],
  [
    'a file and a folder of one name',
    [`100644 ${A} 3\tx~${B}`],
    [says('CONFLICT (file/directory)', `x~${B}`, 'x')],
    ['kind x'],
  ],
  [
    'a link and a file',
    [`120000 ${B} 2\tx`, `100644 ${C} 3\tx`],
    [says('CONFLICT (distinct types)', 'x')],
    ['kind x'],
  ],
  [
    'a name that is no UTF-8',
    [`100644 ${B} 2\tx\xff\n"`, `100644 ${C} 3\tx\xff\n"`],
    [],
    ['added x\\xff\n"'],
  ],
  [
    'words alone',
    [],
    [says('CONFLICT (directory rename split)', 'folder'), says('Auto-merging', 'x')],
    ['renamed folder'],
  ],
])('%s', (_what, stages, messages, expected) => {
  const merges = read(...CLEAN, ...conflict(stages, ...messages), ...CLEAN);
  expect(merges.map(({ isClean }) => isClean)).toEqual([true, false, true]);
  expect(ways(merges)).toEqual(expected);
});

test('words of advice about submodules stand in the place of the end', () => {
  const stages = [`160000 ${A} 1\tsub`, `160000 ${B} 2\tsub`, `160000 ${C} 3\tsub`];
  const records = conflict(stages, says('CONFLICT (submodule not initialized)', 'sub')).with(
    -1,
    'Recursive …',
  );
  expect(ways(read(...records, ...CLEAN))).toEqual(['submodule sub']);
  expect(read(...records, ...CLEAN)).toHaveLength(2);
});

test('what was cut off in the middle is no merge', () => {
  const records = [...CLEAN, ...conflict([`100644 ${A} 1\tx`], says('CONFLICT (contents)', 'x'))];
  for (let end = 0; end < records.length; end++)
    expect(read(...records.slice(0, end))).toHaveLength(end >= CLEAN.length ? 1 : 0);
});
