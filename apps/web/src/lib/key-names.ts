// What each key does, for whoever asks.
export const KEYS: readonly (readonly [string, string])[] = [
  ['j / k', 'next, previous'],
  ['Enter', 'open'],
  ['a', 'approve, allow, merge, retry, answer'],
  ['r', 'reply: change it, refuse, say it yourself'],
  ['1 to 9', 'answer with that option'],
  ['s', 'later'],
  ['u', 'undo what you decided last'],
  ['e', 'done with this file of a change'],
  ['n / p', 'next, previous file of a change'],
  ['/ or ⌘K', 'find a task or a page'],
  ['?', 'these keys'],
];
