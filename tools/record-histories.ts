// Records histories of real runs for the replay test: node tools/record-histories.ts. Keep the old ones: they are
// the workflows that may still be running somewhere.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { startStack, until } from '../packages/testkit/src/stack.ts';
import { spawnTask, walkToEnd } from '../packages/testkit/src/story.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const here = path.join(root, 'apps/worker/src/replay');
const require = createRequire(path.join(root, 'apps/worker/package.json'));
interface Handle {
  fetchHistory(): Promise<object>;
}
const { Client, Connection } = require('@temporalio/client') as {
  Client: new (o: object) => { workflow: { getHandle(id: string): Handle } };
  Connection: { connect(o: object): Promise<object> };
};
const { historyToJSON } = require('@temporalio/common/lib/proto-utils') as { historyToJSON: (h: object) => string };
const s = await startStack();
try {
  const merged = await spawnTask(s);
  await walkToEnd(s, merged);
  const cancelled = await spawnTask(s);
  await until('a question', async () => (await s.call<{ taskId: string }[]>('GET', '/api/inbox')).some((i) => i.taskId === cancelled));
  await s.call('POST', `/api/tasks/${cancelled}/cancel`);
  await walkToEnd(s, cancelled);
  const client = new Client({ connection: await Connection.connect({ address: s.temporal }) });
  const day = new Date().toISOString().slice(0, 10);
  mkdirSync(here, { recursive: true });
  for (const [name, id] of [
    ['merged', merged],
    ['cancelled', cancelled],
  ] as const) {
    const history = await client.workflow.getHandle(`task/${id}`).fetchHistory();
    writeFileSync(path.join(here, `${day}-${name}.json`), `${historyToJSON(history).replace(/"identity": *"[^"]*"/g, '"identity":"worker"')}\n`);
  }
} finally {
  await s.stop();
}
process.exit(0);
