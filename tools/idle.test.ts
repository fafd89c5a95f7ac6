// What an idle process holds in memory is what was imported: large libraries come with the first call.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const LISTS = `import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
await import(process.argv[1]);
console.log(JSON.stringify(loaded));`;

test.each([
  ['packages/adapters/src/model/anthropic.ts', '@anthropic-ai'],
  ['packages/adapters/src/model/claude-code.ts', '@modelcontextprotocol'],
  ['packages/adapters/src/embedder/minilm.ts', 'onnxruntime-node'],
  ['apps/worker/src/push.ts', 'web-push'],
  ['apps/worker/src/backlog.ts', 'selfsigned'],
])('%s brings no %s before it is called', (file, library) => {
  const whole = path.join(import.meta.dirname, '..', file);
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', LISTS, whole];
  const loaded = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as string[];
  expect(loaded.some((url) => url.endsWith(file))).toBe(true);
  expect(loaded.filter((url) => url.includes(`node_modules/${library}`))).toEqual([]);
});
