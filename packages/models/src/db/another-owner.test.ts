import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { DRAFT, seedItem, seedProject, seedProposal, seedRun, seedTask } from '@mainloop/testkit/seed';
import { messageSaid } from '../events/conversation.ts';
import { OWNER } from '../flow/ids.ts';
import { keepAttachment, readAttachment, refsOf } from './conversation/attachments.ts';
import { keepDraft, listDrafts } from './conversation/drafts.ts';
import { confirm, decline, digestOf, listOpenProposals, proposeWish } from './conversation/proposals.ts';
import { listById, listSaidBetween, searchMessages } from './conversation/search.ts';
import { findSkill, listSkills, removeSkill, saveSkill } from './conversation/skills.ts';
import { listFiles, listThread } from './conversation/thread.ts';
import { addDevice, listDevices, openItems, removeDevice } from './devices/push.ts';
import { listAtHand } from './cycle/hand.ts';
import {
  cancelTask,
  decide,
  noteAttention,
  noteTaskLooked,
  setBudget,
  setModel,
  waitsForCi,
} from './inbox/decide.ts';
import { findFailure, listItemsOfTask, listOpenItems } from './inbox/items.ts';
import { wishMining } from './learnings/mining.ts';
import { addLearning, decideLearning, listApproved, listLearnings } from './learnings/learnings.ts';
import { appendOnce, eventsAfter, eventsOfTask, lastSeq } from './log.ts';
import { forget } from './memory/forget.ts';
import { editPin, listOwnWords, listPins, pin, unpin } from './memory/pins.ts';
import { many, withTx, type Db } from './pool.ts';
import {
  findProject,
  findProjectOf,
  hasProject,
  listLiveTasks,
  listProjectNames,
  listProjects,
} from './projects/projects.ts';
import { getSettings, saveSettings } from './projects/settings.ts';
import {
  comeDue,
  listRecurring,
  pauseRecurring,
  removeRecurring,
  saveRecurring,
  seeRecurring,
} from './recurring/recurring.ts';
import { changeComment, draftComment, listComments, noteLooked } from './review/comments.ts';
import { findEvidence } from './review/evidence.ts';
import { pause, steer } from './runs/commands.ts';
import { hasRun } from './runs/lists.ts';
import { isAllPaused, pauseAll, readPause, resumeAll } from './runs/pause.ts';
import { findTask, findTaskToTell, listFacts, listOpenFacts, listTasks } from './tasks/tasks.ts';

// Whoever asks by an id that they should not have gets what they would get for one that is nowhere, and
// changes nothing. Each row is asked by its owner as well, so that a row which can't tell the two apart fails.

const STRANGER = 'stranger';
let database: TestDatabase;
const ids = {
  file: '',
  pin: '',
  device: '',
  learning: '',
  recurring: '',
  proposal: '',
  run: '',
  comment: '',
};

async function seed(db: Db): Promise<void> {
  await seedProject(db);
  await seedTask(db, 't1');
  ids.run = await seedRun(db, 't1');
  await db.query("update runs set state = 'running'");
  await seedItem(db, 't1', 'i1', 'question', 'Which?', ['A']);
  await seedItem(db, 't1', 'i2', 'failure', 'It broke.');
  ids.proposal = (await seedProposal(db, 'p')).id;
  ids.file = (
    await keepAttachment(db, OWNER, { name: 'a.txt', mime: 'text/plain', data: Buffer.from('x') })
  ).id;
  const said = { id: 'm1', role: 'user' as const, text: 'Zebra crossing', turnId: null };
  const attachments = [{ id: ids.file, name: 'a.txt', mime: 'text/plain', size: 1 }];
  await appendOnce(db, [messageSaid.new({ actor: 'you', payload: { ...said, attachments } })], OWNER);
  await keepDraft(db, OWNER, { key: 'task/t1', text: 'Half a', about: null, base: 0 });
  const skill = {
    prompt: 'Do.',
    parameters: [],
    projectId: 'pr-1',
    model: null,
    budgetCents: null,
    skipPlan: false,
  };
  await saveSkill(db, OWNER, { name: 'tidy', ...skill });
  const plan = {
    skill: 'tidy',
    given: {},
    projectId: null,
    cron: '30 9 * * *',
    zone: 'UTC',
    startCents: null,
  };
  const saved = await saveRecurring(db, OWNER, { id: null, ...plan }, new Date('2026-01-01T00:00:00Z'));
  ids.recurring = saved.ok ? saved.id : '';
  await db.query("update recurring set since = '2026-01-01T00:00:00Z'");
  ids.pin = await pin(db, OWNER, 'Never on Fridays', { key: 'k', messageId: null, actor: 'you' });
  const keys = { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) };
  ids.device = (await addDevice(db, OWNER, { endpoint: 'https://push.example/1', keys, label: 'Phone' })).id;
  await addLearning(db, OWNER, { rule: 'Use tabs.', why: '', path: null, projectId: null }, 'you');
  ids.learning = (await listLearnings(db, OWNER))[0]!.id;
  const comment = {
    id: 'c1',
    path: 'a.ts',
    side: 'new' as const,
    startLine: null,
    line: 1,
    quote: '',
    text: 'Why?',
  };
  await draftComment(db, { ownerId: OWNER, taskId: 't1', by: 'you', comment });
  ids.comment = (await listComments(db, OWNER, 't1'))[0]!.id;
  const { unreadable: _, ...settings } = await getSettings(db, OWNER);
  await saveSettings(db, OWNER, { ...settings, promptTokens: 12_345 });
}

