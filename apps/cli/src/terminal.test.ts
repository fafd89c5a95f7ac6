// Whatever an agent, a repository or a forge says: a terminal shows it and does nothing. Every verb is asked,
// with answers that are hostile in every field.
import { describe, expect, test } from '@jest/globals';
import { requestOf } from '@mainloop/models/contracts/client';
import { NO_GUARDRAILS } from '@mainloop/models/flow/guardrails/rules';
import { Command } from 'commander';
import fc from 'fast-check';
import { readFileSync, globSync } from 'node:fs';
import path from 'node:path';
import { Refused, type Api } from './client.ts';
import { registerLocal } from './local.ts';
import { registerLearnings } from './learnings.ts';
import { registerMcp } from './mcp.ts';
import { registerMemory } from './memory.ts';
import { outputLine } from './show.ts';
import { plainJson, plainLine, plainLines, terminal } from './terminal.ts';
import { registerWork } from './work.ts';

const HERE = import.meta.dirname;
/** A title, a clipboard, a cleared screen, a C1 introducer, a turned line, a hidden letter, a forged line. */
const HOSTILE =
  '\u001b]0;owned\u0007\u001b]52;c;cm0gLXJm\u0007\u001b[2J\u009b31m\u202eabc\u200b\u2028\u{e0041}\r\nforged: yes\u0000\b';
