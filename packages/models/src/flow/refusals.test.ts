import { expect, test } from '@jest/globals';
import { refusal, REFUSAL_CODES, REFUSALS } from './refusals.ts';

test.each(REFUSAL_CODES.filter((c) => typeof REFUSALS[c].says === 'string'))(
  '%s is said in whole sentences, and answered as a refusal',
  (code) => {
    const { says, status } = REFUSALS[code];
    expect(says).toMatch(/^[A-Zm].*\.$/s);
    expect(status).toBeGreaterThanOrEqual(400);
  },
);

test('a sentence names what it is about', () => {
  expect(refusal('task_ended', 'done')).toEqual({
    ok: false,
    code: 'task_ended',
    sentence: 'This task is already done.',
  });
  expect(refusal('item_answered', 'you', 'on GitHub').sentence).toBe('Already answered by you on GitHub.');
  expect(refusal('item_answered', 'you', '').sentence).toBe('Already answered by you.');
  expect(refusal('wrong_decision', ['allow', 'deny']).sentence).toBe('This takes allow or deny.');
  expect(refusal('no_task')).toEqual({ ok: false, code: 'no_task', sentence: 'There is no such task.' });
});
