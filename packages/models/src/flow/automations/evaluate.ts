// Whether an automation comes: one evaluator, for what happens now and for what happened then. Pure.
import { own } from '../look.ts';
import { spanMs, type Condition, type Rule, type SeenEvent } from './rule.ts';

/** Of a text that may be long, a pattern sees so many characters. */
const SEEN_CHARS = 10_000;
/** Values of `per` that are told apart at once; the one that was met longest ago is forgotten. */
const MOST_KEYS = 1_000;
export const DAY_MS = 86_400_000;

/** Reads a regular expression; the engine behind it takes time in proportion to the text, whatever the pattern. */
export type ReadPattern = (
  source: string,
) =>
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly sentence: string };

type Test = (event: SeenEvent) => boolean;

/** A rule that is ready to judge. */
export interface ReadyRule {
  readonly rule: Rule;
  readonly matches: Test;
  readonly keyOf: (event: SeenEvent) => string;
  readonly withinMs: number;
  readonly cooldownMs: number;
}

/** What a rule remembers between two events. */
export interface RuleMemory {
  /** When the last ones came or will come, oldest first; `perDay` at most. */
  readonly slots: readonly number[];
  readonly keys: ReadonlyMap<string, KeyMemory>;
}
interface KeyMemory {
  /** Of what counted and led to nothing yet. */
  readonly times: readonly number[];
  readonly firedMs: number | null;
}
export const NO_MEMORY: RuleMemory = { slots: [], keys: new Map() };

/** As it is kept. */
export interface KeptMemory {
  readonly slots: readonly number[];
  readonly keys: readonly (readonly [string, KeyMemory])[];
}
export const keepMemory = ({ slots, keys }: RuleMemory): KeptMemory => ({ slots, keys: [...keys] });
export const readMemory = ({ slots, keys }: KeptMemory): RuleMemory => ({ slots, keys: new Map(keys) });

export type Verdict =
  /** The event is not like that. */
  | { readonly is: 'other' }
  /** It counts, and there are not enough yet. */
  | { readonly is: 'counted'; readonly have: number; readonly need: number }
  | { readonly is: 'cooling'; readonly untilMs: number }
  /** `dueMs`: when; later than the event where that many came in a day already. */
  | { readonly is: 'fires'; readonly dueMs: number };

/** @returns the values that a field has in an event; none when it has none */
export function valuesOf(event: SeenEvent, field: string): readonly unknown[] {
  const found = lookUp(event, field);
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found];
}

function lookUp(event: SeenEvent, field: string): unknown {
  switch (field) {
    case 'event.type':
      return event.type;
    case 'event.actor':
      return event.actor;
    case 'event.at':
      return new Date(event.atMs).toISOString();
    case 'task.id':
      return event.task?.id;
    case 'task.title':
      return event.task?.title;
    case 'task.startedAt':
      return event.task?.startedAt;
    case 'project':
      return event.project ?? undefined;
    default:
      return inPayload(event.payload, field);
  }
}

function inPayload(payload: Readonly<Record<string, unknown>>, field: string): unknown {
  // Nearly all are at the top.
  if (!field.includes('.')) return own(payload, field);
  return field
    .split('.')
    .reduce<unknown>(
      (found, name) =>
        typeof found === 'object' && found !== null
          ? own(found as Readonly<Record<string, unknown>>, name)
          : undefined,
      payload,
    );
}

/** What an event says of a field, as a text that a pattern is held against; null for what is no plain value. */
const textOf = (value: unknown): string | null => {
  if (typeof value === 'string') return value.length > SEEN_CHARS ? value.slice(0, SEEN_CHARS) : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
};

/** Whether a text is like a glob: `*` is anything, `?` one character. In time of one by the other at most. */
export function isLike(text: string, glob: string): boolean {
  let [at, in_, star, from] = [0, 0, -1, 0];
  while (at < text.length) {
    if (in_ < glob.length && glob[in_] === '*') [star, from, in_] = [in_, at, in_ + 1];
    else if (in_ < glob.length && (glob[in_] === '?' || glob[in_] === text[at]))
      [at, in_] = [at + 1, in_ + 1];
    else if (star >= 0) [from, at, in_] = [from + 1, from + 1, star + 1];
    else return false;
  }
  while (glob[in_] === '*') in_++;
  return in_ === glob.length;
}

