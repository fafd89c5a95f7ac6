// What is wrong with an automation, in one sentence, before it is kept. Pure.
import { spanMs, EVENT_FIELDS, type Action, type Condition, type Rule } from './rule.ts';
import { own } from '../look.ts';
import { cleanTitle } from '../text.ts';
import { isLike, partsOf, type ReadPattern } from './evaluate.ts';
import { fieldsIn, hasLogic, textsOf } from './template.ts';

const MOST_CONDITIONS = 50;
const DEEPEST = 8;
const LONGEST_MS = 31 * 86_400_000;

/** What there is to wait for. */
export interface KnownEvents {
  /** @returns fields of this type's payload, those within others with a dot; null when there is no such type */
  readonly fieldsOf: (type: string) => readonly string[] | null;
  /** Whether an event of this type is about a task, or may be. */
  readonly isOfTask: (type: string) => boolean;
}

/** @returns why a rule can't be kept as it is, in one sentence; null when it can */
export function wrongWithRule(rule: Rule, known: KnownEvents, read: ReadPattern): string | null {
  return (
    wrongTypes(rule.when, known) ??
    wrongConditions(rule, known, read) ??
    wrongSpans(rule) ??
    rule.actions.map((action) => wrongAction(action, rule, known)).find((wrong) => wrong !== null) ??
    null
  );
}

function wrongTypes(on: readonly string[], known: KnownEvents): string | null {
  const none = on.find((type) => known.fieldsOf(type) === null);
  if (none !== undefined) return `There is no event called ${none.slice(0, 60)}. docs/events.md lists them.`;
  const ours = on.find((type) => type.startsWith('automation.'));
  return ours === undefined ? null : `${ours} comes of an automation itself, so none can wait for it.`;
}

const listAll = (condition: Condition, depth: number): { condition: Condition; depth: number }[] => [
  { condition, depth },
  ...(depth > DEEPEST ? [] : partsOf(condition).flatMap((part) => listAll(part, depth + 1))),
];

function wrongConditions(rule: Rule, known: KnownEvents, read: ReadPattern): string | null {
  const all = rule.where === null ? [] : listAll(rule.where, 0);
  if (all.some(({ depth }) => depth > DEEPEST))
    return `Conditions lie in each other ${DEEPEST} deep at most.`;
  if (all.length > MOST_CONDITIONS) return `${MOST_CONDITIONS} conditions are the most.`;
  for (const { condition } of all) {
    if (!('field' in condition)) continue;
    const wrong = wrongField(condition.field, rule.when, known) ?? wrongPattern(condition, read);
    if (wrong !== null) return wrong;
  }
  return rule.per === null ? null : wrongField(rule.per, rule.when, known);
}

function wrongPattern(condition: Condition, read: ReadPattern): string | null {
  if (!('regex' in condition)) return null;
  const pattern = read(condition.regex);
  return pattern.ok ? null : pattern.sentence;
}

/** @returns why there is no such field; null when an event of one of the types may have it */
function wrongField(field: string, on: readonly string[], known: KnownEvents): string | null {
  if ((EVENT_FIELDS as readonly string[]).includes(field)) return wrongPlace(field, on, known);
  const theirs = [...new Set(on.flatMap((type) => known.fieldsOf(type) ?? []))];
  const isNamed = (name: string): boolean =>
    name === field || (name.endsWith('.*') && field.startsWith(name.slice(0, -1)));
  if (theirs.some(isNamed)) return null;
  return `${on.join(' and ')} ${on.length === 1 ? 'has' : 'have'} no field ${field.slice(0, 60)}. There is ${[
    ...theirs,
    ...EVENT_FIELDS,
  ].join(', ')}.`;
}

/** @returns why no event of these types can be about a task, or a project, where the field asks for one */
function wrongPlace(field: string, on: readonly string[], known: KnownEvents): string | null {
  if (on.some(known.isOfTask)) return null;
  const all = `${on.join(' and ')} ${on.length === 1 ? 'happens' : 'happen'}`;
  if (field.startsWith('task.')) return `${all} in no task, so there is no field ${field}.`;
  const isOfProject = field !== 'project' || on.some((type) => known.fieldsOf(type)?.includes('projectId'));
  return isOfProject
    ? null
    : `${all} in no project, so there is no field project, and no rule of a repository can wait for it.`;
}

function wrongSpans({ count, cooldown }: Rule): string | null {
  const long = [count?.within, cooldown ?? undefined].find(
    (span) => span !== undefined && spanMs(span) > LONGEST_MS,
  );
  return long === undefined ? null : `${long} is too long: a rule looks back 31 days at most.`;
}

