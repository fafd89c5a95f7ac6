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
  ['gate', 'Anything', true],
  ['failure', WEAKENED, true],
  ['failure', 'This repository has no CI, so nothing has checked the change. Retry goes on to review without checks: look closely.', true],
  ['failure', 'CI is still red after 3 repairs.', false],
  ['question', WEAKENED, false],
] as const)('%s "%s" lets something through: %s; then no notification offers it', (kind, title, gate) => {
  expect(isGate({ kind, title })).toBe(gate);
  const n = noticeOf({ id: 'i', kind, title, body: '', options: [], taskTitle: 'T', repo: 'a/b' }, 1);
  if (gate) expect(n.type === 'show' && n.actions).toEqual([{ action: 'open', title: 'Look' }]);
});
