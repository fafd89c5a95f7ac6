import { expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checksOf, type Check } from './checks.ts';

const tool = (dir: string, name: string): void => {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, name), '#!/bin/sh\n');
  chmodSync(path.join(dir, name), 0o755);
};

test.each<[string, Record<string, string>, string[], string[], Check[]]>([
  ['nothing', {}, [], [], []],
  ['a compiler that is not installed', { 'tsconfig.json': '{}' }, [], [], []],
  ['TypeScript', { 'tsconfig.json': '{}' }, ['tsc'], [], [{ what: 'diagnostics', command: 'node_modules/.bin/tsc --noEmit --pretty false' }]],
  [
    'a lint script beside Go',
    { 'package.json': '{"scripts":{"lint":"eslint ."}}', 'go.mod': 'module x' },
    ['eslint'],
    ['npm', 'go'],
    [
      { what: 'diagnostics', command: 'go vet ./...' },
      { what: 'lint', command: 'npm run --silent lint' },
    ],
  ],
  [
    'trunk before the script',
    { 'package.json': '{"scripts":{"lint":"x"}}', '.trunk/trunk.yaml': '' },
    ['x'],
    ['npm', 'trunk'],
    [{ what: 'lint', command: 'trunk check --ci' }],
  ],
  ['a broken package.json', { 'package.json': '{' }, ['x'], ['npm'], []],
  ['Python', { 'pyproject.toml': '' }, [], ['ruff'], [{ what: 'lint', command: 'ruff check' }]],
])('%s', (_, files, bins, onPath, expected) => {
  const repo = mkdtempSync('/tmp/checks-');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repo, name)), { recursive: true });
    writeFileSync(path.join(repo, name), text);
  }
  for (const b of bins) tool(path.join(repo, 'node_modules/.bin'), b);
  const dir = path.join(repo, 'path');
  for (const b of onPath) tool(dir, b);
  expect(checksOf(repo, dir)).toEqual(expected);
});