function wrongAction(action: Action, rule: Rule, known: KnownEvents): string | null {
  for (const text of textsOf(action)) {
    if (hasLogic(text))
      return 'Between {{ and }} stands the name of a field and nothing else, as {{task.title}}.';
    const wrong = fieldsIn(text)
      .map((field) => wrongField(field, rule.when, known))
      .find((found) => found !== null);
    if (wrong !== undefined) return wrong;
  }
  if (IS_OF_TASK.has(action.do) && !rule.when.some(known.isOfTask))
    return `${rule.when.join(' and ')} is about no task, so there is none to say something to.`;
  if (action.do === 'wake' && rule.cooldown === null)
    return 'A task that is woken may come to the same again. Say how long the rule rests then, as cooldown: 1h.';
  if (action.do === 'label' || action.do === 'unlabel') return wrongLabel(action.label);
  return action.do === 'webhook' ? wrongAddress(action.url) : null;
}
const IS_OF_TASK: ReadonlySet<Action['do']> = new Set(['message', 'wake', 'comment', 'label', 'unlabel']);

function wrongLabel(label: string): string | null {
  if (/\{\{|\}\}/.test(label)) return 'A label stands for itself: nothing is filled in between {{ and }}.';
  return cleanTitle(label, label.length) === label ? null : 'A label is one line, with nothing hidden in it.';
}

function wrongAddress(address: string): string | null {
  if (!URL.canParse(address))
    return `"${address.slice(0, 100)}" is no address like https://example.com/hook.`;
  const url = new URL(address);
  if (url.protocol !== 'https:') return 'A webhook goes out by https only.';
  return url.username === '' && url.password === '' ? null : 'An address with a password in it is not kept.';
}

/** What an action makes happen, as far as it is known before. */
interface Made {
  readonly type: string;
  readonly says: Readonly<Record<string, string>>;
}

/** null: everything that may be in a task */
function madeBy(action: Action): readonly Made[] | null {
  switch (action.do) {
    case 'notify':
      return [{ type: 'inbox.opened', says: { kind: 'notice' } }];
    case 'skill':
      return action.startCents === null ? [{ type: 'proposal.made', says: {} }] : null;
    case 'message':
      return [{ type: 'task.steered', says: {} }];
    // What its agent does then is bounded by the rest that such a rule has to take.
    case 'wake':
      return WOKEN;
    case 'comment':
    case 'label':
    case 'unlabel':
    case 'webhook':
      return [];
  }
}
const WOKEN: readonly Made[] = [
  { type: 'task.steered', says: {} },
  { type: 'task.retried', says: {} },
  { type: 'inbox.answered', says: { via: 'automation' } },
  { type: 'review.submitted', says: {} },
];

type Maybe = 'yes' | 'no' | 'maybe';

/** Whether a condition can hold of something of which not all is known. */
function canHold(condition: Condition, says: Made['says']): Maybe {
  if ('all' in condition) {
    const inner = condition.all.map((part) => canHold(part, says));
    if (inner.includes('no')) return 'no';
    return inner.includes('maybe') ? 'maybe' : 'yes';
  }
  if ('any' in condition) {
    const inner = condition.any.map((part) => canHold(part, says));
    if (inner.includes('yes')) return 'yes';
    return inner.includes('maybe') ? 'maybe' : 'no';
  }
  if ('not' in condition) return NOT[canHold(condition.not, says)];
  const said = own(says, condition.field);
  if (said === undefined) return 'maybe';
  if ('equals' in condition) return said === condition.equals ? 'yes' : 'no';
  if ('in' in condition) return condition.in.includes(said) ? 'yes' : 'no';
  if ('glob' in condition) return isLike(said, condition.glob) ? 'yes' : 'no';
  return 'maybe';
}
const NOT: Record<Maybe, Maybe> = { yes: 'no', no: 'yes', maybe: 'maybe' };

/** Whether what one rule does may be what another waits for. */
export function mayTrigger(from: Pick<Rule, 'actions'>, to: Rule, known: KnownEvents): boolean {
  return from.actions.some((action) => {
    const made = madeBy(action);
    if (made === null) return to.when.some((type) => type === 'proposal.made' || known.isOfTask(type));
    return made.some(
      (one) => to.when.includes(one.type) && (to.where === null || canHold(to.where, one.says) !== 'no'),
    );
  });
}

/**
 * Whether a rule would trigger itself, at once or by way of others.
 * @param others those that are kept, without this one
 * @returns the names on the way, from the rule to itself; null when there is no such way
 */
export function cycleOf(rule: Rule, others: readonly Rule[], known: KnownEvents): string[] | null {
  const seen = new Set<string>();
  const walk = (from: Rule, way: readonly string[]): string[] | null => {
    if (mayTrigger(from, rule, known)) return [...way, rule.name];
    for (const next of others) {
      if (seen.has(next.name) || !mayTrigger(from, next, known)) continue;
      seen.add(next.name);
      const found = walk(next, [...way, next.name]);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(rule, [rule.name]);
}

/** @param way as `cycleOf` found it */
export const cycleSentence = (way: readonly string[]): string =>
  way.length === 2
    ? 'This would trigger itself: what it does is what it waits for. Narrow what it waits for, or let it propose the task, so that you are in between.'
    : `This would trigger itself: ${way.join(', then ')}. Narrow what one of them waits for, or let it propose the task, so that you are in between.`;
