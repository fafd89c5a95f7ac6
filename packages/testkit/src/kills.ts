// Who is killed, and how: processes at random, and failpoints in turn.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GITHUB_FAILPOINTS } from '@mainloop/demo/github/points';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './stack.ts';
import type { Theatre } from './theatre.ts';

/**
 * What runs on a machine; "runner" and "agent" (Claude Code itself) are those of one task. "temporal" is what
 * keeps Temporal in its network, and has a proxy and a server in it. The model stays: its list of calls is the
 * bill.
 */
export const PROCESSES = [
  'api',
  'gateway',
  'worker',
  'web',
  'temporal',
  'temporal proxy',
  'temporal server',
  'postgres',
  'local-github',
  'runner',
  'agent',
] as const;
/**
 * "after" is "applied, reply lost": the effect is there and nobody was told. The forge's own are those that
 * this story runs into.
 */
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
  'gateway.push',
  'gateway.talk',
  'gateway.result',
]
  .flatMap((n) => [`${n}.before`, `${n}.after`])
  .concat(GITHUB_FAILPOINTS.filter((n) => !/\.(line|rerun|update)\./.test(n)));

/** Those of what automations do, which are no part of the story. */
export const AUTOMATION_FAILPOINTS: readonly string[] = [
  'automation.judge',
  'automation.act',
  'forge.automation',
  'forge.label',
].flatMap((name) => [`${name}.before`, `${name}.after`]);

/** Those of the cycle: before each phase, and after what it tells. */
export const CYCLE_FAILPOINTS: readonly string[] = [
  'cycle.gather.before',
  'cycle.triage.before',
  'cycle.narrate.before',
  'cycle.narrate.after',
  'cycle.tend.before',
  'cycle.tend.after',
  'cycle.end.before',
  'cycle.end.after',
];

export type Kill =
  | { readonly kind: 'process'; readonly name: (typeof PROCESSES)[number] }
  /** Armed until somebody runs into it. */
  | { readonly kind: 'failpoint'; readonly name: string };

/** Whose code a failpoint stands in, by the first word of its name. */
function processOf(failpoint: string): 'worker' | 'gateway' | 'local-github' {
  if (failpoint.startsWith('github.')) return 'local-github';
  return failpoint.startsWith('gateway.') ? 'gateway' : 'worker';
}

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

/**
 * Kills one process, or arms one failpoint, and waits until the place of the dead is taken.
 * @returns whether anybody died
 */
export async function kill(
  theatre: Theatre,
  k: Kill,
  random: () => number,
  patienceMs = 45_000,
): Promise<boolean> {
  if (k.kind === 'failpoint') {
    const file = path.join(theatre.failpoints, k.name);
    // Somebody waits here already: one end is not counted twice.
    if (existsSync(file)) return false;
    const service = processOf(k.name);
    const pid = theatre.s.pidOf(service);
    writeFileSync(file, '');
    const gone = await until(k.name, async () => !existsSync(file), patienceMs, 20).catch(() => false);
    if (!gone) {
      rmSync(file, { force: true });
      return false;
    }
    theatre.fired.push({ at: Date.now(), name: k.name, taskId: null });
    await back(theatre, service, pid);
    return true;
  }
  const { name } = k;
  if (name === 'runner' || name === 'agent') {
    const deadline = Date.now() + 10_000;
    for (; Date.now() < deadline; await sleep(50)) {
      // Four lost agents in one phase are brought to the person, and rightly so: nobody is killed as often as that.
      const spared = (id: string): boolean =>
        theatre.fired.filter((f) => f.taskId === id && f.name === k.name).length >= 2;
      const alive = [...theatre.playing]
        .filter((id) => !spared(id))
        .map((id) => [id, insideOf(theatre, id, name)] as const)
        .filter(([, pid]) => pid > 0);
      const victim = alive[Math.floor(random() * alive.length)];
      if (victim && end(victim[1])) {
        theatre.fired.push({ at: Date.now(), name: k.name, taskId: victim[0] });
        return true;
      }
    }
    return false;
  }
  const [service = name, part] = name.split(' ');
  const pid = theatre.s.pidOf(service);
  const victim = part === undefined ? pid : (theatre.s.pidsOf(service)[part === 'proxy' ? 1 : 2] ?? 0);
  if (victim === 0 || !end(victim)) return false;
  theatre.fired.push({ at: Date.now(), name: k.name, taskId: null });
  await back(theatre, service, pid);
  return true;
}

const back = (theatre: Theatre, name: string, pid: number): Promise<unknown> =>
  until(
    `${name} to be started again`,
    async () => theatre.s.pidOf(name) !== pid && existsSync(`/proc/${theatre.s.pidOf(name)}`),
    30_000,
    50,
  );

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
    const { innerPid, pid } = JSON.parse(
      readFileSync(path.join(s.home, 'sandboxes', taskId, 'run.json'), 'utf8'),
    ) as {
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
      const cmd = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 3).join(' ');
      if (cmd.includes(word) && !cmd.includes('/bin/sh') && !cmd.includes('bwrap')) return pid;
      queue.push(
        ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
          .trim()
          .split(/\s+/)
          .filter(Boolean)
          .map(Number),
      );
    } catch {
      // Ended while we looked.
    }
  }
  return 0;
}
