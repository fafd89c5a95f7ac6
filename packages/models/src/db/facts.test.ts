// Facts that Postgres holds itself: each is broken here, and refused by the name of the constraint that holds it.
import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedItem, seedProject, seedProposal, seedRun, seedTask } from '@mainloop/testkit/seed';
import { many, withTx } from './pool.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
  await seedTask(db, 'one');
  await seedItem(db, 'one', 'asked', 'question', 'Which?');
  await seedProposal(db, 'p');
  await seedRun(db, 'one');
});

const CALL =
  "insert into model_calls (id, owner_id, project_id, gateway, model, reserved_microusd, input_tokens, lease_until) values ('x','o','','g','m',";

const BROKEN: readonly (readonly [constraint: string, statement: string])[] = [
  ['run_output_run_id_fkey', "insert into run_output (run_id, \"offset\", chunk) values ('nobody', 0, 'x')"],
  [
    'checkpoints_run_id_fkey',
    "insert into checkpoints (task_id, run_id, epoch, data) values ('one', 'nobody', 1, 'x')",
  ],
  [
    'events_version_check',
    "insert into events (owner_id, type, actor, payload, version) values ('o', 'x', 'y', '{}', 0)",
  ],
  [
    'outbox_kind_check',
    "insert into outbox (kind, workflow_id, name, payload) values ('other', 'w', 'n', '{}')",
  ],
  [
    'outbox_attempts_check',
    "insert into outbox (kind, workflow_id, name, payload, attempts) values ('start', 'w', 'n', '{}', -1)",
  ],
  [
    'drafts_revision_check',
    "insert into drafts (owner_id, key, text, revision, updated_at) values ('o', 'chat', 'x', 0, now())",
  ],
  ['turns_state_check', "insert into turns (id, owner_id, state) values ('x', 'o', 'spoken')"],
  ['proposals_state_check', "update proposals set state = 'maybe'"],
  ['proposals_budget_cents_check', 'update proposals set budget_cents = -1'],
  ['tasks_money_check', 'update tasks set budget_cents = -1'],
  ['tasks_money_check', 'update tasks set cost_microusd = -1'],
  ['tasks_turns_check', 'update tasks set turns = -1'],
  ['inbox_items_state_check', "update inbox_items set state = 'gone'"],
  ['inbox_items_answer_check', "update inbox_items set state = 'answered', answer = null"],
  [
    'review_comments_weight',
    "insert into review_comments (id, owner_id, task_id, side, quote, body, author, via, weight, state, created_at) values ('w', 'o', 'one', 'new', '', 'x', 'agent', 'look', 'maybe', 'open', now())",
  ],
  [
    'review_comments_weight',
    "insert into review_comments (id, owner_id, task_id, side, quote, body, author, via, weight, state, created_at) values ('w', 'o', 'one', 'new', '', 'x', 'agent', 'look', null, 'open', now())",
  ],
  [
    'review_comments_weight',
    "insert into review_comments (id, owner_id, task_id, side, quote, body, author, via, weight, state, created_at) values ('w', 'o', 'one', 'new', '', 'x', 'you', 'app', 'must', 'open', now())",
  ],
  ['runs_state_check', "update runs set state = 'paused'"],
  ['runs_number_check', 'update runs set n = 0'],
  ['runs_number_check', 'update runs set epoch = -1'],
  ['runs_money_check', 'update runs set cost_microusd = -1'],
  [
    'run_output_offset_check',
    'insert into run_output (run_id, "offset", chunk) select id, -1, \'x\' from runs',
  ],
  [
    'checkpoints_epoch_check',
    "insert into checkpoints (task_id, run_id, epoch, data) select 'one', id, -1, 'x' from runs",
  ],
  [
    'forge_effects_state_check',
    "insert into forge_effects (key, task_id, state) values ('k', 'one', 'done')",
  ],
  [
    'forge_effects_state_check',
    "insert into forge_effects (key, task_id, state) values ('k', 'one', 'maybe')",
  ],
  [
    'review_comments_state_check',
    `insert into review_comments (id, owner_id, task_id, side, quote, body, author, via, state, created_at)
     values ('c', 'o', 'one', 'new', '', '', 'you', 'app', 'lost', now())`,
  ],
  [
    'cost_days_money_check',
    "insert into cost_days (owner_id, day, project_id, model, microusd, input_tokens, output_tokens) values ('o', now(), '', 'm', -1, 0, 0)",
  ],
  ['model_calls_money_check', `${CALL}-1,0,now())`],
  [
    'push_notices_state_check',
    `with d as (insert into push_devices (id, owner_id, endpoint, p256dh, auth, label) values ('d', 'o', 'e', 'k', 'a', 'l'))
     insert into push_notices (item_id, device_id, state) values ('asked', 'd', 'lost')`,
  ],
  [
    'message_vectors_message_id_fkey',
    "insert into message_vectors (message_id, model, owner_id, at, vector, signature) values ('none', 'm', 'o', now(), 'v', 's')",
  ],
  [
    'attachments_size_check',
    "insert into attachments (id, owner_id, name, mime, size, data) values ('f', 'o', 'n', 'm', 5, 'abc')",
  ],
];

test.each(BROKEN)('%s is held: %s', async (constraint, statement) => {
  const refused = withTx(database.db, (tx) => tx.query(statement));
  await expect(refused).rejects.toMatchObject({ constraint });
});

test('every constraint that a migration laid over the facts is broken above', async () => {
  const held = await many<{ name: string }>(
    database.db,
    `select conname as name from pg_constraint c join pg_class r on r.oid = c.conrelid
      where contype in ('c', 'f') and connamespace = 'public'::regnamespace and r.relname not like 'auth_%' and convalidated`,
  );
  const OLDER = new Set(['push_notices_device_id_fkey', 'vapid_keys_one']);
  const names = held.map(({ name }) => name).filter((name) => !OLDER.has(name));
  expect(new Set(BROKEN.map(([constraint]) => constraint))).toEqual(new Set(names));
});
