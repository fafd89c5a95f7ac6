// What agents learn: kept when it is said, decided by a person, looked up for an agent.
import { actorNow } from '../acting.ts';
import type { EditedLearning, NewLearning } from '../../contracts/learnings.ts';
import { inboxClosed } from '../../events/inbox.ts';
import { learningDecided, learningNoted } from '../../events/learnings.ts';
import { NOT_NOW_MS } from '../../flow/learnings/campfire.ts';
import {
  afterDecision,
  isAlike,
  tooMuchForAll,
  whyNoRule,
  type LearningDecision,
  type LearningFacts,
  type LearningSource,
} from '../../flow/learnings/learnings.ts';
import { isOpposite } from '../../flow/learnings/opposites.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { cleanText, cleanTitle } from '../../flow/text.ts';
import { append, freshId, lockLog } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { hasRow, now, row, rows, tables } from '../rows.ts';

/** Further words do not make a rule clearer. */
const RULE_CHARS = 500;
const WHY_CHARS = 1_000;
/** So many of the newest of one user are compared with a new one, and listed. */
const KNOWN = 500;

type LearningResult =
  | { readonly ok: true }
  | Refusal<
      'no_learning' | 'no_project' | 'no_rule' | 'no_version' | 'learning_decided' | 'too_much_for_all'
    >;

const wordsOf = (words: { rule: string; why: string; path: string | null }) => ({
  rule: cleanTitle(words.rule, RULE_CHARS),
  why: cleanText(words.why, WHY_CHARS),
  path: words.path === null || words.path.trim() === '' ? null : cleanTitle(words.path, 300),
});

/**
 * Those that a person approved for a project, and for all projects, the newest first.
 * @returns those that agents of this project are given
 */
export const listApproved = (
  database: Queryable,
  ownerId: string,
  projectId: string,
): Promise<(LearningFacts & { readonly author: string })[]> =>
  rows(
    database,
    tables
      .selectFrom('learnings')
      .select(['id', 'rule', 'why', 'path', 'author', 'always'])
      .where('owner_id', '=', ownerId)
      .where('state', '=', 'approved')
      // What has faded is given to nobody.
      .where('files', 'is distinct from', 'gone')
      .where('comments', 'is distinct from', 'gone')
      .where((l) => l.or([l('project_id', 'is', null), l('project_id', '=', projectId)]))
      .orderBy('updated_at', 'desc')
      .limit(KNOWN),
  );

/**
 * All of a user, the newest first.
 * @returns whatever became of them, with the name of their project
 */
export const listLearnings = (database: Queryable, ownerId: string) =>
  rows(
    database,
    tables
      .selectFrom('learnings as l')
      .leftJoin('projects as p', 'p.id', 'l.project_id')
      .select([
        'l.id',
        'l.rule',
        'l.why',
        'l.path',
        'l.source',
        'l.author',
        'l.state',
        'l.times',
        'l.versions',
        'l.campfire',
        'l.always',
        'l.url',
        'l.files',
        'l.near_to as nearTo',
        'l.apart',
        'l.comments',
        'l.given',
        'l.cited',
        'l.quiet_until as quietUntil',
        'l.task_id as taskId',
        'l.project_id as projectId',
        'p.name as project',
        'l.updated_at as updatedAt',
      ])
      .where('l.owner_id', '=', ownerId)
      .orderBy('l.updated_at', 'desc')
      .limit(KNOWN),
  );

/**
 * Keeps a rule that an agent said, or that became of its work, in the transaction that holds the log's lock.
 * @returns `again` when the like was known: then it counts once more, and the second time a person is asked;
 * or why it can be no rule
 */
