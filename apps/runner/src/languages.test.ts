import { expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { languageServersOf } from './languages.ts';

test.each<[string, string[], string[], Record<string, string>]>([
  ['nothing installed', [], [], {}],
  [
    "a repository's own TypeScript",
    ['node_modules/typescript/lib/tsserver.js'],
    [],
    { typescript: 'REPO/node_modules/typescript/lib/tsserver.js' },
  ],
  [
    'TypeScript 7 has no tsserver',
    ['node_modules/typescript/lib/tsc.js'],
    [],
    { typescript: '/kit/typescript/lib/tsserver.js' },
  ],
  [
    'Python and Go from the image',
    [],
    ['pyright-langserver', 'gopls'],
    { python: 'REPO/path/pyright-langserver', go: 'REPO/path/gopls' },
  ],
  [
    'Python from the repository first',
    ['node_modules/.bin/pyright-langserver'],
    ['pyright-langserver'],
    { python: 'REPO/node_modules/.bin/pyright-langserver' },
  ],
])('%s', (_, files, onPath, want) => {
  const repo = mkdtempSync('/tmp/languages-');
  for (const f of [...files, ...onPath.map((p) => `path/${p}`)]) {
    mkdirSync(path.dirname(path.join(repo, f)), { recursive: true });
    writeFileSync(path.join(repo, f), '#!/bin/sh\n');
    chmodSync(path.join(repo, f), 0o755);
  }
  const got = languageServersOf(repo, path.join(repo, 'path'), '/kit');
  const by = (server: (typeof got)[string]): string =>
    (server.initializationOptions as { tsserver: { path: string } } | undefined)?.tsserver.path ??
    server.command;
  expect(
    Object.fromEntries(Object.entries(got).map(([key, server]) => [key, by(server).replace(repo, 'REPO')])),
  ).toEqual(want);
});
