// What the page of the tokens says. Read it aloud before you change it.
import { SCOPE_WORDS, type Scope } from '@mainloop/models/flow/machine/scopes';
import { aged, serverNow } from '../kit/format.ts';

export const TOKENS = 'Tokens for programs';
export const WHAT_THEY_ARE =
  'A program that comes with a token uses mainloop for you: an editor, a script, another agent. Each may do what you chose, until its time is over. What it does stands in the story of a task with its name.';
export const BACK = 'Settings';
/** Leads here, from the settings. */
export const PROGRAMS = 'Programs that use mainloop for you come with a token each:';
export const YOUR_TOKENS = 'your tokens';
export const NONE = 'No program has one.';

// One of them.
/**
 * What it may do and until when, in a line.
 * @param expiresAt ISO time
 */
export function lineOf({ scope, expiresAt }: { readonly scope: string; readonly expiresAt: string }): string {
  const day = new Date(expiresAt).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  // A newer server may have scopes that nobody here knows of.
  const may = SHORT[scope as Scope] ?? scope;
  return isOver(expiresAt) ? `${may}. Its time was over on ${day}.` : `${may}, until ${day}.`;
}
/** @param expiresAt ISO time @returns whether it opens nothing any more */
export const isOver = (expiresAt: string): boolean => Date.parse(expiresAt) <= serverNow();
const SHORT: Readonly<Record<Scope, string>> = {
  read: 'May look at everything',
  propose: 'May look and propose',
  decide: 'May decide for you',
  admin: 'May do everything you may',
};
/** @param usedAt ISO time; null: never yet */
export const usedWords = (usedAt: string | null): string =>
  usedAt === null ? 'Not used yet' : `Used ${aged(new Date(usedAt))}`;
export const REVOKE = 'Revoke';
/** Of the button of one, for whoever listens. */
export const revokeWords = (name: string): string => `Revoke “${name}”`;
export const revokedWords = (name: string): string => `“${name}” opens nothing any more.`;
export const UNDO = 'Undo';
export const restoredWords = (name: string): string => `“${name}” opens again what it did.`;

// The form.
export const MAKE_ONE = 'Make one';
export const NAME = 'What it is for, such as my editor';
export const MAY = 'It may';
/** Each does what those before it do. */
export const SCOPES_SAY = SCOPE_WORDS;
export const SCOPE_NAMES: Readonly<Record<Scope, string>> = {
  read: 'Read',
  propose: 'Propose',
  decide: 'Decide',
  admin: 'Everything',
};
export const DAYS = 'For so many days, 366 at most';
export const MAKE = 'Make the token';

// The one that was made.
/** Above the token itself. */
export const madeWords = (name: string): string => `The token of “${name}”`;
export const ONCE =
  'Copy it now: it is not shown again. The program sends it as Authorization: Bearer; our own command line takes it from MAINLOOP_API_TOKEN.';
export const COPY = 'Copy';
export const HAVE_IT = 'I have it';
