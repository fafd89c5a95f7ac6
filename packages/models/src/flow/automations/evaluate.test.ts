// The evaluator of automations by property: what is judged in one go and what is judged bit by bit are the same.
import { expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import fc from 'fast-check';
import {
  DAY_MS,
  dryRun,
  isLike,
  judge,
  keepMemory,
  NO_MEMORY,
  readMemory,
  readyRule,
  whyOf,
  type Firing,
  type ReadPattern,
  type RuleMemory,
} from './evaluate.ts';
import { spanMs, type Condition, type Rule, type SeenEvent } from './rule.ts';

const plainPattern: ReadPattern = (source) => {
  const pattern = new RegExp(source, 'u');
  return { ok: true, test: (text) => pattern.test(text) };
};
const FROM = Date.parse('2026-01-01T00:00:00Z');
const TYPES = ['ci.verdict', 'task.ended', 'run.ended', 'inbox.opened'];

const event = (some: Partial<SeenEvent> = {}): SeenEvent => ({
  seq: 1,
  type: 'ci.verdict',
  actor: 'mainloop',
  atMs: FROM,
  task: { id: 't-1', title: 'Fix the till', startedAt: new Date(FROM - DAY_MS).toISOString() },
  project: 'acme/till',
  payload: { verdict: 'red', rounds: 2, failures: ['lint', 'unit tests'], held: { diff: 'x' } },
  ...some,
});
const rule = (some: Partial<Rule> = {}): Rule => ({
  name: 'a-rule',
  when: ['ci.verdict'],
  where: null,
  per: null,
  count: null,
  cooldown: null,
  perDay: 500,
  actions: [],
  ...some,
});
const ready = (some: Partial<Rule> = {}) => readyRule(rule(some), plainPattern);
const matches = (where: Condition, some: Partial<SeenEvent> = {}): boolean =>
  ready({ where }).matches(event(some));

test.each<[Condition, boolean]>([
  [{ field: 'verdict', equals: 'red' }, true],
  [{ field: 'verdict', equals: 'green' }, false],
  [{ field: 'rounds', equals: '2' }, false],
  [{ field: 'rounds', in: [1, 2] }, true],
  [{ field: 'failures', equals: 'lint' }, true],
  [{ field: 'failures', glob: 'unit*' }, true],
  [{ field: 'held.diff', equals: 'x' }, true],
  [{ field: 'held', glob: '*' }, false],
  [{ field: 'project', glob: 'acme/*' }, true],
  [{ field: 'task.title', regex: '^Fix' }, true],
  [{ field: 'task.startedAt', olderThan: '23h' }, true],
  [{ field: 'task.startedAt', olderThan: '1d' }, false],
  [{ field: 'verdict', olderThan: '1m' }, false],
  [{ field: 'nothing', equals: null }, false],
  [{ not: { field: 'nothing', equals: null } }, true],
  [{ field: 'constructor', glob: '*' }, false],
  [{ all: [{ field: 'verdict', equals: 'red' }, { not: { field: 'rounds', equals: 1 } }] }, true],
  [
    {
      any: [
        { field: 'verdict', equals: 'x' },
        { field: 'rounds', equals: 2 },
      ],
    },
    true,
  ],
  [{ all: [] }, true],
  [{ any: [] }, false],
])('%j', (where, is) => {
  expect(matches(where)).toBe(is);
});

test('a glob is what a regular expression of it would be, also where it is all stars', async () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
  fc.assert(
    fc.property(glob, text, (pattern, given) => {
      const source = [...pattern].map((c) => ({ '*': '.*', '?': '.' })[c] ?? c).join('');
      expect(isLike(given, pattern)).toBe(new RegExp(`^(?:${source})$`, 's').test(given));
    }),
    { numRuns: 2_000 },
  );
  const look = (): void => expect(isLike('a'.repeat(10_000), `${'*a'.repeat(90)}*b`)).toBe(false);
  expect(await cpuMs(look)).toBeLessThan(5_000);
});

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field: fc.constant('verdict'), equals: fc.constantFrom('red', 'green') }),
  fc.record({ field: fc.constantFrom('project', 'verdict'), glob: fc.constantFrom('a*', '*d', '?e*') }),
  fc.record({ field: fc.constant('rounds'), in: fc.constantFrom([1], [1, 2, 3]) }),
  fc.record({ field: fc.constant('task.title'), regex: fc.constantFrom('^T[0-3]', '[4-9]$') }),
  fc.record({ field: fc.constant('task.startedAt'), olderThan: fc.constantFrom('30m', '5h') }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('condition') }),
  ),
}));
const someRule: fc.Arbitrary<Rule> = fc.record({
  name: fc.constant('a-rule'),
  when: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 }),
  where: fc.option(condition),
  per: fc.option(fc.constantFrom('task.id', 'verdict', 'project')),
  count: fc.option(
    fc.record({ times: fc.integer({ min: 2, max: 5 }), within: fc.constantFrom('5m', '2h', '1d') }),
  ),
  cooldown: fc.option(fc.constantFrom('10m', '3h')),
  perDay: fc.integer({ min: 1, max: 30 }),
  actions: fc.constant([]),
});
/** Mostly in order, as a log is: the clock of a transaction is that of its beginning. */
const eventsOf = (seeds: readonly (readonly [number, number, number, number])[]): SeenEvent[] => {
  let atMs = FROM;
  return seeds.map(([type, verdict, task, gap], at) => {
    atMs += gap * 30_000 - 15_000;
    return event({
      seq: at + 1,
      type: TYPES[type]!,
      atMs,
      project: task % 3 === 0 ? null : `${'ab'[task % 2]}cme/x`,
      payload: { verdict: ['red', 'green'][verdict], rounds: task % 5 },
      task:
        task === 9
          ? null
          : { id: `t-${task}`, title: `T${task}`, startedAt: new Date(FROM - 3_600_000).toISOString() },
    });
  });
};
const seed = fc.tuple(fc.nat(3), fc.nat(1), fc.nat(9), fc.nat(40));
const seqs = (firings: readonly Firing[]): string[] =>
  firings.map(({ id, event: { seq }, dueMs }) => `${id} ${seq} ${dueMs}`);

