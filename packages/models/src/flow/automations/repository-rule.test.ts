// Rules that stand in repositories: which files are one, what such a rule sees, and where it stands.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readyRule } from './evaluate.ts';
import { fileState, keptTo, MOST_FILES, ruleFilesIn } from './repository-rule.ts';
import type { Condition, Rule, SeenEvent } from './rule.ts';

const AT = '.mainloop/automations/';

test.each<[string, boolean]>([
  [`${AT}tell-red.yaml`, true],
  [`${AT}Tell_red.v2.yml`, true],
  [`${AT}deeper/tell.yaml`, false],
  [`${AT}.hidden.yaml`, false],
  [`${AT}../automations/a.yaml`, false],
  [`${AT}a\u202e.yaml`, false],
  [`${AT}a b.yaml`, false],
  [`${AT}${'a'.repeat(90)}.yaml`, false],
  [`${AT}tell.json`, false],
  [`docs/${AT}tell.yaml`, false],
  [`.mainloop/automations.yaml`, false],
])('whether %s asks to be a rule: %s', (path, is) => {
  expect(ruleFilesIn([path], '')).toEqual(is ? [path] : []);
});

test('the first by name, of the folder that the project is', () => {
  const many = Array.from({ length: 30 }, (_, n) => `${AT}r${10 + n}.yaml`);
  expect(ruleFilesIn(many.toReversed(), '')).toEqual(many.slice(0, MOST_FILES));
  const below = [`web/${AT}a.yaml`, `${AT}b.yaml`, `webs/${AT}c.yaml`];
  expect(ruleFilesIn(below, 'web')).toEqual([`web/${AT}a.yaml`]);
});

const rule = (where: Condition | null): Rule => ({
  name: 'a',
  when: ['ci.verdict'],
  where,
  per: null,
  count: null,
  cooldown: null,
  perDay: 20,
  actions: [{ do: 'notify', title: 'x', body: '' }],
});

test('such a rule sees nothing of another project, whatever it says', () => {
  const leaf = fc.oneof(
    fc.constantFrom('acme/api', 'acme/other', '*').map((glob) => ({ field: 'project', glob })),
    fc.constantFrom('acme/api', 'acme/other').map((equals) => ({ field: 'project', equals })),
    fc.constant({ field: 'verdict', equals: 'red' }),
  );
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({ not: tie('condition') }),
      fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
    ),
  }));
  const read = () => ({ ok: false as const, sentence: '' });
  const event = (project: string | null, verdict: string): SeenEvent => ({
    seq: 1,
    type: 'ci.verdict',
    actor: 'mainloop',
    atMs: 0,
    task: null,
    project,
    payload: { verdict },
  });
  fc.assert(
    fc.property(fc.option(condition), fc.constantFrom('red', 'green'), (where, verdict) => {
      const kept = readyRule(keptTo(rule(where), 'acme/api'), read);
      for (const project of ['acme/other', 'acme/api2', null])
        expect(kept.matches(event(project, verdict))).toBe(false);
      const mine = event('acme/api', verdict);
      expect(kept.matches(mine)).toBe(readyRule(rule(where), read).matches(mine));
    }),
  );
});

test.each([
  [{ digest: 'a', isRule: true, approved: null }, 'waits'],
  [{ digest: 'a', isRule: true, approved: 'a' }, 'stands'],
  [{ digest: 'b', isRule: true, approved: 'a' }, 'changed'],
  [{ digest: 'b', isRule: false, approved: 'a' }, 'wrong'],
])('%j %s', (file, state) => {
  expect(fileState(file)).toBe(state);
});