/** What an owner may look at, asked for by the ids of the one whose it is. */
const LOOKS: Readonly<Record<string, (db: Db, ownerId: string) => Promise<unknown>>> = {
  refsOf: (db, o) => refsOf(db, o, [ids.file]),
  readAttachment: (db, o) => readAttachment(db, o, ids.file),
  listFiles: (db, o) => listFiles(db, o),
  listAtHand: (db, o) => listAtHand(db, o),
  listThread: (db, o) => listThread(db, o, 1_000_000),
  listDrafts: (db, o) => listDrafts(db, o),
  listOpenProposals: (db, o) => listOpenProposals(db, o),
  listById: (db, o) => listById(db, o, ['m1']),
  listSaidBetween: (db, o) =>
    listSaidBetween(db, o, { from: new Date(0), to: new Date('2999-01-01'), limit: 10 }),
  searchMessages: (db, o) => searchMessages(db, o, { words: ['zebra'], limit: 10 }),
  findSkill: (db, o) => findSkill(db, o, 'tidy'),
  listSkills: (db, o) => listSkills(db, o),
  listDevices: (db, o) => listDevices(db, o),
  openItems: (db, o) => openItems(db, o),
  listOpenItems: (db, o) => listOpenItems(db, o),
  listItemsOfTask: (db, o) => listItemsOfTask(db, o, 't1'),
  findFailure: (db, o) => findFailure(db, o, 't1'),
  waitsForCi: async (db, ownerId) => {
    await db.query("update tasks set head_sha = 'a1', state = 'ci'");
    return waitsForCi(db, { ownerId, itemId: 'i1' });
  },
  listApproved: (db, o) => listApproved(db, o, 'pr-1'),
  listLearnings: (db, o) => listLearnings(db, o),
  eventsAfter: async (db, o) => (await eventsAfter(db, o, 0)).events,
  eventsOfTask: (db, o) => eventsOfTask(db, o, 't1'),
  lastSeq: (db, o) => lastSeq(db, o),
  listPins: (db, o) => listPins(db, o),
  listOwnWords: (db, o) => listOwnWords(db, o),
  findProject: (db, o) => findProject(db, o, 'pr-1'),
  findProjectOf: (db, o) => findProjectOf(db, o, 'demo/tally'),
  hasProject: (db, o) => hasProject(db, o, 'pr-1'),
  listProjects: (db, o) => listProjects(db, o),
  listProjectNames: (db, o) => listProjectNames(db, o),
  listLiveTasks: (db, o) => listLiveTasks(db, o, 'pr-1'),
  promptTokens: async (db, o) => ((await getSettings(db, o)).promptTokens === 12_345 ? 'mine' : null),
  listRecurring: (db, o) => listRecurring(db, o, new Date()),
  listComments: (db, o) => listComments(db, o, 't1'),
  findEvidence: (db, o) => findEvidence(db, o, 't1'),
  hasRun: (db, o) => hasRun(db, o, ids.run),
  agents: async (db, o) => (await readPause(db, o)).agents,
  isAllPaused: async (db, o) => {
    await pauseAll(db, { ownerId: OWNER, via: 'app', by: 'you' });
    return isAllPaused(db, o);
  },
  findTask: (db, o) => findTask(db, o, 't1'),
  findTaskToTell: (db, o) => findTaskToTell(db, o, 't1'),
  listFacts: (db, o) => listFacts(db, o),
  listOpenFacts: (db, o) => listOpenFacts(db, o),
  listTasks: (db, o) => listTasks(db, o, null),
};

