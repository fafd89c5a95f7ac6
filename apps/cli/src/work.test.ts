// Which route a verb asks, where what it is given may be of two kinds: by what there is, never by how an id looks.
import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import type { Api } from './client.ts';
import { registerWork } from './work.ts';

const THERE: Readonly<Record<string, unknown>> = {
  listProposals: [{ id: 'one' }],
  listInbox: [{ id: 't-two', kind: 'failure' }],
  getTask: {
    items: [
      { id: 'old', kind: 'failure', state: 'answered' },
      { id: 'its-item', kind: 'failure', state: 'open' },
    ],
  },
};

async function* none(): AsyncGenerator<string> {}

async function asked(...words: string[]): Promise<unknown[]> {
  const calls: unknown[] = [];
  const call: Api['call'] = (name, ...[sends]) => {
    if (!(name in THERE) || name === 'getTask')
      calls.push([name, (sends as { id?: string } | undefined)?.id]);
    return Promise.resolve((THERE[name] ?? {}) as never);
  };
  const program = new Command('mainloop').exitOverride();
  registerWork(program, {
    api: () => ({ call, lines: none, stream: () => Promise.resolve() }),
    out: () => undefined,
    say: () => undefined,
    line: () => undefined,
    warn: () => undefined,
  });
  await program.parseAsync(words, { from: 'user' });
  return calls;
}

test.each([
  [['decline', 'one'], [['declineProposal', 'one']]],
  [['decline', 'p-held'], [['decide', 'p-held']]],
  [['retry', 't-two'], [['decide', 't-two']]],
  [['retry', 'three'], [['getTask', 'three'], ['decide', 'its-item']]], // prettier-ignore
])('mainloop %j', async (words, calls) => {
  expect(await asked(...words)).toEqual(calls);
});

const WAITS = {
  id: 't-1',
  title: 'Rounding',
  project: 'acme/api',
  projectId: 'pr-1',
  state: 'queued',
  statusLine: '',
  waitingFor: null,
  costMicrousd: 0,
};
const SPENT = {
  projectId: 'pr-1',
  of: 'acme/api',
  limits: { day: null, week: 500, month: null },
  spent: { day: 0, week: 5_000_000, month: 5_000_000 },
};
const MET = { how: 'changed', lines: [[3, 9]], theirs: [] };
const COLLISIONS = [
  { otherId: 't-2', title: 'Round\u202e up', files: [{ ...MET, path: 'src/a\nforged' }], more: 2 },
];
const NOTICED = `    Will conflict with t-2 Round[U+202E] up:
      src/a[U+000A]forged: lines 3–9
      and 2 more
    Knows this area: Ada, Bob, t-0 (Round half to even)`;
const KNOWS = { people: ['Ada', 'Bob'], tasks: [{ id: 't-0', title: 'Round half to even' }] };
const QUEUED = { taskId: 't-1', sentence: 'It waits for “Read the lists.”' };
test.each([
  ['nothing', null, [], [], 'Waiting for a free slot. You are not needed.'],
  ['another task', null, [], [QUEUED], 'It waits for “Read the lists.”'],
  ['the pause', '2026-11-26T10:00:00Z', [], [QUEUED], 'Everything is paused. It waits until you resume.'],
  [
    'a limit',
    null,
    [SPENT],
    [],
    "This week's limit for acme/api ($5.00) is spent. It waits until Monday (UTC)",
  ],
])('a task that waits says what for: %s', async (_, since, limits, queued, says) => {
  const answers = new Map<string, unknown>([
    ['listTasks', [WAITS]],
    ['getTask', { ...WAITS, items: [], collisions: COLLISIONS, knows: KNOWS }],
    ['getPause', { since, agents: 0, queued: 1 }],
    ['listLimits', limits],
    ['listQueued', queued],
  ]);
  for (const words of [['tasks'], ['task', 't-1']]) {
    const program = new Command('mainloop').exitOverride();
    const said: string[] = [];
    const call = ((name: string) => Promise.resolve(answers.get(name))) as Api['call'];
    registerWork(program, {
      api: () => ({ call, stream: () => Promise.resolve(), lines: none }),
      out: (_data, text) => void said.push(text),
      say: () => undefined,
      line: () => undefined,
      warn: () => undefined,
    });
    await program.parseAsync(words, { from: 'user' });
    expect(said.join('\n')).toContain(says);
    expect(said.join('\n').includes(NOTICED)).toBe(words[0] === 'task');
  }
});

test.each([
  [null, ''],
  ['2026-11-26T10:00:00Z', 'Everything is paused, and so is what they do'],
])('a list of automations says that all is paused: since %s', async (since, says) => {
  const answers = new Map<string, unknown>([
    ['listAutomations', []],
    ['getPause', { since, agents: 0, queued: 0 }],
  ]);
  const program = new Command('mainloop').exitOverride();
  const said: string[] = [];
  registerWork(program, {
    api: () => ({
      call: ((name: string) => Promise.resolve(answers.get(name))) as Api['call'],
      stream: () => Promise.resolve(),
      lines: none,
    }),
    out: (_data, text) => void said.push(text),
    say: () => undefined,
    line: () => undefined,
    warn: () => undefined,
  });
  await program.parseAsync(['automations', 'list'], { from: 'user' });
  expect(said).toEqual([expect.stringContaining('None yet.')]);
  expect(said[0]!.startsWith(says)).toBe(true);
  expect(said[0]!.includes('paused')).toBe(says !== '');
});
