// Texts of automations: `{{field}}` is a field of the event, and nothing else stands for anything. Pure.
import { agentLine, joined, personsWords, type ForgeText } from '../forge/text.ts';
import { cleanTitle, spellOut } from '../text.ts';
import { valuesOf } from './evaluate.ts';
import type { Action, SeenEvent } from './rule.ts';

const PLACE = /\{\{\s*([A-Za-z][A-Za-z0-9_.]{0,79})\s*\}\}/g;
const BRACES = /\{\{|\}\}/;
/** So much of one value is taken. */
const VALUE_CHARS = 500;

/** @returns fields that a text has a place for, each once, in order */
export const fieldsIn = (text: string): string[] => [
  ...new Set([...text.matchAll(PLACE)].map((match) => match[1]!)),
];
/** Whether braces are left that are no place: somebody meant more by them than a field. */
export const hasLogic = (text: string): boolean => BRACES.test(text.replace(PLACE, ''));

const valueIn = (event: SeenEvent, field: string): string =>
  cleanTitle(
    valuesOf(event, field)
      .map((value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)))
      .join(', '),
    VALUE_CHARS,
  );

/**
 * Fills a text. What is filled in is one line with nothing hidden in it, and is not read again: it can neither
 * name another field nor begin a line of its own.
 */
export const fillText = (text: string, event: SeenEvent): string =>
  spellOut(text.replace(PLACE, (_, field: string) => valueIn(event, field)));

const MARKS = /[\\`*_~<>[\]|#!&]/g;
/** The same for what is shown as Markdown: what is filled in is neither a link nor a picture nor anything but words. */
export const fillMarkdown = (text: string, event: SeenEvent): string =>
  spellOut(text.replace(PLACE, (_, field: string) => valueIn(event, field).replace(MARKS, '\\$&')));

/**
 * The same for the forge: the rule's own words are the person's and stay as they are, and what is filled in sets
 * nothing off.
 */
export const fillForge = (text: string, event: SeenEvent): ForgeText =>
  joined(
    spellOut(text)
      .split(PLACE)
      // A split gives the words and the fields between them by turns.
      .map((part, at) => (at % 2 === 0 ? personsWords(part) : agentLine(valueIn(event, part), VALUE_CHARS))),
    '',
  );

/** @returns every text of an action that has places */
export function textsOf(action: Action): string[] {
  switch (action.do) {
    case 'notify':
      return [action.title, action.body];
    case 'skill':
      return Object.values(action.given);
    case 'message':
    case 'wake':
    case 'comment':
    case 'webhook':
      return [action.text];
    case 'label':
    case 'unlabel':
      return [];
  }
}
