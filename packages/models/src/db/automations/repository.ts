// Rules that stand in repositories: read as proposals, and kept once their owner has approved exactly these words.
import { createHash } from 'node:crypto';
import type { AutomationFile } from '../../contracts/automations.ts';
import { automationApproved, automationFileGone, automationFileRead } from '../../events/automations.ts';
import { fileState, keptTo } from '../../flow/automations/repository-rule.ts';
import type { Rule } from '../../flow/automations/rule.ts';
import { sentenceOf } from '../../flow/automations/sentence.ts';
import { ruleText } from '../../flow/automations/text.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { spellOut } from '../../flow/text.ts';
import { append, decideAndAppend, freshId } from '../log.ts';
import { type Db, type Queryable } from '../pool.ts';
import { rows, tables } from '../rows.ts';
import { keepRule } from './automations.ts';
import { readRule } from './file.ts';

/** Whose rules are read. */
export interface RuleProject {
  readonly id: string;
  /** owner/name, with the folder behind it where it is only that. */
  readonly name: string;
  readonly repo: string;
  readonly folder: string;
}

export const listRuleProjects = (database: Queryable, ownerId: string): Promise<RuleProject[]> =>
  rows(
    database,
    tables
      .selectFrom('projects')
      .select(['id', 'name', 'repo', 'folder'])
      .where('owner_id', '=', ownerId)
      .where('removed_at', 'is', null)
      .orderBy('id'),
  );

/** A file of the default branch. `text`: null where it is no text, or too large to be told. */
export interface ReadFile {
  readonly path: string;
  readonly text: string | null;
}

interface ReadAs {
  readonly rule: Rule | null;
  readonly problem: string;
}
const HIDES = "There is something in this file that can't be seen. Write it without.";

/** The words of a stranger: what is approved is what is shown, so nothing may hide in it. */
async function readAs({ text }: ReadFile, project: RuleProject): Promise<ReadAs> {
  const no = (problem: string): ReadAs => ({ rule: null, problem });
  if (text === null) return no('This is no text, or too long for a rule.');
  const plain = text.replaceAll('\r\n', '\n');
  if (spellOut(plain) !== plain) return no(HIDES);
  const read = await readRule(plain, (rule) => keptTo(rule, project.name));
  if (!read.ok) return no(read.sentence);
  // An escape of YAML makes what hides of plain letters.
  return hidesIn(read.rule) ? no(HIDES) : { rule: read.rule, problem: '' };
}

const hidesIn = (value: unknown): boolean => {
  if (typeof value === 'string') return spellOut(value) !== value;
  return typeof value === 'object' && value !== null && Object.entries(value).flat().some(hidesIn);
};

const digestOf = (project: RuleProject, path: string, { rule, problem }: ReadAs): string =>
  createHash('sha256')
    .update(JSON.stringify([project.id, project.name, path, rule, problem]))
    .digest('hex');

/**
 * Keeps what the default branch of a project says, as a proposal: what is new or has changed, and what is gone.
 * @param files all that there are; one that is not among them is gone
 */
export async function noteRuleFiles(
  db: Db,
  ownerId: string,
  project: RuleProject,
  files: readonly ReadFile[],
): Promise<void> {
  const read = await Promise.all(
    files.map(async (file) => {
      const as = await readAs(file, project);
      return { path: file.path, ...as, digest: digestOf(project, file.path, as) };
    }),
  );
  await decideAndAppend(db, async (tx) => {
    const known = await rows(
      tx,
      tables
        .selectFrom('automation_files')
        .select(['path', 'digest'])
        .where('owner_id', '=', ownerId)
        .where('project_id', '=', project.id),
    );
    const digests = new Map(known.map(({ path, digest }) => [path, digest]));
    const news = read
      .filter(({ path, digest }) => digests.get(path) !== digest)
      .map(({ path, digest, rule, problem }) =>
        automationFileRead.new({
          actor: 'mainloop',
          payload: {
            projectId: project.id,
            path,
            digest,
            rule: rule === null ? null : JSON.stringify(rule),
            problem,
          },
        }),
      );
    const gone = known
      .filter(({ path }) => !read.some((file) => file.path === path))
      .map(({ path }) =>
        automationFileGone.new({ actor: 'mainloop', payload: { projectId: project.id, path } }),
      );
    if (news.length + gone.length > 0) await append(tx, [...news, ...gone], ownerId);
  });
}

const fileRows = (ownerId: string) =>
  tables
    .selectFrom('automation_files as f')
    .innerJoin('projects as p', 'p.id', 'f.project_id')
    .leftJoin('automations as a', 'a.id', 'f.automation_id')
    .select(['f.project_id as projectId', 'f.path', 'f.digest', 'f.rule', 'f.problem', 'f.approved'])
    .select(['p.name as project', 'a.id as automationId'])
    .where('f.owner_id', '=', ownerId)
    .where('p.removed_at', 'is', null);

/** Rules that stand in repositories, and where each stands here. */
export async function listRuleFiles(database: Queryable, ownerId: string): Promise<AutomationFile[]> {
  const all = await rows(database, fileRows(ownerId).orderBy('p.name').orderBy('f.path'));
  return all.map(({ project, path, digest, rule, problem, approved, automationId }) => ({
    project,
    path,
    digest,
    problem,
    name: rule?.name ?? '',
    sentence: rule === null ? '' : sentenceOf(rule),
    text: rule === null ? '' : ruleText(rule),
    state: fileState({
      digest,
      isRule: rule !== null,
      approved: automationId === null ? null : approved,
    }),
    automationId,
  }));
}

/**
 * Keeps a rule of a repository. It is about what happens from now on.
 * @param digest of exactly what the person looked at; what has changed since is another one
 */
export const approveRuleFile = (
  db: Db,
  ownerId: string,
  digest: string,
): Promise<
  | { readonly ok: true; readonly id: string; readonly sentence: string }
  | Refusal<'rule_changed' | 'rule_wrong'>
> =>
  decideAndAppend(db, async (tx) => {
    const [file] = await rows(tx, fileRows(ownerId).where('f.digest', '=', digest));
    if (file === undefined) return refusal('rule_changed');
    const { rule, projectId, path, automationId } = file;
    if (rule === null) return refusal('rule_wrong', file.problem);
    const kept = await keepRule(tx, ownerId, rule, { id: automationId ?? `au-${freshId()}` });
    if (!kept.ok) return kept;
    const payload = { projectId, path, digest, id: kept.id };
    await append(tx, [automationApproved.new({ actor: 'you', payload })], ownerId);
    return kept;
  });
