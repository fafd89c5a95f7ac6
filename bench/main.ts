// `make bench`: speed and memory next to the bare thing in the same run, into bench/results.json. ONLY=name takes one group.
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack } from '../packages/testkit/src/stack.ts';
import { benchCollisions } from './collisions.ts';
import { benchDependencies, DEPENDENCIES_STORY, startDependencies } from './deps.ts';
import { benchAutomations } from './automations.ts';
import { benchCycle } from './cycle.ts';
import { benchDispatch } from './dispatch.ts';
import { benchGateway, startUpstream } from './gateway.ts';
import type { Result } from './lib.ts';
import { benchMemory, benchPages } from './pages.ts';
import { benchStart } from './start.ts';
import { benchInPage } from './page.ts';
import { benchStream } from './stream.ts';
import { benchThroughput } from './throughput.ts';
import { benchWaiting } from './waiting.ts';
import { BIG_STORY, benchClone } from './clone.ts';
import { benchTrain, TRAIN_ENV, TRAIN_STORY } from './train.ts';

const only = process.env.ONLY;
const wants = (name: string): boolean => only === undefined || only === name;
const all: Result[] = [];
const take = (results: Result[]): void => {
  for (const result of results)
    console.log(
      `${result.ok ? 'ok ' : 'BAD'} ${result.name}: ${result.value} ${result.unit}${result.bare === null ? '' : ` (bare ${result.bare}, ratio ${result.ratio})`}, bar: ${result.bar}`,
    );
  all.push(...results);
};

if (wants('dispatch')) take(await benchDispatch());
if (wants('collisions')) take(await benchCollisions());
const stack = await startStack({ DEMO_PACE_MS: '0' });
try {
  if (wants('memory')) {
    await new Promise((r) => setTimeout(r, 5_000));
    take(benchMemory(stack));
  }
  if (wants('start')) take(await benchStart(stack, stack.model));
  if (wants('stream')) take(await benchStream(stack));
  if (wants('page')) take(await benchInPage(stack));
  if (wants('throughput')) take(await benchThroughput(stack));
  if (wants('automations')) take(await benchAutomations(stack));
  if (wants('cycle')) take(await benchCycle(stack));
  if (wants('pages')) take(await benchPages(stack));
} finally {
  await stack.stop();
}
if (wants('waiting')) {
  const w = await startStack({ DEMO_PACE_MS: '0', FORGE_POLL_SECONDS: '15' });
  try {
    take(await benchWaiting(w));
  } finally {
    await w.stop();
  }
}
if (wants('clone')) {
  const story = path.join(mkdtempSync('/tmp/bench-story-'), 'story.yaml');
  writeFileSync(story, BIG_STORY);
  const b = await startStack({ MAINLOOP_DEMO_SCRIPT: story });
  try {
    take(await benchClone(b));
  } finally {
    await b.stop();
  }
}
if (wants('deps')) {
  const story = path.join(mkdtempSync('/tmp/bench-story-'), 'story.yaml');
  writeFileSync(story, DEPENDENCIES_STORY);
  const registry = await startDependencies();
  const d = await startStack({ MAINLOOP_DEMO_SCRIPT: story, npm_config_registry: `${registry.url}/` });
  try {
    take(await benchDependencies(d, registry));
  } finally {
    await d.stop();
    await registry.close();
  }
}
if (wants('train')) {
  const story = path.join(mkdtempSync('/tmp/bench-story-'), 'story.yaml');
  writeFileSync(story, TRAIN_STORY);
  const t = await startStack({ MAINLOOP_DEMO_SCRIPT: story, ...TRAIN_ENV });
  try {
    take(await benchTrain(t));
  } finally {
    await t.stop();
  }
}
if (wants('gateway')) {
  const up = await startUpstream();
  const g = await startStack({ ANTHROPIC_API_KEY: 'sk-ant-bench', ANTHROPIC_BASE_URL: up.url });
  try {
    take(await benchGateway(g, up.url));
  } finally {
    await g.stop();
    up.close();
  }
}
writeFileSync(
  path.join(path.dirname(fileURLToPath(import.meta.url)), 'results.json'),
  `${JSON.stringify(all, null, 2)}\n`,
);
process.exit(all.every((r) => r.ok) ? 0 : 1);
