// Search in one conversation: what it finds of what was asked for, by words, by vectors and by both, and how
// long it takes among a million messages. `node bench/search.ts found FILE` and `node bench/search.ts speed
// [MESSAGES [FOLDER]]`; docs/benchmarks.md says what FILE is. In FOLDER the database is kept for the next run; `seed`
// only makes it.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { minilm } from '../packages/adapters/src/embedder/minilm.ts';
import { saveVectors } from '../packages/models/src/db/conversation/vectors.ts';
import { listSaidBetween, searchMessages } from '../packages/models/src/db/conversation/search.ts';
import { listMessages } from '../packages/models/src/db/conversation/thread.ts';
import { migrate } from '../packages/models/src/db/migrate.ts';
import { openPool, withTx, type Db } from '../packages/models/src/db/pool.ts';
import {
  DIMENSIONS,
  fused,
  inBytes,
  nearness,
  signatureBytes,
  signatureOf,
} from '../packages/models/src/flow/conversation/meaning.ts';
import { OWNER } from '../packages/models/src/flow/ids.ts';
import { wordsIn } from '../packages/models/src/flow/conversation/search.ts';
import { Finder } from '../apps/api/src/chat/finder.ts';
import { promptOf } from '../apps/api/src/chat/prompt.ts';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';
import { endProcess } from '../apps/cli/src/up/pids.ts';
import { startPostgres } from '../apps/cli/src/up/postgres.ts';
import { quantile } from './lib.ts';

interface Conversation {
  readonly id: string;
  readonly turns: readonly {
    readonly id: string;
    readonly at: string;
    readonly speaker: string;
    readonly text: string;
  }[];
  readonly questions: readonly {
    readonly question: string;
    readonly evidence: readonly string[];
    readonly category: number;
  }[];
}
/** Questions of this kind ask what was never said. */
const NEVER_SAID = 5;
const BATCH = 5_000;
const APART_MS = 300_000;
const DAY_MS = 24 * 3_600_000;
/** When the first was said; each of the others five minutes after the one before it. */
const BEGIN_MS = Date.UTC(2016, 0, 1);

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');
const embedder = minilm({
  model: ensureTool('embedder', cache, console.log),
  tokenizer: ensureTool('embedderWords', cache, console.log),
});

const [what, arg, kept] = process.argv.slice(2);
const home = kept ?? mkdtempSync('/tmp/mainloop-bench-search-');
mkdirSync(path.join(home, 's'), { mode: 0o711, recursive: true });
chmodSync(home, 0o711);
const postgres = await startPostgres(
  path.join(home, 'postgres'),
  path.join(home, 's'),
  'bench',
  path.join(home, 'log'),
);
const db = openPool(postgres.url, 'bench', 10);
try {
  await patiently(() => db.query('select 1'));
  const migrating = performance.now();
  const migrated = await migrate(postgres.url);
  console.log(`${migrated.length} migrations took ${((performance.now() - migrating) / 1000).toFixed(1)} s`);
  if (what === 'found') await found(arg ?? '');
  else if (what === 'seed') await seed(Number(arg ?? 1_000_000), maker());
  else if (what === 'speed') await speed(Number(arg ?? 1_000_000));
  else console.log('Say found FILE, speed [MESSAGES [FOLDER]], or seed MESSAGES FOLDER.');
} finally {
  await embedder.close();
  await db.end();
  await endProcess(postgres.process, 10_000, 'SIGINT');
  if (kept === undefined) rmSync(home, { recursive: true, force: true });
}

/**
 * Of the turns that hold the evidence of a question, the share that is among the first k; the mean over all
 * questions.
 */
