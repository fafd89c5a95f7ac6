// What a rule that came does. All that stays inside is done in one transaction, or none of it.
import { automationActed, automationFailed } from '../../events/automations.ts';
import { inboxOpened } from '../../events/inbox.ts';
import { fillForge, fillMarkdown, fillText } from '../../flow/automations/template.ts';
import type { Action, FiringId, Rule, SeenEvent } from '../../flow/automations/rule.ts';
import type { ItemKind } from '../../flow/events.ts';
import type { ForgeText } from '../../flow/forge/text.ts';
import { automationWorkflowId } from '../../flow/ids.ts';
import type { AutomationWorkflowInput, Decision } from '../../flow/workflow.ts';
import { confirmIn } from '../conversation/proposals.ts';
import { callSkill } from '../conversation/skills.ts';
import { decideIn } from '../inbox/decide.ts';
import { append, decideAndAppend, hasEvent } from '../log.ts';
import { withSavepoint, type Db, type Tx } from '../pool.ts';
import { anyOf, row, tables } from '../rows.ts';
import { tell } from '../runs/commands.ts';
import { isAllPaused } from '../runs/pause.ts';
import { dropStart } from '../outbox.ts';
import { findNamed } from './automations.ts';
import { AT_ONCE_MS, isStanding } from './judging.ts';
import { findSeenEvent } from './seen.ts';

export interface OwnedFiring extends FiringId {
  readonly ownerId: string;
}

/** What still has to go out, to the forge or to an address. `id` is the same each time it is tried. */
export type Deed = { readonly id: string } & (
  | {
      readonly is: 'webhook';
      readonly url: string;
      /** JSON */
      readonly body: string;
    }
  | { readonly is: 'comment'; readonly taskId: string; readonly text: ForgeText }
  | { readonly is: 'label'; readonly taskId: string; readonly label: string; readonly isOn: boolean }
);

export type Acted =
  | { readonly is: 'done'; readonly deeds: readonly Deed[] }
  /** Everything is paused: nothing was done, and it is asked again. */
  | { readonly is: 'held' }
  | { readonly is: 'left_out' }
  | { readonly is: 'failed'; readonly sentence: string };

const nameOf = ({ id, version, seq }: FiringId): string => `${id}/${version}/${seq}`;

/** Why an action could not be done; undoes what was done before it. */
class Undone extends Error {}

/**
 * Does what a rule does, once, however often it is asked. Where nothing is left for its workflow, that is not
 * started any more.
 * @returns what has to go out to others, which is told again when it is asked again
 */
export async function actOn(db: Db, firing: OwnedFiring): Promise<Acted> {
  try {
    return await decideAndAppend(db, (tx) => actIn(tx, firing));
  } catch (err) {
    if (!(err instanceof Undone)) throw err;
    await failFiring(db, firing, err.message);
    return { is: 'failed', sentence: err.message };
  }
}

async function actIn(tx: Tx, firing: OwnedFiring): Promise<Acted> {
  if (await isAllPaused(tx, firing.ownerId)) return { is: 'held' };
  const found = await findFired(tx, firing);
  const isDone = await hasEvent(tx, `acted/${nameOf(firing)}`);
  if (found === null || (!isDone && !(await isStanding(tx, firing)))) {
    // One that failed has paused its rule: that is what became of it.
    if (!(await hasEvent(tx, `failed/${nameOf(firing)}`)))
      await append(tx, [acted(firing, 'left_out')], firing.ownerId);
    await dropStart(tx, automationWorkflowId(firing));
    return { is: 'left_out' };
  }
  const { rule, event } = found;
  if (!isDone) {
    for (const [at, action] of rule.actions.entries()) await act(tx, { firing, rule, event, action, at });
    await append(tx, [acted(firing, 'done')], firing.ownerId);
  }
  const deeds = deedsOf(firing, rule, event);
  if (deeds.length === 0) await dropStart(tx, automationWorkflowId(firing));
  return { is: 'done', deeds };
}

/** So many in one transaction: each waits for its turn among all who append, and they wait meanwhile. */
const AT_ONCE = 20;

