// What follows a run, and the words a person reads when it is them who is asked.
import { expect, test } from '@jest/globals';
import {
  afterRun,
  FAIL_REASONS,
  isCutOff,
  LIMIT_REASONS,
  MAX_ATTEMPTS,
  tookTooLong,
  unexpected,
  type AfterRun,
  type ErrorCode,
  type RunEnd,
  type RunOutcome,
} from './outcomes.ts';

const NOW = 1_000_000;
const asks = (sentence: string, code: ErrorCode, detail = ''): AfterRun => ({
  do: 'ask_human',
  code,
  sentence,
  detail,
});

test.each<[string, RunEnd, number, AfterRun]>([
  ['done', { kind: 'completed' }, 1, { do: 'go_on' }],
  [
    'one question, from an older run',
    { kind: 'asked', itemId: 'i' },
    1,
    { do: 'await_answer', itemIds: ['i'], permission: false },
  ],
  [
    'several questions',
    { kind: 'asked', itemId: 'i', itemIds: ['i', 'j'] },
    1,
    { do: 'await_answer', itemIds: ['i', 'j'], permission: false },
  ],
  ['a wait', { kind: 'wait', reason: 'five_hour', untilMs: NOW + 5_000 }, 9, { do: 'again', delayMs: 5_000 }],
  [
    'a wait that is over',
    { kind: 'wait', reason: 'five_hour', untilMs: NOW - 5_000 },
    9,
    { do: 'again', delayMs: 1_000 },
  ],
  [
    'a first refusal',
    { kind: 'retry', reason: 'overloaded', backoffMs: 10 },
    1,
    { do: 'again', delayMs: 10 },
  ],
  [
    'a third refusal',
    { kind: 'retry', reason: 'overloaded', backoffMs: 10 },
    3,
    { do: 'again', delayMs: 40 },
  ],
  [
    'a fourth refusal',
    { kind: 'retry', reason: 'rate_limit', backoffMs: 10 },
    MAX_ATTEMPTS,
    asks('The model kept failing (rate limit). Try again in a while.', 'model_failing'),
  ],
  [
    'paused',
    { kind: 'interrupted', reason: 'stopped' },
    1,
    asks('Paused by you. Resume continues from here.', 'paused'),
  ],
  [
    'paused by a program',
    { kind: 'interrupted', reason: 'stopped', by: 'token:my editor' },
    1,
    asks('Paused by the token “my editor”. Resume continues from here.', 'paused'),
  ],
  [
    'silent',
    { kind: 'interrupted', reason: 'silent' },
    1,
    asks('The agent hung without a word and was stopped. Look at its output, then retry.', 'silent'),
  ],
  [
    'spoken to as it ended',
    { kind: 'interrupted', reason: 'steered' },
    MAX_ATTEMPTS,
    { do: 'again', delayMs: 0 },
  ],
  ['lost, for the third time', { kind: 'interrupted', reason: 'lost' }, 3, { do: 'again', delayMs: 1_500 }],
  [
    'lost, for the fourth',
    { kind: 'interrupted', reason: 'killed' },
    MAX_ATTEMPTS,
    asks('The agent was lost four times in a row. Look at its output, then retry.', 'lost'),
  ],
  [
    'out of turns',
    { kind: 'limit', reason: 'turns' },
    1,
    asks('The agent used all its turns. Retry goes on from where it stopped.', 'turns'),
  ],
  [
    'no key',
    { kind: 'failed', reason: 'auth', detail: '401' },
    1,
    asks('The model refused our key. Check ANTHROPIC_API_KEY, then retry.', 'auth', '401'),
  ],
])('%s', (_, end, attempt, want) => {
  expect(afterRun(end, attempt, NOW)).toEqual(want);
});

test('each reason has a sentence of its own, which says what to do', () => {
  const sentences = [
    ...LIMIT_REASONS.map((reason) => afterRun({ kind: 'limit', reason }, 1, NOW)),
    ...FAIL_REASONS.map((reason) => afterRun({ kind: 'failed', reason, detail: '' }, 1, NOW)),
  ].map((a) => (a.do === 'ask_human' ? a.sentence : ''));
  expect(new Set(sentences).size).toBe(LIMIT_REASONS.length + FAIL_REASONS.length);
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
  expect(sentences.filter((s) => /retry|output below|Check|details/i.test(s)).length).toBeGreaterThan(
    sentences.length - 2,
  );
});

test('only a run that was lost in the middle, or failed by its model there, is done anew', () => {
  const ends: (RunOutcome | null)[] = [
    null,
    { kind: 'completed', summary: '' },
    { kind: 'failed', reason: 'auth', detail: '' },
    { kind: 'retry', reason: 'overloaded', backoffMs: 5 },
    { kind: 'wait', reason: 'rate_limit', untilMs: NOW },
    ...(['killed', 'stopped', 'all_paused', 'silent', 'lost', 'steered'] as const).map((reason) => ({
      kind: 'interrupted' as const,
      reason,
    })),
  ];
  expect(ends.filter(isCutOff)).toEqual([
    { kind: 'retry', reason: 'overloaded', backoffMs: 5 },
    { kind: 'wait', reason: 'rate_limit', untilMs: NOW },
    { kind: 'interrupted', reason: 'killed' },
    { kind: 'interrupted', reason: 'all_paused' },
    { kind: 'interrupted', reason: 'lost' },
  ]);
});

test('what is said of a slow step and a surprise', () => {
  expect(tookTooLong('ensureDraftPr')).toBe(
    'A step took too long and was given up: ensure draft pr. Retry tries it again.',
  );
  expect(unexpected('await_plan_now')).toBe(
    'mainloop ran into something it did not expect (await plan now). Retry goes on from there.',
  );
});
