// The kill matrix: a story is told unkilled, then many times side by side while processes are killed, and each telling is
// held against the first. Nobody presses Retry here: what a person would have to mend is a difference.
import { Client, Connection } from '@temporalio/client';
import type { ModelCall } from '@mainloop/demo/model/server';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { costDifferences, differences, lineOf, tallyOf, type Comparison, type Difference, type Tally, type Trace } from './differences.ts';
import { startPushService, type PushService, type Received } from './push-service.ts';
import { startStack, until, type Stack } from './stack.ts';
import { answerTo, type Item } from './story.ts';
import { belongs, costsSince, paid, rows, strays, traceOf, type ForgeCall } from './trace.ts';

/** What runs on a machine; "runner" and "agent" (Claude Code itself) are those of one task. The model stays: its list of calls is the bill. */
export const PROCESSES = ['api', 'gateway', 'worker', 'web', 'temporal', 'postgres', 'local-github', 'runner', 'agent'] as const;
/** "after" is "applied, reply lost": the effect is there and nobody was told. */
export const FAILPOINTS = [
  'sandbox.start',
  'sandbox.release',
  'forge.issue',
  'forge.ask',
  'forge.pr',
  'forge.say',
  'forge.reply',
  'forge.summary',
  'forge.ready',
  'forge.merge',
  'forge.clean',
  'relay',
  'push',
].flatMap((n) => [`${n}.before`, `${n}.after`]);

export type Kill =
  | { readonly kind: 'process'; readonly name: (typeof PROCESSES)[number] }
  /** Armed until somebody runs into it. */
  | { readonly kind: 'failpoint'; readonly name: string };

/** mulberry32: small, seeded, good enough to choose victims. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Failpoints in turn, so that a long run meets them all; processes at random. */
export function chooser(seed: number): { failpoint(): Kill; process(): Kill; random(): number } {
  const random = seeded(seed);
  let bag: string[] = [];
  return {
    random,
    failpoint() {
      if (bag.length === 0) bag = [...FAILPOINTS];
      return { kind: 'failpoint', name: bag.splice(Math.floor(random() * bag.length), 1)[0]! };
    },
    process: () => ({ kind: 'process', name: PROCESSES[Math.floor(random() * PROCESSES.length)]! }),
  };
}

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
  readonly fired: Fired[];
  /** Tasks that are on their way now. */
  readonly playing: Set<string>;
  /** All that were told. */
  readonly tasks: string[];
  stop(): Promise<void>;
}

/** A stack whose failpoints can be armed, whose forge's lists lag behind as GitHub's may, and a phone that is told of everything. */
export async function openTheatre(): Promise<Theatre> {
  const failpoints = mkdtempSync('/tmp/mainloop-failpoints-');
  const dir = mkdtempSync('/tmp/again-');
  const story = path.join(mkdtempSync('/tmp/again-story-'), 'story.yaml');
  const template = path.join(path.dirname(fileURLToPath(import.meta.url)), '../stories/again.yaml');
  writeFileSync(story, readFileSync(template, 'utf8').replaceAll('{{project}}', `local/${path.basename(dir)}`));
  mkdirSync(path.join(dir, '.github/workflows'), { recursive: true });
  writeFileSync(path.join(dir, 'README.md'), '# Notes\n');
  writeFileSync(
    path.join(dir, '.github/workflows/ci.yml'),
    'on: push\njobs:\n  whole:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: test ! -e broken\n',
  );
  const git = (...a: string[]): void => void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], { cwd: dir, stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'first');
  const s = await startStack({
    MAINLOOP_FAILPOINTS: failpoints,
    LOCAL_GITHUB_STALE_MS: '700',
    MAINLOOP_DEMO_SCRIPT: story,
    MAINLOOP_PUSH_LOOPBACK: 'yes',
  });
  let push: PushService | null = null;
  try {
    await s.call('POST', '/api/projects', { source: dir });
    await s.call('PATCH', '/api/settings', { maxRuns: 20 });
    push = await startPushService((await s.call<{ publicKey: string }>('GET', '/api/push/key')).publicKey);
    const device = push.subscribe();
    await s.call('POST', '/api/push/devices', { ...device.subscription, label: 'the phone' });
    const [last] = await rows<{ seq: string }>(s, 'select coalesce(max(seq), 0) as seq from events');
    return {
      s,
      failpoints,
      phone: device.got,
      temporal: async () => new Client({ connection: await Connection.connect({ address: s.temporal }) }),
      from: { seq: Number(last!.seq), forge: (await forgeCalls(s)).length, model: (await modelCalls(s)).length },
      fired: [],
      playing: new Set(),
      tasks: [],
      async stop() {
        push?.close();
        await s.stop();
        for (const d of [failpoints, dir, path.dirname(story)]) rmSync(d, { recursive: true, force: true });
      },
    };
  } catch (err) {
    push?.close();
    await s.stop();
    throw err;
  }
}

