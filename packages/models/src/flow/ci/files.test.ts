import { describe, expect, test } from '@jest/globals';
import { changedCiFiles, ciTree, isCiFile, type TreeEntry } from './files.ts';

describe('by its name', () => {
  test.each(
    '.github/workflows/ci.yml|.github/CODEOWNERS|.github|.GitHub/Workflows/a.yml|.GITHUB./workflows/a.yml|.github /a|.gith\u200cub/a|GITHUB~1/workflows/a.yml|.github::$INDEX_ALLOCATION/a|.gitlab-ci.yml|ci/deploy.gitlab-ci.yml|.gitlab/ci/a.yml|.circleci/config.yml|azure-pipelines.yml|build/azure-pipelines-2.yaml|Jenkinsfile|ci/JENKINSFILE.release|.travis.yml|.buildkite/pipeline.yml|.woodpecker.yml|.woodpecker/a.yaml|.drone.yml|.drone.jsonnet|bitbucket-pipelines.yml|appveyor.yml|.appveyor.yml|.forgejo/workflows/a.yml|.gitea/workflows/a.yml|.cirrus.star|cloudbuild.yaml|.buildKite/a|.build\u212aite/a'.split(
      '|',
    ),
  )('%s counts', (path) => {
    expect(isCiFile(path)).toBe(true);
  });
  test.each([
    'docs/.github/x',
    'src/a.ts',
    'github/workflows/a.yml',
    '.githubx/a',
    '.gitignore',
    'package.json',
    'docs/jenkinsfiles.md',
    'a/.travis.yml',
  ])('%s does not', (path) => {
    expect(isCiFile(path)).toBe(false);
  });
});

let next = 0;
const file = (path: string, text = '', mode = '100644'): TreeEntry & { text: string } => ({
  path,
  mode,
  id: `${++next}`,
  text,
});
/** Reads what is asked for until nothing is. */
function paths(...tree: (TreeEntry & { text: string })[]): { paths: string[]; open: string | null } {
  const known = new Map<string, string | null>();
  for (;;) {
    const t = ciTree(tree, known);
    if (t.wants.length === 0) return { paths: t.entries.map((e) => e.path), open: t.open };
    for (const id of t.wants) known.set(id, tree.find((e) => e.id === id)!.text);
  }
}

describe('by what calls it', () => {
  test('an action of the repository counts with its folder, called in whatever words', () => {
    const t = paths(
      file('.github/workflows/a.yml', 'uses: "\\x2e/tools/greet"'),
      file('tools/greet/action.yml'),
      file('tools/greet/lib/run.js'),
      file('tools/other.js'),
      file('Action.yaml'),
      file('src/a.ts'),
    );
    expect(t).toEqual({
      paths: ['.github/workflows/a.yml', 'Action.yaml', 'tools/greet/action.yml', 'tools/greet/lib/run.js'],
      open: null,
    });
  });

  test('a symbolic link leads to what it names, through another link too, and never out', () => {
    const t = paths(
      file('.github/workflows', '../ci', '120000'),
      file('ci/a.yml'),
      file('.github/actions', '../alias/x', '120000'),
      file('alias', 'real', '120000'),
      file('real/x/run.sh'),
      file('src/a.ts'),
    );
    expect(t).toEqual({
      paths: ['.github/actions', '.github/workflows', 'alias', 'ci/a.yml', 'real/x/run.sh'],
      open: null,
    });
    for (const to of ['/etc/passwd', '../../x', '..'])
      expect(paths(file('.github/workflows', to, '120000')).open).toBe(
        '.github/workflows is a symbolic link that leads out of the repository',
      );
  });

  test.each([
    ['a local include', "include:\n  - local: '/ci/build.yml'", ['ci/build.yml']],
    ['one in a word', 'include: ci/build.yml', ['ci/build.yml']],
    [
      'with a space (and whatever else its words may mean)',
      "include: 'ci/my build.yml'",
      ['ci/build.yml', 'ci/my build.yml'],
    ],
    ['in escapes', 'include: "ci/b\\u0075ild.yml"', ['ci/build.yml']],
    ['over two lines', 'include: "ci/bui\\\n  ld.yml"', ['ci/build.yml']],
    [
      'by a pattern',
      "include: 'ci/*.yml'",
      ['ci/build.yml', 'ci/my build.yml', 'docs/far.yaml', 'nested.yml'],
    ],
    ['by a variable', 'include: $WHERE', ['ci/build.yml', 'ci/my build.yml', 'docs/far.yaml', 'nested.yml']],
    ['nothing', 'script: make', []],
  ])('other systems include files: %s', (_, text, want) => {
    const t = paths(
      file('.gitlab-ci.yml', text),
      file('ci/build.yml', ''),
      file('ci/my build.yml'),
      file('nested.yml'),
      file('docs/far.yaml'),
    );
    expect(t.paths).toEqual(['.gitlab-ci.yml', ...want]);
  });

  test('an include of an include counts, and one that is too large to read leaves the list open', () => {
    expect(
      paths(file('.gitlab-ci.yml', 'include: a.yml'), file('a.yml', 'include: b.yml'), file('b.yml')).paths,
    ).toEqual(['.gitlab-ci.yml', 'a.yml', 'b.yml']);
    const big = file('.gitlab-ci.yml');
    expect(ciTree([big], new Map([[big.id, null]])).open).toMatch(/too large/);
  });

  test('what differs is told by path, mode and content; a rename is told on both sides', () => {
    const same = file('.github/a');
    const was = file('.github/b');
    expect(changedCiFiles([same, was], [same, { ...was, path: '.github/c' }])).toEqual([
      '.github/b',
      '.github/c',
    ]);
    expect(changedCiFiles([was], [{ ...was, mode: '100755' }])).toEqual(['.github/b']);
    expect(changedCiFiles([was], [was])).toEqual([]);
  });
});
