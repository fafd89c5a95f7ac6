// Money, with two real gateways over one real Postgres: what is promised never passes a limit, and what was
// used is paid for, however it ended.
import { NO_LIMITS } from '@mainloop/models/flow/money/money';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  CALL_LEASE_MS,
  newCallId,
  reserve,
  settle,
  settleLapsed,
  type ModelCall,
} from '@mainloop/models/db/money/budget';
import { many, one } from '@mainloop/models/db/pool';
import { saveSettings } from '@mainloop/models/db/projects/settings';
import { OWNER } from '@mainloop/models/flow/ids';
import { costMicrousd, reserveMicrousd } from '@mainloop/models/flow/money/pricing';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import {
  CHAT_TOKEN,
  seedRun,
  setProject,
  startGateway,
  startModel,
  type TestGateway,
} from '@mainloop/testkit/gateway';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import fc from 'fast-check';
import type { ServerResponse } from 'node:http';

const MODEL = 'claude-opus-5-5';
const START = `event: message_start\ndata: ${JSON.stringify({
  type: 'message_start',
  message: { usage: { input_tokens: 1_000, output_tokens: 1, cache_read_input_tokens: 10_000 } },
})}\n\n`;
const END = `event: message_delta\ndata: ${JSON.stringify({ type: 'message_delta', usage: { output_tokens: 200 } })}\n\n`;
const words = (chars: number): string =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x'.repeat(chars) } })}\n\n`;
const STARTED = costMicrousd(MODEL, {
  input_tokens: 1_000,
  output_tokens: 1,
  cache_read_input_tokens: 10_000,
});

let database: TestDatabase;
let gateways: TestGateway[];
let model: Awaited<ReturnType<typeof startModel>>;
/** What the model does with the next call. */
let behave: (res: ServerResponse) => void;
let n = 0;

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  model = await startModel((_, res) => behave(res));
  gateways = await Promise.all([
    startGateway(database.url, model.url),
    startGateway(database.url, model.url),
  ]);
});
afterAll(async () => {
  await Promise.all(gateways.map((g) => g.kill('SIGKILL')));
  model.close();
  await database.drop();
});
beforeEach(async () => {
  await setProject(database.db, 'pr-1', { dayBudgetCents: null });
  await saveSettings(database.db, OWNER, { dayBudgetCents: null });
  // What the tests before spent is not today's.
  await database.db.query('delete from cost_days');
  await database.db.query('delete from model_calls');
});

async function freshRun(budgetCents: number): Promise<{ taskId: string; token: string }> {
  const taskId = await seedTask(database.db, `task-${++n}`, budgetCents);
  return { taskId, token: (await seedRun(database.db, taskId)).token };
}
const bodyOf = (maxTokens: number, text = 'x'): string =>
  JSON.stringify({
    model: MODEL,
    max_tokens: maxTokens,
    stream: true,
    messages: [{ role: 'user', content: text }],
  });
const ask = (
  gateway: TestGateway,
  token: string,
  body = bodyOf(4_000),
  signal?: AbortSignal,
): Promise<Response> =>
  fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': token },
    body,
    ...(signal ? { signal } : {}),
  });
const spentBy = async (taskId: string): Promise<number> =>
  (await one<{ n: number }>(database.db, 'select cost_microusd as n from tasks where id = $1', [taskId]))!.n;
const reservedFor = async (taskId: string): Promise<number> =>
  Number(
    (await one<{ n: string }>(
      database.db,
      'select coalesce(sum(reserved_microusd), 0)::bigint as n from model_calls where task_id = $1',
      [taskId],
    ))!.n,
  );
const chatCosts = async (): Promise<{ inputTokens: number; outputTokens: number }[]> =>
  (
    await many<{ payload: { inputTokens: number; outputTokens: number } }>(
      database.db,
      "select payload from events where type = 'cost.metered' and task_id is null order by seq",
    )
  ).map((e) => e.payload);
const paid = (taskId: string): Promise<number> =>
  until('the bill', async () => (await reservedFor(taskId)) === 0 && (await spentBy(taskId)));