/** Asks again for as long as what is asked may be down. */
const patiently = <T>(what: string, ask: () => Promise<T>): Promise<T> =>
  until(what, async () => ({ it: await ask() }), 60_000, 250).then((x) => x.it);
const forgeCalls = (s: Stack): Promise<ForgeCall[]> => patiently("the forge's calls", () => s.forgeCalls() as Promise<ForgeCall[]>);
const modelCalls = (s: Stack): Promise<ModelCall[]> =>
  patiently("the model's calls", async () => (await (await fetch(`${s.model}/_requests`)).json()) as ModelCall[]);

/** How long a person waits for the next thing to happen before they would look what is wrong. */
const STILL_MS = 120_000;
const SETTLE_MS = 90_000;

export interface Telling {
  readonly trace: Trace;
  readonly kills: readonly Fired[];
  /** Why it did not end, or null. */
  readonly stuck: string | null;
  readonly ms: number;
}

/** Tells the story once, as a patient person with a phone would hear it. */
export async function tell(t: Theatre, name: string): Promise<Telling> {
  const { s } = t;
  const began = Date.now();
  const taskId = await inTurn(() => start(t, name));
  t.playing.add(taskId);
  t.tasks.push(taskId);
  let stuck: string | null = null;
  try {
    stuck = await listen(t, taskId);
  } catch (err) {
    stuck = (err as Error).message;
  }
  await settle(t, taskId).catch((err: Error) => {
    stuck ??= err.message;
  });
  t.playing.delete(taskId);
  const ended = Date.now();
  const kills = t.fired.filter((f) => f.at >= began && f.at <= ended && (f.taskId === null || f.taskId === taskId));
  const trace = await traceOf(
    s,
    { taskId, name },
    {
      forge: (await forgeCalls(s)).slice(t.from.forge),
      model: (await modelCalls(s)).slice(t.from.model),
      phone: t.phone,
      workflow: await patiently('the workflow', () => workflowOf(t, taskId)),
      cutBy: cutBy(t, taskId),
    },
  );
  if (stuck !== null) await s.call('POST', `/api/tasks/${taskId}/cancel`).catch(() => undefined);
  return { trace, kills, stuck, ms: ended - began };
}

/** Whose death may have kept an answer, or its cost, from arriving. */
const cutBy =
  (t: Theatre, taskId: string | null) =>
  (fromMs: number, toMs: number, whole: boolean): string | null =>
    t.fired.find(
      (f) =>
        f.at >= fromMs - 50 &&
        f.at <= toMs &&
        // A whole answer has passed the gateway's door to the agent; only the gateway and its database keep its cost from being written.
        (whole ? f.name === 'gateway' || f.name === 'postgres' : f.taskId === null || taskId === null || f.taskId === taskId),
    )?.name ?? null;

