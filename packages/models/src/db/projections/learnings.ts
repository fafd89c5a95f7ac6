// What agents learn, with every version that it had.
import { sql, type ExpressionBuilder } from 'kysely';
import { citedIn } from '../../flow/learnings/citations.ts';
import { counted, takenBack, type Counted, type CountsFor } from '../../flow/learnings/counts-for.ts';
import { afterDecision, type LearningSource, type LearningState } from '../../flow/learnings/learnings.ts';
import type { LoggedEvent } from '../../events/registry.ts';
import type { DB } from '../generated/tables.ts';
import type { Tx } from '../pool.ts';
import { anyOf, row, run, tables } from '../rows.ts';
import { notProjected, type Projections, type TypesOf } from './apply.ts';

function firstState(noted: {
  readonly source: LearningSource;
  readonly isWord?: boolean | undefined;
}): LearningState {
  if (noted.source === 'person') return 'approved';
  return noted.isWord === true ? 'proposed' : 'noted';
}

/** @returns the state of one that came up again: noted once, a person is asked now */
const proposedIfNoted = (l: ExpressionBuilder<DB, 'learnings'>) =>
  l.case().when('state', '=', 'noted').then(sql.lit<LearningState>('proposed')).else(l.ref('state')).end();

export const ofLearnings: Projections<TypesOf<'learning'>> = {
  'learning.noted': async (tx, { payload: p, ownerId, taskId, at }) => {
    if (p.like !== null)
      return run(
        tx,
        tables
          .updateTable('learnings')
          .set((l) => ({
            times: l('times', '+', 1),
            said_in: sql<string>`${l.ref('said_in')} || ${JSON.stringify([p.commentId ?? null])}::jsonb`,
            // Said again, it stands on that.
            comments: null,
            // Twice is no chance any more: then a person is asked.
            state: proposedIfNoted(l),
            updated_at: at,
          }))
          .where('id', '=', p.like),
      );
    return run(
      tx,
      tables.insertInto('learnings').values({
        id: p.id,
        owner_id: ownerId,
        project_id: p.projectId,
        task_id: taskId,
        rule: p.rule,
        why: p.why,
        path: p.path,
        source: p.source,
        author: p.author,
        state: firstState(p),
        times: 1,
        versions: JSON.stringify([]),
        said_in: JSON.stringify([p.commentId ?? null]),
        url: p.url ?? null,
        created_at: at,
        updated_at: at,
      }),
    );
  },
  'learning.decided': async (tx, { payload: p, at }) => {
    if (p.decision === 'later')
      return run(
        tx,
        tables
          .updateTable('learnings')
          .set({ quiet_until: p.quietUntil ?? null })
          .where('id', '=', p.id),
      );
    if (p.decision === 'always' || p.decision === 'sometimes')
      return run(
        tx,
        tables
          .updateTable('learnings')
          .set({ always: p.decision === 'always' })
          .where('id', '=', p.id),
      );
    if (p.decision === 'apart') return run(tx, toldApart(p.id, p.to));
    return decided(tx, p, at);
  },
  'learning.mining': (tx, { payload: { id, projectId } }) =>
    run(tx, tables.updateTable('projects').set({ mining: id }).where('id', '=', projectId)),
  'learning.mined': (tx, { payload: { projectId, id, ...mined } }) =>
    run(
      tx,
      tables
        .updateTable('projects')
        .set((p) => ({
          mined: JSON.stringify(mined),
          // One that was wished for meanwhile is still to come.
          mining: p.case().when('mining', '=', id).then(null).else(p.ref('mining')).end(),
        }))
        .where('id', '=', projectId),
    ),
  'learning.likened': (tx, { payload: { id, to } }) =>
    run(tx, tables.updateTable('learnings').set({ near_to: to }).where('id', '=', id)),
  'learning.looked': (tx, { payload: { id, of, are } }) =>
    run(
      tx,
      tables
        .updateTable('learnings')
        .set(of === 'files' ? { files: are } : { comments: are })
        .where('id', '=', id),
    ),
  'learning.given': (tx, { payload: { runId, ids } }) =>
    ids.length === 0
      ? notProjected()
      : run(tx, countedOnce('given', 'last_given', runId).where('id', '=', anyOf(ids))),
};

