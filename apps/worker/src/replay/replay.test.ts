// Recorded histories replayed against today's code: a change that would break a running task fails here.
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { Worker, DefaultLogger, Runtime } = require('@temporalio/worker') as typeof import('@temporalio/worker');
const here = path.dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((f) => f.endsWith('.json'));
Runtime.install({ logger: new DefaultLogger('ERROR') });

test('there are histories', () => expect(files.length).toBeGreaterThan(1));

test.each(files)(
  '%s replays',
  async (file) => {
    const history = JSON.parse(readFileSync(path.join(here, file), 'utf8')) as never;
    await Worker.runReplayHistory({ workflowBundle: { codePath: path.join(here, '../../dist/workflows.js') } }, history, 'task/replayed');
  },
  60_000,
);
