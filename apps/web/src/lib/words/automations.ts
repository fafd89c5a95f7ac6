// What the page of automations says. Read it aloud before you change it.
import type { FileState } from '@mainloop/models/flow/automations/repository-rule';
import type { FiringState } from '@mainloop/models/flow/automations/rule';

export const AUTOMATIONS = 'Automations';
export const LOOKED_AFTER = 'What mainloop looks after by itself.';
export const WHAT_THEY_ARE =
  'When something happens that is like this, then do that. A skill is only proposed: nothing runs before you tap Start, unless the rule allows it with a limit.';

export const ALL_HELD =
  'Everything is paused, and so is what they do: it waits, and is done at most a minute after you resume.';

// One of them.
export const nameWords = (name: string, paused: boolean): string => `${name}${paused ? ', paused' : ''}`;
export const LAST_TIMES = 'Last times';
const STATE: Readonly<Record<FiringState, string>> = {
  waits: 'waits for its time',
  done: 'done',
  left_out: 'left out',
  failed: 'failed',
};
/** @param when as the reader's clock has it @param says of a failure; empty otherwise */
export const cameWords = (when: string, state: FiringState, says: string): string =>
  `${when}: ${STATE[state]}${says === '' ? '' : `. ${says}`}`;
export const WHY = 'Why';
export const whyLabel = (when: string): string => `Why, on ${when}`;
export const PAUSE = 'Pause';
export const RESUME = 'Resume';
export const EDIT = 'Edit';
export const REMOVE = 'Remove';

// Those of repositories.
export const OF_REPOSITORIES = 'Rules in your repositories';
export const WHAT_FILES_ARE =
  'Files .mainloop/automations/*.yaml on a default branch. None does anything before you approve it, each change has to be approved again, and each sees only what happens in its own project.';
export const FILE_STATE: Readonly<Record<FileState, string>> = {
  waits: 'waits for your approval',
  changed: 'changed, and waits for your approval; it goes on as you approved it',
  stands: 'approved',
  wrong: 'is no rule',
};
/**
 * Of a rule that was approved as a file says it.
 * @param file where it stands
 */
export const comesFrom = (file: { readonly project: string; readonly path: string }): string =>
  `From ${file.path} in ${file.project}: change it there, and approve the change here.`;
export const APPROVE = 'Approve';
export const ALL_WORDS = 'All of it';

// The form.
export const MAKE_ONE = 'Make one';
export const WRITE_IT = 'Write it';
export const NAME = 'Name, such as tell-red';
export const WHEN = 'When';
/** While nothing is chosen yet. */
export const CHOOSE = 'choose what happens';
export const WHERE = 'Where';
/** Of the field, while none is chosen: there is no condition then. */
export const ANYTHING = 'anything';
export const AND = 'and';
export const FIELD = 'Field';
export const HOW = 'How';
export const VALUE = 'Value';
export const OPERATORS = {
  equals: 'is',
  not: 'is not',
  glob: 'is like, with *',
  regex: 'matches',
  olderThan: 'is longer ago than, such as 3d',
} as const;
export const ANOTHER_CONDITION = 'Another condition';
export const THEN = 'Then';
export const ACTIONS = {
  notify: 'tell me',
  skill: 'propose a skill',
  message: 'say to its task',
  wake: 'wake its task with',
  comment: 'comment on its page',
  label: 'put a label on its page',
  unlabel: 'take a label off its page',
  webhook: 'send it to an address',
} as const;
export const SKILL = 'Skill';
export const ADDRESS = 'Address';
export const LABEL = 'Label';
export const TEXT = 'Words; {{task.title}} stands for what happened';
export const COOLDOWN = 'Not again within, such as 2h; may be empty';
export const WRITE_YOURSELF = 'Or write it yourself: YAML, as docs/automations.md says';
export const TRY_IT = 'Try on the last week';
export const SAVE = 'Save';
export const SAVED = 'Saved. It counts from now on.';
export const triedWords = (times: number, looked: number): string =>
  `In the last week it would have come ${times === 1 ? 'once' : `${times} times`}, of ${looked} events.`;
export const triedLine = (when: string, type: string, task: string | null): string =>
  `${when}: ${task === null ? type : `${type}, ${task}`}`;