async function workflowOf(t: Theatre, taskId: string): Promise<string> {
  const client = await t.temporal();
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
async function start({ s }: Theatre, name: string): Promise<string> {
  const title = `Again ${name}`;
  const sentence = `Tell it again ${name}`;
  await patiently('the sentence to be heard', async () => {
    const said = await s.call<{ role: string; text: string }[]>('GET', '/api/chat/messages');
    if (!said.some((m) => m.role === 'user' && m.text === sentence)) await s.call('POST', '/api/chat', { text: sentence });
  });
  const card = await until('the card', async () =>
    (await s.call<{ id: string; digest: string; title: string }[]>('GET', '/api/proposals')).find((x) => x.title === title),
  );
  return until('the start', async () => {
    const there = (await s.call<{ id: string; title: string }[]>('GET', '/api/tasks')).find((x) => x.title === title);
    return there?.id ?? (await s.call<{ taskId: string }>('POST', `/api/proposals/${card.id}/confirm`, { digest: card.digest })).taskId;
  });
}

interface Detail {
  state: string;
  updatedAt?: string;
  runs: { phase: string; state: string; id: string }[];
}

/** Answers what the task asks, each once, after the phone was told of it. @returns why it can't go on, or null at its end */
async function listen({ s, phone }: Theatre, taskId: string): Promise<string | null> {
  let since = Date.now();
  let before = '';
  for (;;) {
    await sleep(400);
    try {
      const task = await s.call<Detail>('GET', `/api/tasks/${taskId}`);
      if (['done', 'cancelled', 'failed'].includes(task.state)) return null;
      const items = (await s.call<Item[]>('GET', '/api/inbox')).filter((x) => x.taskId === taskId);
      const now = JSON.stringify([task.state, task.runs.map((r) => [r.id, r.state]), items.map((x) => x.id)]);
      if (now !== before) [before, since] = [now, Date.now()];
      for (const i of items) {
        const answer = answerTo(i);
        // Trouble is not mended here. It is given a moment to turn out to be none.
        if (answer === null) {
          if (Date.now() - since > 10_000) return `${i.kind}: ${i.title}`;
          continue;
        }
        if (!phone.some((p) => p.notice.itemId === i.id && p.notice.type === 'show')) continue;
        if (i.kind === 'review' && !task.runs.some((r) => r.phase === 'address_review' && r.state === 'ended')) continue;
        if (i.kind === 'question' && !(await isOnForge(s, i.id))) continue;
        await s.call('POST', `/api/inbox/${i.id}`, answer);
      }
    } catch {
      // Somebody was killed; a person taps again.
    }
    if (Date.now() - since > STILL_MS) return `nothing happened for ${STILL_MS / 1_000} s: ${before}`;
  }
}

/** A question is asked on the forge as well, and a colleague may be faster: so it is answered only when it stands there. */
const isOnForge = async (s: Stack, itemId: string): Promise<boolean> =>
  (await s.forgeCalls()).some(
    (c) => c.method === 'POST' && c.path.endsWith('/comments') && String(c.body?.body ?? '').includes(`:ask-${itemId} -->`),
  );

/** What follows the end: words to Temporal, the phone's withdrawals, the sandbox. What never comes shows in the trace. */
async function settle(t: Theatre, taskId: string): Promise<void> {
  await until(
    'everything to have settled',
    async () => {
      const [left] = await rows<{ n: number }>(
        t.s,
        `select (select count(*) from outbox where workflow_id = 'task/' || $1 and sent_at is null)
              + (select count(*) from push_notices n join inbox_items i on i.id = n.item_id where i.task_id = $1 and i.state <> 'open' and n.state = 'shown')
              + (select count(*) from runs where task_id = $1 and state <> 'ended') as n`,
        [taskId],
      );
      return Number(left!.n) === 0 && !existsSync(path.join(t.s.home, 'sandboxes', taskId)) && (await workflowOf(t, taskId)) !== 'RUNNING';
    },
    SETTLE_MS,
    400,
  );
}

/** Kills one process, or arms one failpoint, and waits until the place of the dead is taken. @returns whether anybody died */
export async function kill(t: Theatre, k: Kill, random: () => number, patienceMs = 45_000): Promise<boolean> {
  if (k.kind === 'failpoint') {
    const file = path.join(t.failpoints, k.name);
    const worker = t.s.pidOf('worker');
    writeFileSync(file, '');
    const gone = await until(k.name, async () => !existsSync(file), patienceMs, 20).catch(() => false);
    if (!gone) {
      rmSync(file, { force: true });
      return false;
    }
    t.fired.push({ at: Date.now(), name: k.name, taskId: null });
    await back(t, 'worker', worker);
    return true;
  }
  const { name } = k;
  if (name === 'runner' || name === 'agent') {
    const deadline = Date.now() + 10_000;
    for (; Date.now() < deadline; await sleep(50)) {
      // Four lost agents in one phase are brought to the person, and rightly so: nobody is killed as often as that.
      const spared = (id: string): boolean => t.fired.filter((f) => f.taskId === id && f.name === k.name).length >= 2;
      const alive = [...t.playing]
        .filter((id) => !spared(id))
        .map((id) => [id, insideOf(t, id, name)] as const)
        .filter(([, pid]) => pid > 0);
      const victim = alive[Math.floor(random() * alive.length)];
      if (victim && end(victim[1])) {
        t.fired.push({ at: Date.now(), name: k.name, taskId: victim[0] });
        return true;
      }
    }
    return false;
  }
  const pid = t.s.pidOf(k.name);
  if (pid === 0 || !end(pid)) return false;
  t.fired.push({ at: Date.now(), name: k.name, taskId: null });
  await back(t, k.name, pid);
  return true;
}

const back = (t: Theatre, name: string, pid: number): Promise<unknown> =>
  until(`${name} to be started again`, async () => t.s.pidOf(name) !== pid && existsSync(`/proc/${t.s.pidOf(name)}`), 30_000, 50);

function end(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

function insideOf({ s }: Theatre, taskId: string, name: 'runner' | 'agent'): number {
  try {
    const { innerPid, pid } = JSON.parse(readFileSync(path.join(s.home, 'sandboxes', taskId, 'run.json'), 'utf8')) as {
      innerPid: number;
      pid: number;
    };
    return findIn(innerPid || pid, name === 'runner' ? 'runner.mjs' : '/claude');
  } catch {
    return 0;
  }
}

function findIn(root: number, word: string): number {
  const queue = [root];
  while (queue.length > 0) {
    const pid = queue.shift()!;
    try {
      const cmd = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 2).join(' ');
      if (cmd.includes(word) && !cmd.includes('/bin/sh') && !cmd.includes('bwrap')) return pid;
      queue.push(...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number));
    } catch {
      // Ended while we looked.
    }
  }
  return 0;
}

