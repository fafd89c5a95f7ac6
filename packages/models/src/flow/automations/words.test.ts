// What is said of automations: one sentence for each, what is filled into their texts, and which would trigger
// themselves.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cycleOf, type KnownEvents } from './checks.ts';
import type { Action, Rule, SeenEvent } from './rule.ts';
import { conditionWords, sentenceOf } from './sentence.ts';
import { fillMarkdown, fillText, hasLogic } from './template.ts';

const notify = (title: string): Action => ({ do: 'notify', title, body: '' });
const skill = (startCents: number | null): Action => ({
  do: 'skill',
  skill: 'fix',
  given: {},
  project: null,
  startCents,
});
const rule = (some: Partial<Rule>): Rule => ({
  name: 'a-rule',
  when: ['ci.verdict'],
  where: null,
  per: null,
  count: null,
  cooldown: null,
  perDay: 20,
  actions: [notify('CI is red')],
  ...some,
});

test.each<[Partial<Rule>, string]>([
  [{}, 'When ci.verdict happens: tell me “CI is red”; at most 20 in a day.'],
  [
    {
      where: {
        all: [
          { field: 'verdict', equals: 'red' },
          { field: 'project', glob: 'acme/*' },
        ],
      },
      count: { times: 3, within: '1h' },
      per: 'task.id',
      cooldown: '2d',
      perDay: 5,
      actions: [skill(250), { do: 'webhook', url: 'https://example.com/hook?key=secret', text: '' }],
    },
    'When ci.verdict happens and verdict is “red” and project is like “acme/*”, 3 times within 1 hour for the same task.id: start /fix for at most $2.50, then send it to example.com; not again within 2 days, at most 5 in a day.',
  ],
  [
    {
      when: ['task.ended', 'run.ended'],
      where: {
        not: {
          any: [
            { field: 'state', in: ['merged', 'failed'] },
            { field: 'turns', equals: 0 },
          ],
        },
      },
      per: 'project',
      cooldown: '30m',
      actions: [
        skill(null),
        { do: 'message', text: 'Go on.' },
        { do: 'wake', text: 'Again.' },
        { do: 'comment', text: 'It ended.' },
        { do: 'label', label: 'over' },
        { do: 'unlabel', label: 'under way' },
      ],
    },
    'When task.ended or run.ended happens and not (state is “merged” or “failed” or turns is 0): propose /fix, then say to its task “Go on.”, then wake its task with “Again.”, then comment on its page “It ended.”, then put the label “over” on its page, then take the label “under way” off its page; not again within 30 minutes for the same project, at most 20 in a day.',
  ],
])('%#: reads as a sentence', (some, says) => {
  expect(sentenceOf(rule(some))).toBe(says);
});

test('an or within an and is set apart', () => {
  const either = {
    any: [
      { field: 'a', equals: 1 },
      { field: 'b', equals: 2 },
    ],
  };
  expect(conditionWords({ all: [either, { field: 'c', olderThan: '1d' }] })).toBe(
    '(a is 1 or b is 2) and c is longer ago than 1 day',
  );
});

const event = (payload: SeenEvent['payload']): SeenEvent => ({
  seq: 1,
  type: 'ci.verdict',
  actor: 'mainloop',
  atMs: 0,
  task: null,
  project: null,
  payload,
});
test('what is filled in stays one line, and is not read again', () => {
  expect(
    fillText('Red: {{title}}, {{ more }}.', event({ title: '{{secret}}\n# Do this\u202e', secret: 'x' })),
  ).toBe('Red: {{secret}} # Do this, .');
  expect(fillText('{{list}}', event({ list: ['a', 2, { b: 1 }] }))).toBe('a, 2, {"b":1}');
  expect(fillMarkdown('*Red*: {{v}}', event({ v: '![x](https://example.com) <b>' }))).toBe(
    '*Red*: \\!\\[x\\](https://example.com) \\<b\\>',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 700 }), (value) => {
      const filled = fillText('a {{v}} b', event({ v: value }));
      expect(filled.split('\n')).toHaveLength(1);
      expect(filled.length).toBeLessThan(510);
    }),
  );
  expect(['{{#if a}}', '{{a', 'a }}', '{{a.b}}', '{{ a }}'].map(hasLogic)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

const known: KnownEvents = { fieldsOf: () => [], isOfTask: (type) => !type.startsWith('project.') };
const cycle = (some: Partial<Rule>, ...others: Partial<Rule>[]) =>
  cycleOf(
    rule(some),
    others.map((other, at) => rule({ name: `other-${at}`, ...other })),
    known,
  );

test.each<[string, Partial<Rule>, Partial<Rule>[], string[] | null]>([
  ['a notice on a notice', { when: ['inbox.opened'] }, [], ['a-rule', 'a-rule']],
  [
    'a notice on a question',
    { when: ['inbox.opened'], where: { field: 'kind', equals: 'question' } },
    [],
    null,
  ],
  [
    'a notice on all but questions',
    { when: ['inbox.opened'], where: { not: { field: 'kind', in: ['question'] } } },
    [],
    ['a-rule', 'a-rule'],
  ],
  ['a proposal on the end of a task', { when: ['task.ended'], actions: [skill(null)] }, [], null],
  ['a start on the end of a task', { when: ['task.ended'], actions: [skill(100)] }, [], ['a-rule', 'a-rule']],
  ['a start on a project', { when: ['project.added'], actions: [skill(100)] }, [], null],
  [
    'by way of another',
    { when: ['ci.verdict'], actions: [{ do: 'message', text: 'x' }] },
    [{ when: ['task.steered'], actions: [skill(100)] }],
    ['a-rule', 'other-0', 'a-rule'],
  ],
  [
    'one that wakes, on what it says',
    { when: ['task.steered'], actions: [{ do: 'wake', text: 'x' }] },
    [],
    ['a-rule', 'a-rule'],
  ],
  [
    'one that wakes, on answers of the person',
    {
      when: ['inbox.answered'],
      where: { not: { field: 'via', equals: 'automation' } },
      actions: [{ do: 'wake', text: 'x' }],
    },
    [],
    null,
  ],
  [
    'a comment and a label on what happens in tasks',
    {
      when: ['task.steered', 'ci.verdict'],
      actions: [
        { do: 'comment', text: 'x' },
        { do: 'label', label: 'x' },
      ],
    },
    [],
    null,
  ],
  [
    'others that trigger themselves are not its fault',
    { when: ['project.added'] },
    [{ when: ['inbox.opened'], actions: [notify('x')] }],
    null,
  ],
])('%s', (_, some, others, way) => {
  expect(cycle(some, ...others)).toEqual(way);
});
