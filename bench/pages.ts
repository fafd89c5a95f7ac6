// Pages with 10,000 tasks and 1,000,000 events, the weight of the first load, and what each process holds when idle.
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { openPool } from '../packages/models/src/db/pool.ts';
import { seedProject } from '../packages/testkit/src/seed.ts';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

export function benchMemory(stack: Stack): Result[] {
  return ['postgres', 'temporal', 'demo-model', 'local-github', 'api', 'gateway', 'worker', 'web'].map(
    (n) => {
      const pids = n === 'temporal' ? stack.pidsOf(n) : [stack.pidOf(n)];
      const kb = pids.reduce(
        (sum, pid) =>
          sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
        0,
      );
      return result(`idle memory of ${n}`, kb / 1024, 'MiB', null, 'reported', true);
    },
  );
}

export async function benchPages(stack: Stack): Promise<Result[]> {
  const db = openPool(stack.databaseUrl, 'bench', 4);
  await seedProject(db, 'pr-bench', 'demo/bench');
  await db.query(`insert into tasks (id, owner_id, project_id, title, prompt, model, budget_cents, skip_plan, state, phase, branch, created_at, updated_at, ended_at)
    select 't-bench' || n, 'owner', 'pr-bench', 'Task number ' || n, 'x', 'claude-opus-5-5', 500, false, case when n % 500 = 0 then 'ci' else 'done' end, 'ci', 'b', now() - n * interval '1 minute', now(), case when n % 500 = 0 then null else now() - n * interval '1 minute' end from generate_series(1, 10000) n`);
  await db.query(
    `insert into events (owner_id, type, task_id, actor, payload, at) select 'owner', 'agent.said', 't-bench' || (1 + n % 10000), 'agent', '{"runId":"r","text":"I did a thing and then another thing."}', now() from generate_series(1, 1000000) n`,
  );
  await db.query('analyze');
  await db.end();
  const time = async (path: string): Promise<number> => {
    const values: number[] = [];
    for (let i = 0; i < 120; i++) {
      const startedMs = performance.now();
      await (await fetch(stack.web + path)).text();
      if (i >= 20) values.push(performance.now() - startedMs);
    }
    return quantile(values, 0.95);
  };
  const [inbox, task] = [await time('/inbox'), await time('/task/t-bench500')];
  const html = await (await fetch(`${stack.web}/inbox`)).text();
  const seen = new Set<string>();
  const load = async (href: string): Promise<number> => {
    const url = new URL(href, stack.web).href;
    if (seen.has(url)) return 0;
    seen.add(url);
    const js = await (await fetch(url)).text();
    let bytes = brotliCompressSync(js).length;
    for (const match of js.matchAll(/(?:from|import)\s*["'](\.[^"']+\.js)["']/g))
      bytes += await load(new URL(match[1]!, url).href);
    return bytes;
  };
  let bytes = 0;
  for (const match of html.matchAll(/(?:href|src|import\()=?["'(]*([^"')]+\.js)["')]/g))
    bytes += await load(match[1]!);
  return [
    result(
      'inbox page with 10,000 tasks and 1,000,000 events, p95',
      inbox,
      'ms',
      null,
      'at most 30 ms',
      inbox <= 30,
    ),
    result('task page among them, p95', task, 'ms', null, 'at most 30 ms', task <= 30),
    result(
      'script of the first load, brotli',
      bytes / 1000,
      'kB',
      null,
      'at most 60 kB',
      bytes <= 60_000 && bytes > 1_000,
    ),
  ];
}