async function found(file: string): Promise<void> {
  if (!existsSync(file)) return void console.log(`${file || 'FILE'} is not here: nothing was measured.`);
  const all = JSON.parse(readFileSync(file, 'utf8')) as Conversation[];
  const ways = {
    words: [] as number[][],
    vectors: [] as number[][],
    both: [] as number[][],
    finder: [] as number[][],
  };
  for (const conversation of all) {
    const vectors = await keep(conversation);
    const finder = new Finder(db, embedder);
    for (const question of conversation.questions.filter(
      (x) => x.category !== NEVER_SAID && x.evidence.length > 0,
    )) {
      const words = wordsIn(question.question);
      const [asked] = await embedder.embed([question.question]);
      const byWords = (await searchMessages(db, conversation.id, { words, limit: 50 })).map((m) => m.id);
      const byVectors = [...vectors]
        .map(([id, v]) => ({ id, near: nearness(asked!, v) }))
        .toSorted((a, b) => b.near - a.near)
        .slice(0, 50)
        .map((x) => x.id);
      const lists = {
        words: byWords,
        vectors: byVectors,
        both: fused([byWords, byVectors]),
        finder: (await finder.find(conversation.id, { asked: question.question, words, limit: 10 })).map(
          (m) => m.id,
        ),
      };
      const evidence = question.evidence.map((e) => `${conversation.id}/${e}`);
      for (const [way, list] of Object.entries(lists))
        ways[way as keyof typeof ways].push([5, 10].map((k) => recallAt(list, evidence, k)));
    }
  }
  for (const [way, rs] of Object.entries(ways))
    console.log(`${way}: ${rs.length} questions, recall@5 ${percent(rs, 0)}, recall@10 ${percent(rs, 1)}`);
}
function recallAt(list: readonly string[], evidence: readonly string[], k: number): number {
  return evidence.filter((e) => list.slice(0, k).includes(e)).length / evidence.length;
}
function percent(rs: readonly number[][], i: number): string {
  return `${((100 * rs.reduce((n, r) => n + r[i]!, 0)) / rs.length).toFixed(1)}%`;
}

/** Says a conversation, each turn with its speaker's name before it, as its own user. @returns its vectors */
async function keep(conversation: Conversation): Promise<Map<string, Int8Array>> {
  const vectors = new Map<string, Int8Array>();
  for (const [i, t] of conversation.turns.entries()) {
    const [id, text, at] = [
      `${conversation.id}/${t.id}`,
      `${t.speaker}: ${t.text}`,
      new Date(Date.UTC(2026, 0, 1, 0, i)),
    ];
    const vector = (await embedder.embed([text]))[0]!;
    vectors.set(id, vector);
    await withTx(db, async (tx) => {
      await insert(tx, [{ id, owner: conversation.id, text, seq: i + 1, at }]);
      await saveVectors(tx, conversation.id, [{ id, at, vector }]);
    });
  }
  return vectors;
}

function insert(
  query: Pick<Db, 'query'>,
  ms: readonly { id: string; owner: string; text: string; seq: number; at: Date }[],
): Promise<unknown> {
  const of = <K extends keyof (typeof ms)[number]>(k: K): unknown[] => ms.map((m) => m[k]);
  return query.query(
    `insert into messages (id, owner_id, role, text, state, seq, at)
     select id, owner, 'user', text, 'done', seq, at from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) as x(id, owner, text, seq, at)`,
    [of('id'), of('owner'), of('text'), of('seq'), of('at')],
  );
}

/** Words come as often as in a language (Zipf), vectors in clusters. Made from a seed, so each run is the same. */
function maker() {
  const random = seeded(15);
  const word = (): string => `w${Math.floor(20_000 ** random() - 1).toString(36)}`;
  const sentence = (n: number): string => Array.from({ length: n }, word).join(' ');
  const centers = Array.from({ length: 500 }, () => Array.from({ length: DIMENSIONS }, () => random() - 0.5));
  const near = (): Int8Array => {
    const center = centers[Math.floor(random() * centers.length)]!;
    return inBytes(center.map((x) => x + 0.8 * (random() - 0.5)));
  };
  return { random, sentence, near };
}
type Maker = ReturnType<typeof maker>;

