// A conversation of months, made from a seed: small talk of work, and facts in it of which is known where
// each was said, so that a test can ask what is left of them. The same seed gives the same conversation, to
// the letter.
import type { Queryable } from '@mainloop/models/db/pool';
import type { Payloads } from '@mainloop/models/events/registry';

/** One thing said. Of each pair the person's comes first, and the reply has the turn of it. */
export interface SaidThen {
  readonly id: string;
  readonly role: Payloads['message.said']['role'];
  readonly text: string;
  readonly turnId: string | null;
  readonly at: Date;
}

/** What was said once, or twice with another value. */
export interface PlantedFact {
  /** `plain`: said once; `changed`: said anew with another value; `negated`: taken back; `dated`: its value is a day; `named`: its value is a person. */
  readonly kind: 'plain' | 'changed' | 'negated' | 'dated' | 'named';
  /** What it is about, as the words stand in the message: no two facts are about the same. */
  readonly about: string;
  /** The value that counts in the end; for a negated one what is not so any more. */
  readonly value: string;
  /** The value that it replaced; null where there was none. */
  readonly before: string | null;
  /** The message that holds what counts in the end. */
  readonly messageId: string;
  /** The message that it replaced; null where there was none. */
  readonly beforeId: string | null;
}

export interface Months {
  /** Oldest first. */
  readonly messages: readonly SaidThen[];
  readonly facts: readonly PlantedFact[];
}

export interface MonthsOptions {
  readonly seed: number;
  readonly days?: number;
  readonly messages?: number;
  readonly facts?: number;
  /** Midnight (UTC) of the first day. */
  readonly from?: Date;
}

const DAY_MS = 86_400_000;
const SERVICES =
  'billing search upload checkout ledger mailer importer gateway catalog scheduler reports invoice payroll archive tracker printer router signup avatar exporter'.split(
    ' ',
  );
const MEASURED: readonly (readonly [string, string])[] = [
  ['port', ''],
  ['timeout', ' seconds'],
  ['memory limit', ' MiB'],
  ['retry count', ''],
  ['rate limit', ' requests a minute'],
  ['batch size', ' rows'],
  ['cache lifetime', ' minutes'],
  ['page size', ' items'],
  ['queue length', ' jobs'],
  ['upload limit', ' MB'],
  ['replica count', ''],
  ['sample size', ' rows'],
  ['lock timeout', ' ms'],
  ['disk quota', ' GB'],
];
const DATED = ['deadline', 'release', 'migration', 'freeze'];
const NAMED = ['owner', 'reviewer', 'contact'];
const SWITCHED = ['dark mode', 'audit log', 'bulk import', 'guest login', 'legacy sync'];
const GIVEN = 'Mona Priya Jonas Aiko Felix Ines Omar Lena Ravi Greta Hugo Nadia Tomas Wen Yara Zeno'.split(
  ' ',
);
const FAMILY = 'Okafor Lindqvist Marchetti Novak Haddad Brennan Tanaka Sorensen Castillo Weber'.split(' ');
const CHAT = [
  'Can you look at why the tests are slow today?',
  'Thanks, that reads well.',
  'Let me think about it over lunch.',
  'The page feels heavy on my phone.',
  'What is still open?',
  'That was quick.',
  'I am in meetings until later.',
  'Please keep the change small.',
  'The log is noisy again, have a look when there is time.',
  'Nice, the pipeline is green.',
  'Could we tidy the names in that folder?',
  'I will read the pull request after the call.',
];
const REPLIES = [
  'Sure, I had a look and will say what I find.',
  'Noted. Nothing is waiting for you just now.',
  'The checks are running; I will tell you when they are through.',
  'I can propose a task for that when you like.',
  'Two things are open, and both wait for a review.',
  'Done. Anything else?',
  'Good idea, it would make the folder easier to read.',
];

/** Numbers from 0 to 1, the same for the same seed (mulberry32, public domain). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Planted {
  readonly kind: PlantedFact['kind'];
  readonly about: string;
  readonly value: string;
  readonly before: string | null;
  readonly says: string;
  readonly saidBefore: string | null;
}

/** There are only so many things to say something about. */
const MOST_FACTS = 400;

/**
 * @returns a conversation of 120 days, 10,000 messages and 400 facts, unless asked for another size
 * @throws Error when so many facts do not fit
 */
export function monthsOf(options: MonthsOptions): Months {
  const {
    seed,
    days = 120,
    messages = 10_000,
    facts = 400,
    from = new Date('2026-03-02T00:00:00Z'),
  } = options;
  if (facts > MOST_FACTS || facts * 4 > messages)
    throw new Error(`There can be ${MOST_FACTS} facts, and four messages have to be there for each.`);
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const pairs = Math.floor(messages / 2);
  const times = timesOf(pairs, days, from.getTime(), random);
  const planted = plant(facts, random, pick);
  // Each fact has a pair of its own; what it replaces stands at least one pair before it.
  const places = new Map<number, { readonly fact: number; readonly isBefore: boolean }>();
  const free = (low: number, high: number): number => {
    for (;;) {
      const at = low + Math.floor(random() * (high - low));
      if (!places.has(at)) return at;
    }
  };
  planted.forEach((fact, index) => {
    const early = fact.saidBefore === null ? null : free(0, Math.floor(pairs / 2));
    if (early !== null) places.set(early, { fact: index, isBefore: true });
    places.set(free(early === null ? 0 : Math.floor(pairs / 2), pairs), { fact: index, isBefore: false });
  });
  const said: SaidThen[] = [];
  const ids = planted.map((): { now: string; before: string | null } => ({ now: '', before: null }));
  times.forEach((ms, index) => {
    const id = `m-months-${String(index).padStart(5, '0')}`;
    const place = places.get(index);
    const fact = place && planted[place.fact]!;
    if (place?.isBefore) ids[place.fact]!.before = id;
    else if (place) ids[place.fact]!.now = id;
    const words = place?.isBefore ? fact!.saidBefore! : fact?.says;
    const text = words === undefined ? pick(CHAT) : `${random() < 0.5 ? `${pick(CHAT)} ` : ''}${words}`;
    const turnId = `turn-${id}`;
    said.push({ id, role: 'user', text, turnId, at: new Date(ms) });
    said.push({
      id: `m-${turnId}`,
      role: 'assistant',
      text: pick(REPLIES),
      turnId,
      at: new Date(ms + 4_000),
    });
  });
  return {
    messages: said,
    facts: planted.map(({ kind, about, value, before }, index) => ({
      kind,
      about,
      value,
      before,
      messageId: ids[index]!.now,
      beforeId: ids[index]!.before,
    })),
  };
}

