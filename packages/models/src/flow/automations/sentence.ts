// An automation as one sentence, and why it came or did not. Pure.
import { partsOf, type Verdict, type Why } from './evaluate.ts';
import { spanWords, type Action, type Condition, type Rule, type Scalar } from './rule.ts';

const shown = (value: Scalar): string => {
  if (value === null) return 'nothing';
  return typeof value === 'string' ? `“${value}”` : String(value);
};
const orOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** @returns a condition in words, as "verdict is “red”" */
export function conditionWords(condition: Condition): string {
  if ('all' in condition) return joined(condition.all, ' and ');
  if ('any' in condition) return joined(condition.any, ' or ');
  if ('not' in condition) return `not (${conditionWords(condition.not)})`;
  const { field } = condition;
  if ('equals' in condition) return `${field} is ${shown(condition.equals)}`;
  if ('in' in condition) return `${field} is ${orOf(condition.in.map(shown))}`;
  if ('glob' in condition) return `${field} is like “${condition.glob}”`;
  if ('regex' in condition) return `${field} matches /${condition.regex}/`;
  return `${field} is longer ago than ${spanWords(condition.olderThan)}`;
}

/** Those within are set apart where they say more than one thing. */
const joined = (conditions: readonly Condition[], by: string): string =>
  conditions
    .map((inner) => (partsOf(inner).length > 1 ? `(${conditionWords(inner)})` : conditionWords(inner)))
    .join(by);

const dollars = (cents: number): string => `$${(cents / 100).toFixed(2)}`;

/** @returns an action in words, as "tell me “CI is red”" */
export function actionWords(action: Action): string {
  switch (action.do) {
    case 'notify':
      return `tell me “${action.title}”`;
    case 'skill': {
      const where = action.project === null ? '' : ` in ${action.project}`;
      return action.startCents === null
        ? `propose /${action.skill}${where}`
        : `start /${action.skill}${where} for at most ${dollars(action.startCents)}`;
    }
    case 'message':
      return `say to its task “${action.text}”`;
    case 'wake':
      return `wake its task with “${action.text}”`;
    case 'comment':
      return `comment on its page “${action.text}”`;
    case 'label':
      return `put the label “${action.label}” on its page`;
    case 'unlabel':
      return `take the label “${action.label}” off its page`;
    case 'webhook':
      return `send it to ${hostOf(action.url)}`;
  }
}
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

/** @returns all of a rule in one sentence */
export function sentenceOf(rule: Rule): string {
  const { when, where, per, count, cooldown, perDay, actions } = rule;
  const what = `When ${orOf(when)} happens`;
  const that = where === null ? '' : ` and ${conditionWords(where)}`;
  const many = count === null ? '' : `, ${count.times} times within ${spanWords(count.within)}`;
  const each = per === null || (count === null && cooldown === null) ? '' : ` for the same ${per}`;
  const rest =
    cooldown === null ? '' : `not again within ${spanWords(cooldown)}${count === null ? each : ''}, `;
  const does = actions.map(actionWords).join(', then ');
  return `${what}${that}${many}${count === null ? '' : each}: ${does}; ${rest}at most ${perDay} in a day.`;
}

/** @param clock says a moment as the reader has it */
export function verdictWords(verdict: Verdict, clock: (ms: number) => string): string {
  switch (verdict.is) {
    case 'other':
      return 'It did not come: the event is not like that.';
    case 'counted':
      return `It did not come yet: this was ${verdict.have} of ${verdict.need}.`;
    case 'cooling':
      return `It did not come: it had come shortly before, and rests until ${clock(verdict.untilMs)}.`;
    case 'fires':
      return `It came, and was due on ${clock(verdict.dueMs)}.`;
  }
}

const plain = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : shown(value as Scalar);

/** @returns a line for each condition: whether it held, and what the event said */
export const whyLines = ({ conditions }: Why): string[] =>
  conditions.map(({ condition, depth, holds, saw }) => {
    const is = holds ? 'yes' : 'no';
    const was =
      'field' in condition
        ? `; it is ${saw.length === 0 ? 'not there' : saw.map(plain).join(', ').slice(0, 300)}`
        : '';
    return `${'  '.repeat(depth)}${is}: ${nameOf(condition)}${was}`;
  });

const nameOf = (condition: Condition): string => {
  if ('all' in condition) return 'all of';
  if ('any' in condition) return 'one of';
  return 'not' in condition ? 'not' : conditionWords(condition);
};
