// Automations: made, looked at, tried on what has happened, asked why.
import type { Automation, DryRun, WhyAutomation } from '../../contracts/automations.ts';
import { automationPaused, automationRemoved, automationSaved } from '../../events/automations.ts';
import { KNOWN_EVENTS } from '../../events/fields.ts';
import { cycleOf, cycleSentence } from '../../flow/automations/checks.ts';
import { dryRun, readyRule, whyOf } from '../../flow/automations/evaluate.ts';
import type { Rule } from '../../flow/automations/rule.ts';
import { ruleText } from '../../flow/automations/text.ts';
import { sentenceOf, verdictWords, whyLines } from '../../flow/automations/sentence.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { append, decideAndAppend, freshId, lastSeq, lockLog } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { anyOf, hasRow, row, rows, tables } from '../rows.ts';
import { findSkill } from '../conversation/skills.ts';
import { readRule } from './file.ts';
import { loadPatterns } from './pattern.ts';
import { findSeen, findSeenEvent } from './seen.ts';

/** So many of its last times are told. */
const TOLD = 5;
/** So many events are looked at by a dry run, and for a why. */
const MOST_EVENTS = 100_000;
const MOST_SHOWN = 100;
/** Each event is held against all of them. */
const MOST_RULES = 1_000;

const automations = (ownerId: string) =>
  tables
    .selectFrom('automations')
    .select(['id', 'name', 'rule', 'version', 'since_seq as sinceSeq', 'paused', 'problem'])
    .where('owner_id', '=', ownerId);

/** The automations of an owner with their last times, by name. */
export async function listAutomations(database: Queryable, ownerId: string): Promise<Automation[]> {
  const all = await rows(database, automations(ownerId).orderBy('name'));
  if (all.length === 0) return [];
  const came = await rows(
    database,
    tables
      .selectFrom('automation_firings as f')
      .innerJoin('events as e', 'e.seq', 'f.seq')
      .select(['f.automation_id as id', 'f.seq', 'e.at', 'f.due_at as dueAt', 'f.state', 'f.says'])
      .where('f.automation_id', '=', anyOf(all.map(({ id }) => id)))
      .orderBy('f.seq', 'desc'),
  );
  const of = Map.groupBy(came, ({ id }) => id);
  return all.map(({ rule, sinceSeq: _, ...kept }) => ({
    ...kept,
    text: ruleText(rule),
    sentence: sentenceOf(rule),
    came: (of.get(kept.id) ?? []).slice(0, TOLD).map(({ id: __, ...one }) => one),
  }));
}

/**
 * Keeps a rule under its name; one of that name is changed. It is about what happens from now on.
 * @param text YAML, or JSON
 */
export async function saveAutomation(
  db: Db,
  ownerId: string,
  text: string,
): Promise<{ readonly ok: true; readonly id: string; readonly sentence: string } | Refusal<'rule_wrong'>> {
  const read = await readRule(text);
  if (!read.ok) return refusal('rule_wrong', read.sentence);
  const { rule } = read;
  return decideAndAppend(db, (tx) => keepRule(tx, ownerId, rule, null));
}

/**
 * @param file of a repository: the automation that it was approved as, or will be; null: the person wrote it here,
 * and it is known by its name
 * @returns what was kept, with the rule as it reads; call it under the lock of the log
 */
export async function keepRule(
  tx: Tx,
  ownerId: string,
  rule: Rule,
  file: { readonly id: string } | null,
): Promise<{ readonly ok: true; readonly id: string; readonly sentence: string } | Refusal<'rule_wrong'>> {
  const no = (sentence: string) => refusal('rule_wrong', sentence);
  const all = await rows(tx, automations(ownerId).orderBy('name'));
  const named = all.find(({ name }) => name === rule.name);
  const kept = file === null ? named : all.find(({ id }) => id === file.id);
  if (file !== null && named !== undefined && named !== kept)
    return no(
      `There is an automation called ${rule.name} already. Remove it, or give the one in the file another name.`,
    );
  if (file === null && kept !== undefined && (await isOfFile(tx, kept.id)))
    return no(`${rule.name} stands in a repository. Change its file there, or give this one another name.`);
  if (kept === undefined && all.length >= MOST_RULES)
    return no(`There are ${MOST_RULES} automations, which is the most. Remove one first.`);
  const others = all.filter((other) => other !== kept).map((other) => other.rule);
  const way = cycleOf(rule, others, KNOWN_EVENTS);
  if (way !== null) return no(cycleSentence(way));
  const missing = await missingFor(tx, ownerId, rule);
  if (missing !== null) return no(missing);
  const id = kept?.id ?? file?.id ?? `au-${freshId()}`;
  const payload = { id, name: rule.name, version: (kept?.version ?? 0) + 1, rule: JSON.stringify(rule) };
  await append(tx, [automationSaved.new({ actor: 'you', payload })], ownerId);
  return { ok: true, id, sentence: sentenceOf(rule) };
}