export async function noteLearning(
  tx: Tx,
  input: {
    readonly ownerId: string;
    /** null where it was no task's: of a review from before mainloop. */
    readonly taskId: string | null;
    readonly projectId: string;
    /** null where no agent said it. */
    readonly runId: string | null;
    readonly source: Exclude<LearningSource, 'person'>;
    /** Whose words they are; `agent` where nobody is named. */
    readonly author?: string;
    /** Names what it was learned from, so that it is learned from that once. */
    readonly from?: string;
    readonly isWord?: boolean;
    /** Of the forge, that said it. */
    readonly commentId?: string;
    /** Of a review from before mainloop: the comment, by which it is learned from once. */
    readonly old?: { readonly commentId: string; readonly url: string };
    readonly rule: string;
    readonly why: string;
    readonly path: string | null;
  },
): Promise<'new' | 'again' | { readonly sentence: string }> {
  const words = wordsOf(input);
  const sentence = whyNoRule(words.rule, words.why);
  if (sentence !== null) return { sentence };
  const known = await rows(
    tx,
    tables
      .selectFrom('learnings')
      .select(['id', 'rule', 'task_id as taskId', 'counts_for as countsFor'])
      .where('owner_id', '=', input.ownerId)
      .where((l) => l.or([l('project_id', 'is', null), l('project_id', '=', input.projectId)]))
      .orderBy('updated_at', 'desc')
      .limit(KNOWN),
  );
  // With a "never" for an "always" it has most words in common, and is the last thing that it should count as.
  const alike = known.find((k) => isAlike(k.rule, words.rule) && !isOpposite(k.rule, words.rule));
  const like = alike?.countsFor?.to ?? alike?.id ?? null;
  // One task that says it twice has met it once, and its answer may have been lost.
  if (alike !== undefined && input.taskId !== null && alike.taskId === input.taskId) return 'again';
  const { ownerId, taskId, projectId, runId, source, author = 'agent', from, isWord, commentId, old } = input;
  const said = {
    source,
    author,
    projectId,
    runId,
    like,
    ...(isWord === true ? { isWord } : {}),
    ...(commentId === undefined ? {} : { commentId }),
  };
  const payload = { id: newId(), ...words, ...said, ...(old === undefined ? {} : { url: old.url }) };
  const about = { taskId, actor: author, payload };
  await append(tx, [notedOf(about, from, old?.commentId)], ownerId);
  return like === null ? 'new' : 'again';
}
/** Under the key that what it was learned from has, so that it is learned once. */
function notedOf(
  about: Parameters<typeof learningNoted.new>[0],
  from: string | undefined,
  oldId: string | undefined,
) {
  if (oldId !== undefined)
    return learningNoted.ofOld({ ...about, key: { place: `${about.payload.projectId}/${oldId}` } });
  return from === undefined ? learningNoted.new(about) : learningNoted.ofSignal({ ...about, key: { from } });
}
/** Short, because agents say it and people read it. */
const newId = (): string => `L${freshId().slice(-10)}`;

/**
 * Keeps a rule that a person wrote. It counts at once: a person's word is the approval.
 * @returns its id, or why it is no rule
 */
export const addLearning = (
  db: Db,
  ownerId: string,
  learning: NewLearning,
  by: string,
): Promise<LearningResult> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    const words = wordsOf(learning);
    const sentence = whyNoRule(words.rule, words.why);
    if (sentence !== null) return refusal('no_rule', sentence);
    if (learning.projectId !== null && !(await hasProject(tx, ownerId, learning.projectId)))
      return refusal('no_project');
    const rest = {
      source: 'person' as const,
      author: actorNow(by),
      projectId: learning.projectId,
      runId: null,
      like: null,
    };
    await append(
      tx,
      [learningNoted.new({ actor: by, payload: { id: newId(), ...words, ...rest } })],
      ownerId,
    );
    return { ok: true };
  });

const hasProject = async (tx: Tx, ownerId: string, id: string): Promise<boolean> =>
  (await row(
    tx,
    tables.selectFrom('projects').select('id').where('owner_id', '=', ownerId).where('id', '=', id),
  )) !== null;

/**
 * Keeps what the user decided of a rule. The campfire that asked about it ends with its last one.
 * @param edited new words, with any decision but `restore`; what is left out stays as it is
 */