const some =
  (field: string, is: (value: unknown, event: SeenEvent) => boolean): Test =>
  (event) =>
    valuesOf(event, field).some((value) => is(value, event));

/** One condition as a test, without those within it. */
function testOf(condition: Condition, read: ReadPattern): Test {
  if ('all' in condition) {
    const tests = condition.all.map((inner) => testOf(inner, read));
    return (event) => tests.every((test) => test(event));
  }
  if ('any' in condition) {
    const tests = condition.any.map((inner) => testOf(inner, read));
    return (event) => tests.some((test) => test(event));
  }
  if ('not' in condition) {
    const test = testOf(condition.not, read);
    return (event) => !test(event);
  }
  const { field } = condition;
  if ('equals' in condition) return some(field, (value) => value === condition.equals);
  if ('in' in condition) {
    const wanted = new Set<unknown>(condition.in);
    return some(field, (value) => wanted.has(value));
  }
  if ('glob' in condition) return textTest(field, (text) => isLike(text, condition.glob));
  if ('regex' in condition) return patternTest(field, condition.regex, read);
  const olderMs = spanMs(condition.olderThan);
  return some(field, (value, event) => event.atMs - timeOf(value) > olderMs);
}

function patternTest(field: string, source: string, read: ReadPattern): Test {
  const pattern = read(source);
  // It was read when the rule was kept; one that can't be read any more is like nothing.
  if (!pattern.ok) return () => false;
  return textTest(field, pattern.test);
}

const textTest = (field: string, is: (text: string) => boolean): Test =>
  some(field, (value) => {
    const text = textOf(value);
    return text !== null && is(text);
  });

const timeOf = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN);

/** @param read the engine of regular expressions */
export function readyRule(rule: Rule, read: ReadPattern): ReadyRule {
  const { per, where } = rule;
  return {
    rule,
    matches: where === null ? () => true : testOf(where, read),
    keyOf:
      per === null
        ? () => ''
        : (event) =>
            valuesOf(event, per)
              .map((value) => String(value))
              .join('\n'),
    withinMs: rule.count === null ? 0 : spanMs(rule.count.within),
    cooldownMs: rule.cooldown === null ? 0 : spanMs(rule.cooldown),
  };
}

/**
 * Judges one event of a type that the rule is on.
 * @param memory of the events before it; it is not changed
 */
function judgeOne(
  ready: ReadyRule,
  memory: RuleMemory,
  event: SeenEvent,
): { readonly verdict: Verdict; readonly memory: RuleMemory } {
  if (!ready.matches(event)) return { verdict: { is: 'other' }, memory };
  const { rule, withinMs, cooldownMs } = ready;
  const key = ready.keyOf(event);
  const known = memory.keys.get(key) ?? { times: [], firedMs: null };
  const { atMs } = event;
  const need = rule.count?.times ?? 1;
  const times = [...known.times.filter((time) => time > atMs - withinMs), atMs].slice(-need);
  const keep = (kept: KeyMemory): ReadonlyMap<string, KeyMemory> => withKey(memory.keys, key, kept);
  if (times.length < need)
    return {
      verdict: { is: 'counted', have: times.length, need },
      memory: { slots: memory.slots, keys: keep({ ...known, times }) },
    };
  // Without a rest a clock that went back is none either.
  if (cooldownMs > 0 && known.firedMs !== null && atMs < known.firedMs + cooldownMs)
    return {
      verdict: { is: 'cooling', untilMs: known.firedMs + cooldownMs },
      memory: need === 1 ? memory : { slots: memory.slots, keys: keep({ ...known, times }) },
    };
  const dueMs = dueOf(memory.slots, rule.perDay, atMs);
  const isKept = need > 1 || cooldownMs > 0;
  return {
    verdict: { is: 'fires', dueMs },
    memory: {
      slots: [...memory.slots, dueMs].slice(-rule.perDay),
      keys: isKept ? keep({ times: [], firedMs: atMs }) : memory.keys,
    },
  };
}

/** The first moment, not before `atMs`, at which fewer than `perDay` came within a day. */
function dueOf(slots: readonly number[], perDay: number, atMs: number): number {
  const full = slots.length < perDay ? undefined : slots[slots.length - perDay];
  return full === undefined ? atMs : Math.max(atMs, full + DAY_MS);
}