const answer = (res: ServerResponse): void =>
  void res.writeHead(200, { 'content-type': 'text/event-stream' }).end(START + words(40) + END);

describe('parallel calls', () => {
  test('through two gateways never pass the budget', async () => {
    const { taskId, token } = await freshRun(100);
    const held: ServerResponse[] = [];
    behave = (res) => void held.push(res);
    const fits = Math.floor(1_000_000 / reserveMicrousd(MODEL, bodyOf(4_000).length, 4_000));
    let refused = 0;
    const calls = Array.from({ length: 24 }, async (_, i) => {
      const response = await ask(gateways[i % 2]!, token);
      const text = await response.text();
      if (response.status === 400) refused++;
      return { status: response.status, text };
    });
    await until(
      'the answers to those that do not fit',
      async () => refused === 24 - fits && held.length === fits,
    );
    expect(await reservedFor(taskId)).toBeLessThanOrEqual(1_000_000);
    for (const res of held) answer(res);
    const all = await Promise.all(calls);
    expect(all.filter((c) => c.status === 200)).toHaveLength(fits);
    for (const c of all.filter((x) => x.status !== 200))
      expect(c.text).toContain('mainloop_budget: the budget of this task ($1.00) is spent.');
    await until('the bills', async () => (await reservedFor(taskId)) === 0);
    expect(await spentBy(taskId)).toBe(
      fits *
        costMicrousd(MODEL, { input_tokens: 1_000, output_tokens: 200, cache_read_input_tokens: 10_000 }),
    );
  });

  test('at any sizes and limits leave what is promised and what is spent within each of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ budget: fc.nat(300), day: fc.option(fc.nat(300)), projectDay: fc.option(fc.nat(300)) }),
        fc.array(
          fc.record({
            microusd: fc.integer({ min: 1, max: 1_000_000 }),
            end: fc.constantFrom('settle', 'hold', 'more'),
          }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        async (limit, wanted) => {
          await database.db.query('delete from model_calls');
          await database.db.query('delete from cost_days');
          const taskId = await seedTask(database.db, `task-${++n}`, limit.budget);
          const limits = {
            owner: { ...NO_LIMITS, day: limit.day },
            project: { ...NO_LIMITS, day: limit.projectDay },
          };
          await Promise.all(
            wanted.map(async (w) => {
              const call: ModelCall = {
                id: newCallId(),
                ownerId: OWNER,
                projectId: 'pr-1',
                taskId,
                runId: null,
                gateway: 'here',
                model: MODEL,
                inputTokens: 1,
              };
              if ((await reserve(database.db, call, w.microusd, limits)) !== null) return;
              if (w.end === 'more') await reserve(database.db, call, w.microusd, limits);
              // It costs what was reserved at most: what a longer answer costs is asked for before.
              if (w.end === 'settle')
                await settle(database.db, call, { output_tokens: Math.floor(w.microusd / 25) });
            }),
          );
          const used = (await spentBy(taskId)) + (await reservedFor(taskId));
          for (const cents of [limit.budget, limit.day, limit.projectDay])
            if (cents !== null) expect(used).toBeLessThanOrEqual(cents * 10_000);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('limits of a day', () => {
  test('of a project count what is promised', async () => {
    await setProject(database.db, 'pr-1', { dayBudgetCents: 15 });
    const [a, b] = [await freshRun(500), await freshRun(500)];
    let held: ServerResponse | undefined;
    behave = (res) => {
      held = res;
    };
    const first = ask(gateways[0]!, a.token);
    await until('the first call', async () => held);
    const second = await ask(gateways[1]!, b.token);
    expect(second.status).toBe(400);
    expect(await second.text()).toContain(
      "mainloop_project_day_budget: today's limit for this project ($0.15) is spent.",
    );
    answer(held!);
    await (await first).text();
  });

  test("of the owner count the chat's calls too, and never stop the chat", async () => {
    await saveSettings(database.db, OWNER, { dayBudgetCents: 15 });
    const { token } = await freshRun(500);
    const held: ServerResponse[] = [];
    behave = (res) => void held.push(res);
    const chats = [ask(gateways[0]!, CHAT_TOKEN), ask(gateways[1]!, CHAT_TOKEN)];
    await until(
      'both calls of the chat',
      async () => held.length === 2 && (await many(database.db, 'select 1 from model_calls')).length === 2,
    );
    const response = await ask(gateways[0]!, token);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('mainloop_day_budget');
    for (const res of held) answer(res);
    for (const chat of chats) expect((await chat).status).toBe(200);
  });
});

describe('however a call ends', () => {
  test('one whose reader leaves in the middle is paid for by what was streamed', async () => {
    const { taskId, token } = await freshRun(500);
    behave = (res) =>
      void res.writeHead(200, { 'content-type': 'text/event-stream' }).write(START + words(3_000));
    const leave = new AbortController();
    const response = await ask(gateways[0]!, token, bodyOf(4_000), leave.signal);
    await response.body!.getReader().read();
    leave.abort();
    const cost = await paid(taskId);
    expect(cost).toBeGreaterThanOrEqual(STARTED + costMicrousd(MODEL, { output_tokens: 999 }));
    expect(cost).toBeLessThan(STARTED + costMicrousd(MODEL, { output_tokens: 1_100 }));
  });

  test('one whose reader leaves before the answer begins is paid for by its input', async () => {
    const { taskId, token } = await freshRun(500);
    let asked = false;
    behave = () => {
      asked = true;
    };
    const leave = new AbortController();
    const pending = ask(gateways[0]!, token, bodyOf(4_000, 'y'.repeat(40_000)), leave.signal).catch(
      () => 'left',
    );
    await until('the call', async () => asked);
    leave.abort();
    expect(await pending).toBe('left');
    expect(await paid(taskId)).toBeGreaterThanOrEqual(costMicrousd(MODEL, { input_tokens: 10_000 }));
  });

  test.each([
    ['an agent', 'run'],
    ['the chat', 'chat'],
  ])(
    'one of %s that is left before it says what it read is paid for by what it says then, and ended',
    async (_, who) => {
      const { taskId, token } = await freshRun(500);
      let model: ServerResponse | null = null;
      behave = (res) => void (model = res);
      const leave = new AbortController();
      const before = (await chatCosts()).length;
      const pending = ask(
        gateways[0]!,
        who === 'chat' ? CHAT_TOKEN : token,
        bodyOf(4_000),
        leave.signal,
      ).catch(() => 'left');
      await until('the call', async () => model);
      leave.abort();
      expect(await pending).toBe('left');
      // The gateway has heard of it when it answers somebody else.
      await fetch(`${gateways[0]!.url}/healthz`);
      model!.writeHead(200, { 'content-type': 'text/event-stream' }).write(START);
      await until('the end of the call', async () => model!.destroyed || null);
      if (who === 'run') expect(await paid(taskId)).toBe(STARTED);
      else
        expect(await until('the bill', async () => (await chatCosts())[before])).toMatchObject({
          inputTokens: 11_000,
          outputTokens: 1,
        });
    },
  );

  test('one of the chat that is left in the middle is paid for as it is, not as an agent could make it out to be', async () => {
    behave = (res) =>
      void res.writeHead(200, { 'content-type': 'text/event-stream' }).write(START + words(3_000));
    const before = (await chatCosts()).length;
    const leave = new AbortController();
    const response = await ask(gateways[0]!, CHAT_TOKEN, bodyOf(4_000), leave.signal);
    await response.body!.getReader().read();
    leave.abort();
    expect((await until('the bill', async () => (await chatCosts())[before])).outputTokens).toBe(750);
  });

  test('one whose stream the provider cuts is paid for by what was streamed', async () => {
    const { taskId, token } = await freshRun(500);
    behave = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write(START + words(300));
      setTimeout(() => res.destroy(), 50);
    };
    const response = await ask(gateways[0]!, token);
    await expect(response.text()).rejects.toThrow();
    expect(await paid(taskId)).toBeGreaterThanOrEqual(STARTED);
  });

  test.each<[string, (res: ServerResponse) => void, number]>([
    ['that is refused by the provider', (res) => void res.writeHead(529).end('{}'), 529],
    ['that breaks before an answer', (res) => void res.destroy(), 502],
  ])('one %s costs nothing and gives back what was promised', async (_, how, status) => {
    const { taskId, token } = await freshRun(15);
    behave = how;
    for (let i = 0; i < 3; i++) {
      expect((await ask(gateways[0]!, token)).status).toBe(status);
      await until('what was promised to be given back', async () => (await reservedFor(taskId)) === 0);
    }
    expect(await spentBy(taskId)).toBe(0);
  });

  test('one that outgrows the budget is cut with a word, and the bill stays within it', async () => {
    const { taskId, token } = await freshRun(50);
    behave = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write(START);
      const more = setInterval(() => res.write(words(1_000)), 1);
      res.on('close', () => clearInterval(more));
    };
    const text = await (await ask(gateways[0]!, token, bodyOf(128_000))).text();
    expect(text.slice(-300)).toContain('mainloop_budget: the budget of this task ($0.50) is spent.');
    // One piece of the stream is what may come between two looks.
    const piece = costMicrousd(MODEL, { output_tokens: 64 * 1024 });
    const cost = await paid(taskId);
    expect(cost).toBeGreaterThan(300_000);
    expect(cost).toBeLessThan(500_000 + piece);
  });

  test('one whose gateway is killed is paid for with all that was promised, once', async () => {
    const { taskId, token } = await freshRun(500);
    const doomed = await startGateway(database.url, model.url);
    behave = (res) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).write(START);
    const response = await ask(doomed, token);
    await response.body!.getReader().read();
    await doomed.kill('SIGKILL');
    const promised = await reservedFor(taskId);
    expect(promised).toBe(reserveMicrousd(MODEL, bodyOf(4_000).length, 4_000));
    expect(await settleLapsed(database.db)).toBe(0);
    await database.db.query("update model_calls set lease_until = now() - interval '1 second'");
    // Whichever gateway starts or looks next.
    const next = await startGateway(database.url, model.url);
    expect(await paid(taskId)).toBe(promised);
    await next.kill('SIGKILL');
    const events = await many<{ payload: { microusd: number } }>(
      database.db,
      "select payload from events where type = 'cost.metered' and task_id = $1",
      [taskId],
    );
    expect(events.map((e) => e.payload.microusd)).toEqual([promised]);
  });

  test('one whose gateway is told to end is paid for before it goes', async () => {
    const { taskId, token } = await freshRun(500);
    const leaving = await startGateway(database.url, model.url);
    behave = (res) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).write(START);
    const response = await ask(leaving, token);
    await response.body!.getReader().read();
    await leaving.kill('SIGTERM');
    expect(await reservedFor(taskId)).toBe(0);
    expect(await spentBy(taskId)).toBeGreaterThanOrEqual(STARTED);
  });

  test('a call that lives on keeps what was promised to it', async () => {
    const { taskId, token } = await freshRun(500);
    let held: ServerResponse | undefined;
    behave = (res) => {
      held = res;
    };
    const call = ask(gateways[0]!, token);
    await until('the call', async () => held);
    const before = (await one<{ at: Date }>(
      database.db,
      'select lease_until as at from model_calls where task_id = $1',
      [taskId],
    ))!.at;
    await until(
      'a longer lease',
      async () =>
        (await one<{ at: Date }>(
          database.db,
          'select lease_until as at from model_calls where task_id = $1',
          [taskId],
        ))!.at > before,
      CALL_LEASE_MS,
    );
    answer(held!);
    await (await call).text();
    await paid(taskId);
  });
});

describe('what is promised', () => {
  test.each([
    ['x', 400],
    [-5, 400],
    [1e300, 400],
    [undefined, 400],
    [0, 200],
  ])('max_tokens %p', async (maxTokens, status) => {
    const { taskId, token } = await freshRun(500);
    behave = answer;
    const body = JSON.stringify({
      model: MODEL,
      max_tokens: maxTokens,
      messages: [{ role: 'user', content: 'x' }],
    });
    const response = await ask(gateways[0]!, token, body);
    expect(response.status).toBe(status);
    expect(response.status === 200 || (await response.text()).includes('max_tokens')).toBe(true);
    await until('an end', async () => (await reservedFor(taskId)) === 0);
  });
});
