import { expect, test } from '@jest/globals';
import type { LoggedEvent } from './registry.ts';
import fc from 'fast-check';
import { checksOf, failureFacts, planChanges, summaryOf, twoSentences } from './facts.ts';

const event = (type: string, payload: object, seq = 1): LoggedEvent =>
  ({
    seq,
    type,
    payload,
    at: '2026-03-01T12:00:00Z',
    taskId: 't',
    actor: 'a',
    ownerId: 'o',
  }) as unknown as LoggedEvent;
const ci = (
  passed: number,
  failed: number,
  pending: number,
  verdict: string,
  failures: string[] = [],
): LoggedEvent =>
  event('ci.verdict', {
    sha: 'new',
    verdict,
    round: 1,
    passed,
    failed,
    pending,
    failures: failures.map((name) => ({ name })),
  });
const ran = (what: string, exitCode: number | null, sha = 'new', more: object = {}): LoggedEvent =>
  event('evidence.recorded', {
    runId: 'r',
    what,
    command: 'npm test',
    exitCode,
    ms: 1,
    tail: '',
    sha,
    clean: true,
    ...more,
  });

test.each([
  ['two of three', 'One. Two! Three?', 'One. Two!'],
  ['no end', 'Without an end', 'Without an end'],
  ['a version is no end of a sentence', 'Uses node 24.1 now. Fine.', 'Uses node 24.1 now. Fine.'],
  [
    'headings and fences are no sentences',
    '## What\nIt **adds** `x`.\n```js\nlet a. b.\n```\nThen more. And more.',
    'It adds x. Then more.',
  ],
  ['nothing', '', ''],
])('two sentences: %s', (_, text, want) => expect(twoSentences(text)).toBe(want));

test('however long a text is, what stands on the card is short, and one line', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2_000 }), (text) => {
      const words = twoSentences(text);
      expect(words.length).toBeLessThanOrEqual(282);
      expect(words).not.toContain('\n');
    }),
  );
});

test.each([
  [
    'green, and verified',
    [ran('verify', 0), ci(3, 0, 0, 'green')],
    ['good CI: 3 of 3 passed', 'good “npm test” passed in the sandbox (0.0 s)'],
  ],
  [
    'red, by name, and nothing verified',
    [ci(1, 1, 1, 'red', ['lint'])],
    [
      'bad CI: 1 of 3 passed, not lint',
      'bad CI: 1 of 3 did not finish',
      'plain No verify command ran in the sandbox on this commit.',
    ],
  ],
  [
    'no CI',
    [],
    ['bad No CI checked this change.', 'plain No verify command ran in the sandbox on this commit.'],
  ],
  [
    'none is told as none',
    [ci(0, 0, 0, 'none'), ran('verify', 1)],
    ['bad No CI checked this change.', 'bad “npm test” failed with exit 1 in the sandbox (0.0 s)'],
  ],
  [
    'what ran on an older commit says nothing of this one',
    [ran('verify', 0, 'old'), ci(2, 0, 0, 'green')],
    ['good CI: 2 of 2 passed', 'plain No verify command ran in the sandbox on this commit.'],
  ],
])('checks: %s', (_, events, want) =>
  expect(checksOf(events).map((c) => `${c.tone} ${c.text}`)).toEqual(want),
);

test('green checks are named, and so is what did not run', () => {
  const names = event('ci.verdict', {
    sha: 'new',
    verdict: 'green',
    round: 0,
    passed: 4,
    failed: 0,
    pending: 0,
    green: ['a', 'b', 'c', 'd'],
    notRun: ['mac'],
  });
  expect(checksOf([names, ran('tests', 0)]).map((c) => [c.text, c.more])).toEqual([
    ['CI: 4 of 4 passed: a, b, c and 1 more', 'a\nb\nc\nd'],
    ['CI did not run mac', ''],
    ['“npm test” passed in the sandbox (0.0 s)', ''],
  ]);
});