function withKey(
  keys: ReadonlyMap<string, KeyMemory>,
  key: string,
  kept: KeyMemory,
): ReadonlyMap<string, KeyMemory> {
  const next = new Map(keys);
  // Put at the end, so that the first one is the one that was met longest ago.
  next.delete(key);
  next.set(key, kept);
  if (next.size > MOST_KEYS) next.delete(next.keys().next().value ?? '');
  return next;
}

/** A rule with what it remembers, and from where in the log on it counts. */
export interface StandingRule {
  readonly id: string;
  readonly ready: ReadyRule;
  readonly memory: RuleMemory;
  /** Events up to this one were before the rule. */
  readonly sinceSeq: number;
}
export interface Firing {
  readonly id: string;
  readonly event: SeenEvent;
  readonly dueMs: number;
}

/**
 * Judges a stretch of the log: the one way in which rules are judged, now or in a dry run.
 * @param rules in the order in which their firings of one event come
 * @param events in the order of the log
 * @returns what comes of it, in the order of the log, and what each rule remembers afterwards
 */
export function judge(
  rules: readonly StandingRule[],
  events: readonly SeenEvent[],
): { readonly firings: readonly Firing[]; readonly memories: ReadonlyMap<string, RuleMemory> } {
  const memories = new Map(rules.map(({ id, memory }) => [id, memory]));
  const byType = new Map<string, StandingRule[]>();
  for (const standing of rules)
    for (const type of new Set(standing.ready.rule.when))
      byType.set(type, [...(byType.get(type) ?? []), standing]);
  const firings: Firing[] = [];
  for (const event of events)
    for (const { id, ready, sinceSeq } of byType.get(event.type) ?? []) {
      if (event.seq <= sinceSeq) continue;
      const before = memories.get(id) ?? NO_MEMORY;
      const { verdict, memory } = judgeOne(ready, before, event);
      if (memory !== before) memories.set(id, memory);
      if (verdict.is === 'fires') firings.push({ id, event, dueMs: verdict.dueMs });
    }
  return { firings, memories };
}

/**
 * What a rule would have done over some of the log, had it been made right before it.
 * @param events in the order of the log
 */
export const dryRun = (ready: ReadyRule, events: readonly SeenEvent[]): readonly Firing[] =>
  judge([{ id: '', ready, memory: NO_MEMORY, sinceSeq: 0 }], events).firings;

/** Why a rule came of an event, or did not: each condition by itself. */
export interface Why {
  readonly verdict: Verdict;
  readonly conditions: readonly WhyCondition[];
}
export interface WhyCondition {
  readonly condition: Condition;
  readonly depth: number;
  readonly holds: boolean;
  /** What the event says of the field; none of all, any and not. */
  readonly saw: readonly unknown[];
}

/**
 * @param before events since the rule was made that it judged before this one
 * @returns for an event of another type, that it is another, and no conditions
 */
export function whyOf(
  ready: ReadyRule,
  read: ReadPattern,
  before: readonly SeenEvent[],
  event: SeenEvent,
): Why {
  if (!ready.rule.when.includes(event.type)) return { verdict: { is: 'other' }, conditions: [] };
  const memory = judge([{ id: '', ready, memory: NO_MEMORY, sinceSeq: 0 }], before).memories.get('');
  const { verdict } = judgeOne(ready, memory ?? NO_MEMORY, event);
  const { where } = ready.rule;
  return { verdict, conditions: where === null ? [] : conditionsOf(where, event, read, 0) };
}

function conditionsOf(
  condition: Condition,
  event: SeenEvent,
  read: ReadPattern,
  depth: number,
): WhyCondition[] {
  const here: WhyCondition = {
    condition,
    depth,
    holds: testOf(condition, read)(event),
    saw: 'field' in condition ? valuesOf(event, condition.field) : [],
  };
  return [here, ...partsOf(condition).flatMap((part) => conditionsOf(part, event, read, depth + 1))];
}

/** @returns the conditions that stand right within one */
export function partsOf(condition: Condition): readonly Condition[] {
  if ('all' in condition) return condition.all;
  if ('any' in condition) return condition.any;
  return 'not' in condition ? [condition.not] : [];
}
