// Holds what was decided against what was aimed at, and what was written against what is still there. Pure
// but for the reading.
import type { Db } from '@mainloop/models/db/pool';

/** A tap, a key or a word as the person meant it. */
export interface Aim {
  readonly subject: string;
  /** The name of the button, or `key a`, or `write`. */
  readonly label: string;
}

export interface Decided {
  readonly subject: string;
  readonly decision: string;
  readonly text: string;
}

/**
 * Which names of buttons mean a decision. A key means what it stands on: the likely one, the other one, or an
 * option.
 */
const MEANS: Readonly<Record<string, RegExp>> = {
  approve: /^(Approve|key a)$/,
  merge: /^(Merge( anyway)?|key a)$/,
  allow: /^(Allow( once)?|key a)$/,
  allow_task: /^Always, this task$/,
  allow_project: /^Always, this project$/,
  retry: /^(Retry|Resume|Raise it .*|key a)$/,
  confirm: /^(Start|Tell it|key a)$/,
  decline: /^Not now$/,
  deny: /^(Refuse|Put it back|Send|key r|key Enter)$/,
  revise: /^(Send|key Enter)$/,
  changes: /^(Send|Request changes|Send with .*|key Enter)$/,
  answer: /^(Answer|key [a1-9]|key Enter)$/,
  later: /^(Later|Back|Tonight|Tomorrow|Monday|key s)$/,
};

/** @returns whether somebody aimed at that */
export function wasAimed(decided: Decided, aims: readonly Aim[]): boolean {
  // The field at the foot of a task's page answers its question.
  const page = `/task/${decided.subject.replace(/^item\/(.*)-i$/, '$1')}`;
  const on = aims.filter(
    (aim) =>
      aim.subject === decided.subject ||
      (decided.decision === 'answer' && aim.subject === page) ||
      (decided.decision === 'later' && aim.subject === 'note'),
  );
  if (on.some((a) => MEANS[decided.decision]?.test(a.label) === true)) return true;
  // An option is a button of its own name; its description stands on it too.
  return (
    decided.decision === 'answer' && decided.text !== '' && on.some((a) => a.label.startsWith(decided.text))
  );
}

/** Everything that the person decided, as it was taken. */
export async function decisionsIn(db: Db): Promise<Decided[]> {
  const { rows } = await db.query<Decided>(`
    select 'item/' || id as subject, answer->>'decision' as decision, coalesce(answer->>'text', '') as text from inbox_items where state = 'answered'
    union all select 'proposal/' || id, case state when 'confirmed' then 'confirm' else 'decline' end, '' from proposals where state in ('confirmed', 'declined')
    union all select distinct 'item/' || (payload->>'id'), 'later', '' from events where type = 'inbox.snoozed'`);
  return rows;
}

/** All words that arrived, in one text. */
export async function wordsIn(db: Db): Promise<string> {
  const { rows } = await db.query<{ text: string | null }>(`
    select string_agg(text, ' ') as text from (
      select answer->>'text' as text from inbox_items where answer is not null
      union all select text from messages
      union all select payload->>'text' from events where type in ('task.steered', 'review.commented')
      union all select payload::text from events where type = 'task.confirmed'
      union all select body from review_comments) x`);
  return rows[0]?.text ?? '';
}

/** What became of it, for whoever looks for the reason of a finding. */
export async function fateOf(db: Db, subject: string): Promise<string> {
  const [kind, id] = subject.split('/') as [string, string];
  if (kind !== 'item') return subject;
  const { rows } = await db.query<{ fate: string }>(
    `select state || ' ' || coalesce(answer->>'decision', '') || ' ' || coalesce(answer->>'text', '') as fate from inbox_items where id = $1`,
    [id],
  );
  return `${subject} (${rows[0]?.fate ?? 'gone'})`;
}

export async function isOver(db: Db, subject: string): Promise<boolean> {
  const [kind, id] = subject.split('/') as [string, string];
  const table = kind === 'item' ? 'inbox_items' : 'proposals';
  return (
    ((await db.query(`select 1 from ${table} where id = $1 and state <> 'open'`, [id])).rowCount ?? 0) > 0
  );
}