test.each([
  [
    'what was counted is said',
    'tests',
    { exitCode: 0, tail: '# pass 12\n# fail 0', ms: 4_200 },
    'good “npm test” passed in the sandbox (12 passed, 4.2 s)',
    '',
  ],
  [
    'and what failed',
    'tests',
    { exitCode: 1, tail: 'Tests: 2 failed, 1 passed' },
    'bad “npm test” failed with exit 1 in the sandbox (1 passed, 2 failed, 0.0 s)',
    'Tests: 2 failed, 1 passed',
  ],
  [
    'what is not there has not run',
    'lint',
    { exitCode: 127, tail: 'eslint: not found' },
    'plain “npm test” could not run in the sandbox',
    'eslint: not found',
  ],
  [
    'what was red before the change is told so, and not in red',
    'lint',
    { exitCode: 1, tail: 'a.ts: error', redBefore: true },
    'plain “npm test” failed with exit 1 in the sandbox, and was red in the same way before this change (0.0 s)',
    'a.ts: error',
  ],
  [
    'what ran instead of trunk says so',
    'lint',
    { exitCode: 0, tail: '', insteadOf: 'trunk' },
    'good “npm test” passed in the sandbox (0.0 s); trunk, which the repository names, is not here',
    '',
  ],
  [
    'a tree that is more than the commit',
    'verify',
    { clean: false },
    'plain “npm test” passed in the sandbox (0.0 s, with files that are in no commit)',
    '',
  ],
  [
    'one that took too long',
    'lint',
    { exitCode: null },
    'bad “npm test” ran out of time in the sandbox (0.0 s)',
    '',
  ],
])('evidence: %s', (_, what, more, text, tail) => {
  const line = checksOf([ci(1, 0, 0, 'green'), ran(what, 0, 'new', more)]).find((check) =>
    check.text.includes('sandbox'),
  )!;
  expect([`${line.tone} ${line.text}`, line.more]).toEqual([text, tail]);
});

test('a failure names its checks with their address, and what was tried', () => {
  const red = event('ci.verdict', {
    sha: 'new',
    verdict: 'red',
    round: 2,
    passed: 1,
    failed: 1,
    pending: 0,
    failures: [{ name: 'test (ci.yml)', url: 'https://x/1', message: 'expected 1\nbut was 2' }],
  });
  const repaired = (summary: string): LoggedEvent =>
    event('run.ended', { runId: 'r', phase: 'fix_ci', epoch: 1, outcome: { kind: 'completed', summary } });
  expect(failureFacts([repaired('One.'), repaired('I rounded up. Then down. Then up.'), red])).toEqual({
    checks: [{ name: 'test (ci.yml)', url: 'https://x/1', message: 'expected 1' }],
    tried: 'Claude tried 2 repairs. The last: I rounded up. Then down.',
  });
  // What was red before the newest verdict is red no more.
  expect(failureFacts([red, ci(2, 0, 0, 'green')])).toEqual({ checks: [], tried: '' });
  expect(failureFacts([])).toEqual({ checks: [], tried: '' });
});

test('the summary is of the last run that changed something', () => {
  const ended = (phase: string, outcome: object): LoggedEvent =>
    event('run.ended', { runId: 'r', phase, epoch: 1, outcome });
  expect(
    summaryOf([
      ended('plan', { kind: 'completed', summary: 'a plan' }),
      ended('implement', { kind: 'completed', summary: 'did it' }),
      ended('second_look', { kind: 'completed', summary: 'read it' }),
      ended('fix_ci', { kind: 'limit', reason: 'time' }),
    ]),
  ).toBe('did it');
  expect(summaryOf([])).toBe('');
});

test.each([
  ['a step in between', '1. Read\n2. Write', '1. Read\n2. Think\n3. Write', { lines: ['Think'], gone: 0 }],
  ['another word', '## A\n- Round up', '## A\n- Round down', { lines: ['Round down'], gone: 1 }],
  ['a step less', '1. Read\n2. Write', '1. Write', { lines: [], gone: 1 }],
  ['the same', '# A\n\n- b', '## A\n* b\n', null],
])('what changed of a plan: %s', (_, before, now, want) => expect(planChanges(before, now)).toEqual(want));

test.each([
  ['new', [0, 0, 0], [0, 0, 0], 'good A second look found nothing'],
  ['new', [1, 0, 2], [1, 0, 2], 'bad A second look found 1 must, 2 notes'],
  ['new', [0, 2, 0], [0, 2, 0], 'plain A second look found 2 should'],
  ['new', [0, 0, 0], [0, 0, 1], 'plain A second look found nothing; left from before: 1 note'],
  ['new', [0, 0, 1], [1, 0, 2], 'bad A second look found 1 note; left from before: 1 must, 1 note'],
  ['old', [0, 0, 0], [0, 0, 0], 'plain The second look was of an earlier commit'],
  ['old', [0, 0, 0], [0, 1, 0], 'plain The second look was of an earlier commit; left from before: 1 should'],
] as const)(
  'a second look of the %s commit that found %j, with %j open, stands among the checks',
  (sha, own, all, line) => {
    const found = ([must, should, note]: readonly [number, number, number]) => ({ must, should, note });
    const look = event('review.second_looked', { runId: 'r', sha, ...found(own) }, 2);
    const lines = checksOf([ci(1, 0, 0, 'green'), look], found(all));
    expect(lines.map((c) => `${c.tone} ${c.text}`)).toContain(line);
  },
);