/** As the worker does it: in stretches, with what is remembered kept as JSON between them. */
function live(rules: readonly Rule[], events: readonly SeenEvent[], cuts: readonly number[]): string[] {
  let memories = new Map<string, RuleMemory>(rules.map((_, at) => [String(at), NO_MEMORY]));
  const came: string[] = [];
  const bounds = [
    0,
    ...cuts.map((cut) => cut % (events.length + 1)).toSorted((a, b) => a - b),
    events.length,
  ];
  for (let at = 1; at < bounds.length; at++) {
    const standing = rules.map((one, id) => ({
      id: String(id),
      ready: readyRule(one, plainPattern),
      memory: memories.get(String(id))!,
      sinceSeq: 0,
    }));
    const judged = judge(standing, events.slice(bounds[at - 1], bounds[at]));
    came.push(...seqs(judged.firings));
    memories = new Map(
      [...judged.memories].map(([id, memory]) => [
        id,
        readMemory(JSON.parse(JSON.stringify(keepMemory(memory)))),
      ]),
    );
  }
  return came;
}

test('a dry run is what comes live, on 10,000 events and 200 rules', () => {
  const [rules] = fc.sample(fc.array(someRule, { minLength: 200, maxLength: 200 }), 1);
  const [seeds] = fc.sample(fc.array(seed, { minLength: 10_000, maxLength: 10_000, size: 'max' }), 1);
  const events = eventsOf(seeds!);
  const came = live(rules!, events, [17, 4_000, 4_000, 9_999, 7_321]);
  const dry = rules!.flatMap((one, id) =>
    seqs(dryRun(readyRule(one, plainPattern), events)).map((line) => `${id}${line}`),
  );
  expect(came.length).toBeGreaterThan(100);
  expect(came.toSorted()).toEqual(dry.toSorted());
});

test('however the log is cut into stretches, the same comes', () => {
  fc.assert(
    fc.property(
      fc.array(someRule, { minLength: 1, maxLength: 4 }),
      fc.array(seed, { maxLength: 200 }),
      fc.array(fc.nat(1_000), { maxLength: 6 }),
      (rules, seeds, cuts) => {
        const events = eventsOf(seeds);
        expect(live(rules, events, cuts)).toEqual(live(rules, events, []));
      },
    ),
    { numRuns: 200 },
  );
});

