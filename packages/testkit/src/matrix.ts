// The kill matrix: a story is told unkilled, then many times side by side while processes are killed, and
// each telling is held against the first.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  costDifferences,
  differences,
  lineOf,
  tallyOf,
  type Comparison,
  type Difference,
  type Tally,
  type Trace,
} from './differences.ts';
import { chooser, kill, type Kill } from './kills.ts';
import { cutBy, forgeCalls, modelCalls, tell, type Telling, type Theatre } from './theatre.ts';
import { belongs, costsSince, paid, rows, strays } from './trace.ts';

/** How many failpoints are armed at a time. */
const POINTS_ARMED = [1, 2, 3] as const;

export interface Report {
  readonly kills: number;
  readonly stories: number;
  readonly tally: Tally;
  readonly lines: readonly string[];
}

/** @returns the difference of one telling in lines a person can read, headed by what was killed in it */
export function reportOf(
  reference: Trace,
  name: string,
  telling: Telling,
): { differences: readonly Difference[]; lines: string[] } {
  const comparison = differences(reference, telling.trace, telling.kills.length);
  const head = `${name} (${Math.round(telling.ms / 1_000)} s), killed: ${telling.kills.map((k) => k.name).join(', ') || 'nobody'}`;
  const lost: Difference[] =
    telling.stuck === null || comparison.differences.length > 0
      ? []
      : [{ kind: 'lost', where: 'workflow', what: telling.stuck, times: 1 }];
  const all = [...comparison.differences, ...lost];
  return {
    differences: all,
    lines: [
      `${head}: ${all.length === 0 ? 'as unkilled' : `${all.length} differences`}`,
      ...(telling.stuck === null ? [] : [`  it did not end: ${telling.stuck}`]),
      ...all.map((d) => `  ${lineOf(d)}`),
      ...comparison.told.map((x) => `  told: ${x}`),
    ],
  };
}

/** Calls to the forge that belong to nobody, and the model's bill next to ours, over all that was told. */
export async function account(theatre: Theatre): Promise<Comparison> {
  const tasks = await rows<{
    id: string;
    repo: string;
    branch: string;
    issue_number: number | null;
    pr_number: number | null;
  }>(
    theatre.s,
    'select t.id, p.repo, t.branch, t.issue_number, t.pr_number from tasks t join projects p on p.id = t.project_id where t.id = any($1)',
    [theatre.tasks],
  );
  const forge = (await forgeCalls(theatre.s)).slice(theatre.from.forge);
  const stray = strays(forge, tasks).filter((c) => !tasks.some((x) => belongs(c, x)));
  const by = cutBy(theatre, null);
  const calls = (await modelCalls(theatre.s)).slice(theatre.from.model).map((c) => paid(c, by));
  const money = costDifferences(calls, await costsSince(theatre.s, theatre.from.seq));
  return {
    differences: [
      ...stray.map((call): Difference => ({
        kind: 'extra',
        where: 'forge',
        what: `${call.method} ${call.path} belongs to no story`,
        times: 1,
      })),
      ...money.differences,
    ],
    told: money.told,
  };
}

/**
 * The matrix: one telling unkilled, one more to see that the story says the same twice, then `beside` stories
 * at a time while kills fall, every `everyMs` at the soonest, until `kills` have fallen or time is up.
 */
export async function matrix(
  theatre: Theatre,
  options: {
    seed: number;
    kills: number;
    beside: number;
    everyMs: number;
    untilMs: number;
    only?: readonly Kill[];
    say: (line: string) => void;
  },
): Promise<Report> {
  const choose = chooser(options.seed);
  const lines: string[] = [];
  const found: Difference[] = [];
  const say = (line: string): void => {
    lines.push(line);
    options.say(line);
  };
  let stories = 0;
  const [reference, again] = await Promise.all([tell(theatre, 'ref1'), tell(theatre, 'ref2')]);
  if (reference.stuck !== null) throw new Error(`the unkilled story does not end: ${reference.stuck}`);
  const own = reportOf(reference.trace, 'ref2', again);
  if (own.differences.length > 0)
    throw new Error(`the unkilled story is not the same twice:\n${own.lines.join('\n')}`);
  say(`unkilled: ${reference.trace.entries.length} things happen, ${Math.round(reference.ms / 1_000)} s`);

  const wanted = [...(options.only ?? [])];
  const due = (): boolean =>
    Date.now() < options.untilMs && (options.only ? wanted.length > 0 : theatre.fired.length < options.kills);
  let open = true;
  const loop = async (next: () => Kill | undefined): Promise<void> => {
    while (open && due()) {
      await sleep(options.everyMs * (0.5 + choose.random()));
      if (theatre.playing.size === 0) continue;
      const k = next();
      if (k) await kill(theatre, k, choose.random).catch((err: Error) => say(`  ${err.message}`));
    }
  };
  // A failpoint waits for somebody to run into it, and others may wait beside it.
  const killers = options.only
    ? [loop(() => wanted.shift())]
    : [...POINTS_ARMED.map(() => loop(() => choose.failpoint())), loop(() => choose.process())];
  const stage = async (n: number): Promise<void> => {
    for (let k = 1; due() || k === 1; k++) {
      const name = `k${n}x${k}`;
      try {
        const telling = await tell(theatre, name);
        stories++;
        const report = reportOf(reference.trace, name, telling);
        found.push(...report.differences);
        for (const line of report.lines) say(line);
      } catch (err) {
        found.push({ kind: 'lost', where: 'workflow', what: (err as Error).message, times: 1 });
        say(`${name}: ${(err as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: options.beside }, (_, n) => stage(n)));
  open = false;
  await Promise.all(killers);
  const rest = await account(theatre);
  found.push(...rest.differences);
  for (const difference of rest.differences) say(lineOf(difference));
  for (const x of rest.told) say(`told: ${x}`);
  return { kills: theatre.fired.length, stories, tally: tallyOf(found), lines };
}
