// What happens -> what a rule does of it, at 200 events a second, through the whole of it: judged, handed to
// Temporal, done by an activity. And how many times a second a rule is held against an event.
import { judge, NO_MEMORY, readyRule } from '../packages/models/src/flow/automations/evaluate.ts';
import type { Rule, SeenEvent } from '../packages/models/src/flow/automations/rule.ts';
import { OWNER } from '../packages/models/src/flow/ids.ts';
import { loadPatterns } from '../packages/models/src/db/automations/pattern.ts';
import { appendOnce } from '../packages/models/src/db/log.ts';
import { many, openPool, type Db } from '../packages/models/src/db/pool.ts';
import { messageSaid } from '../packages/models/src/events/conversation.ts';
import { until, type Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const RATE = 200;
const SECONDS = 15;
/** Every so many-th event is what the rule waits for. */
const EVERY = 10;
const BAR_MS = 300;
const RULES = 1_000;
const EVENTS = 1_000;
const BAR_PER_SECOND = 200_000;

export async function benchAutomations(stack: Stack): Promise<Result[]> {
  const text = `name: bench\nwhen: message.said\nwhere: { field: text, glob: "act*" }\nperDay: 500\nactions: [{ do: notify, title: "Saw {{text}}" }]`;
  await stack.call('saveAutomation', { body: { text } });
  const db = openPool(stack.databaseUrl, 'bench', 8);
  const all: Promise<unknown>[] = [];
  for (let n = 0; n < RATE * SECONDS; n++) {
    const payload = {
      id: `bench-${n}`,
      role: 'note' as const,
      text: n % EVERY === 0 ? `act ${n}` : 'x',
      turnId: null,
    };
    all.push(appendOnce(db, [messageSaid.new({ actor: 'bench', payload })], OWNER));
    await new Promise((r) => setTimeout(r, 1000 / RATE - 0.4));
  }
  await Promise.all(all);
  const wanted = (RATE * SECONDS) / EVERY;
  await until('all to be told', async () => (await lags(db)).length >= wanted);
  const took = await lags(db);
  await db.end();
  const p95 = quantile(took, 0.95);
  return [
    result('event to what an automation did, p95', p95, 'ms', null, `at most ${BAR_MS} ms`, p95 <= BAR_MS),
    result('  of them done', took.length / wanted, 'of 1', null, 'all, each once', took.length === wanted),
    await benchEvaluator(),
  ];
}

/** By the clock of Postgres, in milliseconds. */
const lags = async (db: Db): Promise<number[]> =>
  (
    await many<{ ms: number }>(
      db,
      `select (extract(epoch from done.at - seen.at) * 1000)::float8 as ms
       from events fired
       join events seen on seen.seq = (fired.payload->>'seq')::bigint
       join events done on done.dedupe_key =
         'acted/' || (fired.payload->>'id') || '/' || (fired.payload->>'version') || '/' || (fired.payload->>'seq')
       where fired.type = 'automation.fired'`,
    )
  ).map(({ ms }) => ms);

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
