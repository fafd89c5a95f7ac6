// Rules as they are written: what is wrong with one is one sentence.
import { expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import fc from 'fast-check';
import { readRule } from './file.ts';
import { loadPatterns } from './pattern.ts';
import type { Rule } from '../../flow/automations/rule.ts';
import { ruleText } from '../../flow/automations/text.ts';

const said = async (text: string): Promise<string> => {
  const read = await readRule(text);
  return read.ok ? '' : read.sentence;
};
const RULE = `
name: tell-red
when: ci.verdict
where: { field: verdict, equals: red }
actions:
  - do: notify
    title: CI of {{task.title}} is red
`;
const rule = (more: string, then = '[{ do: notify, title: x }]'): string =>
  `name: a\nwhen: ci.verdict\n${more}\nactions: ${then}`;

test('a rule is read, with what is left out filled in', async () => {
  expect(await readRule(RULE)).toEqual({
    ok: true,
    rule: {
      name: 'tell-red',
      when: ['ci.verdict'],
      where: { field: 'verdict', equals: 'red' },
      per: null,
      count: null,
      cooldown: null,
      perDay: 20,
      actions: [{ do: 'notify', title: 'CI of {{task.title}} is red', body: '' }],
    },
  });
  const read = await readRule(RULE);
  expect(await readRule(JSON.stringify(read.ok ? read.rule : null))).toEqual(read);
});

test.each<[string, string, string]>([
  ['no text', '', 'A rule has a name, when and actions.'],
  ['no YAML', 'a: [', 'This is no YAML: Flow sequence in block collection must be'],
  ['a bomb of aliases', 'a: &a [x]\nb: [*a, *a]', "This can't be read: Alias resolution is disabled"],
  ['no name', 'when: ci.verdict\nactions: [{ do: notify, title: x }]', 'name: It needs a name.'],
  [
    'an event that is not there',
    rule('').replace('ci.verdict', 'ci.verdct'),
    'There is no event called ci.verdct.',
  ],
  [
    'a field that is not there',
    rule('where: { field: verdct, equals: red }'),
    'ci.verdict has no field verdct. There is ',
  ],
  [
    'a field that is not there, in a text',
    rule('', '[{ do: notify, title: "{{titel}}" }]'),
    'ci.verdict has no field titel.',
  ],
  [
    'logic in a text',
    rule('', '[{ do: notify, title: "{{#if x}}" }]'),
    'Between {{ and }} stands the name of a field',
  ],
  [
    'a regex that looks back',
    rule('where: { field: verdict, regex: "(a)\\\\1" }'),
    "The pattern /(a)\\1/ can't be used: invalid escape sequence",
  ],
  [
    'a regex that unfolds',
    rule('where: { field: verdict, regex: "(((a{9}){9}){9}){9}" }'),
    'The pattern /(((a{9}){9}){9}){9}/',
  ],
  [
    'two in one condition',
    rule('where: { field: verdict, equals: red, glob: "*" }'),
    'where: A condition has a field and one of equals',
  ],
  ['a time that is none', rule('cooldown: soon'), 'cooldown: A time is written as 90m, 12h or 3d.'],
  ['a time that is too long', rule('cooldown: 400d'), '400d is too long'],
  [
    'an action that is not there',
    rule('', '[{ do: merge }]'),
    'actions.0.do: do is one of notify, skill, message, wake, comment, label, unlabel and webhook.',
  ],
  ['one that wakes without a rest', rule('', '[{ do: wake, text: x }]'), 'Say how long the rule rests then'],
  [
    'a comment on the page of no task',
    rule('', '[{ do: comment, text: x }]').replace('ci.verdict', 'project.added'),
    'project.added is about no task',
  ],
  ['a label of an event', rule('', '[{ do: label, label: "{{verdict}}" }]'), 'A label stands for itself'],
  ['a label of two lines', rule('', '[{ do: label, label: "a\\nb" }]'), 'A label is one line'],
  [
    'a label that is too long',
    rule('', `[{ do: label, label: "${'a'.repeat(51)}" }]`),
    'has 50 characters at most',
  ],
  ['a label of nothing', rule('', '[{ do: unlabel, label: "" }]'), 'Say which label.'],
  ['nothing to do', rule('', '[]'), 'actions: Say what it does'],
  ['a field too many', rule('colour: red'), 'A rule has no colour.'],
  [
    'a message to no task',
    rule('', '[{ do: message, text: x }]').replace('ci.verdict', 'project.added'),
    'project.added is about no task',
  ],
  [
    'a webhook without a lock',
    rule('', '[{ do: webhook, url: "http://example.com" }]'),
    'A webhook goes out by https only.',
  ],
  [
    'a password in an address',
    rule('', '[{ do: webhook, url: "https://a:b@example.com" }]'),
    'An address with a password',
  ],
  [
    'of a task where there is none',
    rule('where: { field: task.title, glob: "x*" }').replace('ci.verdict', 'skill.removed'),
    'skill.removed happens in no task, so there is no field task.title.',
  ],
  [
    'of a project where none of them has one',
    rule('per: project').replace('ci.verdict', '[skill.removed, memory.unpinned]'),
    'happen in no project, so there is no field project',
  ],
  ['no address', rule('', '[{ do: webhook, url: "hook" }]'), '"hook" is no address'],
  [
    'on what automations do',
    rule('').replace('ci.verdict', 'automation.fired'),
    'automation.fired comes of an automation itself',
  ],
  ['too long', `name: ${'a'.repeat(30_000)}`, 'This is too long for a rule.'],
])('%s is refused in a sentence', async (_, text, says) => {
  expect(await said(text)).toContain(says);
});

test('conditions that lie in each other without end are refused, not run into', async () => {
  const deep = `${'{"not":'.repeat(900)}{"field":"verdict","equals":1}${'}'.repeat(900)}`;
  expect(await said(rule(`where: ${deep}`))).not.toBe('');
  const nine = `${'{"not":'.repeat(9)}{"field":"verdict","equals":1}${'}'.repeat(9)}`;
  expect(await said(rule(`where: ${nine}`))).toBe('Conditions lie in each other 8 deep at most.');
});

test('whatever is written is a rule, or one sentence', async () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      ...RULE.split('\n'),
      'any:',
      '- ',
      '  ',
      '{',
      '}',
      '&a',
      '*a',
      '!!binary x',
      '? ',
      '<<: *a',
      '%YAML 1.1',
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom('', '\n', ' '),
      async (pieces, between) => {
        const read = await readRule(pieces.join(between));
        if (read.ok) return;
        expect(read.sentence).not.toBe('');
        expect(read.sentence).not.toContain('\n');
        expect(read.sentence.length).toBeLessThanOrEqual(600);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('no pattern takes long, whatever it is', async () => {
  const readPattern = await loadPatterns();
  for (const source of ['(a+)+$', '(a|a)*b', '(.*)*x', '([a-z]+)*[0-9]']) {
    const pattern = readPattern(source);
    const look = (): void => expect(pattern.ok && pattern.test('a'.repeat(10_000) + '!')).toBe(false);
    expect(await cpuMs(look)).toBeLessThan(20_000);
  }
});

test('a rule as a text is read as the same rule', async () => {
  const words = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((text) => !/[{}]/.test(text));
  const some: fc.Arbitrary<Rule> = fc.record({
    name: fc.constantFrom('a', 'tell-red'),
    when: fc.constantFrom(['ci.verdict'], ['ci.verdict', 'task.ended']),
    where: fc.option(fc.record({ not: fc.record({ field: fc.constant('task.title'), equals: words }) })),
    per: fc.option(fc.constant('task.id')),
    count: fc.option(fc.record({ times: fc.integer({ min: 2, max: 9 }), within: fc.constant('2h') })),
    cooldown: fc.option(fc.constant('1d')),
    perDay: fc.integer({ min: 1, max: 500 }),
    actions: fc.array(
      fc.oneof(
        fc.record({
          do: fc.constant('notify' as const),
          title: words,
          body: fc.oneof(fc.constant(''), words),
        }),
        fc.record({ do: fc.constantFrom('message' as const, 'comment' as const), text: words }),
        fc.record({
          do: fc.constant('skill' as const),
          skill: fc.constant('fix'),
          given: fc.dictionary(fc.constantFrom('a', 'b'), words),
          project: fc.option(fc.constant('acme/api')),
          startCents: fc.option(fc.integer({ min: 1, max: 100 })),
        }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(some, async (rule) => {
      const { ok: _, ...read } = await readRule(ruleText(rule));
      // Dictionaries of fast-check have no prototype.
      expect(read).toEqual(JSON.parse(JSON.stringify({ rule })));
    }),
    { numRuns: 200 },
  );
});
