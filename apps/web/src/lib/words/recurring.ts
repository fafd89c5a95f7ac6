// What the page of recurring skills says. Read it aloud before you change it.

export const RECURRING = 'Recurring';
export const WHAT_THEY_ARE =
  'A skill that comes by itself. It proposes a task, and nothing runs before you tap Start, unless you allow that below. One is left out while the one before it is not done.';

// One of them.
export const nameWords = (skill: string, isPaused: boolean): string =>
  `/${skill}${isPaused ? ', paused' : ''}`;
/** @param startCents what it may cost each time it starts without a tap; null: it only proposes */
export const startWords = (startCents: number | null): string =>
  startCents === null ? '' : `starts by itself, at most $${(startCents / 100).toFixed(2)} each time`;
export const NEXT = 'Next';
export const BEFORE = 'Before';
export const RESUME = 'Resume';
export const PAUSE = 'Pause';
export const EDIT = 'Edit';
export const REMOVE = 'Remove';

// The form.
export const PLAN_ONE = 'Plan one';
export const CHANGE_IT = 'Change it';
export const SKILL = 'Skill';
export const CHOOSE_A_SKILL = 'choose a skill';
/** Where there is none to choose; the link to where one is written follows. */
export const NO_SKILL_YET = 'There is no skill yet.';
export const WRITE_ONE_FIRST = 'Write one first';
export const IN_PROJECT = 'In';
export const WHEN = 'When: minute, hour, day, month, weekday, such as 30 9 * * 1-5';
export const TIME_ZONE = 'In the time zone';
export const START_BY_ITSELF = 'Start without a tap, for at most this many dollars each time';
export const IT_IS_PROPOSED = 'It only proposes';
export const SAVE = 'Save';
export const CANCEL = 'Cancel';
export const PLANNED = 'Planned.';
