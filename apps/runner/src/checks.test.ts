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
  [
    'TypeScript',
    { 'tsconfig.json': '{}' },
    ['tsc'],
    [],
    [{ what: 'diagnostics', command: 'node_modules/.bin/tsc --noEmit --pretty false' }],
  ],
  [
    'a lint script beside Go',
    { 'package.json': '{"scripts":{"lint":"eslint ."}}', 'go.mod': 'module x' },
    ['eslint'],
    ['npm', 'go'],
    [
      { what: 'diagnostics', command: 'go vet ./...' },
      { what: 'lint', command: 'npm run --silent lint' },
      { what: 'tests', command: 'go test ./...' },
    ],
  ],
  [
    'trunk before the script',
    { 'package.json': '{"scripts":{"lint":"x"}}', '.trunk/trunk.yaml': '' },
    ['x'],
    ['npm', 'trunk'],
    [{ what: 'lint', command: 'trunk check --ci --no-progress' }],
  ],
  [
    'the trunk that the repository brings',
    { 'package.json': '{}', '.trunk/trunk.yaml': '' },
    ['trunk'],
    ['trunk'],
    [{ what: 'lint', command: 'node_modules/.bin/trunk check --ci --no-progress' }],
  ],
  [
    'a script where trunk is not here, and it says so',
    { 'package.json': '{"scripts":{"lint":"x"}}', '.trunk/trunk.yaml': '' },
    ['x'],
    ['npm'],
    [{ what: 'lint', command: 'npm run --silent lint', insteadOf: 'trunk' }],
  ],
  [
    'nothing but a trunk that is not here',
    { '.trunk/trunk.yaml': '' },
    [],
    [],
    [{ what: 'lint', command: 'trunk check --ci --no-progress' }],
  ],
  ['a broken package.json', { 'package.json': '{' }, ['x'], ['npm'], []],
  [
    'tests of npm without packages',
    { 'package.json': '{"scripts":{"test":"node --test"}}' },
    [],
    ['npm'],
    [{ what: 'tests', command: 'npm run --silent test' }],
  ],
  [
    'tests whose packages are not there',
    { 'package.json': '{"scripts":{"test":"jest"},"devDependencies":{"jest":"30"}}' },
    [],
    ['npm'],
    [],
  ],
  [
    'what npm writes for nobody',
    { 'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}' },
    [],
    ['npm'],
    [],
  ],
  [
    'scripts that are none',
    { 'package.json': '{"scripts":["test"],"devDependencies":null}' },
    [],
    ['npm'],
    [],
  ],
  [
    'pytest',
    { 'pyproject.toml': '[tool.pytest.ini_options]\n' },
    [],
    ['pytest'],
    [{ what: 'tests', command: 'pytest -q' }],
  ],
  ['pytest that nobody names', { 'pyproject.toml': '' }, [], ['pytest'], []],
  [
    'make',
    { Makefile: 'lint := no\ntest: build\n\tx\n' },
    [],
    ['make'],
    [{ what: 'tests', command: 'make test' }],
  ],
  [
    'Cargo',
    { 'Cargo.toml': '' },
    [],
    ['cargo'],
    [
      { what: 'diagnostics', command: 'cargo check --quiet' },
      { what: 'tests', command: 'cargo test --quiet' },
    ],
  ],
  [
    'Python',
    { 'pyproject.toml': '[tool.ruff.lint]\n' },
    [],
    ['ruff'],
    [{ what: 'lint', command: 'ruff check' }],
  ],
  [
    'a linter that only this machine has',
    { 'pyproject.toml': '[project]\n' },
    [],
    ['ruff', 'pyright', 'pytest'],
    [],
  ],
])('%s', (_, files, bins, onPath, expected) => {
  const repo = mkdtempSync('/tmp/checks-');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repo, name)), { recursive: true });
    writeFileSync(path.join(repo, name), text);
  }
  for (const bin of bins) tool(path.join(repo, 'node_modules/.bin'), bin);
  const dir = path.join(repo, 'path');
  for (const b of onPath) tool(dir, b);
  expect(checksOf(repo, dir)).toEqual(expected);
});