const isOfFile = (database: Queryable, id: string): Promise<boolean> =>
  hasRow(database, tables.selectFrom('automation_files').select('path').where('automation_id', '=', id));

/** What a rule needs and is not there, in a sentence; null when all is. */
async function missingFor(database: Queryable, ownerId: string, rule: Rule): Promise<string | null> {
  for (const action of rule.actions) {
    if (action.do !== 'skill') continue;
    if (!(await findSkill(database, ownerId, action.skill)))
      return `There is no skill called ${action.skill}. The page of the skills lists those there are.`;
    if (action.project !== null && !(await findNamed(database, ownerId, action.project)))
      return `There is no project called ${action.project.slice(0, 100)}.`;
  }
  return null;
}

/** @param name owner/name, as the project is called here; null when there is none */
export const findNamed = async (database: Queryable, ownerId: string, name: string): Promise<string | null> =>
  (
    await row(
      database,
      tables.selectFrom('projects').select('id').where('owner_id', '=', ownerId).where('name', '=', name),
    )
  )?.id ?? null;

const change = (
  db: Db,
  ownerId: string,
  id: string,
  event: Parameters<typeof append>[1][number],
): Promise<{ readonly ok: true } | Refusal<'no_automation'>> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    if (!(await row(tx, automations(ownerId).where('id', '=', id)))) return refusal('no_automation');
    await append(tx, [event], ownerId);
    return { ok: true };
  });

/** Pauses a rule, or lets it go on from now: what happened meanwhile is none of its business. */
export const pauseAutomation = (db: Db, ownerId: string, id: string, paused: boolean) =>
  change(db, ownerId, id, automationPaused.new({ actor: 'you', payload: { id, paused } }));
export const removeAutomation = (db: Db, ownerId: string, id: string) =>
  change(db, ownerId, id, automationRemoved.new({ actor: 'you', payload: { id } }));

/**
 * What a rule would have done, had it been made so many days ago. Nothing is kept and nothing is done.
 * @param text YAML, or JSON
 */
export async function tryAutomation(
  database: Queryable,
  ownerId: string,
  asked: { readonly text: string; readonly days: number },
  now = new Date(),
): Promise<({ readonly ok: true } & DryRun) | Refusal<'rule_wrong'>> {
  const read = await readRule(asked.text);
  if (!read.ok) return refusal('rule_wrong', read.sentence);
  const since = new Date(now.getTime() - asked.days * 86_400_000);
  const sought = {
    ownerId,
    types: read.rule.when,
    afterSeq: 0,
    toSeq: await lastSeq(database, ownerId),
    since,
  };
  const events = await findSeen(database, sought, MOST_EVENTS);
  const came = dryRun(readyRule(read.rule, await loadPatterns()), events);
  return {
    ok: true,
    sentence: sentenceOf(read.rule),
    looked: events.length,
    isWhole: events.length < MOST_EVENTS,
    times: came.length,
    came: came.slice(-MOST_SHOWN).map(({ event, dueMs }) => ({
      seq: event.seq,
      type: event.type,
      task: event.task?.title ?? null,
      at: new Date(event.atMs),
      dueAt: new Date(dueMs),
    })),
  };
}

/** Why a rule came of an event, or did not: what the evaluator says of it, after all that it judged before. */
export async function whyAutomation(
  database: Queryable,
  ownerId: string,
  asked: { readonly id: string; readonly seq: number },
): Promise<({ readonly ok: true } & WhyAutomation) | Refusal<'no_automation' | 'no_event'>> {
  const kept = await row(database, automations(ownerId).where('id', '=', asked.id));
  if (!kept) return refusal('no_automation');
  const event = await findSeenEvent(database, ownerId, asked.seq);
  if (!event) return refusal('no_event');
  const { rule, sinceSeq } = kept;
  const no = (says: string) => ({ ok: true as const, came: false, says, lines: [] });
  if (!rule.when.includes(event.type))
    return no(`It waits for ${rule.when.join(' or ')}, and this was ${event.type}.`);
  const sought = { ownerId, types: rule.when, afterSeq: sinceSeq, toSeq: asked.seq - 1, since: null };
  const before = await findSeen(database, sought, MOST_EVENTS);
  const read = await loadPatterns();
  const why = whyOf(readyRule(rule, read), read, before, event);
  const clock = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  const lines = whyLines(why);
  if (event.seq <= sinceSeq)
    return { ...no('It did not come: the rule is younger than this, or was paused then.'), lines };
  const says = verdictWords(why.verdict, clock);
  return { ok: true, came: why.verdict.is === 'fires', says, lines };
}
