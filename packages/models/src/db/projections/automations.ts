// Automations, and what came of them.
import type { FiringId, FiringState } from '../../flow/automations/rule.ts';
import type { Tx } from '../pool.ts';
import { run, tables } from '../rows.ts';
import type { Projections, TypesOf } from './apply.ts';

const FILE_GONE = 'Its file is gone from the default branch of its repository.';

const setFiring = (tx: Tx, { id, version, seq }: FiringId, state: FiringState, says: string) =>
  run(
    tx,
    tables
      .updateTable('automation_firings')
      .set({ state, says })
      .where('automation_id', '=', id)
      .where('version', '=', version)
      .where('seq', '=', seq),
  );

export const ofAutomations: Projections<TypesOf<'automation'>> = {
  'automation.saved': (tx, { payload, ownerId, seq, at }) => {
    const { name, rule, version } = payload;
    const values = { name, rule, version, since_seq: seq, paused: false, problem: '', updated_at: at };
    return run(
      tx,
      tables
        .insertInto('automations')
        .values({ id: payload.id, owner_id: ownerId, ...values })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(values)),
    );
  },
  'automation.paused': (tx, { payload, seq, at }) =>
    run(
      tx,
      tables
        .updateTable('automations')
        .set({
          paused: payload.paused,
          problem: '',
          updated_at: at,
          ...(payload.paused ? {} : { since_seq: seq }),
        })
        .where('id', '=', payload.id),
    ),
  'automation.removed': async (tx, { payload }) => {
    await run(tx, tables.deleteFrom('automation_firings').where('automation_id', '=', payload.id));
    await run(tx, tables.deleteFrom('automations').where('id', '=', payload.id));
  },
  'automation.file_read': (tx, { payload, ownerId, at }) => {
    const { projectId, path, digest, rule, problem } = payload;
    const values = { digest, rule, problem, read_at: at };
    return run(
      tx,
      tables
        .insertInto('automation_files')
        .values({ project_id: projectId, path, owner_id: ownerId, ...values })
        .onConflict((conflict) => conflict.columns(['project_id', 'path']).doUpdateSet(values)),
    );
  },
  'automation.file_gone': async (tx, { payload, at }) => {
    const { projectId, path } = payload;
    const ofFile = tables
      .selectFrom('automation_files')
      .select('automation_id')
      .where('project_id', '=', projectId);
    await run(
      tx,
      tables
        .updateTable('automations')
        .set({ paused: true, problem: FILE_GONE, updated_at: at })
        .where('id', 'in', ofFile.where('path', '=', path)),
    );
    const gone = tables.deleteFrom('automation_files').where('project_id', '=', projectId);
    await run(tx, gone.where('path', '=', path));
  },
  'automation.approved': (tx, { payload: { projectId, path, digest, id } }) =>
    run(
      tx,
      tables
        .updateTable('automation_files')
        .set({ automation_id: id, approved: digest })
        .where('project_id', '=', projectId)
        .where('path', '=', path),
    ),
  'automation.fired': (tx, { payload: { id, version, seq, due } }) =>
    run(
      tx,
      tables
        .insertInto('automation_firings')
        .values({ automation_id: id, version, seq, due_at: due, state: 'waits' })
        .onConflict((conflict) => conflict.columns(['automation_id', 'version', 'seq']).doNothing()),
    ),
  'automation.acted': (tx, { payload }) => setFiring(tx, payload, payload.outcome, ''),
  'automation.failed': async (tx, { payload, at }) => {
    await setFiring(tx, payload, 'failed', payload.sentence);
    await run(
      tx,
      tables
        .updateTable('automations')
        .set({ paused: true, problem: payload.sentence, updated_at: at })
        .where('id', '=', payload.id)
        .where('version', '=', payload.version),
    );
  },
};