const by = 'you';
const digest = digestOf(DRAFT);
/** What an owner may change, by the same. */
const CHANGES: Readonly<Record<string, (db: Db, ownerId: string) => Promise<unknown>>> = {
  keepDraft: (db, o) => keepDraft(db, o, { key: 'task/t1', text: '', about: null, base: 1 }),
  confirm: (db, o) => confirm(db, o, ids.proposal, { digest }, by),
  decline: (db, o) => decline(db, o, ids.proposal, by),
  proposeWish: (db, o) => withTx(db, (tx) => proposeWish(tx, o, 'w', { projectId: 'pr-1', prompt: 'Do.' })),
  removeSkill: (db, o) => removeSkill(db, o, 'tidy'),
  removeDevice: (db, o) => removeDevice(db, o, ids.device),
  decide: (db, ownerId) =>
    decide(db, { ownerId, itemId: 'i1', decision: 'answer', text: 'A', via: 'app', by }),
  cancelTask: (db, ownerId) => cancelTask(db, { ownerId, taskId: 't1', by }),
  setBudget: (db, ownerId) => setBudget(db, { ownerId, taskId: 't1', budgetCents: 1, by }),
  setModel: (db, ownerId) => setModel(db, { ownerId, taskId: 't1', model: 'm', by }),
  noteTaskLooked: async (db, ownerId) => {
    await db.query("update tasks set looked_at = '2026-01-01'");
    await noteTaskLooked(db, { ownerId, taskId: 't1', seen: new Date(), by });
  },
  noteAttention: (db, ownerId) =>
    noteAttention(db, { ownerId, itemId: 'i1', by, note: { what: 'shown', via: 'app' } }),
  wishMining: (db, o) => wishMining(db, o, 'pr-1'),
  decideLearning: (db, ownerId) =>
    decideLearning(db, { ownerId, id: ids.learning, decision: 'retire', by }, {}),
  addLearning: (db, o) =>
    addLearning(db, o, { rule: 'Use spaces.', why: '', path: null, projectId: 'pr-1' }, by),
  forget: (db, o) => forget(db, o, 'everything'),
  editPin: (db, o) => editPin(db, o, ids.pin, 'Always'),
  unpin: (db, o) => unpin(db, o, ids.pin),
  saveRecurring: (db, o) =>
    saveRecurring(db, o, {
      id: ids.recurring,
      skill: 'tidy',
      given: {},
      projectId: 'pr-1',
      cron: '1 1 * * *',
      zone: 'UTC',
      startCents: null,
    }),
  pauseRecurring: (db, o) => pauseRecurring(db, o, ids.recurring, true),
  removeRecurring: (db, o) => removeRecurring(db, o, ids.recurring),
  seeRecurring: (db, o) => seeRecurring(db, o, ids.recurring),
  comeDue: (db, o) => comeDue(db, o, ids.recurring),
  draftComment: (db, ownerId) =>
    draftComment(db, {
      ownerId,
      taskId: 't1',
      by,
      comment: { id: 'c2', path: null, side: 'new', startLine: null, line: null, quote: '', text: 'And?' },
    }),
  changeComment: (db, ownerId) => changeComment(db, { ownerId, id: ids.comment, by, to: { text: 'Else?' } }),
  noteLooked: async (db, ownerId) => {
    await db.query(
      `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta)
       values ('push1', $1, 't1', 'r', 'b', '', 'a1', 'forwarded', '', '') on conflict do nothing`,
      [OWNER],
    );
    return noteLooked(db, { ownerId, taskId: 't1', pushId: 'push1', by });
  },
  steer: (db, ownerId) => steer(db, { ownerId, taskId: 't1', text: 'Faster', by }),
  pause: (db, ownerId) => pause(db, { ownerId, taskId: 't1' }),
  pauseAll: (db, ownerId) => pauseAll(db, { ownerId, via: 'app', by }),
  resumeAll: async (db, ownerId) => {
    await db.query(
      'insert into pauses (owner_id, since, via) values ($1, now(), $2) on conflict do nothing',
      [OWNER, 'app'],
    );
    return resumeAll(db, { ownerId, via: 'app', by });
  },
};

const isNothing = (found: unknown): boolean =>
  found === null || found === false || found === 0 || (Array.isArray(found) && found.length === 0);

/** Every row of the owner's, and of what is of nobody but belongs to their tasks. */
async function ownersRows(): Promise<unknown[]> {
  const found = await many<{ table: string; owned: boolean }>(
    database.db,
    `select t.table_name as table, exists (select from information_schema.columns c
            where c.table_schema = t.table_schema and c.table_name = t.table_name and c.column_name = 'owner_id') as owned
       from information_schema.tables t where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  return Promise.all(
    found.map(async ({ table, owned }) => [
      table,
      await many(
        database.db,
        `select to_jsonb(x) as x from "${table}" x ${owned ? `where owner_id = '${OWNER}'` : ''} order by to_jsonb(x)::text`,
      ),
    ]),
  );
}

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const clear = async (): Promise<void> => {
  const tables = await many<{ name: string }>(
    database.db,
    `select quote_ident(table_name) as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like '%migrations%'`,
  );
  await database.db.query(`truncate ${tables.map((t) => t.name).join(', ')} cascade`);
};
beforeEach(async () => {
  await clear();
  await seed(database.db);
});

test('nobody sees what is another owner’s', async () => {
  for (const [name, look] of Object.entries(LOOKS)) {
    const mine = isNothing(await look(database.db, OWNER));
    const theirs = isNothing(await look(database.db, STRANGER));
    expect({ name, mine, theirs }).toEqual({ name, mine: false, theirs: true });
  }
});

test.each(Object.keys(CHANGES))('nobody changes what is another owner’s: %s', async (name) => {
  const change = CHANGES[name]!;
  // What a row prepares is there from its first call on.
  await change(database.db, STRANGER);
  const before = await ownersRows();
  await change(database.db, STRANGER);
  expect(await ownersRows()).toEqual(before);
  await change(database.db, OWNER);
  expect(await ownersRows()).not.toEqual(before);
});
