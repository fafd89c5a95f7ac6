// What the pages name is there. The check is shown names of things that are not, or it may be asleep.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { linksIn, namesIn, problemsOf, problemsOfTree, recipesIn, targetsIn, unlisted } from './docs.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const isThere = (name: string): boolean =>
  ['apps/api', 'docs/a.md', 'docs/img/b.png', 'tools/*.ts'].includes(name.replace(/\/$/, ''));

test('every file that our pages name is there', () => {
  expect(problemsOfTree()).toEqual([]);
});

test.each([
  ['a file', 'See `apps/api/gone.ts`.', 'docs/x.md names apps/api/gone.ts'],
  ['a folder', 'See `packages/gone`.', 'docs/x.md names packages/gone'],
  ['a file without its folder', 'It is in `gone.ts`.', 'docs/x.md names gone.ts'],
  ['a file in a command', 'Run `node tools/gone.ts --write`.', 'docs/x.md names tools/gone.ts'],
  ['a file in a block', '```sh\n./apps/cli/gone up\n```', 'docs/x.md names apps/cli/gone'],
  [
    'a component with brackets and parentheses',
    '`apps/web/(app)/task/[id]/+page.svelte`',
    'docs/x.md names apps/web/(app)/task/[id]/+page.svelte',
  ],
  ['a pattern that fits nothing', '`tools/*.gone`', 'docs/x.md names tools/*.gone'],
  ['a link', '[a page](gone.md#part)', 'docs/x.md links to gone.md'],
  ['a target of make', 'Then `make gone`.', 'docs/x.md says make gone'],
  [
    'a target of make in a block',
    '```sh\nmake check && make gone    # once\n```',
    'docs/x.md says make gone',
  ],
  ['a picture', '<img src="img/gone.png">', 'docs/x.md links to img/gone.png'],
])('a planted name of something that is not there is noticed: %s', (_, markdown, sentence) => {
  expect(problemsOf('docs/x.md', markdown, isThere, ['check']).join('\n')).toContain(sentence);
});

test('what is there is fine, and so is what is no file of ours', () => {
  const markdown = `\`apps/api\`, \`apps/api/\`, \`tools/*.ts\`, [one](a.md#part), [two](https://example.org/gone.md), [three](#part), <img src="img/b.png">
\`task/<id>\`, \`/opt/mainloop\`, \`.ts\`, \`make check\`, \`secrets.json\`, \`claude -p\`, \`e2e/shots\`
\`\`\`yaml
- read: src/upload.ts
\`\`\``;
  expect(problemsOf('docs/x.md', markdown, isThere, ['check'])).toEqual([]);
  expect(namesIn(markdown)).toEqual(['apps/api', 'apps/api/', 'tools/*.ts', 'e2e/shots']);
  expect(linksIn(markdown)).toEqual(['a.md', 'img/b.png']);
});

test('targets of make are read from code, and a target without a recipe is none', () => {
  expect(
    targetsIn('make sense of `make check && make test` and `WHERE=names make style`\n```\nmake build\n```'),
  ).toEqual(['check', 'test', 'style', 'build']);
  expect(
    recipesIn('.PHONY: one two\nA := 1\none: two ## x\n\t@echo\ntwo: one\nthree-four:\n\techo\n'),
  ).toEqual(['one', 'three-four']);
});

test('every target that make is told of has a recipe', () => {
  const makefile = text('Makefile');
  const told = /^\.PHONY: (.*)$/m.exec(makefile)![1]!.split(' ');
  expect(told.sort()).toEqual(recipesIn(makefile).sort());
});

test.each(['docker', 'podman', 'buildah'])('make images builds both images with %s', (tool) => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mainloop-images-'));
  try {
    writeFileSync(path.join(dir, tool), `#!/bin/sh\necho ${tool} "$@"\n`);
    chmodSync(path.join(dir, tool), 0o755);
    const make = spawnSync('/bin/sh', ['-c', 'command -v make'], { encoding: 'utf8' }).stdout.trim();
    const run = (env: Record<string, string>, ...args: string[]) =>
      spawnSync(make, ['-s', 'images', ...args], { cwd: root, encoding: 'utf8', env });
    const result = run({ PATH: dir }, 'REGISTRY=registry.example.com', 'TAG=7');
    expect([result.stderr, result.stdout.trim().split('\n')]).toEqual([
      '',
      [
        `${tool} build -f docker/Dockerfile --target mainloop -t registry.example.com/mainloop:7 .`,
        `${tool} build -f docker/Dockerfile --target agent -t registry.example.com/mainloop-agent:7 .`,
      ],
    ]);
    const without = run({ PATH: path.join(dir, 'nowhere') });
    expect([without.status, without.stderr]).toEqual([
      2,
      expect.stringContaining('make images needs docker, podman or buildah. Install one of them.'),
    ]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a room that docs/architecture.md has no row for is noticed; one that it only mentions has none', () => {
  const page =
    'The room `lib/kit` is mentioned.\n\n| room | what it holds |\n|---|---|\n| `lib/chat` | the conversation |\n';
  expect(unlisted(page, 'lib', ['chat', 'generated'])).toEqual([]);
  expect(unlisted(page, 'lib', ['chat', 'kit'])).toEqual([
    'docs/architecture.md has no row that says what lib/kit holds',
  ]);
});

test('docs/development.md has a row for each step of make check, in order', () => {
  const steps = [...text('tools/check.ts').matchAll(/^ {2}\[\s*'([^']+)',\s/gm)].map((m) => m[1]!);
  const table = /## What `make check` checks\n\n\| step .*\n.*\n((?:\|.*\n)+)/.exec(
    text('docs/development.md'),
  )![1]!;
  expect([...table.matchAll(/^\| (.*?) \|/gm)].map((m) => m[1]!)).toEqual(steps);
  expect(steps.length).toBeGreaterThan(10);
});

/** Files of ours that look into the environment for more than where programs, caches and the person's folder are. */
const readsEnvironment = (file: string, source: string): boolean =>
  !/\.(test|fixture)\.ts$|\/(node_modules|generated|build|dist|\.svelte-kit|replay)\/|^packages\/testkit\//.test(
    file,
  ) && /process\.env(?!\.(PATH|HOME|XDG_\w+)\b)/.test(source);

test('the environment is read where docs/development.md says, and nowhere else', async () => {
  expect(readsEnvironment('apps/x/src/a.ts', 'const a = process.env.A;')).toBe(true);
  expect(
    readsEnvironment('apps/x/src/a.ts', 'spawn(a, { PATH: process.env.PATH, HOME: process.env.HOME })'),
  ).toBe(false);
  const reading = await withTree({}, () =>
    globSync('{apps,packages}/*/{src/**/,}*.{ts,mjs,svelte}', { cwd: root })
      .filter((file) => readsEnvironment(file, text(file)))
      .sort(),
  );
  const paragraph = text('docs/development.md')
    .split('\n\n')
    .find((part) => part.startsWith('**The environment**'))!;
  expect(reading).toEqual(
    namesIn(paragraph)
      .filter((name) => !name.endsWith('/config.ts'))
      .sort(),
  );
});
