import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ProjectSettings,
  resolveProjectSettings,
  resolveSettings,
  Settings,
  STRICTEST,
  unreadableWords,
  type ResolvedProjectSettings,
} from './settings.ts';

const ASKS = {
  permissions: 'ask',
  egress: 'none',
  budgetCents: 100,
  dayBudgetCents: 200,
  maxRuns: 2,
  maxMinutes: 5,
  allowRules: ['Bash(ls)'],
} as const;

test('what was never set has its default', () => {
  expect(resolveProjectSettings({})).toMatchObject({
    permissions: 'sandbox',
    egress: 'registries',
    unreadable: [],
  });
  expect(resolveProjectSettings(undefined)).toEqual(resolveProjectSettings({}));
});

test('one rule that is too long costs the rules and nothing else', () => {
  const settings = resolveProjectSettings({ ...ASKS, allowRules: ['x'.repeat(2_001)] });
  expect(settings).toMatchObject({ ...ASKS, allowRules: [], unreadable: ['allowRules'] });
  expect(unreadableWords(settings.unreadable, 'a/b')).toBe(
    "These settings of a/b can't be read, so the strictest values count for them: what is allowed without asking. Set them again.",
  );
});

test.each([null, 'x', 1, true, [], [ASKS]])(
  'settings that are no settings at all, %j, are the strictest',
  (raw) => {
    expect(resolveProjectSettings(raw)).toMatchObject({
      ...STRICTEST,
      unreadable: Object.keys(ProjectSettings.shape),
    });
    expect(resolveSettings(raw)).toMatchObject({
      maxRuns: 1,
      dayBudgetCents: 1,
      unreadable: Object.keys(Settings.shape),
    });
  },
);

describe('no value of a field makes it laxer than the value says, or than the strictest', () => {
  const fields = Object.keys(ProjectSettings.shape) as (keyof typeof ProjectSettings.shape)[];
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      'ask',
      'Ask',
      'sandbox',
      'none',
      'None',
      'registries',
      '*',
      ['*'],
      0,
      -1,
      1e9,
      1.5,
      '500',
      null,
      true,
      [null],
      [1],
      'x'.repeat(3_000),
    ),
    fc.array(fc.string({ maxLength: 300 }), { maxLength: 120 }),
    fc.integer(),
  );
  const amount = (n: number | null): number => n ?? Infinity;
  const isName = (given: unknown): boolean =>
    typeof given === 'string' && given.trim() !== '' && given.trim().length <= 100;
  /** A model that was kept before may have any name; only what is typed has to be one that is served. */
  const isReadable = (
    field: string,
    given: unknown,
    shape: { safeParse(v: unknown): { success: boolean } },
  ): boolean =>
    field === 'model' || field === 'chatModel' || field === 'secondLookModel'
      ? isName(given) || (field === 'secondLookModel' && given === null)
      : shape.safeParse(given).success;
  const egress = (e: ResolvedProjectSettings['egress']): string => JSON.stringify(e);

  test('of a project', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), value, (field, v) => {
        const got = resolveProjectSettings({ ...ASKS, [field]: v });
        const readable = isReadable(field, v, ProjectSettings.shape[field]);
        expect(got.unreadable).toEqual(readable ? [] : [field]);
        // The other fields are as they were.
        for (const [key, other] of Object.entries(ASKS))
          if (key !== field) expect(got[key as 'maxRuns']).toEqual(other);
        if (readable) return;
        expect(got.permissions).toBe('ask');
        expect(egress(got.egress)).toBe('"none"');
        for (const n of ['budgetCents', 'dayBudgetCents', 'maxRuns', 'maxMinutes'] as const)
          expect(amount(got[n])).toBeLessThanOrEqual(ASKS[n]);
        expect(ASKS.allowRules).toEqual(expect.arrayContaining([...got.allowRules]));
        expect(got.skipPlan).toBe(false);
        expect([got.setupCommand, got.verifyCommand]).toEqual([null, null]);
      }),
      { numRuns: 3_000 },
    );
  });

  test('of the owner', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(Settings.shape) as (keyof typeof Settings.shape)[])),
        value,
        (field, v) => {
          const got = resolveSettings({ maxRuns: 2, dayBudgetCents: 200, [field]: v });
          const readable = isReadable(field, v, Settings.shape[field]);
          expect(got.unreadable).toEqual(readable ? [] : [field]);
          if (readable) return;
          expect(got.maxRuns).toBeLessThanOrEqual(2);
          expect(amount(got.dayBudgetCents)).toBeLessThanOrEqual(200);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

test.each([
  [{ permisions: 'ask' }, /permisions/],
  [{ allowRules: ['x'.repeat(2_001)] }, /2000 characters/],
  [{ permissions: 'never' }, /sandbox or ask/],
  [{ egress: 'all' }, /registries, none, or a list/],
  [{ budgetCents: 0 }, /1 at least/],
  [{ neverPaths: ['infra/*', '/etc/*'] }, /“\/etc\/\*”: a path begins at the root/],
  [{ askPaths: ['src/[ab]'] }, /only \* and \? stand for something/],
  [{ changeFiles: 0 }, /1 at least/],
  [{ secrets: 'no' }, /let, ask or never/],
  [{ model: 'banana' }, /no model of that name/],
])('%j is refused where it is written, with a sentence', (change, words) => {
  const result = ProjectSettings.safeParse(change);
  expect(result.success).toBe(false);
  expect(result.error!.issues[0]!.message).toMatch(words);
});

test('what every agent is told is short, in any script, and a text that is too long is refused with words', () => {
  const words = (count: number): string => Array.from({ length: count }, () => 'words').join(' ');
  for (const insights of ['', words(140), '- one\n- two\n', '\u4f60'.repeat(100)])
    expect(ProjectSettings.safeParse({ insights }).success).toBe(true);
  for (const insights of [words(160), '\u4f60'.repeat(101), 'x'.repeat(100_000), 'x\n'.repeat(200)]) {
    const { error } = Settings.safeParse({ insights });
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'The notes should be shorter: every agent reads it all. About 150 words fit.',
    ]);
    expect(resolveProjectSettings({ ...ASKS, insights })).toMatchObject({
      ...ASKS,
      insights: '',
      unreadable: ['insights'],
    });
  }
});