/**
 * Does what is due right after it was judged, without a workflow, and stops when that takes long. What is not
 * done by then, is held, goes out to others or meets an error is done by the workflow of each.
 * @param hit where a test may end the process
 */
export async function actAtOnce(
  db: Db,
  due: readonly AutomationWorkflowInput[],
  hit: (point: string) => void = () => undefined,
): Promise<void> {
  const untilMs = performance.now() + AT_ONCE_MS;
  for (let from = 0; from < due.length && performance.now() < untilMs; from += AT_ONCE) {
    hit('automation.act.before');
    await decideAndAppend(db, async (tx) => {
      for (const firing of due.slice(from, from + AT_ONCE)) await actBeside(tx, firing);
    });
    hit('automation.act.after');
  }
}

/** What does not work is undone and said, and others of the same transaction stay. */
async function actBeside(tx: Tx, firing: OwnedFiring): Promise<void> {
  try {
    await withSavepoint(tx, () => actIn(tx, firing));
  } catch (err) {
    if (!(err instanceof Undone)) throw err;
    await failIn(tx, firing, err.message);
  }
}

const acted = ({ id, version, seq }: FiringId, outcome: 'done' | 'left_out') =>
  automationActed.new({ actor: 'mainloop', payload: { id, version, seq, outcome } });

/** Pauses the rule and says so. */
export const failFiring = (db: Db, firing: OwnedFiring, sentence: string): Promise<void> =>
  decideAndAppend(db, (tx) => failIn(tx, firing, sentence));

async function failIn(tx: Tx, firing: OwnedFiring, sentence: string): Promise<void> {
  const { id, version, seq, ownerId } = firing;
  const kept = await row(tx, tables.selectFrom('automations').select('name').where('id', '=', id));
  const failed = automationFailed.new({ actor: 'mainloop', payload: { id, version, seq, sentence } });
  const fresh = await append(tx, [failed], ownerId);
  await dropStart(tx, automationWorkflowId(firing));
  if (fresh.length === 0 || kept === null) return;
  const title = `${kept.name} is paused: what it does did not work.`;
  await append(tx, [notice(firing, 'failed', { title, body: sentence })], ownerId);
}

const notice = (firing: FiringId, at: string, says: { readonly title: string; readonly body: string }) =>
  inboxOpened.new({
    actor: 'mainloop',
    payload: {
      // It stands in paths of routes, so nothing in it divides them.
      id: `${nameOf(firing).replaceAll('/', '-')}-${at}`,
      kind: 'automation',
      ...says,
      options: [],
      about: firing.id,
    },
  });

async function findFired(
  tx: Tx,
  firing: OwnedFiring,
): Promise<{ readonly rule: Rule; readonly event: SeenEvent } | null> {
  const kept = await row(
    tx,
    tables
      .selectFrom('automations')
      .select('rule')
      .where('id', '=', firing.id)
      .where('version', '=', firing.version),
  );
  const event = await findSeenEvent(tx, firing.ownerId, firing.seq);
  return kept === null || event === null ? null : { rule: kept.rule, event };
}

interface Acting {
  readonly firing: OwnedFiring;
  readonly rule: Rule;
  readonly event: SeenEvent;
  readonly action: Action;
  /** Which of the rule's actions it is, from 0. */
  readonly at: number;
}

async function act(tx: Tx, acting: Acting): Promise<void> {
  const { firing, event, action, at } = acting;
  const { ownerId } = firing;
  switch (action.do) {
    case 'notify': {
      const says = { title: fillText(action.title, event), body: fillMarkdown(action.body, event) };
      await append(tx, [notice(firing, String(at), says)], ownerId);
      return;
    }
    case 'skill':
      return callFor(tx, acting, action);
    case 'message': {
      // An event of no task has nobody to say it to, and of one that has ended nobody listens: that is no failure.
      if (event.task === null) return;
      await tell(tx, { ownerId, taskId: event.task.id, text: fillText(action.text, event), by: 'mainloop' });
      return;
    }
    case 'wake':
      return wake(tx, acting, fillText(action.text, event));
    case 'comment':
    case 'label':
    case 'unlabel':
    case 'webhook':
      return;
  }
}

