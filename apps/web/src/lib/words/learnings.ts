// What the page of what agents know says. Read it aloud before you change it.
import type { StandsOn } from '@mainloop/models/flow/learnings/fading';
import { actorWords } from '@mainloop/models/flow/actors';
import type {
  LearningDecision,
  LearningSource,
  LearningState,
} from '@mainloop/models/flow/learnings/learnings';

export const WHAT_AGENTS_KNOW = 'What agents know';
export const WHAT_RULES_ARE =
  'Rules from earlier work, in words. They ask for care and enforce nothing: what must hold belongs in the checks and settings of a project.';

/** In the order of the page. */
export const GROUPS: readonly {
  readonly state: LearningState;
  readonly title: string;
  readonly says: string;
}[] = [
  {
    state: 'proposed',
    title: 'Waiting for you',
    says: 'Came up twice, or you said that it holds from now on. No agent hears it before you approve it.',
  },
  {
    state: 'approved',
    title: 'Agents go by',
    says: 'Each agent is given the few that apply to its work, and is told what you want every agent to know.',
  },
  { state: 'noted', title: 'Said once', says: 'You are asked when it comes up again in another task.' },
  { state: 'retired', title: 'No longer', says: '' },
  { state: 'rejected', title: 'Rejected', says: '' },
];
/** What can be done with one, the likely answer first. */
export const OFFERS: Readonly<Record<LearningState, readonly (readonly [LearningDecision, string])[]>> = {
  noted: [
    ['approve', 'Approve'],
    ['reject', 'Reject'],
  ],
  proposed: [
    ['approve', 'Approve'],
    ['reject', 'Reject'],
  ],
  approved: [['retire', 'Retire']],
  retired: [['approve', 'Approve again']],
  rejected: [['approve', 'Approve after all']],
};
/** A state as a word beside older words of a rule. */
export const STATE_WORDS: Readonly<Record<LearningState, string>> = {
  noted: 'said once',
  proposed: 'waiting',
  approved: 'approved',
  retired: 'retired',
  rejected: 'rejected',
};

/** What is from outside never stands here without whose words it is. */
const WHO: Readonly<Record<LearningSource, (author: string) => string>> = {
  person: () => 'Written by you',
  learned: () => 'Said by an agent',
  confessed: () => 'Said by an agent',
  review: (author) => `Said by ${author} in review`,
  sent_back: (author) => `Said by ${author} when work was sent back`,
  ci: (author) => `From a red check: ${author.replace(/^the check /, '')}`,
  commit: (author) => `From a commit of ${author} on top of an agent’s`,
};
export const ALL_PROJECTS = 'all projects';
export const NO_PROJECT = 'a project that was removed';
const cameUpWords = (times: number): string => `came up ${times} times`;
export const ITS_TASK = 'its task';
export const ITS_COMMENT = 'its comment';
export const BEFORE = 'Before';
export const MAKE_AGAIN = 'Make it this again';
export const EDIT = 'Edit';
export const SAVE = 'Save';
export const CANCEL = 'Cancel';

/** Of one that many agents were given and none named. */
export const CLEARER = 'Say it more clearly, or retire it.';

// One that every agent is told.
export const TOLD_TO_ALL = 'Every agent is told this.';
export const TELL_ALL = 'Tell every agent';
export const WHERE_IT_FITS = 'Only where it fits';

/** Why agents are not given one that was approved. */
export const FADED: Readonly<Record<StandsOn, string>> = {
  files:
    'Faded: the files it is about are gone, so agents no longer get it. It comes back when there are some again.',
  comments:
    'Faded: the comments it came from were deleted, so agents no longer get it. Keep it if you stand for it.',
};
export const KEEP_IT = 'Keep it';

// One that may say again what another says.
export const THE_SAME_AS = 'The same as';
export const SAME = 'The same';
export const APART = 'Not the same';

// Two of them that say the opposite.
export const OPPOSITES = 'Say the opposite';
export const KEEP_ONE =
  'As they read, no agent could go by both. Keep one, or say that both hold. What goes can be brought back below.';
export const standsWords = (isApproved: boolean): string =>
  isApproved ? 'Agents go by it' : 'Waits for you';
export const KEEP_THIS = 'Keep this one';
export const BOTH_HOLD = 'Both hold';

// Reviews from before mainloop.
export const FROM_BEFORE = 'From reviews before mainloop';
export const WHAT_IT_READS =
  'Reads the newest 300 comments on lines of pull requests, of those who may write. It costs no money: no model reads them. What came up in two pull requests waits for you.';
export const READ_THEM = 'Read them';
export const READ_AGAIN = 'Read them again';
export const BEING_READ = 'They are being read.';

// The form.
export const WRITE_ONE = 'Write one';
export const WHAT_TO_KNOW = 'What the next agent should know. It counts at once';
export const THE_RULE = 'The rule';
export const WHY = 'Why';
export const FILES = 'Files, such as src/** or *.sql';
export const ALL_FILES = 'All files';
export const PROJECT = 'Project';
export const EVERY_PROJECT = 'All projects';
export const ADD = 'Add';

/** @returns where a rule is from, how often it came up and which files it is about, in one line */
export const originWords = (rule: {
  readonly source: LearningSource;
  readonly author: string;
  readonly times: number;
  readonly path: string | null;
}): string[] => [
  WHO[rule.source](actorWords(rule.author)),
  ...(rule.times > 1 ? [cameUpWords(rule.times)] : []),
  ...(rule.path === null ? [] : [rule.path]),
];

// A campfire.
export const APPROVE = 'Approve';
export const NOT_NOW = 'Not now';
export const NEVER = 'Never';
export const APPROVE_WORDS = 'Approve these words';
export const LEAVE_FORM = 'Back';
export const SAID = {
  approve: ['Approved.', 'Agents go by it from now on.'],
  same: ['The same.', 'It counts for the other one.'],
  later: ['Not now.', 'You are asked again in a week.'],
  reject: ['Never.', 'The like of it is not asked about again.'],
} as const;
export const STANDS = {
  noted: '',
  proposed: 'Not now',
  approved: 'Approved',
  rejected: 'Never',
  retired: 'No longer',
} as const;
export const UNDO_ON = 'Each can be undone at any time, on the page';
