import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  Settings,
  ProjectSettings,
  PROJECT_DEFAULTS,
  OWN_DEFAULTS,
  resolveProjectSettings,
} from '../../contracts/settings.ts';
import { ChangeModel } from '../../contracts/tasks.ts';
import { isModelName, MODELS, NO_SUCH_MODEL } from './models.ts';

test.each([
  ...MODELS,
  PROJECT_DEFAULTS.model,
  OWN_DEFAULTS.chatModel,
  'claude-opus-4-20250514',
  'claude-haiku-4-5',
  'claude-sonnet-4-5-20250929',
  'claude-3-5-haiku-20241022',
  'claude-3-7-sonnet-latest',
  'claude-opus-6',
])('"%s" may be the name of a model', (name) => expect(isModelName(name)).toBe(true));

test.each([
  '',
  'banana',
  'gpt-9',
  'opus',
  'claude',
  'claude-',
  'claude-opus',
  'claude-banana-5',
  'claude-opus-99',
  'claude-opus-5-5; rm',
  'CLAUDE-OPUS-5-5',
])('nobody serves "%s"', (name) => expect(isModelName(name)).toBe(false));

test('whatever is typed beside a name that is served is refused wherever it is typed, and the sentence names what there is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.constantFrom(...MODELS), (typed, model) => {
      const made = `${model}${typed.trim() === '' ? '?' : typed}`;
      fc.pre(!isModelName(made.trim()));
      for (const result of [
        Settings.safeParse({ chatModel: made }),
        ProjectSettings.safeParse({ model: made }),
        ChangeModel.safeParse({ model: made }),
      ])
        expect(result.error?.issues.length ?? 0).toBeGreaterThan(0);
    }),
  );
  expect(ProjectSettings.safeParse({ model: 'banana' }).error?.issues[0]?.message).toBe(NO_SUCH_MODEL);
  expect(NO_SUCH_MODEL).toContain('claude-sonnet-5-5');
});

test('a name that was kept before still counts: it is refused where it is typed, not where it is read', () => {
  expect(resolveProjectSettings({ model: 'claude-next' })).toMatchObject({
    model: 'claude-next',
    unreadable: [],
  });
});