/** What a rule becomes by a decision, with a version of what it was; what it counts for another one goes along. */
async function decided(tx: Tx, p: LoggedEvent<'learning.decided'>['payload'], at: string): Promise<void> {
  const there = await row(
    tx,
    tables
      .selectFrom('learnings')
      .select(['rule', 'why', 'path', 'state', 'comments', 'counts_for as countsFor'])
      .where('id', '=', p.id),
  );
  if (there === null) return;
  const { state: before, comments, countsFor, ...words } = there;
  const state = p.state ?? afterDecision(before, p.decision) ?? before;
  const isRetired = state === 'retired';
  if (countsFor !== null && !isRetired) await takeBack(tx, p.id, countsFor, at);
  if (p.to !== undefined && isRetired) await countFor(tx, p.id, p.to, at);
  const version = {
    ...words,
    state: before,
    until: at,
    ...(countsFor === null ? {} : { sameAs: countsFor.to }),
  };
  await run(
    tx,
    tables
      .updateTable('learnings')
      .set((l) => ({
        rule: p.rule,
        why: p.why,
        path: p.path,
        state,
        quiet_until: null,
        near_to: null,
        ...(p.path === words.path ? {} : { files: null }),
        // Whoever decides on it when nobody's comment says it any more says it.
        ...(comments === 'gone' ? { comments: null, said_in: JSON.stringify([null]) } : {}),
        given: 0,
        cited: 0,
        last_given: null,
        last_cited: null,
        versions: sql<string>`${l.ref('versions')} || ${JSON.stringify([version])}::jsonb`,
        updated_at: at,
      }))
      .where('id', '=', p.id),
  );
}

const toldApart = (id: string, to: string | undefined) =>
  tables
    .updateTable('learnings')
    .set((l) => ({
      near_to: null,
      apart: sql<string>`${l.ref('apart')} || ${JSON.stringify(to === undefined ? [] : [to])}::jsonb`,
    }))
    .where('id', '=', id);

/** @returns what of a rule counts, for itself and for another one */
const countsOf = (tx: Tx, id: string) =>
  row(
    tx,
    tables
      .selectFrom('learnings')
      .select(['id', 'times', 'said_in as saidIn', 'state', 'campfire', 'counts_for as countsFor'])
      .where('id', '=', id),
  );

/** How often a rule came up counts for the one that says the same. */
async function countFor(tx: Tx, id: string, to: string, at: string): Promise<void> {
  const [one, other] = [await countsOf(tx, id), await countsOf(tx, to)];
  if (one === null || other === null || one.countsFor !== null) return;
  const { to: both, countsFor } = counted(other, one);
  await run(tx, withCounts(to, both, at));
  await run(
    tx,
    tables
      .updateTable('learnings')
      .set({ counts_for: JSON.stringify(countsFor) })
      .where('id', '=', id),
  );
}

/** Of the one that it counted for, and of all that this one counts for. */
async function takeBack(tx: Tx, id: string, counts: CountsFor, at: string): Promise<void> {
  await run(tx, tables.updateTable('learnings').set({ counts_for: null }).where('id', '=', id));
  const met = new Set([id]);
  for (let taken: CountsFor | null = counts; taken !== null && !met.has(taken.to);) {
    met.add(taken.to);
    const other = await countsOf(tx, taken.to);
    if (other === null) return;
    const isAsked = other.campfire !== null;
    const left = takenBack({ ...other, isAsked }, taken);
    await run(tx, withCounts(other.id, left, at));
    const further = other.countsFor;
    if (further === null) return;
    const { times, saidIn } = takenBack({ ...further, state: other.state, isAsked }, taken);
    const less = { ...further, times, saidIn };
    await run(
      tx,
      tables
        .updateTable('learnings')
        .set({ counts_for: JSON.stringify(less) })
        .where('id', '=', other.id),
    );
    taken = { ...taken, to: further.to, isWhyProposed: further.isWhyProposed };
  }
}

const withCounts = (id: string, { times, saidIn, state }: Counted, at: string) =>
  tables
    .updateTable('learnings')
    // It stands on other comments now, which are looked for again.
    .set({ times, said_in: JSON.stringify(saidIn), comments: null, state, updated_at: at })
    .where('id', '=', id);

/** Counts a run once, however often in a row it is given a rule or names it. */
const countedOnce = (count: 'given' | 'cited', last: 'last_given' | 'last_cited', runId: string) =>
  tables
    .updateTable('learnings')
    .set((l) => ({ [count]: l(count, '+', 1), [last]: runId }))
    .where(last, 'is distinct from', runId);

/**
 * Counts the rules that an agent names in what it says, where it was given them.
 * @param text whatever it said; most of it names none
 */
export async function countCited(tx: Tx, runId: string, text: string): Promise<void> {
  const ids = citedIn(text);
  if (ids.length > 0)
    await run(
      tx,
      countedOnce('cited', 'last_cited', runId)
        .where('id', '=', anyOf(ids))
        .where('last_given', 'is not', null),
    );
}
