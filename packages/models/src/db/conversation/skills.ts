// Saved prompts, and the one function that a call of one goes through: it proposes a task, and nothing runs
// before that is confirmed.
import { PROPOSAL_MINUTES, resolveProjectSettings } from '../../contracts/settings.ts';
import type { SaveSkill, Skill } from '../../contracts/skills.ts';
import { skillRemoved, skillSaved } from '../../events/skills.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { fillSkill, readArguments, titleOf, wrongWith } from '../../flow/conversation/skills.ts';
import { spellOut } from '../../flow/text.ts';
import { append, freshId, lockLog } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { row, rows, tables } from '../rows.ts';
import { findProject } from '../projects/projects.ts';
import { propose } from './proposals.ts';

const skills = (ownerId: string) =>
  tables
    .selectFrom('skills as s')
    .leftJoin('projects as p', 'p.id', 's.project_id')
    .select([
      's.id',
      's.name',
      's.prompt',
      's.parameters',
      's.project_id as projectId',
      'p.name as project',
      's.model',
      's.budget_cents as budgetCents',
      's.skip_plan as skipPlan',
    ])
    .where('s.owner_id', '=', ownerId);

/** @returns all of a user, by name */
export const listSkills = (database: Queryable, ownerId: string): Promise<Skill[]> =>
  rows(database, skills(ownerId).orderBy('s.name'));

/** @param name without the slash */
export const findSkill = (database: Queryable, ownerId: string, name: string): Promise<Skill | null> =>
  row(database, skills(ownerId).where('s.name', '=', name));

/**
 * Keeps a skill under its name; one of that name is changed.
 * @returns its id, or why it cannot be kept
 */
export const saveSkill = (
  db: Db,
  ownerId: string,
  skill: SaveSkill,
): Promise<{ readonly ok: true; readonly id: string } | Refusal<'skill_wrong' | 'no_project'>> =>
  withTx(db, async (tx) => {
    const wrong = wrongWith(skill);
    if (wrong !== null) return refusal('skill_wrong', wrong);
    await lockLog(tx);
    if (skill.projectId !== null && !(await findProject(tx, ownerId, skill.projectId)))
      return refusal('no_project');
    const id = (await findSkill(tx, ownerId, skill.name))?.id ?? `sk-${freshId()}`;
    const payload = { id, ...skill, prompt: spellOut(skill.prompt) };
    await append(tx, [skillSaved.new({ actor: 'you', payload })], ownerId);
    return { ok: true, id };
  });

/** @returns `no_skill` where there is none of this name */
export const removeSkill = (
  db: Db,
  ownerId: string,
  name: string,
): Promise<{ readonly ok: true } | Refusal<'no_skill'>> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    const skill = await findSkill(tx, ownerId, name);
    if (!skill) return refusal('no_skill', name);
    await append(tx, [skillRemoved.new({ actor: 'you', payload: { id: skill.id } })], ownerId);
    return { ok: true };
  });

export interface SkillCall {
  readonly ownerId: string;
  readonly name: string;
  /** By name, or as it was typed behind the name. */
  readonly given: Readonly<Record<string, string>> | string;
  /** Instead of the skill's own. */
  readonly projectId: string | null;
  /** A call that comes again under its key proposes once. */
  readonly key: string;
  readonly turnId: string | null;
}

/**
 * Proposes what a skill says.
 * @param call `given` is as it was typed, or by name
 * @returns the proposal, or what is wrong or missing
 */
export async function callSkill(
  tx: Tx,
  call: SkillCall,
): Promise<
  | { readonly ok: true; readonly proposalId: string }
  | Refusal<'no_skill' | 'skill_wrong' | 'skill_nowhere' | 'no_project'>
> {
  const skill = await findSkill(tx, call.ownerId, call.name);
  if (!skill) return refusal('no_skill', call.name);
  const given = typeof call.given === 'string' ? readArguments(call.given, skill.parameters) : call.given;
  const filled = fillSkill(skill, given);
  if (!filled.ok) return refusal('skill_wrong', filled.sentence);
  const projectId = call.projectId ?? skill.projectId;
  if (projectId === null) return refusal('skill_nowhere', call.name);
  const project = await findProject(tx, call.ownerId, projectId);
  if (!project) return refusal('no_project');
  const settings = resolveProjectSettings(project.settings);
  const draft = {
    projectId,
    title: titleOf(skill, given),
    prompt: filled.prompt,
    model: skill.model ?? settings.model,
    budgetCents: skill.budgetCents ?? settings.budgetCents,
    skipPlan: skill.skipPlan,
  };
  const expires = new Date(Date.now() + PROPOSAL_MINUTES * 60_000);
  return { ok: true, proposalId: await propose(tx, call.ownerId, call.key, call.turnId, draft, expires) };
}
