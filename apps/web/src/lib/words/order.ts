// What is said of the order in which tasks get their agents. Read it aloud before you change it.
import type { Priority } from '@mainloop/models/flow/runs/dispatch';

export const PRIORITY = 'Priority';
export const PRIORITY_OPTIONS: readonly (readonly [Priority, string])[] = [
  ['urgent', 'Urgent'],
  ['high', 'High'],
  ['normal', 'Normal'],
  ['low', 'Low'],
];
export const WAITS_FOR = 'Waits until these have ended';
export const ADD_TASK = 'Choose a task';
export const ENDED_TASK = 'A task that has ended';
/** Of the button that takes one away. */
export const noLongerWords = (title: string): string => `No longer wait for ${title}`;
const unusual = (priority: Priority, blockers: number): string[] => [
  ...(priority === 'normal' ? [] : [`${priority} priority`]),
  ...(blockers === 0 ? [] : [`after ${blockers === 1 ? 'another task' : `${blockers} other tasks`}`]),
];
/** Of the fold on the page of a task, with what is not as usual. */
export const foldWords = (priority: Priority, blockers: number): string =>
  ['Order', ...unusual(priority, blockers)].join(' · ');
/** On a card, behind what else is said of it; '' where all is as usual. */
export const orderWords = (priority: Priority, blockers: number): string =>
  unusual(priority, blockers)
    .map((words) => ` · ${words}`)
    .join('');
