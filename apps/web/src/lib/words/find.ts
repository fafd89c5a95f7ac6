// What the finder says, and what each key does. Read it aloud before you change it.

export const FIND = 'Find';
export const FIND_WHAT = 'Find a task, a message or a page';
export const FIND_HERE = `${FIND_WHAT} …`;
export const FOUND = 'Found';
export const NOTHING_FOUND = 'Nothing found. Try other words.';
export const PAGES = [
  ['Chat', '/'],
  ['Inbox', '/inbox'],
  ['Projects', '/projects'],
  ['Skills', '/skills'],
  ['Recurring', '/recurring'],
  ['Automations', '/automations'],
  ['Cycle', '/cycle'],
  ['Your week', '/week'],
  ['What agents know', '/learnings'],
  ['Memory', '/memory'],
  ['Settings', '/settings'],
  ['Tokens for programs', '/settings/tokens'],
] as const;
/** @param day as "Thursday, 26 November" */
export const dayWords = (day: string): string => `The conversation on ${day}`;
export const IN_CHAT = 'Chat';
/** Who said it. */
export const WHO = { user: 'You', assistant: 'mainloop', note: 'Note' } as const;

export const KEYS_NAME = 'Keys';
export const CLOSE = 'Close';
export const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['j / k', 'next, previous'],
  ['Enter', 'open'],
  ['a', 'approve, allow, merge, retry, answer'],
  ['r', 'reply: change it, refuse, say it yourself'],
  ['1 to 9', 'answer with that option'],
  ['s', 'later'],
  ['u', 'undo what you decided last'],
  ['e', 'done with this file of a change'],
  ['n / p', 'next, previous file of a change'],
  ['/ or ⌘K', 'find a task, a message or a page'],
  ['?', 'these keys'],
];
