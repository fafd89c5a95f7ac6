import { describe, expect, test } from '@jest/globals';
import { gateAnswer, gateOf, isGate, UNCHECKED, WEAKENED } from './gates.ts';
import { noticeOf } from './notices.ts';

describe('a gate', () => {
  test.each([
    ['weakened', ['a.test.ts: deleted'], WEAKENED, ['Put it back', 'Allow']],
    ['unchecked', [], UNCHECKED, ['Look again', 'Allow']],
    ['unchecked', ['a.test.ts: deleted'], `${UNCHECKED} It also removes or skips tests.`, ['Put it back', 'Allow']],
  ] as const)('%s %j', (what, lines, title, options) => {
    const g = gateOf(what, lines);
    expect([g.title, g.lines, g.options.map((o) => o.label)]).toEqual([title, lines, options]);
  });

  test('its answer names what was let through', () => {
    expect(gateAnswer({ title: WEAKENED, body: 'a.test.ts: deleted\n\nb.test.ts: a test is skipped\n' })).toBe(
      'a.test.ts: deleted\nb.test.ts: a test is skipped',
    );
    expect(gateAnswer({ title: UNCHECKED, body: '' })).toBe(UNCHECKED);
  });
});

test.each([
  ['gate', null, true],
  ['failure', 'gate', true],
  ['failure', 'turns', false],
  ['failure', null, false],
  ['question', null, false],
] as const)('%s with the code %s lets something through: %s; then no notification offers it', (kind, errorCode, gate) => {
  expect(isGate({ kind, errorCode })).toBe(gate);
  const n = noticeOf({ id: 'i', kind, title: WEAKENED, body: '', options: [], errorCode, titleIsWhole: true, taskTitle: 'T', repo: 'a/b' }, 1);
  if (gate) expect(n.type === 'show' && n.actions).toEqual([{ action: 'open', title: 'Look' }]);
});
