// A rule as a text again, as a person edits it: YAML of which each value is JSON, which YAML reads. Pure.
import type { Action, Rule } from './rule.ts';

/** What is left out counts as this. */
const FALLBACK = new Map<string, unknown>([
  ['body', ''],
  ['text', ''],
  ['project', null],
  ['startCents', null],
]);

/** @returns what is read as the same rule */
export function ruleText(rule: Rule): string {
  const { name, when, actions, perDay, ...rest } = rule;
  const lines = Object.entries(rest).flatMap(([key, value]) =>
    value === null ? [] : [`${key}: ${JSON.stringify(value)}`],
  );
  return [
    `name: ${name}`,
    `when: ${when.length === 1 ? when[0] : JSON.stringify(when)}`,
    ...lines,
    `perDay: ${perDay}`,
    'actions:',
    ...actions.flatMap(actionLines),
    '',
  ].join('\n');
}

function actionLines(action: Action): string[] {
  const { do: does, ...rest } = action;
  const given = Object.entries(rest).filter(
    ([key, value]) =>
      !FALLBACK.has(key) || value !== FALLBACK.get(key) || (does !== 'webhook' && key === 'text'),
  );
  return [`  - do: ${does}`, ...given.map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`)];
}
