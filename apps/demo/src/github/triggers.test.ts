import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { triggers, type Happened } from './triggers.ts';

const push = (branch: string, paths: readonly string[] | null = null): Happened => ({
  event: 'push',
  branch,
  paths,
});
const pull = (action: string, base = 'main', paths: readonly string[] | null = null): Happened => ({
  event: 'pull_request',
  action,
  base,
  payload: {},
  paths,
});

test.each<[string, Happened, boolean]>([
  ['push', push('x'), true],
  ['push', pull('opened'), false],
  ['[push, pull_request]', pull('opened'), true],
  ['[push, pull_request]', pull('ready_for_review'), false],
  ['{pull_request: {}, push: {branches: [main]}}', push('mainloop/x'), false],
  ['{pull_request: {}, push: {branches: [main]}}', push('main'), true],
  ['{pull_request: {}, push: {branches: [main]}}', pull('synchronize'), true],
  ['{pull_request: null}', pull('reopened'), true],
  ['{pull_request: {types: [ready_for_review]}}', pull('ready_for_review'), true],
  ['{pull_request: {types: [ready_for_review]}}', pull('opened'), false],
  ['{pull_request: {branches: [release]}}', pull('opened'), false],
  ["{push: {tags: ['v*']}}", push('v1'), false],
  ["{push: {tags: ['v*'], branches: ['**']}}", push('a/b'), true],
  ["{push: {branches: ['*']}}", push('a/b'), false],
  ["{push: {branches: ['a/**']}}", push('a/b/c'), true],
  ["{push: {branches: ['**', '!a/**']}}", push('a/b'), false],
  ["{push: {branches-ignore: ['a/**']}}", push('a/b'), false],
  ["{push: {branches-ignore: ['a/**']}}", push('b'), true],
  ['{push: {branches: main}}', push('main'), true],
  ["{push: {paths: ['docs/**']}}", push('x', ['docs/a/b.md']), true],
  ["{push: {paths: ['docs/**']}}", push('x', ['src/a.ts']), false],
  ["{push: {paths: ['docs/**']}}", push('x'), true],
  ["{push: {paths: ['**/*.md']}}", push('x', ['README.md']), true],
  ["{push: {paths: ['*.js']}}", push('x', ['src/a.js']), false],
  ["{push: {paths: ['**.jsx?']}}", push('x', ['src/a.js']), true],
  ["{push: {paths: ['src/**', '!src/docs/**']}}", push('x', ['src/docs/a.md']), false],
  ["{push: {paths: ['src/**', '!src/docs/**', 'src/docs/keep.md']}}", push('x', ['src/docs/keep.md']), true],
  ["{push: {paths-ignore: ['docs/**', '*.md']}}", push('x', ['docs/a', 'README.md']), false],
  ["{push: {paths-ignore: ['docs/**']}}", push('x', ['docs/a', 'src/b']), true],
  ["{push: {paths: ['docs/**'], branches: [main]}}", push('x', ['docs/a']), false],
  ["{pull_request: {paths: ['packages/a/**']}}", pull('opened', 'main', ['packages/b/x']), false],
  [
    "{pull_request: {paths: ['packages/a/**']}}",
    pull('synchronize', 'main', ['packages/b/x', 'packages/a/x']),
    true,
  ],
  ["{push: {paths: ['a']}}", push('x', [...Array.from({ length: 300 }, (_, i) => `b${i}`), 'a']), false],
  ["{push: {branches: ['v[12].x']}}", push('v2.x'), true],
  ["{push: {branches: ['v[12].x']}}", push('v3.x'), false],
  ['workflow_dispatch', push('main'), false],
  ['7', push('main'), false],
  ['null', push('main'), false],
])('on %s, %j: %s', (on, what, want) => {
  expect(triggers(parse(on), what)).toBe(want);
});
