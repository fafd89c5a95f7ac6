// What the page of the memory says. Read it aloud before you change it.

export const MEMORY = 'Memory';
const count = (tokens: number): string => tokens.toLocaleString('en');
/** In tokens, of what goes out with a message. */
export const toldWords = (tokens: number, mostTokens: number): string =>
  `What the chat is told with your next message: ${count(tokens)} of at most ${count(mostTokens)} tokens. Nothing you said is out of reach; the rest is found by its words.`;
/** What the chat is told, by its kind. */
export const WHAT = {
  other: 'Rules and open tasks',
  pins: 'Remembered word for word',
  month: 'Months',
  week: 'Weeks',
  day: 'Days',
  part: 'Parts of a day',
  messages: 'The newest messages, as they were said',
} as const;
export const shareWords = (what: keyof typeof WHAT, times: number): string =>
  what === 'other' ? WHAT.other : `${WHAT[what]} (${times})`;
export const tokensWords = count;

// What was asked to be remembered.
export const NO_PINS = 'Nothing yet. Say “remember that …” in the chat, or write it here.';
export const WHAT_TO_REMEMBER = 'What to remember';
export const REMEMBER = 'Remember';
export const REMEMBERED = 'Remembered.';
export const REMOVE = 'Remove';
export const FORGOTTEN = 'No longer remembered.';

// Summaries.
export const ALL_MONTHS = 'All months';
/** Whose words a summary is in. */
export const BY = {
  model: 'summarised by the model',
  extract: 'sentences as they were said',
  you: 'written by you',
} as const;
export const isToldWords = (isTold: boolean): string => (isTold ? 'told now' : 'kept');
export const partWords = (day: string): string => `${day}, a part`;
export const spanWords = (first: string, last: string): string => `${first} to ${last}`;
export const THE_SUMMARY = 'The summary';
export const READ_IT = 'Read what was said';
export const ITS_WEEKS = 'Its weeks and days';
export const FORGET_THIS = 'Forget this time';
export const FORGET_THIS_SURELY = 'Delete all that was said then, for good';
export const NO_SUMMARIES =
  'No summaries yet. What is older than a day is summarised by itself; until then everything is told as it was said.';
export const NONE_THIS_MONTH = 'Nothing of this month is summarised.';

// Of each that can be changed.
export const EDIT = 'Edit';
export const SAVE = 'Save';
export const SAVED = 'Saved.';
export const LEAVE_IT = 'Leave it';

// The end of the page.
export const EXPORT = 'Export everything';
export const FORGET_ALL = 'Forget everything';
export const FORGET_ALL_SURELY = 'Yes, delete the whole conversation for good';
export const DELETED = 'Deleted for good.';
