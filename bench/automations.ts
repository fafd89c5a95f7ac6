// What happens -> what a rule does of it, at 200 events a second, through the whole of it, beside a bare workflow of
// one activity as often. And how many times a second a rule is held against an event.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { judge, NO_MEMORY, readyRule } from '../packages/models/src/flow/automations/evaluate.ts';
import type { Rule, SeenEvent } from '../packages/models/src/flow/automations/rule.ts';
import { OWNER } from '../packages/models/src/flow/ids.ts';
import { loadPatterns } from '../packages/models/src/db/automations/pattern.ts';
import { wakeOn } from '../packages/models/src/db/listen.ts';
import { appendOnce, eventsAfter, lastSeq } from '../packages/models/src/db/log.ts';
import { openPool } from '../packages/models/src/db/pool.ts';
import { messageSaid } from '../packages/models/src/events/conversation.ts';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const RATE = 200;
const SECONDS = 15;
/** Every so many-th event is what the rule waits for. */
const EVERY = 10;
const FIRINGS = (RATE * SECONDS) / EVERY;
const BAR_MS = 300;
const RULES = 1_000;
const EVENTS = 1_000;
const BAR_PER_SECOND = 200_000;
const here = path.dirname(fileURLToPath(import.meta.url));

export async function benchAutomations(stack: Stack): Promise<Result[]> {
  const text = `name: bench\nwhen: message.said\nwhere: { field: text, glob: "act*" }\nperDay: 500\nactions: [{ do: notify, title: "Saw {{text}}" }]`;
  await stack.call('saveAutomation', { body: { text } });
  const took = await tookMs(stack);
  const bare = quantile(await bareMs(stack), 0.95);
  const p95 = quantile(took, 0.95);
  return [
    result('event to what an automation did, p95', p95, 'ms', bare, `at most ${BAR_MS} ms`, p95 <= BAR_MS),
    result('  of them done', took.length / FIRINGS, 'of 1', null, 'all, each once', took.length === FIRINGS),
    await benchEvaluator(),
  ];
}

/** @param each is called at an even pace */
async function paced(times: number, perSecond: number, each: (n: number) => void): Promise<void> {
  const began = performance.now();
  for (let n = 0; n < times; n++) {
    const waitMs = began + (n * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await new Promise((r) => setTimeout(r, waitMs));
    each(n);
  }
}

/** @returns from the moment at which an event was to be written until what was done of it could be seen */
async function tookMs(stack: Stack): Promise<number[]> {
  const db = openPool(stack.databaseUrl, 'bench', 8);
  const cursor = await lastSeq(db, OWNER);
  const asked = new Map<string, number>();
  const all: Promise<unknown>[] = [];
  const seen = seeing(stack, cursor);
  await paced(RATE * SECONDS, RATE, (n) => {
    const text = n % EVERY === 0 ? `act ${n}` : 'x';
    const payload = { id: `bench-${n}`, role: 'note' as const, text, turnId: null };
    if (text !== 'x') asked.set(`Saw ${text}`, performance.now());
    const appended = appendOnce(db, [messageSaid.new({ actor: 'bench', payload })], OWNER);
    // Said at the end: until then it is nobody's, and would end this process before it has stopped its stack.
    appended.catch(() => undefined);
    all.push(appended);
  });
  await Promise.all(all);
  const told = await seen;
  await db.end();
  return [...asked].flatMap(([title, at]) => {
    const times = told.get(title) ?? [];
    return times.length === 1 ? [times[0]! - at] : [];
  });
}

/** When each notice could be read by somebody else, by its title. */
async function seeing(stack: Stack, from: number): Promise<Map<string, number[]>> {
  const db = openPool(stack.databaseUrl, 'bench', 1);
  const over = new AbortController();
  const word = wakeOn(stack.databaseUrl, 'bench-listen', 'mainloop', () => over.signal.aborted)();
  const told = new Map<string, number[]>();
  let [cursor, open] = [from, FIRINGS];
  const untilMs = performance.now() + 180_000;
  while (open > 0 && performance.now() < untilMs) {
    const { events, upTo } = await eventsAfter(db, OWNER, cursor);
    for (const { type, payload } of events)
      if (type === 'inbox.opened') {
        told.set(payload.title, [...(told.get(payload.title) ?? []), performance.now()]);
        open--;
      }
    if (upTo === cursor) await word(1_000);
    cursor = upTo;
  }
  over.abort();
  await db.end();
  return told;
}

/** As many bare workflows a second as there are firings, each until its one activity is done, by Temporal's clock. */
async function bareMs(stack: Stack): Promise<number[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address: stack.temporal });
  const client = new Client({ connection: await Connection.connect({ address: stack.temporal }) });
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error };
  const worker = await Worker.create({
    connection,
    taskQueue: 'bare',
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: path.join(here, '../apps/worker/bench/bare.workflow.ts'),
      logger: quiet,
    }),
    activities: { nothing: async () => undefined },
  });
  const running = worker.run();
  const all: Promise<WorkflowHandleWithFirstExecutionRunId>[] = [];
  await paced(FIRINGS, RATE / EVERY, (n) => {
    const how = { taskQueue: 'bare', workflowId: `bare/${n}`, args: [1] };
    all.push(client.workflow.start('bareWorkflow', how));
  });
  const handles = await Promise.all(all);
  for (const handle of handles) await handle.result();
  worker.shutdown();
  await running;
  await connection.close();
  const took: number[] = [];
  for (const handle of handles) {
    const { events } = await handle.fetchHistory();
    const done = events?.find((event) => event.activityTaskCompletedEventAttributes);
    took.push(msOf(done) - msOf(events?.[0]));
  }
  return took;
}

