import { expect, test } from '@jest/globals';
import { ALL_PAUSED, holdOf, NOTHING_HELD, type Holds } from './runs/holds.ts';
import { sayPlace } from './forge/train.ts';
import {
  isEnded,
  nextSentence,
  onlyReads,
  PHASES,
  sectionOf,
  TASK_STATES,
  whileAsked,
  type Standing,
} from './states.ts';

const HOUR_MS = 3_600_000;

test.each<[string, string, boolean, number | null, string]>([
  ['works', 'ci', false, null, 'working'],
  ['works again while its failure is still noted', 'ci', true, null, 'failed'],
  ['failed', 'failed', false, null, 'failed'],
  ['done, a failure on its way', 'done', true, 0, 'done'],
  ['done just now', 'done', false, 0, 'done'],
  ['done a day ago', 'done', false, -24 * HOUR_MS, 'history'],
  ['done almost a day ago', 'done', false, -24 * HOUR_MS + 1, 'done'],
  ['done, nobody knows when', 'done', false, null, 'history'],
  ['cancelled just now', 'cancelled', true, 0, 'history'],
])('a task that %s', (_, state, hasFailure, endedAtMs, want) => {
  expect(sectionOf({ state, hasFailure, endedAtMs }, 0)).toBe(want);
});

test('what holds a task up is said instead of a free slot, and of no task that does not wait for one', () => {
  const queued = { state: 'queued', statusLine: '', waitingFor: null, endedHow: null, ci: null } as const;
  const hold = 'Everything is paused. It waits until you resume.';
  expect(nextSentence(queued, hold)).toBe(hold);
  expect(nextSentence({ ...queued, state: 'ci' }, hold)).toBe('Waiting for CI. You are not needed.');
});

test.each([
  ['its turn', sayPlace(2, 'main'), true],
  [
    'being merged with its base',
    'It conflicts with main; Claude merges main into it. You are not needed.',
    true,
  ],
  ['nothing but the review', '', false],
  ['the person', 'Which of the two?', false],
])('while everything is paused, a task in review that waits for %s', (_, statusLine, saysPaused) => {
  const reviewed = { state: 'in_review', statusLine, waitingFor: null, endedHow: null, ci: null } as const;
  const free = nextSentence(reviewed, '');
  expect(nextSentence(reviewed, ALL_PAUSED)).toBe(saysPaused ? ALL_PAUSED : free);
  // A limit that is spent holds no merge up.
  expect(nextSentence(reviewed, "Today's limit is spent.")).toBe(free);
});

const SPENT = [
  { projectId: null, period: 'week', cents: 2_000, of: 'all agents' },
  { projectId: 'pr-1', period: 'day', cents: 500, of: 'acme/api' },
] as const;
const QUEUED = [
  { taskId: 't-0', sentence: 'It starts in a moment.' },
  { taskId: 't-1', sentence: 'It waits for another.' },
];
test.each<[string, Holds, string, string]>([
  ['nothing', NOTHING_HELD, 'pr-1', ''],
  [
    'the pause',
    { paused: true, spent: SPENT, queued: QUEUED },
    'pr-1',
    'Everything is paused. It waits until you resume.',
  ],
  [
    "the owner's limit",
    { paused: false, spent: SPENT, queued: QUEUED },
    'pr-1',
    "This week's limit for all agents ($20.00) is spent. It waits until Monday (UTC), or until you raise it.",
  ],
  [
    'the limit of its project',
    { paused: false, spent: SPENT.slice(1), queued: QUEUED },
    'pr-1',
    "Today's limit for acme/api ($5.00) is spent. It waits until tomorrow (UTC), or until you raise it.",
  ],
  ['not that of another project', { paused: false, spent: SPENT.slice(1), queued: [] }, 'pr-2', ''],
  ['its place in the queue', { paused: false, spent: [], queued: QUEUED }, 'pr-1', 'It waits for another.'],
  ['not that of another task', { paused: false, spent: [], queued: QUEUED.slice(0, 1) }, 'pr-1', ''],
])('what holds the next run of a task up: %s', (_, holds, projectId, says) => {
  expect(holdOf(holds, { id: 't-1', projectId })).toBe(says);
});

