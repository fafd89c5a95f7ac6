// WORKFLOW.md of a project, as its default branch has it. The newest that can be used counts; one that can not is said
// in the inbox, and changes nothing else.
import { createHash } from 'node:crypto';
import { inboxClosed, inboxOpened } from '../../events/inbox.ts';
import { projectWorkflow, projectWorkflowGone } from '../../events/projects.ts';
import type { NewEvent } from '../../events/registry.ts';
import type { KeptWorkflow, Workflow } from '../../flow/projects/workflow-file.ts';
import { placedWords, readWorkflow } from '../../workflow-file/read.ts';
import { append, decideAndAppend, freshId } from '../log.ts';
import type { Db, Tx } from '../pool.ts';
import { row, rows, tables } from '../rows.ts';

/** Whose file it is. */
interface Of {
  readonly id: string;
  readonly name: string;
}

/**
 * Keeps what the default branch says.
 * @param text null where the file is no text, or too large to be told; undefined where there is none
 */
export async function noteWorkflow(
  db: Db,
  ownerId: string,
  project: Of,
  text: string | null | undefined,
): Promise<void> {
  const read = text === undefined ? null : await readAs(text);
  await decideAndAppend(db, async (tx) => {
    const kept = await row(tx, tables.selectFrom('projects').select('workflow').where('id', '=', project.id));
    const before = kept?.workflow ?? null;
    if (kept === null || (before?.digest ?? null) === (read?.digest ?? null)) return;
    const closing = await closeOpen(tx, project.id);
    const noted =
      read === null
        ? [projectWorkflowGone.new({ actor: 'mainloop', payload: { id: project.id } })]
        : [readEvent(project.id, read), ...(read.problem === '' ? [] : [problemItem(project, read, before)])];
    await append(tx, [...closing, ...noted], ownerId);
  });
}

interface ReadAs {
  readonly digest: string;
  readonly file: Workflow | null;
  readonly problem: string;
}
async function readAs(text: string | null): Promise<ReadAs> {
  const digest = createHash('sha256').update(JSON.stringify(text)).digest('hex');
  if (text === null) return { digest, file: null, problem: 'It is no text, or too long.' };
  const read = await readWorkflow(text);
  return read.ok
    ? { digest, file: read.workflow, problem: '' }
    : { digest, file: null, problem: placedWords(read) };
}

const readEvent = (id: string, { digest, file, problem }: ReadAs): NewEvent =>
  projectWorkflow.new({
    actor: 'mainloop',
    payload: { id, digest, file: file === null ? null : JSON.stringify(file), problem },
  });

const problemItem = (project: Of, { problem }: ReadAs, before: KeptWorkflow | null): NewEvent =>
  inboxOpened.new({
    actor: 'mainloop',
    payload: {
      id: `wf-${freshId()}`,
      kind: 'workflow',
      title: `WORKFLOW.md of ${project.name} can't be used.`,
      body: `${problem}\n\n${before?.file == null ? 'Nothing of it counts until it is fixed on the default branch.' : 'What it said before counts until it is fixed on the default branch.'}`,
      options: [],
      about: project.id,
    },
  });

/** Another one stands there now: what was said of the one before is no longer so. */
async function closeOpen(tx: Tx, projectId: string): Promise<NewEvent[]> {
  const open = await rows(
    tx,
    tables
      .selectFrom('inbox_items')
      .select('id')
      .where('kind', '=', 'workflow')
      .where('about', '=', projectId)
      .where('state', '=', 'open'),
  );
  return open.map(({ id }) =>
    inboxClosed.new({ actor: 'mainloop', payload: { id, why: 'WORKFLOW.md is another one now.' } }),
  );
}
