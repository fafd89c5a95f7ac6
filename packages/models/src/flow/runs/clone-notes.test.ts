import { expect, test } from '@jest/globals';
import { cloneNotes } from './clone-notes.ts';

test.each<[string, string | null, string | null, string[]]>([
  ['nothing', null, null, []],
  ['attributes without LFS', null, '* text=auto\n*.png binary\n# *.psd filter=lfs\n', []],
  [
    'two submodules',
    '[submodule "a"]\n\tpath = libs/a\n\turl = https://example.org/a\n[submodule "b b"]\n\tpath = libs/b b\n\turl = ../b\n',
    null,
    [
      "Submodules are empty folders here (libs/a, libs/b b): a sandbox reaches its own repository and no other. What needs them can't run.",
    ],
  ],
  [
    'LFS',
    null,
    '*.psd filter=lfs diff=lfs merge=lfs -text\nmodels/** filter=lfs -text\n',
    [
      "Files that Git LFS keeps (*.psd, models/**) are pointers here, not the files themselves. Leave them as they are; what reads them can't run.",
    ],
  ],
])('%s', (_, gitmodules, gitattributes, says) =>
  expect(cloneNotes({ gitmodules, gitattributes })).toEqual(says),
);

test('of many submodules five are named', () => {
  const gitmodules = Array.from({ length: 7 }, (_, i) => `[submodule "${i}"]\n  path = m${i}\n`).join('');
  expect(cloneNotes({ gitmodules, gitattributes: null })[0]).toContain('(m0, m1, m2, m3, m4 and 2 more)');
});
