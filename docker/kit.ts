// Gathers what a sandbox finds under /opt/mainloop, but for Node itself: `kit.ts FOLDER`, in the image's build.
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const to = process.argv[2]!;
const runner = path.join(path.dirname(fileURLToPath(import.meta.url)), '../apps/runner');
const claude = path.dirname(
  createRequire(path.join(runner, 'package.json')).resolve('@anthropic-ai/claude-code/package.json'),
);
mkdirSync(to, { recursive: true });
cpSync(path.join(claude, 'bin/claude.exe'), path.join(to, 'claude'));
cpSync(path.join(runner, 'dist'), to, { recursive: true });
for (const [name, file] of [
  ['mainloop', 'talk.mjs'],
  ['gh', 'gh.mjs'],
] as const)
  writeFileSync(path.join(to, name), `#!/bin/sh\nexec /opt/mainloop/node /opt/mainloop/${file} "$@"\n`);
for (const f of ['claude', 'mainloop', 'gh']) chmodSync(path.join(to, f), 0o755);