/** Working hours, mostly; some days are empty, some are long. In order, no two alike. */
function timesOf(count: number, days: number, fromMs: number, random: () => number): number[] {
  const weights = Array.from({ length: days }, (_, day) => (day % 7 > 4 ? 0.15 : 1) * (0.3 + random()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const times = weights.flatMap((weight, day) =>
    Array.from({ length: Math.ceil((weight / total) * count) }, () =>
      Math.floor(fromMs + day * DAY_MS + (8 + random() * 11) * 3_600_000),
    ),
  );
  return times
    .slice(0, count)
    .toSorted((a, b) => a - b)
    .map((ms, index) => ms + index);
}

function plant(count: number, random: () => number, pick: <T>(list: readonly T[]) => T): Planted[] {
  const taken = new Set<string>();
  const fresh = (attributes: readonly string[]): string => {
    for (;;) {
      const about = `${pick(SERVICES)} ${pick(attributes)}`;
      if (!taken.has(about)) {
        taken.add(about);
        return about;
      }
    }
  };
  const number = (): string => String(10 + Math.floor(random() * 9_000));
  const other = (make: () => string, than: string): string => {
    for (;;) {
      const made = make();
      if (made !== than) return made;
    }
  };
  const day = (): string =>
    new Date(Date.UTC(2027, 0, 1) + Math.floor(random() * 360) * DAY_MS).toISOString().slice(0, 10);
  const person = (): string => `${pick(GIVEN)} ${pick(FAMILY)}`;
  const kinds: readonly PlantedFact['kind'][] = ['plain', 'plain', 'changed', 'dated', 'named', 'negated'];
  const limits = {
    dated: SERVICES.length * DATED.length,
    named: SERVICES.length * NAMED.length,
    negated: SERVICES.length * SWITCHED.length,
  };
  const used: Record<string, number> = {};
  return Array.from({ length: count }, (_, index): Planted => {
    let kind = kinds[index % kinds.length]!;
    used[kind] = (used[kind] ?? 0) + 1;
    if (kind !== 'plain' && kind !== 'changed' && used[kind]! > limits[kind]) kind = 'plain';
    if (kind === 'dated') {
      const about = fresh(DATED);
      const value = day();
      return { kind, about, value, before: null, says: `The ${about} is on ${value}.`, saidBefore: null };
    }
    if (kind === 'named') {
      const about = fresh(NAMED);
      const value = person();
      return { kind, about, value, before: null, says: `The ${about} is ${value}.`, saidBefore: null };
    }
    if (kind === 'negated') {
      const about = fresh(SWITCHED);
      return {
        kind,
        about,
        value: 'on',
        before: 'on',
        says: `The ${about} is not on any more.`,
        saidBefore: `The ${about} is on.`,
      };
    }
    const about = fresh(MEASURED.map(([name]) => name));
    const unit = MEASURED.find(([name]) => about.endsWith(name))![1];
    const value = number();
    const before = kind === 'changed' ? other(number, value) : null;
    return {
      kind,
      about,
      value,
      before,
      says: before === null ? `The ${about} is ${value}${unit}.` : `The ${about} is now ${value}${unit}.`,
      saidBefore: before === null ? null : `The ${about} is ${before}${unit}.`,
    };
  });
}

/**
 * Puts a conversation into a database as if it had been said then: events, messages and their times. Ids
 * begin with the owner's.
 */
export async function seedMonths(
  db: Queryable,
  ownerId: string,
  messages: readonly SaidThen[],
): Promise<void> {
  const rows = messages.map((message) => ({
    ...message,
    id: `${ownerId}-${message.id}`,
    turnId: message.turnId === null ? null : message.turnId.replace('turn-', `turn-${ownerId}-`),
  }));
  for (let from = 0; from < rows.length; from += 1_000) {
    const some = rows.slice(from, from + 1_000);
    await db.query(
      `with said as (select * from jsonb_to_recordset($2::jsonb) as s(id text, role text, text text, "turnId" text, at timestamptz)),
       logged as (
         insert into events (owner_id, type, actor, payload, at)
         select $1, 'message.said', 'test', jsonb_build_object('id', id, 'role', role, 'text', text, 'turnId', "turnId"), at from said
         returning seq, at, payload)
       insert into messages (id, owner_id, role, text, state, turn_id, seq, at)
       select payload->>'id', $1, payload->>'role', payload->>'text', 'kept', payload->>'turnId', seq, at from logged`,
      [ownerId, JSON.stringify(some)],
    );
  }
}
