import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  fillSkill,
  placesIn,
  readArguments,
  readCall,
  titleOf,
  usageOf,
  wrongWith,
  type SkillText,
} from './skills.ts';

const BUMP: SkillText = {
  name: 'bump',
  prompt: 'Bring {{package}} to {{ to }}. {{package}} only.',
  parameters: [
    { name: 'package', kind: 'text' },
    { name: 'to', kind: 'choice', choices: ['patch', 'minor', 'the newest'], fallback: 'minor' },
  ],
};

test.each([
  ['/bump', { name: 'bump', rest: '' }],
  ['  /bump left-pad  patch ', { name: 'bump', rest: 'left-pad  patch' }],
  ['/bump a\nb', { name: 'bump', rest: 'a\nb' }],
  ['bump it', null],
  ['/Bump it', null],
  ['/etc/passwd is wrong', null],
  ['/', null],
])('%j calls %j', (text, call) => {
  expect(readCall(text)).toEqual(call);
});

test.each([
  ['left-pad', { package: 'left-pad' }],
  ['left-pad the newest', { package: 'left-pad', to: 'the newest' }],
  ['to=patch left-pad', { to: 'patch', package: 'left-pad' }],
  ['to="the newest" package=a=b', { to: 'the newest', package: 'a=b' }],
  ['url=x', { package: 'url=x' }],
  ['', {}],
])('behind the name, %j is %j', (rest, given) => {
  expect(readArguments(rest, BUMP.parameters)).toEqual(given);
});

describe('filled in', () => {
  test.each([
    [{ package: 'left-pad' }, 'Bring left-pad to minor. left-pad only.'],
    [{ package: '{{to}} $& $1', to: 'patch' }, 'Bring {{to}} $& $1 to patch. {{to}} $& $1 only.'],
  ])('%j', (given, prompt) => {
    expect(fillSkill(BUMP, given)).toEqual({ ok: true, prompt });
  });
  test.each([
    [{}, '/bump wants package: /bump package=… [to=minor]'],
    [{ package: 'a', to: 'major' }, 'to is one of patch, minor, the newest, and not "major".'],
    [{ package: 'a', why: '' }, '/bump takes package, to, and nothing called why.'],
    [{ package: 'a', constructor: 'x' }, '/bump takes package, to, and nothing called constructor.'],
  ])('%j is refused', (given, sentence) => {
    expect(fillSkill(BUMP, given)).toEqual({ ok: false, sentence });
  });
});

test('whatever is given stands in the prompt as it was given, and opens no other place', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      fc.array(fc.string(), { minLength: 4, maxLength: 4 }),
      (names, values) => {
        const skill: SkillText = {
          name: 'x',
          prompt: names.map((each) => `<{{${each}}}>`).join(''),
          parameters: names.map((each) => ({ name: each, kind: 'text' })),
        };
        expect(wrongWith(skill)).toBeNull();
        expect(placesIn(skill.prompt)).toEqual(names);
        const given = Object.fromEntries(names.map((each, at) => [each, values[at]!]));
        expect(fillSkill(skill, given)).toEqual({
          ok: true,
          prompt: names.map((_, at) => `<${values[at]!}>`).join(''),
        });
      },
    ),
  );
});

test.each<[Partial<SkillText>, string | null]>([
  [{}, null],
  [{ prompt: 'Do {{it}}' }, 'The prompt has a place {{it}}, and there is no parameter of that name.'],
  [
    { prompt: 'Bring {{package}} up.' },
    'The parameter to has no place in the prompt: write {{to}} where it belongs.',
  ],
  [
    { parameters: [BUMP.parameters[0]!, { name: 'package', kind: 'text' }] },
    'Two parameters are called package.',
  ],
  [{ parameters: [BUMP.parameters[0]!, { name: 'to', kind: 'choice' }] }, 'Say what to may be.'],
  [
    { parameters: [BUMP.parameters[0]!, { name: 'to', kind: 'number', fallback: 'x' }] },
    'to should be a number, and is "x".',
  ],
])('a skill with %j: %s', (change, wrong) => {
  expect(wrongWith({ ...BUMP, ...change })).toBe(wrong);
});

test('a call is named by what it was given', () => {
  expect(titleOf(BUMP, { package: 'left-pad', to: 'patch' })).toBe('/bump left-pad patch');
  expect(usageOf(BUMP)).toBe('/bump package=… [to=minor]');
});