test('a plan and a second look change nothing; of a phase of another version nobody knows', () => {
  expect([...PHASES, 'constructor'].filter(onlyReads)).toEqual(['plan', 'second_look']);
});

test('nothing leads out of the end', () => {
  expect(TASK_STATES.filter(isEnded)).toEqual(['done', 'cancelled']);
});

const SAYS: Record<(typeof TASK_STATES)[number], [byItself: string, ownLine: boolean]> = {
  queued: ['Waiting for a free slot. You are not needed.', false],
  planning: ['Claude is reading the code and writing a plan. You are not needed.', true],
  awaiting_plan: ['The plan is ready. Approve it, or say what to change.', false],
  drafting: ['Claude is writing the change. You are not needed.', true],
  ci: ['Waiting for CI. You are not needed.', false],
  in_review: ['Ready for review. Look at the pull request, then merge it or say what to change.', true],
  blocked: ['Waiting for you.', true],
  done: ['Merged.', false],
  cancelled: ['Cancelled.', false],
  failed: ['Failed.', true],
};
const standing = (known: Partial<Standing>): Standing => ({
  state: 'ci',
  statusLine: '',
  ci: null,
  waitingFor: null,
  endedHow: null,
  ...known,
});

test.each(TASK_STATES)('what a task says that is %s', (state) => {
  const [byItself, ownLine] = SAYS[state];
  expect(nextSentence(standing({ state }), '')).toBe(byItself);
  const withLine = isEnded(state) ? `${byItself} A word of its own.` : byItself;
  expect(nextSentence(standing({ state, statusLine: 'A word of its own.' }), '')).toBe(
    ownLine ? 'A word of its own.' : withLine,
  );
});

test('what a task says that waits for checks, or is in a state of a newer version', () => {
  const ci = { passed: 3, failed: 1, pending: 2 };
  expect(nextSentence(standing({ ci }), '')).toBe(
    'Waiting for CI, 4 of 6 checks done, 1 of them red. You are not needed.',
  );
  const green = { ...ci, failed: 0 };
  expect(nextSentence(standing({ ci: green }), '')).toBe(
    'Waiting for CI, 3 of 5 checks done. You are not needed.',
  );
  expect(nextSentence(standing({ state: 'resting', statusLine: 'It rests.' }), '')).toBe('It rests.');
});

test.each<[string, Partial<Standing>, string]>([
  [
    'asks for a permission',
    { state: 'drafting', waitingFor: 'permission' },
    'Claude waits for your permission to go on.',
  ],
  [
    'asked, and says the same in its own words',
    { state: 'drafting', statusLine: 'Claude waits for your permission to go on.' },
    'Claude waits for your permission to go on.',
  ],
  [
    'asked, and was cancelled',
    { state: 'cancelled', waitingFor: 'permission', endedHow: 'cancelled' },
    'You cancelled this.',
  ],
  [
    'waits for its account',
    { state: 'blocked', waitingFor: 'account_limit', statusLine: 'It goes on at noon.' },
    'It goes on at noon.',
  ],
  [
    'waits for its turn to be merged',
    {
      state: 'in_review',
      statusLine: '2nd to merge into main; those before it go first. You are not needed.',
    },
    '2nd to merge into main; those before it go first. You are not needed.',
  ],
  [
    'was closed on the forge',
    { state: 'cancelled', endedHow: 'closed' },
    'The pull request was closed without a merge.',
  ],
  [
    'left something behind',
    { state: 'cancelled', endedHow: 'cancelled', statusLine: 'Its sandbox is busy.' },
    'You cancelled this. Its sandbox is busy.',
  ],
  [
    'says of itself what the user would',
    { state: 'cancelled', statusLine: 'Cancelled by you.' },
    'Cancelled. Cancelled by you.',
  ],
])('a task that %s', (_, known, says) => {
  expect(nextSentence(standing(known), '')).toBe(says);
});

test.each([
  ['Waiting for a free slot. You are not needed.', 'Waiting for a free slot.'],
  ['You are not needed.', 'It waits for you.'],
  [
    'The plan is ready. Approve it, or say what to change.',
    'The plan is ready. Approve it, or say what to change.',
  ],
])('while something waits for the person, “%s” is “%s”', (sentence, said) => {
  expect(whileAsked(sentence)).toBe(said);
});