/** Once: what is there stays. */
async function seed(count: number, made: Maker): Promise<void> {
  if ((await db.query('select 1 from messages limit 1')).rows.length > 0) return;
  await seedMessages(count, made);
  await seedSummaries(count, made);
}

async function seedMessages(count: number, { random, sentence, near }: Maker): Promise<void> {
  // Made at the end it takes a fraction of the time, and the same place.
  const words = (
    await db.query<{ def: string }>("select pg_get_indexdef('messages_words_idx'::regclass) as def")
  ).rows[0]!.def;
  await db.query('drop index messages_words_idx');
  for (let from = 0; from < count; from += BATCH) {
    const ms = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => ({
      id: `m-${from + i}-${'0'.repeat(24)}`,
      owner: OWNER,
      text: sentence(8 + Math.floor(random() * 40)),
      seq: from + i + 1,
      at: new Date(BEGIN_MS + (from + i) * APART_MS),
    }));
    await insert(db, ms);
    const vs = ms.map(() => near());
    await db.query(
      `insert into message_vectors (message_id, model, owner_id, at, signature, vector)
       select id, 'minilm-l6-int8-1', '${OWNER}', at, s, v from unnest($1::text[], $2::timestamptz[], $3::bytea[], $4::bytea[]) as x(id, at, s, v)`,
      [
        ms.map((m) => m.id),
        ms.map((m) => m.at),
        vs.map((v) => Buffer.from(signatureBytes(signatureOf(v)))),
        vs.map((v) => Buffer.from(v.buffer)),
      ],
    );
    if (from % 200_000 === 0) console.log(`${from} messages`);
  }
  await db.query(words);
  await db.query('vacuum analyze messages, message_vectors');
}

/** Summaries of all of it up to the last day, as many and as long as the pyramid keeps. */
async function seedSummaries(count: number, { sentence }: Maker): Promise<void> {
  const endMs = BEGIN_MS + count * APART_MS;
  const levels = { day: DAY_MS, week: 7 * DAY_MS, month: 30.4 * DAY_MS };
  for (const [level, stepMs] of Object.entries(levels)) {
    const ranges: { from: number; to: number }[] = [];
    for (let from = BEGIN_MS; from + stepMs <= endMs; from += stepMs)
      ranges.push({ from, to: from + stepMs });
    const seqOf = (ms: number): number => Math.ceil((ms - BEGIN_MS) / APART_MS);
    await db.query(
      `insert into summaries (id, owner_id, level, label, from_at, to_at, first_seq, last_seq, sources, source_hash, version, text, written_by, tokens)
       select id, '${OWNER}', '${level}', label, f, t, fs, ls, '{}', id, 1, text, 'extract', 300
         from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::text[]) as x(id, label, f, t, fs, ls, text)`,
      [
        ranges.map((r) => `${level}-${r.from}`),
        ranges.map((r) => new Date(r.from).toISOString().slice(0, level === 'month' ? 7 : 10)),
        ranges.map((r) => new Date(r.from)),
        ranges.map((r) => new Date(r.to)),
        ranges.map((r) => seqOf(r.from) + 1),
        ranges.map((r) => seqOf(r.to)),
        ranges.map(() => Array.from({ length: 10 }, () => `- ${sentence(18)}.`).join('\n')),
      ],
    );
  }
  await db.query('vacuum analyze summaries');
}

