import { describe, expect, test } from '@jest/globals';
import { requestOf } from '@mainloop/models/contracts/client';
import { ITEM_KINDS, type ItemKind } from '@mainloop/models/flow/events';
import { DECISIONS_OF } from '@mainloop/models/flow/workflow';
import { Command } from 'commander';
import type { Api } from './client.ts';
import { itemText } from './show.ts';
import { registerWork } from './work.ts';

const item = (kind: ItemKind) => ({
  id: 'i-1',
  kind,
  title: 'T',
  body: '',
  project: 'p',
  taskTitle: 'T',
  options: [],
  plan: null,
});

async function* none(): AsyncGenerator<string> {}

/** What one command line sends to decide on an item of that kind. */
async function sent(
  kind: ItemKind,
  line: string,
): Promise<{ decision?: string; minutes?: number; text?: string }[]> {
  const bodies: { decision?: string }[] = [];
  const call = ((name: never, ...[sends]: [never?]) => {
    const request = requestOf(name, sends);
    if (request.method !== 'GET') bodies.push((sends as unknown as { body: { decision: string } }).body);
    return Promise.resolve(request.method === 'GET' ? [item(kind)] : { taskId: 't-1', ok: true });
  }) as unknown as Api['call'];
  const program = new Command('mainloop').exitOverride();
  registerWork(program, {
    api: () => ({ call, lines: none, stream: () => Promise.resolve() }),
    out: () => undefined,
    say: () => undefined,
    line: () => undefined,
    warn: () => undefined,
  });
  await program.parseAsync(line.split(' '), { from: 'user' });
  return bodies;
}

describe('every decision can be made on the command line', () => {
  test.each(ITEM_KINDS)('%s', async (kind) => {
    const lines = [
      'answer i-1 yes',
      'approve i-1',
      'allow i-1',
      'allow i-1 --task',
      'allow i-1 --project',
      'deny i-1',
      'decline i-1',
      'decline i-1 --keep-branch',
      'revise i-1 no',
      'retry i-1',
      'seen i-1',
    ];
    const all = (await Promise.all(lines.map((line) => sent(kind, line)))).flat().map((b) => b.decision);
    expect(all).toEqual(expect.arrayContaining([...DECISIONS_OF[kind]]));
    // What to type stands under each of them.
    expect(itemText(item(kind) as never)).toMatch(/mainloop \w+ i-1/);
  });
});

test('a refusal carries its reason, and later its hours', async () => {
  expect(await sent('permission', 'deny i-1 use make instead')).toEqual([
    expect.objectContaining({ decision: 'deny', text: 'use make instead' }),
  ]);
  expect(await sent('plan', 'later i-1 0.5')).toEqual([expect.objectContaining({ minutes: 30 })]);
  await expect(sent('plan', 'later i-1 soon')).rejects.toThrow('Hours should be a number');
  await expect(sent('permission', 'allow i-1 --task --project')).rejects.toThrow('not both');
});

test('what an agent recommends is said beside its option', () => {
  const options = [{ label: 'Left' }, { label: 'Right', recommended: true }];
  expect(itemText({ ...item('question'), options } as never)).toMatch(/- Left\n +- Right \(recommended\)\n/);
});

const EVIDENCE = {
  what: 'Rounded half to even.',
  why: 'Round like a bank.',
  checks: [
    { text: 'CI: 2 of 2 passed: test, lint', tone: 'good', more: '' },
    { text: 'No tests ran in the sandbox on this commit.', tone: 'plain', more: '' },
  ],
  red: [{ name: 'test', url: null, message: 'expected 2, got 3' }],
  tried: 'Claude tried one repair.',
  risks: [{ kind: 'ci', text: '.github/workflows/ci.yml: checks less' }],
  files: 1,
  additions: 3,
  deletions: 2,
  unseen: 2,
};
test.each<[ItemKind, string]>([
  [
    'review',
    `    Done: Rounded half to even.
    Asked: Round like a bank.
    1 file, +3 −2 · 2 pushes since you looked
    ✓ CI: 2 of 2 passed: test, lint
    · No tests ran in the sandbox on this commit.
    ! Look twice: .github/workflows/ci.yml: checks less
`,
  ],
  ['failure', `    ✗ test: expected 2, got 3\n    Claude tried one repair.\n`],
])('what it is decided by stands under a %s, before what to type', (kind, lines) => {
  const shown = itemText({ ...item(kind), evidence: EVIDENCE } as never);
  const above = shown.slice(0, shown.lastIndexOf('\n') + 1);
  expect(above.slice(-lines.length - 1)).toBe(`\n${lines}`);
});

test.each([
  ['ci_files', 'CI files: T'],
  ['pr_closed', 'Closed: T'],
  ['a_kind_of_tomorrow', 'a_kind_of_tomorrow: T'],
  ['constructor', 'constructor: T'],
])('an item of kind %s is called as on its card', (kind, line) => {
  expect(itemText(item(kind as ItemKind) as never).split('\n')[0]).toBe(line);
});

test.each(['Put it back', 'Look again', 'Let Claude fix it'])(
  'what a gate does instead of letting through is said as on its button: %s',
  (label) => {
    const shown = itemText({ ...item('gate'), options: [{ label }, { label: 'Allow' }] } as never);
    expect(shown).toMatch(
      new RegExp(`mainloop approve i-1 \\(lets it through\\) +or +mainloop decline i-1 \\(${label}\\)$`),
    );
  },
);
