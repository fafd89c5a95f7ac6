// What a proposal says, as it is read and as it is edited. Read it aloud before you change it.

/**
 * Of a proposal.
 * @param isTold whether it is said to a task that is open, instead of starting one
 */
export const startingWords = (isTold: boolean): string => (isTold ? 'Telling it.' : 'Starting.');
/**
 * Of one that was started.
 * @param isTold see `startingWords`
 */
export const startedWords = (isTold: boolean): string => (isTold ? 'Told.' : 'Started.');
/**
 * Of its button.
 * @param isTold see `startingWords`
 */
export const startWords = (isTold: boolean): string => (isTold ? 'Tell it' : 'Start');
export const LEFT_ALONE = 'Left alone.';
export const EXPIRED = 'This has expired. Ask for it again.';

export const proposedWords = (title: string): string => `Proposed task: ${title}`;
export const TELL_THE_TASK = 'Tell the task';
/** @param model its name, without whose it is */
export const termsWords = (repo: string, model: string, budgetCents: number, skipsPlan: boolean): string =>
  `${repo} · ${model} · at most $${(budgetCents / 100).toFixed(2)}${skipsPlan ? ' · without a plan' : ''}`;
export const longWords = (isLong: boolean): string => (isLong ? 'Show less' : 'Show all of it');
export const editWords = (isEditing: boolean): string => (isEditing ? 'Undo edits' : 'Edit');
export const NOT_NOW = 'Not now';
export const EDITS_NOT_SENT = 'What you changed was not sent.';
export const KEPT_IN_INBOX = 'It is kept in the inbox.';
export const TITLE = 'Title';
export const WHAT_TO_DO = 'What to do';
export const PROJECT = 'Project';
export const MODEL = 'Model';
export const BUDGET = 'Budget, in dollars';
export const JUST_DO_IT = 'Just do it, without a plan first';
