import { describe, expect, test } from '@jest/globals';
import { gateAnswer, gateOf, isGate, redBeforeGateOf, redGateOf, UNCHECKED, WEAKENED } from './gates.ts';
import { notificationOf } from '../inbox/notifications.ts';

describe('a gate', () => {
  test.each([
    ['weakened', ['a.test.ts: deleted'], WEAKENED, ['Put it back', 'Allow']],
    ['unchecked', [], UNCHECKED, ['Look again', 'Allow']],
    [
      'unchecked',
      ['a.test.ts: deleted'],
      `${UNCHECKED} It also removes or skips tests.`,
      ['Put it back', 'Allow'],
    ],
  ] as const)('%s %j', (what, lines, title, options) => {
    const gate = gateOf(what, lines);
    expect([gate.title, gate.lines, gate.options.map((o) => o.label)]).toEqual([title, lines, options]);
  });

  test.each([
    [
      'lint alone',
      [{ what: 'lint', command: 'npm run lint', tail: 'a.ts\n  1:1 error no-var\n' }],
      [],
      'Lint is red in the sandbox, and Claude has left it so.',
    ],
    [
      'two of them, and tests are gone',
      [
        { what: 'diagnostics', command: 'tsc', tail: 'a.ts(1,1): error TS1' },
        { what: 'tests', command: 'npm test', tail: '1 failed' },
      ],
      ['a.test.ts: deleted'],
      'The type check is red in the sandbox, like the tests, and Claude has left it so. The change also removes or skips tests.',
    ],
  ] as const)('red: %s', (_, red, lost, title) => {
    const gate = redGateOf(red, lost);
    expect([gate.title, gate.options.map((o) => o.label)]).toEqual([title, ['Let Claude fix it', 'Allow']]);
    expect(gate.lines).toEqual(expect.arrayContaining([`$ ${red[0].command}`, ...lost]));
    expect(isGate({ kind: 'gate', errorCode: null })).toBe(true);
  });

  test('red before the change: Claude is paid for it only where that is said', () => {
    const gate = redBeforeGateOf('"test" was red before.', ['a.test.ts: deleted']);
    expect([gate.title, gate.lines, gate.options.map((o) => o.label)]).toEqual([
      '"test" was red before. The change also removes or skips tests.',
      ['a.test.ts: deleted'],
      ['Let Claude fix it', 'Allow'],
    ]);
    expect(redBeforeGateOf('"test" was red before.', []).title).toBe('"test" was red before.');
  });

  test('however much a red check prints, the card stays short', () => {
    const gate = redGateOf(
      [{ what: 'lint', command: 'x'.repeat(900), tail: `error ${'y'.repeat(900)}\n`.repeat(500) }],
      [],
    );
    expect([gate.lines.length <= 9, gate.lines.every((l) => l.length <= 203)]).toEqual([true, true]);
  });

  test('its answer names what was let through', () => {
    expect(
      gateAnswer({ title: WEAKENED, body: 'a.test.ts: deleted\n\nb.test.ts: a test is skipped\n' }),
    ).toBe('a.test.ts: deleted\nb.test.ts: a test is skipped');
    expect(gateAnswer({ title: UNCHECKED, body: '' })).toBe(UNCHECKED);
  });
});

test.each([
  ['gate', null, true],
  ['failure', 'gate', true],
  ['failure', 'turns', false],
  ['failure', null, false],
  ['question', null, false],
] as const)(
  '%s with the code %s lets something through: %s; then no notification offers it',
  (kind, errorCode, gate) => {
    expect(isGate({ kind, errorCode })).toBe(gate);
    const notification = notificationOf(
      {
        id: 'i',
        kind,
        title: WEAKENED,
        body: '',
        options: [],
        errorCode,
        titleIsWhole: true,
        task: { title: 'T', repo: 'a/b' },
      },
      1,
    );
    if (gate)
      expect(notification.type === 'show' && notification.actions).toEqual([
        { action: 'open', title: 'Look' },
      ]);
  },
);
