import { expect, test } from '@jest/globals';
import { messageSaid } from '../../events/conversation.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames } from '@mainloop/testkit/names';
import { seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import type { Message, Proposal } from '../../contracts/conversation.ts';
import { OWNER } from '../../flow/ids.ts';
import {
  claimTurn,
  insertTurn,
  listFiles,
  listMessages,
  listThread,
  updateDraft,
  updateTurnDone,
  type ThreadMessage,
  type Turn,
} from './thread.ts';
import { appendOnce } from '../log.ts';
import { withTx } from '../pool.ts';
import { listOpenProposals } from './proposals.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
  await seedTask(db, 'one');
});

test('the conversation and a turn of it', async () => {
  const file = { id: 'f-1', name: 'a.png', mime: 'image/png', size: 3 };
  const [said] = await appendOnce(
    database.db,
    [
      messageSaid.byPerson({
        actor: 'you',
        payload: { id: 'm-1', role: 'user', text: 'Hello', turnId: 'turn-1', attachments: [file] },
      }),
    ],
    OWNER,
  );
  await withTx(database.db, (tx) => insertTurn(tx, OWNER, 'turn-1', said!.seq));
  const [message] = await listMessages(database.db, OWNER);
  expectNames<Message>(message, { id: true, role: true, text: true, turnId: true, seq: true, at: true });
  const [inThread] = await listThread(database.db, OWNER, said!.seq);
  expectNames<ThreadMessage>(inThread, {
    role: true,
    text: true,
    at: true,
    attachments: true,
    turnId: true,
    seq: true,
  });
  expect(await listFiles(database.db, OWNER)).toEqual([file]);
  const turn = await claimTurn(database.db, 'me', 60_000);
  expectNames<Turn>(turn, { id: true, ownerId: true, attempts: true, seq: true });
  expect(await claimTurn(database.db, 'another', 60_000)).toBeNull();
  expect(await updateDraft(database.db, { id: 'turn-1', by: 'another', text: 'x', leaseMs: 1 })).toBe(false);
  expect(await updateDraft(database.db, { id: 'turn-1', by: 'me', text: 'x', leaseMs: 60_000 })).toBe(true);
  expect(await withTx(database.db, (tx) => updateTurnDone(tx, 'turn-1', 'another'))).toBe(false);
  expect(await withTx(database.db, (tx) => updateTurnDone(tx, 'turn-1', 'me'))).toBe(true);
  await seedProposal(database.db, 'any');
  const [proposal] = await listOpenProposals(database.db, OWNER);
  expectNames<Proposal>(proposal, {
    id: true,
    title: true,
    prompt: true,
    model: true,
    budgetCents: true,
    priority: true,
    blockedBy: true,
    skipPlan: true,
    digest: true,
    state: true,
    expiresAt: true,
    project: true,
    forecast: true,
  });
});
