import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { triggers, type Happened } from './triggers.ts';

const push = (branch: string): Happened => ({ event: 'push', branch });
const pull = (action: string, base = 'main'): Happened => ({ event: 'pull_request', action, base, payload: {} });

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
  ['workflow_dispatch', push('main'), false],
  ['7', push('main'), false],
  ['null', push('main'), false],
])('on %s, %j: %s', (on, what, want) => {
  expect(triggers(parse(on), what)).toBe(want);
});
