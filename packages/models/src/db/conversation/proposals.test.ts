import { describe, expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { DRAFT, seedProject, seedProposal } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import { many } from '../pool.ts';
import { confirm, decline } from './proposals.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

describe('proposals', () => {
  test('a double tap makes one task', async () => {
    const proposal = await seedProposal(database.db, 'double');
    const both = await Promise.all(
      [1, 2, 3].map(() => confirm(database.db, OWNER, proposal.id, { digest: proposal.digest }, 'you')),
    );
    expect(new Set(both.map((r) => (r.ok ? r.taskId : r.code))).size).toBe(1);
    expect(
      await many(database.db, "select 1 from outbox where kind = 'start' and payload->>'taskId' = $1", [
        both[0]!.ok ? both[0]!.taskId : '',
      ]),
    ).toHaveLength(1);
  });
  test('what was not shown is not started', async () => {
    const proposal = await seedProposal(database.db, 'altered');
    expect(await confirm(database.db, OWNER, proposal.id, { digest: 'f'.repeat(32) }, 'you')).toMatchObject({
      ok: false,
      code: 'proposal_altered',
    });
    const elsewhere = await seedProposal(database.db, 'elsewhere');
    const moved = (projectId: string) =>
      confirm(database.db, OWNER, elsewhere.id, { digest: elsewhere.digest, edits: { projectId } }, 'you');
    expect(await moved('pr-none')).toMatchObject({ ok: false, code: 'no_project' });
    await seedProject(database.db, 'pr-other', 'demo/other');
    const there = await moved('pr-other');
    expect(there).toMatchObject({ ok: true });
    expect(
      (await database.db.query('select project_id from tasks where id = $1', [there.ok ? there.taskId : '']))
        .rows,
    ).toEqual([{ project_id: 'pr-other' }]);
  });
  test('expired and declined ones are refused', async () => {
    const old = await seedProposal(database.db, 'old', -1);
    expect(await confirm(database.db, OWNER, old.id, { digest: old.digest }, 'you')).toMatchObject({
      ok: false,
      code: 'proposal_expired',
    });
    const no = await seedProposal(database.db, 'no');
    expect(await decline(database.db, OWNER, no.id, 'you')).toBe('declined');
    expect(await confirm(database.db, OWNER, no.id, { digest: no.digest }, 'you')).toMatchObject({
      ok: false,
      code: 'proposal_declined',
    });
    expect(await confirm(database.db, 'somebody-else', old.id, { digest: old.digest }, 'you')).toMatchObject({
      ok: false,
      code: 'no_proposal',
    });
  });
  test('a turn that is said again proposes once', async () => {
    await seedProposal(database.db, 'turn-1/0');
    await seedProposal(database.db, 'turn-1/0', 60_000, { ...DRAFT, title: 'Said differently' });
    expect(
      await many(database.db, "select id from proposals where title in ('Said differently')"),
    ).toHaveLength(0);
  });
});