export interface Report {
  readonly kills: number;
  readonly stories: number;
  readonly tally: Tally;
  readonly lines: readonly string[];
}

/** @returns the difference of one telling in lines a person can read, headed by what was killed in it */
export function reportOf(reference: Trace, name: string, telling: Telling): { differences: readonly Difference[]; lines: string[] } {
  const c = differences(reference, telling.trace, telling.kills.length);
  const head = `${name} (${Math.round(telling.ms / 1_000)} s), killed: ${telling.kills.map((k) => k.name).join(', ') || 'nobody'}`;
  const lost: Difference[] =
    telling.stuck === null || c.differences.length > 0 ? [] : [{ kind: 'lost', where: 'workflow', what: telling.stuck, times: 1 }];
  const all = [...c.differences, ...lost];
  return {
    differences: all,
    lines: [
      `${head}: ${all.length === 0 ? 'as unkilled' : `${all.length} differences`}`,
      ...(telling.stuck === null ? [] : [`  it did not end: ${telling.stuck}`]),
      ...all.map((d) => `  ${lineOf(d)}`),
      ...c.told.map((x) => `  told: ${x}`),
    ],
  };
}

/** Calls to the forge that belong to nobody, and the model's bill next to ours, over all that was told. */
export async function account(t: Theatre): Promise<Comparison> {
  const tasks = await rows<{ id: string; branch: string; issue_number: number | null; pr_number: number | null }>(
    t.s,
    'select id, branch, issue_number, pr_number from tasks where id = any($1)',
    [t.tasks],
  );
  const forge = (await forgeCalls(t.s)).slice(t.from.forge);
  const stray = strays(forge, tasks).filter((c) => !tasks.some((x) => belongs(c, x)));
  const by = cutBy(t, null);
  const calls = (await modelCalls(t.s)).slice(t.from.model).map((c) => paid(c, by));
  const money = costDifferences(calls, await costsSince(t.s, t.from.seq));
  return {
    differences: [
      ...stray.map((c): Difference => ({ kind: 'extra', where: 'forge', what: `${c.method} ${c.path} belongs to no story`, times: 1 })),
      ...money.differences,
    ],
    told: money.told,
  };
}

