// Where stories are told while processes are killed: the stack, a phone that is told of everything, and the
// telling itself. Nobody presses Retry here: what a person would have to fix is a difference.
import { Client, Connection } from '@temporalio/client';
import type { ModelCall } from '@mainloop/demo/model/server';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Trace } from './differences.ts';
import { startPushService, type PushService, type Received } from './push-service.ts';
import { startStack, until, type Stack } from './stack.ts';
import { answerTo } from './story.ts';
import { rows, traceOf, type ForgeCall } from './trace.ts';

export interface Fired {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly name: string;
  /** Set for the runner and the agent: they are those of one task. */
  readonly taskId: string | null;
}

export interface Theatre {
  readonly s: Stack;
  readonly failpoints: string;
  readonly phone: readonly Received[];
  readonly temporal: () => Promise<Client>;
  /** Before the first story: the newest event, the forge's and the model's calls. */
  readonly from: { readonly seq: number; readonly forge: number; readonly model: number };
  /** What is said so that a story of that name is told: `k3x7` and `k3x8` in the same repository. */
  readonly sentence: (name: string) => string;
  readonly fired: Fired[];
  /** Tasks that are on their way now. */
  readonly playing: Set<string>;
  /** All that were told. */
  readonly tasks: string[];
  stop(): Promise<void>;
}

/**
 * Repositories in which stories are told side by side. Two in one would wait for each other with their
 * merges, and tell that; how it holds under kills is looked at beside the train's own code.
 */
const STAGES = 8;

/** A repository with a workflow that is red while there is a file called "broken". */
function stageFolder(): string {
  const dir = mkdtempSync('/tmp/again-');
  mkdirSync(path.join(dir, '.github/workflows'), { recursive: true });
  writeFileSync(path.join(dir, 'README.md'), '# Notes\n');
  writeFileSync(
    path.join(dir, '.github/workflows/ci.yml'),
    'on: push\njobs:\n  whole:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: test ! -e broken\n',
  );
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: dir,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'first');
  return dir;
}

/**
 * A stack whose failpoints can be armed, whose forge's lists lag behind as GitHub's may, and a phone that is
 * told of everything.
 */
export async function openTheatre(): Promise<Theatre> {
  const failpoints = mkdtempSync('/tmp/mainloop-failpoints-');
  const dirs = Array.from({ length: STAGES }, stageFolder);
  const story = path.join(path.dirname(fileURLToPath(import.meta.url)), '../stories/again.yaml');
  const stack = await startStack({
    MAINLOOP_FAILPOINTS: failpoints,
    LOCAL_GITHUB_STALE_MS: '700',
    MAINLOOP_DEMO_SCRIPT: story,
    MAINLOOP_PUSH_LOOPBACK: 'yes',
  });
  let push: PushService | null = null;
  try {
    for (const dir of dirs) await stack.call('addProject', { body: { source: dir } });
    await stack.call('changeSettings', { body: { maxRuns: 20 } });
    push = await startPushService((await stack.call('getPushKey')).publicKey);
    const device = push.subscribe();
    await stack.call('tellDevice', { body: { ...device.subscription, label: 'the phone' } });
    const [last] = await rows<{ seq: string }>(stack, 'select coalesce(max(seq), 0) as seq from events');
    return {
      s: stack,
      failpoints,
      phone: device.got,
      temporal: async () => new Client({ connection: await Connection.connect({ address: stack.temporal }) }),
      from: {
        seq: Number(last!.seq),
        forge: (await forgeCalls(stack)).length,
        model: (await modelCalls(stack)).length,
      },
      sentence: (name) =>
        `Tell it again ${name} in local/${path.basename(dirs[Number(/\d+/.exec(name)?.[0] ?? 0) % STAGES]!)}`,
      fired: [],
      playing: new Set(),
      tasks: [],
      async stop() {
        push?.close();
        await stack.stop();
        for (const d of [failpoints, ...dirs]) rmSync(d, { recursive: true, force: true });
      },
    };
  } catch (err) {
    push?.close();
    await stack.stop();
    throw err;
  }
}

/** Asks again for as long as what is asked may be down. */
const patiently = <T>(what: string, ask: () => Promise<T>): Promise<T> =>
  until(what, async () => ({ it: await ask() }), 120_000, 250).then((x) => x.it);
export const forgeCalls = (stack: Stack): Promise<ForgeCall[]> =>
  patiently("the forge's calls", () => stack.forgeCalls() as Promise<ForgeCall[]>);
export const modelCalls = (stack: Stack): Promise<ModelCall[]> =>
  patiently(
    "the model's calls",
    async () => (await (await fetch(`${stack.model}/_requests`)).json()) as ModelCall[],
  );

/** How long a person waits for the next thing to happen before they would look what is wrong. */
const STILL_MS = 300_000;
const SETTLE_MS = 90_000;

export interface Telling {
  readonly trace: Trace;
  readonly kills: readonly Fired[];
  /** Why it did not end, or null. */
  readonly stuck: string | null;
  readonly ms: number;
}

/** Tells the story once, as a patient person with a phone would hear it. */
export async function tell(theatre: Theatre, name: string): Promise<Telling> {
  const { s } = theatre;
  const began = Date.now();
  const taskId = await inTurn(() => start(theatre, name));
  theatre.playing.add(taskId);
  theatre.tasks.push(taskId);
  let stuck: string | null = null;
  try {
    stuck = await listen(theatre, taskId);
  } catch (err) {
    stuck = (err as Error).message;
  }
  await settle(theatre, taskId).catch((err: Error) => {
    stuck ??= err.message;
  });
  theatre.playing.delete(taskId);
  const ended = Date.now();
  const kills = theatre.fired.filter(
    (f) => f.at >= began && f.at <= ended && (f.taskId === null || f.taskId === taskId),
  );
  // Others are killed while this one is read.
  const trace = await patiently('the trace', async () =>
    traceOf(
      s,
      { taskId, name },
      {
        forge: (await forgeCalls(s)).slice(theatre.from.forge),
        model: (await modelCalls(s)).slice(theatre.from.model),
        phone: theatre.phone,
        workflow: await workflowOf(theatre, taskId),
        cutBy: cutBy(theatre, taskId),
      },
    ),
  );
  if (stuck !== null) await s.call('cancelTask', { id: taskId }).catch(() => undefined);
  return { trace, kills, stuck, ms: ended - began };
}

