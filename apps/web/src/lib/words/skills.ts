// What the page of the skills says. Read it aloud before you change it.

export const SKILLS = 'Skills';
export const WHAT_THEY_ARE =
  'A prompt that you use again, under a name. Call it here, or in the chat by its name: it proposes a task, and nothing runs before you tap Start.';
/** Leads to those that do. */
export const COMES_BY_ITSELF = 'Let one come by itself.';
export const WHEN_SOMETHING_HAPPENS = 'Let one come when something happens.';

// One of them.
export const ANY_PROJECT = 'any project';
/** Of what is given with a call. @param fallback what counts where nothing is given; undefined: it has to be */
export const givenWords = (parameter: string, fallback: string | undefined): string =>
  fallback === undefined ? parameter : `${parameter}, or else ${fallback}`;
export const IN_PROJECT = 'In';
export const PROPOSE = 'Propose';
export const EDIT = 'Edit';
export const REMOVE = 'Remove';

// The form.
export const WRITE_ONE = 'Write one';
export const NAME = 'Name, such as fix-lint';
export const WHAT_TO_DO = 'What it should do. {{branch}} is a place that a call fills in';
export const fallbackWords = (parameter: string): string => `${parameter}, where nothing is given`;
export const HAS_TO_BE_GIVEN = 'It has to be given';
export const ANY_NAMED_PROJECT = 'Whichever project is named';
export const SAVE = 'Save';
/** @param call how it is called in the chat, as `/fix-lint` */
export const savedWords = (call: string): string => `Saved. In the chat: ${call}`;
