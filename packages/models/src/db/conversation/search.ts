// What was said, found by its words or by its day, however long ago.
import { sql } from 'kysely';
import type { Message } from '../../contracts/conversation.ts';
import { weights } from '../../flow/conversation/search.ts';
import type { TaskState } from '../../flow/states.ts';
import type { Queryable } from '../pool.ts';
import { anyOf, rows, tables } from '../rows.ts';

/** A message that was found. */
export type FoundMessage = Pick<Message, 'id' | 'role' | 'text' | 'seq' | 'at'>;

const COLUMNS = ['id', 'role', 'text', 'seq', 'at'] as const;
/** Of what holds the words, how many of the newest are weighed against each other, and how much of each. */
const WEIGHED = 400;
const WEIGHED_CHARS = 4_000;

/**
 * Looked for as it is written and by its English stem, and each word that is not very short also as the beginning of
 * one. All of many are looked for as whole words: the index gathers whatever begins with each, however few hold the
 * others, and that was most of what such a search took. What holds some of them may begin with them again.
 */
const askedFor = (words: readonly string[], joint: '&' | '|') => {
  const isWhole = joint === '&' && words.length > FEW;
  const each = words.map((w) => sql`(${lexemes('simple', w, isWhole)} || ${lexemes('english', w)})`);
  return sql`(${sql.join(each, joint === '&' ? sql` && ` : sql` || `)})`;
};
const lexemes = (config: 'simple' | 'english', word: string, isWhole = false) => {
  if (config === 'english') return sql`plainto_tsquery('english', ${word}::text)`;
  const ending = isWhole || TOO_SHORT.test(word) ? '' : ':*';
  return sql`to_tsquery('simple', quote_literal(${word}::text) || ${ending}::text)`;
};
/** Postgres makes it of the text; its type is one that schema.prisma has no name for. */
const WORDS = sql.ref('messages.words');
/** A name and a word or two are often written as far as they are known; more words are a sentence. */
const FEW = 2;
/** Half of all words begin with it: looked for as a beginning it finds nothing and takes long. */
const TOO_SHORT = /^[\p{ASCII}]{1,2}$/u;

/**
 * The messages of a user that hold the words: first those that hold all of them, then those that hold some;
 * each group by how much of them it holds, newer before older.
 * @param s.words as `wordsIn` (flow/conversation/search.ts) gives them; at least one
 * @param s.from, s.to said from then on, and before then
 */
export async function searchMessages(
  database: Queryable,
  ownerId: string,
  search: {
    readonly words: readonly string[];
    readonly from?: Date | undefined;
    readonly to?: Date | undefined;
    readonly limit: number;
  },
): Promise<FoundMessage[]> {
  const holding = async (joint: '&' | '|'): Promise<string[]> => {
    const asked = askedFor(search.words, joint);
    let newest = tables
      .selectFrom('messages')
      .select('id')
      .select((m) => sql<string>`left(${m.ref('text')}, ${WEIGHED_CHARS})`.as('text'))
      .where('owner_id', '=', ownerId)
      .where(sql<boolean>`${WORDS} @@ ${asked}`);
    if (search.from) newest = newest.where('at', '>=', search.from);
    if (search.to) newest = newest.where('at', '<', search.to);
    // Weighed here: Postgres would cut each of them into words once more, and that took most of the time.
    const found = await rows(database, newest.orderBy('seq', 'desc').limit(WEIGHED));
    const weight = weights(
      found.map((m) => m.text),
      search.words,
    );
    return found
      .map((m, i) => ({ id: m.id, weight: weight[i]! }))
      .toSorted((a, b) => b.weight - a.weight)
      .map((m) => m.id);
  };
  let ids = (await holding('&')).slice(0, search.limit);
  if (ids.length < search.limit && search.words.length > 1)
    ids = [...new Set([...ids, ...(await holding('|'))])].slice(0, search.limit);
  const found = new Map((await listById(database, ownerId, ids)).map((m) => [m.id, m]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/**
 * Messages of a user by their ids, in no order.
 * @param ids of other users' messages are passed over
 */
export const listById = (
  database: Queryable,
  ownerId: string,
  ids: readonly string[],
): Promise<FoundMessage[]> =>
  rows(
    database,
    tables
      .selectFrom('messages')
      .select(COLUMNS)
      .where('owner_id', '=', ownerId)
      .where('id', '=', anyOf(ids)),
  );

/** What was said in a time, oldest first. @param s.from, s.to from then on, and before then */
export const listSaidBetween = (
  database: Queryable,
  ownerId: string,
  span: { readonly from: Date; readonly to: Date; readonly limit: number },
): Promise<FoundMessage[]> =>
  rows(
    database,
    tables
      .selectFrom('messages')
      .select(COLUMNS)
      .where('owner_id', '=', ownerId)
      .where('at', '>=', span.from)
      .where('at', '<', span.to)
      .orderBy('seq')
      .limit(span.limit),
  );

/** A task that was found. */
export interface FoundTask {
  readonly id: string;
  readonly title: string;
  readonly repo: string;
  readonly state: TaskState;
}

/**
 * Tasks of a user of any age that have each of the words in title, repository, request or plan, the newest
 * first.
 * @param words each has to be there, in any case
 * @param limit tasks at most
 */
export function searchTasks(
  database: Queryable,
  ownerId: string,
  words: readonly string[],
  limit: number,
): Promise<FoundTask[]> {
  let found = tables
    .selectFrom('tasks as t')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .select(['t.id', 't.title', 'p.repo', 't.state'])
    .where('t.owner_id', '=', ownerId);
  for (const word of words) {
    const like = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
    found = found.where((is) =>
      is.or([
        is('t.title', 'ilike', like),
        is('p.repo', 'ilike', like),
        is('t.prompt', 'ilike', like),
        is('t.plan', 'ilike', like),
      ]),
    );
  }
  return rows(database, found.orderBy('t.updated_at', 'desc').limit(limit));
}