/** How a task goes on that waits with such an item. What else waits is the person's to decide. */
const GOES_ON: ReadonlyMap<ItemKind, Decision> = new Map([
  ['failure', 'retry'],
  ['plan', 'revise'],
  ['review', 'changes'],
]);

/** Where the task waits with an item of no such kind, or for nobody, it is only told. */
async function wake(tx: Tx, { firing, event, at }: Acting, text: string): Promise<void> {
  if (event.task === null) return;
  const { ownerId } = firing;
  const taskId = event.task.id;
  const waits = tables
    .selectFrom('inbox_items')
    .select(['id', 'kind'])
    .where('owner_id', '=', ownerId)
    .where('task_id', '=', taskId)
    .where('state', '=', 'open');
  const item = await row(
    tx,
    waits
      .where('kind', '=', anyOf([...GOES_ON.keys()]))
      .orderBy('created_at', 'desc')
      .limit(1),
  );
  const decision = item === null ? undefined : GOES_ON.get(item.kind);
  if (decision === undefined || decision === 'retry')
    await tell(tx, { ownerId, taskId, text, by: 'mainloop' });
  if (item === null || decision === undefined) return;
  const decided = await decideIn(tx, {
    ownerId,
    itemId: item.id,
    decision,
    text: decision === 'retry' ? '' : text,
    via: 'automation',
    by: 'mainloop',
    answerId: `automation/${nameOf(firing)}/${at}`,
  });
  if (!decided.ok) throw new Undone(decided.sentence);
}

async function callFor(
  tx: Tx,
  { firing, event, at }: Acting,
  action: Extract<Action, { do: 'skill' }>,
): Promise<void> {
  const { ownerId } = firing;
  const given = Object.fromEntries(
    Object.entries(action.given).map(([name, text]) => [name, fillText(text, event)]),
  );
  const projectId = action.project === null ? null : await findNamed(tx, ownerId, action.project);
  if (action.project !== null && projectId === null)
    throw new Undone(`There is no project called ${action.project} any more.`);
  const key = `automation/${nameOf(firing)}/${at}`;
  const called = await callSkill(tx, { ownerId, name: action.skill, given, projectId, key, turnId: null });
  if (!called.ok) throw new Undone(called.sentence);
  if (action.startCents === null) return;
  const made = await row(
    tx,
    tables.selectFrom('proposals').select(['digest', 'budget_cents']).where('id', '=', called.proposalId),
  );
  const budgetCents = Math.min(action.startCents, made?.budget_cents ?? action.startCents);
  const asked = { digest: made?.digest ?? '', edits: { budgetCents } };
  const started = await confirmIn(tx, ownerId, called.proposalId, asked, 'mainloop');
  if (!started.ok) throw new Undone(started.sentence);
}

function deedsOf(firing: FiringId, rule: Rule, event: SeenEvent): Deed[] {
  return rule.actions.flatMap((action, at) => {
    const deed = deedOf(rule, action, event);
    return deed === null ? [] : [{ id: `${nameOf(firing)}/${at}`, ...deed }];
  });
}

type Unnamed<T> = T extends unknown ? Omit<T, 'id'> : never;

/** @returns null for what was done inside, and where the event is about no task that it could be done to */
function deedOf(rule: Rule, action: Action, event: SeenEvent): Unnamed<Deed> | null {
  const taskId = event.task?.id ?? null;
  switch (action.do) {
    case 'webhook':
      return { is: 'webhook', url: action.url, body: bodyOf(rule, action.text, event) };
    case 'comment':
      return taskId === null ? null : { is: 'comment', taskId, text: fillForge(action.text, event) };
    case 'label':
    case 'unlabel':
      return taskId === null
        ? null
        : { is: 'label', taskId, label: action.label, isOn: action.do === 'label' };
    default:
      return null;
  }
}

/** JSON, so that nothing in an event can be anything but a value in it. */
const bodyOf = (rule: Rule, text: string, event: SeenEvent): string =>
  JSON.stringify({
    automation: rule.name,
    text: fillText(text, event),
    event: {
      seq: event.seq,
      type: event.type,
      at: new Date(event.atMs).toISOString(),
      taskId: event.task?.id ?? null,
      taskTitle: event.task?.title ?? null,
      project: event.project,
    },
  });