/** Whose death may have kept an answer, or its cost, from arriving. */
export const cutBy =
  (theatre: Theatre, taskId: string | null) =>
  (fromMs: number, toMs: number, whole: boolean): string | null =>
    theatre.fired.find(
      (fired) =>
        fired.at >= fromMs - 50 &&
        fired.at <= toMs &&
        // A whole answer has come as far as the gateway. The gateway, its database, and whoever it was passed
        // on to while its end was on its way, keep its own cost from being written.
        (whole
          ? fired.name.startsWith('gateway') ||
            fired.name === 'postgres' ||
            (taskId === null && fired.name === 'api') ||
            ((fired.name === 'agent' || fired.name === 'runner') &&
              (taskId === null || fired.taskId === taskId))
          : fired.taskId === null || taskId === null || fired.taskId === taskId),
    )?.name ?? null;

async function workflowOf(theatre: Theatre, taskId: string): Promise<string> {
  const client = await theatre.temporal();
  try {
    return (await client.workflow.getHandle(`task/${taskId}`).describe()).status.name;
  } finally {
    await client.connection.close();
  }
}

/** One person talks: the next sentence is said when the answer to the one before is there. */
let line: Promise<unknown> = Promise.resolve();
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const mine = line.then(act, act);
  line = mine.catch(() => undefined);
  return mine;
}

/** Says the sentence and taps Start. Where the answer to a tap was lost, a person looks before tapping again. */
async function start({ s, sentence: sentenceOf }: Theatre, name: string): Promise<string> {
  const title = `Again ${name}`;
  const sentence = sentenceOf(name);
  await patiently('the sentence to be heard', async () => {
    const said = await s.call('listMessages');
    if (!said.some((m) => m.role === 'user' && m.text === sentence))
      await s.call('sendMessage', { body: { text: sentence } });
  });
  const card = await until('the card', async () =>
    (await s.call('listProposals')).find((x) => x.title === title),
  );
  return until('the start', async () => {
    const there = (await s.call('listTasks')).find((x) => x.title === title);
    return (
      there?.id ?? (await s.call('confirmProposal', { id: card.id, body: { digest: card.digest } })).taskId
    );
  });
}

/**
 * Answers what the task asks, each once, after the phone was told of it.
 * @returns why it can't go on, or null at its end
 */
async function listen({ s, phone }: Theatre, taskId: string): Promise<string | null> {
  let since = Date.now();
  let before = '';
  for (;;) {
    await sleep(400);
    try {
      const task = await s.call('getTask', { id: taskId });
      if (['done', 'cancelled', 'failed'].includes(task.state)) return null;
      const items = (await s.call('listInbox')).filter((x) => x.taskId === taskId);
      const now = JSON.stringify([task.state, task.runs.map((r) => [r.id, r.state]), items.map((x) => x.id)]);
      if (now !== before) [before, since] = [now, Date.now()];
      for (const item of items) {
        const answer = answerTo(item);
        // Trouble is not fixed here. It is given a moment to turn out to be none.
        if (answer === null) {
          if (Date.now() - since > 10_000) return `${item.kind}: ${item.title}`;
          continue;
        }
        if (!phone.some((p) => p.notification.itemId === item.id && p.notification.type === 'show')) continue;
        if (
          item.kind === 'review' &&
          !task.runs.some((r) => r.phase === 'address_review' && r.state === 'ended')
        )
          continue;
        if (item.kind === 'question' && !(await isOnForge(s, item.id))) continue;
        await s.call('decide', { id: item.id, body: answer });
      }
    } catch {
      // Somebody was killed; a person taps again.
    }
    if (Date.now() - since > STILL_MS) return `nothing happened for ${STILL_MS / 1_000} s: ${before}`;
  }
}

/**
 * A question is asked on the forge as well, and a colleague may be faster: so it is answered only when it
 * stands there.
 */
const isOnForge = async (stack: Stack, itemId: string): Promise<boolean> =>
  (await stack.forgeCalls()).some(
    (call) =>
      call.method === 'POST' &&
      call.path.endsWith('/comments') &&
      String(call.body?.body ?? '').includes(`:ask-${itemId} -->`),
  );

/**
 * What follows the end: words to Temporal, the phone's withdrawals, the sandbox. What never comes shows in
 * the trace.
 */
async function settle(theatre: Theatre, taskId: string): Promise<void> {
  await until(
    'everything to have settled',
    async () => {
      const [left] = await rows<{ n: number }>(
        theatre.s,
        `select (select count(*) from outbox where workflow_id = 'task/' || $1 and sent_at is null)
              + (select count(*) from push_notices n join inbox_items i on i.id = n.item_id where i.task_id = $1 and i.state <> 'open' and n.state <> 'withdrawn')
              + (select count(*) from runs where task_id = $1 and state <> 'ended') as n`,
        [taskId],
      );
      return (
        Number(left!.n) === 0 &&
        !existsSync(path.join(theatre.s.home, 'sandboxes', taskId)) &&
        (await workflowOf(theatre, taskId)) !== 'RUNNING'
      );
    },
    SETTLE_MS,
    400,
  );
}