const msOf = (
  event: { eventTime?: { seconds?: unknown; nanos?: number | null } | null } | undefined,
): number => Number(event?.eventTime?.seconds ?? 0) * 1_000 + (event?.eventTime?.nanos ?? 0) / 1e6;

async function benchEvaluator(): Promise<Result> {
  const read = await loadPatterns();
  const conditions = [
    { field: 'verdict', equals: 'red' },
    { field: 'project', glob: 'acme/*-api' },
    { field: 'task.title', regex: '(fix|repair) .* now$' },
  ];
  const standing = Array.from({ length: RULES }, (_, n) => {
    const rule: Rule = {
      name: `r-${n}`,
      when: ['ci.verdict'],
      where: n % 4 === 3 ? { all: conditions } : conditions[n % 4]!,
      per: n % 2 === 0 ? 'task.id' : null,
      count: n % 5 === 0 ? { times: 3, within: '1h' } : null,
      cooldown: n % 3 === 0 ? '1h' : null,
      perDay: 20,
      actions: [{ do: 'notify', title: 'x', body: '' }],
    };
    return { id: rule.name, ready: readyRule(rule, read), memory: NO_MEMORY, sinceSeq: 0 };
  });
  const events: SeenEvent[] = Array.from({ length: EVENTS }, (_, n) => ({
    seq: n + 1,
    type: 'ci.verdict',
    actor: 'mainloop',
    atMs: n * 1_000,
    task: { id: `t-${n % 50}`, title: `Please fix part ${n} of it`, startedAt: '2026-01-01T00:00:00Z' },
    project: n % 2 === 0 ? 'acme/web-api' : 'acme/site',
    payload: { verdict: n % 3 === 0 ? 'red' : 'green' },
  }));
  const began = performance.now();
  judge(standing, events);
  const perSecond = (RULES * EVENTS) / ((performance.now() - began) / 1_000);
  return result(
    'rules held against events',
    perSecond,
    'a second',
    null,
    `at least ${BAR_PER_SECOND}`,
    perSecond >= BAR_PER_SECOND,
  );
}