test('no more than the limit come within a day, none is dropped, and none comes before its event', () => {
  fc.assert(
    fc.property(someRule, fc.array(seed, { maxLength: 300 }), (some, seeds) => {
      const events = eventsOf(seeds);
      const limited = dryRun(readyRule(some, plainPattern), events);
      const all = dryRun(readyRule({ ...some, perDay: 500 }, plainPattern), events);
      expect(limited.map((one) => one.event.seq)).toEqual(all.map((one) => one.event.seq));
      for (const [at, { event: of, dueMs }] of limited.entries()) {
        expect(dueMs).toBeGreaterThanOrEqual(of.atMs);
        const before = limited[at - some.perDay];
        if (before !== undefined) expect(dueMs - before.dueMs).toBeGreaterThanOrEqual(DAY_MS);
      }
    }),
    { numRuns: 200 },
  );
});

test('as often as a plain count over all that matched says', () => {
  // The same in other words: all that matched, walked through with arrays.
  const naive = (some: Rule, events: readonly SeenEvent[]): number[] => {
    const one = readyRule(some, plainPattern);
    const open = new Map<string, number[]>();
    const fired = new Map<string, number>();
    const came: number[] = [];
    for (const seen of events.filter((each) => some.when.includes(each.type) && one.matches(each))) {
      const key = one.keyOf(seen);
      const within = some.count === null ? 0 : spanMs(some.count.within);
      const times = [...(open.get(key) ?? []), seen.atMs];
      open.set(key, times);
      // The clock goes back a little at times: only what was in the window at every look since counts.
      const inside = times.filter((at) => at === seen.atMs || at > seen.atMs - within);
      open.set(key, inside);
      if (inside.length < (some.count?.times ?? 1)) continue;
      const last = fired.get(key);
      const rests = some.cooldown === null ? 0 : spanMs(some.cooldown);
      if (rests > 0 && last !== undefined && seen.atMs < last + rests) continue;
      fired.set(key, seen.atMs);
      open.set(key, []);
      came.push(seen.seq);
    }
    return came;
  };
  fc.assert(
    fc.property(someRule, fc.array(seed, { maxLength: 200 }), (some, seeds) => {
      const events = eventsOf(seeds);
      expect(dryRun(readyRule(some, plainPattern), events).map((one) => one.event.seq)).toEqual(
        naive(some, events),
      );
    }),
    { numRuns: 300 },
  );
});

test('why it came or not is what the evaluator said, condition by condition', () => {
  fc.assert(
    fc.property(someRule, fc.array(seed, { minLength: 1, maxLength: 60 }), (some, seeds) => {
      const events = eventsOf(seeds);
      const one = readyRule(some, plainPattern);
      const came = new Set(dryRun(one, events).map(({ event: { seq } }) => seq));
      const last = events.at(-1)!;
      const why = whyOf(one, plainPattern, events.slice(0, -1), last);
      expect(why.verdict.is === 'fires').toBe(came.has(last.seq));
      const [whole] = why.conditions;
      if (whole !== undefined) expect(whole.holds).toBe(one.matches(last));
    }),
    { numRuns: 300 },
  );
});

test('of many values those met longest ago are forgotten, and memory stays small', () => {
  const one = ready({ per: 'task.id', cooldown: '31d' });
  const events = Array.from({ length: 3_000 }, (_, at) =>
    event({ seq: at + 1, task: { id: `t-${at}`, title: '', startedAt: '' } }),
  );
  const { memories } = judge([{ id: 'a', ready: one, memory: NO_MEMORY, sinceSeq: 0 }], events);
  expect([memories.get('a')?.keys.size, memories.get('a')?.slots.length]).toEqual([1_000, 500]);
});

test('what was before a rule is none of its business', () => {
  const events = eventsOf(Array.from({ length: 10 }, () => [0, 0, 1, 3] as const));
  const from = (sinceSeq: number) =>
    judge([{ id: 'a', ready: ready(), memory: NO_MEMORY, sinceSeq }], events).firings.length;
  expect([from(0), from(4), from(10)]).toEqual([10, 6, 0]);
});