export const decideLearning = (
  db: Db,
  input: {
    readonly ownerId: string;
    readonly id: string;
    readonly decision: LearningDecision;
    readonly by: string;
    /** Of `restore`: counted from 0, the oldest. */
    readonly version?: number | undefined;
    /** Of `same` and `apart`: the other rule; left out, the one that it was likened to. */
    readonly to?: string | undefined;
  },
  edited: EditedLearning,
): Promise<LearningResult> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    const there = await row(
      tx,
      tables
        .selectFrom('learnings')
        .select(['rule', 'why', 'path', 'state', 'versions', 'campfire', 'near_to as nearTo'])
        .where('owner_id', '=', input.ownerId)
        .where('id', '=', input.id),
    );
    if (there === null) return refusal('no_learning');
    const { state, versions, campfire, nearTo, ...before } = there;
    const next = afterDecision(state, input.decision);
    if (next === null) return refusal('learning_decided', state);
    const restored = input.decision === 'restore' ? versions[input.version ?? versions.length - 1] : null;
    if (restored === undefined) return refusal('no_version');
    if (input.decision === 'always') {
      const tokens = await forAllWith(tx, input.ownerId, input.id);
      if (tokens !== null) return refusal('too_much_for_all', tokens);
    }
    const isOfTwo = input.decision === 'same' || input.decision === 'apart';
    const to = await ifKnown(tx, input, isOfTwo ? (input.to ?? nearTo) : restored?.sameAs);
    if (isOfTwo && to === null) return refusal('no_learning');
    const words =
      restored === null
        ? wordsOf({
            rule: edited.rule ?? before.rule,
            why: edited.why ?? before.why,
            path: edited.path === undefined ? before.path : edited.path,
          })
        : { rule: restored.rule, why: restored.why, path: restored.path };
    const then = restored?.state ?? next;
    const isOver = then === 'rejected' || then === 'retired';
    const sentence = isOver ? null : whyNoRule(words.rule, words.why);
    if (sentence !== null) return refusal('no_rule', sentence);
    const payload = {
      id: input.id,
      decision: input.decision,
      ...words,
      ...(restored === null ? {} : { state: restored.state }),
      ...(to === null ? {} : { to }),
      ...(input.decision === 'later' ? { quietUntil: notBefore() } : {}),
    };
    await append(tx, [learningDecided.new({ actor: input.by, payload })], input.ownerId);
    if (campfire !== null) await endCampfire(tx, input.ownerId, campfire);
    return { ok: true };
  });

/** @returns the tokens that some agent would be told whatever it does, with one more; null where there is room */
async function forAllWith(tx: Tx, ownerId: string, id: string): Promise<number | null> {
  const approved = await rows(
    tx,
    tables
      .selectFrom('learnings')
      .select(['id', 'rule', 'why', 'path', 'always', 'project_id as projectId'])
      .where('owner_id', '=', ownerId)
      .where('state', '=', 'approved')
      .where((l) => l.or([l('always', '=', true), l('id', '=', id)])),
  );
  const more = approved.find((l) => l.id === id);
  return more === undefined ? null : tooMuchForAll(approved, more);
}

/** @returns the other rule of two; null where it is none, or none any more: then it can't stand for another */
async function ifKnown(
  tx: Tx,
  rule: { readonly ownerId: string; readonly id: string },
  other: string | null | undefined,
): Promise<string | null> {
  if (other === null || other === undefined) return null;
  const found = await row(
    tx,
    tables
      .selectFrom('learnings')
      .select('id')
      .where('owner_id', '=', rule.ownerId)
      .where('id', '=', other)
      .where('id', '!=', rule.id)
      .where('state', 'in', ['noted', 'proposed', 'approved']),
  );
  return found?.id ?? null;
}

const notBefore = (): string => new Date(Date.now() + NOT_NOW_MS).toISOString();

/** Rules that a campfire asks about and nobody has decided. */
const askedBy = (ownerId: string, campfire: string) =>
  tables
    .selectFrom('learnings')
    .select(['id', 'rule', 'why', 'path'])
    .where('owner_id', '=', ownerId)
    .where('campfire', '=', campfire)
    .where('state', '=', 'proposed')
    .where((l) => l.or([l('quiet_until', 'is', null), l('quiet_until', '<=', now)]));

async function endCampfire(tx: Tx, ownerId: string, campfire: string): Promise<void> {
  if ((await rows(tx, askedBy(ownerId, campfire))).length > 0) return;
  const isOpen = await hasRow(
    tx,
    tables.selectFrom('inbox_items').select('id').where('id', '=', campfire).where('state', '=', 'open'),
  );
  if (!isOpen) return;
  const payload = { id: campfire, why: 'All that it asked about is decided.' };
  await append(tx, [inboxClosed.new({ actor: 'you', payload })], ownerId);
}

/**
 * Puts off what a campfire asks about and nobody decided, in the transaction that holds the log's lock.
 * @param campfire its item
 */
export async function putOffCampfire(tx: Tx, ownerId: string, campfire: string, by: string): Promise<void> {
  const left = await rows(tx, askedBy(ownerId, campfire));
  await append(
    tx,
    left.map((words) =>
      learningDecided.new({
        actor: by,
        payload: { ...words, decision: 'later', quietUntil: notBefore() },
      }),
    ),
    ownerId,
  );
}
