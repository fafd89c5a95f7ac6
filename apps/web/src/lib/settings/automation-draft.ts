// A rule as the form holds it, and the text that it comes to.
import type { ACTIONS, OPERATORS } from '../words/automations.ts';

interface DraftCondition {
  field: string;
  is: keyof typeof OPERATORS;
  value: string;
}
export interface AutomationDraft {
  name: string;
  when: string;
  conditions: DraftCondition[];
  does: keyof typeof ACTIONS;
  /** Of a skill its name, of a webhook its address, of a label itself. */
  target: string;
  words: string;
  cooldown: string;
}
export const emptyDraft = (): AutomationDraft => ({
  name: '',
  when: '',
  conditions: [{ field: '', is: 'equals', value: '' }],
  does: 'notify',
  target: '',
  words: '',
  cooldown: '',
});

/** What is a number, or yes or no, in an event is compared as one. */
function valueOf(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

function conditionOf({ field, is, value }: DraftCondition): object {
  const equals = { field, equals: valueOf(value) };
  if (is === 'equals') return equals;
  return is === 'not' ? { not: equals } : { field, [is]: value };
}

function actionOf({ does, target, words }: AutomationDraft): object {
  switch (does) {
    case 'notify':
      return { do: does, title: words };
    case 'skill':
      return { do: does, skill: target };
    case 'message':
    case 'wake':
    case 'comment':
      return { do: does, text: words };
    case 'label':
    case 'unlabel':
      return { do: does, label: target };
    case 'webhook':
      return { do: does, url: target, text: words };
  }
}

/** @returns JSON, which is read as YAML is; a condition without a field is left out */
export function draftText(draft: AutomationDraft): string {
  const all = draft.conditions.filter(({ field }) => field !== '').map(conditionOf);
  return JSON.stringify({
    name: draft.name,
    when: draft.when,
    ...(all.length === 0 ? {} : { where: all.length === 1 ? all[0] : { all } }),
    ...(draft.cooldown === '' ? {} : { cooldown: draft.cooldown }),
    actions: [actionOf(draft)],
  });
}
