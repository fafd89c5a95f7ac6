import { expect, test } from '@jest/globals';
import { TEMPLATE_PARTS, templateTask } from './template.ts';

test.each([
  [['ci'], 'Set up CI', ['ci.yml'], ['linter', 'preview.yml', 'postgresql.cnpg.io']],
  [['lint', 'ci'], 'Set up CI and a linter', ['ci.yml', '**A linter.**'], ['preview.yml']],
  [
    ['preview'],
    'Set up previews',
    ['preview.yml', 'kubectl delete namespace'],
    ['ci.yml', 'postgresql.cnpg.io'],
  ],
  [
    ['database'],
    'Set up previews and a database for each preview',
    ['preview.yml', 'postgresql.cnpg.io'],
    ['ci.yml'],
  ],
  [
    TEMPLATE_PARTS,
    'Set up CI, a linter, previews and a database for each preview',
    ['ci.yml', 'preview.yml', 'postgresql.cnpg.io'],
    [],
  ],
] as const)('%j', (parts, title, has, lacks) => {
  const task = templateTask(parts);
  expect(task.title).toBe(title);
  for (const h of has) expect(task.prompt).toContain(h);
  for (const lack of lacks) expect(task.prompt).not.toContain(lack);
  expect(task.prompt.length).toBeLessThan(20_000);
});
