// Saved prompts on a real Postgres: kept, called in one way, refused in one sentence.
import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject } from '@mainloop/testkit/seed';
import { SaveSkill } from '../contracts/skills.ts';
import { OWNER } from '../flow/ids.ts';
import { listOpenProposals } from './conversation/proposals.ts';
import { callSkill, listSkills, removeSkill, saveSkill, type SkillCall } from './conversation/skills.ts';
import { withTx } from './pool.ts';
import { checkRebuild } from './rebuild.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db, 'pr-1', 'acme/api');
});

const keep = (skill: object) => saveSkill(database.db, OWNER, SaveSkill.parse(skill));
const call = (c: Partial<SkillCall>) =>
  withTx(database.db, (tx) =>
    callSkill(tx, { ownerId: OWNER, name: 'bump', given: '', projectId: null, key: 'k', turnId: null, ...c }),
  );
const BUMP = {
  name: 'bump',
  prompt: 'Bring {{package}} to {{to}}.',
  parameters: [
    { name: 'package', kind: 'text' },
    { name: 'to', kind: 'choice', choices: ['minor', 'major'], fallback: 'minor' },
  ],
  projectId: 'pr-1',
  budgetCents: 150,
};

test('a call proposes what the skill says, once under its key, and starts nothing', async () => {
  expect(await keep(BUMP)).toMatchObject({ ok: true });
  const first = await call({ given: 'left-pad' });
  expect(await call({ given: 'left-pad' })).toEqual(first);
  expect(await listOpenProposals(database.db, OWNER)).toMatchObject([
    {
      title: '/bump left-pad',
      prompt: 'Bring left-pad to minor.',
      budgetCents: 150,
      project: 'acme/api',
      forecast: null,
    },
  ]);
  expect((await database.db.query('select 1 from tasks')).rowCount).toBe(0);
});

test('saved again under its name it is changed, and removed it is gone', async () => {
  await keep({ ...BUMP, prompt: '{{package}} to {{to}}, please.' });
  expect(await listSkills(database.db, OWNER)).toMatchObject([
    { name: 'bump', prompt: '{{package}} to {{to}}, please.', project: 'acme/api' },
  ]);
  expect((await checkRebuild(database.db)).wrong).toEqual([]);
  expect(await removeSkill(database.db, OWNER, 'bump')).toEqual({ ok: true });
  expect(await removeSkill(database.db, OWNER, 'bump')).toMatchObject({ code: 'no_skill' });
  expect(await call({ given: 'x', key: 'gone' })).toMatchObject({ code: 'no_skill' });
});

test.each<[object, Partial<SkillCall>, string]>([
  [BUMP, {}, 'skill_wrong'],
  [BUMP, { given: 'left-pad to=x' }, 'skill_wrong'],
  [{ ...BUMP, projectId: null }, { given: 'left-pad' }, 'skill_nowhere'],
  [BUMP, { given: 'left-pad', projectId: 'nothing' }, 'no_project'],
])('of %j the call %j is refused with %s', async (skill, wrong, code) => {
  await keep(skill);
  expect(await call({ key: 'refused', ...wrong })).toMatchObject({ ok: false, code });
  expect((await listOpenProposals(database.db, OWNER)).map((p) => p.title)).toEqual(['/bump left-pad']);
});

test('a skill that can not work is not kept', async () => {
  expect(await keep({ ...BUMP, prompt: 'Do {{other}}.' })).toMatchObject({ code: 'skill_wrong' });
  expect(await keep({ ...BUMP, projectId: 'nothing' })).toMatchObject({ code: 'no_project' });
});