const BAD = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const item = (kind: string, id = 'i-1'): object => ({
  id,
  kind,
  taskId: 't-1',
  title: HOSTILE,
  body: HOSTILE,
  project: HOSTILE,
  taskTitle: HOSTILE,
  options: [{ label: HOSTILE }],
  plan: HOSTILE,
  held: kind === 'ci_files' ? { diff: HOSTILE, mayAllow: true } : null,
  state: 'open',
});
const TASK = {
  id: 't-1',
  title: HOSTILE,
  state: 'done',
  statusLine: HOSTILE,
  project: HOSTILE,
  costMicrousd: 1,
  ci: null,
  prUrl: HOSTILE,
  plan: HOSTILE,
  items: [item('question'), item('failure'), item(HOSTILE)],
  runs: [{ id: 'r-1', phase: HOSTILE, state: HOSTILE, outcome: { kind: HOSTILE } }],
  collisions: [
    {
      otherId: 't-2',
      title: HOSTILE,
      files: [{ path: HOSTILE, how: 'added', lines: [], theirs: [] }],
      more: 1,
    },
  ],
  knows: { people: [HOSTILE], tasks: [{ id: 't-2', title: HOSTILE }] },
  activeRunId: null,
};
const LINES = [
  HOSTILE.replaceAll('\n', ''),
  JSON.stringify({
    message: {
      content: [
        { type: 'text', text: HOSTILE },
        { type: 'tool_use', name: HOSTILE, input: { command: HOSTILE } },
      ],
    },
  }),
  JSON.stringify({
    message: {
      content: [
        { type: 'tool_result', content: [{ text: HOSTILE }] },
        { type: 'tool_result', content: HOSTILE },
        null,
      ],
    },
  }),
  JSON.stringify({ type: 'mainloop', subtype: 'command', what: HOSTILE, tail: HOSTILE }),
  'null',
];
const ANSWERS: readonly [RegExp, unknown][] = [
  [/^\/api\/chat\/messages/, [{ turnId: 'turn', role: 'assistant', text: HOSTILE }]],
  [/^\/api\/chat$/, { turnId: 'turn' }],
  [
    /^\/api\/search/,
    {
      messages: [{ role: 'constructor', at: HOSTILE, excerpt: HOSTILE, marks: [] }],
      tasks: [{ id: 't-1', title: HOSTILE, project: HOSTILE, state: 'done' }],
    },
  ],
  [
    /^\/api\/tasks\/[^/]+\/evidence$/,
    {
      what: HOSTILE,
      why: HOSTILE,
      checks: [{ text: HOSTILE, tone: 'bad', more: HOSTILE }],
      red: [{ name: HOSTILE, url: HOSTILE, message: HOSTILE }],
      tried: HOSTILE,
      risks: [{ kind: 'ci', text: HOSTILE }],
      files: 1,
      additions: 1,
      deletions: 1,
      unseen: 1,
    },
  ],
  [
    /^\/api\/proposals$/,
    [
      {
        id: 'p-1',
        title: HOSTILE,
        prompt: HOSTILE,
        project: HOSTILE,
        model: HOSTILE,
        budgetCents: 1,
        digest: HOSTILE,
      },
    ],
  ],
  [/^\/api\/proposals\//, { taskId: HOSTILE }],
  [/^\/api\/projects\/.*\/init$/, { proposalId: HOSTILE }],
  [
    /^\/api\/projects$/,
    [
      {
        id: 'pr-1',
        name: HOSTILE,
        repo: 'a/b',
        remoteUrl: HOSTILE,
        defaultBranch: HOSTILE,
        settings: { neverPaths: [HOSTILE] },
      },
    ],
  ],
  [/^\/api\/settings$/, { ...NO_GUARDRAILS, askPaths: [HOSTILE] }],
  [
    /^\/api\/guardrails\/dry-run$/,
    {
      pushes: 2,
      stopped: [
        { taskId: HOSTILE, title: HOSTILE, sha: HOSTILE, at: HOSTILE, verdict: 'ask', sentence: HOSTILE },
      ],
      partly: 1,
    },
  ],
  [
    /^\/api\/skills$/,
    [
      {
        name: HOSTILE,
        prompt: HOSTILE,
        project: HOSTILE,
        parameters: [{ name: HOSTILE, kind: 'choice', choices: [HOSTILE], fallback: HOSTILE }],
      },
    ],
  ],
  [
    /^\/api\/memory$/,
    {
      tokens: 1,
      budgetTokens: 2,
      zone: HOSTILE,
      shares: [{ what: HOSTILE, count: 1, tokens: 1 }],
      pins: [{ id: HOSTILE, text: HOSTILE }],
      summaries: [{ level: HOSTILE, label: HOSTILE, text: HOSTILE, isInPrompt: true }],
    },
  ],
  [
    /^\/api\/learnings$/,
    [
      {
        id: HOSTILE,
        rule: HOSTILE,
        why: HOSTILE,
        author: HOSTILE,
        project: HOSTILE,
        path: HOSTILE,
        state: 'proposed',
        against: [HOSTILE],
      },
    ],
  ],
  [/^\/api\/memory\/pins$/, { id: HOSTILE }],
  [/^\/api\/memory\/forget$/, { messages: 1 }],
  [
    /^\/api\/automations$/,
    Object.assign(
      [
        {
          id: 'au-1',
          name: HOSTILE,
          sentence: HOSTILE,
          paused: true,
          problem: HOSTILE,
          came: [{ seq: 7, at: '2026-11-27T09:30:00.000Z', state: 'failed', says: HOSTILE }],
        },
      ],
      { id: HOSTILE, sentence: HOSTILE },
    ),
  ],
  [
    /^\/api\/automations\/files$/,
    [
      {
        project: HOSTILE,
        path: HOSTILE,
        digest: HOSTILE,
        state: 'changed',
        problem: HOSTILE,
        name: HOSTILE,
        sentence: HOSTILE,
        text: HOSTILE,
        automationId: null,
      },
    ],
  ],
  [/^\/api\/automations\/approve$/, { id: 'au-1', sentence: HOSTILE }],
  [
    /^\/api\/automations\/dry-run$/,
    {
      sentence: HOSTILE,
      looked: 3,
      times: 1,
      came: [{ seq: 7, at: '2026-11-27T09:30:00.000Z', type: HOSTILE, task: HOSTILE }],
    },
  ],
  [/^\/api\/automations\/.*\/why$/, { says: HOSTILE, lines: [HOSTILE] }],
  [
    /^\/api\/cycle$/,
    {
      everyMinutes: 5,
      lastAt: HOSTILE,
      isLate: true,
      quiet: 2,
      cycles: [
        {
          id: 'c1',
          startedAt: HOSTILE,
          endedAt: HOSTILE,
          reason: 'missed',
          missed: 2,
          quietBefore: 1,
          phases: [{ phase: HOSTILE, ms: 12, did: { [HOSTILE]: 2 }, trouble: HOSTILE }],
          said: [HOSTILE],
        },
      ],
    },
  ],
  [
    /^\/api\/recurring$/,
    Object.assign(
      [
        {
          id: 'rc-1',
          skill: HOSTILE,
          cron: HOSTILE,
          zone: HOSTILE,
          paused: true,
          alarm: HOSTILE,
          startCents: 5,
          next: ['2026-11-27T09:30:00.000Z'],
          came: [{ dueAt: '2026-11-27T09:30:00.000Z', outcome: 'refused', sentence: HOSTILE }],
        },
      ],
      { id: 'rc-1', next: ['2026-11-27T09:30:00.000Z'] },
    ),
  ],
  [
    /^\/api\/tokens$/,
    Object.assign([{ id: HOSTILE, name: HOSTILE, scope: HOSTILE, expiresAt: HOSTILE, usedAt: null }], {
      id: 'tk-1',
      token: HOSTILE,
      expiresAt: HOSTILE,
    }),
  ],
  [/^\/api\/devices$/, [{ id: HOSTILE, label: HOSTILE, seenAt: HOSTILE }]],
  [
    /^\/api\/tasks\/[^/]+\/comments$/,
    [
      {
        id: HOSTILE,
        state: HOSTILE,
        author: HOSTILE,
        path: HOSTILE,
        line: 3,
        body: HOSTILE,
        answer: HOSTILE,
      },
    ],
  ],
  [/^\/api\/queue$/, [{ taskId: 't-1', wait: { is: 'next' }, sentence: HOSTILE }]],
  [/^\/api\/limits$/, [{ projectId: 'pr-1', of: HOSTILE, limits: {}, spent: {} }]],
  [/^\/api\/inbox$/, [item('question'), item('plan'), item('review'), item('ci_files'), item('constructor')]],
  [/^\/api\/runs\//, { next: 1, text: `${LINES.join('\n')}\n` }],
  [/^\/api\/tasks$/, [TASK]],
  [/^\/api\/tasks\/[^/]+$/, TASK],
  [
    /^\/api\/tasks\/[^/]+\/events$/,
    ['task.steered', 'inbox.opened', HOSTILE].map((type, seq) => ({
      seq,
      type,
      taskId: 't-1',
      ownerId: 'me',
      actor: `token:${HOSTILE}`,
      at: '2026-11-27T09:30:00.000Z',
      payload: { title: HOSTILE, text: HOSTILE, kind: 'plan' },
    })),
  ],
  [/^\/api\/checkup$/, [{ name: HOSTILE, ok: false, says: HOSTILE }]],
  [/^\/api\/devices\/links$/, { url: `https://a.example/pair#${HOSTILE}`, expiresAt: HOSTILE }],
  [/^\/api\//, { heard: HOSTILE, taskId: HOSTILE, error: HOSTILE, healthy: true, says: HOSTILE }],
];
/** How each verb is called; a new one has to be here. */
const CALLS: Readonly<Record<string, readonly string[] | null>> = {
  chat: ['hello'],
  search: ['rounding'],
  proposals: [],
  propose: ['a/b', 'do', 'it'],
  mcp: null,
  confirm: ['p-1'],
  decline: ['i-1'],
  projects: [],
  'projects add': ['a/b'],
  'init-repo': ['a/b'],
  tasks: [],
  task: ['t-1'],
  logs: ['t-1'],
  inbox: [],
  answer: ['i-1', 'yes'],
  approve: ['i-1'],
  allow: ['i-1'],
  deny: ['i-1', 'no'],
  seen: ['i-1'],
  later: ['i-1'],
  pull: ['local/none'],
  revise: ['i-1', 'no'],
  take: ['t-1'],
  retry: ['t-1'],
  budget: ['t-1', '5'],
  queue: [],
  priority: ['t-1', 'urgent'],
  model: ['t-1', 'claude-sonnet-5-5'],
  'not-needed': ['i-1'],
  'projects remove': ['a/b', '--yes'],
  devices: [],
  'devices sign-out': ['d-1'],
  comments: ['t-1'],
  'comments add': ['t-1', 'Why?', '--file', 'a.ts', '--line', '3'],
  'comments edit': ['c-1', 'Why not?'],
  'comments drop': ['c-1'],
  'comments resolve': ['c-1'],
  'comments reopen': ['c-1'],
  completions: ['bash'],
  tokens: [],
  'tokens create': ['CI'],
  'tokens revoke': ['tk-1'],
  'tokens restore': ['tk-1'],
  watch: ['t-1'],
  'blocked-by': ['t-1', 't-2'],
  tell: ['t-1', 'stop'],
  pause: ['t-1'],
  skill: [],
  'skill run': ['bump', 'left pad'],
  'skill save': ['bump', 'Bring {{package}} up.'],
  'skill remove': ['bump'],
  cycle: [],
  'cycle now': [],
  recurring: [],
  'recurring save': ['bump', '30 9 * * 1-5', 'package=left pad'],
  'recurring pause': ['rc-1'],
  'recurring resume': ['rc-1'],
  'recurring seen': ['rc-1'],
  'recurring remove': ['rc-1'],
  automations: [],
  'automations list': [],
  'automations add': [import.meta.filename],
  'automations files': [],
  'automations approve': ['0'.repeat(64)],
  'automations dry-run': [import.meta.filename],
  'automations why': ['au-1', '7'],
  'automations pause': ['au-1'],
  'automations resume': ['au-1'],
  'automations remove': ['au-1'],
  limits: [],
  'limits set': ['week', '20'],
  learnings: [],
  guardrails: [],
  'guardrails set': ['never', 'infra/*'],
  'guardrails dry-run': [],
  'learnings add': ['Round half to even.'],
  'learnings always': ['L1'],
  'learnings sometimes': ['L1'],
  'learnings approve': ['L1'],
  'learnings edit': ['L1', 'Other words.'],
  'learnings keep': ['L1'],
  'learnings later': ['L1'],
  'learnings never': ['L1'],
  'learnings retire': ['L1'],
  'learnings mine': ['acme/api'],
  'learnings opposites': [],
  'learnings restore': ['L1'],
  'learnings same': ['L1'],
  'learnings apart': ['L1'],
  memory: [],
  'memory show': [],
  'memory pin': ['Round half to even.'],
  'memory edit': ['pin-1', 'Round', 'up.'],
  'memory unpin': ['pin-1'],
  'memory forget': ['--everything', '--yes'],
  'memory export': [],
  'memory set': ['tokens', '24000'],
  'pause-all': [],
  'resume-all': [],
  cancel: ['t-1'],
  pair: [],
  // These speak of this machine only, or hand the terminal to Temporal's own program.
  up: null,
  status: null,
  doctor: null,
  temporal: null,
};

async function run(verb: string, json: boolean, refuses = false): Promise<string> {
  const program = new Command('mainloop').exitOverride();
  let text = '';
  const took = (s: string): void => void (text += s);
  const t = terminal(() => json, took, took);
  let asked = 0;
  const answer = async <T>(at: string): Promise<T> => {
    // Output is read until it is all there.
    if (refuses) throw new Refused(HOSTILE);
    if (at.startsWith('/api/runs/') && asked++ > 0) return { next: 1, text: '' } as T;
    return ANSWERS.find(([pattern]) => pattern.test(at.split('?')[0]!))![1] as T;
  };
  const call: Api['call'] = async (name, ...[sends]) => {
    const given = await answer<unknown>(requestOf(name, sends).path);
    return (name === 'addProject' ? (given as unknown[])[0] : given) as never;
  };
  const api: Api = {
    call,
    async *lines() {
      if (refuses) throw new Refused(HOSTILE);
      yield JSON.stringify({ kind: 'message', text: HOSTILE });
    },
    stream: () => Promise.resolve(),
  };
  const context = {
    api: () => api,
    say: t.say,
    line: t.line,
    warn: t.warn,
    // Without the QR code: we draw that ourselves, of escape sequences.
    out: (data: unknown, words: string): void => t.out(data, words),
  };
  registerLocal(program, context);
  registerWork(program, context);
  registerLearnings(program, context);
  registerMemory(program, context);
  try {
    await program.parseAsync([...verb.split(' '), ...CALLS[verb]!], { from: 'user' });
  } catch (err) {
    t.fail((err as Error).message);
  }
  return text;
}

/** What these show is all somebody's words, as they stand. */
const WHOLE: ReadonlySet<string> = new Set(['chat', 'logs']);

describe('every verb', () => {
  const all = (command: Command, before: string[] = []): string[] =>
    command.commands.flatMap((x) => [[...before, x.name()].join(' '), ...all(x, [...before, x.name()])]);
  const program = new Command();
  const none = {
    api: () => null as never,
    out: () => undefined,
    line: () => undefined,
    say: () => undefined,
    warn: () => undefined,
  };
  registerLocal(program, none);
  registerWork(program, none);
  registerMcp(program, none);
  registerLearnings(program, none);
  registerMemory(program, none);
  test('is asked here', () => expect(all(program).toSorted()).toEqual(Object.keys(CALLS).toSorted()));

  test.each(Object.keys(CALLS).filter((v) => CALLS[v] !== null))(
    '%s shows what it is told, and nothing acts',
    async (verb) => {
      for (const json of [false, true])
        for (const refuses of [false, true]) {
          const text = await run(verb, json, refuses);
          expect(text).not.toBe('');
          expect([verb, json, BAD.exec(text)]).toEqual([verb, json, null]);
          if (!json && !WHOLE.has(verb)) expect(text).not.toMatch(/^forged/m);
        }
    },
  );
  test('a task’s texts are there, spelt out', async () => {
    expect(await run('task', false)).toContain('[U+001B]]0;owned[U+0007]');
    expect(await run('logs', false)).not.toContain('undefined');
    const answered = (path: string): unknown => ANSWERS.find(([pattern]) => pattern.test(path))![1];
    const evidence = answered('/api/tasks/t-1/evidence');
    expect(JSON.parse(await run('inbox', true))).toEqual(
      (answered('/api/inbox') as { kind: string }[]).map((each) =>
        each.kind === 'review' ? { ...each, evidence } : each,
      ),
    );
  });
});

test('any text comes out without anything a terminal acts on, JSON reads back as it was, and plain words stay', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, (s) => {
      expect(
        BAD.test(
          plainLines(s).replaceAll(
            /\p{Extended_Pictographic}(?:\u200d|\ufe0f|\p{Extended_Pictographic})*/gu,
            '',
          ),
        ),
      ).toBe(false);
      expect(plainLine(s)).not.toContain('\n');
      expect(JSON.parse(plainJson({ s }))).toEqual({ s });
      expect(BAD.test(plainJson({ s }))).toBe(false);
      expect(() => outputLine(s)).not.toThrow();
    }),
    { numRuns: 2_000 },
  );
  for (const s of ['Grüße, 世界', 'a\tb\nc', '👩‍👩‍👧 ❤️ ✔️']) expect(plainLines(s)).toBe(s);
});

test('nothing else here writes to the terminal', () => {
  const writes = globSync('**/*.ts', { cwd: HERE })
    .filter((f) => !f.endsWith('.test.ts') && f !== 'main.ts')
    .filter((f) => /\bconsole\.|process\.std(out|err)\b/.test(readFileSync(path.join(HERE, f), 'utf8')));
  expect(writes).toEqual([]);
});