/**
 * The matrix: one telling unkilled, one more to see that the story says the same twice, then `beside` stories at a time while
 * kills fall, every `everyMs` at the soonest, until `kills` have fallen or time is up.
 */
export async function matrix(
  t: Theatre,
  o: { seed: number; kills: number; beside: number; everyMs: number; untilMs: number; only?: readonly Kill[]; say: (line: string) => void },
): Promise<Report> {
  const choose = chooser(o.seed);
  const lines: string[] = [];
  const found: Difference[] = [];
  const say = (line: string): void => {
    lines.push(line);
    o.say(line);
  };
  let stories = 0;
  const [reference, again] = await Promise.all([tell(t, 'ref1'), tell(t, 'ref2')]);
  if (reference.stuck !== null) throw new Error(`the unkilled story does not end: ${reference.stuck}`);
  const own = reportOf(reference.trace, 'ref2', again);
  if (own.differences.length > 0) throw new Error(`the unkilled story is not the same twice:\n${own.lines.join('\n')}`);
  say(`unkilled: ${reference.trace.entries.length} things happen, ${Math.round(reference.ms / 1_000)} s`);

  const wanted = [...(o.only ?? [])];
  const due = (): boolean => Date.now() < o.untilMs && (o.only ? wanted.length > 0 : t.fired.length < o.kills);
  let open = true;
  const loop = async (next: () => Kill | undefined): Promise<void> => {
    while (open && due()) {
      await sleep(o.everyMs * (0.5 + choose.random()));
      if (t.playing.size === 0) continue;
      const k = next();
      if (k) await kill(t, k, choose.random).catch((err: Error) => say(`  ${err.message}`));
    }
  };
  const killers = o.only ? [loop(() => wanted.shift())] : [loop(() => choose.failpoint()), loop(() => choose.process())];
  const stage = async (n: number): Promise<void> => {
    for (let k = 1; due() || k === 1; k++) {
      const name = `k${n}x${k}`;
      try {
        const telling = await tell(t, name);
        stories++;
        const r = reportOf(reference.trace, name, telling);
        found.push(...r.differences);
        for (const l of r.lines) say(l);
      } catch (err) {
        found.push({ kind: 'lost', where: 'workflow', what: (err as Error).message, times: 1 });
        say(`${name}: ${(err as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: o.beside }, (_, n) => stage(n)));
  open = false;
  await Promise.all(killers);
  const rest = await account(t);
  found.push(...rest.differences);
  for (const d of rest.differences) say(lineOf(d));
  for (const x of rest.told) say(`told: ${x}`);
  return { kills: t.fired.length, stories, tally: tallyOf(found), lines };
}
