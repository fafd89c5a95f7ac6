// What is kept for later, filled: rules in every state and of every source, pins, and summaries of every level.
import { OWNER } from '@mainloop/models/flow/ids';
import { pin } from '@mainloop/models/db/memory/pins';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import {
  learningDecided,
  learningLikened,
  learningLooked,
  learningMined,
  learningNoted,
} from '@mainloop/models/events/learnings';
import type { StandsOn } from '@mainloop/models/flow/learnings/fading';
import type { LearningDecision, LearningSource } from '@mainloop/models/flow/learnings/learnings';

interface Rule {
  readonly rule: string;
  readonly why?: string;
  readonly path?: string;
  readonly source: LearningSource;
  readonly author: string;
  readonly isWord?: boolean;
  readonly again?: boolean;
  readonly decided?: readonly LearningDecision[];
  /** What it stood on, which is gone. */
  readonly without?: StandsOn;
  /** The one that it may say again, by its place in the list. */
  readonly like?: number;
  /** Of one from before mainloop. */
  readonly url?: string;
}
const RULES: readonly Rule[] = [
  {
    rule: 'Round half to even wherever money is split, as the bank does; the helper for it is in src/money.ts, and two of ours that were written by hand rounded up.',
    why: 'Said in review of src/tally/split.ts.',
    path: '*.ts',
    source: 'review',
    author: 'a-colleague-with-a-long-account-name',
    again: true,
  },
  { rule: 'Always name the unit in the name of a number.', source: 'sent_back', author: 'you', isWord: true },
  {
    rule: 'Before a push, see to it that lint does not say: Expected an indentation of two blanks',
    why: 'The check lint was red.',
    source: 'ci',
    author: 'the check lint',
    again: true,
  },
  { rule: 'Names of columns are in snake_case.', path: '*.sql', source: 'person', author: 'you' },
  {
    rule: 'The upload is tested with a connection that ends in the middle.',
    why: 'Half a file was left behind.',
    source: 'learned',
    author: 'agent',
    decided: ['approve', 'retire', 'approve'],
  },
  {
    rule: 'Numbers of fields in a protocol stay as they are, also of those that are removed.',
    path: '*.proto',
    source: 'review',
    author: 'mona',
    decided: ['approve'],
    without: 'files',
  },
  {
    rule: 'Split the odd cent by weight.',
    source: 'review',
    author: 'lisa',
    decided: ['approve'],
    without: 'comments',
  },
  {
    rule: 'Put the unit into the name of every number, like timeoutMs.',
    url: 'https://github.com/acme/api/pull/12#discussion_r1',
    source: 'review',
    author: 'ada',
    again: true,
    like: 1,
  },
  { rule: 'Names of columns are in camelCase.', source: 'review', author: 'mona', again: true },
  { rule: 'Use the money helper everywhere', source: 'commit', author: 'lisa' },
  { rule: 'I had not looked at the tests before I changed the name.', source: 'confessed', author: 'agent' },
  { rule: 'Sort imports by hand.', source: 'review', author: 'mona', decided: ['reject'] },
  { rule: 'Keep Node 22 in the matrix.', source: 'person', author: 'you', decided: ['retire'] },
];

/** @param taskId that of those that came of work */
export async function seedKept(db: Db, taskId: string): Promise<void> {
  await withTx(db, async (tx) => {
    for (const [
      i,
      { rule, why = '', path = null, decided = [], again, without, like, ...said },
    ] of RULES.entries()) {
      const words = { rule, why, path };
      const payload = { ...words, projectId: null, runId: null, ...said };
      const about = { taskId: said.source === 'person' ? null : taskId, actor: said.author };
      const id = `Lkept${i}`;
      await append(tx, [learningNoted.new({ ...about, payload: { ...payload, id, like: null } })], OWNER);
      if (again === true)
        await append(
          tx,
          [learningNoted.new({ ...about, payload: { ...payload, id: `${id}a`, like: id } })],
          OWNER,
        );
      for (const decision of decided)
        await append(tx, [learningDecided.new({ actor: 'you', payload: { id, decision, ...words } })], OWNER);
      if (like !== undefined)
        await append(
          tx,
          [learningLikened.new({ actor: 'mainloop', payload: { id, to: `Lkept${like}`, by: 'meaning' } })],
          OWNER,
        );
      if (without !== undefined)
        await append(
          tx,
          [learningLooked.new({ actor: 'mainloop', payload: { id, of: without, are: 'gone' } })],
          OWNER,
        );
    }
  });
  const came = { read: 300, kept: 4, again: 9, sentence: null };
  const mined = learningMined.new({ actor: 'mainloop', payload: { id: 'w1', projectId: 'pr-1', ...came } });
  await withTx(db, (tx) => append(tx, [mined], OWNER));
  const from = { key: null, messageId: null, actor: 'you' };
  await pin(db, OWNER, 'Never deploy on a Friday.', from);
  await pin(
    db,
    OWNER,
    'The staging database is thrown away each night at three, so nothing that matters lies in it; what has to stay for longer than a day goes to the bucket a-company-with-a-long-name-and-no-blanks-in-it-anywhere.',
    from,
  );
  await seedSummaries(db);
}

const DAY_MS = 86_400_000;
const LINES = [
  '- 2026-11-20: the upload was cut off one time in forty; decided to write to a name of its own and rename at the end.',
  '- Not Tuesday, Thursday: the release is on 2026-11-26.',
  '- Invoices are rounded half to even, in src/tally/split.ts.',
].join('\n');

function seedSummaries(db: Db): Promise<unknown> {
  const now = Date.now();
  const back = { month: [150, 120, 90], week: [55, 48, 41, 34, 27], day: [9, 8, 7, 6, 5, 4, 3], part: [2] };
  const days = { month: 30, week: 7, day: 1, part: 0.5 };
  const all = Object.entries(back).flatMap(([level, starts]) =>
    starts.map((start, i) => ({
      level,
      from: new Date(Math.floor(now / DAY_MS - start) * DAY_MS),
      days: days[level as keyof typeof days],
      by: ['model', 'extract', 'you'][i % 3]!,
    })),
  );
  return db.query(
    `insert into summaries (id, owner_id, level, label, from_at, to_at, first_seq, last_seq, sources, source_hash, version, text, written_by, tokens)
     select 's-' || n, '${OWNER}', level, to_char(f, case level when 'month' then 'YYYY-MM' else 'YYYY-MM-DD' end), f, f + days * interval '1 day', n, n, '{}', 'h' || n, 1, $5, by, 120
       from unnest($1::text[], $2::timestamptz[], $3::float[], $4::text[]) with ordinality as x(level, f, days, by, n)`,
    [all.map((s) => s.level), all.map((s) => s.from), all.map((s) => s.days), all.map((s) => s.by), LINES],
  );
}
