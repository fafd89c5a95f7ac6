import { readFileSync } from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { NODE_FLAGS } from '@mainloop/models/contracts/node';
import { collectAfterStart } from './after-start.ts';

test('what the start took is given back once, after a while', async () => {
  const calls: unknown[] = [];
  const done = collectAfterStart(async (options) => void calls.push(options), 1);
  expect(calls).toEqual([]);
  await done;
  expect(calls).toEqual([{ type: 'major', execution: 'async', flavor: 'last-resort' }]);
});

test('a process without a collector of its own goes on as it is', async () => {
  await collectAfterStart(undefined, 1);
});

test('with the flags of our servers garbage of the start is gone before anybody asks', () => {
  const program = `
    import { collectAfterStart } from ${JSON.stringify(path.join(import.meta.dirname, 'after-start.ts'))};
    let start = Array.from({ length: 300_000 }, (_, at) => ({ at }));
    const before = process.memoryUsage().heapUsed;
    start = null;
    const keeps = setInterval(() => undefined, 1_000);
    await collectAfterStart(globalThis.gc, 1);
    clearInterval(keeps);
    console.log(JSON.stringify({ freed: before - process.memoryUsage().heapUsed }));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...NODE_FLAGS, '--input-type=module', '-e', program],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect((JSON.parse(stdout) as { freed: number }).freed).toBeGreaterThan(5_000_000);
});

test.each([
  'apps/api/src/main.ts',
  'apps/gateway/src/main.ts',
  'apps/worker/src/main.ts',
  'apps/web/server.ts',
  'apps/demo/src/model-main.ts',
  'apps/demo/src/github-main.ts',
])('%s gives it back', (main) => {
  const whole = path.join(import.meta.dirname, '../../..', main);
  expect(readFileSync(whole, 'utf8')).toContain('\nvoid collectAfterStart();\n');
});
