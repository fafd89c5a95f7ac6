// Search in one conversation: what it finds of what was asked for, by words, by vectors and by both, and how
// long it takes among a million messages. `node bench/search.ts found FILE` and `node bench/search.ts speed
// [MESSAGES]`; docs/benchmarks.md says what FILE is.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { minilm } from '../packages/adapters/src/embedder/minilm.ts';
import { saveVectors } from '../packages/models/src/db/conversation/vectors.ts';
import { searchMessages } from '../packages/models/src/db/conversation/search.ts';
import { migrate } from '../packages/models/src/db/migrate.ts';
import { openPool, withTx, type Db } from '../packages/models/src/db/pool.ts';
import {
  DIMENSIONS,
  fused,
  inBytes,
  nearness,
  signatureBytes,
  signatureOf,
} from '../packages/models/src/flow/meaning.ts';
import { wordsIn } from '../packages/models/src/flow/search.ts';
import { Finder } from '../apps/api/src/chat/finder.ts';
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

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');
const embedder = minilm({
  model: ensureTool('embedder', cache, console.log),
  tokenizer: ensureTool('embedderWords', cache, console.log),
});

const home = mkdtempSync('/tmp/mainloop-bench-search-');
chmodSync(home, 0o711);
mkdirSync(path.join(home, 's'), { mode: 0o711 });
const postgres = await startPostgres(
  path.join(home, 'postgres'),
  path.join(home, 's'),
  'bench',
  path.join(home, 'log'),
);
const db = openPool(postgres.url, 'bench', 10);
try {
  await patiently(() => db.query('select 1'));
  await migrate(postgres.url);
  const [what, arg] = process.argv.slice(2);
  if (what === 'found') await found(arg ?? '');
  else if (what === 'speed') await speed(Number(arg ?? 1_000_000));
  else console.log('Say found FILE, or speed [MESSAGES].');
} finally {
  await embedder.close();
  await db.end();
  await endProcess(postgres.process, 10_000, 'SIGINT');
  rmSync(home, { recursive: true, force: true });
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

/**
 * Made from a seed: what is measured is the same each time. Words come as often as in a language (Zipf),
 * vectors in clusters.
 */
async function speed(count: number): Promise<void> {
  const random = seeded(15);
  const word = (): string => `w${Math.floor(20_000 ** random() - 1).toString(36)}`;
  const sentence = (n: number): string => Array.from({ length: n }, word).join(' ');
  const centers = Array.from({ length: 500 }, () => Array.from({ length: DIMENSIONS }, () => random() - 0.5));
  const near = (): Int8Array => {
    const center = centers[Math.floor(random() * centers.length)]!;
    return inBytes(center.map((x) => x + 0.8 * (random() - 0.5)));
  };
  const BATCH = 5_000;
  const sizes: Record<string, number> = {};
  // Made at the end it takes a fraction of the time, and the same place.
  const words = (
    await db.query<{ def: string }>("select pg_get_indexdef('messages_words_idx'::regclass) as def")
  ).rows[0]!.def;
  await db.query('drop index messages_words_idx');
  for (let from = 0; from < count; from += BATCH) {
    const ms = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => ({
      id: `m-${from + i}-${'0'.repeat(24)}`,
      owner: 'owner',
      text: sentence(8 + Math.floor(random() * 40)),
      seq: from + i + 1,
      at: new Date(Date.UTC(2016, 0, 1) + (from + i) * 300_000),
    }));
    await insert(db, ms);
    const vs = ms.map(() => near());
    await db.query(
      `insert into message_vectors (message_id, model, owner_id, at, signature, vector)
       select id, 'minilm-l6-int8-1', 'owner', at, s, v from unnest($1::text[], $2::timestamptz[], $3::bytea[], $4::bytea[]) as x(id, at, s, v)`,
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
  for (const row of (
    await db.query<{ name: string; bytes: number }>(
      `select relname as name, pg_total_relation_size(oid) - case when relkind = 'r' then pg_indexes_size(oid) else 0 end as bytes from pg_class
        where relname like 'message%' and relkind in ('r', 'i') order by 1`,
    )
  ).rows)
    sizes[row.name] = row.bytes / count;
  for (const [name, bytes] of Object.entries(sizes))
    console.log(`${name}: ${bytes.toFixed(0)} bytes a message`);
  const finder = new Finder(db, { embed: async (ts) => ts.map(near), close: async () => undefined });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const loaded = await timed(() => finder.find('owner', { asked: 'x', words: ['w1'], limit: 12 }));
  console.log(`first search, which loads the signatures: ${loaded.toFixed(0)} ms`);
  const tell = (name: string, ms: readonly number[]): void =>
    console.log(`${name}: p50 ${quantile(ms, 0.5).toFixed(1)} ms, p95 ${quantile(ms, 0.95).toFixed(1)} ms`);
  await new Promise((r) => setTimeout(r, 3_000));
  for (const n of [1, 2, 3, 6]) {
    const ms: number[] = [];
    const wordsOnly: number[] = [];
    for (let i = 0; i < 60; i++) {
      const asked = sentence(n);
      ms.push(await timed(() => finder.find('owner', { asked, words: wordsIn(asked), limit: 12 })));
      wordsOnly.push(await timed(() => searchMessages(db, 'owner', { words: wordsIn(asked), limit: 50 })));
    }
    tell(`search by ${n} words and meaning, its vector given`, ms);
    tell(`of it by ${n} words`, wordsOnly);
  }
  const before = process.memoryUsage().rss;
  await embedder.embed(['warm']);
  const embed: number[] = [];
  for (let i = 0; i < 200; i++) embed.push(await timed(() => embedder.embed([sentence(20)])));
  tell('a vector of 20 words', embed);
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