async function tellSizes(count: number): Promise<void> {
  const sizes = await db.query<{ name: string; bytes: number }>(
    `select relname as name, pg_total_relation_size(oid) - case when relkind = 'r' then pg_indexes_size(oid) else 0 end as bytes from pg_class
      where relname like 'message%' and relkind in ('r', 'i') order by 1`,
  );
  for (const { name, bytes } of sizes.rows)
    console.log(`${name}: ${(bytes / count).toFixed(0)} bytes a message`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function timedOften(name: string, times: number, work: () => Promise<unknown>): Promise<void> {
  const ms: number[] = [];
  const bare: number[] = [];
  let [here, there] = [0, 0];
  for (let i = 0; i < times; i++) {
    const [cpu, server] = [process.cpuUsage(), serverMs()];
    ms.push(await timed(work));
    const { user, system } = process.cpuUsage(cpu);
    here += (user + system) / 1000;
    there += serverMs() - server;
    // What the same machine takes in the same moment for a question without work: how busy it is.
    bare.push(await timed(() => db.query('select 1')));
  }
  const [half, most] = [quantile(ms, 0.5), quantile(ms, 0.95)];
  const [bareHalf, bareMost] = [quantile(bare, 0.5), quantile(bare, 0.95)];
  // What it takes of a core, which is the same however busy the machine is.
  const cores = `${(here / times).toFixed(1)} and ${(there / times).toFixed(1)} ms`;
  console.log(
    `${name}: p50 ${half.toFixed(1)} ms, p95 ${most.toFixed(1)} ms; of a core ${cores} (here, Postgres); ` +
      `a bare question beside it ${bareHalf.toFixed(2)} and ${bareMost.toFixed(2)} ms, ` +
      `so ${(half / bareHalf).toFixed(0)} and ${(most / bareMost).toFixed(0)} times that`,
  );
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended meanwhile, and took nothing more of a core.
    return '';
  }
}

/** What the processes of Postgres that are there have had of a core; counted in hundredths of a second. */
function serverMs(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  let ticks = 0;
  for (const pid of pids) {
    const fields = statOf(pid).split(') ').at(-1)!.split(' ');
    if (Number(fields[1]) === postgres.process.pid) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}

/** Made from a seed: what is measured is the same each time. */
async function speed(count: number): Promise<void> {
  const made = maker();
  await seed(count, made);
  await tellSizes(count);
  const { sentence, near, random } = made;
  const finder = new Finder(db, { embed: async (ts) => ts.map(near), close: async () => undefined });
  const loaded = await timed(() => finder.find(OWNER, { asked: 'x', words: ['w1'], limit: 12 }));
  console.log(`first search, which loads the signatures: ${loaded.toFixed(0)} ms`);
  await new Promise((r) => setTimeout(r, 3_000));
  for (const n of [1, 2, 3, 6]) {
    await timedOften(`search by ${n} words and meaning, its vector given`, 60, () => {
      const asked = sentence(n);
      return finder.find(OWNER, { asked, words: wordsIn(asked), limit: 12 });
    });
    await timedOften(`of it by ${n} words`, 60, () =>
      searchMessages(db, OWNER, { words: wordsIn(sentence(n)), limit: 50 }),
    );
  }
  const endMs = BEGIN_MS + count * APART_MS;
  const someDay = (): number => endMs - Math.floor(1.5 * 365 + random() * 365) * DAY_MS;
  await timedOften('a day of two years ago', 60, () => {
    const from = someDay();
    return listSaidBetween(db, OWNER, { from: new Date(from), to: new Date(from + DAY_MS), limit: 400 });
  });
  await timedOften('a page of the conversation of two years ago', 60, () =>
    listMessages(db, OWNER, Math.floor((someDay() - BEGIN_MS) / APART_MS)),
  );
  await timedOften('what a turn is told', 60, () =>
    promptOf(db, { ownerId: OWNER, seq: count }, new Date(endMs)),
  );
  const before = process.memoryUsage().rss;
  await embedder.embed(['warm']);
  await timedOften('a vector of 20 words', 200, () => embedder.embed([sentence(20)]));
  console.log(`the model takes ${((process.memoryUsage().rss - before) / 1e6).toFixed(0)} MB`);
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i++)
    try {
      return await work();
    } catch (err) {
      if (i > 60) throw err;
      await new Promise((r) => setTimeout(r, 500));
    }
}
